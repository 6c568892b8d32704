//! A purchase with all instruments at once, the steps that take pieces of it back, and what the
//! database holds at the end.

use crate::harness::{Server, eur, order};
use crate::instruments::desk::{Checkout, cagnotte, card, issue, me};
use habitue_domain::money::Money;
use habitue_domain::program::ProgramDocument;
use habitue_domain::quote::{Quote, Verdict};
use habitue_domain::share::of_first_units;
use habitue_store::{Error, Tx};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a member has before.
const POINTS: i64 = 700;
const CREDIT: i64 = 500;

/// What is bought, and with what.
#[derive(Clone, Debug)]
pub struct Bought {
    /// Pieces and the price of each.
    pub lines: Vec<(i64, i64)>,
    pub points: i64,
    pub credit: i64,
    /// What is on a gift card, which pays as much of it as it can.
    pub card: i64,
    pub code: Option<&'static str>,
    /// Whether all points that are there afterwards are spent elsewhere before anything comes back.
    pub spends: bool,
    /// Whether what the order earned may be spent at once.
    pub is_ripe: bool,
}

impl Bought {
    pub fn pieces(&self) -> i64 {
        self.lines.iter().map(|(pieces, _)| pieces).sum()
    }
}

/// Pieces that go: as a return, or because the shop edits the order.
#[derive(Clone, Debug)]
pub struct Step {
    /// So many of these lines.
    pub pieces: Vec<(usize, i64)>,
    pub is_return: bool,
    /// Whether the shop sends it twice.
    pub is_repeated: bool,
}

impl Step {
    pub fn of(&self, line: usize) -> i64 {
        self.pieces.iter().filter(|(at, _)| *at == line).map(|(_, pieces)| pieces).sum()
    }
}

/// Credit, a share off by a code with counters in pieces and money, and a code for the next order.
pub fn program(bought: &Bought) -> ProgramDocument {
    let mut program = serde_json::to_value(cagnotte()).unwrap();
    program["points"]["pending_days"] = json!(if bought.is_ripe { 0 } else { 14 });
    let more = json!([
        { "id": "share", "name": { "en": "A tenth" }, "code": "SHARE", "uses": 1_000,
          "uses_per_member": 1, "budget": ["100000.00 EUR"],
          "actions": [{ "kind": "percent", "rate": "10%" }] },
        { "id": "next", "name": { "en": "The next order" }, "codes": "issued",
          "issued_by_order": { "minimum": ["60.00 EUR"], "days": 30 },
          "actions": [{ "kind": "fixed", "amount": ["10.00 EUR"] }] }
    ]);
    program["promotions"].as_array_mut().unwrap().extend(more.as_array().unwrap().clone());
    serde_json::from_value(program).unwrap()
}

/// What the ledger holds of a member and of the counters they moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    balance: Value,
    credit: Value,
    card: Option<Value>,
    /// Unit, what was opened, what is left, from and until when; in the order they were earned.
    lots: Vec<String>,
    owed: Vec<String>,
    uses: Vec<String>,
    counters: BTreeMap<String, i64>,
    codes: Vec<String>,
    reply: Option<Value>,
    /// Points that another order took meanwhile.
    elsewhere: i64,
}

/// What of it anybody can spend or has used: what is never bought leaves no trace in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Left {
    /// What is there less what is owed, in points and in each currency.
    points: i64,
    credit: i64,
    card: Option<Value>,
    counters: i64,
    uses: usize,
    codes: usize,
}

impl End {
    pub fn left(&self) -> Left {
        let sum = |of: &Value, parts: &[&str]| {
            let part = |name: &&str| of[*name].as_i64().or(of[*name]["minor"].as_i64());
            parts.iter().filter_map(part).sum::<i64>()
        };
        let there = |of: &Value| sum(of, &["available", "pending", "held"]) - sum(of, &["debt"]);
        Left {
            points: there(&self.balance) + self.elsewhere,
            credit: there(&self.credit[0]),
            card: self.card.clone(),
            counters: self.counters.values().sum(),
            uses: self.uses.iter().filter(|it| !it.ends_with(" 0")).count(),
            codes: self.codes.iter().filter(|it| it.ends_with("counts")).count(),
        }
    }
}

