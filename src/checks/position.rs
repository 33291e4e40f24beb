//! `position`: every reported position is possible, and within the stated tolerance.
//!
//! Sound bounds only. Whoever certainly joined before and certainly stayed until the answer is ahead
//! (*lowest* place); whoever may have joined before and may still have stayed may be ahead (*highest*
//! place). A place outside these bounds is impossible; one inside is possible, and need not be right:
//! between concurrent joins nobody can know. Entries that may have expired count for the highest place
//! and not for the lowest. "Not waiting" for an entry that certainly waits is impossible too.
//!
//! Both bounds are found for all answers at once by a sweep over a Fenwick tree, O(n log n).

use std::cmp::Reverse;

use super::Normalised;
use super::fenwick::Fenwick;
use super::finding::{Counterexample, Finding};
use super::normalise::span_of;
use super::notation::{NEVER, Span, Trace, ValueId};
use super::stay::{Stay, Stays};
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{Operation, Outcome, PositionTolerance, Promise};

/// One answer to "how far?".
struct Answer {
    record: usize,
    value: ValueId,
    span: Span,
    /// `None`: "not waiting".
    place: Option<u64>,
    lowest: u64,
    highest: u64,
}

/// Judges `position`. Examined: positions and "not waiting" answers to the question for one.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let trace = &normalised.trace;
    let stays = normalised.stays();
    let words = Words::new(history);
    let mut answers = answers(history, normalised);
    if answers.is_empty() {
        return Tally::default().finding(Promise::Position, NOBODY_ASKED);
    }
    bound_from_below(trace, &stays, &mut answers);
    bound_from_above(trace, &stays, &mut answers);
    let tolerance = history.header.terms.position_tolerance;
    let mut tally = Tally::default();
    let mut plainest: Option<(u64, &Answer)> = None;
    for answer in &answers {
        tally.examine(1);
        let Some(size) = proof_size(trace, &stays, tolerance, answer) else { continue };
        tally.violation(|| tell(words, trace, &stays, answer), None, Vec::new);
        if plainest.as_ref().is_none_or(|(smallest, _)| size < *smallest) {
            plainest = Some((size, answer));
        }
    }
    if let Some((_, answer)) = plainest {
        tally = tally.with_proof(proof(words, trace, &stays, tolerance, answer));
    }
    tally.finding(Promise::Position, NOBODY_ASKED)
}

const NOBODY_ASKED: &str = "nobody asked for a position: let users poll";

fn answers(history: &History, normalised: &Normalised) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (record, asked) in history.records.rows().enumerate() {
        let Operation::Position(entry) = asked.call() else { continue };
        let place = match asked.outcome() {
            Outcome::Position(place) => Some(place),
            Outcome::NotWaiting => None,
            _ => continue,
        };
        if let Some(value) = normalised.id(entry.token) {
            answers.push(Answer { record, value, span: span_of(asked), place, lowest: 1, highest: 1 });
        }
    }
    answers
}

/// Certainly ahead: joined certainly before, and stays at least until the answer.
fn bound_from_below(trace: &Trace, stays: &Stays<'_>, answers: &mut [Answer]) {
    let mut ends: Vec<u64> = stays.iter().map(|stay| stay.stays_until_ns).collect();
    let mut tree = Fenwick::new(&mut ends);
    let joined_by_ns = |id: ValueId| stays.at(id).joined_by_ns;
    let mut joined: Vec<ValueId> = trace.values.ids().filter(|id| joined_by_ns(*id) < NEVER).collect();
    joined.sort_by_cached_key(|id| Reverse(joined_by_ns(*id)));
    answers.sort_by_cached_key(|answer| (trace.values.join(answer.value).inv_ns, answer.record));
    for answer in answers.iter_mut() {
        let own_ns = trace.values.join(answer.value).inv_ns;
        while let Some(id) = joined.pop_if(|id| joined_by_ns(*id) < own_ns) {
            tree.insert(stays.at(id).stays_until_ns);
        }
        answer.lowest = 1 + tree.count_above(answer.span.ret_ns);
    }
}

/// Possibly ahead: may have joined before, and may have stayed until the question.
fn bound_from_above(trace: &Trace, stays: &Stays<'_>, answers: &mut [Answer]) {
    let mut ends: Vec<u64> = stays.iter().map(|stay| stay.gone_by_ns).collect();
    let mut tree = Fenwick::new(&mut ends);
    let mut joined: Vec<ValueId> = trace.values.ids().filter(|id| trace.values.may_have_joined(*id)).collect();
    joined.sort_by_cached_key(|id| Reverse(trace.values.join(*id).inv_ns));
    let latest_ns = |answer: &Answer| stays.at(answer.value).joined_by_ns.min(answer.span.ret_ns);
    answers.sort_by_cached_key(|answer| (latest_ns(answer), answer.record));
    for answer in answers.iter_mut() {
        let latest_ns = latest_ns(answer);
        while let Some(id) = joined.pop_if(|id| trace.values.join(*id).inv_ns <= latest_ns) {
            tree.insert(stays.at(id).gone_by_ns);
        }
        let value = trace.value(answer.value);
        let counted_itself = value.may_have_joined()
            && value.join.inv_ns <= latest_ns
            && stays.at(answer.value).gone_by_ns >= answer.span.inv_ns;
        answer.highest = 1 + tree.count_at_least(answer.span.inv_ns) - u64::from(counted_itself);
    }
    answers.sort_by_key(|answer| answer.record);
}

