//! Faults put into slices of a history are noticed, all of them, whatever a correct queue was made to do; and a check
//! that notices nothing is found out.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use stanchion::checks::mutation::{CouldHaveFailed, TRIED_MAX, could_have_failed, could_have_failed_by, misses};
use stanchion::checks::{CheckOutcome, Finding, judge};
use stanchion::history::History;
use stanchion::measure::measure;
use stanchion::model::{DuplicateMeans, PositionTolerance, Promise};
use stanchion::verdict::{Verdict, judge_cell};

use crate::judging::recorded::Book;
use crate::judging::simulated::{Mix, simulate};

/// What was tried and noticed of every promise, by the name of the alteration.
type Counts = BTreeMap<(Promise, String), (u64, u64)>;

fn count(history: &History, counts: &mut Counts) -> Vec<CouldHaveFailed> {
    let tried = could_have_failed(history);
    for (promise, tried) in history.header.terms.promises.iter().zip(&tried) {
        for alteration in &tried.what {
            let (all, noticed) = counts.entry((*promise, alteration.name.clone())).or_default();
            *all += alteration.tried;
            *noticed += alteration.noticed;
        }
    }
    tried
}

/// Runs of a correct queue, of every kind.
fn mixes() -> Vec<Mix> {
    let plain = Mix::default();
    vec![
        plain,
        Mix { overlap_ns: 1, ..plain },
        Mix { overlap_ns: 200_000, ..plain },
        Mix { several: true, ..plain },
        Mix { ttl_ns: Some(400_000), ..plain },
        Mix { ttl_ns: Some(2_000_000), several: true, ..plain },
        Mix { ttl_ns: Some(1_000_000_000), ..plain },
        Mix { capacity: true, ..plain },
        Mix { means: DuplicateMeans::AcceptedBefore, ..plain },
        Mix { batch: 1, ..plain },
        Mix { lossy: true, several: true, ..plain },
        Mix { tolerance: PositionTolerance { absolute: 2, relative: 0.5 }, ..plain },
    ]
}

#[test]
fn every_kind_of_fault_is_tried_and_noticed_in_runs_of_a_correct_queue() {
    let mut counts = Counts::new();
    for mix in mixes() {
        for seed in 0..6 {
            let history = simulate(seed, 400, mix);
            for finding in judge(&history) {
                assert!(!matches!(finding.outcome, CheckOutcome::Violated { .. }), "{mix:?} {seed}: {finding:?}");
            }
            for tried in count(&history, &mut counts) {
                assert_eq!((tried.noticed, &tried.missed), (tried.tried, &None), "{mix:?} {seed}");
                assert_eq!(tried.tried == 0, tried.reason.is_some());
                assert!(tried.tried <= TRIED_MAX);
            }
        }
    }
    let kinds: BTreeMap<Promise, BTreeSet<&str>> = counts.keys().fold(BTreeMap::new(), |mut kinds, (promise, name)| {
        kinds.entry(*promise).or_insert_with(BTreeSet::new).insert(name);
        kinds
    });
    for ((promise, name), (tried, _)) in &counts {
        println!("{:15} {name}: {tried}", promise.name());
    }
    let expected = [
        (Promise::NoDuplicates, 3),
        (Promise::PerUserFifo, 3),
        (Promise::GlobalFifo, 4),
        (Promise::NoLoss, 1),
        (Promise::NoPhantoms, 4),
        (Promise::Position, 4),
        (Promise::Expiry, 6),
        (Promise::Idempotence, 4),
        (Promise::Capacity, 3),
    ];
    for (promise, number) in expected {
        assert_eq!(kinds[&promise].len(), number, "{}: {:?}", promise.name(), kinds[&promise]);
    }
}

/// `STANCHION_LONG_CASES` sets how many random runs are tried.
fn cases() -> u32 {
    std::env::var("STANCHION_LONG_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn nothing_is_missed_however_short_or_concurrent_the_run(
        seed in any::<u64>(), operations in 1..120_usize, overlap_ns in 1..300_000_u64, mix in 0..12_usize,
    ) {
        let history = simulate(seed, operations, Mix { overlap_ns, ..mixes()[mix] });
        for tried in could_have_failed(&history) {
            prop_assert_eq!((tried.noticed, tried.missed), (tried.tried, None));
        }
    }
}

#[test]
fn a_slice_of_a_run_that_kept_its_promises_keeps_them() {
    for mix in mixes() {
        let history = simulate(11, 400, mix);
        let judged = std::cell::Cell::new(0);
        let tried = could_have_failed_by(&history, |slice| {
            judged.set(judged.get() + 1);
            judge(slice)
        });
        // Once without the fault and once with it: none was passed over because it was broken before.
        assert_eq!(judged.get(), 2 * tried.iter().map(|tried| tried.tried).sum::<u64>(), "{mix:?}");
    }
}