pub struct Story<'a> {
    pub server: &'a Server,
    pub customer: &'a str,
    pub bought: &'a Bought,
}

impl Story<'_> {
    /// Somebody like the others who never buys it.
    pub async fn nothing(&self) -> End {
        let before = counters(self.server).await;
        let issued = self.begin().await;
        self.end(issued.as_ref(), &before, (None, 0)).await
    }

    /// Buys it, takes the steps, and says how it ends.
    pub async fn play(&self, steps: &[Step]) -> Result<End, TestCaseError> {
        let (server, lines) = (self.server, &self.bought.lines);
        let before = counters(server).await;
        let issued = self.begin().await;
        let id = format!("order-{}", self.customer);
        let till = Checkout { server, customer: Some(self.customer), order: &id, lines };
        let held = till.buy(self.asked(issued.as_ref())).await;
        let quote: Quote = serde_json::from_value(held["quote"].clone()).unwrap();
        let mut sold = Sold::of(self.bought, &quote);
        let first = sold.state(self.customer);
        let mut reply = till.put(first.clone()).await;
        let elsewhere = if self.bought.spends { self.spend().await } else { 0 };
        for (n, step) in steps.iter().enumerate() {
            let (path, body) = sold.step(&till, n, step);
            reply = server.shop("PUT", &path, body.clone()).await.ok();
            if step.is_repeated {
                let again = server.shop("PUT", &path, body).await.ok();
                prop_assert_eq!(&again, &reply, "twice is once");
                let late = till.put(first.clone()).await;
                prop_assert!(steps[..=n].iter().all(|it| it.is_return) || late == reply);
            }
        }
        self.check(&id, &quote, &reply).await?;
        Ok(self.end(issued.as_ref(), &before, (Some(reply), elsewhere)).await)
    }

    /// A member with points, credit, and perhaps a gift card.
    async fn begin(&self) -> Option<Value> {
        self.server.member_with(self.customer, POINTS).await;
        let member = me(self.server, self.customer).await["member"]["id"].take();
        let path = format!("/v1/members/{}/credit", member.as_str().unwrap());
        let give = json!({ "amount": eur(CREDIT), "author": "Ann", "reason": "a broken cup" });
        self.server.shop("POST", &path, give).await.ok();
        let card = self.bought.card;
        if card > 0 { Some(issue(self.server, json!({ "amount": eur(card) })).await) } else { None }
    }

    fn asked(&self, issued: Option<&Value>) -> Value {
        let Bought { points, credit, code, .. } = *self.bought;
        let codes = code.map(Value::from).into_iter().chain(issued.map(|it| it["code"].clone()));
        let mut asked = json!({ "codes": codes.collect::<Vec<_>>() });
        if points > 0 {
            asked["points"] = json!(points);
        }
        if credit > 0 {
            asked["credit"] = eur(credit);
        }
        asked
    }

    /// Spends all points that are there on another order; how many.
    async fn spend(&self) -> i64 {
        let there = me(self.server, self.customer).await["member"]["balance"]["available"].take();
        let id = format!("elsewhere-{}", self.customer);
        let lines = &vec![(1, 500_000)];
        let (server, customer) = (self.server, Some(self.customer));
        Checkout { server, customer, order: &id, lines }.buy(json!({ "points": there })).await;
        there.as_i64().unwrap()
    }

    /// What was taken is what stays used and what was given back, for each instrument.
    async fn check(&self, order: &str, quote: &Quote, reply: &Value) -> Result<(), TestCaseError> {
        let moved = moved(self.server, order).await;
        let sum = |unit: &str, kind: &str| {
            let of = |((of, known), sum): (&(String, String), &i64)| {
                (of.starts_with(unit) && known == kind).then_some(*sum)
            };
            moved.iter().filter_map(of).sum::<i64>()
        };
        let minor = |value: &Value| value["minor"].as_i64().unwrap_or_default();
        let card = quote.payments().find(|(code, _)| code.is_some());
        let used = [
            ("points:", quote.points_used().get(), reply["redeemed"].as_i64().unwrap_or_default()),
            ("credit:", quote.credit_used().map_or(0, Money::minor), minor(&reply["credit_used"])),
            (
                "gift:",
                card.map_or(0, |(_, applied)| applied.amount.minor()),
                minor(&reply["gift_cards"][0]["amount"]),
            ),
        ];
        for (unit, asked, stays) in used {
            prop_assert_eq!(sum(unit, "redeem"), asked, "what was asked for is taken: {}", unit);
            prop_assert_eq!(sum(unit, "give_back") + stays, asked, "given back and kept: {}", unit);
        }
        let earned = reply["earned"].as_i64().unwrap_or_default();
        prop_assert_eq!(sum("points:", "earn") - sum("points:", "take_back"), earned);
        let earned = minor(&reply["credit_earned"]);
        prop_assert_eq!(sum("credit:", "earn") - sum("credit:", "take_back"), earned);
        Ok(())
    }

    async fn end(
        &self,
        issued: Option<&Value>,
        before: &BTreeMap<String, i64>,
        (mut reply, elsewhere): (Option<Value>, i64),
    ) -> End {
        let member = me(self.server, self.customer).await["member"].take();
        let mut card = match issued {
            Some(issued) => Some(card(self.server, issued).await),
            None => None,
        };
        if let Some(card) = &mut card {
            *card = json!([card["balance"], card["held"], card["until"], card["cancelled_at"]]);
        }
        if let Some(reply) = &mut reply {
            // Whose it is, and how often it was told, is what differs.
            for part in ["order", "version", "state"] {
                reply[part].take();
            }
            for used in reply["gift_cards"].as_array_mut().into_iter().flatten() {
                used["gift_card"].take();
            }
        }
        let after = counters(self.server).await;
        let moved = |(name, now): (&String, &i64)| {
            (name.clone(), now - before.get(name).copied().unwrap_or_default())
        };
        let of = async |sql| rows(self.server, sql, member["id"].as_str().unwrap()).await;
        End {
            lots: of(LOTS).await,
            owed: of(OWED).await,
            uses: of(USES).await,
            codes: of(CODES).await,
            balance: member["balance"].clone(),
            credit: member["credit"].clone(),
            card,
            counters: after.iter().map(moved).filter(|(_, moved)| *moved != 0).collect(),
            reply,
            elsewhere,
        }
    }
}

