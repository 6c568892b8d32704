//! The checkout as a story: what Habitué hears, what the shopper reads, what the card is charged.

use axum::http::StatusCode;

use crate::text::Lang;

use super::Story;

/// 0001 is a member of the sample; night-ferry costs $24.90, standard delivery $4.90.
async fn at_checkout() -> Story {
    let mut story = Story::new().await;
    story.log_in("0001").await;
    story.put("night-ferry", 2).await;
    story
}

/// Waits for what is done without making the shopper wait.
async fn soon(mut done: impl FnMut() -> bool) {
    for _ in 0..200 {
        if done() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it did not happen");
}

#[tokio::test]
async fn a_coupon_is_shown_confirmed_committed_and_the_order_reported() {
    let mut story = at_checkout().await;
    let summary = story.redeem("0001", "SPRING10").await.json();
    assert_eq!(summary["to_pay"], 4_470);
    assert_eq!(summary["saved"], "10.00");
    let page = story.get("/checkout").await;
    assert!(page.text.contains("SPRING10") && page.text.contains("Pay $44.70"));
    let paid = story.pay(&page).await;
    assert_eq!(paid.location(), "/orders/DS-2026-000001".replace("2026", year()));

    let calls = story.habitue.calls("/v1/");
    let steps: Vec<&str> = calls.iter().map(|call| call.line.as_str()).collect();
    let tail = steps.len() - 3;
    assert!(steps[tail].ends_with("/confirm") && steps[tail + 1].ends_with("/commit"));
    assert!(steps[tail + 2].starts_with("PUT /v1/orders/DS-"));
    let (confirm, commit, order) =
        (&calls[tail].body, &calls[tail + 1].body, &calls[tail + 2].body);
    assert_eq!(confirm["to_pay"]["minor"], 4_470);
    assert_eq!(confirm["cart"]["shipping"], 490);
    assert_eq!(commit["amount"], confirm["to_pay"]);
    assert_eq!(order["lines"][0]["paid"], 3_980, "what was paid, after the discount");
    assert_eq!(order["state"], "paid");
    for call in &calls {
        assert_eq!(call.headers["authorization"], "Bearer sk_1");
        assert!(!call.headers.contains_key("origin"));
        let writes = call.line.starts_with("POST") && !call.line.ends_with("/quotes");
        assert_eq!(!call.key().is_empty(), writes, "{}", call.line);
    }
    let thanks = story.get(paid.location()).await.text;
    assert!(thanks.contains("$44.70") && thanks.contains("$10.00") && thanks.contains("199"));
    assert!(story.get("/cart").await.text.contains(Lang::En.texts().cart_empty));
}

fn year() -> &'static str {
    Box::leak(jiff::Zoned::now().year().to_string().into_boxed_str())
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    let page = story.get("/checkout").await;
    story.habitue.set(|mood| mood.lose_answers = 1);
    let paid = story.pay(&page).await;
    assert!(paid.location().starts_with("/orders/"), "{}", paid.location());
    let confirms = story.habitue.calls("/confirm");
    assert_eq!(confirms.len(), 2);
    assert_eq!(confirms[0].key(), confirms[1].key());
    assert_eq!(story.habitue.calls("/commit").len(), 1);
}

#[tokio::test]
async fn pressing_pay_twice_is_one_order() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    let page = story.get("/checkout").await;
    let (first, second) = (story.pay(&page).await, story.pay(&page).await);
    assert_eq!(first.location(), second.location());
    assert_eq!(story.habitue.calls("/commit").len(), 1);
    assert_eq!(story.shop.orders.all_of(Some("0001"), "").len(), 1);
}

#[tokio::test]
async fn a_price_that_changed_is_shown_and_asked_again_and_nothing_is_charged() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    let page = story.get("/checkout").await;
    story.habitue.set(|mood| mood.worth = 500);
    assert_eq!(story.pay(&page).await.location(), "/checkout");
    assert!(story.shop.orders.all_of(Some("0001"), "").is_empty());
    let page = story.get("/checkout").await;
    assert!(page.text.contains("The price has changed to $49.70"));
    assert!(page.text.contains("Pay $49.70"));
    assert!(story.pay(&page).await.location().starts_with("/orders/"));
}

