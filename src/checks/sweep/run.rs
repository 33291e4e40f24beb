//! The sweep itself.

use std::collections::BTreeSet;

use super::breach::{Breach, What};
use super::classes::{ALONE, Classes};
use super::events::{EventKind, Events, ready_ns};
use super::nodes::{Nodes, PartState, disorder};
use super::places::{NOBODY, Places};
use super::queue::{Line, Was};
use super::{FifoClass, Performed, Scope};
use crate::checks::notation::{Trace, ValueId};

pub(super) struct Run<'a> {
    pub(super) trace: &'a Trace,
    pub(super) places: Places<'a>,
    pub(super) nodes: Nodes,
    pub(super) line: Line,
    /// Parts that somebody may forbid, by class and cut: the one with the smallest cut can go first.
    waiting: BTreeSet<(u32, u64, u32)>,
    /// Classes to look at again.
    touched: Vec<u32>,
    /// Short batches that are ready.
    ready_shorts: Vec<u32>,
    /// Everybody in line, in no order: short batches of several classes ask for any of them.
    pub(super) anybody: Option<Anybody>,
    pub(super) breaches: Vec<Breach>,
    /// The removals in the order performed, if somebody asked for it.
    pub(super) log: Option<Vec<Performed>>,
}

impl<'a> Run<'a> {
    pub(super) fn new(trace: &'a Trace, class: FifoClass, scope: Scope) -> (Run<'a>, Events<'a>) {
        let mut breaches = Vec::new();
        let places = Places::new(trace, class, scope, &mut breaches);
        let mut nodes = Nodes::new(trace, &places, scope);
        let events = Events::new(trace, std::mem::take(&mut nodes.ready_ns), scope);
        let several = !matches!(places.classes, Classes::One);
        let asks_for_all = several && nodes.nodes.iter().any(|node| node.short);
        let run = Run {
            trace,
            line: Line::new(&places.classes, trace.values.len()),
            anybody: asks_for_all.then(|| Anybody::new(trace.values.len())),
            places,
            nodes,
            waiting: BTreeSet::new(),
            touched: Vec::new(),
            ready_shorts: Vec::new(),
            breaches,
            log: None,
        };
        (run, events)
    }

    pub(super) fn go(&mut self, events: &mut Events<'a>) {
        while let Some((now_ns, kind, number)) = events.next(&self.places) {
            let index = number as usize;
            match kind {
                EventKind::Joined => {
                    // Nothing becomes possible by a join.
                    self.join_returned(number);
                    continue;
                }
                EventKind::RemovalReady => self.make_ready(number, now_ns),
                EventKind::MaybeReady => {
                    let due_ns = ready_ns(&self.places, self.trace, index);
                    let maybe = &self.trace.maybes[index];
                    if due_ns <= now_ns {
                        self.remove_unseen(maybe.value, index, now_ns);
                    } else if due_ns <= maybe.span.ret_ns {
                        // A "not waiting" answer has put the join off, and with it the end of its time to live.
                        events.postpone((due_ns, kind, number));
                    }
                }
                EventKind::RemovalReturned => self.removal_returned(number, now_ns),
                EventKind::AbsentReturned => {
                    let read = &self.trace.reads[index];
                    self.must_be_absent(read.value, read.span.inv_ns, now_ns, What::NotAbsent { read: index });
                }
                EventKind::MaybeOver => {
                    let maybe = &self.trace.maybes[index];
                    self.must_be_absent(maybe.value, maybe.span.inv_ns, now_ns, What::Outlived { maybe: index });
                }
            }
            self.settle(now_ns);
        }
    }

    /// The value is in line from now on, unless it is gone already.
    fn join_returned(&mut self, value: ValueId) {
        let class = self.places.classes.of(value);
        if class == ALONE || !self.line.push(class, value) {
            return;
        }
        if let Some(anybody) = &mut self.anybody {
            anybody.insert(value);
        }
        if let Some(node) = self.nodes.nodes.get_mut(self.places.taker[value as usize] as usize) {
            node.own_waiting += 1;
        }
    }

    fn make_ready(&mut self, number: u32, now_ns: u64) {
        let node = &mut self.nodes.nodes[number as usize];
        node.ready = true;
        if node.short {
            self.ready_shorts.push(number);
        } else if node.unsatisfied == 0 {
            self.perform(number, now_ns);
        } else {
            for part in self.nodes.parts_of(number) {
                self.wait(part);
            }
        }
    }

