//! From [`PromotionDocument`] to [`Promotion`].

use super::{Mistakes, amounts, check_id};
use crate::calendar::{Calendar, Weekly};
use crate::cart::MAX_NAME;
use crate::coupon::CouponCode;
use crate::earn::Days;
use crate::money::Money;
use crate::program::{ActionDocument, HoursDocument, PromotionDocument, ScopeDocument};
use crate::promotion::{
    Action, Bundle, BuyGet, Codes, FreeProduct, Issued, IssuedByOrder, Promotion, Scope, Share,
    in_currency,
};
use crate::rate::Rate;
use crate::time::{Date, Timestamp};
use std::collections::BTreeSet;

/// The most of anything counted one by one.
const MANY: i64 = 1_000_000_000;
/// The most pieces of a set.
const MOST_PIECES: i64 = 1_000;
/// The most days for which a code is valid: ten years.
const MOST_DAYS: i64 = 3_660;
/// The most entries of a list.
const MOST_ENTRIES: usize = 100;

/// Compiles all of them, those whose codes are issued apart: ids and codes are unique.
pub(crate) fn all(
    documents: &[PromotionDocument],
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> (Vec<Promotion>, Vec<Issued>) {
    mistakes.check(documents.len() <= 500, "promotions", "at most 500");
    let (mut ids, mut codes) = (BTreeSet::new(), BTreeSet::new());
    let (mut compiled, mut apart) = (Vec::new(), Vec::new());
    for (place, document) in documents.iter().enumerate() {
        let path = format!("promotions[{place}]");
        check_id(&document.id, &path, mistakes);
        let id = format!("{path}.id");
        mistakes.check(ids.insert(document.id.as_str()), &id, "another promotion has this id");
        if let Some(code) = &document.code {
            let path = format!("{path}.code");
            if let Some(code) = mistakes.keep(&path, code.parse::<CouponCode>()) {
                mistakes.check(codes.insert(code), &path, "another promotion has this code");
            }
        }
        let promotion = compile(document, &path, calendar, mistakes);
        let by_order = issued_by_order(document, &path, mistakes);
        if document.codes == Some(Codes::Issued) {
            apart.push(Issued { promotion, by_order });
        } else {
            compiled.push(promotion);
        }
    }
    (compiled, apart)
}

/// The orders that issue a code of it, which must be one whose codes are issued.
fn issued_by_order(
    document: &PromotionDocument,
    path: &str,
    mistakes: &mut Mistakes,
) -> Option<IssuedByOrder> {
    let at = |field: &str| format!("{path}.{field}");
    let is_issued = document.codes == Some(Codes::Issued);
    let alone = !is_issued || document.code.is_none();
    mistakes.check(alone, &at("codes"), "must not stand beside a code that everybody shares");
    let by_order = document.issued_by_order.as_ref()?;
    mistakes.check(is_issued, &at("issued_by_order"), "needs codes = \"issued\" beside it");
    count(Some(by_order.days), MOST_DAYS, &at("issued_by_order.days"), mistakes);
    let minimum = amounts(&by_order.minimum, &at("issued_by_order.minimum"), mistakes);
    Some(IssuedByOrder { minimum, days: by_order.days })
}

fn compile(
    promotion: &PromotionDocument,
    path: &str,
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Promotion {
    let at = |field: &str| format!("{path}.{field}");
    let Days { from, until } = days(promotion.from, promotion.until, path, calendar, mistakes);
    for (field, limit) in [
        ("uses", promotion.uses),
        ("uses_per_member", promotion.uses_per_member),
        ("minimum_quantity", promotion.minimum_quantity),
    ] {
        count(limit, MANY, &at(field), mistakes);
    }
    contains(promotion, &at("contains"), mistakes);
    names(&promotion.segments, &at("segments"), mistakes);
    names(&promotion.channels, &at("channels"), mistakes);
    Promotion {
        id: promotion.id.clone(),
        name: promotion.name.clone(),
        code: promotion.code.clone(),
        listed: promotion.listed.unwrap_or(true),
        actions: actions(&promotion.actions, &at("actions"), mistakes),
        scope: scope(&promotion.scope, &at("scope"), mistakes),
        minimum: amounts(&promotion.minimum, &at("minimum"), mistakes),
        minimum_quantity: promotion.minimum_quantity,
        contains: promotion.contains.clone(),
        tiers: promotion.tiers.clone(),
        segments: promotion.segments.clone(),
        orders: orders(promotion, path, mistakes),
        channels: promotion.channels.clone(),
        members_only: promotion.members_only,
        from,
        until,
        weekly: weekly(&promotion.hours, &at("hours"), mistakes),
        hours: Vec::new(),
        uses: promotion.uses,
        uses_per_member: promotion.uses_per_member,
        budget: amounts(&promotion.budget, &at("budget"), mistakes),
        priority: promotion.priority,
        exclusive: promotion.exclusive,
    }
}

/// From the first day to the end of the last.
pub(crate) fn days(
    first: Option<Date>,
    last: Option<Date>,
    path: &str,
    calendar: &dyn Calendar,
    mistakes: &mut Mistakes,
) -> Days {
    let (first_at, last_at) = (format!("{path}.from"), format!("{path}.until"));
    let from = first.and_then(|day| start_of(day, calendar, &first_at, mistakes));
    let after = last.and_then(|day| day.plus_days(1));
    let until = after.and_then(|day| start_of(day, calendar, &last_at, mistakes));
    if let (Some(from), Some(until)) = (from, until) {
        mistakes.check(from < until, &last_at, "lies before the first day");
    }
    Days { from, until }
}

fn start_of(
    day: Date,
    calendar: &dyn Calendar,
    path: &str,
    mistakes: &mut Mistakes,
) -> Option<Timestamp> {
    let start = calendar.start_of(day);
    mistakes.check(start.is_some(), path, "this day does not exist in the program's time zone");
    start
}

fn count(number: Option<i64>, most: i64, path: &str, mistakes: &mut Mistakes) {
    if number.is_some_and(|number| !(1..=most).contains(&number)) {
        mistakes.add(path, format!("must lie between 1 and {most}"));
    }
}

fn names(list: &[String], path: &str, mistakes: &mut Mistakes) {
    mistakes.check(list.len() <= MOST_ENTRIES, path, "at most 100 entries");
    for (place, name) in list.iter().enumerate() {
        let fits = (1..=MAX_NAME).contains(&name.len());
        mistakes.check(fits, &format!("{path}[{place}]"), "must have 1 to 200 letters");
    }
}

fn contains(promotion: &PromotionDocument, path: &str, mistakes: &mut Mistakes) {
    mistakes.check(promotion.contains.len() <= MOST_ENTRIES, path, "at most 100 entries");
    for (place, part) in promotion.contains.iter().enumerate() {
        let at = format!("{path}[{place}]");
        let says = !part.products.is_empty() || !part.categories.is_empty();
        mistakes.check(says, &at, "needs products or categories");
        names(&part.products, &format!("{at}.products"), mistakes);
        names(&part.categories, &format!("{at}.categories"), mistakes);
        count(Some(part.quantity), MANY, &format!("{at}.quantity"), mistakes);
    }
}

fn orders(promotion: &PromotionDocument, path: &str, mistakes: &mut Mistakes) -> Vec<i64> {
    for (place, number) in promotion.nth_order.iter().enumerate() {
        count(Some(*number), MANY, &format!("{path}.nth_order[{place}]"), mistakes);
    }
    if promotion.first_order {
        let alone = promotion.nth_order.is_empty();
        mistakes.check(alone, &format!("{path}.first_order"), "write nth_order = [1, …] instead");
        return vec![1];
    }
    promotion.nth_order.clone()
}

pub(crate) fn scope(scope: &ScopeDocument, path: &str, mistakes: &mut Mistakes) -> Scope {
    let price_from = amounts(&scope.price_from, &format!("{path}.price_from"), mistakes);
    let price_to = amounts(&scope.price_to, &format!("{path}.price_to"), mistakes);
    for (place, to) in price_to.iter().enumerate() {
        let from = in_currency(&price_from, to.currency()).unwrap_or_default();
        let at = format!("{path}.price_to[{place}]");
        mistakes.check(from <= to.minor(), &at, "lies below the lowest price");
    }
    Scope {
        products: scope.products.clone(),
        categories: scope.categories.clone(),
        brands: scope.brands.clone(),
        except_products: scope.except_products.clone(),
        except_categories: scope.except_categories.clone(),
        except_brands: scope.except_brands.clone(),
        not_on_sale: scope.not_on_sale,
        price_from,
        price_to,
    }
}

fn weekly(hours: &[HoursDocument], path: &str, mistakes: &mut Mistakes) -> Vec<Weekly> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    mistakes.check(hours.len() <= MOST_ENTRIES, path, "at most 100 entries");
    let mut compiled = Vec::new();
    for (place, hours) in hours.iter().enumerate() {
        let at = |field: &str| format!("{path}[{place}].{field}");
        let mut days: Vec<u8> = if hours.days.is_empty() { (0..7).collect() } else { Vec::new() };
        for (place, day) in hours.days.iter().enumerate() {
            let known = (0..).zip(DAYS).find(|(_, name)| name == day).map(|(number, _)| number);
            let at = format!("{}[{place}]", at("days"));
            mistakes.check(known.is_some(), &at, "not a day such as mon, tue, wed");
            days.extend(known);
        }
        let mut minute = |field: &str, text: &Option<String>, absent: u16| {
            let Some(text) = text else { return absent };
            let read = minute_of(text);
            mistakes.check(read.is_some(), &at(field), "not a time such as 17:00");
            read.unwrap_or_default()
        };
        let from = minute("from", &hours.from, 0);
        let until = minute("until", &hours.until, 24 * 60);
        mistakes.check(from != until, &at("until"), "must differ from the beginning");
        compiled.push(Weekly { days, from, until });
    }
    compiled
}

/// Minutes after midnight of `"17:30"`, up to `"24:00"`.
fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| {
        let fits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| fits)
    };
    let minutes = digits(hour)?.checked_mul(60)?.checked_add(digits(minute)?)?;
    let fits = digits(minute)? < 60 && minutes <= 24 * 60;
    fits.then_some(minutes)
}

