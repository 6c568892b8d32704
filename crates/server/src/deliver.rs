//! What stands in the outbox goes out: outside any transaction, by one server at a time.
//!
//! A message is taken by a conditional UPDATE that moves it beyond a lease, sent, and ended by another.
//! A server that dies in between leaves it to the next one after the lease: nothing is lost, and
//! what may then come twice carries the same id.

mod brevo;
pub mod mail;
mod web;

use crate::app::App;
use crate::error::Error;
use crate::expiry;
use crate::mail::Mailer;
use crate::programs::Programs;
use crate::tier;
use crate::web::Web;
use habitue_domain::id::{EndpointId, MemberId};
use habitue_domain::time::Timestamp;
use habitue_store::outbox::{self, Channel, Message};
use habitue_store::{Tx, contact, endpoint, job, shop};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// For how long a message, and the work on all of them, is one server's.
const LEASE_SECONDS: i64 = 300;
/// How many are on their way at once.
const AT_ONCE: i64 = 8;
/// How often a server looks for what is due.
const TICK: Duration = Duration::from_secs(1);
/// How long nothing is tried after nobody could be reached, in seconds.
const DOWN_SECONDS: i64 = 30;
/// How long a message is tried at all, in days.
const DAYS: i64 = 7;
/// How long to wait after each try, in seconds (Standard Webhooks' example); a fifth of jitter is
/// added, so that what failed together does not come back together.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is there.
    Sent,
    /// Nobody is to get it any more.
    Dropped(&'static str),
    /// It will never be taken; whether the address is to blame.
    Dead(String, bool),
    /// Not now; perhaps in so many seconds.
    Later(String, Option<i64>),
    /// Nobody could be asked: that was no try.
    Down(String),
    /// Whoever was to be told wants to hear nothing any more.
    Gone,
}

/// Everything it takes to send.
#[derive(Clone)]
pub struct Post {
    /// The database, the programs and the keys.
    pub app: App,
    /// How mail goes out; without it, mails wait.
    pub mailer: Option<Arc<Mailer>>,
    /// How everything else goes out.
    pub web: Web,
}

/// Sends what is due, until dropped.
pub async fn run_all(post: Post) {
    let holder = uuid::Uuid::now_v7().simple().to_string();
    tokio::join!(watch(&post, Channel::Mail, &holder), watch(&post, Channel::Web, &holder),);
}

async fn watch(post: &Post, channel: Channel, holder: &str) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = run(post, channel, holder).await {
            tracing::warn!(job = channel.word(), error = ?error, "sending will be tried again");
        }
    }
}

/// Sends all that is due by one way, unless another server is at it; says how many were ended.
///
/// # Errors
/// Faults of the database; what was sent until then is known to be.
pub async fn run(post: &Post, channel: Channel, holder: &str) -> Result<usize, Error> {
    if channel == Channel::Mail && post.mailer.is_none() {
        return Ok(0);
    }
    if !is_due(post, channel).await? || !take_job(post, channel, holder).await? {
        return Ok(0);
    }
    let mut ended = 0_usize;
    let (mut wait, mut said) = (0, String::new());
    loop {
        if channel == Channel::Mail {
            mail::expand(post).await?;
        }
        let batch = take(post, channel, holder).await?;
        if batch.is_empty() {
            break;
        }
        for (message, verdict) in send(post, channel, batch).await {
            if let Verdict::Down(why) = &verdict {
                (wait, said) = (DOWN_SECONDS, format!(", then {why}"));
            }
            ended = ended.saturating_add(settle(post, message, verdict).await?);
        }
        if wait > 0 {
            break;
        }
    }
    let outcome = format!("done {ended}{said}");
    let (holder, now) = (holder.to_owned(), post.app.clock.now());
    let end = async move |tx: &mut Tx<'_>| {
        job::done(tx, channel.word(), &holder, now.plus_seconds(wait), now, &outcome).await
    };
    post.app.store.write(end).await?;
    Ok(ended)
}

/// A read, since most of the time there is nothing.
async fn is_due(post: &Post, channel: Channel) -> Result<bool, Error> {
    let now = post.app.clock.now();
    let look = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
        let unqueued =
            channel == Channel::Mail && habitue_store::newsletter::unqueued(tx).await?.is_some();
        Ok(unqueued || !outbox::due(tx, channel, now, 1).await?.is_empty())
    };
    post.app.store.read(look).await
}

async fn take_job(post: &Post, channel: Channel, holder: &str) -> Result<bool, Error> {
    let (holder, now) = (holder.to_owned(), post.app.clock.now());
    let take = async move |tx: &mut Tx<'_>| -> Result<bool, Error> {
        let lease = (now, now.plus_seconds(LEASE_SECONDS));
        job::ensure(tx, channel.word(), now).await?;
        Ok(job::take(tx, channel.word(), &holder, lease, now).await?)
    };
    post.app.store.write(take).await
}

/// Takes the next messages, while the job is still ours.
async fn take(post: &Post, channel: Channel, holder: &str) -> Result<Vec<Message>, Error> {
    let (holder, now) = (holder.to_owned(), post.app.clock.now());
    let until = now.plus_seconds(LEASE_SECONDS);
    let take = async move |tx: &mut Tx<'_>| -> Result<Vec<Message>, Error> {
        let mut taken = Vec::new();
        if !job::keep(tx, channel.word(), &holder, until).await? {
            return Ok(taken);
        }
        for message in outbox::due(tx, channel, now, AT_ONCE).await? {
            if outbox::take(tx, &message, until).await? {
                taken.push(message);
            }
        }
        Ok(taken)
    };
    post.app.store.write(take).await
}