#[tokio::test]
async fn a_code_used_up_meanwhile_is_said_and_the_records_can_be_bought_without() {
    let mut story = at_checkout().await;
    story.redeem("0001", "FIRST100").await;
    let page = story.get("/checkout").await;
    story.habitue.set(|mood| mood.refuse_confirm = Some("used_up"));
    assert_eq!(story.pay(&page).await.location(), "/checkout");
    let page = story.get("/checkout").await;
    assert!(page.text.contains(Lang::En.texts().used_up));
    assert!(page.text.contains("Pay $54.70"));
    assert!(story.pay(&page).await.location().starts_with("/orders/"));
    soon(|| story.habitue.state("hld_1") == "released").await;
}

#[tokio::test]
async fn without_habitue_the_shop_sells_and_tells_it_later() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    let page = story.get("/checkout").await;
    story.habitue.set(|mood| mood.faulty = true);
    assert_eq!(story.pay(&page).await.location(), "/checkout");
    let page = story.get("/checkout").await;
    assert!(page.text.contains(Lang::En.texts().discount_unavailable));
    let paid = story.pay(&page).await;
    let id = paid.location().trim_start_matches("/orders/").to_owned();
    assert!(story.get(paid.location()).await.text.contains(Lang::En.texts().points_later));
    assert_eq!(story.shop.orders.unsettled(), [id.as_str()]);

    story.habitue.set(|mood| mood.faulty = false);
    story.shop.orders.settle(&id, &story.shop.habitue).await;
    assert!(story.shop.orders.unsettled().is_empty());
    assert!(story.get(paid.location()).await.text.contains("199"));
}

#[tokio::test]
async fn an_answer_lost_for_good_does_not_spend_the_number_of_the_order() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    let page = story.get("/checkout").await;
    story.habitue.set(|mood| mood.lose_answers = 3);
    assert_eq!(story.pay(&page).await.location(), "/checkout");
    let again = story.get("/checkout").await;
    assert_ne!(again.field("order"), page.field("order"), "that one may be confirmed");
    assert_eq!(again.field("to_pay"), "5470");
    soon(|| story.habitue.state("hld_1") == "released").await;
}

#[tokio::test]
async fn a_declined_card_gives_everything_back() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    let page = story.get("/checkout").await;
    let fields = format!("order={}&to_pay=4470&card=declined", page.field("order"));
    assert_eq!(story.post("/checkout/pay", &fields).await.location(), "/checkout");
    soon(|| story.habitue.state("hld_1") == "released").await;
    assert!(story.get("/checkout").await.text.contains(Lang::En.texts().declined_held));
    assert!(story.habitue.calls("/commit").is_empty());
    assert!(story.habitue.calls("/orders").is_empty());
}

#[tokio::test]
async fn another_shipping_keeps_the_code() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    let summary = story.script("/checkout/shipping", "shipping=express").await.json();
    assert_eq!((&summary["to_pay"], &summary["hold"]), (&4_970.into(), &"hld_2".into()));
    let page = story.get("/checkout").await;
    assert!(story.pay(&page).await.location().starts_with("/orders/"));
    assert_eq!(story.habitue.state("hld_2"), "committed");
}

#[tokio::test]
async fn a_code_lost_with_another_shipping_is_said_on_a_page_drawn_anew() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    story.habitue.end("hld_1");
    let answer = story.script("/checkout/shipping", "shipping=express").await.json();
    assert_eq!(answer, serde_json::json!({ "reload": true }));
    let page = story.get("/checkout").await;
    assert!(page.text.contains(Lang::En.texts().hold_over));
    assert_eq!(page.field("to_pay"), "5970");
}

#[tokio::test]
async fn another_cart_and_taking_the_code_back_let_the_hold_go() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    story.put("salt-road", 1).await;
    soon(|| story.habitue.state("hld_1") == "released").await;

    story.redeem("0001", "SPRING10").await;
    let summary = story.script("/cart/hold", "hold=").await.json();
    assert_eq!(summary["hold"], serde_json::Value::Null);
    soon(|| story.habitue.state("hld_2") == "released").await;
}

#[tokio::test]
async fn a_hold_that_ran_out_is_said_before_paying() {
    let mut story = at_checkout().await;
    story.redeem("0001", "SPRING10").await;
    story.habitue.end("hld_1");
    let page = story.get("/checkout").await;
    assert!(page.text.contains(Lang::En.texts().hold_over));
    assert_eq!(page.field("to_pay"), "5470");
}

