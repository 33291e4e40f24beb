//! Certificates: whatever holds comes with an order that a plain queue replays, and nothing else passes for one.

use crate::judging::random::{Step as RandomStep, simulate, steps, users};
use crate::judging::recorded::{Book, MS, entry};
use crate::judging::{Kind, ONE_USER, Op, Users, oracle, parse, trace};
use proptest::prelude::*;
use stanchion::checks::certificate::{
    Certificate, Flaw, Step, TextProblem, certify, prove, read, replay, verify, write,
};
use stanchion::checks::notation::Trace;
use stanchion::checks::sweep::{FifoClass, Scope};
use stanchion::checks::{judge, normalise};
use stanchion::model::{Operation, Outcome, Promise};

const ALL: [Kind; 5] = [Kind::L, Kind::K, Kind::F, Kind::G, Kind::H];

fn as_one_line(steps: &[RandomStep]) -> Vec<Op> {
    simulate(steps, &ALL, |_, _| true)
}

fn order(trace: &Trace, promise: Promise) -> Option<Vec<Step>> {
    prove(trace, promise).map(|certificate| certificate.steps)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_line_that_holds_has_an_order_and_one_that_does_not_has_none(steps in steps(12)) {
        let ops = as_one_line(&steps);
        let legal = oracle::is_legal(&ops, FifoClass::Everyone, &ONE_USER);
        let trace = trace(&ops, &ONE_USER);
        let expires = ops.iter().any(|op| op.kind == Kind::K && !op.optional());
        match order(&trace, Promise::GlobalFifo) {
            Some(steps) => {
                prop_assert_eq!(replay(&trace, FifoClass::Everyone, Scope::Everything, &steps), Ok(()), "{:?}", ops);
                // An entry that outlives its time is not the line's to judge.
                prop_assert!(legal || expires, "{:?}", ops);
            }
            None => prop_assert!(!legal, "{:?}", ops),
        }
    }

    #[test]
    fn a_users_order_is_certified_for_each_user(steps in steps(12), users in users()) {
        let ops = simulate(&steps, &[Kind::L, Kind::K], |a, b| users[usize::from(a)] == users[usize::from(b)]);
        let trace = trace(&ops, &users);
        if let Some(steps) = order(&trace, Promise::PerUserFifo) {
            prop_assert_eq!(replay(&trace, FifoClass::User, Scope::OrderOnly, &steps), Ok(()), "{:?}", ops);
        } else {
            prop_assert!(!order_alone_is_legal(&ops, &users), "{:?}", ops);
        }
    }

    #[test]
    fn an_order_survives_being_written_and_read(steps in steps(12)) {
        let ops = as_one_line(&steps);
        let trace = trace(&ops, &ONE_USER);
        let Some(steps) = order(&trace, Promise::GlobalFifo) else { return Ok(()) };
        let certificate = Certificate { promise: Promise::GlobalFifo, taken: Vec::new(), steps };
        // Two expiries of one value have one name in the text; a history has one expiry a value.
        let expiries: Vec<&[u8]> = ops.iter().filter(|op| op.kind == Kind::K && !op.optional()).map(|op| op.values.as_slice()).collect();
        prop_assume!(expiries.iter().collect::<std::collections::BTreeSet<_>>().len() == expiries.len());
        let unjoined = |value: &[u8]| !ops.iter().any(|op| op.kind == Kind::E && op.values == value);
        prop_assume!(!expiries.iter().any(|value| unjoined(value)));
        prop_assert_eq!(read(&trace, text(&trace, &certificate).as_bytes()).unwrap(), certificate);
    }

    #[test]
    fn a_tampered_order_is_refused(steps in steps(12), at in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let ops = as_one_line(&steps);
        let trace = trace(&ops, &ONE_USER);
        let Some(steps) = order(&trace, Promise::GlobalFifo).filter(|steps| !steps.is_empty()) else { return Ok(()) };
        let check = |steps: &[Step]| replay(&trace, FifoClass::Everyone, Scope::Everything, steps);
        let twice: Vec<Step> = steps.iter().copied().chain([steps[at.index(steps.len())]]).collect();
        prop_assert_eq!(check(&twice), Err(Flaw::NotOnce(steps.len())));
        let (at, to) = (at.index(steps.len()), to.index(steps.len()));
        let mut moved = steps.clone();
        let step = moved.remove(at);
        moved.insert(to, step);
        if check(&moved).is_ok() {
            // Another order may be as good; then one that tries everything must agree that there is one.
            let expires = ops.iter().any(|op| op.kind == Kind::K && !op.optional());
            prop_assert!(expires || oracle::is_legal(&ops, FifoClass::Everyone, &ONE_USER));
        }
    }
}

