//! `/v1/me/card`, and the look-up of a card at the till.

use crate::app::App;
use crate::auth::{AsMerchant, AsShopper};
use crate::code::{Kept, generated, hashes, random, sealed, unseal};
use crate::error::Error;
use crate::idempotent::{Key, once};
use crate::routes::code::unreadable;
use crate::secret::MasterKey;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use habitue_api::card::{Card, CardHolder};
use habitue_api::path;
use habitue_api::problem::{Code, Problem};
use habitue_domain::code::Size;
use habitue_domain::coupon::CouponCode;
use habitue_domain::id::{MemberId, ProgramId};
use habitue_domain::lot;
use habitue_domain::refusal::Refusal;
use habitue_domain::time::Timestamp;
use habitue_store::authority::Shopper;
use habitue_store::{Tx, card, lot as lots};
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};
use serde::Deserialize;
use std::fmt::Write;

/// The member's card; they get one when they first look at it.
#[utoipa::path(get, path = path::CARD, tag = "shopper", operation_id = "show_card",
    security(("session" = [])), responses(
    (status = 200, description = "The card", body = Card),
    (status = 409, description = "not_a_member", body = Problem)))]
pub async fn show(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
) -> Result<axum::Json<Card>, Error> {
    let (master, now) = (app.master.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| -> Result<Card, Error> {
        let member = shopper.member().ok_or(Refusal::NotAMember)?;
        let known = card::show(tx, member).await?;
        let known = known.and_then(|sealed| unseal(&master, &sealed));
        match known {
            Some(code) => drawn(&code),
            None => anew(tx, &master, (shopper.program(), member), now).await,
        }
    };
    app.store.write(look).await.map(axum::Json)
}

/// Ends the member's card and gives them another one, for whoever lost a picture of theirs.
#[utoipa::path(post, path = path::CARD, tag = "shopper", operation_id = "renew_card",
    security(("session" = [])), params(("Idempotency-Key" = String, Header)), responses(
    (status = 200, description = "The new card", body = Card),
    (status = 409, description = "not_a_member", body = Problem)))]
pub async fn renew(
    State(app): State<App>,
    AsShopper(shopper): AsShopper,
    key: Key,
) -> Result<Response, Error> {
    let (master, now, owner) = (app.master.clone(), app.clock.now(), shopper.owner());
    // The answer tells the code.
    once(&app, owner, key.sealed(true), String::new(), async move |tx: &mut Tx<'_>| {
        replace(tx, &master, &shopper, now).await
    })
    .await
}

async fn replace(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    shopper: &Shopper,
    now: Timestamp,
) -> Result<Card, Error> {
    let member = shopper.member().ok_or(Refusal::NotAMember)?;
    anew(tx, master, (shopper.program(), member), now).await
}

async fn anew(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    (program, member): (ProgramId, MemberId),
    now: Timestamp,
) -> Result<Card, Error> {
    card::end(tx, member, now).await?;
    // 80 random bits, since a card is bound to nobody who could be asked for a password.
    let code = random(None, Size::Sixteen);
    let fault = |why: &str| habitue_store::Error::Database(why.to_owned());
    let Kept { hash, .. } = generated(master, program, &code).map_err(fault)?;
    let kept = sealed(master.seal(code.as_str()))?;
    card::add(tx, member, (&hash, &kept), now).await?;
    drawn(&code)
}

/// The card with its QR code.
fn drawn(code: &CouponCode) -> Result<Card, Error> {
    let fault = |error: QrError| habitue_store::Error::Database(error.to_string());
    let matrix = QrCode::with_error_correction_level(code.as_str(), EcLevel::M).map_err(fault)?;
    let size = matrix.width();
    let colors = matrix.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(size.max(1)).enumerate() {
        for (x, width) in runs(row) {
            // Writing to a text does not fail.
            drop(write!(path, "M{x} {y}h{width}v1h-{width}z"));
        }
    }
    Ok(Card { code: code.to_string(), size: i64::try_from(size).unwrap_or_default(), path })
}

/// Where dark modules begin in a row, and how many there are in a run.
fn runs(row: &[Color]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, color) in row.iter().enumerate() {
        if *color != Color::Dark {
            continue;
        }
        match runs.last_mut() {
            Some((from, width)) if *from + *width == x => *width += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

/// Which card.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// The code as the till read or typed it.
    card: String,
}

/// Whose card it is: a customer of this shop. One that was renewed names nobody.
#[utoipa::path(get, path = path::MEMBERS, tag = "shop", params(Which), operation_id = "find_card",
    security(("secret_key" = [])), responses(
    (status = 200, description = "The member", body = CardHolder),
    (status = 404, description = "not_found", body = Problem)))]
pub async fn find(
    State(app): State<App>,
    AsMerchant(merchant): AsMerchant,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<axum::Json<CardHolder>, Error> {
    let Which { card } = query.map_err(|error| unreadable(&error))?.0;
    let code: CouponCode = card.parse().map_err(|_| Error::from(Code::NotFound))?;
    let (programs, master, now) = (app.programs.clone(), app.master.clone(), app.clock.now());
    let look = async move |tx: &mut Tx<'_>| -> Result<CardHolder, Error> {
        let [typed, meant] = hashes(&master, merchant.program(), &code);
        let found = card::find(tx, merchant.shop(), [&typed, &meant]).await?;
        let (member, customer) = found.ok_or(Code::NotFound)?;
        let compiled = programs.current(tx, merchant.program()).await?;
        let holdings = lots::holdings(tx, member, None, now).await?;
        let balance = lot::balance(&holdings.lots, holdings.debt, now);
        Ok(CardHolder {
            member: member.to_string(),
            customer,
            tier: holdings.member.tier,
            worth: compiled.program.worth(balance.available),
            balance,
        })
    };
    app.store.read(look).await.map(axum::Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_each_dark_module_once() {
        let code: CouponCode = "ABCD1234EFGH5678".parse().unwrap();
        let card = drawn(&code).unwrap();
        assert_eq!(card.size, 21, "sixteen letters and digits fit the smallest code");
        let matrix = QrCode::with_error_correction_level(code.as_str(), EcLevel::M).unwrap();
        let dark = matrix.to_colors().iter().filter(|it| **it == Color::Dark).count();
        let width = |run: &str| -> usize {
            run.split_once('h').unwrap().1.split_once('v').unwrap().0.parse().unwrap()
        };
        let drawn: usize = card.path.split_inclusive('z').map(width).sum();
        assert_eq!(drawn, dark);
        // The finder pattern in the corner: seven dark modules, then one dark at each side.
        assert!(card.path.starts_with("M0 0h7v1h-7z"), "{}", card.path);
        assert!(card.path.contains("M0 1h1v1h-1z") && card.path.contains("M6 1h1v1h-1z"));
    }
}
