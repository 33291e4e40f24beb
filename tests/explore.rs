//! Every design and every broken one goes through all small programs: those that are called correct keep every promise in
//! every schedule, and the explorer finds what is broken by its smallest program.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

use std::collections::BTreeSet;

use stanchion::explore::{
    Actor, Adversity, Bound, Expected, Explored, Explorer, KeyTrouble, Options, Program, Scope, explore,
};
use stanchion::model::{Dedupe, Promise};
use stanchion::queue::{Broken, Design};

/// What the programs of a scope came to.
struct Came {
    schedules: u128,
    replayed: u64,
    broken: BTreeSet<Promise>,
    keys: KeyTrouble,
}

fn all(design: Design, operations: usize, adversity: Adversity, options: Options) -> Came {
    let mut explorer = Explorer::new(design, Options { adversity, ..options }).unwrap();
    let scope = Scope { operations, clients: 3, expires: adversity.ticks > 0 };
    let mut came = Came { schedules: 0, replayed: 0, broken: BTreeSet::new(), keys: KeyTrouble::default() };
    for program in scope.programs(Dedupe::User) {
        let explored =
            explorer.explore(&program).unwrap_or_else(|error| panic!("{} {program}: {error}", design.name()));
        assert!(explored.counts.complete, "{} {program}", design.name());
        came.schedules += explored.counts.schedules;
        came.replayed += explored.replays.schedules;
        came.broken.extend(explored.broken.iter().flat_map(|broken| broken.promises.clone()));
    }
    came.keys = explorer.key_trouble();
    came
}

const HARSH: Adversity = Adversity { faults: 1, ticks: 1, ticks_a_life: 1 };

/// Enough to see that it is done; `stanchion explore` replays 1 %.
fn few_replays() -> Options {
    Options { replays_max: 20, ..Options::default() }
}

#[test]
fn designs_that_are_called_correct_keep_every_promise_in_every_schedule() {
    use Promise::{GlobalFifo, Position};
    for design in Design::ALL.iter().copied().filter(|design| *design != Design::StreamsNaive) {
        let came = all(design, 3, HARSH, Options::default());
        let known: &[Promise] = match design {
            // Its position is the order of SCAN, as its documentation says.
            Design::Streams => &[Position],
            // Ties are ordered by member bytes, and a position is a rank in that order.
            Design::ZsetMs | Design::CompositeShift | Design::CompositeDecimal => &[GlobalFifo, Position],
            _ => &[],
        };
        let known: BTreeSet<Promise> = known.iter().copied().collect();
        assert_eq!(came.broken, known, "{}", design.name());
        assert!(came.schedules > 70_000, "{}: {}", design.name(), came.schedules);
        assert!(came.replayed > 700, "{}: 1 % of {} are more than {}", design.name(), came.schedules, came.replayed);
        assert_eq!(came.keys.untagged, Vec::<String>::new(), "{}", design.name());
        // Admission and sweep of the streams find keys that only the server knows.
        assert_eq!(came.keys.undeclared.is_empty(), design != Design::Streams, "{}: {:?}", design.name(), came.keys);
    }
}

#[test]
fn an_entry_that_is_renewed_in_time_lives_on_in_every_schedule() {
    let halves = Adversity { faults: 0, ticks: 3, ticks_a_life: 2 };
    for design in [Design::ZsetSeq, Design::List, Design::StreamShared, Design::Streams] {
        let came = all(design, 2, halves, few_replays());
        assert_eq!(came.broken, BTreeSet::new(), "{}", design.name());
    }
}

#[test]
fn every_step_of_the_naive_streams_is_a_way_to_break_them() {
    let came = all(Design::StreamsNaive, 2, HARSH, few_replays());
    for promise in [Promise::NoDuplicates, Promise::NoLoss, Promise::Idempotence, Promise::Expiry] {
        assert!(came.broken.contains(&promise), "{promise:?}: {:?}", came.broken);
    }
}

/// How a broken design shows what it breaks, where all programs of three operations with a fault and a tick do not.
fn otherwise(name: &str) -> Option<(&'static str, Dedupe, Adversity)> {
    let halves = Adversity { faults: 0, ticks: 2, ticks_a_life: 2 };
    Some(match name {
        "newest-first" => ("join u1 t1; join u1 t2 | admit 1", Dedupe::Request, Adversity::default()),
        "whole-line-expires" => ("join u1 t1", Dedupe::User, halves),
        "blocking-head" => ("join u1 t1 | admit 1", Dedupe::User, halves),
        "renewal-forgotten" => ("join u1 t1; renew t1 | position t1", Dedupe::User, halves),
        "holes-counted" => {
            ("join u1 t1; join u2 t2; join u3 t3 | leave t2 | position t3", Dedupe::User, Adversity::default())
        }
        _ => return None,
    })
}

/// What no order of a few commands shows: `stanchion selftest` does.
const BEYOND: &[&str] = &[
    // A clock that moves by milliseconds; here it stands, or a time to live passes.
    "time-bucket",
    "cut-off-in-seconds",
    // A server that forgets its scripts; a batch of 8,000.
    "swallowed-noscript",
    "swallowed-unpack",
    // What is left over when everybody has gone.
    "stream-without-ttl",
    "emptied-streams",
];

