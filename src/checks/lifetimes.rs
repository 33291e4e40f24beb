//! When an entry may be gone by itself: expiry, and clean-up by age.
//!
//! An entry expires between *earliest* = last certain refresh (its invocation) + TTL − tolerance and
//! *latest* = last possible refresh (its reply) + TTL + tolerance + lag. Refreshes are the join and, unless
//! only joining counts, every renewal that was answered; a renewal whose answer was lost may have
//! happened at any later time, so it pushes *latest* to never and leaves *earliest* alone.

use std::borrow::Cow;
use std::collections::HashMap;

use super::normalise::{is_unknown, span};
use super::notation::{Maybe, MaybeCause, NEVER, Span, Trace, ValueId};
use super::stay::joined_by_ns;
use super::token_ids::TokenIds;
use crate::history::History;
use crate::model::{OpKind, Operation, Outcome, Terms, Token};

/// The refreshes of every value that joined.
#[derive(Debug)]
pub struct Refreshes<'a> {
    trace: &'a Trace,
    ttl_ns: u64,
    tolerance_ns: u64,
    lag_ns: u64,
    /// By when each value had joined.
    joined_by_ns: Cow<'a, [u64]>,
    /// Answered renewals, in order of values.
    renewals: Vec<(ValueId, Span)>,
    /// The first renewal without an answer of each value that has one.
    unanswered_ns: HashMap<ValueId, u64>,
}

impl<'a> Refreshes<'a> {
    /// From a history and its notation; `None` if entries do not expire.
    #[must_use]
    pub fn new(history: &History, trace: &'a Trace, id: impl Fn(Token) -> Option<ValueId>) -> Option<Refreshes<'a>> {
        let Terms { ttl_ns, ttl_tolerance_ns, ttl_lag_ns, ttl_from_join_only, .. } = history.header.terms;
        let ttl_ns = ttl_ns?;
        let (mut renewals, mut unanswered_ns) = (Vec::new(), HashMap::new());
        if !ttl_from_join_only {
            for row in history.records.rows() {
                let Operation::Renew(entry) = row.call() else { continue };
                let record = row.record();
                let Some(value) = id(entry.token) else { continue };
                if record.outcome == Outcome::Renewed {
                    renewals.push((value, span(&record)));
                } else if is_unknown(&record) {
                    let first_ns = unanswered_ns.entry(value).or_insert(NEVER);
                    *first_ns = record.sent_ns.min(*first_ns);
                }
            }
        }
        renewals.sort_unstable_by_key(|(value, span)| (*value, span.inv_ns, span.ret_ns));
        let (tolerance_ns, lag_ns) = (ttl_tolerance_ns, ttl_lag_ns);
        let joined_by_ns = joined_by_ns(trace);
        Some(Refreshes { trace, ttl_ns, tolerance_ns, lag_ns, joined_by_ns, renewals, unanswered_ns })
    }

    fn join(&self, value: ValueId) -> Option<Span> {
        let values = &self.trace.values;
        values
            .may_have_joined(value)
            .then(|| Span { inv_ns: values.join(value).inv_ns, ret_ns: self.joined_by_ns[value as usize] })
    }

    /// All of one value: the join, and the renewals in order of sending.
    fn certain(&self, value: ValueId) -> impl Iterator<Item = Span> + '_ {
        let begin = self.renewals.partition_point(|(other, _)| *other < value);
        let own = self.renewals[begin..].iter().take_while(move |(other, _)| *other == value);
        self.join(value).into_iter().chain(own.map(|(_, span)| *span))
    }

    /// The first renewal without an answer; [`NEVER`]: there is none.
    fn unanswered_ns(&self, value: ValueId) -> u64 {
        self.unanswered_ns.get(&value).copied().unwrap_or(NEVER)
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
        let inv_ns = self.certain(value).map(|refresh| self.earliest_ns(refresh)).max()?;
        let latest_ns = self.certain(value).map(|refresh| self.latest_ns(refresh)).max()?;
        let ret_ns = if self.unanswered_ns(value) < NEVER { NEVER } else { latest_ns };
        Some(Span { inv_ns, ret_ns })
    }

    /// When a value had certainly expired, as far as the refreshes say that an answer with this span can
    /// know of; the answer's own refresh, if it is one, does not count.
    #[must_use]
    pub fn expired_before_ns(&self, value: ValueId, answer: Span, is_refresh: bool) -> u64 {
        if self.unanswered_ns(value) <= answer.ret_ns {
            return NEVER;
        }
        let mut own_left = is_refresh;
        let known = self.certain(value).filter(|refresh| refresh.inv_ns <= answer.ret_ns);
        let others = known.filter(|refresh| !(*refresh == answer && std::mem::take(&mut own_left)));
        others.map(|refresh| self.latest_ns(refresh)).max().unwrap_or(NEVER)
    }

    /// Until when a value certainly had not expired, by the refreshes that came before an answer with this span.
    #[must_use]
    pub fn alive_until_ns(&self, value: ValueId, answer: Span) -> Option<u64> {
        let before = self.certain(value).filter(|refresh| refresh.before(answer));
        before.map(|refresh| self.earliest_ns(refresh)).max()
    }

    /// The join's own end of life, had nobody renewed it.
    #[must_use]
    pub fn unrenewed_ns(&self, value: ValueId) -> u64 {
        self.certain(value).next().map_or(NEVER, |join| self.latest_ns(join))
    }
}

/// Adds to a trace what may have been removed without anybody being told: by expiry, or by a sweep.
pub(super) fn add_possible_removals(history: &History, trace: &mut Trace, ids: &TokenIds) {
    if let Some(refreshes) = Refreshes::new(history, trace, |token| ids.get(token)) {
        let joined = trace.values.ids().filter(|id| trace.values.may_have_joined(*id));
        let expire = joined.filter_map(|value| {
            let (span, after_join_ns) = (refreshes.expiry(value)?, refreshes.least_ns());
            Some(Maybe { value, span, after_join_ns, cause: MaybeCause::Expiry })
        });
        let expire: Vec<Maybe> = expire.collect();
        trace.maybes.extend(expire);
        return;
    }
    // Without a stated time to live, a sweep that removed something may have removed anybody.
    let sweeps = history.records.rows().enumerate().filter(|(_, row)| row.kind() == OpKind::Sweep);
    let sweeps = sweeps.map(|(index, row)| (index, row.record()));
    let sweeps = sweeps.filter(|(_, record)| is_unknown(record) || matches!(record.outcome, Outcome::Swept(1..)));
    if let Some((index, record)) = sweeps.min_by_key(|(index, record)| (record.sent_ns, *index)) {
        let span = Span { inv_ns: record.sent_ns, ret_ns: NEVER };
        let joined = trace.values.ids().filter(|id| trace.values.may_have_joined(*id));
        trace.maybes.extend(joined.map(|value| Maybe {
            value,
            span,
            after_join_ns: 0,
            cause: MaybeCause::Sweep(index),
        }));
    }
}