#[tokio::test]
async fn a_hold_of_somebody_else_or_of_nobody_takes_nothing_off() {
    let mut story = at_checkout().await;
    let seen = story.script("/cart/hold", "hold=../orders/DS-2026-000001").await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
    let seen = story.redeem("0002", "SPRING10").await;
    assert_eq!(seen.status, StatusCode::CONFLICT);
    assert_eq!(story.get("/checkout").await.field("to_pay"), "5470");
    assert!(story.habitue.calls("/confirm").is_empty());
    assert_eq!(story.habitue.state("hld_1"), "held", "theirs is untouched");
}

#[tokio::test]
async fn a_privilege_that_applies_by_itself_is_held_when_paid() {
    let mut story = at_checkout().await;
    story.habitue.set(|mood| mood.free_shipping = true);
    let page = story.get("/checkout").await;
    assert!(page.text.contains(Lang::En.texts().by_itself));
    assert_eq!(page.field("to_pay"), "4980");
    assert!(story.pay(&page).await.location().starts_with("/orders/"));
    assert_eq!(story.habitue.state("hld_1"), "committed");
}

#[tokio::test]
async fn a_price_that_is_not_the_carts_is_never_charged() {
    let mut story = Story::new().await;
    story.put("night-ferry", 1).await;
    let page = story.get("/checkout").await;
    let fields = format!("order={}&to_pay=1&card=works", page.field("order"));
    assert_eq!(story.post("/checkout/pay", &fields).await.location(), "/checkout");
    assert!(story.get("/checkout").await.text.contains("The price has changed to $29.80"));
}

