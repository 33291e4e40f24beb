//! What is exported for other checkers says the same as the history does: a small model of a line, tried in every
//! order, comes to the judge's verdict from the exported text alone. The model is that of docs/history.md.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::process::Command;

use crate::judging::random::{Step, simulate as random, steps};
use crate::judging::recorded::{Book, entry, record};
use crate::judging::simulated::{Mix, simulate};
use crate::judging::{Kind, ONE_USER};
use proptest::prelude::*;
use serde_json::Value;
use stanchion::checks::{CheckOutcome, judge};
use stanchion::history::export::{Format, exportable, project, window, write};
use stanchion::history::{History, write_jsonl};
use stanchion::model::{DuplicateMeans, Operation, Outcome, Promise, Token, UnknownCause};

/// A line: who waits, who was ever accepted, and what each batch was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Line {
    waiting: Vec<String>,
    seen: BTreeSet<String>,
    answers: BTreeMap<String, Vec<String>>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The line after an operation; `None` if it could not have answered so.
fn step(line: &Line, operation: &Value) -> Option<Line> {
    let (input, output) = (&operation["input"], &operation["output"]);
    let outcome = output["outcome"].as_str().unwrap();
    if outcome == "refused" {
        return Some(line.clone());
    }
    let mut next = line.clone();
    let place = |line: &Line| line.waiting.iter().position(|token| *token == input["token"]);
    let legal = match input["op"].as_str().unwrap() {
        "join" if outcome == "duplicate" && output["duplicate_of"] != input["token"] => true,
        "join" => {
            if next.seen.insert(text(&input["token"])) {
                next.waiting.push(text(&input["token"]));
            }
            true
        }
        "admit" => {
            let told = output["tokens"].as_array().map(|tokens| tokens.iter().map(text).collect::<Vec<_>>());
            let answer = next.answers.entry(text(&input["batch"])).or_insert_with(|| {
                let count = usize::try_from(input["count"].as_u64().unwrap()).unwrap();
                next.waiting.drain(..count.min(next.waiting.len())).collect()
            });
            told.is_none_or(|told| told == *answer)
        }
        "leave" => {
            let place = place(line);
            place.map(|place| next.waiting.remove(place));
            outcome == "unknown" || place.is_some() == (outcome == "left")
        }
        _ => outcome == "unknown" || place(line).is_some() == (outcome != "not-waiting"),
    };
    let stands = || match output["stands"].as_str() {
        None => true,
        Some("waiting") => next.waiting.contains(&text(&output["duplicate_of"])),
        Some(_) => next.seen.contains(&text(&output["duplicate_of"])),
    };
    (legal && stands()).then_some(next)
}

/// Whether some order of the exported operations respects real time and is one that a line could have answered.
fn linearizable(exported: &str) -> bool {
    let operations: Vec<Value> = serde_json::from_str(exported).unwrap();
    assert!(operations.len() <= 64, "{} operations are too many to try", operations.len());
    let time = |operation: &Value, name: &str| operation[name].as_u64().unwrap();
    let required = |operation: &Value| operation["output"]["outcome"] != "unknown";
    let required: u64 =
        (0u32..).zip(&operations).filter(|(_, operation)| required(operation)).map(|(at, _)| 1 << at).sum();
    let mut seen = HashSet::new();
    let mut open = vec![(0u64, Line::default())];
    while let Some((done, line)) = open.pop() {
        if done & required == required {
            return true;
        }
        if !seen.insert((done, line.clone())) {
            continue;
        }
        let undone = || (0u32..).zip(&operations).filter(|(at, _)| done >> at & 1 == 0);
        let first = undone().map(|(_, operation)| time(operation, "return")).min().unwrap();
        for (at, operation) in undone().filter(|(_, operation)| time(operation, "call") <= first) {
            open.extend(step(&line, operation).map(|next| (done | 1 << at, next)));
        }
    }
    false
}

