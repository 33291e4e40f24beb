//! `expiry`: an entry is gone by its TTL + tolerance, not before, and may join again then.
//!
//! - *Too late*: an answer that shows an entry in line (a position, a renewal, an admission, a leave, a
//!   "duplicate" that names it) and that was asked for after the entry had certainly expired. A renewal
//!   does not vouch for itself: it needs an earlier refresh that still held, or a dead entry could be
//!   renewed back to life.
//! - *Too early*: "not waiting" while the entry certainly had time left, and nothing else can have
//!   removed it.

use super::Normalised;
use super::finding::Finding;
use super::grouped::grouped;
use super::lifetimes::Refreshes;
use super::no_loss::final_empty;
use super::notation::{Acceptance, MaybeCause, NEVER, ReadKind, Span, Trace, ValueId};
use super::stay::Stays;
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{OpKind, Outcome, Promise};

/// Judges `expiry`. Examined: entries whose end was observable, that is seen after their first time to
/// live, answered "not waiting" with no removal known, followed by another join of the same key, or found
/// gone by the final drain.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let trace = &normalised.trace;
    let Some(refreshes) = Refreshes::new(history, trace, |token| normalised.id(token)) else {
        return Finding::holds_or_undecided(Promise::Expiry, 0, "entries of this scenario do not expire: state a TTL");
    };
    let judge = Judge { history, trace, refreshes, stays: normalised.stays(), other_ns: removed_otherwise_ns(trace) };
    let mut tally = Tally::default();
    let mut observed = vec![false; trace.values.len()];
    judge.answers(&mut observed, &mut tally);
    judge.followers(&mut observed);
    judge.drained(&mut observed);
    tally.examine(observed.iter().filter(|observed| **observed).count());
    tally.finding(
        Promise::Expiry,
        "no entry was observed past its time to live: let users abandon their entries, and ask, join again or drain after the TTL",
    )
}

/// From when on each value may have been removed by anything but expiry.
fn removed_otherwise_ns(trace: &Trace) -> Vec<u64> {
    let lost_ns = trace.lost.iter().map(|lost| lost.inv_ns).min().unwrap_or(NEVER);
    let mut other_ns = vec![lost_ns; trace.values.len()];
    let removals = trace.removals.iter().flat_map(|node| node.values.iter().map(move |id| (*id, node.span.inv_ns)));
    let maybes = trace.maybes.iter().filter(|maybe| maybe.cause != MaybeCause::Expiry);
    for (id, inv_ns) in removals.chain(maybes.map(|maybe| (maybe.value, maybe.span.inv_ns))) {
        other_ns[id as usize] = inv_ns.min(other_ns[id as usize]);
    }
    other_ns
}

struct Judge<'a> {
    history: &'a History,
    trace: &'a Trace,
    refreshes: Refreshes<'a>,
    stays: Stays<'a>,
    other_ns: Vec<u64>,
}

impl Judge<'_> {
    fn answers(&self, observed: &mut [bool], tally: &mut Tally) {
        for read in &self.trace.reads {
            if !self.trace.value(read.value).may_have_joined() {
                continue;
            }
            // "Accepted before" is true for good of an entry that was let in.
            let past = read.kind == ReadKind::Accepted && self.other_ns[read.value as usize] <= read.span.ret_ns;
            if read.kind == ReadKind::Absent {
                self.absent(read.value, read.span, read.record, observed, tally);
            } else if !past && self.names_an_entry_in_line(read.record) {
                self.present(read.value, read.span, read.record, observed, tally);
            }
        }
        for removal in self.trace.removals.iter() {
            for &id in removal.values.iter().filter(|id| self.trace.value(**id).may_have_joined()) {
                self.present(id, removal.span, removal.record, observed, tally);
            }
        }
    }

    /// A repeated attempt that hears of its own token hears of the past.
    fn names_an_entry_in_line(&self, record: usize) -> bool {
        let row = self.history.records.row(record);
        let own = || row.call().entry().map(|entry| entry.token);
        !(row.attempt() > 0 && matches!(row.outcome(), Outcome::Duplicate(token) if Some(token) == own()))
    }

    fn present(&self, id: ValueId, span: Span, record: usize, observed: &mut [bool], tally: &mut Tally) {
        observed[id as usize] |= span.inv_ns > self.refreshes.unrenewed_ns(id);
        let is_refresh = self.history.records.row(record).kind() == OpKind::Renew;
        let expired_ns = self.refreshes.expired_before_ns(id, span, is_refresh);
        if expired_ns >= span.inv_ns {
            return;
        }
        let words = Words::new(self.history);
        let gap_ns = span.inv_ns - expired_ns;
        let story = || {
            let event = words.event(record, &[self.trace.value(id).token]);
            format!(
                "{} must have expired by {}, yet {} later \"{}\"",
                words.whose(self.trace, id),
                ms(expired_ns),
                ms(gap_ns),
                event.text
            )
        };
        tally.violation(story, Some(gap_ns), || {
            let about = [self.trace.value(id).token];
            in_order(words.join_event(self.trace, id).into_iter().chain([words.event_in(record, span, &about)]))
        });
    }

    fn absent(&self, id: ValueId, span: Span, record: usize, observed: &mut [bool], tally: &mut Tally) {
        let joined = self.stays.at(id).accepted && self.stays.at(id).joined_by_ns < span.inv_ns;
        if !joined || self.other_ns[id as usize] <= span.ret_ns {
            return;
        }
        observed[id as usize] = true;
        let Some(alive_ns) = self.refreshes.alive_until_ns(id, span) else { return };
        if alive_ns <= span.ret_ns {
            return;
        }
        let words = Words::new(self.history);
        let gap_ns = alive_ns - span.ret_ns;
        let story = || {
            let (whose, at) = (words.whose(self.trace, id), ms(span.ret_ns));
            format!(
                "{whose} was answered \"not waiting\" at {at}, {} before it can have expired, and nothing else removed it",
                ms(gap_ns)
            )
        };
        tally.violation(story, Some(gap_ns), || {
            let about = [self.trace.value(id).token];
            in_order(words.join_event(self.trace, id).into_iter().chain([words.event(record, &about)]))
        });
    }

    /// An entry is observed to be gone when its key is accepted again after it must have expired.
    fn followers(&self, observed: &mut [bool]) {
        let values = &self.trace.values;
        let accepted = values.ids().filter(|id| values.acceptance(*id) == Acceptance::Accepted);
        let by_key = grouped(accepted.filter_map(|id| Some((values.dedupe(id)?.0, id))));
        for entries in by_key.several() {
            let mut entries = entries.to_vec();
            entries.sort_by_key(|id| (self.trace.values.join(*id).inv_ns, *id));
            for pair in entries.windows(2) {
                let untaken = self.other_ns[pair[0] as usize] == NEVER;
                let gone_ns = self.refreshes.expiry(pair[0]).map_or(NEVER, |span| span.ret_ns);
                observed[pair[0] as usize] |= untaken && gone_ns < self.trace.value(pair[1]).join.inv_ns;
            }
        }
    }

    /// The final drain finds whoever outlived the time to live; whoever it does not find is gone.
    fn drained(&self, observed: &mut [bool]) {
        let Some(end) = final_empty(self.history, &self.trace.removals) else { return };
        for (id, _) in (0u32..).zip(self.stays.iter()).filter(|(_, stay)| stay.accepted && stay.taker.is_none()) {
            let gone_ns = self.refreshes.expiry(id).map_or(NEVER, |span| span.ret_ns);
            observed[id as usize] |= self.other_ns[id as usize] == NEVER && gone_ns < end.span.inv_ns;
        }
    }
}
