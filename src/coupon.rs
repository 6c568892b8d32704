//! Coupons as tickets: what it gives on the left, when it counts on the right, the code to copy.
//!
//! Parts: `coupon`, `code`, `button`, `progress`.

use crate::app::Place;
use crate::embed;
use crate::event;
use crate::i18n::{Texts, texts};
use crate::state::{Scene, Store, now};
use crate::ui::button::{Weight, looking_like};
use crate::ui::el::{El, el};
use crate::ui::progress::{percent, progress};
use crate::ui::{self, icon, status};
use habitue_domain::cart::Cart;
use habitue_domain::coupon::{Objection, decide, eligible_goods};
use habitue_domain::member::MemberFacts;
use habitue_domain::money::{Currency, Money};
use habitue_domain::points::Points;
use habitue_domain::promotion::{Action, Promotion, in_currency};
use habitue_domain::quote::ShopFacts;
use habitue_domain::rate::Rate;
use habitue_domain::refusal::{Missing, Reason};
use habitue_domain::time::Timestamp;

/// Where a coupon stands for this member and this cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts, as far as the browser can say.
    Ready,
    /// The cart is too small.
    Missing {
        /// So much more.
        money: Money,
        /// How far the cart is, in hundredths.
        percent: i64,
    },
    /// Its first day has not come.
    NotStarted(Timestamp),
    /// It is for members of this tier.
    NeedsTier(String),
    /// It is for another order of this member.
    OtherOrder,
    /// This member has used it.
    Used,
    /// Its last day has passed, or all its uses are taken.
    Over,
}

/// Where `promotion` stands. Without a cart only what does not depend on one is asked.
pub fn standing(
    promotion: &Promotion,
    member: &MemberFacts,
    cart: Option<&Cart>,
    now: Timestamp,
) -> Standing {
    let own = member.uses.get(&promotion.id).copied().unwrap_or_default();
    if promotion.uses_per_member.is_some_and(|limit| own >= limit) {
        return Standing::Used;
    }
    let nothing = cart.is_none().then(empty_cart).flatten();
    let Some(asked) = cart.or(nothing.as_ref()) else {
        return Standing::Ready;
    };
    // Whether a shared coupon is used up, and in which segment the member is, only the server
    // knows; until then it is on offer.
    let segments = promotion.segments.clone();
    let unused = ShopFacts { segments, ..ShopFacts::default() };
    match decide(promotion, asked, Some(member), Some(&unused), now) {
        Err(Objection::Refused(reason, missing)) => match (reason, missing) {
            (Reason::NotStarted, _) => Standing::NotStarted(promotion.opens_at(now).unwrap_or(now)),
            (Reason::Expired | Reason::UsedUp, _) => Standing::Over,
            (Reason::NotEligible, _) if promotion.tiers.contains(&member.tier) => {
                Standing::OtherOrder
            }
            (Reason::NotEligible, _) => match promotion.tiers.first() {
                Some(tier) => Standing::NeedsTier(tier.clone()),
                None => Standing::OtherOrder,
            },
            (Reason::BelowMinimum, Some(Missing::Money(money))) if cart.is_some() => {
                let goods = eligible_goods(promotion, asked);
                let whole = goods.saturating_add(money.minor());
                Standing::Missing { money, percent: percent(goods, whole) }
            }
            _ => Standing::Ready,
        },
        _ => Standing::Ready,
    }
}

/// Stands in for a cart nobody has said: what the rules ask before they look at goods.
fn empty_cart() -> Option<Cart> {
    Some(Cart::of_nothing("EUR".parse().ok()?))
}

/// Every coupon the member may see: ready ones, those to be reached, and the past.
pub fn screen(store: Store, scene: &Scene, place: Place) -> El {
    let texts = texts();
    let mut groups: [Vec<El>; 3] = Default::default();
    each(store, &mut |promotion, standing| {
        let group = match standing {
            Standing::Ready => 0,
            Standing::Used | Standing::Over => 2,
            _ => 1,
        };
        if let Some(group) = groups.get_mut(group) {
            group.push(ticket(store, scene, place, promotion, standing));
        }
    });
    if groups.iter().all(Vec::is_empty) {
        return status::empty(icon::TICKET, texts.no_coupons(), texts.no_coupons_hint());
    }
    let headings = [String::new(), texts.not_yet(), texts.past()];
    let shown = groups.into_iter().zip(headings).filter(|(group, _)| !group.is_empty());
    let groups = shown.map(|(group, heading)| {
        let heading = (!heading.is_empty()).then(|| el("h3", "caption").text(&heading));
        el("div", "stack").maybe(heading).children(group)
    });
    el("div", "stack wide").children(groups)
}

