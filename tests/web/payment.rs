//! Gift cards and store credit: what there is, what it pays, and what the preview says of it.

use super::page::{Page, bodies, calls, events, shop};
use wasm_bindgen_test::wasm_bindgen_test;

fn asked_the_server() -> bool {
    calls().iter().any(|call| call.starts_with("POST /v1/quotes"))
}

#[wasm_bindgen_test]
async fn home_shows_credit_and_gift_cards_where_the_points_are() {
    shop(r#"{"purse":true}"#);
    let page = Page::panel("home").await;
    for text in ["1,250", "Gift card ··9TXW", "until", "€25.00", "Store credit", "€12.00", "$5.00"]
    {
        page.shows(text).await;
    }
    // An empty card and one that has ended are nothing to have.
    assert_eq!(page.all(".way").len(), 3);
    shop("{}");
    let page = Page::panel("home").await;
    page.shows("1,250").await;
    assert!(page.all(".way").is_empty());
}

#[wasm_bindgen_test]
async fn a_gift_card_and_credit_pay_after_the_points_without_asking_the_server() {
    shop(r#"{"purse":true}"#);
    let page = Page::redeem("60.00").await;
    page.shows("Pay with").await;
    // Dollars do not pay a cart in euros.
    assert_eq!(page.all(".pick").len(), 2);
    page.press("Use all").await;
    page.press_with("Gift card ··9TXW").await;
    page.shows("−€25.00").await;
    page.press_with("Store credit").await;
    page.shows("−€12.00").await;
    page.shows("€10.50").await;
    page.shows("1,250 points · −€12.50").await;
    assert!(!asked_the_server());
    page.press("Use €49.50").await;
    page.shows("Applied to your order").await;
    let receipt: Vec<String> =
        page.all(".card .row").iter().filter_map(|row| row.text_content()).collect();
    let tail = ["1,250 points−€12.50", "Gift card ··9TXW−€25.00", "Store credit−€12.00"];
    assert_eq!(receipt.get(1..4).unwrap(), tail);
    assert_eq!(receipt.last().unwrap(), "You pay€10.50");
    let asked = bodies("POST /v1/holds").pop().unwrap();
    assert!(asked.contains(r#""credit":{"minor":1200,"currency":"EUR"}"#), "{asked}");
    assert!(asked.contains(r#""codes":["GIFT-7K3Q-9TXW"]"#), "{asked}");
    let redeemed = events().into_iter().find(|event| event.starts_with("redeem")).unwrap();
    assert!(redeemed.contains(r#""amount":{"minor":4950,"currency":"EUR"}"#), "{redeemed}");
    assert!(!redeemed.contains("GIFT"), "a gift card's code is money: {redeemed}");
}

#[wasm_bindgen_test]
async fn credit_is_used_in_part_and_never_beyond_what_there_is_or_is_left() {
    shop(r#"{"purse":true}"#);
    let page = Page::redeem("10.00").await;
    page.press_with("Store credit").await;
    page.shows("−€10.00").await;
    page.shows("€0.00").await;
    page.fill("#credit", "2,50").await;
    page.shows("−€2.50").await;
    page.shows("€7.50").await;
    page.fill("#credit", "99").await;
    page.shows("−€10.00").await;
    page.press_with("Gift card").await;
    page.shows("−€10.00").await;
    // The card comes first, so that nothing is left for the credit.
    page.shows("There is nothing left to pay.").await;
    page.press_with("Gift card").await;
    page.fill("#credit", "0").await;
    page.shows("€12.00").await;
    assert!(page.all("#credit").is_empty());
    assert!(!asked_the_server());
}

#[wasm_bindgen_test]
async fn a_gift_card_of_nobody_pays_by_its_code_and_an_empty_one_says_so() {
    shop(r#"{"purse":true}"#);
    let page = Page::redeem("60.00").await;
    page.enter("gift-from-abcd").await;
    page.shows("−€25.00").await;
    page.shows("€35.00").await;
    assert!(asked_the_server());
    page.enter("gift-gone").await;
    page.shows("This is used up.").await;
    page.press("Use €25.00").await;
    page.shows("Gift card ··ABCD").await;
}

#[wasm_bindgen_test]
async fn a_card_of_ones_own_is_pressed_by_its_code_too() {
    shop(r#"{"purse":true}"#);
    let page = Page::redeem("60.00").await;
    page.enter("gift-7k3q-9txw").await;
    page.shows("−€25.00").await;
    assert_eq!(page.find(".pick").get_attribute("aria-pressed").unwrap(), "true");
    assert!(page.all(".answer").is_empty());
    assert!(!asked_the_server());
}

#[wasm_bindgen_test]
async fn two_presses_from_home_to_used() {
    shop(r#"{"purse":true}"#);
    let redeem = Page::redeem("60.00").await;
    redeem.shows("Pay with").await;
    let page = Page::panel("home").await;
    page.press_named("Use Store credit").await;
    redeem.press("Use €12.00").await;
    redeem.shows("Applied to your order").await;
}
