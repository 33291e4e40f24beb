//! The sweep decides exactly what the oracle decides: on random histories of every mix of operations, and
//! on all interleavings of small programs.

use std::cell::Cell;

use crate::judging::random::{Step, coarse, simulate, steps, users};
use crate::judging::recorded::record;
use crate::judging::{Kind, ONE_USER, Op, Users, oracle, parse, trace};
use crate::long_comparison::order_only;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use stanchion::checks::lost;
use stanchion::checks::notation::NEVER;
use stanchion::checks::sweep::{FifoClass, Scope, sweep};
use stanchion::checks::{CheckOutcome, Event};
use stanchion::model::Promise;

/// Runs the same seeds each time: a failing history is a bug to be looked at, not a flaky run.
fn for_random_histories(
    kinds: &[Kind],
    class: FifoClass,
    judge: impl Fn(&[Op], &Users, bool) -> Result<(), TestCaseError>,
) {
    let (legal, illegal) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 3_000, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let run = |(steps, users): (Vec<Step>, Users)| {
        let ops = simulate(&steps, kinds, |a, b| match class {
            FifoClass::Everyone => true,
            FifoClass::User => users[usize::from(a)] == users[usize::from(b)],
            FifoClass::Token => false,
        });
        for ops in [coarse(&ops), ops] {
            let is_legal = oracle::is_legal(&ops, class, &users);
            let count = if is_legal { &legal } else { &illegal };
            count.set(count.get() + 1);
            judge(&ops, &users, is_legal)?;
        }
        Ok(())
    };
    if let Err(failure) = runner.run(&(steps(12), users()), run) {
        panic!("{failure}");
    }
    // A comparison that never sees one of the two proves little.
    assert!(legal.get() > 600 && illegal.get() > 600, "{} legal, {} illegal", legal.get(), illegal.get());
}

fn agrees(class: FifoClass) -> impl Fn(&[Op], &Users, bool) -> Result<(), TestCaseError> {
    move |ops, users, is_legal| {
        let breaches = sweep(&trace(ops, users), class, Scope::Everything);
        if breaches.is_empty() == is_legal {
            return Ok(());
        }
        Err(TestCaseError::fail(format!("legal: {is_legal}, sweep: {breaches:?}, users {users:?}, {ops:?}")))
    }
}

const ALL_KINDS: [Kind; 5] = [Kind::L, Kind::K, Kind::F, Kind::G, Kind::H];

#[test]
fn one_line_with_admissions_only() {
    for_random_histories(&[], FifoClass::Everyone, agrees(FifoClass::Everyone));
}

#[test]
fn one_line_with_leaves_and_lost_leaves() {
    for_random_histories(&[Kind::L, Kind::K], FifoClass::Everyone, agrees(FifoClass::Everyone));
}

#[test]
fn one_line_with_answers_about_entries() {
    for_random_histories(&[Kind::F, Kind::G, Kind::H], FifoClass::Everyone, agrees(FifoClass::Everyone));
}

#[test]
fn one_line_with_everything() {
    for_random_histories(&ALL_KINDS, FifoClass::Everyone, agrees(FifoClass::Everyone));
}

#[test]
fn a_line_for_each_user_with_everything() {
    for_random_histories(&ALL_KINDS, FifoClass::User, agrees(FifoClass::User));
}

#[test]
fn no_order_with_everything() {
    for_random_histories(&ALL_KINDS, FifoClass::Token, agrees(FifoClass::Token));
}

#[test]
fn order_alone_is_the_history_without_reads_and_short_answers() {
    for_random_histories(&ALL_KINDS, FifoClass::User, |ops, users, _| {
        let is_legal = oracle::is_legal(&order_only(ops), FifoClass::User, users);
        let breaches = sweep(&trace(ops, users), FifoClass::User, Scope::OrderOnly);
        if breaches.is_empty() == is_legal {
            return Ok(());
        }
        Err(TestCaseError::fail(format!("legal: {is_legal}, sweep: {breaches:?}, users {users:?}, {ops:?}")))
    });
}