/// The first `most` tickets that count now.
pub fn ready(store: Store, scene: &Scene, place: Place, most: usize) -> Vec<El> {
    let mut tickets = Vec::new();
    each(store, &mut |promotion, standing| {
        if *standing == Standing::Ready && tickets.len() < most {
            tickets.push(ticket(store, scene, place, promotion, standing));
        }
    });
    tickets
}

/// Shows `visit` what the member may see, with where it stands. Follows the cart.
pub fn each(store: Store, visit: &mut dyn FnMut(&Promotion, &Standing)) {
    let cart = store.checkout.cart.get();
    let now = now();
    store.facts.with_untracked(|facts| {
        let Some(member) = &facts.public.member else {
            return;
        };
        for promotion in &facts.public.promotions {
            visit(promotion, &standing(promotion, member, cart.as_deref(), now));
        }
    });
}

/// What a promotion gives, in as few letters as it takes.
pub fn gives(texts: &Texts, promotion: &Promotion, currency: Option<Currency>) -> String {
    let amount = |amounts: &[Money]| {
        let own = currency.and_then(|it| it.amount(in_currency(amounts, it)?));
        own.or(amounts.first().copied()).map(|money| texts.short_money(money))
    };
    let pieces = |count| texts.quantity(Points::clamped(count));
    let action = |action: &Action| match action {
        Action::Percent(share) => Some(texts.minus(&texts.percent(share.rate))),
        Action::Fixed(amounts) => amount(amounts).map(|text| texts.minus(&text)),
        Action::FixedPerUnit(amounts) => amount(amounts).map(|text| texts.each(&text)),
        Action::FixedPerLine(amounts) => amount(amounts).map(|text| texts.per_item(&text)),
        Action::FreeShipping => Some(texts.free_shipping()),
        Action::PercentShipping(share) => Some(texts.shipping_off(&texts.percent(share.rate))),
        Action::FixedShipping(amounts) => amount(amounts).map(|text| texts.shipping_off(&text)),
        Action::BuyGet(offer) => {
            let set = texts.buy_get(&pieces(offer.get), &pieces(offer.buy).text);
            let is_free = offer.rate == Rate::ONE;
            let off = (!is_free).then(|| texts.minus(&texts.percent(offer.rate)));
            Some([set].into_iter().chain(off).collect::<Vec<_>>().join(" "))
        }
        Action::FreeProduct(free) => Some(texts.free_items(&pieces(free.quantity))),
        Action::Bundle(bundle) => {
            amount(&bundle.price).map(|text| texts.bundle(&pieces(bundle.quantity), &text))
        }
    };
    let parts: Vec<String> = promotion.actions.iter().filter_map(action).collect();
    parts.join(" + ")
}