    /// A part waits for those who forbid it.
    fn wait(&mut self, number: u32) {
        let part = &mut self.nodes.parts[number as usize];
        part.state = PartState::Waiting;
        self.waiting.insert((part.class, part.cut_ns, number));
        self.touched.push(part.class);
    }

    /// A removal has returned: it must have been performed. If not, it is a breach, and is performed by force.
    fn removal_returned(&mut self, number: u32, now_ns: u64) {
        if self.nodes.nodes[number as usize].done {
            return;
        }
        let why = self.why_late(number);
        let what = What::Late { removal: number as usize, why };
        self.breaches.push(Breach { at_ns: now_ns, what });
        self.take_all(number, now_ns);
    }

    /// After an absence, a value that is still there must have joined later than the question was asked.
    fn must_be_absent(&mut self, value: ValueId, inv_ns: u64, now_ns: u64, what: What) {
        let index = value as usize;
        if self.line.is_gone(value) || !self.places.certain(value) {
            return;
        }
        if self.places.ret_ns[index] < inv_ns {
            self.breaches.push(Breach { at_ns: now_ns, what });
            return;
        }
        if self.places.inv_ns[index] >= inv_ns {
            return;
        }
        self.places.inv_ns.to_mut()[index] = inv_ns;
        let taker = self.places.taker[index];
        if taker != NOBODY
            && let Some(part) = self.nodes.part_in(taker, self.places.classes.of(value))
        {
            self.raise_cut(part, inv_ns);
        }
    }

    /// One of a part's joins took effect later than was known: more others may have been in line before it.
    fn raise_cut(&mut self, number: u32, cut_ns: u64) {
        let part = &mut self.nodes.parts[number as usize];
        if part.cut_ns >= cut_ns {
            return;
        }
        let before = (part.class, part.cut_ns, number);
        part.cut_ns = cut_ns;
        match part.state {
            PartState::Early => {}
            PartState::Waiting => {
                self.waiting.remove(&before);
                self.wait(number);
            }
            PartState::Satisfied => {
                let node = part.node;
                self.nodes.nodes[node as usize].unsatisfied += 1;
                self.wait(number);
            }
        }
    }

    /// Performs whatever can be performed now.
    fn settle(&mut self, now_ns: u64) {
        loop {
            while let Some(class) = self.touched.pop() {
                self.settle_class(class, now_ns);
            }
            let Some(number) = self.next_short() else { return };
            if !self.nodes.nodes[number as usize].done {
                self.perform(number, now_ns);
            }
        }
    }

    /// Satisfies the parts of a class that nobody forbids any more. It is enough to look at two: the one with
    /// the smallest cut, and the one that the oldest in line belongs to. Any other is forbidden by that oldest,
    /// who is in line before its cut too.
    fn settle_class(&mut self, class: u32, now_ns: u64) {
        while let Some(&(first_class, cut_ns, part)) = self.waiting.range((class, 0, 0)..).next()
            && first_class == class
        {
            let Some((place, oldest)) = self.line.oldest(class) else {
                self.satisfy(part, now_ns);
                continue;
            };
            if cut_ns <= self.places.ret_ns[oldest as usize] {
                self.satisfy(part, now_ns);
                continue;
            }
            let owner = self.places.taker[oldest as usize];
            if owner == NOBODY {
                return;
            }
            match self.nodes.part_in(owner, class) {
                Some(part) if self.is_free(part, place) => self.satisfy(part, now_ns),
                _ => return,
            }
        }
    }

    /// Whether nobody outside the admission is in line before a waiting part's cut; nobody is before this place.
    /// Where the walk ends is kept: those passed are the admission's own or gone, and stay so.
    fn is_free(&mut self, number: u32, oldest: u32) -> bool {
        let part = &self.nodes.parts[number as usize];
        part.state == PartState::Waiting && self.forbidding(number, oldest).is_none()
    }

