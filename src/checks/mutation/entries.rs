//! Faults of single entries: admitted again, lost, never joined, two under one key.

use rand_chacha::ChaCha8Rng;

use super::Mutant;
use super::slice::{Admission, Life, Slice, append, one_of, put, take_out};
use crate::model::{Operation, Outcome, Refusal, Token};

fn one_admitted(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<(Life, Admission)> {
    one_of(slice.admitted().collect(), rng)
}

/// A token that was let in is let in again, by another admission if there is one.
pub(super) fn admitted_again(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let (a, first) = one_admitted(slice, rng)?;
    let others = slice.admitted().map(|(_, other)| other.record).filter(|record| *record != first.record);
    let again = one_of(others.collect(), rng).unwrap_or(first.record);
    Some(slice.altered("an admission repeated", [a.token], |records| append(&mut records[again], a.token)))
}

/// Two entries that were certainly in line together have one dedupe key.
pub(super) fn one_key_for_two(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let admitted = slice.admitted();
    let together = |((a, left), (b, right)): &((Life, Admission), (Life, Admission))| {
        a.dedupe != b.dedupe && a.joined_ns.max(b.joined_ns) < left.sent_ns.min(right.sent_ns)
    };
    let pairs = admitted.clone().flat_map(|a| admitted.clone().map(move |b| (a, b))).filter(together).collect();
    let ((a, _), (b, _)) = one_of(pairs, rng)?;
    Some(slice.altered("one dedupe key for two in line", [a.token, b.token], |records| {
        if let Operation::Join(entry) = &mut records[b.join].call {
            entry.dedupe = a.dedupe;
        }
    }))
}

/// "Duplicate" becomes "joined", while the place of the same key certainly stood.
pub(super) fn second_place(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let mut candidates = Vec::new();
    for (record, asked) in slice.records.iter().enumerate() {
        let (Operation::Join(entry), Outcome::Duplicate(stands)) = (&asked.call, &asked.outcome) else { continue };
        let Some(returned_ns) = asked.returned_ns else { continue };
        let joins =
            slice.records.iter().filter(|other| matches!(other.call, Operation::Join(of) if of.token == entry.token));
        let only = joins.count() == 1 && entry.token != *stands;
        let standing = slice.admitted().any(|(a, admission)| {
            a.token == *stands
                && a.dedupe == entry.dedupe
                && a.joined_ns < asked.sent_ns
                && returned_ns < admission.sent_ns
        });
        if only && standing {
            candidates.push((record, [*stands, entry.token]));
        }
    }
    let (record, about) = one_of(candidates, rng)?;
    Some(slice.altered("a second token accepted under one dedupe key", about, |records| {
        records[record].outcome = Outcome::Joined;
    }))
}

/// An admission is left out, and the final drain finds nobody.
pub(super) fn lost(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let end = slice.drained?;
    let drain = &slice.records[end];
    let (Operation::Admit { count, .. }, Outcome::Admitted(tokens)) = (&drain.call, &drain.outcome) else {
        return None;
    };
    let ended_ns = drain.returned_ns.filter(|_| tokens.len() < *count as usize)?;
    // Nobody may think that it expired, or was swept away.
    let stays = |life: &Life| match slice.terms.ttl_ns {
        Some(ttl_ns) => {
            life.join_sent_ns.saturating_add(ttl_ns).saturating_sub(slice.terms.ttl_tolerance_ns) > ended_ns
        }
        None => !slice.swept,
    };
    let candidates =
        slice.admitted().filter(|(a, admission)| a.joined_ns < drain.sent_ns && admission.record != end && stays(a));
    let (a, admission) = one_of(candidates.collect(), rng)?;
    Some(slice.altered("an admission left out", [a.token], |records| {
        take_out(&mut records[admission.record], admission.place);
    }))
}

fn replaced(slice: &Slice<'_>, rng: &mut ChaCha8Rng, name: &'static str, token: Token) -> Option<Mutant> {
    let (a, admission) = one_admitted(slice, rng)?;
    Some(slice.altered(name, [a.token, token], |records| {
        put(&mut records[admission.record], admission.place, token);
    }))
}

/// A token is let in that no client was ever given.
pub(super) fn alien(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let alien = Token(slice.unknown_token().0 | Token::ALIEN);
    let known =
        slice.records.iter().any(|record| matches!(&record.outcome, Outcome::Admitted(list) if list.contains(&alien)));
    if known { None } else { replaced(slice, rng, "a token let in that was never given out", alien) }
}

/// A token is let in that nobody joined with.
pub(super) fn never_joined(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    replaced(slice, rng, "a token let in that nobody joined", slice.unknown_token())
}

/// The join of a token that is let in was refused.
pub(super) fn join_refused(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let (a, _) = one_admitted(slice, rng)?;
    Some(slice.altered("a token let in whose join was refused", [a.token], |records| {
        records[a.join].outcome = Outcome::Refused(Refusal::Other);
    }))
}

/// A token is let in by an admission that was answered before its join was sent.
pub(super) fn admitted_before_joining(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let admitted = slice.admitted();
    let pairs = admitted.clone().flat_map(|a| admitted.clone().map(move |b| (a.1, b)));
    let too_soon = pairs.filter(|(earlier, (b, _))| earlier.admitted_ns < b.join_sent_ns);
    let (earlier, (b, own)) = one_of(too_soon.collect(), rng)?;
    Some(slice.altered("a token let in before its join was sent", [b.token], |records| {
        take_out(&mut records[own.record], own.place);
        append(&mut records[earlier.record], b.token);
    }))
}
