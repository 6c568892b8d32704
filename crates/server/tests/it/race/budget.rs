//! Who gets the last cent of a budget.

use super::{Prize, hold_body, race};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_members_only_as_many_get_an_offer_as_its_budget_pays_whole() {
    let fixed = json!([{ "kind": "fixed", "amount": ["5.00 EUR"] }]);
    let offer = json!({ "budget": ["10.00 EUR"], "actions": fixed });
    let prize = Prize { offer, to_pay: 5990, winners: 2, reason: "budget_spent" };
    let raced = race(&prize).await;
    // Nothing is left of it, and nothing was given that was not there.
    let session = raced.server.member_with("late", 0).await;
    let body = hold_body(&json!({ "codes": ["LAST0"] }));
    let answer = raced.server.call("POST", "/v1/holds", &session, body).await;
    assert_eq!(answer.problem(), (422, "budget_spent"));
}
