//! The client against a real server on a real port.

use std::time::Duration;

use tokio::net::TcpListener;

use crate::cart::{Cart, Shipping};
use crate::catalogue;
use crate::money::Currency;
use crate::tests::stub::Habitue;

use super::*;

fn client(url: &str) -> Loyalty {
    Loyalty::new(url.parse().unwrap(), "sk_1")
}

fn cart() -> super::Cart {
    let mut cart = Cart::default();
    cart.add(catalogue::record("night-ferry").unwrap(), 2);
    cart.add(catalogue::record("salt-road").unwrap(), 1);
    cart.on_the_wire(Currency::Usd, Shipping::Standard)
}

const BUYER: Buyer<'static> = Buyer { customer: Some("0001"), email: None };

fn spring() -> Asked {
    Asked { codes: vec!["SPRING10".to_owned()], ..Asked::default() }
}

#[tokio::test]
async fn hold_confirm_commit_are_three_requests_that_agree() {
    let habitue = Habitue::start().await;
    let client = client(&habitue.url);
    let cart = cart();
    let quote = client.quote("0001", &cart, &spring()).await.unwrap();
    let held = client.make_hold(BUYER, &cart, &spring(), "DS-1:hold").await.unwrap();
    assert_eq!(held.quote.to_pay, quote.to_pay);
    let confirm = Confirm {
        order: "DS-1",
        customer: Some("0001"),
        cart: &cart,
        to_pay: held.quote.to_pay,
        ttl_seconds: 900,
    };
    let confirmed = client.confirm(&held.id, &confirm).await.unwrap();
    assert_eq!(confirmed.quote.off_line("night-ferry"), 1_000);
    assert_eq!(confirmed.quote.off_line("salt-road"), 0);
    assert_eq!(confirmed.quote.asked(), spring());
    let amount = confirmed.quote.to_pay;
    let paid = Commit { order: "DS-1", customer: Some("0001"), amount };
    assert_eq!(client.commit(&held.id, &paid).await.unwrap().state, wire::HoldState::Committed);
    let keys: Vec<String> =
        habitue.calls("/v1/holds").iter().map(|call| call.key().into()).collect();
    assert_eq!(keys, ["DS-1:hold", "DS-1:confirm:hld_1:6560", "DS-1:commit:hld_1"]);
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_never_repeated() {
    let habitue = Habitue::start().await;
    let error = client(&habitue.url).hold("hld_9").await.unwrap_err();
    assert_eq!(error.code(), Some("not_found"));
    assert_eq!(habitue.calls("/v1/").len(), 1);
    habitue.set(|mood| mood.refuse_confirm = Some("expired"));
    let cart = cart();
    let hold = habitue.hold("0001", &cart, "SPRING10");
    let confirm = Confirm {
        order: "DS-1",
        customer: Some("0001"),
        cart: &cart,
        to_pay: cart.total(),
        ttl_seconds: 900,
    };
    let error = client(&habitue.url).confirm(&hold, &confirm).await.unwrap_err();
    assert_eq!(error.code(), Some("expired"));
    assert_eq!(habitue.calls("/confirm").len(), 1);
}

#[tokio::test]
async fn a_changed_price_comes_with_the_new_one() {
    let habitue = Habitue::start().await;
    let cart = cart();
    let hold = habitue.hold("0001", &cart, "SPRING10");
    let confirm = Confirm {
        order: "DS-1",
        customer: Some("0001"),
        cart: &cart,
        to_pay: Currency::Usd.cents(1),
        ttl_seconds: 900,
    };
    let error = client(&habitue.url).confirm(&hold, &confirm).await.unwrap_err();
    let Error::Refused(problem) = error else { panic!("{error}") };
    assert_eq!(problem.code, "price_changed");
    assert_eq!(problem.quote.unwrap().quote.to_pay, Currency::Usd.cents(6_560));
}

#[tokio::test]
async fn silence_is_repeated_with_the_same_key_until_patience_ends() {
    let habitue = Habitue::start().await;
    habitue.set(|mood| mood.faulty = true);
    let error = client(&habitue.url).release("hld_1").await.unwrap_err();
    assert!(matches!(error, Error::Silent(_)), "{error}");
    let calls = habitue.calls("/release");
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.key() == "release:hld_1"));
}

#[tokio::test]
async fn a_server_that_never_answers_or_is_not_there_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let started = std::time::Instant::now();
    let error = client(&url).hold("hld_1").await.unwrap_err();
    assert!(matches!(error, Error::Silent(_)), "{error}");
    assert!(started.elapsed() < Duration::from_secs(4));
    drop(listener);
    let error = client(&url).hold("hld_1").await.unwrap_err();
    assert!(matches!(error, Error::Silent(_)), "{error}");
}

#[tokio::test]
async fn an_id_cannot_leave_its_place_in_the_address() {
    let habitue = Habitue::start().await;
    let client = client(&habitue.url);
    for id in ["../orders/DS-1", "a/b", "..", "hld_1?x=1#y"] {
        assert!(client.hold(id).await.is_err(), "{id}");
    }
    let lines: Vec<String> = habitue.calls("").into_iter().map(|call| call.line).collect();
    assert!(lines.iter().all(|line| line.starts_with("GET /v1/holds")), "{lines:?}");
    assert_eq!(lines[0], "GET /v1/holds/..%2Forders%2FDS-1");
}
