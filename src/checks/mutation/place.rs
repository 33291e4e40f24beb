//! Faults of positions.
//!
//! A place depends on everybody who stands ahead, so the place in the one answer that a slice keeps is counted anew among
//! the values kept: as many ahead as certainly were.

use rand_chacha::ChaCha8Rng;

use super::Mutant;
use super::slice::{Admission, Slice, altered, one_of, project};
use crate::history::Record;
use crate::model::{Operation, Outcome, Token};

/// One answer about a value that was certainly in line, and everybody who was certainly let in.
struct Asked {
    token: Token,
    admission: Admission,
    records: Vec<Record>,
    /// Which record is the answer.
    answer: usize,
    /// The place, counted anew, and the last one that there is.
    place: u64,
    last: u64,
    capacity: Option<u64>,
}

fn asked(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Asked> {
    let mut candidates = Vec::new();
    for (index, record) in slice.records.iter().enumerate() {
        let (Operation::Position(entry), Outcome::Position(_)) = (&record.call, &record.outcome) else { continue };
        let Some(returned_ns) = record.returned_ns else { continue };
        let in_line = slice.admitted().find(|(life, admission)| {
            life.token == entry.token && life.joined_ns < record.sent_ns && returned_ns < admission.sent_ns
        });
        candidates.extend(in_line.map(|(life, admission)| (index, returned_ns, life, admission)));
    }
    let (index, returned_ns, life, admission) = one_of(candidates, rng)?;
    let kept: Vec<Token> = slice.admitted().map(|(life, _)| life.token).collect();
    let ahead =
        slice.admitted().filter(|(other, own)| other.joined_ns < life.join_sent_ns && returned_ns < own.sent_ns);
    let place = 1 + ahead.count() as u64;
    let (mut records, mut answer) = (Vec::new(), 0);
    for (number, record) in slice.records.iter().enumerate() {
        if number == index {
            answer = records.len();
            records.push(Record { outcome: Outcome::Position(place), ..record.clone() });
        } else if !matches!(record.outcome, Outcome::Position(_)) {
            records.extend(project(record, |token| kept.contains(&token), false));
        }
    }
    let last = kept.len() as u64;
    Some(Asked { token: life.token, admission, records, answer, place, last, capacity: slice.terms.capacity })
}

impl Asked {
    fn altered(self, name: &'static str, change: impl FnOnce(&mut Record)) -> Mutant {
        let answer = self.answer;
        altered(self.records, name, [self.token], |records| change(&mut records[answer]), self.capacity)
    }
}

/// The most by which a place may be off, rounded up.
fn tolerated(slice: &Slice<'_>, place: u64) -> u64 {
    let tolerance = slice.terms.position_tolerance;
    // Places are far below 2^53; a share that is absurd saturates.
    tolerance.absolute.max((tolerance.relative * place as f64).ceil() as u64)
}

/// Told a place behind everybody there is.
pub(super) fn too_far_back(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let asked = asked(slice, rng)?;
    let place = asked.last.saturating_add(tolerated(slice, asked.last)).checked_add(1)?;
    Some(asked.altered("a position shifted back", |record| record.outcome = Outcome::Position(place)))
}

/// Told the first place, although more stand ahead than may be overlooked.
pub(super) fn too_far_ahead(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let asked = asked(slice, rng)?;
    let overlooked = tolerated(slice, asked.place).saturating_add(1) < asked.place;
    overlooked.then(|| asked.altered("a position shifted to the front", |record| record.outcome = Outcome::Position(1)))
}

/// Told "not waiting" while in line.
pub(super) fn told_absent(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    Some(
        asked(slice, rng)?
            .altered("\"not waiting\" for somebody in line", |record| record.outcome = Outcome::NotWaiting),
    )
}

/// Told a place after having been let in.
pub(super) fn asked_afterwards(slice: &Slice<'_>, rng: &mut ChaCha8Rng) -> Option<Mutant> {
    let asked = asked(slice, rng)?;
    let sent_ns = asked.admission.admitted_ns.checked_add(1)?;
    let returned_ns = sent_ns.checked_add(1)?;
    Some(asked.altered("a position told after the admission", |record| {
        (record.sent_ns, record.returned_ns) = (sent_ns, Some(returned_ns));
    }))
}
