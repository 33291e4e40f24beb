//! Entries that expire, against an oracle that tries every order *and every time*: each operation takes effect at
//! a whole millisecond of its span, in every order that this allows. Bounds are whole, and all that is asked of the times
//! are bounds on differences of two, so if any times fit then whole ones do.

use std::collections::HashSet;

use crate::judging::recorded::Book;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stanchion::checks::{CheckOutcome, judge};
use stanchion::model::{Promise, Terms};

const TTL_MS: u64 = 7;

/// What was asked and what was answered.
#[derive(Clone, Debug, PartialEq)]
enum What {
    Join(u64),
    Admit { asked: u32, got: Vec<u64> },
    Leave(u64, bool),
    Renew(u64, bool),
    Ask(u64, bool),
}

#[derive(Clone, Debug)]
struct Op {
    what: What,
    inv_ms: u64,
    ret_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Clocks {
    tolerance_ms: u64,
    lag_ms: u64,
}

impl Clocks {
    fn least_ms(self) -> u64 {
        TTL_MS - self.tolerance_ms
    }

    fn most_ms(self) -> u64 {
        TTL_MS + self.tolerance_ms + self.lag_ms
    }
}

/// Who waits, oldest first, each with the time of the last refresh.
type Line = Vec<(u64, u64)>;

/// Whether the operations have an order and times that a queue could have had.
fn is_legal(ops: &[Op], clocks: Clocks) -> bool {
    let mut seen = HashSet::new();
    let mut open: Vec<(u32, u64, Line)> = vec![(0, 0, Vec::new())];
    while let Some((done, now_ms, line)) = open.pop() {
        if !seen.insert((done, now_ms, line.clone())) {
            continue;
        }
        let undone = || ops.iter().enumerate().filter(|(at, _)| done >> at & 1 == 0);
        let Some(until_ms) = undone().map(|(_, op)| op.ret_ms).min() else { return true };
        for (at, op) in undone() {
            for at_ms in op.inv_ms.max(now_ms)..=until_ms {
                if let Some(next) = apply(&op.what, line.clone(), at_ms, clocks) {
                    open.push((done | 1 << at, at_ms, next));
                }
            }
        }
    }
    false
}

/// The line after an operation at this time. Who must have expired by then has; who may have does if the answer says so,
/// and otherwise not yet: it still can at any later time.
fn apply(what: &What, mut line: Line, now_ms: u64, clocks: Clocks) -> Option<Line> {
    line.retain(|(_, refreshed_ms)| now_ms - refreshed_ms <= clocks.most_ms());
    let may_go = |entry: &(u64, u64)| now_ms - entry.1 >= clocks.least_ms();
    let place = |line: &Line, of: u64| line.iter().position(|(value, _)| *value == of);
    match *what {
        What::Join(value) => line.push((value, now_ms)),
        What::Admit { asked, ref got } => {
            for &value in got {
                let at = place(&line, value)?;
                if !line.drain(..=at).take(at).all(|entry| may_go(&entry)) {
                    return None;
                }
            }
            if got.len() < asked as usize {
                return line.iter().all(may_go).then(Vec::new);
            }
        }
        What::Leave(value, true) => {
            line.remove(place(&line, value)?);
        }
        What::Renew(value, true) => {
            let at = place(&line, value)?;
            line[at].1 = now_ms;
        }
        What::Ask(value, true) => {
            place(&line, value)?;
        }
        What::Leave(value, false) | What::Renew(value, false) | What::Ask(value, false) => {
            if let Some(at) = place(&line, value) {
                if !may_go(&line[at]) {
                    return None;
                }
                line.remove(at);
            }
        }
    }
    Some(line)
}

/// One step of the simulation: what, of whom, how long after the one before, how long before and after, how it lies.
type Step = (u8, u8, u64, u64, u64, u8);

fn steps() -> impl Strategy<Value = (Vec<Step>, u64, u64)> {
    let step = (any::<u8>(), any::<u8>(), 0..5u64, 0..4u64, 0..4u64, any::<u8>());
    (prop::collection::vec(step, 2..8), 0..2u64, 0..2u64)
}

/// A queue whose entries end at some age that is allowed; now and then an answer is wrong, or an age is not allowed.
fn simulate(steps: &[Step], clocks: Clocks) -> Vec<Op> {
    let mut line: Vec<(u64, u64, u64)> = Vec::new();
    let (mut joined, mut now_ms) = (0, 10);
    let mut ops = Vec::new();
    for &(what, which, pause_ms, before_ms, after_ms, lie) in steps {
        now_ms += pause_ms;
        let lies = lie < 40;
        line.retain(|(_, refreshed_ms, age_ms)| now_ms - refreshed_ms <= *age_ms);
        let ages = clocks.least_ms()..=clocks.most_ms();
        let age_ms =
            if lie > 235 { TTL_MS * 2 } else { *ages.start() + u64::from(lie) % (ages.end() - ages.start() + 1) };
        let value = 1 + u64::from(which) % 4_u64.min(joined + 1).max(1);
        let waits = line.iter().position(|(other, ..)| *other == value);
        let answer = waits.is_some() != lies;
        let what = match what {
            0..90 if joined < 4 => {
                joined += 1;
                line.push((joined, now_ms, age_ms));
                What::Join(joined)
            }
            0..140 => {
                let asked = 1 + u32::from(which) % 3;
                if lies && line.len() > 1 {
                    line.swap(0, 1);
                }
                let got: Vec<u64> = line.drain(..line.len().min(asked as usize)).map(|(value, ..)| value).collect();
                What::Admit { asked, got }
            }
            140..170 => {
                if let Some(at) = waits {
                    line.remove(at);
                }
                What::Leave(value, answer)
            }
            170..220 => {
                if let Some(at) = waits {
                    line[at].1 = now_ms;
                }
                What::Renew(value, answer)
            }
            _ => What::Ask(value, answer),
        };
        ops.push(Op { what, inv_ms: now_ms - before_ms, ret_ms: now_ms + after_ms });
    }
    ops
}

/// Which promises the judge finds broken.
fn broken(ops: &[Op], clocks: Clocks) -> Vec<Promise> {
    let mut book = Book::new(Promise::GlobalFifo);
    *book.terms() = Terms {
        promises: vec![Promise::GlobalFifo, Promise::Expiry, Promise::NoDuplicates, Promise::NoPhantoms],
        ttl_ns: Some(TTL_MS * 1_000_000),
        ttl_tolerance_ns: clocks.tolerance_ms * 1_000_000,
        ttl_lag_ns: clocks.lag_ms * 1_000_000,
        ..book.terms().clone()
    };
    let mut sorted = ops.to_vec();
    sorted.sort_by_key(|op| op.inv_ms);
    for Op { what, inv_ms, ret_ms } in sorted {
        match what {
            What::Join(value) => book.joined(value, value, inv_ms, ret_ms),
            What::Admit { asked, got } => book.admitted(asked, &got, inv_ms, ret_ms),
            What::Leave(value, true) => book.left(value, inv_ms, ret_ms),
            What::Renew(value, true) => book.renewed(value, inv_ms, ret_ms),
            What::Ask(value, true) => book.position(value, Some(1), inv_ms, ret_ms),
            What::Leave(value, false) => {
                let record = book.left(value, inv_ms, ret_ms);
                record.outcome = stanchion::model::Outcome::NotWaiting;
                record
            }
            What::Renew(value, false) => {
                let record = book.renewed(value, inv_ms, ret_ms);
                record.outcome = stanchion::model::Outcome::NotWaiting;
                record
            }
            What::Ask(value, false) => book.position(value, None, inv_ms, ret_ms),
        };
    }
    let violated = |outcome: &CheckOutcome| matches!(outcome, CheckOutcome::Violated { .. });
    let findings = judge(&book.saved()).into_iter();
    findings.filter(|finding| violated(&finding.outcome)).map(|finding| finding.promise).collect()
}

#[test]
fn no_queue_whose_entries_expire_is_accused_and_hardly_a_wrong_one_gets_away() {
    let cases = std::env::var("STANCHION_ORACLE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (legal, caught, missed) =
        (std::cell::Cell::new(0), std::cell::Cell::new(0), std::cell::RefCell::new(Vec::new()));
    let done = runner.run(&steps(), |(steps, tolerance_ms, lag_ms)| {
        let clocks = Clocks { tolerance_ms, lag_ms };
        let ops = simulate(&steps, clocks);
        let broken = broken(&ops, clocks);
        match (is_legal(&ops, clocks), broken.is_empty()) {
            (true, true) => legal.set(legal.get() + 1),
            (true, false) => return Err(TestCaseError::fail(format!("legal, and accused of {broken:?}: {ops:#?}"))),
            (false, false) => caught.set(caught.get() + 1),
            (false, true) => missed.borrow_mut().push((clocks, ops)),
        }
        Ok(())
    });
    let (legal, caught, missed) = (legal.get(), caught.get(), missed.into_inner());
    println!("{legal} legal, none accused; {caught} illegal and caught, {} missed", missed.len());
    for (clocks, ops) in missed.iter().take(3) {
        println!("missed under {clocks:?}: {ops:?}");
    }
    if let Err(failure) = done {
        panic!("{failure}");
    }
    assert!(legal > cases as usize / 10 && caught > cases as usize / 10, "{legal} legal, {caught} caught");
    assert!(missed.len() * 100 <= caught, "{} of {} missed", missed.len(), caught + missed.len());
}
