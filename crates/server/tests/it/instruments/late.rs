//! Orders that come late or early, guests, and what is counted and proved of all instruments.

use super::desk::{Checkout, cagnotte, card, issue, me};
use crate::harness::{Server, cart, eur, order};
use serde_json::{Value, json};

#[tokio::test]
async fn rule_3_4_an_order_paid_without_commit_is_booked_as_far_as_it_goes_and_says_so() {
    let server = Server::start_with(cagnotte()).await;
    server.member_with("ada", 700).await;
    let issued = issue(&server, json!({ "amount": eur(1_000) })).await;
    let code = &issued["code"];
    let lines = [(2, 3_000)];
    let late = Checkout { server: &server, customer: Some("ada"), order: "l1", lines: &lines };
    let held = late.hold(json!({ "codes": [code], "points": 700 })).await;
    late.step(&held, "confirm").await;
    server.clock.advance(2 * 3600);
    // Meanwhile the card is emptied and most of the points are spent.
    let other = Checkout { order: "l2", ..late };
    other.buy(json!({ "codes": [code], "points": 400 })).await;
    let path = format!("/v1/holds/{}/commit", held["hold"].as_str().unwrap());
    let body = json!({ "order": "l1", "customer": "ada", "amount": held["quote"]["to_pay"] });
    assert_eq!(server.shop("POST", &path, body).await.problem(), (409, "hold_released"));
    let mut order = order("ada", &[(2, 5_300)]);
    order["hold"] = held["hold"].clone();
    let paid = late.put(order.clone()).await;
    assert_eq!(paid["redeemed"], 300);
    let points = format!("points:{}", server.shop.program);
    assert_eq!(paid["shortfall"], json!({ points: 400, "gift:EUR": 1_000 }));
    order["version"] = json!(2);
    assert_eq!(late.put(order).await["redeemed"], 300);
    // What the shop bore comes back to nobody; the first piece brings back the shop's part only.
    let half = late.back("r1", &[("0", 1)]).await;
    assert_eq!(half["redeemed"], 300);
    let none = late.back("r2", &[("0", 1)]).await;
    assert_eq!(none["redeemed"], 0);
    let balance = me(&server, "ada").await["member"]["balance"].clone();
    assert_eq!((&balance["available"], &balance["debt"]), (&json!(300), &json!(0)));
    server.totals().await;
    let report = habitue_server::verify::verify(&server.app.store).await.unwrap();
    assert_eq!(report.findings, vec![]);
}

#[tokio::test]
async fn rule_6_3_a_return_that_comes_before_the_commit_counts() {
    let server = Server::start().await;
    let issued = issue(&server, json!({ "amount": eur(5_000) })).await;
    let lines = [(2, 1_000)];
    let bought = Checkout { server: &server, customer: None, order: "e1", lines: &lines };
    let held = bought.hold(json!({ "codes": [issued["code"]] })).await;
    bought.step(&held, "confirm").await;
    bought.pay(&[2_000]).await;
    bought.back("r1", &[("0", 1)]).await;
    bought.step(&held, "commit").await;
    assert_eq!(card(&server, &issued).await["balance"], eur(5_000 - 1_490));
}

#[tokio::test]
async fn rule_3_5_a_guests_uses_are_counted_by_their_address_and_follow_them_into_an_account() {
    let server = Server::start().await;
    server.member_with("gus", 0).await;
    let ask = async |customer: Option<&str>, email: &str| {
        let mut body = json!({ "cart": cart(&[(2, 3_000)]), "asked": { "codes": ["TEN"] } });
        body["email"] = json!(email);
        if let Some(customer) = customer {
            body["customer"] = json!(customer);
        }
        server.shop("POST", "/v1/holds", body).await
    };
    let held = ask(None, "Gus@example.org").await.ok();
    let path = format!("/v1/holds/{}/confirm", held["hold"].as_str().unwrap());
    let confirm = json!({ "order": "u1", "cart": cart(&[(2, 3_000)]), "to_pay": eur(5_490) });
    server.shop("POST", &path, confirm).await.ok();
    for customer in [None, Some("gus")] {
        let again = ask(customer, "gus@EXAMPLE.org").await;
        assert_eq!(again.problem(), (422, "used_up_for_member"));
    }
    ask(None, "eve@example.org").await.ok();
    assert_eq!(ask(None, "no address").await.problem(), (400, "invalid_body"));
    let path = path.replace("confirm", "release");
    server.shop("POST", &path, json!({})).await.ok();
    ask(None, "gus@example.org").await.ok();
}

#[tokio::test]
async fn rule_8_a_merchant_is_warned_near_a_million_of_euros_in_a_year() {
    let server = Server::start().await;
    issue(&server, json!({ "amount": eur(79_999_999) })).await;
    let issued = server.shop("GET", "/v1/issued", Value::Null).await.ok();
    assert_eq!(issued["issued"][0]["amount"], eur(79_999_999));
    assert_eq!(issued["is_near_limit"], false);
    issue(&server, json!({ "amount": eur(1) })).await;
    assert_eq!(server.shop("GET", "/v1/issued", Value::Null).await.ok()["is_near_limit"], true);
    server.clock.advance(366 * 24 * 3600);
    let issued = server.shop("GET", "/v1/issued", Value::Null).await.ok();
    assert_eq!(
        (issued["issued"].as_array().unwrap().len(), &issued["is_near_limit"]),
        (0, &json!(false))
    );
}

#[tokio::test]
async fn the_proof_of_the_ledger_covers_cards_and_credit() {
    use habitue_server::job::{Job, run};
    use habitue_server::verify::verify;
    use habitue_store::{Error, Tx};
    let server = Server::start_with(cagnotte()).await;
    server.member_with("ada", 100).await;
    issue(&server, json!({ "amount": eur(1_000) })).await;
    run(&server.app.store, &server.clock, Job::Seal, "test", true).await.unwrap();
    assert_eq!(verify(&server.app.store).await.unwrap().findings, vec![]);
    for unit in ["gift:EUR", "credit:EUR"] {
        let change = async move |tx: &mut Tx<'_>| -> Result<u64, Error> {
            let sql = "UPDATE entry SET amount = amount + 1 WHERE account_id IN ( \
                       SELECT id FROM account WHERE unit = $1 AND kind <> 'issued')";
            tx.execute(sql, habitue_store::values![unit]).await
        };
        assert_eq!(server.app.store.write(change).await.unwrap(), 1, "{unit}");
        let found = verify(&server.app.store).await.unwrap().findings;
        assert!(found.iter().any(|finding| finding.table == "entry"), "{unit}: {found:?}");
    }
}
