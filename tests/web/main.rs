//! The widget in a real browser, piece by piece: mount, press, compare what is there. The server
//! and the loader are played by `server.js`.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod bench;
mod consent;
mod page;
mod payment;
mod vectors;

use page::{Page, calls, events, shop};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::HtmlInputElement;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn home_shows_the_balance_its_worth_and_what_is_missing_for_the_next_tier() {
    shop("{}");
    let page = Page::panel("home").await;
    for text in ["Hello Camille", "1,250", "worth €12.50", "180 pending", "250 to Gold"] {
        page.shows(text).await;
    }
    page.shows("Use €12.50 now").await;
    assert_eq!(page.find(".bar").get_attribute("aria-valuetext").unwrap(), "250 to Gold");
}

#[wasm_bindgen_test]
async fn every_mount_shares_one_session() {
    shop("{}");
    let one = Page::panel("home").await;
    let two = Page::panel("tier").await;
    let three = Page::redeem("60.00").await;
    one.shows("1,250").await;
    two.shows("you are here").await;
    three.shows("Your points").await;
    let asked = |route: &str| calls().iter().filter(|call| call.starts_with(route)).count();
    assert_eq!(asked("POST /v1/session"), 1);
    assert_eq!(asked("GET /v1/me "), 0);
}

#[wasm_bindgen_test]
async fn coupons_say_what_is_missing_and_what_is_used() {
    shop("{}");
    let redeem = Page::redeem("12.00").await;
    redeem.shows("Your points").await;
    let page = Page::panel("coupon").await;
    page.shows("€38.00 more in your cart").await;
    page.shows("Used").await;
    assert_eq!(page.all(".ticket.waiting").len(), 1);
    assert_eq!(page.all(".ticket.past").len(), 1);
}

