//! Several clients at once: each run is recorded as a history and held to what its design claims, by the
//! judge and by two rules that need no judge.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use crate::support::Stage;
use crate::support::memory::HOUR;
use crate::support::program::{Program, concurrent};
use crate::support::recording::record;
use crate::support::reference::{Order, claimed};
use crate::support::search::{find, hold};
use stanchion::checks::{CheckOutcome, judge};
use stanchion::history::{History, Record};
use stanchion::model::{BatchId, Dedupe, DedupeKey, Operation, Outcome, Promise, Terms, Token};
use stanchion::queue::Design;

const CLIENTS: usize = 3;

/// What a design is held to: all that it claims, but for the order that it is known not to keep.
fn held_to(design: Design, dedupe: Dedupe) -> Vec<Promise> {
    let order = claimed(design, dedupe);
    let keeps = |promise: &Promise| match promise {
        Promise::GlobalFifo | Promise::Position => order == Order::Exact,
        Promise::PerUserFifo => order != Order::Open,
        _ => true,
    };
    design.facts().claims.iter().copied().filter(keeps).collect()
}

/// Positions must be exact, and nothing expires before the test is over.
fn terms(design: Design, dedupe: Dedupe, expires: bool, promises: Vec<Promise>) -> Terms {
    Terms {
        promises,
        dedupe,
        duplicate_means: design.facts().duplicate_means,
        ttl_ns: expires.then_some(HOUR.as_nanos() as u64),
        ..Terms::default()
    }
}

/// The promises that hold and had a chance not to.
fn judged(history: &History) -> Result<Vec<Promise>, String> {
    let mut held = Vec::new();
    for finding in judge(history) {
        match finding.outcome {
            CheckOutcome::Holds { .. } => held.push(finding.promise),
            CheckOutcome::Undecided { examined: 0, .. } => {}
            CheckOutcome::Undecided { why, .. } => return Err(format!("{}: undecided: {why}", finding.promise.name())),
            CheckOutcome::Violated { counterexample, .. } => {
                return Err(format!("{}: {}", finding.promise.name(), counterexample.story));
            }
        }
    }
    Ok(held)
}

/// The answered admissions, a repeated batch once.
fn admissions(history: &History) -> HashMap<BatchId, (Record, Vec<Token>)> {
    let mut first = HashMap::new();
    for record in &history.records {
        if let (Operation::Admit { batch, .. }, Outcome::Admitted(tokens)) = (record.call, record.outcome.clone()) {
            first.entry(batch).or_insert((record, tokens));
        }
    }
    first
}

/// A dedupe key is given once, and once more for every leave (the mark outlives an admission, which is more
/// than the judge asks); whoever joined goes out once, by an admission or by leaving; nobody is swept; and a
/// repeated batch is answered alike.
fn conserved(history: &History) -> Result<(), String> {
    let admitted = admissions(history);
    let mut gone: HashMap<Token, u32> = HashMap::new();
    for token in admitted.values().flat_map(|(_, tokens)| tokens) {
        *gone.entry(*token).or_default() += 1;
    }
    let (mut joined, mut left) = (HashMap::<DedupeKey, Vec<Token>>::new(), HashMap::<DedupeKey, usize>::new());
    for record in &history.records {
        match (record.call, &record.outcome) {
            (Operation::Join(entry), Outcome::Joined) => joined.entry(entry.dedupe).or_default().push(entry.token),
            (Operation::Leave(entry), Outcome::Left) => {
                *left.entry(entry.dedupe).or_default() += 1;
                *gone.entry(entry.token).or_default() += 1;
            }
            (Operation::Admit { batch, .. }, Outcome::Admitted(tokens)) if admitted[&batch].1 != *tokens => {
                return Err(format!("{batch:?} was answered {:?} and {tokens:?}", admitted[&batch].1));
            }
            (Operation::Sweep { .. }, outcome) if *outcome != Outcome::Swept(0) => {
                return Err(format!("nobody is an hour old, yet a sweep answered {outcome:?}"));
            }
            _ => {}
        }
    }
    for (key, tokens) in &joined {
        let given_up = left.get(key).copied().unwrap_or(0);
        if tokens.len() > 1 + given_up {
            return Err(format!("{key:?} joined {} times and left {given_up} times: {tokens:?}", tokens.len()));
        }
        for token in tokens {
            match gone.remove(token) {
                Some(1) => {}
                Some(times) => return Err(format!("{token:?} went out {times} times")),
                None => return Err(format!("{token:?} joined and is lost")),
            }
        }
    }
    gone.keys().next().map_or(Ok(()), |token| Err(format!("{token:?} went out, but never joined")))
}

/// Every count of entries lies between who certainly waits all the while and who may wait at some moment of it.
fn counted(history: &History) -> Result<(), String> {
    let mut removed_by: HashMap<Token, Record> = HashMap::new();
    for (record, tokens) in admissions(history).into_values() {
        removed_by.extend(tokens.iter().map(|token| (*token, record.clone())));
    }
    for record in history.records.iter().filter(|record| record.outcome == Outcome::Left) {
        removed_by.extend(record.call.entry().map(|entry| (entry.token, record.clone())));
    }
    let joins: Vec<Record> = history.records.iter().filter(|record| record.outcome == Outcome::Joined).collect();
    for count in &history.records {
        let Outcome::Stats(stats) = count.outcome else { continue };
        let removal = |join: &Record| join.call.entry().and_then(|entry| removed_by.get(&entry.token));
        let certainly = |join: &&Record| {
            join.returned_ns < Some(count.sent_ns)
                && removal(join).is_none_or(|removal| count.returned_ns < Some(removal.sent_ns))
        };
        let possibly = |join: &&Record| {
            Some(join.sent_ns) <= count.returned_ns
                && removal(join).is_none_or(|removal| Some(count.sent_ns) <= removal.returned_ns)
        };
        let possible = joins.iter().filter(certainly).count()..=joins.iter().filter(possibly).count();
        if !possible.contains(&(stats.entries as usize)) {
            return Err(format!("{} entries counted, {possible:?} are possible", stats.entries));
        }
    }
    Ok(())
}

