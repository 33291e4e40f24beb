//! From what the sweep did to an order of all operations.
//!
//! Removals stand where the sweep performed them. Joins are as early as they may be: after their invocation,
//! after the joins of those of their class that admissions took before, and after the last short batch
//! before their own removal, which found nobody else. Whoever is removed k-th thus joins before whoever is
//! removed later. "Not waiting" stands right after the removal if that was in time, else before the join.
//!
//! A place is a pair of an instant and a rank among what happens at that instant: answers that a value
//! waits, and those that it does not wait yet (0), joins (1), then removals and what follows each.

use super::Step;
use crate::checks::notation::{NEVER, ReadKind, Span, Trace, ValueId};
use crate::checks::sweep::{FifoClass, Performed, Scope, Swept};

/// An instant in ns, the rank at that instant, and the rank among joins.
type Place = (u64, u32, u32);

/// Nothing is before, at an instant.
const FIRST: u32 = 0;
const JOINS: u32 = 1;

/// The ranks of the k-th removal, and of what follows right after it.
fn rank(removal: usize) -> u32 {
    // A trace holds fewer than 2^31 removed values, so this fits.
    2 * removal as u32 + 2
}

struct Building<'a> {
    trace: &'a Trace,
    swept: &'a Swept,
    /// By class: when the last one that an admission took joined.
    last_join_ns: Vec<u64>,
    /// When and at which rank the last short batch found nobody else.
    emptied: (u64, u32),
    joins: u32,
    /// Where each value joined and was removed.
    joined: Vec<Place>,
    removed: Vec<Option<(u64, u32)>>,
    /// Kept apart, since each is nearly in order already: sorting them is merging.
    joins_placed: Vec<(Place, Step)>,
    others_placed: Vec<(Place, Step)>,
}

/// The order that a sweep without breaches proves to exist.
pub(super) fn order(trace: &Trace, class: FifoClass, scope: Scope, swept: &Swept) -> Vec<Step> {
    let count = trace.values.len();
    let mut building = Building {
        trace,
        swept,
        last_join_ns: Vec::new(),
        emptied: (0, FIRST),
        joins: 0,
        joined: vec![(NEVER, 0, 0); count],
        removed: vec![None; count],
        joins_placed: Vec::with_capacity(count),
        others_placed: Vec::with_capacity(trace.removals.len() + trace.reads.len()),
    };
    let classes = match class {
        FifoClass::Everyone => Vec::new(),
        _ => classes(trace, class),
    };
    building.last_join_ns = vec![0; classes.iter().max().map_or(1, |most| *most as usize + 1)];
    let returned = |id: ValueId| trace.values.join(id).ret_ns < NEVER && trace.values.may_have_joined(id);
    let mut read = vec![false; if scope == Scope::Everything { count } else { 0 }];
    for answer in trace.reads.iter().filter(|answer| answer.kind != ReadKind::Absent) {
        if let Some(read) = read.get_mut(answer.value as usize) {
            *read = true;
        }
    }
    let certain = |id: ValueId| returned(id) || read.get(id as usize).copied().unwrap_or(false);
    let mut happened = vec![false; trace.maybes.len()];
    for (at, performed) in swept.performed.iter().enumerate() {
        match *performed {
            Performed::Removal { removal, at_ns } => building.removal(at, removal, at_ns, scope, &classes),
            // Nobody knows that this one ever joined: then there was nobody to remove.
            Performed::Maybe { maybe, .. } if !certain(trace.maybes[maybe].value) => {}
            Performed::Maybe { maybe, at_ns } => {
                happened[maybe] = true;
                building.take(trace.maybes[maybe].value, (at_ns, rank(at)), false, &classes);
                building.others_placed.push(((at_ns, rank(at), 0), Step::Maybe(maybe as u32)));
            }
        }
    }
    let stays: Vec<ValueId> =
        trace.values.ids().filter(|id| building.removed[*id as usize].is_none()).filter(|id| certain(*id)).collect();
    for id in stays {
        building.join(id, false, &classes);
    }
    for (number, maybe) in (0u32..).zip(&trace.maybes) {
        if !happened[number as usize] && maybe.span.ret_ns < NEVER {
            building.not_there(maybe.value, maybe.span.inv_ns, maybe.span.ret_ns, Step::Maybe(number));
        }
    }
    if scope == Scope::Everything {
        building.reads();
    }
    let Building { mut joins_placed, mut others_placed, .. } = building;
    joins_placed.sort_by_key(|(place, _)| *place);
    others_placed.sort_by_key(|(place, _)| *place);
    merged(&joins_placed, &others_placed)
}