#[test]
fn every_broken_design_is_found_out() {
    for broken in Broken::all() {
        let (name, breaks) = (broken.facts().name, broken.breaks());
        if BEYOND.contains(&name) {
            continue;
        }
        let options = Options { promises: Some(vec![breaks]), ..few_replays() };
        if breaks == Promise::OneSlot {
            let came = all(Design::Broken(broken), 1, Adversity::default(), options);
            assert!(!came.keys.undeclared.is_empty(), "{name}");
            assert_eq!(came.keys.untagged.is_empty(), name == "undeclared-key", "{name}: {:?}", came.keys);
            continue;
        }
        let found = match otherwise(name) {
            Some((text, dedupe, adversity)) => {
                let options = Options { dedupe, adversity, ..options };
                first(broken, options, [Program::parse(text, dedupe).unwrap()])
            }
            None => {
                let scope = Scope { operations: 3, clients: 3, expires: true };
                first(broken, Options { adversity: HARSH, ..options }, scope.programs(Dedupe::User))
            }
        };
        let explored = found.unwrap_or_else(|| panic!("{name}: {} was not found broken", breaks.name()));
        let story = &explored.broken[0].story;
        let at_the_end = story.last().is_some_and(|step| step.who == Actor::Drain);
        assert!(story.iter().filter(|step| step.breaks).count() == 1 || at_the_end, "{name}: {story:#?}");
    }
}

/// The first program that breaks a promise.
fn first(broken: Broken, options: Options, programs: impl IntoIterator<Item = Program>) -> Option<Explored> {
    let mut explorer = Explorer::new(Design::Broken(broken), options).unwrap();
    programs.into_iter().map(|program| explorer.explore(&program).unwrap()).find(|explored| !explored.broken.is_empty())
}

#[test]
fn races_are_found_in_their_first_schedules() {
    let one = Adversity { faults: 1, ..Adversity::default() };
    let tick = Adversity { ticks: 1, ..Adversity::default() };
    for (queue, program, adversity, promise) in [
        ("check-then-set", "join u1 t1 | join u1 t2", Adversity::default(), Promise::NoDuplicates),
        ("read-then-remove", "join u1 t1; admit 1 | admit 1", Adversity::default(), Promise::NoDuplicates),
        ("grant-before-removal", "join u1 t1 | admit 1", one, Promise::NoDuplicates),
        ("removal-before-grant", "join u1 t1 | admit 1", one, Promise::NoLoss),
        ("sweep-beside-renewal", "join u1 t1; renew t1 | sweep", tick, Promise::Expiry),
        ("cleanup-of-the-empty", "join u1 t1 | admit 1", Adversity::default(), Promise::NoLoss),
        ("crash-before-the-line", "join u1 t1", one, Promise::NoLoss),
        ("resent-join", "join u1 t1", one, Promise::NoDuplicates),
    ] {
        let design = Design::from_name(queue).unwrap();
        let options = Options { adversity, promises: Some(vec![promise]), ..Options::default() };
        let program = Program::parse(program, Dedupe::User).unwrap();
        let explored = Explorer::new(design, options).unwrap().explore(&program).unwrap();
        assert!(explored.broken.iter().any(|broken| broken.promises == [promise]), "{queue}: {explored:?}");
        let first = explored.counts.first_violating_end.unwrap();
        assert!(first <= 25, "{queue}: only the end number {first} is one that breaks it");
    }
}

#[test]
fn a_program_of_four_clients_is_counted_exactly() {
    // Four clients of four commands each: 16! / (4!)^4 orders; who is not first hears of the mark and is done sooner, so these are fewer.
    let explored = explore("join u1 t1 | join u2 t2 | join u3 t3 | join u4 t4")
        .promises(&[Promise::NoDuplicates, Promise::PerUserFifo])
        .on(Design::StreamsNaive)
        .result()
        .unwrap();
    assert_eq!(explored.counts.schedules, 63_063_000);
    assert!(explored.counts.complete && explored.broken.is_empty());
}

#[test]
fn a_bound_is_an_end_and_no_proof() {
    let bound = Bound { states: 50, ..Bound::default() };
    let explored = explore("join u1 t1 | join u2 t2 | admit 2").bound(bound).on(Design::StreamsNaive).result().unwrap();
    assert!(!explored.counts.complete);
    assert!(explored.counts.states <= 50 + 16, "{:?}", explored.counts);
}

#[test]
fn what_is_expected_can_fail() {
    let fails =
        |work: fn()| std::panic::catch_unwind(work).unwrap_err().downcast::<String>().map(|text| *text).unwrap();
    let broken = fails(|| explore("join u1 t1 | join u1 t2").on(Design::StreamsNaive).expect(Expected::Kept));
    assert!(broken.contains("is broken by `join u1 t1 | join u1 t2`") && broken.contains("XADD"), "{broken}");
    let kept = fails(|| {
        explore("join u1 t1 | join u1 t2").on(Design::ZsetSeq).expect(Expected::Breaks(Promise::NoDuplicates));
    });
    assert!(kept.contains("no-duplicates holds in all 2 schedules"), "{kept}");
    let wrong = fails(|| explore("jion u1 t1").on(Design::ZsetSeq).expect(Expected::Kept));
    assert!(wrong.contains("this is no operation"), "{wrong}");
}

#[test]
fn two_faults_to_one_operation_accuse_no_design_that_is_right() {
    // The first attempt to leave is executed too early and its reply lost, the second arrives when the user has joined.
    for design in [Design::ZsetSeq, Design::StreamShared] {
        explore("join u1 t1 | leave t1").faults(2).on(design).expect(Expected::Kept);
    }
}