async fn send(post: &Post, channel: Channel, batch: Vec<Message>) -> Vec<(Message, Verdict)> {
    let mut under_way = JoinSet::new();
    for message in batch {
        let post = post.clone();
        under_way.spawn(async move {
            let sent = match channel {
                Channel::Mail => mail::send(&post, &message).await,
                Channel::Web => web::send(&post, &message).await,
            };
            // A fault of ours is no try of theirs.
            (message, sent.unwrap_or_else(|_| Verdict::Down("a fault of the database".to_owned())))
        });
    }
    under_way.join_all().await
}

/// Writes down how a try ended, again and again while the database cannot: what was sent must not be
/// sent twice because a disk was full for a minute.
async fn settle(post: &Post, message: Message, verdict: Verdict) -> Result<usize, Error> {
    let mut tries = 0;
    loop {
        let (message, verdict, now) = (message.clone(), verdict.clone(), post.app.clock.now());
        let programs = post.app.programs.clone();
        let write =
            async move |tx: &mut Tx<'_>| end(tx, &programs, (&message, &verdict), now).await;
        match post.app.store.write(write).await {
            Ok(ended) => return Ok(usize::from(ended)),
            Err(error) if tries >= 120 || post.app.store.is_broken() => return Err(error),
            Err(_) => {}
        }
        tries += 1;
        tokio::time::sleep(TICK).await;
    }
}

async fn end(
    tx: &mut Tx<'_>,
    programs: &Programs,
    (message, verdict): (&Message, &Verdict),
    now: Timestamp,
) -> Result<bool, Error> {
    let counted = |outcome: &'static str| {
        metrics::counter!("habitue_messages_total", "about" => message.about.clone(),
            "outcome" => outcome)
        .increment(1);
    };
    let id = message.id;
    match verdict {
        Verdict::Sent => {
            outbox::done(tx, id, now, ("sent", "")).await?;
            if let Some(member) = expiry::member_told_by(message) {
                told(tx, programs, (message, member), now).await?;
            }
        }
        Verdict::Dropped(why) => outbox::done(tx, id, now, ("dropped", why)).await?,
        Verdict::Dead(why, address) => {
            outbox::done(tx, id, now, ("dead", why)).await?;
            if *address {
                contact::suppress(tx, message.contact, "refused", now).await?;
            }
        }
        Verdict::Gone => {
            outbox::done(tx, id, now, ("dead", "HTTP 410")).await?;
            if let Ok(endpoint) = message.endpoint.parse::<EndpointId>() {
                endpoint::disable(tx, endpoint, now, "it answered 410 Gone").await?;
            }
        }
        Verdict::Down(why) if is_young(message, now) => {
            let later = now.plus_seconds(DOWN_SECONDS);
            outbox::again(tx, id, later, why, true).await?;
            return Ok(false);
        }
        Verdict::Later(why, asked) if is_young(message, now) => {
            if let Some(wait) = wait(message.attempts, *asked) {
                outbox::again(tx, id, now.plus_seconds(wait), why, false).await?;
                return Ok(false);
            }
            outbox::done(tx, id, now, ("dead", why)).await?;
        }
        Verdict::Down(why) | Verdict::Later(why, _) => {
            outbox::done(tx, id, now, ("dead", why)).await?;
        }
    }
    counted(match verdict {
        Verdict::Sent => "sent",
        Verdict::Dropped(_) => "dropped",
        _ => "dead",
    });
    Ok(true)
}

/// Notes what a mail that has gone out told its member.
async fn told(
    tx: &mut Tx<'_>,
    programs: &Programs,
    (message, member): (&Message, MemberId),
    now: Timestamp,
) -> Result<(), Error> {
    if message.about == expiry::ABOUT {
        return expiry::tell(tx, member, "mail", now).await;
    }
    let Some(program) = shop::program_of(tx, message.shop).await? else { return Ok(()) };
    let compiled = programs.current(tx, program).await?;
    tier::tell(tx, &compiled, member, ("mail", now)).await
}

fn is_young(message: &Message, now: Timestamp) -> bool {
    now < message.made_at.plus_days(DAYS)
}

/// In how many seconds to try again after so many tries before this one; `None` after the last.
/// Whoever asks for more time gets it, up to a day.
fn wait(tries: i64, asked: Option<i64>) -> Option<i64> {
    let base = *WAITS.get(usize::try_from(tries).ok()?)?;
    let jitter = rand::random_range(0..=base / 5);
    let asked = asked.unwrap_or_default().clamp(0, 86_400);
    Some(base.max(asked).saturating_add(jitter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_some_jitter_and_end() {
        for (tries, base) in (0..).zip(WAITS) {
            let waits: Vec<i64> = (0..50).filter_map(|_| wait(tries, None)).collect();
            assert!(waits.iter().all(|wait| (base..=base + base / 5).contains(wait)), "{waits:?}");
        }
        assert_eq!(wait(9, None), None);
        assert!(wait(1, Some(4_000)).unwrap() >= 4_000);
        assert!(wait(1, Some(i64::MAX)).unwrap() <= 86_400 + 60);
    }
}
