//! When an entry may be gone by itself: expiry, and clean-up by age.
//!
//! An entry expires between *earliest* = last certain refresh (its invocation) + TTL − tolerance and
//! *latest* = last possible refresh (its reply) + TTL + tolerance + lag. Refreshes are the join and, unless
//! only joining counts, every renewal that was answered; a renewal whose answer was lost may have
//! happened at any later time, so it pushes *latest* to never and leaves *earliest* alone.

use super::normalise::{is_unknown, span};
use super::notation::{Acceptance, Maybe, MaybeCause, NEVER, ReadKind, Span, Trace, ValueId};
use super::token_ids::TokenIds;
use crate::history::History;
use crate::model::{OpKind, Operation, Outcome, Terms, Token};

/// The refreshes of every value that joined.
#[derive(Debug)]
pub struct Refreshes {
    ttl_ns: u64,
    tolerance_ns: u64,
    lag_ns: u64,
    /// By value: certain refreshes, in order of sending; the join is the first.
    certain: Vec<Vec<Span>>,
    /// By value: the first renewal without an answer.
    unanswered_ns: Vec<u64>,
}

impl Refreshes {
    /// From a history and its notation; `None` if entries do not expire.
    #[must_use]
    pub fn new(history: &History, trace: &Trace, id: impl Fn(Token) -> Option<ValueId>) -> Option<Refreshes> {
        let Terms { ttl_ns, ttl_tolerance_ns, ttl_lag_ns, ttl_from_join_only, .. } = history.header.terms;
        let mut certain = vec![Vec::new(); trace.values.len()];
        let mut unanswered_ns = vec![NEVER; trace.values.len()];
        let mut joined_ns: Vec<u64> = trace.values.iter().map(|value| value.join.ret_ns).collect();
        for read in trace.reads.iter().filter(|read| read.kind != ReadKind::Absent) {
            let joined_ns = &mut joined_ns[read.value as usize];
            *joined_ns = read.span.ret_ns.min(*joined_ns);
        }
        for (index, value) in trace.values.iter().enumerate().filter(|(_, value)| value.may_have_joined()) {
            certain[index].push(Span { inv_ns: value.join.inv_ns, ret_ns: joined_ns[index] });
        }
        if !ttl_from_join_only {
            for row in history.records.rows() {
                let Operation::Renew(entry) = row.call() else { continue };
                let record = row.record();
                let Some(value) = id(entry.token) else { continue };
                if record.outcome == Outcome::Renewed {
                    certain[value as usize].push(span(&record));
                } else if is_unknown(&record) {
                    let first_ns = &mut unanswered_ns[value as usize];
                    *first_ns = record.sent_ns.min(*first_ns);
                }
            }
        }
        for refreshes in &mut certain {
            refreshes.sort_by_key(|refresh| (refresh.inv_ns, refresh.ret_ns));
        }
        Some(Refreshes { ttl_ns: ttl_ns?, tolerance_ns: ttl_tolerance_ns, lag_ns: ttl_lag_ns, certain, unanswered_ns })
    }

    /// When a value that was refreshed last within this span is gone at the latest.
    fn latest_ns(&self, refresh: Span) -> u64 {
        refresh.ret_ns.saturating_add(self.ttl_ns).saturating_add(self.tolerance_ns).saturating_add(self.lag_ns)
    }

    fn earliest_ns(&self, refresh: Span) -> u64 {
        refresh.inv_ns.saturating_add(self.ttl_ns).saturating_sub(self.tolerance_ns)
    }

    /// The shortest time that an entry lives after its join.
    #[must_use]
    pub fn least_ns(&self) -> u64 {
        self.ttl_ns.saturating_sub(self.tolerance_ns)
    }

    /// The span in which a value expires if nothing else removes it.
    #[must_use]
    pub fn expiry(&self, value: ValueId) -> Option<Span> {
        let refreshes = &self.certain[value as usize];
        let inv_ns = refreshes.iter().map(|refresh| self.earliest_ns(*refresh)).max()?;
        let latest_ns = refreshes.iter().map(|refresh| self.latest_ns(*refresh)).max()?;
        let ret_ns = if self.unanswered_ns[value as usize] < NEVER { NEVER } else { latest_ns };
        Some(Span { inv_ns, ret_ns })
    }

    /// When a value had certainly expired, as far as the refreshes say that an answer with this span can
    /// know of; the answer's own refresh, if it is one, does not count.
    #[must_use]
    pub fn expired_before_ns(&self, value: ValueId, answer: Span, is_refresh: bool) -> u64 {
        if self.unanswered_ns[value as usize] <= answer.ret_ns {
            return NEVER;
        }
        let mut own_left = is_refresh;
        let known = self.certain[value as usize].iter().filter(|refresh| refresh.inv_ns <= answer.ret_ns);
        let others = known.filter(|refresh| !(**refresh == answer && std::mem::take(&mut own_left)));
        others.map(|refresh| self.latest_ns(*refresh)).max().unwrap_or(NEVER)
    }

    /// Until when a value certainly had not expired, by the refreshes that came before an answer with this span.
    #[must_use]
    pub fn alive_until_ns(&self, value: ValueId, answer: Span) -> Option<u64> {
        let before = self.certain[value as usize].iter().filter(|refresh| refresh.before(answer));
        before.map(|refresh| self.earliest_ns(*refresh)).max()
    }

    /// The join's own end of life, had nobody renewed it.
    #[must_use]
    pub fn unrenewed_ns(&self, value: ValueId) -> u64 {
        self.certain[value as usize].first().map_or(NEVER, |join| self.latest_ns(*join))
    }
}

/// Adds to a trace what may have been removed without anybody being told: by expiry, or by a sweep.
pub(super) fn add_possible_removals(history: &History, trace: &mut Trace, ids: &TokenIds) {
    let joined = |trace: &Trace| -> Vec<ValueId> {
        trace.values.ids().filter(|id| trace.value(*id).may_have_joined()).collect()
    };
    if let Some(refreshes) = Refreshes::new(history, trace, |token| ids.get(token)) {
        for value in joined(trace) {
            if let Some(span) = refreshes.expiry(value) {
                trace.maybes.push(Maybe {
                    value,
                    span,
                    after_join_ns: refreshes.least_ns(),
                    cause: MaybeCause::Expiry,
                });
            }
        }
        return;
    }
    // Without a stated time to live, a sweep that removed something may have removed anybody.
    let sweeps = history.records.rows().enumerate().filter(|(_, row)| row.kind() == OpKind::Sweep);
    let sweeps = sweeps.map(|(index, row)| (index, row.record()));
    let sweeps = sweeps.filter(|(_, record)| is_unknown(record) || matches!(record.outcome, Outcome::Swept(1..)));
    if let Some((index, record)) = sweeps.min_by_key(|(index, record)| (record.sent_ns, *index)) {
        let span = Span { inv_ns: record.sent_ns, ret_ns: NEVER };
        for value in joined(trace) {
            if trace.value(value).acceptance != Acceptance::Never {
                trace.maybes.push(Maybe { value, span, after_join_ns: 0, cause: MaybeCause::Sweep(index) });
            }
        }
    }
}
