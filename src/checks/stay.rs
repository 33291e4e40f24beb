//! How long each value was in line, as far as the answers prove it.

use std::borrow::Cow;
use std::collections::HashMap;

use super::notation::{NEVER, ReadKind, Removal, Span, Trace, ValueId};

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
    pub(super) fn removal<'a>(&self, trace: &'a Trace) -> Option<Removal<'a>> {
        self.taker.map(|index| trace.removals.at(index))
    }
}

/// The stays of all values. What most of them have in common with the trace is read there; kept here is
/// only who took each, and what is out of the ordinary.
pub(super) struct Stays<'a> {
    trace: &'a Trace,
    /// The first removal that took each value, or [`NOBODY`].
    takers: Vec<u32>,
    /// By when each had joined, as far as joins and answers about it say.
    joined_by_ns: Cow<'a, [u64]>,
    /// Of those removed more than once: until when nothing can have removed it, and when all had.
    removed_again_ns: HashMap<ValueId, (u64, u64)>,
    /// When each may have been removed unseen, and must have been; empty if there is nothing of the kind.
    unseen_ns: Vec<(u64, u64)>,
    /// A lost admission may have taken anybody whose removal nobody saw.
    lost_ns: u64,
}

const NOBODY: u32 = u32::MAX;

/// The stay of every value.
pub(super) fn stays(trace: &Trace) -> Stays<'_> {
    let mut stays = Stays {
        trace,
        takers: vec![NOBODY; trace.values.len()],
        joined_by_ns: Cow::Borrowed(trace.values.returns_ns()),
        removed_again_ns: HashMap::new(),
        unseen_ns: Vec::new(),
        lost_ns: trace.lost.iter().map(|lost| lost.inv_ns).min().unwrap_or(NEVER),
    };
    for read in trace.reads.iter().filter(|read| read.kind != ReadKind::Absent) {
        stays.answered(read.value, read.span.ret_ns);
    }
    for (index, removal) in trace.removals.iter().enumerate() {
        for &id in removal.values {
            stays.removed(id, index, removal.span);
        }
    }
    if !trace.maybes.is_empty() {
        stays.unseen_ns = vec![(NEVER, NEVER); trace.values.len()];
        for maybe in &trace.maybes {
            let joined_by_ns = stays.joined_by_ns[maybe.value as usize];
            let (may_ns, must_ns) = &mut stays.unseen_ns[maybe.value as usize];
            *may_ns = maybe.span.inv_ns.min(*may_ns);
            if joined_by_ns < maybe.span.inv_ns {
                *must_ns = maybe.span.ret_ns.min(*must_ns);
            }
        }
    }
    stays
}

