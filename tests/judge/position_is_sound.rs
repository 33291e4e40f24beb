//! The bounds on positions are sound: on random histories nothing is called impossible that the oracle can
//! explain. And they are worth something: most wrong places are caught.

use std::cell::Cell;

use crate::judging::random::{Step, simulate, steps, users};
use crate::judging::recorded::record;
use crate::judging::{Kind, Op, Users, oracle};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use stanchion::checks::CheckOutcome;
use stanchion::checks::notation::NEVER;
use stanchion::checks::sweep::FifoClass;
use stanchion::model::Promise;

#[test]
fn no_possible_place_is_called_impossible_and_most_wrong_ones_are() {
    let (right, wrong, caught) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 6_000, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let run = |(steps, users): (Vec<Step>, Users)| {
        let kinds = [Kind::S, Kind::S, Kind::S, Kind::L, Kind::K];
        let mut ops = simulate(&steps, &kinds, |_, _| true);
        // What can be recorded: no expiry, only lost leaves.
        ops.iter_mut().filter(|op| op.kind == Kind::K).for_each(|op| op.ret = NEVER);
        let is_legal = oracle::is_legal(&ops, FifoClass::Everyone, &users);
        let finding = record(&ops, &users, Promise::Position).finding();
        let violated = matches!(finding.outcome, CheckOutcome::Violated { .. });
        if is_legal && violated {
            return Err(TestCaseError::fail(format!("{finding:?} {ops:?}")));
        }
        // Wrong through the places told and nothing else.
        let told_nothing = |op: &Op| Op { kind: if op.kind == Kind::S { Kind::G } else { op.kind }, ..op.clone() };
        let without: Vec<Op> = ops.iter().map(told_nothing).collect();
        if is_legal {
            right.set(right.get() + 1);
        } else if oracle::is_legal(&without, FifoClass::Everyone, &users) {
            wrong.set(wrong.get() + 1);
            caught.set(caught.get() + i32::from(violated));
        }
        Ok(())
    };
    if let Err(failure) = runner.run(&(steps(12), users()), run) {
        panic!("{failure}");
    }
    println!("{} right, {} wrong, {} of these caught", right.get(), wrong.get(), caught.get());
    assert!(right.get() > 1_000 && wrong.get() > 400, "{} right, {} wrong", right.get(), wrong.get());
    assert!(2 * caught.get() > wrong.get(), "{} of {} caught", caught.get(), wrong.get());
}
