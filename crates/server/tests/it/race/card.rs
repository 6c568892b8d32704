//! One gift card in two carts.

use super::{Raced, Reply, rounds, step};
use crate::harness::{cart, eur, program};
use serde_json::{Value, json};
use std::sync::Arc;

/// Pays a cart of 64.90 with the card, as far as that goes; what it paid, or the answer that ended it.
async fn pay(raced: Arc<Raced>, round: usize, code: Value, name: &str) -> Result<i64, Reply> {
    let (key, secret) = (format!("{name} {round}"), raced.server.shop.secret_key.clone());
    let goods = cart(&[(2, 3000)]);
    let body = json!({ "cart": goods, "asked": { "codes": [code] } }).to_string();
    let held = raced.wire(round).insist("/v1/holds", &secret, &key, &body).await;
    if held.status != 200 {
        return Err(held);
    }
    let held = held.json();
    let to_pay = held["quote"]["to_pay"].clone();
    let body = json!({ "order": key, "cart": goods, "to_pay": to_pay });
    let confirmed = raced.step(round, &step(&held, "confirm"), &key, &body).await;
    if confirmed.status != 200 {
        return Err(confirmed);
    }
    let body = json!({ "order": key, "amount": to_pay });
    raced.step(round, &step(&held, "commit"), &key, &body).await.ok();
    Ok(held["quote"]["paid"]["minor"].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_a_gift_card_is_spent_once_however_many_carts_have_it() {
    let raced = Raced::start(program()).await;
    for round in 0..rounds() {
        // One cart can have all of 40.00; two share 100.00.
        let amount = if round % 2 == 0 { 4_000 } else { 10_000 };
        let body = json!({ "amount": eur(amount) });
        let issued = raced.server.shop("POST", "/v1/gift-cards", body).await.ok();
        let code = &issued["code"];
        let (one, two) = tokio::join!(
            pay(Arc::clone(&raced), round, code.clone(), "one"),
            pay(Arc::clone(&raced), round, code.clone(), "two"),
        );
        let mut spent = 0;
        for paid in [one, two] {
            match paid {
                Ok(paid) => spent += paid,
                Err(reply) => assert_eq!(reply.problem(), (422, "used_up".to_owned()), "{round}"),
            }
        }
        assert_eq!(spent, amount, "round {round}");
        let path = format!("/v1/gift-cards/{}", issued["gift_card"].as_str().unwrap());
        let card = raced.server.get(&path, &raced.server.shop.secret_key).await.ok();
        assert_eq!((&card["balance"], &card["held"]), (&eur(0), &eur(0)), "round {round}");
    }
    raced.server.totals().await;
}