/// An order and what is left of its lines.
struct Sold {
    version: i64,
    /// Pieces, and what was paid for them, of each line as it was bought.
    bought: Vec<(i64, i64)>,
    edited: Vec<i64>,
    returned: Vec<i64>,
}

impl Sold {
    fn of(bought: &Bought, quote: &Quote) -> Self {
        let mut paid: Vec<i64> =
            bought.lines.iter().map(|(pieces, price)| pieces * price).collect();
        for outcome in &quote.outcomes {
            if let Verdict::Applied(applied) = &outcome.verdict
                && !applied.is_payment
            {
                for part in &applied.lines {
                    paid[part.line.parse::<usize>().unwrap()] -= part.amount.minor();
                }
            }
        }
        let none = vec![0; paid.len()];
        let pieces = bought.lines.iter().map(|(pieces, _)| *pieces);
        Self {
            version: 0,
            bought: pieces.zip(paid).collect(),
            edited: none.clone(),
            returned: none,
        }
    }

    /// Where a step is sent, and what.
    fn step(&mut self, till: &Checkout<'_>, n: usize, step: &Step) -> (String, Value) {
        let order = format!("/v1/orders/{}", till.order);
        if !step.is_return {
            for (line, pieces) in &step.pieces {
                self.edited[*line] += pieces;
            }
            return (order, self.state(till.customer.unwrap()));
        }
        for (line, pieces) in &step.pieces {
            self.returned[*line] += pieces;
        }
        let mut body = json!({ "returned_at": till.server.clock.now() });
        // All that is left needs no list.
        if (0..self.bought.len()).any(|line| self.left(line) > 0) {
            let line = |(line, pieces): &(usize, i64)| json!({ "line": line.to_string(), "quantity": pieces });
            body["lines"] = step.pieces.iter().map(line).collect();
        }
        (format!("{order}/returns/r{n}"), body)
    }