#[tokio::test]
async fn a_guest_buys_and_the_order_names_nobody() {
    let mut story = Story::new().await;
    story.put("night-ferry", 1).await;
    let page = story.get("/checkout").await;
    let paid = story.pay(&page).await;
    let orders = story.habitue.calls("PUT /v1/orders");
    assert!(orders[0].body.get("customer").is_none());
    assert!(story.habitue.calls("/holds").is_empty());
    assert_eq!(story.get(paid.location()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn cancelling_is_told_once_as_the_state_of_the_order() {
    let mut story = at_checkout().await;
    let page = story.get("/checkout").await;
    let paid = story.pay(&page).await;
    let cancel = format!("{}/cancel", paid.location());
    story.post(&cancel, "").await;
    story.post(&cancel, "").await;
    let told = story.habitue.calls("PUT /v1/orders");
    let states: Vec<_> =
        told.iter().map(|call| (&call.body["version"], &call.body["state"])).collect();
    assert_eq!(states, [(&1.into(), &"paid".into()), (&2.into(), &"cancelled".into())]);
    let orders = story.get("/orders").await.text;
    assert!(orders.contains(Lang::En.texts().state_cancelled));
    assert!(!orders.contains(Lang::En.texts().cancel));
    assert!(orders.contains("$54.70"), "all of it, with the shipping");

    story.log_in("0002").await;
    assert_eq!(story.get(paid.location()).await.status, StatusCode::NOT_FOUND);
}

const GIFT: &str = "GIFT-0000-7K3Q";

#[tokio::test]
async fn a_gift_card_pays_after_the_discounts_and_the_card_is_charged_the_rest() {
    let mut story = at_checkout().await;
    let summary = story.redeem("0001", GIFT).await.json();
    assert_eq!((&summary["to_pay"], &summary["saved"]), (&3_470.into(), &"20.00".into()));
    let rows = summary["rows"].as_array().unwrap();
    let tail: Vec<_> = rows.iter().skip(2).map(ToString::to_string).collect();
    let (total, card) = (r#"["Order total","$54.70","sub"]"#, r#"["Gift card","−$20.00","paid"]"#);
    assert_eq!(tail, [total, card]);
    let page = story.get("/checkout").await;
    let summary = page.text.split("<aside").nth(1).unwrap();
    assert!(!summary.contains(GIFT), "its code is money");
    let paid = story.pay(&page).await;
    assert_eq!(story.habitue.calls("/commit")[0].body["amount"]["minor"], 3_470);
    let order = &story.habitue.calls("PUT /v1/orders")[0].body;
    assert_eq!(order["lines"][0]["paid"], 4_980, "a gift card is payment: it earns points");
    let thanks = story.get(paid.location()).await.text;
    assert!(thanks.contains("You paid $34.70.") && thanks.contains("$20.00 was paid by gift card"));
}

#[tokio::test]
async fn nothing_left_to_pay_needs_no_card() {
    let mut story = at_checkout().await;
    story.habitue.set(|mood| mood.on_card = 10_000);
    story.redeem("0001", GIFT).await;
    let page = story.get("/checkout").await;
    assert_eq!(page.field("to_pay"), "0");
    assert!(page.text.contains(Lang::En.texts().pay_nothing));
    let fields = format!("order={}&to_pay=0&card=declined", page.field("order"));
    let paid = story.post("/checkout/pay", &fields).await;
    assert!(paid.location().starts_with("/orders/"), "no card is asked, none declines");
    assert_eq!(story.habitue.calls("/commit")[0].body["amount"]["minor"], 0);
}

#[tokio::test]
async fn pieces_come_back_once_each_and_to_what_paid_for_them() {
    let mut story = at_checkout().await;
    story.redeem("0001", GIFT).await;
    let page = story.get("/checkout").await;
    let paid = story.pay(&page).await;
    let give_back = format!("{}/return", paid.location());
    // Pressed twice on one page; and nothing chosen; and more than there is.
    story.post(&give_back, "known=0&line.night-ferry=1").await;
    story.post(&give_back, "known=0&line.night-ferry=1").await;
    story.post(&give_back, "known=1&line.night-ferry=0").await;
    assert!(story.get("/orders").await.text.contains(Lang::En.texts().no_pieces));
    let returns = story.habitue.calls("/returns/");
    assert_eq!(returns.len(), 1);
    assert!(returns[0].line.ends_with("/returns/return-1"));
    let line = serde_json::json!([{ "line": "night-ferry", "quantity": 1 }]);
    assert_eq!(returns[0].body["lines"], line);
    let orders = story.get("/orders").await.text;
    // Half of the 49.80 for two: 10.00 of the gift card's 20.00, 14.90 of the card's 29.80.
    for words in [Lang::En.texts().state_partly, "Gift card", "$10.00", "$14.90"] {
        assert!(orders.contains(words), "{words}: {orders}");
    }
    story.post(&give_back, "known=1&line.night-ferry=9").await;
    let orders = story.get("/orders").await.text;
    for words in [Lang::En.texts().state_returned, "$20.00", "$34.70"] {
        assert!(orders.contains(words), "{words}: {orders}");
    }
    assert!(!orders.contains("<details"), "nothing is left to come back");
    assert_eq!(story.habitue.calls("/returns/return-2").len(), 1);
}

#[tokio::test]
async fn nobody_gives_back_what_somebody_else_bought() {
    let mut story = at_checkout().await;
    let page = story.get("/checkout").await;
    let paid = story.pay(&page).await;
    story.log_in("0002").await;
    let give_back = format!("{}/return", paid.location());
    story.post(&give_back, "known=0&line.night-ferry=1").await;
    story.post(&format!("{}/cancel", paid.location()), "").await;
    assert_eq!(story.habitue.calls("PUT /v1/orders").len(), 1);
}

#[tokio::test]
async fn a_guest_uses_a_code_by_a_hold_of_ours_in_their_address() {
    let mut story = Story::new().await;
    story.put("night-ferry", 2).await;
    let page = story.get("/checkout").await;
    let enter = |page: &super::Seen, code: &str| {
        format!("email=ada%40example.org&code={code}&attempt={}", page.field("attempt"))
    };
    story.post("/checkout/code", &enter(&page, "NOSUCH")).await;
    let page = story.get("/checkout").await;
    assert!(page.text.contains(Lang::En.texts().code_unknown));
    let form = enter(&page, "FIRST100");
    story.post("/checkout/code", &form).await;
    story.post("/checkout/code", &form).await;
    let holds = story.habitue.calls("POST /v1/holds");
    assert_eq!(holds[1].key(), holds[2].key(), "pressed twice");
    assert_eq!(holds[1].body["email"], "ada@example.org");
    assert!(holds[1].body.get("customer").is_none());
    let page = story.get("/checkout").await;
    assert!(page.text.contains(Lang::En.texts().guest_applied) && page.text.contains("FIRST100"));
    assert_eq!(page.field("to_pay"), "4470");
    assert!(story.pay(&page).await.location().starts_with("/orders/"));
    assert_eq!(story.habitue.state("hld_1"), "committed");
}

#[tokio::test]
async fn a_guest_takes_their_code_back() {
    let mut story = Story::new().await;
    story.put("night-ferry", 2).await;
    let page = story.get("/checkout").await;
    let form = format!("email=a%40example.org&code=FIRST100&attempt={}", page.field("attempt"));
    story.post("/checkout/code", &form).await;
    story.post("/checkout/code", "remove=1").await;
    assert_eq!(story.get("/checkout").await.field("to_pay"), "5470");
    soon(|| story.habitue.state("hld_1") == "released").await;
}
