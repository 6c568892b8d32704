//! From [`ProgramDocument`] to [`Program`]: every mistake with its path and its reason.

mod action;
mod consent;
mod credit;
mod earn;
mod reward;
mod tier;

use crate::action::{ActionKind, EarningActionDocument};
use crate::calendar::Calendar;
use crate::money::{Currency, Money};
use crate::points::Points;
use crate::program::{EarnRate, FORMAT, Program, ProgramDocument, RateDocument, RedeemRate};
use crate::promotion::{Issued, Promotion};
use crate::rate::Rate;
use crate::text::Text;
use core::fmt;
use std::collections::BTreeSet;

pub(crate) mod promotion;

/// One mistake in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `promotions[2].actions[0].rate`.
    pub path: String,
    /// What is wrong, as a sentence without a full stop.
    pub reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: {}", self.path, self.reason)
    }
}

/// Collects mistakes, so that a merchant sees all of them at once.
#[derive(Default)]
pub(crate) struct Mistakes(pub(crate) Vec<Mistake>);

impl Mistakes {
    fn add(&mut self, path: &str, reason: impl Into<String>) {
        self.0.push(Mistake { path: path.to_owned(), reason: reason.into() });
    }

    pub(crate) fn check(&mut self, right: bool, path: &str, reason: &str) {
        if !right {
            self.add(path, reason);
        }
    }

    /// The value, or its mistake noted under `path`.
    fn keep<T, E: fmt::Display>(&mut self, path: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|reason| self.add(path, reason.to_string())).ok()
    }
}

impl ProgramDocument {
    /// What is allowed and yet better thought about twice, in the document's order.
    pub fn warnings(&self) -> Vec<Mistake> {
        let of = |(place, action): (usize, &EarningActionDocument)| Mistake {
            path: format!("points.actions[{place}].kind"),
            reason: format!(
                "{} points for a consent is contested in law: consent must be given freely; ask a lawyer",
                action.points
            ),
        };
        let actions = self.points.actions.iter().enumerate();
        actions.filter(|(_, action)| action.kind == ActionKind::Newsletter).map(of).collect()
    }

    /// Turns the document into what the rules read; `calendar` is the one of its `time_zone`.
    ///
    /// # Errors
    /// All mistakes, in the document's order.
    pub fn compile(&self, version: i64, calendar: &dyn Calendar) -> Result<Program, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let program = compile(self, version, calendar, &mut mistakes);
        if mistakes.0.is_empty() { Ok(program) } else { Err(mistakes.0) }
    }
}

