//! A bar on the way to something, with its value in words.

use super::el::{El, el};

/// How many hundredths of `whole` are `part`; a full bar only where nothing is missing.
pub fn percent(part: i64, whole: i64) -> i64 {
    if part >= whole {
        return 100;
    }
    part.max(0).saturating_mul(100).checked_div(whole).unwrap_or_default().min(99)
}

/// The bar; `label` says towards what, `value` how far.
pub fn progress(percent: i64, label: &str, value: &str) -> El {
    let now = percent.to_string();
    let width = [&now, "%"].concat();
    el("div", "bar")
        .set("part", "progress")
        .set("role", "progressbar")
        .set("aria-label", label)
        .set("aria-valuemin", "0")
        .set("aria-valuemax", "100")
        .set("aria-valuenow", &now)
        .set("aria-valuetext", value)
        .child(el("div", "fill").style("width", move || width.clone()))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_bar_is_full_only_when_nothing_is_missing() {
        assert_eq!(percent(0, 1000), 0);
        assert_eq!(percent(999_999, 1_000_000), 99);
        assert_eq!(percent(1000, 1000), 100);
        assert_eq!(percent(5, 0), 100);
        assert_eq!(percent(-5, 10), 0);
    }
}
