//! The ladder: every tier with what it brings, where the member stands, and what is missing.

use crate::card;
use crate::i18n::texts;
use crate::state::{Scene, Store, now};
use crate::ui::el::{El, el, nothing};
use crate::ui::{icon, status};
use habitue_api::me::Member;
use habitue_domain::points::Points;
use habitue_domain::tier::{Metric, Privilege, Tier, TierWindow};

/// What the progress bar leads to.
pub fn label(next: &str) -> String {
    [&texts().tab_tier(), " ", next].concat()
}

/// So much of what counts: points, orders, or money.
pub fn amount(scene: &Scene, counted: Points) -> String {
    let texts = texts();
    if let Some(currency) = scene.program.tier_currency {
        return texts.short_money(currency.clamped(counted.get()));
    }
    let number = texts.quantity(counted);
    let unit = if scene.program.tier_metric == Metric::Ordered {
        texts.orders(&number)
    } else {
        texts.unit(&number)
    };
    [&number.text, "\u{a0}", &unit].concat()
}

/// The same where there is little room: points are a mere number.
pub fn short(scene: &Scene, counted: Points) -> String {
    match scene.program.tier_metric {
        Metric::Earned => texts().quantity(counted).text,
        Metric::Spent | Metric::Ordered => amount(scene, counted),
    }
}

/// So much in the time that counts, or in `past` of it.
pub fn within(scene: &Scene, counted: Points, past: bool) -> String {
    let texts = texts();
    let amount = amount(scene, counted);
    match scene.program.tier_window {
        TierWindow::Rolling => {
            let months = texts.months(&texts.number(scene.program.tier_months));
            if past { texts.window(&amount, &months) } else { texts.threshold(&amount, &months) }
        }
        TierWindow::CalendarYear => texts.threshold(&amount, &texts.a_year()),
        TierWindow::Lifetime => amount,
    }
}

/// How the tier is kept, where there is something to say. Whoever reads a warning here was told.
pub fn keeping(store: Store, scene: &Scene, member: &Member) -> Option<El> {
    let texts = texts();
    let keeping = member.keeping.as_ref()?;
    if let Some(warning) = &keeping.warning {
        if !warning.told {
            store.tell();
        }
        let day = texts.last_day(warning.until, now());
        let tier = scene.tier(&member.tier).map(|tier| scene.say(&tier.name)).unwrap_or_default();
        let missing = amount(scene, warning.missing);
        return Some(status::note(icon::CLOCK, texts.stay(&missing, &day, &tier)));
    }
    let until = texts.last_day(keeping.floor_until?, now());
    Some(status::note(icon::CHECK, texts.by_hand(&until)))
}

/// The ladder, the member's step marked.
pub fn screen(store: Store, scene: &Scene) -> El {
    let Some(member) = scene.member() else {
        return nothing();
    };
    let texts = texts();
    let next = member.progress.next.as_deref().and_then(|id| scene.tier(id));
    let way = match next {
        Some(next) => {
            let missing = amount(scene, member.progress.missing);
            let way = texts.missing_for(&missing, &scene.say(&next.name));
            match member.progress.until {
                Some(until) => [way, texts.until(&texts.last_day(until, now()))].join(" · "),
                None => way,
            }
        }
        None => texts.top_tier(),
    };
    el("div", "stack")
        .child(ladder(store, scene, Some(&member.tier)))
        .child(status::note(icon::STAR, way))
        .maybe(keeping(store, scene, member))
        .child(card::button(store))
}

/// Every step; `at` is the member's.
pub fn ladder(store: Store, scene: &Scene, at: Option<&str>) -> El {
    let tiers = &scene.program.tiers;
    let place = at.and_then(|id| tiers.iter().position(|tier| tier.id == id));
    let step = |(number, tier): (usize, &Tier)| step(store, scene, number, tier, place);
    el("ol", "ladder").children(tiers.iter().enumerate().map(step))
}

fn step(store: Store, scene: &Scene, number: usize, tier: &Tier, place: Option<usize>) -> El {
    let texts = texts();
    let is_here = place == Some(number);
    let is_below = place.is_some_and(|place| number < place);
    let class = match (is_here, is_below) {
        (true, _) => "step here",
        (_, true) => "step below",
        _ => "step",
    };
    let dot = el("span", "dot").set("aria-hidden", "true");
    let dot = if is_below {
        dot.child(icon::icon(icon::CHECK))
    } else {
        dot.text(&number.saturating_add(1).to_string())
    };
    let name = el("p", "row")
        .child(el("strong", "strong").text(&scene.say(&tier.name)))
        .maybe(is_here.then(|| el("span", "chip").text(&texts.here())))
        .maybe(is_below.then(|| el("span", "unseen").text(&texts.reached())));
    let threshold = (!is_here && !is_below && tier.threshold.is_positive())
        .then(|| status::sub(within(scene, tier.threshold, false)));
    let rate = earn_rate(store, scene, tier).map(|text| privilege(icon::CHECK, text, None));
    let more = tier.privileges.iter().map(|it| {
        let Privilege { kind, text, link } = it;
        privilege(icon::of_privilege(*kind), scene.say(text), link.clone())
    });
    let about = el("div", "about")
        .child(name)
        .maybe(threshold)
        .child(el("ul", "privileges").children(more.chain(rate)));
    let step = el("li", class).child(dot).child(about);
    if is_here { step.set("aria-current", "step") } else { step }
}

/// One thing a member gets.
pub fn privilege(path: &'static str, text: String, link: Option<String>) -> El {
    let content = match link {
        Some(address) => link_to(address, text),
        None => el("span", "").text(&text),
    };
    el("li", "privilege").child(icon::icon(path)).child(content)
}

/// A link that leaves the shop's page open.
#[expect(clippy::needless_pass_by_value, reason = "callers have made it for this")]
pub fn link_to(address: String, text: String) -> El {
    el("a", "link").set("href", &address).set("target", "_blank").set("rel", "noopener").text(&text)
}

/// `1.5 points for every $1`: the public rate is that of the first tier.
pub fn earn_rate(store: Store, scene: &Scene, tier: &Tier) -> Option<String> {
    let currency = store.currency(scene)?;
    let row = scene.program.rates.iter().find(|row| row.currency == currency)?;
    let first = scene.program.tiers.first()?.multiplier;
    let unit = 10_i64.checked_pow(currency.exponent())?;
    let (num, den) = points_per(unit, row.num, row.den)?;
    let num = num.checked_mul(i64::from(tier.multiplier.num()))?;
    let num = num.checked_mul(i64::from(first.den()))?;
    let den = den.checked_mul(i64::from(tier.multiplier.den()))?;
    let den = den.checked_mul(i64::from(first.num()))?;
    let texts = texts();
    // Fewer than one point for a dollar reads better as one point for so many dollars.
    let (num, den, unit) = if num > 0 && num < den && den % num == 0 {
        (1, 1, unit.checked_mul(den.checked_div(num)?)?)
    } else {
        (num, den, unit)
    };
    let amount = texts.short_money(currency.amount(unit)?);
    Some(texts.earn_rate(&texts.factor(num, den), &amount))
}

fn points_per(unit: i64, num: u64, den: u64) -> Option<(i64, i64)> {
    let num = i64::try_from(num).ok()?.checked_mul(unit)?;
    Some((num, i64::try_from(den).ok()?))
}
