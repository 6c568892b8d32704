//! The law of returns (rules §6.3) over HTTP: whatever the steps, the pieces kept decide the end.
//!
//! 24 cases, 500 with `HABITUE_LONG`, a quarter of that on PostgreSQL. A seed that failed is kept in
//! `tests/law.seeds`.

mod story;

use crate::harness::Server;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use story::{Bought, Step, Story, program};

fn config() -> ProptestConfig {
    let kept = FileFailurePersistence::Direct("tests/law.seeds");
    let cases = if std::env::var_os("HABITUE_LONG").is_some() { 500 } else { 24 };
    let is_far = std::env::var_os("HABITUE_TEST_POSTGRES").is_some();
    let cases = if is_far { cases / 4 } else { cases };
    // Each case starts a server: what is smaller is worth less than the minutes it takes.
    let max_shrink_iters = 200;
    ProptestConfig {
        cases,
        max_shrink_iters,
        failure_persistence: Some(Box::new(kept)),
        ..ProptestConfig::default()
    }
}

fn bought() -> impl Strategy<Value = Bought> {
    let line = (1..5_i64, 2_000..10_000_i64);
    let paid_with = (0..500_i64, 0..500_i64, 0..1_000_i64, any::<bool>());
    (prop::collection::vec(line, 1..4), paid_with, any::<bool>(), any::<bool>()).prop_map(
        |(lines, (points, credit, card, code), spends, is_ripe)| Bought {
            lines,
            points,
            credit,
            card,
            code: code.then_some("SHARE"),
            spends: spends && is_ripe,
            is_ripe,
        },
    )
}

/// Pieces that go, one step after the other, never more of a line than there were.
fn steps(bought: &Bought, drawn: Vec<(usize, i64, bool, bool)>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (place, pieces, is_return, is_repeated) in drawn {
        let line = place % bought.lines.len();
        let gone: i64 = steps.iter().map(|it| it.of(line)).sum();
        let pieces = pieces.min(bought.lines[line].0 - gone);
        if pieces > 0 {
            steps.push(Step { pieces: vec![(line, pieces)], is_return, is_repeated });
        }
    }
    steps
}

/// The last first, each by an edit where it was a return.
fn turned(steps: &[Step]) -> Vec<Step> {
    let turn = |step: &Step| Step { is_return: !step.is_return, ..step.clone() };
    steps.iter().rev().map(turn).collect()
}

/// All of it in one.
fn at_once(bought: &Bought, steps: &[Step], is_return: bool) -> Vec<Step> {
    let all = |line| (line, steps.iter().map(|it| it.of(line)).sum::<i64>());
    let pieces = (0..bought.lines.len()).map(all).filter(|(_, pieces)| *pieces > 0).collect();
    let step = Step { pieces, is_return, is_repeated: false };
    if step.pieces.is_empty() { vec![] } else { vec![step] }
}

async fn law(bought: Bought, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let server = Server::start_with(program(&bought)).await;
    let story = |customer| Story { server: &server, customer, bought: &bought };
    let first = story("ann").play(&steps).await?;
    let others = [
        ("bob", turned(&steps)),
        ("cat", at_once(&bought, &steps, true)),
        ("dan", at_once(&bought, &steps, false)),
    ];
    for (customer, other) in others {
        let end = story(customer).play(&other).await?;
        prop_assert_eq!(&first, &end, "{:?} and {:?}", steps, other);
    }
    let gone: i64 =
        (0..bought.lines.len()).flat_map(|line| steps.iter().map(move |it| it.of(line))).sum();
    if gone == bought.pieces() {
        let nothing = story("joe").nothing().await;
        prop_assert_eq!(first.left(), nothing.left(), "nothing kept is never bought");
    }
    server.totals().await;
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rule_6_3_any_two_sequences_with_the_same_kept_pieces_end_in_the_same_ledger(
        bought in bought(),
        drawn in prop::collection::vec((0..3_usize, 1..3_i64, any::<bool>(), any::<bool>()), 0..10)
    ) {
        let steps = steps(&bought, drawn);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(law(bought, steps))?;
    }
}