fn compile(
    document: &ProgramDocument,
    version: i64,
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Program {
    mistakes.check(document.format == FORMAT, "format", "this version reads format 1");
    check_text(&document.name, "name", &document.locale, mistakes);
    let terms = &document.terms;
    mistakes.check(!terms.version.is_empty(), "terms.version", "must not be empty");
    check_link(&terms.url, "terms.url", mistakes);
    let points = &document.points;
    let pending_days = points.pending_days.unwrap_or(14);
    let in_range = (0..=366).contains(&pending_days);
    mistakes.check(in_range, "points.pending_days", "must lie between 0 and 366");
    let adjust_limit = points.adjust_limit.unwrap_or(10_000);
    let in_range = (1..=1_000_000_000).contains(&adjust_limit);
    mistakes.check(in_range, "points.adjust_limit", "must lie between 1 and 1000000000");
    let codes = document.codes_per_cart.unwrap_or(1);
    mistakes.check((0..=20).contains(&codes), "codes_per_cart", "must lie between 0 and 20");
    let (tiers, tier_rule) = tier::ladder(document, mistakes);
    let (promotions, issued) = promotions(document, calendar, mistakes);
    consent::check(document, mistakes);
    let credit = document.credit.as_ref().map(|document| credit::compile(document, mistakes));
    Program {
        version,
        name: document.name.clone(),
        time_zone: document.time_zone.clone(),
        locale: document.locale.clone(),
        terms: terms.clone(),
        pending_days,
        tier_rule,
        adjust_limit: Points::clamped(adjust_limit),
        earning: earn::earning(points, &tiers, calendar, mistakes),
        expiry: earn::expiry(points.expiry, pending_days, mistakes),
        earn: rates(&points.earn, "points.earn", mistakes)
            .into_iter()
            .filter_map(|(points, per)| earn_rate(points, per))
            .collect(),
        redeem: rates(&points.redeem, "points.redeem", mistakes)
            .into_iter()
            .filter_map(|(points, per)| redeem_rate(points, per))
            .collect(),
        actions: action::all(document, pending_days, mistakes),
        tiers,
        promotions,
        issued,
        codes_per_cart: usize::try_from(codes).unwrap_or_default(),
        consent: document.consent.clone(),
        credit,
        rewards: reward::all(document, calendar, mistakes),
    }
}

fn earn_rate(points: i64, per: Money) -> Option<EarnRate> {
    let points_per_minor = ratio(points, per.minor())?;
    Some(EarnRate { currency: per.currency(), points_per_minor })
}

pub(crate) fn redeem_rate(points: i64, per: Money) -> Option<RedeemRate> {
    let minor_per_point = ratio(per.minor(), points)?;
    Some(RedeemRate { currency: per.currency(), minor_per_point })
}

fn ratio(num: i64, den: i64) -> Option<Rate> {
    Rate::new(u32::try_from(num).ok()?, u32::try_from(den).ok()?)
}

/// Points and amounts, both from 1 to 10⁹, one entry a currency.
pub(crate) fn rates(
    list: &[RateDocument],
    path: &str,
    mistakes: &mut Mistakes,
) -> Vec<(i64, Money)> {
    const MOST: i64 = 1_000_000_000;
    let mut seen = BTreeSet::new();
    let mut rates = Vec::new();
    mistakes.check(!list.is_empty(), path, "needs at least one entry");
    for (place, entry) in list.iter().enumerate() {
        let (points, per) = (format!("{path}[{place}].points"), format!("{path}[{place}].per"));
        let fits = (1..=MOST).contains(&entry.points);
        mistakes.check(fits, &points, "must lie between 1 and 1000000000");
        let Some(money) = mistakes.keep(&per, entry.per.parse::<Money>()) else {
            continue;
        };
        let fits = (1..=MOST).contains(&money.minor());
        mistakes.check(fits, &per, "must be above zero and at most 10^9 minor units");
        mistakes.check(seen.insert(money.currency()), &per, "this currency has an entry already");
        rates.push((entry.points, money));
    }
    rates
}

fn promotions(
    document: &ProgramDocument,
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> (Vec<Promotion>, Vec<Issued>) {
    for (place, promotion) in document.promotions.iter().enumerate() {
        let path = format!("promotions[{place}]");
        for (at, tier) in promotion.tiers.iter().enumerate() {
            let known = document.tiers.iter().any(|known| known.id == *tier);
            mistakes.check(known, &format!("{path}.tiers[{at}]"), "no tier has this id");
        }
        check_text(&promotion.name, &format!("{path}.name"), &document.locale, mistakes);
    }
    promotion::all(&document.promotions, calendar, mistakes)
}

/// Amounts above zero, one a currency.
fn amounts(list: &[String], path: &str, mistakes: &mut Mistakes) -> Vec<Money> {
    let mut seen: BTreeSet<Currency> = BTreeSet::new();
    let mut amounts = Vec::new();
    for (place, text) in list.iter().enumerate() {
        let path = format!("{path}[{place}]");
        let Some(money) = mistakes.keep(&path, text.parse::<Money>()) else {
            continue;
        };
        mistakes.check(money.minor() > 0, &path, "must be above zero");
        mistakes.check(seen.insert(money.currency()), &path, "this currency is named already");
        amounts.push(money);
    }
    amounts
}

fn check_id(id: &str, path: &str, mistakes: &mut Mistakes) {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let fits = (1..=40).contains(&id.len()) && id.bytes().all(allowed);
    let reason = "must be 1 to 40 small letters, digits or underscores";
    mistakes.check(fits, &format!("{path}.id"), reason);
}

fn check_text(text: &Text, path: &str, locale: &str, mistakes: &mut Mistakes) {
    let has = text.0.get(locale).is_some_and(|text| !text.trim().is_empty());
    if !has {
        mistakes.add(path, format!("needs a text in the program's language ({locale})"));
    }
    let short = text.0.values().all(|text| text.chars().count() <= 200);
    mistakes.check(short, path, "at most 200 characters");
}

fn check_link(link: &str, path: &str, mistakes: &mut Mistakes) {
    let safe = link.starts_with("https://") && !link.chars().any(char::is_whitespace);
    mistakes.check(safe, path, "must be an address that begins with https://");
}
