//! Whoever writes to the database behind our back is found: `verify` names the row.

use crate::harness::{Server, order};
use habitue_server::job::{Job, Ran, run};
use habitue_server::verify::{Report, verify};
use habitue_store::{Error, Tx, values};
use rstest::rstest;

/// A shop with three members; all but the last orders are sealed.
async fn server() -> Server {
    let server = Server::start().await;
    for customer in ["ada", "bob", "cyd"] {
        server.member_with(customer, 100).await;
        buy(&server, customer, "a").await;
        buy(&server, customer, "b").await;
    }
    assert!(matches!(seal(&server).await, Ran::Done(1..)));
    for customer in ["ada", "bob", "cyd"] {
        buy(&server, customer, "c").await;
    }
    assert_eq!(report(&server).await.findings, vec![]);
    server
}

async fn buy(server: &Server, customer: &str, name: &str) {
    let path = format!("/v1/orders/{customer}-{name}");
    server.shop("PUT", &path, order(customer, &[(1, 10_000)])).await.ok();
}

async fn seal(server: &Server) -> Ran {
    run(&server.app.store, &server.clock, Job::Seal, "test", true).await.unwrap()
}

async fn report(server: &Server) -> Report {
    verify(&server.app.store).await.unwrap()
}

async fn found(server: &Server) -> Vec<String> {
    report(server).await.findings.iter().map(ToString::to_string).collect()
}

/// Writes behind the back of the rules; `$1` is Ada's account, `$2` her third entry's transfer.
async fn tamper(server: &Server, statements: &'static [&'static str]) -> String {
    let job = async move |tx: &mut Tx<'_>| -> Result<String, Error> {
        let sql = "SELECT account.id, entry.transfer_id FROM account \
                   JOIN entry ON entry.account_id = account.id AND entry.seq = 3 \
                   WHERE account.kind = 'member' ORDER BY account.id LIMIT 1";
        let row = tx.row(sql, &[]).await?.unwrap();
        let (account, transfer) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        for sql in statements {
            let all = values![&account, &transfer];
            let values = match (sql.contains("$1"), sql.contains("$2")) {
                (true, true) => &all[..],
                (true, false) => &all[..1],
                _ => &all[..0],
            };
            assert!(tx.execute(sql, values).await? > 0, "{sql}");
        }
        Ok(account)
    };
    server.app.store.write(job).await.unwrap()
}

#[rstest]
#[case::amount(
    "UPDATE entry SET amount = amount + 1 WHERE account_id = $1 AND seq = 2",
    "entry 2 of"
)]
#[case::hash("UPDATE entry SET hash = '0' || hash WHERE account_id = $1 AND seq = 2", "entry 2 of")]
#[case::reason("UPDATE transfer SET kind = 'redeem' WHERE id = $2 AND $1 = $1", "entry 3 of")]
#[case::order("UPDATE transfer SET order_id = 'x' WHERE id = $2 AND $1 = $1", "entry 3 of")]
#[case::time("UPDATE transfer SET occurred_at = 1 WHERE id = $2 AND $1 = $1", "entry 3 of")]
#[case::why("UPDATE transfer SET explanation = '{}' WHERE id = $2 AND $1 = $1", "entry 3 of")]
#[case::points("UPDATE transfer SET points = 1 WHERE id = $2 AND $1 = $1", "transfer trf_")]
#[case::balance("UPDATE account SET balance = balance + 1 WHERE id = $1", "account acc_")]
#[case::kind("UPDATE account SET unit = 'points:x' WHERE id = $1", "entry 1 of")]
#[case::lot("UPDATE lot SET remaining = remaining + 1 WHERE account_id = $1", "lot lot_")]
#[case::seal("UPDATE seal SET entries = entries + 1", "seal prg_")]
#[case::sealed_head("UPDATE seal_head SET seq = seq - 1 WHERE account_id = $1", "entry 2 of")]
#[tokio::test]
async fn rule_5_4_one_changed_value_is_named(#[case] sql: &'static str, #[case] row: &str) {
    let server = server().await;
    // A list of one statement that lives as long as the test.
    tamper(&server, Vec::leak(vec![sql])).await;
    let found = found(&server).await;
    assert!(found.iter().any(|finding| finding.starts_with(row)), "{found:?}");
}

#[tokio::test]
async fn rule_5_4_a_removed_last_row_is_named() {
    let server = server().await;
    let account = tamper(&server, &["DELETE FROM entry WHERE account_id = $1 AND seq = 4"]).await;
    let expected = format!("entry 4 of {account}: it is missing");
    assert!(found(&server).await.contains(&expected), "{:?}", found(&server).await);
}

#[tokio::test]
async fn rule_5_4_a_removed_middle_row_is_named() {
    let server = server().await;
    let account = tamper(&server, &["DELETE FROM entry WHERE account_id = $1 AND seq = 2"]).await;
    let expected = format!("entry 2 of {account}: it is missing");
    assert!(found(&server).await.contains(&expected), "{:?}", found(&server).await);
}

