//! Why each number is what it is: the history in sentences, and statements that sum to the ledger.

use crate::harness::{Server, cart, order, program};
use habitue_server::error::Error;
use habitue_server::explain::{Derivation, derive};
use habitue_server::job::{Job, Ran, run};
use habitue_store::Tx;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// Three pieces for 60.00, one comes back; 10 points of an apology; the rest ends.
async fn a_year() -> (Server, String) {
    let mut document = serde_json::to_value(program()).unwrap();
    document["points"]["expiry"] = json!({ "kind": "after_earning", "days": 90 });
    let server = Server::start_with(serde_json::from_value(document).unwrap()).await;
    let session = server.sign_in("ada").await;
    let me = server.join(&session).await;
    let mut bought = order("ada", &[(3, 6_000), (1, 1_999)]);
    bought["placed_at"] = json!("2026-11-21T12:00:00Z");
    server.shop("PUT", "/v1/orders/A-1", bought).await.ok();
    server.clock.advance(3 * DAY);
    let back = json!({ "returned_at": "2026-11-24T12:00:00Z",
        "lines": [{ "line": "0", "quantity": 1 }] });
    server.shop("PUT", "/v1/orders/A-1/returns/r1", back).await.ok();
    server.clock.advance(DAY);
    let member = me["member"]["id"].as_str().unwrap().to_owned();
    let sorry = json!({ "points": 10, "author": "Ann", "reason": "=the parcel was late" });
    server.shop("POST", &format!("/v1/members/{member}/points"), sorry).await.ok();
    server.clock.advance(60 * DAY);
    let session = server.sign_in("ada").await;
    server.call("POST", "/v1/me/notice", &session, Value::Null).await.ok();
    server.clock.advance(50 * DAY);
    let ran = run(&server.app.store, &server.clock, Job::Expire, "test", true).await.unwrap();
    assert_eq!(ran, Ran::Done(2));
    (server, member)
}

