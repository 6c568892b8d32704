//! News and offers: nothing ticked beforehand, one press to leave, and every state in between.

use crate::page::{Page, bodies, calls, events, shop};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlInputElement;

const POST: &str = "POST /v1/consents";
const PENDING: &str = "One step is left: press the button in the mail";

#[wasm_bindgen_test]
async fn a_shop_that_asks_nothing_shows_nothing_of_it() {
    shop("{}");
    let page = Page::panel("home").await;
    page.shows("1,250").await;
    let shown = page.find(".root").text_content().unwrap();
    assert!(!shown.contains("News and offers") && !shown.contains("Choose news"), "{shown}");
    assert!(!calls().iter().any(|call| call.contains("/v1/consents")));
}

#[wasm_bindgen_test]
async fn a_member_ticks_a_topic_and_is_told_of_the_mail() {
    shop(r#"{"news":["none","none"]}"#);
    let page = Page::panel("consent").await;
    page.shows("Send me news by e-mail, as of version 1.").await;
    assert_eq!(page.ticked(), [false, false, false]);
    assert!(page.all("#email").is_empty(), "the shop has told the address");
    page.press("Save my choices").await;
    page.shows("Tick what you would like to receive.").await;
    assert!(bodies(POST).is_empty());
    assert!(page.tick(0).await);
    page.press("Save my choices").await;
    page.shows(PENDING).await;
    let sent = bodies(POST).pop().unwrap();
    let news = r#""give":[{"purpose":"newsletter","topic":"news"}]"#;
    assert!(
        sent.contains(news) && !sent.contains("email") && sent.contains(r#""withdraw":[]"#),
        "{sent}"
    );
    assert!(sent.contains(r#""program_version":1,"locale":"en""#), "{sent}");
    let told = r#"consent {"purpose":"newsletter","topic":"news","state":"pending"}"#;
    assert!(events().contains(&told.to_owned()), "{:?}", events());
    assert_eq!(page.ticked(), [true, false, false]);
}

#[wasm_bindgen_test]
async fn what_is_confirmed_is_ticked_and_can_be_changed_topic_by_topic() {
    shop(r#"{"news":["given","withdrawn"]}"#);
    let page = Page::panel("consent").await;
    page.shows("You receive what you have chosen, and can unsubscribe").await;
    assert_eq!(page.ticked(), [true, false, false]);
    assert!(!page.tick(0).await);
    assert!(page.tick(1).await);
    page.press("Save my choices").await;
    page.shows(PENDING).await;
    let sent = bodies(POST).pop().unwrap();
    let both = r#""give":[{"purpose":"newsletter","topic":"sales"}],"withdraw":[{"purpose":"newsletter","topic":"news"}]"#;
    assert!(sent.contains(both), "{sent}");
    assert_eq!(page.ticked(), [false, true, false]);
}

#[wasm_bindgen_test]
async fn one_press_on_the_first_screen_ends_everything_and_says_what_coming_back_takes() {
    shop(r#"{"news":["given","pending"]}"#);
    let page = Page::panel("home").await;
    page.shows("1,250").await;
    page.press("Unsubscribe from everything").await;
    page.shows("You are unsubscribed and receive no more news. Your points are untouched.").await;
    page.shows("your address has to confirm again").await;
    page.shows("1,250").await;
    let sent = bodies(POST).pop().unwrap();
    assert!(sent.contains(r#""give":[]"#) && sent.matches("newsletter").count() == 2, "{sent}");
    let buttons = page.all("button");
    let leaves = |it: &web_sys::Element| it.text_content().unwrap().starts_with("Unsubscribe");
    assert!(!buttons.iter().any(leaves), "there is nothing left to leave");
}

#[wasm_bindgen_test]
async fn a_visitor_gives_an_address_and_hears_no_more_than_that() {
    shop(r#"{"signedOut":true,"news":["none","none"]}"#);
    let page = Page::panel("consent").await;
    page.shows("Send me news by e-mail").await;
    assert_eq!(page.ticked(), [false, false], "text messages are for customers");
    page.tick(1).await;
    for wrong in ["", "ada@", "ada@example.org, eve@example.org"] {
        page.fill_in("#email", wrong);
        page.press("Save my choices").await;
        page.shows("Please enter a complete address").await;
        let field = page.find("#email");
        assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
        assert_eq!(field.unchecked_ref::<HtmlInputElement>().value(), wrong, "typed text stays");
        assert_eq!(page.focused(), "input");
    }
    assert!(bodies(POST).is_empty());
    page.fill_in("#email", "ada@example.org");
    page.press("Save my choices").await;
    page.shows(PENDING).await;
    let sent = bodies(POST).pop().unwrap();
    assert!(sent.contains(r#""email":"ada@example.org""#) && sent.contains("sales"), "{sent}");
    let asked = calls().into_iter().find(|call| call.starts_with(POST)).unwrap();
    assert!(asked.ends_with("Bearer pk_test"), "{asked}");
    assert!(!events().iter().any(|event| event.contains("ada@")), "{:?}", events());
    assert!(page.all("form").is_empty());
}

#[wasm_bindgen_test]
async fn a_text_that_has_changed_is_shown_and_must_be_ticked_anew() {
    let first = r#"{"signedOut":true,"news":["none","none"]}"#;
    shop(first);
    let page = Page::panel("consent").await;
    page.shows("as of version 1.").await;
    page.tick(0).await;
    page.fill_in("#email", "ada@example.org");
    shop(
        r#"{"signedOut":true,"news":["none","none"],"version":2,"fail":{"POST /v1/consents":"text_changed"}}"#,
    );
    page.press("Save my choices").await;
    page.shows("The wording has changed in the meantime.").await;
    page.shows("as of version 2.").await;
    assert_eq!(page.ticked(), [false, false]);
    let field = page.find("#email");
    assert_eq!(field.unchecked_ref::<HtmlInputElement>().value(), "ada@example.org");
    page.tick(0).await;
    page.press("Save my choices").await;
    page.shows(PENDING).await;
    assert!(bodies(POST).pop().unwrap().contains(r#""program_version":2"#));
}

#[wasm_bindgen_test]
async fn a_failure_keeps_what_was_ticked_and_typed() {
    shop(r#"{"signedOut":true,"news":["none","none"]}"#);
    let page = Page::panel("consent").await;
    page.shows("as of version 1.").await;
    page.tick(1).await;
    page.fill_in("#email", "ada@example.org");
    shop(r#"{"signedOut":true,"news":["none","none"],"fail":{"POST /v1/consents":"network"}}"#);
    page.press("Save my choices").await;
    page.shows("We cannot reach the program just now.").await;
    assert_eq!(page.ticked(), [false, true]);
    let code = r#"{"code":"out_of_bounds","field":"email"}"#;
    shop(
        &[r#"{"signedOut":true,"news":["none","none"],"fail":{"POST /v1/consents":"#, code, "}}"]
            .concat(),
    );
    page.press("Save my choices").await;
    page.shows("Please enter a complete address").await;
    assert_eq!(page.ticked(), [false, true]);
    assert_eq!(page.find("#email").unchecked_ref::<HtmlInputElement>().value(), "ada@example.org");
}

#[wasm_bindgen_test]
async fn whoever_has_joined_is_asked_apart_and_nothing_is_ticked() {
    shop(r#"{"stranger":true,"news":["none","none"]}"#);
    let page = Page::panel("home").await;
    page.press("Join").await;
    page.shows("Hello Camille").await;
    page.shows("Nothing is ticked for you").await;
    assert_eq!(page.ticked(), [false, false, false]);
    assert!(bodies(POST).is_empty(), "joining is no consent to anything else");
}

#[wasm_bindgen_test]
async fn what_does_not_load_may_be_asked_for_again() {
    shop(r#"{"news":["none","none"],"fail":{"GET /v1/consents":"network"}}"#);
    let page = Page::panel("consent").await;
    page.shows("We cannot reach the program just now.").await;
    shop(r#"{"news":["none","none"]}"#);
    page.press("Try again").await;
    page.shows("Send me news by e-mail").await;
}
