//! Faults of repeated answers: a batch id that gets two lists, a retry that hears something else, a "duplicate" of what is gone.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;

use super::Mutant;
use super::slice::{Slice, one_of, take_out};
use crate::model::{BatchId, DuplicateMeans, Operation, Outcome, Token};

/// The records of batches that were answered more than once, with somebody in each answer.
pub(super) fn repeated_batches(slice: &Slice<'_>) -> Vec<Vec<usize>> {
    let mut batches: BTreeMap<BatchId, Vec<usize>> = BTreeMap::new();
    for (index, record) in slice.records.iter().enumerate() {
        if let (Operation::Admit { batch, .. }, Outcome::Admitted(tokens)) = (&record.call, &record.outcome)
            && !tokens.is_empty()
        {
            batches.entry(*batch).or_default().push(index);
        }
    }
    batches.into_values().filter(|answers| answers.len() > 1).collect()
}

/// The last answer to a batch id lacks a token that the others name.
pub(super) fn batch_changed(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let answers = one_of(repeated_batches(slice), rng)?;
    let last = *answers.last()?;
    let Outcome::Admitted(tokens) = &slice.records[last].outcome else { return None };
    let place = tokens.len() - 1;
    let missing = tokens[place];
    Some(slice.altered("the second answer to a batch id changed", [missing], |records| {
        take_out(&mut records[last], place);
    }))
}

/// An admission has the id of another, which brought others.
pub(super) fn batch_id_reused(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let admitted = slice.admitted();
    let pairs = admitted.clone().flat_map(|a| admitted.clone().map(move |b| (a, b)));
    let (a, b) = one_of(pairs.filter(|(a, b)| a.1.record < b.1.record).collect(), rng)?;
    let Operation::Admit { batch: first, .. } = slice.records[a.1.record].call else { return None };
    Some(slice.altered("one batch id for two admissions", [a.0.token, b.0.token], |records| {
        if let Operation::Admit { batch, .. } = &mut records[b.1.record].call {
            *batch = first;
        }
    }))
}

/// A join that was tried again hears at last that another token stands, while its own is in line.
pub(super) fn retry_changed(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let own = |index: usize| {
        let record = &slice.records[index];
        let Operation::Join(entry) = record.call else { return None };
        let stands = matches!(record.outcome, Outcome::Joined)
            || matches!(record.outcome, Outcome::Duplicate(token) if token == entry.token);
        Some((entry.token, record.op, record.returned_ns.filter(|_| stands)?))
    };
    let answers: Vec<(usize, _)> = (0..slice.records.len()).filter_map(|index| Some((index, own(index)?))).collect();
    let mut candidates = Vec::new();
    for (index, (token, op, returned_ns)) in &answers {
        let last = answers.iter().all(|(other, (_, of, ns))| of != op || other == index || ns < returned_ns);
        let repeats = answers.iter().any(|(other, (_, of, _))| of == op && other != index);
        // Whatever brings the token, or asks it to leave, comes after the answer; and it cannot expire before.
        let stays = slice.records.iter().all(|record| {
            let removes = match (&record.call, &record.outcome) {
                (Operation::Admit { .. }, Outcome::Admitted(tokens)) => tokens.contains(token),
                (Operation::Leave(entry), _) => entry.token == *token,
                _ => false,
            };
            !removes || (record.sent_ns > *returned_ns && record.attempt == 0)
        });
        if last && repeats && stays && !slice.may_vanish() {
            candidates.push((*index, *token));
        }
    }
    let (index, token) = one_of(candidates, rng)?;
    let other = slice.lives.iter().map(|life| life.token).find(|other| *other != token)?;
    Some(slice.altered("the second answer to a join changed", [token, other], |records| {
        records[index].outcome = Outcome::Duplicate(other);
    }))
}

/// "Duplicate" names a token whose place had certainly been given up.
pub(super) fn stale_duplicate(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let forgets = slice.terms.duplicate_means == DuplicateMeans::WaitingNow;
    let mut candidates = Vec::new();
    for (index, record) in slice.records.iter().enumerate() {
        let (Operation::Join(entry), Outcome::Duplicate(_)) = (&record.call, &record.outcome) else { continue };
        let admitted = slice.admitted().filter(|_| forgets).map(|(life, own)| (life.token, own.admitted_ns));
        let gone =
            admitted.chain(left(slice)).filter(|(token, gone_ns)| *gone_ns < record.sent_ns && *token != entry.token);
        candidates.extend(gone.map(|(token, _)| (index, token)));
    }
    let (index, token) = one_of(candidates, rng)?;
    Some(slice.altered("a \"duplicate\" of a place that was given up", [token], |records| {
        records[index].outcome = Outcome::Duplicate(token);
    }))
}

/// The tokens that nothing but a single leave removed, with its reply.
fn left<'a>(slice: &'a Slice<'_>) -> impl Iterator<Item = (Token, u64)> + 'a {
    let names =
        |token: Token| move |outcome: &Outcome| matches!(outcome, Outcome::Admitted(list) if list.contains(&token));
    slice.records.iter().filter_map(move |record| {
        let (Operation::Leave(entry), Outcome::Left) = (&record.call, &record.outcome) else { return None };
        let joined = slice.lives.iter().any(|life| life.token == entry.token);
        let leaves =
            slice.records.iter().filter(|other| matches!(other.call, Operation::Leave(of) if of.token == entry.token));
        let once = leaves.count() == 1 && !slice.records.iter().any(|other| names(entry.token)(&other.outcome));
        Some((entry.token, record.returned_ns.filter(|_| joined && once)?))
    })
}