/// All traces of the account, as somebody would do it who knows the tables.
const REMOVE: &[&str] = &[
    "DELETE FROM lot WHERE account_id = $1",
    "DELETE FROM entry WHERE account_id = $1",
    "DELETE FROM account WHERE id = $1",
];

#[tokio::test]
async fn rule_5_4_a_removed_account_is_named() {
    let server = server().await;
    let account = tamper(&server, REMOVE).await;
    let found = found(&server).await;
    let is_named =
        |finding: &String| finding.starts_with(&format!("account {account}: it is missing"));
    assert!(found.iter().any(is_named), "{found:?}");
    assert!(found.iter().any(|finding| finding.starts_with("transfer trf_")), "{found:?}");
}

#[tokio::test]
async fn rule_5_4_two_swapped_rows_are_named() {
    let server = server().await;
    let account = tamper(
        &server,
        &[
            "UPDATE entry SET seq = -2 WHERE account_id = $1 AND seq = 2",
            "UPDATE entry SET seq = 2 WHERE account_id = $1 AND seq = 3",
            "UPDATE entry SET seq = 3 WHERE account_id = $1 AND seq = -2",
        ],
    )
    .await;
    let found = found(&server).await;
    for seq in [2, 3] {
        let named = format!("entry {seq} of {account}");
        assert!(found.iter().any(|finding| finding.starts_with(&named)), "{found:?}");
    }
}

#[tokio::test]
async fn rule_5_4_a_last_row_removed_without_a_trace_is_found_by_its_seal() {
    let server = server().await;
    assert!(matches!(seal(&server).await, Ran::Done(1..)));
    // Both legs of the last transfer, the heads, the sums and the lot: only the seal remembers.
    let job = async |tx: &mut Tx<'_>| -> Result<(), Error> {
        let last = "SELECT transfer_id FROM entry JOIN account ON account.id = entry.account_id \
                    WHERE account.kind = 'member' AND entry.seq = 4 ORDER BY account.id LIMIT 1";
        let transfer = tx.row(last, &[]).await?.unwrap().text(0)?.to_owned();
        for sql in [
            "DELETE FROM lot WHERE transfer_id = $1",
            "UPDATE account SET balance = balance - (SELECT amount FROM entry \
             WHERE transfer_id = $1 AND account_id = account.id), seq = seq - 1, \
             sealed = seq - 1, head = (SELECT prev_hash FROM entry WHERE transfer_id = $1 \
             AND account_id = account.id) \
             WHERE id IN (SELECT account_id FROM entry WHERE transfer_id = $1)",
            "DELETE FROM entry WHERE transfer_id = $1",
            "DELETE FROM transfer WHERE id = $1",
        ] {
            assert!(tx.execute(sql, values![&transfer]).await? > 0, "{sql}");
        }
        Ok(())
    };
    server.app.store.write(job).await.unwrap();
    let found = found(&server).await;
    assert!(found.iter().any(|finding| finding.contains("entry 4 of")), "{found:?}");
    assert!(found.iter().any(|finding| finding.contains("seal 2 of")), "{found:?}");
}

#[tokio::test]
async fn rule_5_4_nothing_is_sealed_over_a_broken_row() {
    let server = server().await;
    tamper(&server, &["UPDATE entry SET amount = amount + 1 WHERE account_id = $1 AND seq = 4"])
        .await;
    let stuck = seal(&server).await;
    assert!(matches!(&stuck, Ran::Stuck(why) if why.contains("entry 4 of")), "{stuck:?}");
    assert_eq!(report(&server).await.seals, 1);
}

#[tokio::test]
async fn a_job_is_done_by_one_server_at_a_time_and_taken_over_when_its_lease_ends() {
    let server = server().await;
    let (store, clock) = (&server.app.store, &server.clock);
    let now = clock.now();
    let take = |holder: &'static str, at: i64| {
        let now = now.plus_seconds(at);
        async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
            habitue_store::job::ensure(tx, "night", now).await?;
            let until = now.plus_seconds(60);
            habitue_store::job::take(tx, "night", holder, (now, until), now).await
        }
    };
    assert!(store.write(take("one", 0)).await.unwrap());
    assert!(!store.write(take("two", 59)).await.unwrap());
    assert!(store.write(take("two", 60)).await.unwrap());
    // The one that was too slow finds out in the transaction of its next slice.
    let keep = async move |tx: &mut Tx<'_>| {
        habitue_store::job::keep(tx, "night", "one", now.plus_seconds(200)).await
    };
    assert!(!store.write(keep).await.unwrap());
}

#[tokio::test]
async fn the_check_ends_where_the_last_account_is_the_wrong_one() {
    let server = server().await;
    let statements =
        &["UPDATE account SET balance = balance + 1 WHERE id = (SELECT MAX(id) FROM account)"];
    tamper(&server, statements).await;
    let found = tokio::time::timeout(std::time::Duration::from_secs(30), found(&server)).await;
    assert!(found.unwrap().iter().any(|it| it.contains("is not the sum of its entries")));
}
