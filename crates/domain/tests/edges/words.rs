//! The words under which things are stored and sent: none may ever change.

use super::at;
use habitue_domain::consent::{Action, Purpose, State};
use habitue_domain::id::{GiftCardId, MemberId};
use habitue_domain::ledger::{AccountKind, Holder, TransferKind, legs};
use habitue_domain::order::OrderLine;
use habitue_domain::points::Points;
use habitue_domain::refusal::{Reason, Refusal};
use serde_json::json;

#[test]
fn each_purpose_has_its_word() {
    let words = ["program", "newsletter", "sms", "postal"];
    assert_eq!(Purpose::ALL.map(Purpose::word), words);
    assert_eq!(words.map(Purpose::from_word), Purpose::ALL.map(Some));
    assert_eq!(Purpose::from_word("letter"), None);
}

#[test]
fn each_state_and_action_of_a_consent_has_its_word() {
    let until = at("2026-11-28T12:00:00Z");
    let states = [
        (State::Pending(until), "pending", Some(until)),
        (State::Given, "given", None),
        (State::Withdrawn, "withdrawn", None),
        (State::Lapsed, "lapsed", None),
    ];
    for (state, word, ends) in states {
        assert_eq!((state.word(), state.until()), (word, ends));
        assert_eq!(State::from_word(word, ends), Some(state));
        assert_eq!(state.is_effective(), word == "given");
    }
    assert_eq!(State::from_word("pending", None), None);
    assert_eq!(State::from_word("asked", Some(until)), None);
    let actions = [
        (Action::Asked, "asked"),
        (Action::Given, "given"),
        (Action::Confirmed, "confirmed"),
        (Action::Withdrawn, "withdrawn"),
        (Action::Lapsed, "lapsed"),
    ];
    assert!(actions.into_iter().all(|(action, word)| action.word() == word));
}

#[test]
fn each_kind_of_account_has_its_word() {
    let accounts = [
        (AccountKind::Member, "member"),
        (AccountKind::GiftCard, "gift_card"),
        (AccountKind::Issued, "issued"),
        (AccountKind::Redeemed, "redeemed"),
        (AccountKind::Expired, "expired"),
        (AccountKind::BreakageErased, "breakage_erased"),
        (AccountKind::ShopAdjustment, "shop_adjustment"),
        (AccountKind::Settlement, "settlement"),
    ];
    assert!(accounts.into_iter().all(|(account, word)| account.word() == word));
}

#[test]
fn each_kind_of_transfer_has_its_word_its_direction_and_its_other_side() {
    let kinds = [
        (TransferKind::Earn, "earn", 7, AccountKind::Issued),
        (TransferKind::TakeBack, "take_back", -7, AccountKind::Issued),
        (TransferKind::Redeem, "redeem", -7, AccountKind::Redeemed),
        (TransferKind::GiveBack, "give_back", 7, AccountKind::Redeemed),
        (TransferKind::Issue, "issue", 7, AccountKind::Issued),
        (TransferKind::Grant, "grant", 7, AccountKind::ShopAdjustment),
        (TransferKind::Withdraw, "withdraw", -7, AccountKind::ShopAdjustment),
        (TransferKind::Expire, "expire", -7, AccountKind::Expired),
    ];
    let holders = [
        (Holder::Member(MemberId::from_u128(1)), AccountKind::Member),
        (Holder::Card(GiftCardId::from_u128(2)), AccountKind::GiftCard),
    ];
    for (kind, word, amount, other) in kinds {
        assert_eq!((kind.word(), TransferKind::from_word(word)), (word, Some(kind)));
        for (holder, account) in holders {
            let sides = legs(kind, holder, Points::clamped(7));
            let sides = sides.map(|leg| (leg.account, leg.amount));
            assert_eq!(sides, [(account, amount), (other, -amount)], "{word}");
        }
    }
    // What the shop bears goes past the holder.
    let sides = legs(TransferKind::Cover, holders[0].0, Points::clamped(7));
    let sides = sides.map(|leg| (leg.account, leg.amount));
    assert_eq!(sides, [(AccountKind::Redeemed, 7), (AccountKind::ShopAdjustment, -7)]);
    assert_eq!(
        holders.map(|(holder, _)| holder.to_string()),
        [MemberId::from_u128(1).to_string(), GiftCardId::from_u128(2).to_string()]
    );
}

#[test]
fn what_a_line_says_is_written_and_what_it_does_not_say_is_not() {
    let taxed = OrderLine { id: "a".to_owned(), tax: 20, ..OrderLine::default() };
    assert_eq!(serde_json::to_value(&taxed).unwrap()["tax"], 20);
    let plain = OrderLine { tax: 0, ..taxed };
    let written = json!({ "id": "a", "product": "", "quantity": 0, "paid": 0 });
    assert_eq!(serde_json::to_value(&plain).unwrap(), written);
}

#[test]
fn each_refusal_has_its_code() {
    let not_applied = Refusal::NotApplied { code: None, reason: Reason::InDebt, missing: None };
    for (refusal, code) in [
        (Refusal::out_of_bounds("lines"), "out_of_bounds"),
        (not_applied, "in_debt"),
        (Refusal::PriceChanged, "price_changed"),
        (Refusal::HoldExpired, "hold_expired"),
        (Refusal::HoldReleased, "hold_released"),
        (Refusal::HoldCommitted, "hold_committed"),
        (Refusal::HoldNotConfirmed, "hold_not_confirmed"),
        (Refusal::HoldConfirmed, "hold_confirmed"),
        (Refusal::CustomerMismatch, "customer_mismatch"),
        (Refusal::AmountMismatch, "amount_mismatch"),
        (Refusal::OrderMismatch, "order_mismatch"),
        (Refusal::NotAMember, "not_a_member"),
        (Refusal::TermsChanged, "terms_changed"),
        (Refusal::TextChanged, "text_changed"),
        (Refusal::ReturnExceedsOrder, "return_exceeds_order"),
        (Refusal::ReturnDiffers, "return_differs"),
        (Refusal::OrderDiffers, "order_differs"),
    ] {
        assert_eq!(refusal.code(), code);
    }
}

#[test]
fn a_currency_is_called_by_its_letters_everywhere() {
    let euro = "EUR".parse::<habitue_domain::money::Currency>().unwrap();
    assert_eq!((format!("{euro}"), format!("{euro:?}")), ("EUR".to_owned(), "EUR".to_owned()));
}