#[wasm_bindgen_test]
async fn points_are_previewed_without_the_server_then_held_and_taken_back() {
    shop("{}");
    let page = Page::redeem("60.00").await;
    page.press("Use all").await;
    page.shows("1,250 points · −€12.50").await;
    page.shows("€47.50").await;
    assert!(!calls().iter().any(|call| call.starts_with("POST /v1/quotes")));
    page.press("Take €12.50 off").await;
    page.shows("Applied to your order").await;
    let amount = r#"{"hold":"hld_1","amount":{"minor":1250,"currency":"EUR"}"#;
    let redeemed = events().into_iter().find(|event| event.starts_with("redeem")).unwrap();
    assert!(redeemed.contains(r#""hold":"hld_1""#), "{redeemed} {amount}");
    assert!(redeemed.contains(r#""amount":{"minor":1250,"currency":"EUR"}"#), "{redeemed}");
    page.press("Remove").await;
    page.shows("Use none").await;
    assert!(events().contains(&r#"release {"hold":"hld_1"}"#.to_owned()));
    assert!(calls().iter().any(|call| call.starts_with("DELETE /v1/holds/hld_1 key")));
}

#[wasm_bindgen_test]
async fn a_member_without_points_is_not_told_that_one_is_missing() {
    shop(r#"{"points":0}"#);
    let page = Page::redeem("60.00").await;
    page.shows("180 pending, usable from").await;
    assert!(page.all(".slider").is_empty());
}

#[wasm_bindgen_test]
async fn a_shop_that_refuses_the_hold_leaves_nothing_reserved() {
    shop(r#"{"answer":"no"}"#);
    let page = Page::redeem("60.00").await;
    page.press("Use all").await;
    page.press("Take €12.50 off").await;
    page.shows("The shop could not take it off. Nothing was used.").await;
    assert!(calls().iter().any(|call| call.starts_with("DELETE /v1/holds/hld_1")));
}

#[wasm_bindgen_test]
async fn a_code_gets_its_own_answer_here_or_from_the_server() {
    shop("{}");
    let page = Page::redeem("41.90").await;
    page.enter("spring10").await;
    page.shows("€8.10 more in your cart for this.").await;
    page.enter("once").await;
    page.shows("You have used this code already.").await;
    assert!(!calls().iter().any(|call| call.starts_with("POST /v1/quotes")));
    page.enter("nosuch").await;
    page.shows("There is no such code.").await;
    page.enter("secret").await;
    page.shows("−€7.00").await;
    page.shows("€34.90").await;
    // Codes refused before have given way.
    assert_eq!(page.all(".answer").len(), 1);
    page.enter("a b").await;
    page.shows("A code has 3 to 40 letters").await;
}

#[wasm_bindgen_test]
async fn a_session_that_ended_is_renewed_and_the_same_hold_asked_for_again() {
    shop("{}");
    let page = Page::redeem("60.00").await;
    page.press("Use all").await;
    shop(r#"{"fail":{"POST /v1/holds":"fresh_token_required"}}"#);
    page.press("Take €12.50 off").await;
    page.shows("Applied to your order").await;
    let holds: Vec<String> =
        calls().into_iter().filter(|call| call.starts_with("POST /v1/holds")).collect();
    assert_eq!(holds.len(), 2);
    let key = |call: &str| call.split(' ').nth(3).unwrap().to_owned();
    assert_eq!(key(&holds[0]), key(&holds[1]));
    assert_ne!(holds[0], holds[1], "the second has another bearer");
}

#[wasm_bindgen_test]
async fn a_failure_says_so_and_may_be_tried_again() {
    shop(r#"{"fail":{"POST /v1/session":"network"}}"#);
    let page = Page::panel("home").await;
    page.shows("We cannot reach the program just now.").await;
    assert!(events().contains(&r#"error {"code":"network"}"#.to_owned()));
    shop("{}");
    page.press("Try again").await;
    page.shows("1,250").await;
}

#[wasm_bindgen_test]
async fn a_shop_that_gives_no_token_is_told_so() {
    shop(r#"{"noToken":true}"#);
    let page = Page::panel("home").await;
    page.shows("The shop has not confirmed who you are.").await;
    assert!(events().contains(&r#"error {"code":"auth"}"#.to_owned()));
}

#[wasm_bindgen_test]
async fn somebody_signed_out_sees_what_members_get_and_the_way_in() {
    shop(r#"{"signedOut":true}"#);
    let page = Page::panel("home").await;
    page.shows("A birthday gift").await;
    page.press("Sign in").await;
    assert!(events().iter().any(|event| event.starts_with("login")));
}

#[wasm_bindgen_test]
async fn a_customer_joins_under_the_terms_that_were_shown() {
    shop(r#"{"stranger":true}"#);
    let page = Page::panel("home").await;
    page.shows("Read the terms").await;
    assert_eq!(page.find("a.link").get_attribute("href").unwrap(), "https://shop.example/terms");
    page.press("Join").await;
    page.shows("Hello Camille").await;
    assert!(events().contains(&r#"identified {"member":true}"#.to_owned()));
}

#[wasm_bindgen_test]
async fn history_gives_reasons_and_more_of_them() {
    shop("{}");
    let page = Page::panel("history").await;
    page.shows("Used on order 1038").await;
    page.press("Show more").await;
    page.shows("€120 paid × 1.5").await;
    page.shows("October 2026").await;
    shop(r#"{"empty":true}"#);
    let page = Page::panel("history").await;
    page.shows("Nothing here yet").await;
}

#[wasm_bindgen_test]
async fn the_dialog_opens_closes_and_gives_the_page_its_scrolling_back() {
    shop("{}");
    let page = Page::dialog().await;
    habitue_widget::embed::open(Some("tier".to_owned()));
    page.shows("Your status").await;
    assert!(page.find("dialog").has_attribute("open"));
    assert_eq!(page::global("isLocked"), true);
    habitue_widget::embed::close();
    page::tick().await;
    assert!(!page.find("dialog").has_attribute("open"));
    assert_eq!(page::global("isLocked"), false);
}

#[wasm_bindgen_test]
async fn points_are_also_typed_to_the_last_one() {
    shop("{}");
    let page = Page::redeem("60.00").await;
    page.shows("Use all").await;
    page.fill(".count", "149").await;
    page.shows("149 points · −€1.49").await;
    page.fill(".count", "9999").await;
    page.shows("1,250 points · −€12.50").await;
    assert_eq!(page.find(".slider").unchecked_ref::<HtmlInputElement>().value(), "1250");
    page.fill(".count", "").await;
    page.shows("0 points").await;
}

#[wasm_bindgen_test]
async fn the_focus_goes_on_when_what_had_it_is_gone() {
    shop("{}");
    let page = Page::redeem("60.00").await;
    page.press("Use all").await;
    assert_eq!(page.focused(), "button", "a button that changes its words stays");
    page.press("Take €12.50 off").await;
    page.shows("Applied to your order").await;
    assert_eq!(page.focused(), "section");
    page.shows("You have 250 points").await;
    page.press("Remove").await;
    page.shows("Nothing is reserved any more. You have 1,250 points").await;
}

#[wasm_bindgen_test]
async fn a_page_of_history_that_does_not_come_says_so_and_keeps_the_others() {
    shop("{}");
    let page = Page::panel("history").await;
    page.shows("Used on order 1038").await;
    shop(r#"{"fail":{"GET /v1/me/history":"network"}}"#);
    page.press("Show more").await;
    page.shows("We cannot reach the program just now.").await;
    page.shows("Used on order 1038").await;
    shop("{}");
    page.press("Show more").await;
    page.shows("Order 1017").await;
    assert!(page.all(".bad").is_empty());
}

#[wasm_bindgen_test]
async fn a_shop_names_its_colours_in_any_words_and_nobody_fails_to_read_them() {
    shop("{}");
    let style = "--habitue-accent: rebeccapurple; --habitue-on-accent: hsl(270 50% 45%)";
    let page = Page::new("habitue-panel", &[("view", "home"), ("style", style)]).await;
    let style = page.find(".root").get_attribute("style").unwrap();
    assert!(style.contains("--accent: #663399"), "{style}");
    assert!(style.contains("--on-accent: #ffffff"), "{style}");
    assert!(!style.contains(" color:"), "{style}");
}

#[wasm_bindgen_test]
async fn a_member_without_points_hears_how_they_come() {
    shop(r#"{"points":0}"#);
    let page = Page::redeem("60.00").await;
    page.shows("1 point for every €1").await;
    page.shows("100 points take €1 off").await;
}

#[wasm_bindgen_test]
async fn french_is_french_down_to_its_amounts() {
    shop("{}");
    let page = Page::panel("home").await;
    page.shows("1,250").await;
    page::speak("fr");
    page.shows("Bonjour Camille").await;
    page.shows("soit 12,50\u{a0}€").await;
    page::speak("en");
    page.shows("Hello Camille").await;
}