    fn left(&self, line: usize) -> i64 {
        self.bought[line].0 - self.edited[line] - self.returned[line]
    }

    /// The order as the shop tells it now: an edit leaves what was paid for the other pieces.
    fn state(&mut self, customer: &str) -> Value {
        self.version += 1;
        let is_gone = (0..self.bought.len()).all(|line| self.edited[line] == self.bought[line].0);
        let line = |(place, (pieces, paid)): (usize, &(i64, i64))| {
            let left = if is_gone { *pieces } else { pieces - self.edited[place] };
            (left > 0).then(|| {
                json!({ "id": place.to_string(), "product": format!("p{place}"), "quantity": left,
                    "paid": of_first_units(*paid, *pieces, left) })
            })
        };
        let mut state = order(customer, &[]);
        state["version"] = json!(self.version);
        state["state"] = json!(if is_gone { "cancelled" } else { "paid" });
        state["lines"] = self.bought.iter().enumerate().filter_map(line).collect();
        state
    }
}

/// In the order in which they were earned.
const LOTS: &str = "SELECT account.unit || ' ' || lot.opened || ' ' || lot.remaining || ' ' || \
     lot.active_from || ' ' || COALESCE(lot.expires_at, 0) || ' ' || COALESCE(lot.notice_at, 0) \
     FROM lot JOIN account ON account.id = lot.account_id WHERE account.member_id = $1 \
     ORDER BY lot.id";
const OWED: &str = "SELECT account.unit || ' ' || debt.points FROM debt \
     JOIN account ON account.id = debt.account_id WHERE account.member_id = $1 AND debt.points > 0 \
     ORDER BY account.id";
const USES: &str = "SELECT promotion_id || ' ' || used FROM promotion_member_use \
     WHERE member_id = $1 ORDER BY promotion_id";
const CODES: &str = "SELECT promotion_id || CASE WHEN taken_back_at IS NULL THEN ' counts' \
     ELSE ' taken back' END FROM code WHERE member_id = $1 ORDER BY order_id";
/// What all members share.
const COUNTERS: &str = "SELECT promotion_id, CAST(used AS BIGINT) FROM promotion_use \
     UNION ALL SELECT promotion_id || ' ' || currency, spent_minor FROM promotion_spent";
/// What an order moved of the member's and of the card's.
const MOVED: &str = "SELECT unit, kind, CAST(SUM(points) AS BIGINT) FROM transfer \
     WHERE order_id = $1 GROUP BY unit, kind";

async fn rows(server: &Server, sql: &'static str, of: &str) -> Vec<String> {
    let id: habitue_domain::id::MemberId = of.parse().unwrap();
    let read = async move |tx: &mut Tx<'_>| -> Result<Vec<String>, Error> {
        let rows = tx.rows(sql, habitue_store::values![id]).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    };
    server.app.store.read(read).await.unwrap()
}

async fn counters(server: &Server) -> BTreeMap<String, i64> {
    let read = async |tx: &mut Tx<'_>| -> Result<BTreeMap<String, i64>, Error> {
        let rows = tx.rows(COUNTERS, &[]).await?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
    };
    server.app.store.read(read).await.unwrap()
}

async fn moved(server: &Server, order: &str) -> BTreeMap<(String, String), i64> {
    let order = order.to_owned();
    let read = async move |tx: &mut Tx<'_>| -> Result<BTreeMap<(String, String), i64>, Error> {
        let rows = tx.rows(MOVED, habitue_store::values![order.as_str()]).await?;
        let row = |row: &habitue_store::Row| {
            Ok(((row.text(0)?.to_owned(), row.text(1)?.to_owned()), row.int(2)?))
        };
        rows.iter().map(row).collect()
    };
    server.app.store.read(read).await.unwrap()
}
