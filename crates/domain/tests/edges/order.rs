//! What an order may be, and which of its pieces are kept (rules §1.2, §6.2).

use habitue_domain::order::{Order, OrderLine, OrderState, check_lines};
use habitue_domain::refusal::Refusal;
use habitue_domain::returns::{kept, kept_paid};
use std::collections::BTreeMap;

fn line(id: &str, quantity: i64, paid: i64) -> OrderLine {
    OrderLine { id: id.to_owned(), product: "p".to_owned(), quantity, paid, ..OrderLine::default() }
}

/// The field that is named, if the lines are refused.
fn refused(lines: &[OrderLine]) -> Option<String> {
    match check_lines(lines) {
        Ok(()) => None,
        Err(Refusal::OutOfBounds { field }) => Some(field),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn rule_1_2_an_order_has_1_to_500_lines() {
    for (count, is_fine) in [(0, false), (1, true), (500, true), (501, false), (502, false)] {
        let lines: Vec<_> = (0..count).map(|it| line(&it.to_string(), 1, 1)).collect();
        assert_eq!(refused(&lines), (!is_fine).then(|| "lines".to_owned()), "{count}");
    }
}

#[test]
fn rule_1_2_each_line_of_an_order_has_a_name_of_its_own() {
    let long = "n".repeat(201);
    let field = |name: &str| Some(format!("lines[0].{name}"));
    assert_eq!(refused(&[line("", 1, 1)]), field("id"));
    assert_eq!(refused(&[line(&long, 1, 1)]), field("id"));
    let twice = [line("a", 1, 1), line("a", 1, 1)];
    assert_eq!(refused(&twice), Some("lines[1].id".to_owned()));
    for product in [String::new(), long.clone()] {
        assert_eq!(refused(&[OrderLine { product, ..line("a", 1, 1) }]), field("product"));
    }
    let of = |count: usize| (0..count).map(|it| format!("c{it}")).collect::<Vec<_>>();
    for (categories, is_fine) in
        [(of(20), true), (of(21), false), (of(22), false), (vec![String::new()], false)]
    {
        let line = OrderLine { categories, ..line("a", 1, 1) };
        assert_eq!(refused(&[line]), field("categories").filter(|_| !is_fine));
    }
    assert_eq!(refused(&[OrderLine { brand: Some(long), ..line("a", 1, 1) }]), field("brand"));
}

#[test]
fn rule_1_2_an_order_comes_to_ten_to_the_twelfth_at_the_most() {
    const MOST: i64 = 1_000_000_000_000;
    for (more, is_fine) in [(-1, true), (0, true), (1, false), (2, false)] {
        let lines = [line("a", 1, MOST - 5), line("b", 1, 5 + more)];
        assert_eq!(refused(&lines).is_none(), is_fine, "{more}");
    }
}

#[test]
fn rule_6_2_the_pieces_kept_carry_what_was_paid_for_them() {
    let lines = vec![line("a", 3, 1_000), line("b", 2, 500)];
    let paid = Order { state: OrderState::Paid, currency: "EUR".parse().unwrap(), lines };
    let pieces = |a: i64, b: i64| BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
    let back = BTreeMap::from([("a".to_owned(), 1)]);
    assert_eq!(kept(&paid, &back), pieces(2, 2));
    assert_eq!(kept(&paid, &pieces(3, 5)), pieces(0, 0));
    // 3.34, 3.33, 3.33; and 2.50 twice.
    for (a, b, sum) in [(3, 2, 1_500), (2, 2, 1_167), (1, 0, 334), (0, 1, 250), (0, 0, 0)] {
        assert_eq!(kept_paid(&paid, &pieces(a, b)), sum);
    }
    let cancelled = Order { state: OrderState::Cancelled, ..paid.clone() };
    assert_eq!(kept(&cancelled, &back), BTreeMap::new());
    let placed = Order { state: OrderState::Placed, ..paid };
    assert_eq!(kept(&placed, &back), pieces(2, 2));
}
