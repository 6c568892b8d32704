//! What the house gives when the shop is opened: a gift card and some credit to a few regulars, and
//! a gift card that belongs to whoever knows its code.
//!
//! A real shop does this when somebody buys a gift card or complains. It may be done again after
//! any failure: who owns a card has been given everything, and each request has a key of its own.

use std::time::Duration;

use jiff::Timestamp;

use crate::customer::Customer;
use crate::loyalty::{Error, wire};
use crate::money::{Currency, Money};
use crate::shop::Shop;
use crate::token::mint;

/// What is on a gift card.
pub const CARD: Money = Currency::Usd.cents(2_500);
/// The credit.
pub const CREDIT: Money = Currency::Usd.cents(1_200);
/// The code of the card without an owner.
pub const FREE_CODE: &str = "FROM-ADA-TO-YOU";

/// Who is given something: the places among the regulars of the login page.
const PLACES: [usize; 3] = [0, 1, 4];
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether this customer is given something.
pub fn is_for(shop: &Shop, customer: &Customer) -> bool {
    lucky(shop).any(|one| one.id == customer.id)
}

fn lucky(shop: &Shop) -> impl Iterator<Item = &Customer> {
    PLACES.iter().filter_map(|place| shop.customers.regulars.get(*place))
}

/// Gives everything that has not been given, however long Habitué takes to answer.
pub async fn give(shop: &Shop) {
    while let Err(error) = give_once(shop).await {
        if let Some(code) = error.code() {
            // Asking again would change nothing. The shop sells without gifts, too.
            return tracing::error!(code, %error, "no gifts of the house");
        }
        tracing::debug!(%error, "the gifts wait");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn give_once(shop: &Shop) -> Result<(), Error> {
    let known = shop.habitue.gift_cards().await?;
    let has = |id: &str| known.iter().any(|card| card.customer.as_deref() == Some(id));
    for customer in lucky(shop).filter(|one| !has(&one.id)) {
        // The credit first: it is the card that says that all was given.
        if let Some(member) = member_of(shop, customer).await? {
            let given = wire::Adjustment {
                amount: CREDIT,
                author: "the house",
                reason: "welcome to the demo",
            };
            let key = format!("welcome:{}:credit", customer.id);
            shop.habitue.adjust_credit(&member, &given, &key).await?;
        }
        // Anybody may guess this code: nobody but the owner can spend it.
        let code = format!("SILLON-{}", customer.id);
        let customer_id = Some(customer.id.as_str());
        let card = wire::NewGiftCard {
            amount: CARD,
            until: next_year(),
            customer: customer_id,
            code: &code,
        };
        shop.habitue.issue(&card, &format!("welcome:{}:card", customer.id)).await?;
    }
    let free =
        wire::NewGiftCard { amount: CARD, until: next_year(), customer: None, code: FREE_CODE };
    match shop.habitue.issue(&free, "welcome:free").await {
        Err(error) if error.code() == Some("code_taken") => Ok(()),
        issued => issued.map(drop),
    }
}

/// The member that a customer is. Only the customer's own session says so.
async fn member_of(shop: &Shop, customer: &Customer) -> Result<Option<String>, Error> {
    let now = Timestamp::now().as_second();
    let token = mint(&shop.file, &shop.habitue_url, customer, "en", now);
    let token = token.map_err(|error| Error::Silent(error.to_string()))?;
    let me = shop.habitue.begin_session(&shop.file.public_key, &token).await?;
    Ok(me.member.map(|member| member.id))
}

/// The end of the year after this one, so that a card is good for a year at least.
fn next_year() -> Timestamp {
    let now = Timestamp::now();
    let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
    let end = jiff::civil::date(year.saturating_add(2), 1, 1).to_zoned(jiff::tz::TimeZone::UTC);
    end.map_or(now, |end| end.timestamp())
}
