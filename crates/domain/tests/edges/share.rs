//! Shares of what is not there.

use habitue_domain::share::{largest_remainder, of_first_units};

#[test]
fn rule_2_5_no_pieces_carry_nothing() {
    for (count, kept) in [(0, 1), (-1, 1), (3, 0), (3, -1), (0, 0)] {
        assert_eq!(of_first_units(100, count, kept), 0, "{kept} of {count}");
    }
    // 34, 33, 33.
    assert_eq!([1, 2, 3, 4].map(|kept| of_first_units(100, 3, kept)), [34, 67, 100, 100]);
}

#[test]
fn rule_2_5_where_nothing_has_a_weight_the_first_carries_all() {
    assert_eq!(largest_remainder(7, &[0, 0]), [7, 0]);
    assert_eq!(largest_remainder(7, &[3, -1]), [7, 0]);
    assert_eq!(largest_remainder(7, &[]), [0_i64; 0]);
}