/// Says of everything that it holds.
fn blind(history: &History) -> Vec<Finding> {
    let holds = |promise: &Promise| Finding::holds_or_undecided(*promise, 7, "");
    history.header.terms.promises.iter().map(holds).collect()
}

#[test]
fn a_blind_check_is_found_out_with_every_fault_that_it_missed() {
    let history = simulate(1, 400, Mix { lossy: true, ..Mix::default() });
    let promises = &history.header.terms.promises;
    let tried = could_have_failed_by(&history, blind);
    // One token a user, and no expiry.
    let material = |promise: Promise| !matches!(promise, Promise::PerUserFifo | Promise::Expiry);
    for (promise, tried) in promises.iter().zip(&tried).filter(|(promise, _)| material(**promise)) {
        assert!(tried.tried > 0 && tried.noticed == 0, "{}: {tried:?}", promise.name());
        assert!(tried.missed.as_ref().is_some_and(|missed| missed.ends_with(": holds")), "{tried:?}");
    }
    let sentences = misses(promises, &tried);
    assert_eq!(sentences.len(), 7, "{sentences:#?}");
    let of = &sentences[0];
    assert!(of.starts_with("no-duplicates could not have failed where it should: of 20 faults"), "{of}");
    assert!(of.contains("its check missed 20, first ") && of.ends_with("please report this with the history"), "{of}");
    // And the cell, whose promises hold, is inconclusive for it.
    let (findings, measured) = (judge(&history), measure(&history));
    let verdict = |trouble: &[String]| judge_cell(&findings, &measured, &history.header.terms, trouble);
    assert_eq!(verdict(&sentences[..1]).verdict, Verdict::Inconclusive);
    assert_eq!(verdict(&sentences[..1]).undecided.last(), Some(of));
    let sound = misses(promises, &could_have_failed(&history));
    assert_eq!(verdict(&sound).undecided.len() + sentences.len(), verdict(&sentences).undecided.len(), "{sound:?}");
}

#[test]
fn what_cannot_decide_has_not_noticed() {
    let undecided = |history: &History| -> Vec<Finding> {
        let of = |promise: &Promise| Finding::holds_or_undecided(*promise, 0, "nobody looked");
        history.header.terms.promises.iter().map(of).collect()
    };
    let tried = could_have_failed_by(&simulate(1, 200, Mix::default()), undecided);
    assert_eq!((tried[0].noticed, tried[0].tried), (0, TRIED_MAX));
    assert!(tried[0].missed.as_ref().is_some_and(|missed| missed.ends_with("undecided (nobody looked)")));
}

#[test]
fn a_fault_is_put_only_where_the_promise_was_kept_before() {
    // Says of every slice that it breaks the promise, so none shows anything.
    let mut book = Book::new(Promise::Capacity);
    book.admitted(1, &[1, 2], 1, 2);
    let broken = book.finding();
    assert!(matches!(broken.outcome, CheckOutcome::Violated { .. }));
    let tried = could_have_failed_by(&simulate(1, 200, Mix::default()), |_| vec![broken.clone()]);
    for tried in &tried {
        assert_eq!((tried.tried, tried.noticed), (0, 0));
    }
    let why = tried[0].reason.as_deref();
    assert_eq!(why, Some("every slice of the run that a fault could be put in breaks the promise already"));
}

#[test]
fn nothing_to_alter_is_said_as_such() {
    let nothing = |history: &History| -> Vec<(bool, String)> {
        let of = |tried: CouldHaveFailed| (tried.tried == 0 && tried.what.is_empty(), tried.reason.unwrap_or_default());
        could_have_failed(history).into_iter().map(of).collect()
    };
    for (none, why) in nothing(&simulate(1, 0, Mix::default())) {
        assert!(none && !why.is_empty());
    }
    let expiry = |mix| nothing(&simulate(1, 200, mix))[6].1.clone();
    assert_eq!(expiry(Mix::default()), "entries of this run do not expire");
    // Joined together and never admitted: no order, nothing asked, nothing repeated.
    let mut book = Book::new(Promise::NoLoss);
    book.joined(1, 1, 0, 5);
    book.joined(2, 2, 0, 5);
    book.terms().promises = Promise::ALL.to_vec();
    assert!(nothing(&book.saved()).iter().all(|(none, why)| *none && !why.is_empty()));
}

#[test]
fn the_same_history_gives_the_same_faults_and_another_seed_others() {
    let mut history = simulate(3, 2_000, Mix::default());
    let first = could_have_failed(&history);
    assert_eq!(first, could_have_failed(&history));
    history.header.seed += 1;
    let missed = |history: &History| -> Vec<_> {
        could_have_failed_by(history, blind).into_iter().map(|tried| tried.missed).collect()
    };
    let other = missed(&history);
    history.header.seed -= 1;
    assert_ne!(other, missed(&history), "the first fault is put elsewhere");
}