/// When it counts, in words.
fn conditions(
    texts: &Texts,
    promotion: &Promotion,
    currency: Option<Currency>,
    now: Timestamp,
) -> String {
    let minimum = currency.and_then(|it| it.amount(promotion.minimum_in(it)?));
    let minimum = minimum.or(promotion.minimum.first().copied());
    let parts = [
        minimum.map(|money| texts.amount_from(&texts.short_money(money))),
        promotion
            .minimum_quantity
            .map(|pieces| texts.least_pieces(&texts.quantity(Points::clamped(pieces)))),
        (promotion.orders == [1]).then(|| texts.first_order()),
        promotion.scope.not_on_sale.then(|| texts.not_on_sale()),
        promotion.until.map(|end| texts.until(&texts.last_day(end, now))),
        promotion.code.is_none().then(|| texts.automatic()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { texts.any_order() } else { parts.join(" · ") }
}

fn ticket(
    store: Store,
    scene: &Scene,
    place: Place,
    promotion: &Promotion,
    standing: &Standing,
) -> El {
    let texts = texts();
    let currency = store.currency(scene);
    let class = match standing {
        Standing::Ready => "ticket",
        Standing::Used | Standing::Over => "ticket past",
        _ => "ticket waiting",
    };
    let gives = gives(&texts, promotion, currency);
    // A share or an amount is set large, words are not.
    let stub = if gives.chars().nth(7).is_some() { "stub words" } else { "stub" };
    let about = el("div", "about")
        .child(el("strong", "strong").text(&scene.say(&promotion.name)))
        .child(status::sub(conditions(&texts, promotion, currency, now())))
        .children(foot(store, scene, place, promotion, standing));
    el("article", class).set("part", "coupon").child(el("p", stub).text(&gives)).child(about)
}

/// The lower part: the code, or what is missing, or why it is over.
fn foot(
    store: Store,
    scene: &Scene,
    place: Place,
    promotion: &Promotion,
    standing: &Standing,
) -> Vec<El> {
    let texts = texts();
    let need = |text: String| el("p", "need").text(&text);
    match standing {
        Standing::Ready => {
            let code = promotion.code.clone();
            code.map(|code| copyable(store, place, code)).into_iter().collect()
        }
        Standing::Missing { money, percent } => {
            let text = texts.missing_in_cart(&texts.money(*money));
            vec![need(text.clone()), progress(*percent, &scene.say(&promotion.name), &text)]
        }
        Standing::NotStarted(from) => vec![need(texts.starts(&texts.day(*from, now())))],
        Standing::NeedsTier(tier) => {
            let name = scene.tier(tier).map(|tier| scene.say(&tier.name)).unwrap_or_default();
            vec![need(texts.needs_tier(&name))]
        }
        Standing::OtherOrder => Vec::new(),
        Standing::Used => vec![need(texts.used())],
        Standing::Over => vec![need(texts.expired())],
    }
}

/// A code and a button that copies it; where the browser will not, the code is selected instead.
fn copyable(store: Store, place: Place, code: String) -> El {
    let shown = el("code", "code").set("part", "code").text(&code);
    let label = texts().copy();
    let button = looking_like("button", Weight::Small)
        .set("type", "button")
        .set("aria-label", &[&label, " ", &code].concat())
        .text(&label);
    let (at, code_at) = (button.element(), shown.element());
    let copy = button.on("click", move |_| {
        let (code, at, code_at) = (code.clone(), at.clone(), code_at.clone());
        ui::go(async move {
            if !embed::copy(&code).await {
                embed::select(&code_at);
                return;
            }
            let texts = texts();
            store.status.set(texts.copied_said(&code));
            at.set_text_content(Some(&texts.copied()));
            event::emit("copied", &(), &embed::element_of(place.mount));
            ui::sleep(2500).await;
            at.set_text_content(Some(&texts.copy()));
        });
    });
    el("p", "code-line").child(shown).child(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cart_of_amount;

    fn promotion(extra: &str) -> Promotion {
        let rest = if extra.is_empty() { String::new() } else { format!(",{extra}") };
        let text = format!(
            r#"{{"id":"spring","name":{{"en":"Spring"}},"code":"SPRING","listed":true,
                "actions":[{{"fixed":[{{"minor":1000,"currency":"EUR"}}]}}]{rest}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn member() -> MemberFacts {
        MemberFacts {
            available: Points::clamped(100),
            debt: Points::ZERO,
            tier: "bronze".to_owned(),
            uses: [("spring".to_owned(), 1)].into(),
            ..MemberFacts::default()
        }
    }

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn cart(amount: &str) -> Cart {
        cart_of_amount(amount, "EUR".parse().unwrap()).unwrap()
    }

    const MINIMUM: &str = r#""minimum":[{"minor":5000,"currency":"EUR"}]"#;

    #[test]
    fn without_a_cart_a_minimum_is_a_condition_and_no_obstacle() {
        assert_eq!(standing(&promotion(MINIMUM), &member(), None, now()), Standing::Ready);
    }

    #[test]
    fn a_cart_below_the_minimum_says_how_much_is_missing_and_how_far_it_is() {
        let found = standing(&promotion(MINIMUM), &member(), Some(&cart("12.00")), now());
        let money = "EUR".parse::<Currency>().unwrap().clamped(3800);
        assert_eq!(found, Standing::Missing { money, percent: 24 });
        let reached = standing(&promotion(MINIMUM), &member(), Some(&cart("50.00")), now());
        assert_eq!(reached, Standing::Ready);
    }

    #[test]
    fn what_this_member_has_used_is_used_and_a_shared_limit_is_left_to_the_server() {
        let once = promotion(r#""uses_per_member":1"#);
        assert_eq!(standing(&once, &member(), None, now()), Standing::Used);
        let twice = promotion(r#""uses_per_member":2,"uses":10"#);
        assert_eq!(standing(&twice, &member(), Some(&cart("9.00")), now()), Standing::Ready);
    }

    #[test]
    fn dates_and_tiers_are_told_apart() {
        let over = promotion(r#""until":"2026-11-21T12:00:00Z""#);
        assert_eq!(standing(&over, &member(), None, now()), Standing::Over);
        let later: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
        let early = promotion(r#""from":"2026-12-01T00:00:00Z""#);
        assert_eq!(standing(&early, &member(), None, now()), Standing::NotStarted(later));
        let gold = promotion(r#""tiers":["gold"]"#);
        let needs = Standing::NeedsTier("gold".to_owned());
        assert_eq!(standing(&gold, &member(), None, now()), needs);
    }
}
