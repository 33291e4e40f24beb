//! How long each value was in line, as far as the answers prove it.

use std::collections::HashMap;

use super::notation::{NEVER, ReadKind, Removal, Trace, ValueId};

/// What is certain of one value's stay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    /// Some answer says that it was accepted.
    pub accepted: bool,
    /// By then it had joined; [`NEVER`] if nobody knows.
    pub joined_by_ns: u64,
    /// Until then nothing can have removed it.
    pub stays_until_ns: u64,
    /// After that it was certainly removed; [`NEVER`] if nobody knows.
    pub gone_by_ns: u64,
    /// The first removal that took it, an index into the trace.
    pub taker: Option<usize>,
}

impl Stay {
    /// The removal that took it.
    pub(super) fn removal<'a>(&self, trace: &'a Trace) -> Option<&'a Removal> {
        self.taker.map(|index| &trace.removals[index])
    }
}

/// The stay of every value.
pub(super) fn stays(trace: &Trace) -> Vec<Stay> {
    // A lost admission may have taken anybody whose removal nobody saw.
    let lost_ns = trace.lost.iter().map(|lost| lost.inv_ns).min().unwrap_or(NEVER);
    let mut stays: Vec<Stay> = trace
        .values
        .iter()
        .map(|value| Stay {
            accepted: value.join.ret_ns < NEVER,
            joined_by_ns: value.join.ret_ns,
            stays_until_ns: NEVER,
            gone_by_ns: NEVER,
            taker: None,
        })
        .collect();
    for read in trace.reads.iter().filter(|read| read.kind != ReadKind::Absent) {
        let value = trace.value(read.value);
        if value.may_have_joined() && value.join.inv_ns <= read.span.ret_ns {
            let stay = &mut stays[read.value as usize];
            stay.accepted = true;
            stay.joined_by_ns = stay.joined_by_ns.min(read.span.ret_ns);
        }
    }
    for (index, removal) in trace.removals.iter().enumerate() {
        for &id in &removal.values {
            let value = trace.value(id);
            if !value.may_have_joined() || value.join.inv_ns > removal.span.ret_ns {
                continue;
            }
            let stay = &mut stays[id as usize];
            stay.accepted = true;
            stay.joined_by_ns = stay.joined_by_ns.min(removal.span.ret_ns);
            stay.stays_until_ns = stay.stays_until_ns.min(removal.span.inv_ns);
            // Removed twice, it may have stayed until the later one.
            stay.gone_by_ns = match stay.taker {
                Some(_) => stay.gone_by_ns.max(removal.span.ret_ns),
                None => removal.span.ret_ns,
            };
            let earlier = |taker: usize| trace.removals[taker].span.ret_ns <= removal.span.ret_ns;
            if !stay.taker.is_some_and(earlier) {
                stay.taker = Some(index);
            }
        }
    }
    // What an answered removal took, nothing else took.
    for maybe in &trace.maybes {
        let stay = &mut stays[maybe.value as usize];
        if stay.taker.is_none() {
            stay.stays_until_ns = stay.stays_until_ns.min(maybe.span.inv_ns);
            if stay.joined_by_ns < maybe.span.inv_ns {
                stay.gone_by_ns = stay.gone_by_ns.min(maybe.span.ret_ns);
            }
        }
    }
    for stay in stays.iter_mut().filter(|stay| stay.taker.is_none()) {
        stay.stays_until_ns = stay.stays_until_ns.min(lost_ns);
    }
    stays
}

/// Two values in the wrong order: `first` certainly joined before `second`, which was certainly admitted
/// before `first` was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overtaking {
    pub overtaken: ValueId,
    pub overtaker: ValueId,
    /// How far the clocks would have to be off to void it.
    pub margin_ns: u64,
}

/// Whether b overtook a, and by how much.
pub(super) fn overtaking(trace: &Trace, stays: &[Stay], a: ValueId, b: ValueId) -> Option<Overtaking> {
    let admission = stays[b as usize].removal(trace).filter(|removal| removal.is_batch())?;
    let joined_ns = trace.value(b).join.inv_ns.checked_sub(stays[a as usize].joined_by_ns)?;
    let left_ns = stays[a as usize].stays_until_ns.checked_sub(admission.span.ret_ns)?;
    let margin_ns = joined_ns.min(left_ns);
    (margin_ns > 0).then_some(Overtaking { overtaken: a, overtaker: b, margin_ns })
}

/// Every value of one FIFO class that was certainly overtaken, with whoever overtook it first. A second,
/// independent look at order: it knows nothing of the sweep, and whatever it finds the sweep must find.
pub(super) fn overtakings(trace: &Trace, stays: &[Stay], class: &mut [ValueId]) -> Vec<Overtaking> {
    let mut by_join: Vec<ValueId> = class
        .iter()
        .copied()
        .filter(|id| stays[*id as usize].removal(trace).is_some_and(|removal| removal.is_batch()))
        .collect();
    by_join.sort_by_key(|id| (trace.value(*id).join.inv_ns, *id));
    class.sort_by_key(|id| (std::cmp::Reverse(stays[*id as usize].joined_by_ns), *id));
    let admitted_ns = |id: ValueId| stays[id as usize].removal(trace).map_or(NEVER, |removal| removal.span.ret_ns);
    let mut found = Vec::new();
    let mut earliest: Option<ValueId> = None;
    for &overtaken in class.iter().filter(|id| stays[**id as usize].joined_by_ns < NEVER) {
        while let Some(&later) = by_join.last()
            && trace.value(later).join.inv_ns > stays[overtaken as usize].joined_by_ns
        {
            if earliest.is_none_or(|best| admitted_ns(later) < admitted_ns(best)) {
                earliest = Some(later);
            }
            by_join.pop();
        }
        found.extend(earliest.and_then(|overtaker| overtaking(trace, stays, overtaken, overtaker)));
    }
    found
}

/// Values of one admission that it names after one that joined certainly later: `(first, second)`, where
/// `second` should have come before `first`. One pair for each such `second`.
pub(super) fn disorders(
    trace: &Trace,
    stays: &[Stay],
    removal: &Removal,
    class_of: impl Fn(ValueId) -> Option<u64>,
) -> Vec<(ValueId, ValueId)> {
    let mut newest: HashMap<u64, ValueId> = HashMap::new();
    let mut found = Vec::new();
    for &value in removal.values.iter().filter(|_| removal.is_batch()) {
        let Some(class) = class_of(value) else { continue };
        let join_ns = |id: ValueId| trace.value(id).join.inv_ns;
        match newest.get(&class) {
            Some(&first) if join_ns(first) > stays[value as usize].joined_by_ns => found.push((first, value)),
            Some(&first) if join_ns(first) >= join_ns(value) => {}
            _ => {
                newest.insert(class, value);
            }
        }
    }
    found
}