fn order_alone_is_legal(ops: &[Op], users: &Users) -> bool {
    let ops: Vec<Op> = ops.iter().map(|op| Op { asked: op.asked.min(op.values.len()), ..op.clone() }).collect();
    oracle::is_legal(&ops, FifoClass::User, users)
}

fn text(trace: &Trace, certificate: &Certificate) -> String {
    let mut text = Vec::new();
    write(trace, certificate, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn replayed(history: &str, steps: &[Step]) -> Result<(), Flaw> {
    replay(&trace(&parse(history), &ONE_USER), FifoClass::Everyone, Scope::Everything, steps)
}

const TWO: &str = "E0[0,1] E1[2,3] B0/1[4,7] B1/1[5,8]";

#[test]
fn the_right_order_is_accepted() {
    assert_eq!(replayed(TWO, &[Step::Join(0), Step::Join(1), Step::Removal(0), Step::Removal(1)]), Ok(()));
}

#[test]
fn an_admission_out_of_turn_is_wrong() {
    let order = [Step::Join(0), Step::Join(1), Step::Removal(1), Step::Removal(0)];
    assert_eq!(replayed(TWO, &order), Err(Flaw::Wrong(2)));
}

#[test]
fn an_operation_after_its_own_answer_is_too_late() {
    let order = [Step::Join(1), Step::Join(0), Step::Removal(0), Step::Removal(1)];
    assert_eq!(replayed(TWO, &order), Err(Flaw::TooLate(1)));
}

#[test]
fn what_certainly_happened_may_not_be_missing() {
    let joined = [Step::Join(0), Step::Join(1), Step::Removal(0)];
    assert_eq!(replayed(TWO, &joined), Err(Flaw::Missing(Step::Removal(1))));
    assert_eq!(replayed("E0[0,1]", &[]), Err(Flaw::Missing(Step::Join(0))));
    assert_eq!(replayed("E0[0,1] G0[2,3]", &[Step::Join(0)]), Err(Flaw::Missing(Step::Read(0))));
    assert_eq!(replayed("E0[0,inf]", &[]), Ok(()));
    assert_eq!(replayed("E0[0,1] K0[2,inf]", &[Step::Join(0)]), Ok(()));
}

#[test]
fn nobody_may_be_left_behind_by_a_short_batch() {
    let order = [Step::Join(0), Step::Join(1), Step::Removal(0)];
    assert_eq!(replayed("E0[0,1] E1[2,3] B0/1[4,5]", &order), Ok(()));
    assert_eq!(replayed("E0[0,1] E1[2,3] B0/2[4,5]", &order), Err(Flaw::Wrong(2)));
}

#[test]
fn answers_about_one_entry_are_replayed() {
    let before = [Step::Read(0), Step::Join(0)];
    let after = [Step::Join(0), Step::Read(0)];
    for (kind, right, wrong) in [("F", before, after), ("G", after, before), ("H", after, before)] {
        let history = format!("E0[0,9] {kind}0[0,9]");
        assert_eq!(replayed(&history, &right), Ok(()), "{kind}");
        assert!(matches!(replayed(&history, &wrong), Err(Flaw::Wrong(_))), "{kind}");
    }
}

/// u1 and u2 join, and are let in.
fn two_let_in() -> Book {
    let mut book = Book::new(Promise::GlobalFifo);
    book.add(Operation::Join(entry(1, 1)), Outcome::Joined, 0, 1);
    book.add(Operation::Join(entry(2, 2)), Outcome::Joined, 2, 3);
    let batch = stanchion::model::BatchId(1);
    let admitted = vec![entry(1, 1).token, entry(2, 2).token];
    book.add(Operation::Admit { count: 2, batch }, Outcome::Admitted(admitted), 4, 5);
    book
}

#[test]
fn what_a_lost_admission_took_is_part_of_the_proof() {
    // Records: 0 and 1 join, 2 is the lost admission, 3 admits.
    let trace = trace(&parse("E0[0,1] E1[2,3] P/1[4,inf] B1/1[5,6]"), &ONE_USER);
    let proof = prove(&trace, Promise::GlobalFifo).expect("an order");
    let text = text(&trace, &proof);
    assert_eq!(text, "stanchion-order 1 global-fifo 4\ntook 2 0\njoin 0\njoin 1\nadmit 2\nadmit 3\n");
    let again = read(&trace, text.as_bytes()).unwrap();
    assert_eq!(again, proof);
    assert_eq!(verify(&trace, &again), Ok(()));
    let told = |text: &str| verify(&trace, &read(&trace, text.as_bytes()).unwrap());
    assert_eq!(told(&text.replace("took 2 0", "took 2 1")), Err(Flaw::Wrong(2)));
    let nobody = read(&trace, text.replace("took 2 0\n", "").as_bytes());
    assert!(matches!(nobody, Err(TextProblem::Line { line: 4, .. })), "{nobody:?}");
    let more = read(&trace, text.replace("took 2 0", "took 2 0 1").as_bytes());
    assert!(matches!(more, Err(TextProblem::Line { line: 3, .. })), "{more:?}");
}

#[test]
fn a_saved_order_names_records_and_a_stranger_is_told_apart() {
    let history = two_let_in().saved();
    let trace = normalise(&history).trace;
    let certificate = certify(&trace, &judge(&history)).unwrap();
    let text = text(&trace, &certificate);
    assert_eq!(text, "stanchion-order 1 global-fifo 3\njoin 0\njoin 1\nadmit 2\n");
    let problem = |text: &str| read(&trace, text.as_bytes()).unwrap_err();
    assert!(matches!(problem("join 0\n"), TextProblem::Header));
    assert!(matches!(problem(&text.replace("admit 2", "admit 3")), TextProblem::Line { line: 4, .. }));
    assert!(matches!(problem("stanchion-order 1 global-fifo 3\njoin 0\n"), TextProblem::Count { found: 1, .. }));
    let swapped = text.replace("join 0\njoin 1", "join 1\njoin 0");
    let swapped = read(&trace, swapped.as_bytes()).unwrap();
    assert_eq!(verify(&trace, &swapped), Err(Flaw::TooLate(1)));
}

#[test]
fn what_does_not_hold_has_no_certificate() {
    let mut history = two_let_in().saved();
    if let Outcome::Admitted(tokens) = &mut history.records.edit()[2].outcome {
        tokens.swap(0, 1);
    }
    assert_eq!(certify(&normalise(&history).trace, &judge(&history)), None);
}

#[test]
fn an_entry_that_outlives_its_time_does_not_keep_the_line_from_being_certified() {
    let mut book = two_let_in();
    book.history.header.terms.ttl_ns = Some(MS);
    let trace = normalise(&book.saved()).trace;
    let certificate = certify(&trace, &judge(&book.saved())).unwrap();
    assert_eq!(verify(&trace, &certificate), Ok(()));
}
