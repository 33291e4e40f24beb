//! A hundred thousand operations of a queue that keeps its line hold; one wrong answer among them is found
//! and shown in a handful of operations.

use std::collections::VecDeque;

use crate::judging::recorded::{Book, entry};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use stanchion::checks::{CheckOutcome, Counterexample, judge};
use stanchion::history::{History, Record};
use stanchion::model::{BatchId, Entry, Operation, Outcome, Phase, Promise, Token};

/// One operation every µs or so takes effect on a simulated queue, each within a span of up to 60 µs;
/// two users share nothing but the line, each holds two tokens.
fn correct_history(operations: u64) -> History {
    let mut random = ChaCha12Rng::seed_from_u64(20_251_005);
    let mut book = Book::new(Promise::GlobalFifo);
    book.terms().promises = vec![
        Promise::NoDuplicates,
        Promise::PerUserFifo,
        Promise::GlobalFifo,
        Promise::NoLoss,
        Promise::NoPhantoms,
        Promise::Position,
        Promise::Idempotence,
        Promise::Capacity,
    ];
    let mut line: VecDeque<Entry> = VecDeque::new();
    let (mut at_ns, mut tokens) = (100_000, 0);
    while (book.history.records.len() as u64) < operations {
        at_ns += random.random_range(1..2_000);
        let (call, outcome) = match random.random_range(0..100) {
            0..50 => {
                let mut joining = entry(tokens / 2, tokens);
                joining.dedupe.0 = tokens;
                tokens += 1;
                line.push_back(joining);
                (Operation::Join(joining), Outcome::Joined)
            }
            50..70 if !line.is_empty() => {
                let at = random.random_range(0..line.len());
                (Operation::Position(line[at]), Outcome::Position(at as u64 + 1))
            }
            70..74 if !line.is_empty() => {
                let at = random.random_range(0..line.len());
                let leaving = line.remove(at).expect("within the line");
                (Operation::Leave(leaving), Outcome::Left)
            }
            74..80 if !line.is_empty() => {
                let stands = line[random.random_range(0..line.len())];
                tokens += 2;
                let again = Entry { token: Token(1_000_000 + tokens), ..stands };
                (Operation::Join(again), Outcome::Duplicate(stands.token))
            }
            _ => admit(&mut line, random.random_range(1..6), at_ns),
        };
        span(&mut book, call, outcome, at_ns, &mut random);
    }
    while !line.is_empty() {
        at_ns += 100_000;
        let (call, outcome) = admit(&mut line, 500, at_ns);
        span(&mut book, call, outcome, at_ns, &mut random);
        book.history.records.last_mut().expect("just added").phase = Phase::Drain;
    }
    let (call, outcome) = admit(&mut line, 500, at_ns + 100_000);
    span(&mut book, call, outcome, at_ns + 100_000, &mut random);
    book.history.records.last_mut().expect("just added").phase = Phase::Drain;
    book.history.records.sort_by_key(|record| record.sent_ns);
    book.saved()
}

fn admit(line: &mut VecDeque<Entry>, count: u32, batch: u64) -> (Operation, Outcome) {
    let admitted = line.drain(..line.len().min(count as usize)).map(|entry| entry.token).collect();
    (Operation::Admit { count, batch: BatchId(batch) }, Outcome::Admitted(admitted))
}

fn span(book: &mut Book, call: Operation, outcome: Outcome, at_ns: u64, random: &mut ChaCha12Rng) {
    let record = book.add(call, outcome, 0, 0);
    record.sent_ns = at_ns - random.random_range(1..60_000);
    record.returned_ns = Some(at_ns + random.random_range(1..60_000));
}

fn proof(history: &History, promise: Promise) -> (u64, Counterexample) {
    let finding = judge(history).into_iter().find(|finding| finding.promise == promise).expect("it was asked for");
    match finding.outcome {
        CheckOutcome::Violated { violations, counterexample, .. } => (violations.get(), counterexample),
        other => panic!("{promise:?} expected to be violated: {other:?}"),
    }
}

fn admissions(records: &mut [Record]) -> Vec<&mut Vec<Token>> {
    let outcomes = records.iter_mut().map(|record| &mut record.outcome);
    outcomes.filter_map(|outcome| if let Outcome::Admitted(tokens) = outcome { Some(tokens) } else { None }).collect()
}

#[test]
fn a_correct_history_holds_every_promise() {
    let history = correct_history(100_000);
    let started = std::time::Instant::now();
    let findings = judge(&history);
    println!("{} operations judged in {:?}", history.records.len(), started.elapsed());
    for finding in findings {
        let CheckOutcome::Holds { examined } = finding.outcome else { panic!("{finding:?}") };
        assert!(examined.get() > 1_000, "{:?} examined only {examined}", finding.promise);
    }
}

#[test]
fn two_tokens_in_each_others_place_are_found() {
    let mut history = correct_history(20_000);
    let mut records = history.records.edit();
    let mut lists: Vec<_> = admissions(&mut records).into_iter().filter(|list| !list.is_empty()).collect();
    let (early, late) = (500, 700);
    let token = lists[early][0];
    lists[early][0] = lists[late][0];
    lists[late][0] = token;
    drop(records);
    let (_, proof) = proof(&history, Promise::GlobalFifo);
    assert_eq!(proof.events.len(), 4, "two joins and two admissions: {}", proof.story);
    assert!(proof.margin_ns > Some(0));
}

#[test]
fn a_stack_is_told_from_a_queue_at_once() {
    // The same tokens, handed out in the opposite order: about as many breaches as admissions.
    let mut history = correct_history(50_000);
    let mut records = history.records.edit();
    let mut lists = admissions(&mut records);
    let mut tokens: Vec<Token> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    for slot in lists.iter_mut().flat_map(|list| list.iter_mut()) {
        *slot = tokens.pop().expect("as many slots as tokens");
    }
    drop(records);
    let (violations, order) = proof(&history, Promise::GlobalFifo);
    assert!(violations > 5_000, "{violations}");
    assert_eq!(order.events.len(), 4);
}

#[test]
fn one_token_that_vanished_is_found() {
    let mut history = correct_history(20_000);
    let mut records = history.records.edit();
    let mut lists: Vec<_> = admissions(&mut records).into_iter().filter(|list| list.len() > 1).collect();
    let vanished = lists[300].remove(1);
    drop(records);
    let (violations, loss) = proof(&history, Promise::NoLoss);
    assert_eq!(violations, 1);
    assert!(loss.story.contains(&format!("t{} was acknowledged", vanished.0)), "{}", loss.story);
    let (_, order) = proof(&history, Promise::GlobalFifo);
    assert!(order.events.len() <= 4, "{:?}", order.events);
}

#[test]
fn one_empty_answer_too_early_is_found() {
    let mut history = correct_history(20_000);
    // An answer of nobody, while the line was long: the drain's last answer, told much earlier.
    let mut empty = history.records.last().expect("the drain");
    let phase_ns = history.records.at(15_000).sent_ns;
    empty.sent_ns = phase_ns;
    empty.returned_ns = Some(phase_ns + 50);
    empty.call = Operation::Admit { count: 5, batch: BatchId(1) };
    empty.phase = Phase::Load;
    history.records.edit().insert(15_001, empty);
    let (violations, found) = proof(&history, Promise::GlobalFifo);
    assert_eq!(violations, 1);
    assert!(found.story.contains("that nobody waits"), "{}", found.story);
    assert!(found.events.len() <= 3, "{:?}", found.events);
}