/// By their times alone user 0's two leave in order, but for one instant that both admissions share; user 1's two
/// leave the other way round. Taken together no order fits, and only a sweep over both users finds that.
#[test]
fn admissions_that_touch_may_have_been_the_other_way_round() {
    let users: Users = [0, 0, 1, 1, 2, 2, 2, 2];
    let ops = parse("E0[0,1] E1[2,3] E2[0,1] E3[2,3] B0.3/2[4,5] B2.1/2[5,6]");
    assert!(!oracle::is_legal(&ops, FifoClass::User, &users));
    let breaches = sweep(&trace(&ops, &users), FifoClass::User, Scope::OrderOnly);
    assert!(!breaches.is_empty());
    // Alone each user's order can be kept.
    let apart = parse("E0[0,1] E1[2,3] B0/1[4,5] B1/1[5,6]");
    assert!(sweep(&trace(&apart, &users), FifoClass::User, Scope::OrderOnly).is_empty());
}

/// By their times alone the two leave in the order of joining. But whoever is known to be away at [5,6] joined only then.
#[test]
fn who_may_be_removed_unseen_may_have_joined_later_than_it_seems() {
    let ops = parse("E0[0,10] E1[1,2] K0[5,6] B0/1[12,13] B1/1[14,15]");
    assert!(!oracle::is_legal(&ops, FifoClass::User, &ONE_USER));
    assert!(!sweep(&trace(&ops, &ONE_USER), FifoClass::User, Scope::OrderOnly).is_empty());
}

#[test]
fn lost_admissions_never_make_the_judge_say_what_is_false() {
    let kinds = [Kind::P, Kind::P, Kind::K, Kind::F, Kind::L];
    for class in [FifoClass::Everyone, FifoClass::User] {
        // One class only: which user's entries a lost admission takes is not part of the oracle's rule.
        let class_users = |users: &Users| if class == FifoClass::User { ONE_USER } else { *users };
        for_random_histories(&kinds, FifoClass::Everyone, |ops, users, is_legal| {
            let trace = trace(ops, &class_users(users));
            let holds = sweep(&trace, class, Scope::Everything).is_empty();
            let violated = !holds && !sweep(&lost::relaxed(&trace, class), class, Scope::Everything).is_empty();
            if holds && !is_legal || violated && is_legal {
                return Err(TestCaseError::fail(format!("legal: {is_legal}, violated: {violated}, {ops:?}")));
            }
            Ok(())
        });
    }
}

#[test]
fn a_recorded_history_is_judged_as_its_notation_is() {
    for_random_histories(&[Kind::L, Kind::F, Kind::G], FifoClass::Everyone, |ops, users, is_legal| {
        // An admission of nobody, asked for nobody, says nothing.
        let says_something = |op: &Op| op.kind == Kind::B && op.asked + op.values.len() > 0;
        match record(ops, users, Promise::GlobalFifo).finding().outcome {
            CheckOutcome::Holds { .. } if is_legal => Ok(()),
            CheckOutcome::Violated { counterexample, .. } if !is_legal && counterexample.events.len() <= ops.len() => {
                Ok(())
            }
            CheckOutcome::Undecided { .. } if is_legal && !ops.iter().any(says_something) => Ok(()),
            other => Err(TestCaseError::fail(format!("legal: {is_legal}, {other:?}, {ops:?}"))),
        }
    });
}

/// The operations that a proof shows, and of the others nothing: lists keep the values whose join is shown.
fn shown(ops: &[Op], events: &[Event]) -> Vec<Op> {
    let mut by_send = ops.to_vec();
    by_send.sort_by_key(|op| op.inv);
    let mut kept: Vec<Op> = events.iter().map(|event| by_send[event.record as usize].clone()).collect();
    let joined: Vec<u8> = kept.iter().filter(|op| op.kind == Kind::E).map(|op| op.values[0]).collect();
    for op in kept.iter_mut().filter(|op| op.kind == Kind::B) {
        let short = op.values.len() < op.asked;
        op.values.retain(|value| joined.contains(value));
        op.asked = op.values.len() + usize::from(short);
    }
    kept
}

