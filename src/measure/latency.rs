//! Latency on three clocks, by operation and phase.
//!
//! What counts: an operation that its client saw answered. Unknown and refused attempts have no latency,
//! and neither has a reply that the harness kept from the client.
//!
//! - **service** runs from the send of an attempt to its reply: one sample an answered attempt.
//! - **response** runs from the time the operation was due to the reply that ended it: one sample an
//!   operation. An operation that was tried again therefore carries the time that its lost attempts took,
//!   as its user felt it.
//! - **send lag** runs from the time the operation was due to its first send: one sample an operation.
//!
//! Nothing is skipped, invented or clamped. A difference that is negative, or longer than a signed 64-bit
//! number of nanoseconds, is no latency: it is left out of that clock.

use std::collections::{BTreeMap, HashMap, HashSet};

use hdrhistogram::Histogram;

use super::intervals::{Intervals, intervals};
use super::timed::Timed;
use super::{Clock, Latency};
use crate::history::{History, Row};
use crate::model::{OpId, OpKind, Outcome, Phase};

/// Significant digits of a histogram: every value is right to 0.1 %, and to the ns below 2 µs.
const DIGITS: u8 = 3;

/// The longest latency a histogram's file format can hold, in ns.
const LATENCY_NS_MAX: u64 = i64::MAX.cast_unsigned();

/// Whether the client saw an answer to this attempt.
pub(super) fn answered(record: &Row<'_>) -> bool {
    !record.reply_dropped() && !matches!(record.outcome(), Outcome::Refused(_) | Outcome::Unknown(_))
}

/// One group of latencies.
pub(super) type Group = (OpKind, Phase, Clock);

/// The latencies of one group, in ns.
pub(super) struct Samples {
    pub histogram: Histogram<u64>,
    /// The exact largest, which a histogram knows to three digits only.
    pub max_ns: u64,
    /// The exact sum, for means.
    pub sum_ns: u128,
}

impl Samples {
    fn new() -> Samples {
        let histogram = Histogram::new(DIGITS).expect("three digits are within the one to five that are allowed");
        Samples { histogram, max_ns: 0, sum_ns: 0 }
    }

    pub(super) fn record(&mut self, ns: u64) {
        if ns <= LATENCY_NS_MAX {
            self.histogram.record(ns).expect("a histogram made without bounds grows to whatever it is given");
            self.max_ns = self.max_ns.max(ns);
            self.sum_ns += u128::from(ns);
        }
    }

    /// The value that a share of the samples does not exceed, in µs.
    pub(super) fn quantile_us(&self, share: f64) -> f64 {
        // A histogram answers with the upper end of a bucket, which may lie above the largest sample.
        us(self.histogram.value_at_quantile(share).min(self.max_ns))
    }
}

impl Default for Samples {
    fn default() -> Self {
        Samples::new()
    }
}

/// Every latency of a history, warm-up included, by group; no group is empty.
pub(super) fn samples(history: &History) -> BTreeMap<Group, Samples> {
    let mut groups: BTreeMap<Group, Samples> = BTreeMap::new();
    each(history, |group, _, ns| groups.entry(group).or_default().record(ns));
    groups
}

/// Hands out every latency of a history: its group, the time that its operation was due (or sent, where nobody planned
/// it), and how long it took, ns.
pub(super) fn each(history: &History, mut sink: impl FnMut(Group, u64, u64)) {
    let firsts = firsts(history);
    let mut ended: HashSet<OpId> = HashSet::new();
    for record in history.records.rows().filter(answered) {
        let Some(returned_ns) = record.returned_ns() else { continue };
        let (op, due_ns) = (record.kind(), record.intended_ns().unwrap_or_else(|| record.sent_ns()));
        let mut sample = |phase, clock, from: Option<u64>, to: u64| {
            if let Some(ns) = from.and_then(|from| to.checked_sub(from)).filter(|ns| *ns <= LATENCY_NS_MAX) {
                sink((op, phase, clock), due_ns, ns);
            }
        };
        sample(record.phase(), Clock::Service, Some(record.sent_ns()), returned_ns);
        let first = match firsts.get(&record.op()) {
            // The first answer ends an operation; what follows it is nobody's wait.
            Some(_) if !ended.insert(record.op()) => continue,
            Some(first) => *first,
            None => Attempt::of(record),
        };
        sample(first.phase, Clock::Response, first.intended_ns, returned_ns);
        sample(first.phase, Clock::SendLag, first.intended_ns, first.sent_ns);
    }
}

/// What counts of an attempt, if it is the first.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub(super) attempt: u16,
    pub(super) phase: Phase,
    pub(super) intended_ns: Option<u64>,
    pub(super) sent_ns: u64,
}

impl Attempt {
    pub(super) fn of(record: Row<'_>) -> Attempt {
        Attempt {
            attempt: record.attempt(),
            phase: record.phase(),
            intended_ns: record.intended_ns(),
            sent_ns: record.sent_ns(),
        }
    }
}

/// The first attempts of the operations that were tried again.
pub(super) fn firsts(history: &History) -> HashMap<OpId, Attempt> {
    let again = history.records.rows().filter(|record| record.attempt() > 0);
    let mut firsts: HashMap<OpId, Attempt> = again.map(|record| (record.op(), Attempt::of(record))).collect();
    for record in history.records.rows() {
        if let Some(first) = firsts.get_mut(&record.op())
            && record.attempt() < first.attempt
        {
            *first = Attempt::of(record);
        }
    }
    firsts
}

/// The figures of the groups that were recorded, warm-up left out. `timed` are the latencies of the load in order of time.
pub(super) fn figures(
    groups: &BTreeMap<Group, Samples>,
    timed: &BTreeMap<(OpKind, Clock), Vec<Timed>>,
) -> Vec<Latency> {
    let figure = |((op, phase, clock), samples): (&Group, &Samples)| {
        let list = timed.get(&(*op, *clock)).filter(|_| *phase == Phase::Load).map(Vec::as_slice);
        let Intervals { p50_us: p50_interval_us, p99_us: p99_interval_us, reasons } = intervals(list);
        Latency {
            op: *op,
            phase: *phase,
            clock: *clock,
            count: samples.histogram.len(),
            p50_us: samples.quantile_us(0.5),
            p90_us: samples.quantile_us(0.9),
            p99_us: samples.quantile_us(0.99),
            p999_us: samples.quantile_us(0.999),
            max_us: us(samples.max_ns),
            p50_interval_us,
            p99_interval_us,
            reasons,
        }
    };
    groups.iter().filter(|((_, phase, _), _)| *phase != Phase::WarmUp).map(figure).collect()
}

#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
fn us(ns: u64) -> f64 {
    ns as f64 / 1_000.0
}

/// The latencies of one group as a histogram in ns; empty if there are none.
#[must_use]
pub fn histogram(history: &History, op: OpKind, phase: Phase, clock: Clock) -> Histogram<u64> {
    samples(history).remove(&(op, phase, clock)).unwrap_or_default().histogram
}
