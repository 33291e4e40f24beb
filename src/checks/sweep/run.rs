//! The sweep itself.

use super::breach::{Breach, What};
use super::build::{Event, EventKind, Places, Setting};
use super::live::{Ranks, Waiting};
use super::parts::{Batches, NONE, Node, Part};
use super::{FifoClass, Scope};
use crate::checks::notation::{Trace, ValueId};

pub(super) struct Run<'a> {
    pub(super) trace: &'a Trace,
    pub(super) places: Places,
    pub(super) taken: Vec<Vec<ValueId>>,
    events: Vec<Event>,
    pub(super) ranks: Ranks,
    pub(super) waiting: Waiting,
    gone: Vec<bool>,
    pub(super) nodes: Vec<Node>,
    pub(super) parts: Vec<Part>,
    part_of: Vec<u32>,
    /// The first part that watches a value.
    watchers: Vec<u32>,
    /// Parts to look at again.
    woken: Vec<u32>,
    /// Short batches that are ready.
    ready_shorts: Vec<u32>,
    pub(super) breaches: Vec<Breach>,
}

impl<'a> Run<'a> {
    pub(super) fn new(trace: &'a Trace, class: FifoClass, scope: Scope) -> Run<'a> {
        let Setting { places, taken, events, breaches } = Setting::new(trace, class, scope);
        let values = trace.values.len();
        let ids = 0..u32::try_from(values).expect("values have u32 ids");
        let mut order: Vec<ValueId> = ids.filter(|id| places.certain[*id as usize]).collect();
        order.sort_by_key(|id| (places.class[*id as usize], places.ret_ns[*id as usize], *id));
        let Batches { nodes, parts, part_of } = Batches::new(trace, &places, &order, &taken, scope);
        Run {
            trace,
            ranks: Ranks::new(order, values),
            waiting: Waiting::new(values),
            gone: vec![false; values],
            nodes,
            parts,
            part_of,
            watchers: vec![NONE; values],
            woken: Vec::new(),
            ready_shorts: Vec::new(),
            places,
            taken,
            events,
            breaches,
        }
    }

    pub(super) fn go(&mut self) {
        for (now_ns, kind, number) in std::mem::take(&mut self.events) {
            let index = number as usize;
            match kind {
                EventKind::RemovalReady => self.make_ready(number),
                EventKind::MaybeReady => self.remove(self.trace.maybes[index].value),
                EventKind::Joined => self.join_returned(number),
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
            self.settle();
        }
    }

    fn make_ready(&mut self, number: u32) {
        let node = &mut self.nodes[number as usize];
        node.ready = true;
        if node.short {
            self.ready_shorts.push(number);
        } else if node.unsatisfied == 0 {
            self.perform(number);
        } else {
            self.woken.extend(node.parts.clone());
        }
    }

    /// Joins are lazy: in line from its reply on, unless it is gone already.
    fn join_returned(&mut self, value: ValueId) {
        if self.gone[value as usize] {
            return;
        }
        self.waiting.insert(value);
        if let Some(node) = self.nodes.get_mut(self.places.taker[value as usize] as usize) {
            node.own_waiting += 1;
        }
    }

    /// A removal has returned: it must have been performed. If not, it is a breach, and is performed by force.
    fn removal_returned(&mut self, number: u32, now_ns: u64) {
        if self.nodes[number as usize].done {
            return;
        }
        let why = self.why_late(number);
        let what = What::Late { removal: number as usize, why };
        self.breaches.push(Breach { at_ns: now_ns, what });
        self.take_all(number);
    }

    /// After an absence, a value that is still there must have joined later than the question was asked.
    fn must_be_absent(&mut self, value: ValueId, inv_ns: u64, now_ns: u64, what: What) {
        let index = value as usize;
        if self.gone[index] || !self.places.certain[index] {
            return;
        }
        if self.places.ret_ns[index] < inv_ns {
            self.breaches.push(Breach { at_ns: now_ns, what });
            return;
        }
        self.places.inv_ns[index] = self.places.inv_ns[index].max(inv_ns);
        let part = self.part_of[index];
        if part == NONE || self.parts[part as usize].cut_ns >= inv_ns {
            return;
        }
        let part_state = &mut self.parts[part as usize];
        part_state.cut_ns = inv_ns;
        part_state.scanned_to = None;
        // One that still watches stays where it is: who stood before the old cut stands before the new one.
        if std::mem::replace(&mut part_state.satisfied, false) {
            let node = &mut self.nodes[part_state.node as usize];
            node.unsatisfied += 1;
            if node.ready && !node.short {
                self.woken.push(part);
            }
        }
    }

    /// Performs whatever can be performed now.
    fn settle(&mut self) {
        loop {
            while let Some(part) = self.woken.pop() {
                self.look(part);
            }
            let next = match self.waiting.members().last() {
                None => self.ready_shorts.pop(),
                // Only the removal that takes this one can leave nobody behind.
                Some(&value) => self.leaves_nobody(self.places.taker[value as usize]),
            };
            let Some(number) = next else { return };
            if !self.nodes[number as usize].done {
                self.perform(number);
            }
        }
    }

    /// The short batch of this number, if it can go and takes everybody who waits.
    fn leaves_nobody(&self, number: u32) -> Option<u32> {
        let node = self.nodes.get(number as usize)?;
        let may_go = node.short && node.ready && !node.done && node.disordered.is_none();
        (may_go && node.own_waiting == self.waiting.members().len()).then_some(number)
    }

    /// Looks whether a part is satisfied; if not, it watches the nearest one who forbids it.
    fn look(&mut self, number: u32) {
        let part = &self.parts[number as usize];
        let node = part.node;
        if self.nodes[node as usize].done || part.satisfied {
            return;
        }
        match self.forbidding(number) {
            Some((at, value)) => {
                let part = &mut self.parts[number as usize];
                part.scanned_to = Some(at + 1);
                part.next_watcher = std::mem::replace(&mut self.watchers[value as usize], number);
            }
            None => {
                self.parts[number as usize].satisfied = true;
                self.nodes[node as usize].unsatisfied -= 1;
                if self.nodes[node as usize].unsatisfied == 0 {
                    self.perform(node);
                }
            }
        }
    }

    /// The latest join before the cut that is not gone and not the batch's own.
    pub(super) fn forbidding(&mut self, number: u32) -> Option<(u32, ValueId)> {
        let part = &self.parts[number as usize];
        let (start, end) = part.class;
        let mut from =
            part.scanned_to.unwrap_or_else(|| self.ranks.end_of_older(start, end, part.cut_ns, &self.places.ret_ns));
        while let Some((at, value)) = self.ranks.last_in(start, from) {
            if self.places.taker[value as usize] != part.node {
                return Some((at, value));
            }
            from = at;
        }
        None
    }

    /// Performs a removal that nothing outside forbids, unless its own list does.
    fn perform(&mut self, number: u32) {
        let node = &self.nodes[number as usize];
        for part in &self.parts[node.parts.start as usize..node.parts.end as usize] {
            if let Some(pair) = disorder(&part.values, &self.places) {
                self.nodes[number as usize].disordered = Some(pair);
                return;
            }
        }
        self.take_all(number);
    }

    fn take_all(&mut self, number: u32) {
        self.nodes[number as usize].done = true;
        for value in std::mem::take(&mut self.taken[number as usize]) {
            self.remove(value);
        }
    }

    fn remove(&mut self, value: ValueId) {
        if std::mem::replace(&mut self.gone[value as usize], true) {
            return;
        }
        self.ranks.remove(value);
        if self.waiting.remove(value)
            && let Some(node) = self.nodes.get_mut(self.places.taker[value as usize] as usize)
        {
            node.own_waiting -= 1;
        }
        let mut watcher = std::mem::replace(&mut self.watchers[value as usize], NONE);
        while watcher != NONE {
            self.woken.push(watcher);
            watcher = std::mem::replace(&mut self.parts[watcher as usize].next_watcher, NONE);
        }
    }
}

/// A pair that the list names in one order and that joined in the other.
fn disorder(values: &[ValueId], places: &Places) -> Option<(ValueId, ValueId)> {
    let mut latest: Option<ValueId> = None;
    for &value in values {
        let inv_ns = |value: ValueId| places.inv_ns[value as usize];
        match latest {
            Some(first) if places.ret_ns[value as usize] < inv_ns(first) => return Some((first, value)),
            Some(first) if inv_ns(first) >= inv_ns(value) => {}
            _ => latest = Some(value),
        }
    }
    None
}