    /// The first in line before a part's cut that is not the admission's own.
    pub(super) fn forbidding(&mut self, number: u32, oldest: u32) -> Option<(u32, ValueId)> {
        let part = &mut self.nodes.parts[number as usize];
        let mut from = part.scanned_to.max(oldest);
        while let Some((place, value)) = self.line.next(part.class, from) {
            if self.places.ret_ns[value as usize] >= part.cut_ns {
                return None;
            }
            if self.places.taker[value as usize] != part.node {
                part.scanned_to = place;
                return Some((place, value));
            }
            from = place + 1;
        }
        None
    }

    fn satisfy(&mut self, number: u32, now_ns: u64) {
        let part = &mut self.nodes.parts[number as usize];
        self.waiting.remove(&(part.class, part.cut_ns, number));
        part.state = PartState::Satisfied;
        let node = part.node;
        self.nodes.nodes[node as usize].unsatisfied -= 1;
        if self.nodes.nodes[node as usize].unsatisfied == 0 {
            self.perform(node, now_ns);
        }
    }

    /// A short batch that can go. If anybody is in line, only the removal that takes this one can leave
    /// nobody behind.
    fn next_short(&mut self) -> Option<u32> {
        if self.ready_shorts.is_empty() {
            return None;
        }
        if self.line.len() == 0 {
            return self.ready_shorts.pop();
        }
        let value = match &self.anybody {
            None => self.line.oldest(0)?.1,
            Some(anybody) => *anybody.members().last()?,
        };
        let number = self.places.taker[value as usize];
        let node = self.nodes.nodes.get(number as usize)?;
        let may_go = node.short && node.ready && !node.done && !node.disordered;
        (may_go && node.own_waiting as usize == self.line.len()).then_some(number)
    }

    /// Performs a removal that nothing outside forbids, unless its own list does.
    fn perform(&mut self, number: u32, now_ns: u64) {
        let node = &mut self.nodes.nodes[number as usize];
        if node.done {
            return;
        }
        if node.batch && disorder(self.places.taken(number), &self.places).is_some() {
            node.disordered = true;
            return;
        }
        self.take_all(number, now_ns);
    }

    fn take_all(&mut self, number: u32, now_ns: u64) {
        self.nodes.nodes[number as usize].done = true;
        for index in self.nodes.parts_of(number) {
            let part = &mut self.nodes.parts[index as usize];
            if std::mem::replace(&mut part.state, PartState::Satisfied) == PartState::Waiting {
                self.waiting.remove(&(part.class, part.cut_ns, index));
            }
        }
        // A value of the trace's list that another removal took stays with that one.
        let values = self.trace.removals.at(number as usize).values;
        for &value in values {
            if self.places.taker[value as usize] == number {
                self.remove(value);
            }
        }
        if let Some(log) = &mut self.log {
            log.push(Performed::Removal { removal: number as usize, at_ns: now_ns });
        }
    }

    /// A possible removal happens, if its value is still there.
    fn remove_unseen(&mut self, value: ValueId, maybe: usize, now_ns: u64) {
        if self.remove(value) != Was::Gone
            && let Some(log) = &mut self.log
        {
            log.push(Performed::Maybe { maybe, at_ns: now_ns });
        }
    }

    fn remove(&mut self, value: ValueId) -> Was {
        let was = self.line.remove(value);
        if was == Was::Waiting {
            if let Some(anybody) = &mut self.anybody {
                anybody.remove(value);
            }
            if let Some(node) = self.nodes.nodes.get_mut(self.places.taker[value as usize] as usize) {
                node.own_waiting -= 1;
            }
            let class = self.places.classes.of(value);
            if self.touched.last() != Some(&class) {
                self.touched.push(class);
            }
        }
        was
    }
}

/// A set that hands out any member at once.
pub(super) struct Anybody {
    members: Vec<ValueId>,
    at: Vec<u32>,
}

impl Anybody {
    fn new(values: usize) -> Anybody {
        Anybody { members: Vec::new(), at: vec![0; values] }
    }

    fn insert(&mut self, value: ValueId) {
        self.at[value as usize] = self.members.len() as u32;
        self.members.push(value);
    }

    pub(super) fn members(&self) -> &[ValueId] {
        &self.members
    }

    /// Removes a member.
    fn remove(&mut self, value: ValueId) {
        let at = self.at[value as usize] as usize;
        self.members.swap_remove(at);
        if let Some(moved) = self.members.get(at) {
            self.at[*moved as usize] = at as u32;
        }
    }
}