/// Runs a program and says which promises held.
fn examine(stage: &Stage, design: Design, terms: Terms, program: &Program) -> Result<Vec<Promise>, String> {
    let recording = stage.run(record(design, stage.clients(), terms, program));
    let history = recording.map_err(|error| error.to_string())?;
    let held = judged(&history)?;
    conserved(&history)?;
    // The others count stream by stream, while users move.
    if claimed(design, history.header.terms.dedupe) == Order::Exact {
        counted(&history)?;
    }
    Ok(held)
}

#[test]
fn several_clients_at_once_are_let_in_as_each_design_claims() {
    let stage = Stage::new(CLIENTS);
    for design in Design::ALL.iter().copied().filter(|design| *design != Design::StreamsNaive) {
        let (held, mut claims) = (RefCell::new(BTreeSet::new()), BTreeSet::new());
        for (dedupe, expires) in
            [Dedupe::User, Dedupe::Request].into_iter().flat_map(|dedupe| [(dedupe, false), (dedupe, true)])
        {
            let promises = held_to(design, dedupe);
            // Nothing expires here, and few users hold two tokens where each has one place.
            let seen = |promise: &Promise| match promise {
                Promise::Expiry => false,
                Promise::PerUserFifo => dedupe == Dedupe::Request,
                _ => true,
            };
            claims.extend(promises.iter().copied().filter(seen));
            let terms = terms(design, dedupe, expires, promises);
            hold(100, &concurrent(CLIENTS), |program| {
                let examined = examine(&stage, design, terms.clone(), program)
                    .map_err(|wrong| format!("{}, {dedupe:?}: {wrong}", design.name()))?;
                held.borrow_mut().extend(examined);
                Ok(())
            });
        }
        let missing: Vec<Promise> = claims.difference(&held.borrow()).copied().collect();
        assert!(missing.is_empty(), "{}: no program gave {missing:?} a chance to be broken", design.name());
    }
}

/// Searches for a program that breaks one promise, in the judge's eyes, in a way that the story tells.
fn broken(stage: &Stage, design: Design, promise: Promise, story: &str) -> (String, Program) {
    let terms = terms(design, Dedupe::User, false, vec![promise]);
    find(&concurrent(CLIENTS), |program| {
        let recording = stage.run(record(design, stage.clients(), terms.clone(), program));
        let found = judged(&recording.map_err(|error| error.to_string())?);
        found.map(drop).or_else(|told| if told.contains(story) { Err(told) } else { Ok(()) })
    })
}

#[test]
fn the_race_of_streams_naive_is_judged_and_shrunk_to_two_joins_at_once() {
    let stage = Stage::new(CLIENTS);
    let (told, program) = broken(&stage, Design::StreamsNaive, Promise::NoDuplicates, "holds two places at once");
    println!("{told}{program:?}");
    let joining = program.joining();
    assert_eq!((program.steps().len(), joining.len()), (2, 2), "{told}{program:?}");
    assert_eq!(joining[0], joining[1], "two places of one key: {program:?}");
    let [first, second] = busy(&program)[..] else { panic!("two clients join: {program:?}") };
    assert!(first.0 == second.0 && first.1 != second.1, "two clients in one round: {program:?}");
}

/// The round and the client of every step.
fn busy(program: &Program) -> Vec<(usize, usize)> {
    let mut busy = Vec::new();
    for (round, clients) in program.0.iter().enumerate() {
        for (client, steps) in clients.iter().enumerate() {
            busy.extend(steps.iter().map(|_| (round, client)));
        }
    }
    busy
}

#[test]
fn ties_within_a_millisecond_are_judged_and_shrunk_to_two_joins_back_to_back() {
    let stage = Stage::new(CLIENTS);
    for design in [Design::CompositeShift, Design::ZsetMs, Design::CompositeDecimal] {
        let (told, program) = broken(&stage, design, Promise::GlobalFifo, "");
        println!("{}: {told}{program:?}", design.name());
        let joining = program.joining();
        assert_eq!((program.steps().len(), joining.len()), (2, 2), "{}: {told}{program:?}", design.name());
        let [first, then] = [joining[0], joining[1]].map(|who| format!("u{who}"));
        assert!(first > then, "the tie is ordered by member bytes: {program:?}");
    }
}

#[test]
fn a_mark_that_does_not_hold_is_found_without_the_judge() {
    let stage = Stage::new(CLIENTS);
    let terms = terms(Design::StreamsNaive, Dedupe::User, false, Vec::new());
    let (wrong, program) = find(&concurrent(CLIENTS), |program| {
        let recording = stage.run(record(Design::StreamsNaive, stage.clients(), terms.clone(), program));
        conserved(&recording.map_err(|error| error.to_string())?)
    });
    assert!(wrong.contains("joined 2 times and left 0 times"), "{wrong}{program:?}");
    assert_eq!((program.steps().len(), program.joining().len()), (2, 2), "{wrong}{program:?}");
}