fn actions(actions: &[ActionDocument], path: &str, mistakes: &mut Mistakes) -> Vec<Action> {
    mistakes.check(!actions.is_empty(), path, "needs at least one action");
    mistakes.check(actions.len() <= MOST_ENTRIES, path, "at most 100 entries");
    let compile = |(place, action)| compile_action(action, &format!("{path}[{place}]"), mistakes);
    actions.iter().enumerate().map(compile).collect()
}

fn compile_action(action: &ActionDocument, path: &str, mistakes: &mut Mistakes) -> Action {
    let at = |field: &str| format!("{path}.{field}");
    match action {
        ActionDocument::Percent { rate, cap } => Action::Percent(share(rate, cap, path, mistakes)),
        ActionDocument::PercentShipping { rate, cap } => {
            Action::PercentShipping(share(rate, cap, path, mistakes))
        }
        ActionDocument::Fixed { amount } => Action::Fixed(some(amount, &at("amount"), mistakes)),
        ActionDocument::FixedPerUnit { amount } => {
            Action::FixedPerUnit(some(amount, &at("amount"), mistakes))
        }
        ActionDocument::FixedPerLine { amount } => {
            Action::FixedPerLine(some(amount, &at("amount"), mistakes))
        }
        ActionDocument::FixedShipping { amount } => {
            Action::FixedShipping(some(amount, &at("amount"), mistakes))
        }
        ActionDocument::FreeShipping {} => Action::FreeShipping,
        ActionDocument::BuyGet { buy, get, rate, times } => {
            count(Some(*buy), MOST_PIECES, &at("buy"), mistakes);
            count(Some(*get), MOST_PIECES, &at("get"), mistakes);
            count(*times, MANY, &at("times"), mistakes);
            let rate = rate.as_deref().unwrap_or("100%");
            let rate = fraction(rate, &at("rate"), mistakes);
            Action::BuyGet(BuyGet { buy: *buy, get: *get, rate, times: *times })
        }
        ActionDocument::FreeProduct { product, quantity, stock } => {
            let fits = (1..=MAX_NAME).contains(&product.len());
            mistakes.check(fits, &at("product"), "must have 1 to 200 letters");
            count(*quantity, MOST_PIECES, &at("quantity"), mistakes);
            count(*stock, MANY, &at("stock"), mistakes);
            let quantity = quantity.unwrap_or(1);
            Action::FreeProduct(FreeProduct { product: product.clone(), quantity, stock: *stock })
        }
        ActionDocument::Bundle { quantity, products, price, times } => {
            count(*times, MANY, &at("times"), mistakes);
            names(products, &at("products"), mistakes);
            let pieces = i64::try_from(products.len()).unwrap_or(i64::MAX);
            let says = quantity.is_some() != (pieces > 0);
            mistakes.check(says, path, "needs a quantity or products, and not both");
            let size = quantity.unwrap_or(pieces);
            let fits = (2..=MOST_PIECES).contains(&size);
            mistakes.check(fits, &at("quantity"), "a set has 2 to 1000 pieces");
            let price = some(price, &at("price"), mistakes);
            let products = products.clone();
            Action::Bundle(Bundle { quantity: size, products, price, times: *times })
        }
    }
}

fn share(rate: &str, cap: &[String], path: &str, mistakes: &mut Mistakes) -> Share {
    let rate = fraction(rate, &format!("{path}.rate"), mistakes);
    Share { rate, cap: amounts(cap, &format!("{path}.cap"), mistakes) }
}

/// A rate above nothing and at most the whole.
fn fraction(text: &str, path: &str, mistakes: &mut Mistakes) -> Rate {
    let rate = mistakes.keep(path, text.parse::<Rate>()).unwrap_or(Rate::ONE);
    let fits = rate.num() > 0 && rate.num() <= rate.den();
    mistakes.check(fits, path, "must be above 0 % and at most 100 %");
    rate
}

/// Amounts of which there must be one.
fn some(list: &[String], path: &str, mistakes: &mut Mistakes) -> Vec<Money> {
    mistakes.check(!list.is_empty(), path, "needs at least one amount");
    amounts(list, path, mistakes)
}