/// How far beyond a bound a place may lie.
fn allowed(tolerance: PositionTolerance, bound: u64) -> u64 {
    // The share is of a number of places, far below 2^53; a negative or absurd share saturates in the cast.
    tolerance.absolute.max((tolerance.relative * bound as f64) as u64)
}

/// Whether the entry was certainly in line all through the answer's span.
fn certainly_waits(stay: &Stay, span: Span) -> bool {
    stay.joined_by_ns < span.inv_ns && stay.stays_until_ns > span.ret_ns
}

/// Whether the entry was certainly not in line at any moment of the answer's span.
fn certainly_away(trace: &Trace, stays: &Stays<'_>, answer: &Answer) -> bool {
    let (value, stay) = (trace.value(answer.value), &stays.at(answer.value));
    let left = stay.taker.is_some() && stay.gone_by_ns < answer.span.inv_ns;
    left || !value.may_have_joined() || value.join.inv_ns > answer.span.ret_ns
}

/// `None` if the answer is possible, else about how many operations it takes to show that it is not.
fn proof_size(trace: &Trace, stays: &Stays<'_>, tolerance: PositionTolerance, answer: &Answer) -> Option<u64> {
    let Some(place) = answer.place else {
        return certainly_waits(&stays.at(answer.value), answer.span).then_some(1);
    };
    if certainly_away(trace, stays, answer) {
        return Some(2);
    }
    let too_low = allowed(tolerance, answer.lowest);
    if place.saturating_add(too_low) < answer.lowest {
        return Some(2 + place + too_low);
    }
    let too_high = answer.highest.saturating_add(allowed(tolerance, answer.highest));
    (place > too_high).then_some(1_000_000 + answer.highest)
}

fn tell(words: Words<'_>, trace: &Trace, stays: &Stays<'_>, answer: &Answer) -> String {
    let whose = words.whose(trace, answer.value);
    let at = ms(answer.span.ret_ns);
    let Some(place) = answer.place else {
        return format!("{whose} was told \"not waiting\" at {at}, although it certainly waited");
    };
    if certainly_away(trace, stays, answer) {
        return format!("{whose} was told place {place} at {at}, although it was not in line");
    }
    let (lowest, highest) = (answer.lowest, answer.highest);
    let possible =
        if lowest == highest { format!("only place {lowest}") } else { format!("only places {lowest} to {highest}") };
    let why = if place < lowest {
        format!("{} were certainly ahead", lowest - 1)
    } else {
        format!("at most {} can have been ahead", highest - 1)
    };
    format!("{whose} was told the impossible position {place} at {at}: {why}, so that {possible} could be")
}

/// How many of those ahead a proof shows.
const SHOWN: usize = 8;

fn proof(
    words: Words<'_>,
    trace: &Trace,
    stays: &Stays<'_>,
    tolerance: PositionTolerance,
    answer: &Answer,
) -> Counterexample {
    let story = tell(words, trace, stays, answer);
    let about = [trace.value(answer.value).token];
    let own = words.join_event(trace, answer.value).into_iter().chain([words.event(answer.record, &about)]);
    let place = answer.place.filter(|place| *place < answer.lowest && !certainly_away(trace, stays, answer));
    let Some(place) = place else {
        let stay = &stays.at(answer.value);
        let left = stay.removal(trace).map(|removal| words.removal_event(&removal, &about));
        return Counterexample { story, events: in_order(own.chain(left)), margin_ns: None };
    };
    // Those ahead by the widest margin; one more than the place allows for is enough.
    let own_ns = trace.value(answer.value).join.inv_ns;
    let mut ahead: Vec<(u64, ValueId)> = (0u32..)
        .zip(stays.iter())
        .filter_map(|(id, stay)| {
            let joined_ns = own_ns.checked_sub(stay.joined_by_ns)?;
            let left_ns = stay.stays_until_ns.checked_sub(answer.span.ret_ns)?;
            (joined_ns > 0 && left_ns > 0).then_some((joined_ns.min(left_ns), id))
        })
        .collect();
    ahead.sort_by_key(|(margin_ns, id)| (Reverse(*margin_ns), *id));
    let enough = usize::try_from(place.saturating_add(allowed(tolerance, answer.lowest))).unwrap_or(usize::MAX).max(1);
    ahead.truncate(enough);
    let margin_ns = ahead.last().map(|(margin_ns, _)| *margin_ns);
    let shown = ahead.iter().take(SHOWN).flat_map(|(_, id)| {
        let removal = stays.at(*id).removal(trace);
        let about = [trace.value(*id).token];
        words.join_event(trace, *id).into_iter().chain(removal.map(|removal| words.removal_event(&removal, &about)))
    });
    Counterexample { story, events: in_order(own.chain(shown)), margin_ns }
}
