//! Faults of order: two admissions swapped, one left out while a later one stands, a short answer while somebody waits.

use rand_chacha::ChaCha8Rng;

use super::Mutant;
use super::slice::{Admission, Life, Slice, one_of, put, take_out};
use crate::model::{Operation, Outcome};

/// Two values, each with its admission, where the first must go first: it had certainly joined before the join of the
/// second was sent, and both were in line before either can have been let in.
type Pair = ((Life, Admission), (Life, Admission));

fn pairs(slice: &Slice<'_>) -> Vec<Pair> {
    let certain = |((a, first), (b, second)): &Pair| {
        let one_answer = first.record == second.record && first.place < second.place;
        let one_after_the_other = first.admitted_ns < second.sent_ns && b.joined_ns < first.sent_ns;
        a.joined_ns < b.join_sent_ns && (one_answer || one_after_the_other)
    };
    let admitted = slice.admitted();
    admitted.clone().flat_map(|a| admitted.clone().map(move |b| (a, b))).filter(certain).collect()
}

fn pairs_of_user(slice: &Slice<'_>) -> Vec<Pair> {
    pairs(slice).into_iter().filter(|((a, _), (b, _))| a.user == b.user).collect()
}

fn swap(slice: &Slice<'_>, name: &'static str, ((a, first), (b, second)): Pair) -> Mutant {
    slice.altered(name, [a.token, b.token], |records| {
        put(&mut records[first.record], first.place, b.token);
        put(&mut records[second.record], second.place, a.token);
    })
}

/// The one who joined later is let in first.
pub(super) fn swapped(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    one_of(pairs(slice), rng).map(|pair| swap(slice, "two admissions swapped", pair))
}

/// The same, of one user's tokens.
pub(super) fn swapped_of_user(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    one_of(pairs_of_user(slice), rng).map(|pair| swap(slice, "two admissions of one user swapped", pair))
}

/// The one who joined first is never let in, and cannot have gone otherwise.
fn leave_out(slice: &Slice<'_>, name: &'static str, ((a, first), (b, _)): Pair) -> Option<Mutant> {
    (!slice.may_vanish())
        .then(|| slice.altered(name, [a.token, b.token], |records| take_out(&mut records[first.record], first.place)))
}

/// The first of two is left out: the other goes while it waits.
pub(super) fn left_out(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    one_of(pairs(slice), rng).and_then(|pair| leave_out(slice, "an admission left out", pair))
}

/// The same, of one user's tokens.
pub(super) fn left_out_of_user(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    one_of(pairs_of_user(slice), rng).and_then(|pair| leave_out(slice, "an admission of a user's first left out", pair))
}

/// A full answer becomes short, which says that nobody else waited, while somebody did.
pub(super) fn left_behind(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let full = |record: usize| match (&slice.records[record].call, &slice.records[record].outcome) {
        (Operation::Admit { count, .. }, Outcome::Admitted(tokens)) => tokens.len() == *count as usize,
        _ => false,
    };
    let admitted = slice.admitted();
    let certain = |((_, answer), (other, own)): &Pair| {
        full(answer.record) && other.joined_ns < answer.sent_ns && answer.admitted_ns < own.sent_ns
    };
    let pairs = admitted.clone().flat_map(|a| admitted.clone().map(move |b| (a, b))).filter(certain).collect();
    let ((a, answer), (waiting, _)) = one_of(pairs, rng)?;
    Some(slice.altered("an answer that nobody else waits", [a.token, waiting.token], |records| {
        if let Operation::Admit { count, .. } = &mut records[answer.record].call {
            *count = count.saturating_add(1);
        }
    }))
}

/// A list of a user's entries names two in the order opposite to that of their joins.
pub(super) fn listed_backwards(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let mut candidates = Vec::new();
    for (record, listed) in slice.records.iter().enumerate() {
        let Outcome::Entries(tokens) = &listed.outcome else { continue };
        let place = |life: &Life| tokens.iter().position(|token| *token == life.token);
        for a in &slice.lives {
            for b in slice.lives.iter().filter(|b| a.joined_ns < b.join_sent_ns) {
                if let (Some(first), Some(second)) = (place(a), place(b)) {
                    candidates.push((record, first, second, [a.token, b.token]));
                }
            }
        }
    }
    let (record, first, second, about) = one_of(candidates, rng)?;
    Some(slice.altered("a list of a user's entries turned round", about, |records| {
        if let Outcome::Entries(tokens) = &mut records[record].outcome {
            tokens.swap(first, second);
        }
    }))
}