async fn told(server: &Server, locale: &str) -> Vec<String> {
    let session = server.sign_in("ada").await;
    let path = format!("/v1/me/history?locale={locale}");
    let page = server.get(&path, &session).await.ok();
    let row = |row: &Value| {
        let day = &row["occurred_at"].as_str().unwrap()[..10];
        let text = row["text"].as_str().unwrap().replace(['\u{a0}', '\u{202f}'], " ");
        format!("{day} {:+} {text}", row["points"].as_i64().unwrap())
    };
    page["rows"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test]
async fn rule_5_6_each_row_tells_order_reason_points_and_date_in_the_members_language() {
    let (server, _) = a_year().await;
    assert_eq!(told(&server, "en").await, ENGLISH);
    assert_eq!(told(&server, "fr").await, FRENCH);
    let session = server.sign_in("ada").await;
    let rows = server.get("/v1/me/history", &session).await.ok()["rows"].clone();
    let [.., back, earned] = rows.as_array().unwrap().as_slice() else { panic!("{rows}") };
    let piece = json!([{ "line": "0", "product": "p0", "quantity": 1 }]);
    assert_eq!((&back["lines"], &back["lots"][0]["order"]), (&piece, &json!("A-1")));
    assert_eq!((&earned["lines"][1]["product"], &earned["rule"]), (&json!("p1"), &json!(1)));
}

const ENGLISH: [&str; 5] = [
    "2027-03-10 -10 Ended unused, earned on 25 November 2026, by version 1 of the program.",
    "2027-03-10 -299 Ended unused; earned with order A-1, earned on 21 November 2026, by version 1 \
     of the program.",
    "2026-11-25 +10 Given by the shop, last day 9 March 2027, by version 1 of the program, reason: \
     =the parcel was late.",
    "2026-11-24 -100 Taken back: less of order A-1 was kept, €59.99 paid for what was kept, by \
     version 1 of the program.",
    "2026-11-21 +399 Earned with order A-1, €79.99 paid for what was kept, can be used from 5 \
     December 2026, last day 9 March 2027, by version 1 of the program.",
];

const FRENCH: [&str; 5] = [
    "2027-03-10 -10 Expiré, gagné le 25 novembre 2026, selon la version 1 du programme.",
    "2027-03-10 -299 Expiré sans être utilisé ; gagné avec la commande A-1, gagné le 21 novembre \
     2026, selon la version 1 du programme.",
    "2026-11-25 +10 Offert par la boutique, dernier jour : 9 mars 2027, selon la version 1 du \
     programme, motif : =the parcel was late.",
    "2026-11-24 -100 Repris : une partie de la commande A-1 n’a pas été gardée, 59,99 € payés pour \
     ce qui a été gardé, selon la version 1 du programme.",
    "2026-11-21 +399 Gagné avec la commande A-1, 79,99 € payés pour ce qui a été gardé, utilisable \
     à partir du 5 décembre 2026, dernier jour : 9 mars 2027, selon la version 1 du programme.",
];

/// What a statement says of points: opening, the sum of its rows, closing.
fn points(statement: &Value) -> (i64, i64, i64) {
    let rows = statement["rows"].as_array().unwrap().iter();
    let moved = rows.map(|row| row["points"].as_i64().unwrap()).sum();
    let sum = |which: &str| statement["sums"][0][which].as_i64().unwrap();
    (sum("opening"), moved, sum("closing"))
}

#[tokio::test]
async fn rule_5_6_every_period_of_a_statement_sums_to_what_the_ledger_says() {
    let (server, member) = a_year().await;
    let days = ["2026-11-20", "2026-11-21", "2026-11-24", "2026-11-25", "2027-02-19", "2027-04-01"];
    let path = |query: &str| format!("/v1/members/{member}/statement{query}");
    let whole = server.shop("GET", &path(""), Value::Null).await.ok();
    assert_eq!(points(&whole), (0, 0, server.totals().await.members));
    for from in days {
        for until in days.into_iter().filter(|until| *until >= from) {
            let query = format!("?from={from}&until={until}");
            let part = server.shop("GET", &path(&query), Value::Null).await.ok();
            let (opening, moved, closing) = points(&part);
            assert_eq!(opening + moved, closing, "{query}");
            let before = server.shop("GET", &path(&format!("?until={from}")), Value::Null).await;
            let (_, _, at_end) = points(&before.ok());
            let day = path(&format!("?from={from}&until={from}"));
            let first = server.shop("GET", &day, Value::Null);
            assert_eq!(points(&first.await.ok()).2, at_end, "{from}");
        }
    }
    let turned = path("?from=2027-01-02&until=2026-01-01");
    assert_eq!(
        server.shop("GET", &turned, Value::Null).await.problem(),
        (400, "invalid_parameter")
    );
}

#[tokio::test]
async fn a_statement_as_csv_has_no_formula_and_sums_too() {
    let (server, member) = a_year().await;
    for (locale, closing) in [("en", "Closing balance"), ("fr", "Solde final")] {
        let path = format!("/v1/members/{member}/statement.csv?locale={locale}&until=2026-11-30");
        let answer = server.shop("GET", &path, Value::Null).await;
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
        let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let amounts: Vec<i64> = lines.iter().map(|line| line[5].parse().unwrap()).collect();
        let (last, before) = amounts.split_last().unwrap();
        assert_eq!(before.iter().sum::<i64>(), *last);
        assert_eq!(
            (&lines[0][2], lines.len()),
            (if locale == "en" { "Opening balance" } else { "Solde initial" }, 5)
        );
        assert_eq!(&lines[4][2], closing);
        let formula = |cell: &str| cell.starts_with(['=', '+', '@']);
        assert!(!lines.iter().flatten().any(formula));
    }
    let session = server.sign_in("ada").await;
    let own = server.get("/v1/me/statement.csv", &session).await;
    assert_eq!(own.status, 200);
    let stranger = server.second_shop().await;
    let theirs = server.get(&format!("/v1/members/{member}/statement"), &stranger.secret_key).await;
    assert_eq!(theirs.problem(), (404, "not_found"));
}

#[tokio::test]
async fn what_a_return_takes_back_too_late_is_told_as_owed_and_its_repayment_as_such() {
    let server = Server::start().await;
    let session = server.member_with("eve", 500).await;
    let body = json!({ "cart": cart(&[(2, 3_000)]), "asked": { "points": 500 } });
    let held = server.call("POST", "/v1/holds", &session, body).await.ok();
    let step = |name: &str| format!("/v1/holds/{}/{name}", held["hold"].as_str().unwrap());
    let price = &held["quote"]["to_pay"];
    let terms =
        json!({ "order": "e1", "customer": "eve", "cart": cart(&[(2, 3_000)]), "to_pay": price });
    server.shop("POST", &step("confirm"), terms).await.ok();
    let paid = json!({ "order": "e1", "customer": "eve", "amount": price });
    server.shop("POST", &step("commit"), paid).await.ok();
    let all = json!({ "returned_at": server.clock.now() });
    server.shop("PUT", "/v1/orders/seed-eve/returns/r1", all).await.ok();
    server.shop("PUT", "/v1/orders/e2", order("eve", &[(1, 12_000)])).await.ok();
    let session = server.sign_in("eve").await;
    let rows = server.get("/v1/me/history?locale=en", &session).await.ok()["rows"].clone();
    assert_eq!((&rows[0]["kind"], &rows[0]["repaid"]), (&json!("earn"), &json!(500)));
    assert_eq!((&rows[1]["kind"], &rows[1]["owed"]), (&json!("take_back"), &json!(500)));
    assert!(rows[1]["text"].as_str().unwrap().contains("500 of it is owed"));
    assert_eq!((&rows[2]["kind"], &rows[2]["points"]), (&json!("redeem"), &json!(-500)));
    assert_eq!(rows[2]["lots"][0]["order"], "seed-eve");
}

async fn derived(server: &Server, member: &str) -> Derivation {
    let (program, member) = (server.shop.program, member.parse().unwrap());
    let look = async move |tx: &mut Tx<'_>| -> Result<Derivation, Error> {
        derive(tx, (program, "en"), member).await
    };
    server.app.store.read(look).await.unwrap()
}

#[tokio::test]
async fn rule_5_6_the_derivation_comes_to_what_the_ledger_says_and_names_what_does_not() {
    let (server, member) = a_year().await;
    let right = derived(&server, &member).await;
    assert_eq!(right.differences, Vec::<String>::new());
    // 40.00 of 60.00 are kept, and 19.99: 59.99 at 5 points for 1.00, rounded down.
    let order = &right.orders[0];
    assert_eq!((order.derived, order.earned, order.lines[0].counted_minor), (299, 299, 4_000));
    assert_eq!((right.sums[0].derived, right.sums[0].balance), (0, 0));
    let spoil = async |tx: &mut Tx<'_>| tx.execute("UPDATE lot SET remaining = 7", &[]).await;
    server.app.store.write(spoil).await.unwrap();
    let wrong = derived(&server, &member).await.differences;
    assert!(wrong.iter().any(|it| it.ends_with("0 are left of it, it says 7")), "{wrong:?}");
    assert!(wrong.iter().any(|it| it.contains("the balance is 0, its lots")), "{wrong:?}");
}