#[test]
fn every_proof_stands_by_itself_and_nothing_in_it_is_idle() {
    let sizes = std::cell::RefCell::new(Vec::new());
    for_random_histories(&[Kind::L, Kind::F, Kind::G], FifoClass::Everyone, |ops, users, is_legal| {
        if is_legal {
            return Ok(());
        }
        let CheckOutcome::Violated { counterexample, .. } = record(ops, users, Promise::GlobalFifo).finding().outcome
        else {
            return Err(TestCaseError::fail(format!("not violated: {ops:?}")));
        };
        let proof = shown(ops, &counterexample.events);
        sizes.borrow_mut().push(proof.len());
        if oracle::is_legal(&proof, FifoClass::Everyone, users) {
            return Err(TestCaseError::fail(format!("the proof is legal: {proof:?}, {}", counterexample.story)));
        }
        // Without any one of its joins, and what they are about, nothing is wrong any more.
        let joins = counterexample.events.iter().filter(|event| event.text.starts_with("join"));
        for join in joins {
            let rest: Vec<Event> = counterexample.events.iter().filter(|event| *event != join).cloned().collect();
            let token = join.text.split(' ').nth(2).expect("join, user, token").trim_start_matches('t');
            let concerns = |op: &Op| op.kind != Kind::B && op.values.iter().any(|value| value.to_string() == token);
            let rest: Vec<Op> = shown(ops, &rest).into_iter().filter(|op| !concerns(op)).collect();
            let shorts = proof.iter().filter(|op| op.kind == Kind::B && op.values.len() < op.asked).count();
            if shorts == 0 && !oracle::is_legal(&rest, FifoClass::Everyone, users) {
                return Err(TestCaseError::fail(format!("{token} is idle in {proof:?}")));
            }
        }
        Ok(())
    });
    let sizes = sizes.into_inner();
    let mean = sizes.iter().sum::<usize>() as f64 / sizes.len() as f64;
    assert!(mean < 4.5, "{mean} operations a proof");
}

/// Calls back with every interleaving of the invocations and replies.
fn interleavings(ops: &mut [Op], open: &mut [u8], at: u64, see: &mut impl FnMut(&[Op])) {
    if (0..ops.len()).all(|index| open[index] == 2) {
        return see(ops);
    }
    for index in 0..ops.len() {
        let optional = matches!(ops[index].kind, Kind::K | Kind::P);
        match open[index] {
            0 => {
                ops[index].inv = at;
                ops[index].ret = NEVER;
                // A lost leave has no reply.
                open[index] = if optional { 2 } else { 1 };
                interleavings(ops, open, at + 1, see);
                open[index] = 0;
            }
            1 => {
                ops[index].ret = at;
                open[index] = 2;
                interleavings(ops, open, at + 1, see);
                open[index] = 1;
                ops[index].ret = NEVER;
            }
            _ => {}
        }
    }
}

fn exhaust(program: &[Op]) -> (u64, u64) {
    let mut counts = (0, 0);
    let mut ops = program.to_vec();
    interleavings(&mut ops, &mut vec![0; program.len()], 0, &mut |ops| {
        for (class, users) in [(FifoClass::Everyone, ONE_USER), (FifoClass::User, [0, 1, 0, 1, 0, 1, 0, 1])] {
            let is_legal = oracle::is_legal(ops, class, &users);
            let breaches = sweep(&trace(ops, &users), class, Scope::Everything);
            assert_eq!(breaches.is_empty(), is_legal, "{class:?} {breaches:?} {ops:?}");
            if is_legal { counts.0 += 1 } else { counts.1 += 1 }
        }
    });
    counts
}

#[test]
fn every_interleaving_of_two_joins_and_any_two_operations() {
    let menu = [
        Op::new(Kind::B, &[0], 1),
        Op::new(Kind::B, &[1], 1),
        Op::new(Kind::B, &[0, 1], 2),
        Op::new(Kind::B, &[1, 0], 2),
        Op::new(Kind::B, &[0], 2),
        Op::new(Kind::B, &[], 1),
        Op::new(Kind::L, &[0], 0),
        Op::new(Kind::K, &[0], 0),
        Op::new(Kind::F, &[0], 0),
        Op::new(Kind::G, &[0], 0),
        Op::new(Kind::H, &[1], 0),
    ];
    let (mut legal, mut illegal) = (0, 0);
    for (at, first) in menu.iter().enumerate() {
        for second in &menu[at..] {
            let joins = [Op::new(Kind::E, &[0], 0), Op::new(Kind::E, &[1], 0)];
            let program: Vec<Op> = joins.into_iter().chain([first.clone(), second.clone()]).collect();
            let counts = exhaust(&program);
            legal += counts.0;
            illegal += counts.1;
        }
    }
    assert!(legal > 50_000 && illegal > 50_000, "{legal} legal, {illegal} illegal");
}

#[test]
fn every_interleaving_of_three_joins_and_two_batches() {
    let joins = [0, 1, 2].map(|value| Op::new(Kind::E, &[value], 0));
    let batches = [Op::new(Kind::B, &[0, 2], 2), Op::new(Kind::B, &[1], 1)];
    let (legal, illegal) = exhaust(&joins.into_iter().chain(batches).collect::<Vec<_>>());
    assert!(legal > 1_000 && illegal > 1_000, "{legal} legal, {illegal} illegal");
}
