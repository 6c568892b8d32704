//! Spreading an amount exactly: the largest remainder (rules §2.5).

use std::collections::BinaryHeap;

/// Spreads `amount` over `weights` in proportion; the parts sum to `amount` exactly.
///
/// Each part is rounded down, then the units left over go one by one to the largest remainders,
/// ties to the earlier. With weights that sum to zero, or a negative one, everything goes to the
/// first (nothing where there is none). `amount` and weights: minor units, points or pieces.
pub fn largest_remainder(amount: i64, weights: &[i64]) -> Vec<i64> {
    let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if total <= 0 || weights.iter().any(|weight| *weight < 0) {
        let first = |place: usize| if place == 0 { amount } else { 0 };
        return (0..weights.len()).map(first).collect();
    }
    let product = |weight: &i64| i128::from(amount).saturating_mul(i128::from(*weight));
    let mut parts: Vec<i64> = weights
        .iter()
        .map(|weight| product(weight).div_euclid(total))
        .map(|part| i64::try_from(part).unwrap_or_default())
        .collect();
    // The largest remainder first; it is below the total, which is a cart's.
    let key = |weight: &i64| i64::try_from(product(weight).rem_euclid(total)).unwrap_or(i64::MAX);
    let order = order_of(weights.iter().map(|weight| key(weight).saturating_neg()));
    let given: i64 = parts.iter().fold(0, |sum, part| sum.saturating_add(*part));
    let left = usize::try_from(amount.saturating_sub(given)).unwrap_or_default();
    for place in order.iter().take(left) {
        if let Some(part) = parts.get_mut(*place) {
            *part = part.saturating_add(1);
        }
    }
    parts
}

/// The places of `keys` in rising order, ties to the earlier.
///
/// The rules sort nowhere else, and by a heap: each kind of key, and a faster sort, would bring
/// code of its own into the browser.
pub fn order_of(keys: impl Iterator<Item = i64>) -> Vec<usize> {
    sorted(keys.zip(0..).collect()).into_iter().map(|(_, place)| place).collect()
}

#[inline(never)]
fn sorted(keys: Vec<(i64, usize)>) -> Vec<(i64, usize)> {
    BinaryHeap::from(keys).into_sorted_vec()
}

/// What the first `kept` of `count` equal units carry of `amount`, spread by largest remainder.
///
/// The end of any series of returns depends on `kept` alone (rules §6.3).
pub fn of_first_units(amount: i64, count: i64, kept: i64) -> i64 {
    if count <= 0 || kept <= 0 {
        return 0;
    }
    if kept >= count {
        return amount;
    }
    let each = amount.div_euclid(count);
    let spare = amount.rem_euclid(count);
    each.saturating_mul(kept).saturating_add(spare.min(kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rule_2_5_spare_cents_go_to_the_largest_remainder_ties_to_the_earlier() {
        assert_eq!(largest_remainder(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(largest_remainder(100, &[50, 30, 19]), [51, 30, 19]);
        assert_eq!(largest_remainder(5, &[0, 0]), [5, 0]);
        assert_eq!(largest_remainder(5, &[]), Vec::<i64>::new());
    }

    proptest! {
        #[test]
        fn the_parts_always_sum_to_the_amount(
            amount in 0..=crate::points::LIMIT,
            weights in prop::collection::vec(0..=crate::points::LIMIT, 1..60)
        ) {
            let parts = largest_remainder(amount, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), amount);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }

        #[test]
        fn units_agree_with_the_largest_remainder_over_equal_weights(
            amount in 0..1_000_000_i64, count in 1..40_i64, kept in 0..40_i64
        ) {
            let weights = vec![1; usize::try_from(count).unwrap()];
            let parts = largest_remainder(amount, &weights);
            let kept = kept.min(count);
            let expected: i64 = parts.iter().take(usize::try_from(kept).unwrap()).sum();
            prop_assert_eq!(of_first_units(amount, count, kept), expected);
        }
    }
}
