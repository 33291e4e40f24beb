//! Faults of capacity: more than an admission asked for, more than a batch id asked for, more than the scenario allows.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;

use super::Mutant;
use super::answers::repeated_batches;
use super::slice::{Slice, append, one_of, put};
use crate::model::{Operation, Outcome, Phase, Token};

fn full<'a>(slice: &'a Slice<'_>, index: usize) -> Option<&'a [Token]> {
    match (&slice.records[index].call, &slice.records[index].outcome) {
        (Operation::Admit { count, .. }, Outcome::Admitted(tokens)) => {
            (tokens.len() == *count as usize && !tokens.is_empty()).then_some(tokens)
        }
        _ => None,
    }
}

/// A full answer names one more.
pub(super) fn more_than_asked(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let answers = (0..slice.records.len()).filter(|index| full(slice, *index).is_some());
    let index = one_of(answers.collect(), rng)?;
    let token = slice.unknown_token();
    Some(slice.altered("an answer of more than was asked for", [token], |records| {
        if let Outcome::Admitted(tokens) = &mut records[index].outcome {
            tokens.push(token);
        }
    }))
}

/// The second answer to a batch id, full like the first, names another.
pub(super) fn more_by_two_answers(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let all_full = |answers: &Vec<usize>| answers.iter().all(|index| full(slice, *index).is_some());
    let answers = one_of(repeated_batches(slice).into_iter().filter(all_full).collect(), rng)?;
    let last = *answers.last()?;
    let token = slice.unknown_token();
    Some(slice.altered("a second answer to a batch id that names another", [token], |records| {
        put(&mut records[last], 0, token);
    }))
}

/// The load lets one more in than is allowed: in the slice, as many are allowed as it lets in.
pub(super) fn more_than_allowed(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    slice.terms.capacity?;
    let (mut let_in, mut answers) = (BTreeSet::<Token>::new(), Vec::new());
    for (index, record) in slice.records.iter().enumerate().filter(|(_, record)| record.phase == Phase::Load) {
        if let Outcome::Admitted(tokens) = &record.outcome {
            let_in.extend(tokens);
            answers.push(index);
        }
    }
    let index = one_of(answers, rng)?;
    let token = slice.unknown_token();
    let name = "one more let in than allowed";
    let mutant = slice.altered(name, [token], |records| append(&mut records[index], token));
    Some(Mutant { capacity: Some(let_in.len() as u64), ..mutant })
}