impl<'a> Stays<'a> {
    /// Says the same of the trace without its lost admissions.
    pub(super) fn without_lost(self) -> Stays<'a> {
        Stays { lost_ns: NEVER, ..self }
    }

    /// An answer at this time says that the value was accepted.
    fn answered(&mut self, id: ValueId, ret_ns: u64) {
        let possible = self.trace.values.may_have_joined(id) && self.trace.values.join(id).inv_ns <= ret_ns;
        if possible && ret_ns < self.joined_by_ns[id as usize] {
            self.joined_by_ns.to_mut()[id as usize] = ret_ns;
        }
    }

    fn removed(&mut self, id: ValueId, index: usize, span: Span) {
        let values = &self.trace.values;
        if !values.may_have_joined(id) || values.join(id).inv_ns > span.ret_ns {
            return;
        }
        let taker = &mut self.takers[id as usize];
        if *taker == NOBODY {
            // Numbers fit: `Removals` holds fewer than 2^32.
            *taker = index as u32;
            return;
        }
        let first = self.trace.removals.span(*taker as usize);
        // Removed twice, it may have stayed until the later one.
        let (until_ns, gone_ns) = self.removed_again_ns.entry(id).or_insert((first.inv_ns, first.ret_ns));
        *until_ns = span.inv_ns.min(*until_ns);
        *gone_ns = span.ret_ns.max(*gone_ns);
        if span.ret_ns < first.ret_ns {
            *taker = index as u32;
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.takers.len()
    }

    /// The stay of one value.
    pub(super) fn at(&self, id: ValueId) -> Stay {
        let joined_by_ns = self.joined_by_ns[id as usize];
        let taker = self.takers[id as usize];
        if taker == NOBODY {
            // What an answered removal took, nothing else took.
            let (may_ns, must_ns) = self.unseen_ns.get(id as usize).copied().unwrap_or((NEVER, NEVER));
            return Stay {
                accepted: joined_by_ns < NEVER,
                joined_by_ns,
                stays_until_ns: may_ns.min(self.lost_ns),
                gone_by_ns: must_ns,
                taker: None,
            };
        }
        let span = self.trace.removals.span(taker as usize);
        let again = self.removed_again_ns.get(&id).filter(|_| !self.removed_again_ns.is_empty());
        let (stays_until_ns, gone_by_ns) = again.copied().unwrap_or((span.inv_ns, span.ret_ns));
        Stay {
            accepted: true,
            joined_by_ns: joined_by_ns.min(span.ret_ns),
            stays_until_ns,
            gone_by_ns,
            taker: Some(taker as usize),
        }
    }

    /// All stays, by value.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = Stay> + '_ {
        (0..self.len() as u32).map(|id| self.at(id))
    }
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
pub(super) fn overtaking(trace: &Trace, stays: &Stays<'_>, a: ValueId, b: ValueId) -> Option<Overtaking> {
    let admission = stays.at(b).removal(trace).filter(|removal| removal.is_batch())?;
    let joined_ns = trace.value(b).join.inv_ns.checked_sub(stays.at(a).joined_by_ns)?;
    let left_ns = stays.at(a).stays_until_ns.checked_sub(admission.span.ret_ns)?;
    let margin_ns = joined_ns.min(left_ns);
    (margin_ns > 0).then_some(Overtaking { overtaken: a, overtaker: b, margin_ns })
}

/// Every value of one FIFO class that was certainly overtaken, with whoever overtook it first. A second,
/// independent look at order: it knows nothing of the sweep, and whatever it finds the sweep must find.
pub(super) fn overtakings(trace: &Trace, stays: &Stays<'_>, class: &mut [ValueId]) -> Vec<Overtaking> {
    let mut by_join: Vec<ValueId> = class
        .iter()
        .copied()
        .filter(|id| stays.at(*id).removal(trace).is_some_and(|removal| removal.is_batch()))
        .collect();
    by_join.sort_by_key(|id| (trace.value(*id).join.inv_ns, *id));
    class.sort_by_key(|id| (std::cmp::Reverse(stays.at(*id).joined_by_ns), *id));
    let admitted_ns = |id: ValueId| stays.at(id).removal(trace).map_or(NEVER, |removal| removal.span.ret_ns);
    let mut found = Vec::new();
    let mut earliest: Option<ValueId> = None;
    for &overtaken in class.iter().filter(|id| stays.at(**id).joined_by_ns < NEVER) {
        while let Some(&later) = by_join.last()
            && trace.value(later).join.inv_ns > stays.at(overtaken).joined_by_ns
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
    stays: &Stays<'_>,
    removal: &Removal<'_>,
    class_of: impl Fn(ValueId) -> Option<u64>,
) -> Vec<(ValueId, ValueId)> {
    let mut newest: HashMap<u64, ValueId> = HashMap::new();
    let mut found = Vec::new();
    for &value in removal.values.iter().filter(|_| removal.is_batch()) {
        let Some(class) = class_of(value) else { continue };
        let join_ns = |id: ValueId| trace.value(id).join.inv_ns;
        match newest.get(&class) {
            Some(&first) if join_ns(first) > stays.at(value).joined_by_ns => found.push((first, value)),
            Some(&first) if join_ns(first) >= join_ns(value) => {}
            _ => {
                newest.insert(class, value);
            }
        }
    }
    found
}
