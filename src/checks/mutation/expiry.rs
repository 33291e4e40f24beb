//! Faults of expiry: an answer moved across the end of an entry's life.

use rand_chacha::ChaCha8Rng;

use super::Mutant;
use super::slice::{Life, Slice, altered, one_of, project};
use crate::history::Record;
use crate::model::{Operation, Outcome, Terms};

/// The records about one value; none if a renewal of it was not answered, since nobody knows then how long it lives.
fn about(slice: &Slice<'_>, life: &Life) -> Option<Vec<Record>> {
    let records: Vec<Record> =
        slice.records.iter().filter_map(|record| project(record, |token| token == life.token, false)).collect();
    let open = |record: &Record| matches!((&record.call, &record.outcome), (Operation::Renew(_), Outcome::Unknown(_)));
    (!records.iter().any(open)).then_some(records)
}

/// When an entry is gone at the latest by the refreshes in these records, one left out.
fn latest_ns(terms: &Terms, records: &[Record], left_out: usize) -> Option<u64> {
    let refreshed = |record: &Record| match record.outcome {
        Outcome::Joined | Outcome::Duplicate(_) | Outcome::Renewed => Some(record.returned_ns.unwrap_or(u64::MAX)),
        _ => None,
    };
    let others = records.iter().enumerate().filter(|(index, _)| *index != left_out);
    let last_ns = others.filter_map(|(_, record)| refreshed(record)).max()?;
    last_ns.checked_add(terms.ttl_ns?)?.checked_add(terms.ttl_tolerance_ns)?.checked_add(terms.ttl_lag_ns)
}

/// Until when an entry certainly lives, by its join alone.
fn earliest_ns(terms: &Terms, life: &Life) -> Option<u64> {
    Some(life.join_sent_ns.saturating_add(terms.ttl_ns?).saturating_sub(terms.ttl_tolerance_ns))
}

fn moved(record: &mut Record, sent_ns: u64) {
    (record.sent_ns, record.returned_ns) = (sent_ns, Some(sent_ns.saturating_add(1)));
}

/// An answer that shows the entry in line is moved to after its last possible end.
pub(super) fn shown_too_late(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    slice.terms.ttl_ns?;
    let mut candidates = Vec::new();
    for life in &slice.lives {
        let Some(records) = about(slice, life) else { continue };
        for (index, record) in records.iter().enumerate() {
            let name = match (&record.call, &record.outcome) {
                (Operation::Admit { .. }, Outcome::Admitted(tokens)) if !tokens.is_empty() => {
                    "an admission moved across the entry's expiry"
                }
                (Operation::Position(_), Outcome::Position(_)) => "a position moved across the entry's expiry",
                (Operation::Renew(_), Outcome::Renewed) => "a renewal moved across the entry's expiry",
                (Operation::Leave(_), Outcome::Left) => "a leave moved across the entry's expiry",
                _ => continue,
            };
            let again = records.iter().filter(|other| other.op == record.op).count() > 1;
            if let Some(gone_ns) = latest_ns(slice.terms, &records, index).filter(|ns| *ns < u64::MAX - 2 && !again) {
                candidates.push((name, life.token, records.clone(), index, gone_ns + 1));
            }
        }
    }
    let (name, token, records, index, sent_ns) = one_of(candidates, rng)?;
    let capacity = slice.terms.capacity;
    Some(altered(records, name, [token], |records| moved(&mut records[index], sent_ns), capacity))
}

/// "Not waiting" is answered in place of a position, while the entry had time left.
pub(super) fn told_absent_too_early(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let mut candidates = Vec::new();
    for life in &slice.lives {
        let (Some(alive_ns), Some(records)) = (earliest_ns(slice.terms, life), about(slice, life)) else { continue };
        let removed_ns = match life.admission {
            Some(admission) => admission.sent_ns,
            None if life.may_be_removed => continue,
            None => u64::MAX,
        };
        for (index, record) in records.iter().enumerate() {
            let before_ns = alive_ns.min(removed_ns);
            let shows = matches!((&record.call, &record.outcome), (Operation::Position(_), Outcome::Position(_)));
            if shows && life.joined_ns < record.sent_ns && record.returned_ns.is_some_and(|ns| ns < before_ns) {
                candidates.push((life.token, records.clone(), index));
            }
        }
    }
    let (token, records, index) = one_of(candidates, rng)?;
    let name = "\"not waiting\" before the entry can have expired";
    let capacity = slice.terms.capacity;
    Some(altered(records, name, [token], |records| records[index].outcome = Outcome::NotWaiting, capacity))
}

/// The "not waiting" of an expired entry is moved to just after its join.
pub(super) fn gone_too_early(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let mut candidates = Vec::new();
    for life in slice.lives.iter().filter(|life| !life.may_be_removed) {
        let (Some(alive_ns), Some(records)) = (earliest_ns(slice.terms, life), about(slice, life)) else { continue };
        if life.joined_ns.saturating_add(2) >= alive_ns {
            continue;
        }
        for (index, record) in records.iter().enumerate() {
            let asks = matches!(record.call, Operation::Position(_) | Operation::Renew(_));
            if asks && record.outcome == Outcome::NotWaiting {
                candidates.push((life.token, records.clone(), index, life.joined_ns + 1));
            }
        }
    }
    let (token, records, index, sent_ns) = one_of(candidates, rng)?;
    let name = "an expiry moved to just after the join";
    let capacity = slice.terms.capacity;
    Some(altered(records, name, [token], |records| moved(&mut records[index], sent_ns), capacity))
}
