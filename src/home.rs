//! Home: one number, what it is worth, one action.

use crate::app::Place;
use crate::consent;
use crate::coupon;
use crate::embed;
use crate::i18n::texts;
use crate::payment;
use crate::state::{Scene, Store, View, now};
use crate::tier;
use crate::ui::button::{Weight, plain};
use crate::ui::el::{El, el, nothing};
use crate::ui::progress::{percent, progress};
use crate::ui::{go, icon, is_true, sleep, status};
use habitue_api::me::Member;
use web_sys::HtmlElement;

/// The first screen of a member.
pub fn screen(store: Store, scene: &Scene, place: Place) -> El {
    let Some(member) = scene.member() else {
        return nothing();
    };
    let texts = texts();
    let ready = coupon::ready(store, scene, place, 2);
    let heading = (!ready.is_empty()).then(|| el("h3", "caption").text(&texts.ready()));
    let debt = member.balance.debt;
    let owed =
        debt.is_positive().then(|| status::note(icon::CLOCK, texts.debt(&texts.quantity(debt))));
    el("div", "stack wide")
        .child(balance(store, scene, member).maybe(payment::owned(store, place)))
        .child(ladder(scene, member))
        .child(action(store, scene, member, place))
        .maybe(owed)
        .maybe(ending(store, member))
        .maybe(tier::keeping(store, scene, member))
        .maybe(heading)
        .children(ready)
        .child(consent::card(store, scene, place))
}

fn balance(store: Store, scene: &Scene, member: &Member) -> El {
    let texts = texts();
    let points = texts.quantity(member.balance.available);
    let worth = store.worth(scene).filter(|worth| worth.minor() > 0);
    let held = member.balance.held;
    let held = held.is_positive().then(|| texts.held(&texts.quantity(held)));
    let worth = worth.map(|worth| texts.worth(&texts.money(worth)));
    let lines = [worth, waiting(member), held].into_iter().flatten().map(status::sub);
    let said = texts.balance_said(&points);
    let unit = texts.unit(&points);
    let digits = el("span", "").text(&points.text);
    let now = member.balance.available.get();
    if let Some(before) = store.counted.get_untracked().filter(|before| *before != now) {
        count(digits.element(), before, now);
    }
    store.counted.set(Some(now));
    let seen = el("span", "")
        .set("aria-hidden", "true")
        .child(digits)
        .child(el("small", "unit").text(&unit));
    let number = el("p", "num").child(seen).child(el("span", "unseen").text(&said));
    el("div", "balance").child(number).children(lines)
}

/// What ends soon. Whoever reads it here has been told.
fn ending(store: Store, member: &Member) -> Option<El> {
    let soon = member.expiring?;
    if !soon.told {
        store.tell();
    }
    let texts = texts();
    let day = texts.day(soon.at, now());
    Some(status::note(icon::CLOCK, texts.expiring(&texts.quantity(soon.points), &day)))
}

/// Counts from one balance to the next in half a second, quickly first, for whoever likes motion.
fn count(at: HtmlElement, from: i64, to: i64) {
    const STEPS: i64 = 16;
    if is_true("(prefers-reduced-motion:reduce)") {
        return;
    }
    go(async move {
        for left in (0..STEPS).rev() {
            let way = to.saturating_sub(from).saturating_mul(left * left);
            let shown = to.saturating_sub(way / (STEPS * STEPS));
            at.set_text_content(Some(&texts().number(shown).text));
            sleep(30).await;
        }
    });
}

/// What is not usable yet, and from when.
pub fn waiting(member: &Member) -> Option<String> {
    let texts = texts();
    let points = texts.quantity(member.balance.pending);
    member.balance.pending.is_positive().then(|| match member.balance.ripens_at {
        Some(at) => texts.pending_from(&points, &texts.day(at, now())),
        None => texts.pending(&points),
    })
}

fn ladder(scene: &Scene, member: &Member) -> El {
    let texts = texts();
    let Some(tier) = scene.tier(&member.tier) else {
        return nothing();
    };
    let name = el("strong", "strong").text(&scene.say(&tier.name));
    let next = member.progress.next.as_deref().and_then(|id| scene.tier(id));
    let Some(next) = next else {
        let top =
            (scene.program.tiers.len() > 1).then(|| el("span", "sub").text(&texts.top_tier()));
        return el("p", "row").child(name).maybe(top);
    };
    let to_next =
        texts.to_next(&tier::short(scene, member.progress.missing), &scene.say(&next.name));
    let share = percent(member.progress.earned.get(), next.threshold.get());
    el("div", "stack tight")
        .child(el("p", "row").child(name).child(el("span", "sub").text(&to_next.clone())))
        .child(progress(share, &tier::label(&scene.say(&next.name)), &to_next))
        .child(status::sub(tier::within(scene, member.progress.earned, true)))
}

/// Whether the member has never earned a point.
pub fn is_new(member: &Member) -> bool {
    let balance = &member.balance;
    let earned = [member.progress.earned, balance.pending, balance.debt, balance.held];
    !earned.iter().any(|points| points.is_positive())
}

/// The one button: it goes to where the points come off the total.
fn action(store: Store, scene: &Scene, member: &Member, place: Place) -> El {
    let texts = texts();
    let balance = &member.balance;
    if !balance.available.is_positive() {
        // Whoever has earned before knows how it goes; what waits is said above.
        return if is_new(member) {
            status::note(icon::STAR, texts.first_points())
        } else {
            nothing()
        };
    }
    if balance.debt.is_positive() {
        return nothing();
    }
    let worth = store.worth(scene).filter(|worth| worth.minor() > 0);
    let label = match worth {
        Some(worth) => texts.use_now(&texts.money(worth)),
        None => texts.use_points(),
    };
    let act = move || {
        store.checkout.ask_most_points(store);
        to_the_cart(store, place);
    };
    plain(Weight::Primary, &label, Box::new(act))
}

/// To where it comes off the total: in the page if the page has the place, else here.
pub fn to_the_cart(store: Store, place: Place) {
    if embed::show_redeem_element() {
        store.close();
    } else {
        place.view.set(View::Redeem);
    }
}
