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

/// The stays of all values. What most of them have in common with the trace is read there.
pub(super) struct Stays<'a> {
    trace: &'a Trace,
    facts: Cow<'a, Facts>,
    /// A lost admission may have taken anybody whose removal nobody saw.
    lost_ns: u64,
}

/// Who took each value, and what is out of the ordinary: all of a stay that the trace does not say at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The first removal that took each value, or [`NOBODY`].
    takers: Vec<u32>,
    /// By when each had joined, as far as joins and answers about it say; `None`: no answer came before the join's own.
    joined_by_ns: Option<Vec<u64>>,
    /// Of those removed more than once: until when nothing can have removed it, and when all had.
    removed_again_ns: HashMap<ValueId, (u64, u64)>,
    /// When each may have been removed unseen, and must have been; empty if there is nothing of the kind.
    unseen_ns: Vec<(u64, u64)>,
}

const NOBODY: u32 = u32::MAX;

/// By when each value had joined, as far as its join and the answers about it say; [`NEVER`] if nobody knows.
pub(super) fn joined_by_ns(trace: &Trace) -> Cow<'_, [u64]> {
    let mut joined_by_ns = Cow::Borrowed(trace.values.returns_ns());
    for read in trace.reads.iter().filter(|read| read.kind != ReadKind::Absent) {
        let (values, at, ret_ns) = (&trace.values, read.value as usize, read.span.ret_ns);
        let possible = values.may_have_joined(read.value) && values.join(read.value).inv_ns <= ret_ns;
        if possible && ret_ns < joined_by_ns[at] {
            joined_by_ns.to_mut()[at] = ret_ns;
        }
    }
    joined_by_ns
}

/// The stay of every value.
pub(super) fn stays(trace: &Trace) -> Stays<'_> {
    Stays::new(trace, Cow::Owned(Facts::of(trace)))
}

impl Facts {
    /// What a trace says.
    pub(super) fn of(trace: &Trace) -> Facts {
        let joined_by_ns = match joined_by_ns(trace) {
            Cow::Borrowed(_) => None,
            Cow::Owned(other) => Some(other),
        };
        let takers = vec![NOBODY; trace.values.len()];
        let mut facts = Facts { takers, joined_by_ns, ..Facts::default() };
        for (index, removal) in trace.removals.iter().enumerate() {
            for &id in removal.values {
                facts.removed(trace, id, index, removal.span);
            }
        }
        if !trace.maybes.is_empty() {
            let mut unseen_ns = vec![(NEVER, NEVER); trace.values.len()];
            for maybe in &trace.maybes {
                let (may_ns, must_ns) = &mut unseen_ns[maybe.value as usize];
                *may_ns = maybe.span.inv_ns.min(*may_ns);
                if facts.joined_by_ns(trace, maybe.value) < maybe.span.inv_ns {
                    *must_ns = maybe.span.ret_ns.min(*must_ns);
                }
            }
            facts.unseen_ns = unseen_ns;
        }
        facts
    }

    fn joined_by_ns(&self, trace: &Trace, id: ValueId) -> u64 {
        self.joined_by_ns.as_deref().unwrap_or(trace.values.returns_ns())[id as usize]
    }

    fn removed(&mut self, trace: &Trace, id: ValueId, index: usize, span: Span) {
        if !trace.values.may_have_joined(id) || trace.values.join(id).inv_ns > span.ret_ns {
            return;
        }
        let taker = &mut self.takers[id as usize];
        if *taker == NOBODY {
            // Numbers fit: `Removals` holds fewer than 2^32.
            *taker = index as u32;
            return;
        }
        let first = trace.removals.span(*taker as usize);
        // Removed twice, it may have stayed until the later one.
        let (until_ns, gone_ns) = self.removed_again_ns.entry(id).or_insert((first.inv_ns, first.ret_ns));
        *until_ns = span.inv_ns.min(*until_ns);
        *gone_ns = span.ret_ns.max(*gone_ns);
        if span.ret_ns < first.ret_ns {
            *taker = index as u32;
        }
    }
}

impl<'a> Stays<'a> {
    /// The stays of a trace of which the facts are known.
    pub(super) fn new(trace: &'a Trace, facts: Cow<'a, Facts>) -> Stays<'a> {
        let lost_ns = trace.lost.iter().map(|lost| lost.inv_ns).min().unwrap_or(NEVER);
        Stays { trace, facts, lost_ns }
    }

    /// Says the same of the trace without its lost admissions.
    pub(super) fn without_lost(self) -> Stays<'a> {
        Stays { lost_ns: NEVER, ..self }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.facts.takers.len()
    }

    /// The stay of one value.
    pub(super) fn at(&self, id: ValueId) -> Stay {
        let facts = self.facts.as_ref();
        let joined_by_ns = facts.joined_by_ns(self.trace, id);
        let taker = facts.takers[id as usize];
        if taker == NOBODY {
            // What an answered removal took, nothing else took.
            let (may_ns, must_ns) = facts.unseen_ns.get(id as usize).copied().unwrap_or((NEVER, NEVER));
            return Stay {
                accepted: joined_by_ns < NEVER,
                joined_by_ns,
                stays_until_ns: may_ns.min(self.lost_ns),
                gone_by_ns: must_ns,
                taker: None,
            };
        }
        let span = self.trace.removals.span(taker as usize);
        let again = facts.removed_again_ns.get(&id).filter(|_| !facts.removed_again_ns.is_empty());
        let (stays_until_ns, gone_by_ns) = again.copied().unwrap_or((span.inv_ns, span.ret_ns));
        Stay {
            accepted: true,
            joined_by_ns: joined_by_ns.min(span.ret_ns),
            stays_until_ns,
            gone_by_ns,
            taker: Some(taker as usize),
        }
    }

    /// Whether some answer says that the value was accepted.
    pub(super) fn accepted(&self, id: ValueId) -> bool {
        self.facts.takers[id as usize] != NOBODY || self.facts.joined_by_ns(self.trace, id) < NEVER
    }

    /// Whether an admission took the value.
    pub(super) fn is_admitted(&self, id: ValueId) -> bool {
        let taker = self.facts.takers[id as usize];
        taker != NOBODY && self.trace.removals.at(taker as usize).is_batch()
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