fn exported(history: &History, format: Format) -> String {
    let mut bytes = Vec::new();
    write(history, format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn fits(history: &History) -> bool {
    linearizable(&exported(history, Format::Porcupine))
}

fn violated(history: &History) -> bool {
    judge(history).iter().any(|finding| matches!(finding.outcome, CheckOutcome::Violated { .. }))
}

/// Random answers, right and wrong, without expiry.
fn recorded(steps: &[Step]) -> History {
    let mut ops = random(steps, &[Kind::L, Kind::K, Kind::F, Kind::G, Kind::P], |_, _| true);
    ops.retain(|op| op.kind != Kind::K || op.optional());
    record(&ops, &ONE_USER, Promise::GlobalFifo).saved()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_model_comes_to_the_judges_verdict(steps in steps(12)) {
        let history = recorded(&steps);
        let finding = judge(&history).remove(0).outcome;
        match finding {
            CheckOutcome::Holds { .. } => prop_assert!(fits(&history), "{}", exported(&history, Format::Porcupine)),
            CheckOutcome::Violated { .. } => prop_assert!(!fits(&history), "{}", exported(&history, Format::Porcupine)),
            CheckOutcome::Undecided { .. } => {}
        }
    }

    #[test]
    fn a_part_of_what_fits_a_line_fits_one(steps in steps(12), tokens in 0u64..32, shown in any::<u64>()) {
        let history = recorded(&steps);
        let tokens = (0..5).filter(|token| tokens >> token & 1 == 1).map(Token).collect();
        let shown = (0..history.records.len()).filter(|index| shown >> index & 1 == 1).collect();
        let part = project(&history, &tokens, &shown);
        // Unanswered admissions become many.
        prop_assume!(part.records.len() <= 24);
        prop_assert!(fits(&part) || !fits(&history), "{}", exported(&part, Format::Porcupine));
    }
}

#[test]
fn a_right_queue_fits_with_lost_replies_repeats_and_duplicates() {
    let (mut lost, mut repeats) = (0, 0);
    for seed in 0..60 {
        let means = [DuplicateMeans::WaitingNow, DuplicateMeans::AcceptedBefore][usize::from(seed % 2 == 1)];
        let history = simulate(seed, 18, Mix { overlap_ns: 15_000, means, ..Mix::default() });
        let text = exported(&history, Format::Porcupine);
        assert!(linearizable(&text), "seed {seed}: {text}");
        lost += text.matches("\"unknown\"").count();
        repeats += history.records.iter().filter(|record| record.attempt > 0).count();
        // Every token by itself, and every two neighbours.
        let tokens: BTreeSet<u64> =
            history.records.iter().filter_map(|record| record.call.entry()).map(|entry| entry.token.0).collect();
        for token in tokens {
            let part = [Token(token), Token(token + 1)].into_iter().collect();
            let shown = (0..history.records.len()).collect();
            let part = project(&history, &part, &shown);
            assert!(part.records.len() > 24 || fits(&part), "seed {seed}: {}", exported(&part, Format::Porcupine));
        }
    }
    assert!(lost > 20 && repeats > 20, "{lost} lost, {repeats} repeated");
}

#[test]
fn a_process_does_one_thing_at_a_time_and_nothing_after_an_unknown_end() {
    for seed in 0..20 {
        let history = simulate(seed, 60, Mix::default());
        let mut ends: BTreeMap<u64, &str> = BTreeMap::new();
        let text = exported(&history, Format::Jepsen);
        for (index, line) in text.lines().enumerate() {
            let after = |key: &str| line.split(key).nth(1).unwrap().split([',', '}']).next().unwrap();
            assert_eq!(after(":index "), index.to_string());
            let process: u64 = after(":process ").parse().unwrap();
            let kind = after(":type :");
            let before = ends.insert(process, kind);
            let right: &[Option<&str>] =
                if kind == "invoke" { &[None, Some("ok"), Some("fail")] } else { &[Some("invoke")] };
            assert!(right.contains(&before), "{before:?} then {line}");
        }
        assert!(ends.values().all(|end| *end != "invoke"), "all are completed");
    }
}

/// Five people; the third is let in before the second, among full batches and with a lost reply.
fn overtaken() -> Book {
    let mut book = Book::new(Promise::GlobalFifo);
    for (user, at) in (1..=5).zip((0..).step_by(2)) {
        book.joined(user, user, at, at + 1).client.0 = user as u32;
    }
    book.position(2, Some(2), 11, 12);
    book.admitted(2, &[1, 3], 13, 14);
    book.admitted(2, &[2, 4], 15, 16);
    book.drained(10, &[5], 17, 18);
    book.drained(10, &[], 19, 20);
    book
}

/// Writes a history, runs `stanchion export` on it with these words, and takes its answer.
fn run(history: &History, words: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("ours.jsonl")).unwrap();
    write_jsonl(&path, history).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_stanchion"));
    command.args(["export", path.as_str(), "--to", "porcupine"]).args(words);
    let done = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn the_operations_of_a_violation_are_few_and_fit_no_line() {
    let (code, text, told) = run(&overtaken().saved(), &["--violation", "1"]);
    assert_eq!((code, told.as_str()), (Some(0), ""));
    assert!(!linearizable(&text), "{text}");
    let operations: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(operations.len() <= 4, "{text}");
    // The same history without the lie.
    let mut book = overtaken();
    book.history.records[6].outcome = Outcome::Admitted(vec![Token(1), Token(2)]);
    book.history.records[7].outcome = Outcome::Admitted(vec![Token(3), Token(4)]);
    assert!(fits(&book.saved()));
    let (code, text, told) = run(&book.saved(), &["--violation", "1"]);
    assert_eq!((code, text.as_str()), (Some(2), ""), "{told}");
    assert!(told.contains("no promise is broken in it"), "{told}");
}

#[test]
fn every_violation_of_a_line_can_be_exported_and_fits_none() {
    // Taken twice, never joined, left behind by an empty batch, and lost.
    let admitted: [fn(&mut Book); 4] = [
        |book| _ = book.admitted(1, &[1], 30, 31),
        |book| _ = book.admitted(1, &[9], 30, 31),
        |book| _ = book.admitted(3, &[], 12, 13),
        |book| _ = book.joined(7, 7, 12, 13),
    ];
    for (number, lie) in admitted.into_iter().enumerate() {
        let mut book = Book::new(Promise::GlobalFifo);
        *book.terms() = stanchion::model::Terms {
            promises: vec![Promise::NoDuplicates, Promise::GlobalFifo, Promise::NoLoss, Promise::NoPhantoms],
            ..stanchion::model::Terms::default()
        };
        book.joined(1, 1, 10, 11);
        lie(&mut book);
        book.drained(5, &[1], 20, 21);
        book.drained(5, &[], 40, 41);
        let history = book.saved();
        let broken =
            judge(&history).iter().filter(|finding| matches!(finding.outcome, CheckOutcome::Violated { .. })).count();
        assert!(broken > 0, "lie {number}");
        for violation in 1..=broken {
            let (code, text, told) = run(&history, &["--violation", &violation.to_string()]);
            assert_eq!(code, Some(0), "lie {number}, violation {violation}: {told}");
            assert!(!linearizable(&text), "lie {number}, violation {violation}: {text}");
        }
        let (code, _, told) = run(&history, &["--violation", "9"]);
        assert!(code == Some(2) && told.contains("there is no violation 9; it breaks, in this order: "), "{told}");
    }
}

#[test]
fn a_lost_admission_that_may_explain_it_is_part_of_what_is_exported() {
    // Token 1 may have been taken by the admission without an answer, so nothing accuses this queue.
    let mut book = Book::new(Promise::GlobalFifo);
    book.joined(1, 1, 0, 1);
    book.joined(2, 2, 2, 3);
    book.unanswered(Operation::Admit { count: 3, batch: stanchion::model::BatchId(7) }, 4);
    book.admitted(1, &[2], 6, 7);
    let tokens = [Token(1), Token(2)].into_iter().collect();
    let part = project(&book.saved(), &tokens, &HashSet::new());
    assert!(!violated(&part) && fits(&part));
    let text = exported(&part, Format::Porcupine);
    assert_eq!(text.matches("unknown").count(), 2, "one for each of the two tokens: {text}");
    // Without it the same operations are a proof.
    book.history.records.remove(2);
    assert!(!fits(&project(&book.saved(), &tokens, &HashSet::new())));
}

#[test]
fn a_violation_that_no_line_sees_is_refused_with_a_sentence() {
    let mut book = Book::new(Promise::Capacity);
    book.terms().capacity = Some(1);
    book.joined(1, 1, 0, 1);
    book.joined(2, 2, 2, 3);
    book.admitted(2, &[1, 2], 4, 5);
    let (code, _, told) = run(&book.saved(), &["--violation", "1"]);
    assert!(code == Some(2) && told.contains("breaks `capacity` in a way that a model"), "{told}");
    // A wrong place stays a wrong place, also where those who are part of its proof were overtaken.
    let mut places = overtaken();
    places.terms().promises = vec![Promise::GlobalFifo, Promise::Position];
    places.history.records[5].call = Operation::Position(entry(3, 3));
    places.history.records[5].outcome = Outcome::Position(1);
    places.history.records[6].outcome = Outcome::Admitted(vec![Token(2), Token(3)]);
    places.history.records[7].outcome = Outcome::Admitted(vec![Token(1), Token(4)]);
    assert_eq!(run(&places.saved(), &["--violation", "1"]).0, Some(0));
    let (code, _, told) = run(&places.saved(), &["--violation", "2"]);
    assert!(code == Some(2) && told.contains("breaks `position` in a way that a model"), "{told}");
    book.terms().ttl_ns = Some(1);
    assert!(exportable(&book.saved()).is_err());
    let (code, _, told) = run(&book.saved(), &[]);
    assert!(code == Some(2) && told.contains("entries expire"), "{told}");
}

#[test]
fn a_window_stands_by_itself_or_is_refused_with_the_nearest_that_does() {
    // Two join and are let in (0 to 3), two more (4 to 7); record 9 is under way when 10 is sent.
    let mut book = Book::new(Promise::GlobalFifo);
    for round in [0, 20] {
        book.joined(round + 1, round + 1, round, round + 1);
        book.joined(round + 2, round + 2, round + 2, round + 3);
        book.admitted(1, &[round + 1], round + 4, round + 5);
        book.admitted(1, &[round + 2], round + 6, round + 7);
    }
    book.joined(31, 31, 40, 41);
    book.admitted(1, &[32], 42, 47);
    book.joined(32, 32, 44, 45);
    let history = book.saved();
    assert_eq!(window(&history, 4..8).unwrap().records.len(), 4);
    assert!(fits(&window(&history, 4..8).unwrap()));
    let told = |range| window(&history, range).unwrap_err().to_string();
    assert!(told(2..8).contains("at record 2 somebody may be waiting") && told(2..8).ends_with("0 and 4"));
    assert!(told(0..10).contains("when record 10 is sent") && told(0..10).ends_with("9 and 11"));
    assert!(told(5..5).contains("begins before it ends") && told(4..99).contains("0..11"));
    // Somebody of before is spoken of again.
    let mut again = overtaken();
    again.position(1, None, 30, 31);
    let again = again.saved();
    assert!(window(&again, 10..11).unwrap_err().to_string().contains("record 10 speaks of a token"));
    // An admission without an answer may take whoever comes, at any later time.
    book.unanswered(Operation::Admit { count: 1, batch: stanchion::model::BatchId(7) }, 50);
    book.history.records.swap(0, 11);
    let records = &mut book.history.records;
    (records[0].sent_ns, records[0].outcome) = (0, Outcome::Unknown(UnknownCause::TimedOut));
    assert!(window(&book.saved(), 4..8).is_err());
    let (code, _, said) = run(&history, &["--window", "2..8"]);
    assert!(code == Some(2) && said.contains("cannot export"), "{said}");
    let (code, text, said) = run(&history, &["--window", "4..8"]);
    assert!(code == Some(0) && linearizable(&text), "{said}");
    let (code, _, said) = run(&history, &["--window", "four"]);
    assert!(code == Some(2) && said.contains("such as 0..50"), "{said}");
}