/// Two lists in order as one. No two places are equal, but for answers that may stand in either order.
fn merged(joins: &[(Place, Step)], others: &[(Place, Step)]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(joins.len() + others.len());
    let mut joins = joins.iter().peekable();
    for (place, step) in others {
        while let Some((_, join)) = joins.next_if(|(join, _)| join < place) {
            steps.push(*join);
        }
        steps.push(*step);
    }
    steps.extend(joins.map(|(_, join)| *join));
    steps
}

impl Building<'_> {
    fn removal(&mut self, at: usize, removal: usize, at_ns: u64, scope: Scope, classes: &[u32]) {
        let node = self.trace.removals.at(removal);
        for &value in node.values {
            self.take(value, (at_ns, rank(at)), node.is_batch(), classes);
        }
        self.others_placed.push(((at_ns, rank(at), 0), Step::Removal(removal as u32)));
        if node.is_short() && scope == Scope::Everything {
            self.emptied = (at_ns, rank(at) + 1);
        }
    }

    fn take(&mut self, value: ValueId, place: (u64, u32), in_turn: bool, classes: &[u32]) {
        self.join(value, in_turn, classes);
        self.removed[value as usize] = Some(place);
    }

    /// As early as it may be.
    fn join(&mut self, value: ValueId, in_turn: bool, classes: &[u32]) {
        let class = classes.get(value as usize).copied().unwrap_or(0) as usize;
        let at_ns = self.swept.joined_from_ns[value as usize].max(self.last_join_ns[class]).max(self.emptied.0);
        if in_turn {
            self.last_join_ns[class] = at_ns;
        }
        let rank = if at_ns == self.emptied.0 && self.emptied.1 != FIRST { self.emptied.1 } else { JOINS };
        self.joins += 1;
        let place = (at_ns, rank, 2 * self.joins);
        self.joined[value as usize] = place;
        self.joins_placed.push((place, Step::Join(value)));
    }

    /// Something that found the value not in line.
    fn not_there(&mut self, value: ValueId, inv_ns: u64, ret_ns: u64, step: Step) {
        let place = match self.removed[value as usize] {
            Some((at_ns, _)) if at_ns > ret_ns => (inv_ns, FIRST, 0),
            Some((at_ns, rank)) if at_ns >= inv_ns => (at_ns, rank + 1, 0),
            _ => (inv_ns, FIRST, 0),
        };
        self.others_placed.push((place, step));
    }

    fn reads(&mut self) {
        for (number, read) in (0u32..).zip(&self.trace.reads) {
            let Span { inv_ns, ret_ns } = read.span;
            if read.kind == ReadKind::Absent {
                self.not_there(read.value, inv_ns, ret_ns, Step::Read(number));
                continue;
            }
            let (at_ns, rank, join) = self.joined[read.value as usize];
            let place = if at_ns >= inv_ns { (at_ns, rank, join + 1) } else { (inv_ns, FIRST, 0) };
            self.others_placed.push((place, Step::Read(number)));
        }
    }
}

/// A number for the class of each value.
fn classes(trace: &Trace, class: FifoClass) -> Vec<u32> {
    if class == FifoClass::Token {
        return trace.values.ids().collect();
    }
    let mut by_user: Vec<(Option<u64>, ValueId)> =
        trace.values.ids().map(|id| (trace.values.user(id).map(|user| user.0), id)).collect();
    by_user.sort_unstable();
    let mut classes = vec![0; trace.values.len()];
    // Nobody knows whom a value without a user overtakes: it is of a class of its own.
    for (class, user) in (0..).zip(by_user.chunk_by(|a, b| a.0.is_some() && a.0 == b.0)) {
        for (_, id) in user {
            classes[*id as usize] = class;
        }
    }
    classes
}
