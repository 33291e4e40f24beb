//! `no-loss`: every acknowledged join is admitted, left, expired or still waiting at the final drain.
//!
//! The final drain admits until an admission is answered that nobody waits. Whoever had joined before
//! that admission was sent, and was not seen leaving by its reply, and cannot have expired or left
//! unseen, is lost. Without such a drain, "still waiting" and "lost" look the same: undecided.

use std::cell::LazyCell;

use super::Normalised;
use super::finding::Finding;
use super::notation::{Removal, RemovalKind, Removals, ValueId};
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::{History, RunEnd};
use crate::model::{Phase, Promise};

/// Judges `no-loss`. Examined: joins that were certainly accepted.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let trace = &normalised.trace;
    let words = Words::new(history);
    // Lost admissions are counted below, not given the benefit of the doubt one by one.
    let stays = normalised.stays().without_lost();
    let mut tally = Tally::default();
    let end = final_empty(history, &trace.removals);

    let times = history.records.rows().map(|record| record.returned_ns().unwrap_or(record.sent_ns()));
    let recorded_until_ns = LazyCell::new(|| times.max().unwrap_or(0));

    let (mut missing, mut open): (Vec<ValueId>, u64) = (Vec::new(), 0);
    for (id, stay) in (0u32..).zip(stays.iter()).filter(|(_, stay)| stay.accepted) {
        tally.examine(1);
        let unaccounted = |until_ns: u64| stay.taker.is_none() && stay.stays_until_ns > until_ns;
        match end {
            Some(end) if stay.joined_by_ns < end.span.inv_ns => {
                if unaccounted(end.span.ret_ns) {
                    missing.push(id);
                }
            }
            _ => open += u64::from(unaccounted(*recorded_until_ns)),
        }
    }
    let may_have_taken: u64 = trace.lost.iter().map(|lost| u64::from(lost.asked)).sum();
    if missing.len() as u64 > may_have_taken
        && let Some(end) = end
    {
        missing.sort_by_key(|id| (stays.at(*id).joined_by_ns, *id));
        let certain = missing.len() as u64 - may_have_taken;
        for &id in missing.iter().take(usize::try_from(certain).unwrap_or(usize::MAX)) {
            let stay = &stays.at(id);
            let margin_ns = end.span.inv_ns - stay.joined_by_ns;
            let story = || {
                let doubt = if may_have_taken == 0 {
                    String::new()
                } else {
                    format!(
                        " (of {} missing, at most {may_have_taken} can be with admissions that were never answered)",
                        missing.len()
                    )
                };
                format!(
                    "{} was acknowledged by {}, was never admitted and cannot have left, yet the drain found nobody waiting at {}{doubt}",
                    words.join(trace, id),
                    ms(stay.joined_by_ns),
                    ms(end.span.ret_ns)
                )
            };
            tally.violation(story, Some(margin_ns), || {
                let about = [trace.value(id).token];
                in_order(words.join_event(trace, id).into_iter().chain([words.removal_event(&end, &about)]))
            });
        }
        return tally.finding(Promise::NoLoss, NOTHING);
    }
    if !missing.is_empty() {
        let why = format!(
            "{} acknowledged joins are unaccounted for, and admissions that were never answered may have taken {may_have_taken}; a run in which every admission is answered would decide it",
            missing.len()
        );
        return tally.undecided(Promise::NoLoss, why);
    }
    if open > 0 {
        return tally.undecided(Promise::NoLoss, why_open(history, end, open));
    }
    tally.finding(Promise::NoLoss, NOTHING)
}

const NOTHING: &str = "no join was acknowledged, so nothing could get lost";

/// The last admission that found nobody, if the drain ended with it.
pub(super) fn final_empty<'a>(history: &History, removals: &'a Removals) -> Option<Removal<'a>> {
    if !history.header.drained {
        return None;
    }
    let phase = |removal: &Removal<'_>| history.records.row(removal.record).phase();
    let drains = removals.iter().any(|removal| removal.is_batch() && phase(&removal) == Phase::Drain);
    let in_drain = |removal: &Removal<'_>| removal.is_batch() && (!drains || phase(removal) == Phase::Drain);
    let last = removals.iter().filter(in_drain).max_by_key(|removal| (removal.span.inv_ns, removal.record))?;
    matches!(last.kind, RemovalKind::Batch { short: true }).then_some(last)
}

fn why_open(history: &History, end: Option<Removal<'_>>, open: u64) -> String {
    let waiting = format!("{open} acknowledged joins were neither admitted nor left");
    match (history.header.end, end) {
        (RunEnd::Interrupted, None) => {
            format!("{waiting} when the run was interrupted, before the final drain; let it run to its end")
        }
        (RunEnd::ServerLost, None) => format!(
            "{waiting} when the server went away, before the final drain; run it again on a server that stays up"
        ),
        (RunEnd::Complete, None) if history.header.drained => {
            format!("{waiting}, and the drain did not end with an answer that nobody waits; drain until it does")
        }
        (RunEnd::Complete, None) => format!("{waiting}, and there was no final drain to find them; drain at the end"),
        (_, Some(_)) => format!(
            "{waiting} and joined only while the last admission was under way, or after it; drain after the last join"
        ),
    }
}
