//! The sweep itself.

use super::breach::{Breach, Late, What};
use super::build::{Event, EventKind, NOBODY, Places, Setting};
use super::live::{Ranks, Waiting};
use super::{FifoClass, Scope};
use crate::checks::notation::{NEVER, Trace, ValueId};

const NONE: u32 = u32::MAX;

/// Among so many values in the way of a removal the one that tells the plainest story is looked for.
const LOOKS: usize = 64;

/// The values of one batch in one FIFO class. It is *satisfied* when nobody outside the batch is in line
/// before its cut; until then it watches one who is, and is looked at again only when that one goes.
struct Part {
    node: u32,
    /// The bounds of its class among the ranks.
    class: (u32, u32),
    /// In the order of the batch's list.
    values: Vec<ValueId>,
    /// The largest invocation among its joins.
    cut_ns: u64,
    /// Everybody between here and the cut is gone or its own; `None` before the first look.
    scanned_to: Option<u32>,
    /// The next part that watches the same value.
    next_watcher: u32,
    satisfied: bool,
}

#[derive(Clone, Default)]
struct Node {
    parts: std::ops::Range<u32>,
    unsatisfied: u32,
    ready: bool,
    done: bool,
    /// Its list contradicts the order of joining: never performed.
    disordered: Option<(ValueId, ValueId)>,
    /// How many of its own values wait.
    own_waiting: usize,
    /// A short batch, and short batches count.
    short: bool,
}

pub(super) struct Run<'a> {
    trace: &'a Trace,
    places: Places,
    taken: Vec<Vec<ValueId>>,
    events: Vec<Event>,
    ranks: Ranks,
    waiting: Waiting,
    gone: Vec<bool>,
    nodes: Vec<Node>,
    parts: Vec<Part>,
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
        let mut run = Run {
            trace,
            ranks: Ranks::new(order, values),
            waiting: Waiting::new(values),
            gone: vec![false; values],
            nodes: vec![Node::default(); trace.removals.len()],
            parts: Vec::new(),
            part_of: vec![NONE; values],
            watchers: vec![NONE; values],
            woken: Vec::new(),
            ready_shorts: Vec::new(),
            places,
            taken,
            events,
            breaches,
        };
        run.split_batches(scope);
        run
    }

    /// Splits every batch into its parts, one for each class.
    fn split_batches(&mut self, scope: Scope) {
        let mut bounds = vec![(0u32, 0u32); self.places.class.iter().max().map_or(0, |max| *max as usize + 1)];
        for (at, value) in (0u32..).zip(self.ranks.order()) {
            let class = &mut bounds[self.places.class[*value as usize] as usize];
            *class = if class.1 == 0 { (at, at + 1) } else { (class.0, at + 1) };
        }
        for (index, removal) in self.trace.removals.iter().enumerate().filter(|(_, removal)| removal.is_batch()) {
            let first = self.parts.len() as u32;
            let mut values = self.taken[index].clone();
            values.sort_by_key(|value| self.places.class[*value as usize]);
            for group in values.chunk_by(|a, b| self.places.class[*a as usize] == self.places.class[*b as usize]) {
                for value in group {
                    self.part_of[*value as usize] = self.parts.len() as u32;
                }
                self.parts.push(Part {
                    node: index as u32,
                    class: bounds[self.places.class[group[0] as usize] as usize],
                    cut_ns: group.iter().map(|value| self.places.inv_ns[*value as usize]).fold(0, u64::max),
                    values: group.to_vec(),
                    scanned_to: None,
                    next_watcher: NONE,
                    satisfied: false,
                });
            }
            let parts = first..self.parts.len() as u32;
            let short = removal.is_short() && scope == Scope::Everything;
            self.nodes[index] = Node { unsatisfied: parts.end - parts.start, parts, short, ..Node::default() };
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
        if std::mem::replace(&mut part_state.satisfied, false) {
            // One that still watches stays where it is: who stood before the old cut stands before the new one.
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
    fn forbidding(&mut self, number: u32) -> Option<(u32, ValueId)> {
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

    /// Why a removal that has returned could not be performed.
    fn why_late(&mut self, number: u32) -> Late {
        let ret_ns = self.trace.removals[number as usize].span.ret_ns;
        let ready_last =
            self.taken[number as usize].iter().copied().max_by_key(|value| self.places.removable_ns(*value));
        if let Some(value) = ready_last
            && !self.nodes[number as usize].ready
        {
            return Late::NotReady(value);
        }
        if let Some((first, second)) = self.nodes[number as usize].disordered {
            return Late::Disordered { first, second };
        }
        // The one that is removed last tells the plainest story: often it is certainly still in line.
        if self.nodes[number as usize].short {
            let outside = |value: &&ValueId| self.places.taker[**value as usize] != number;
            let members = self.waiting.members().iter().filter(outside).take(LOOKS);
            if let Some(value) = members.max_by_key(|value| (self.leaves_ns(**value), **value)) {
                return Late::LeftBehind(*value);
            }
        }
        for part in self.nodes[number as usize].parts.clone() {
            if let Some(overtaken) = self.plainest_overtaken(part, ret_ns) {
                let values = &self.parts[part as usize].values;
                let latest = values.iter().max_by_key(|value| (self.places.inv_ns[**value as usize], **value));
                let overtaker = *latest.expect("a part holds at least one value");
                return Late::Overtook { overtaken, overtaker };
            }
        }
        // Unreachable: what is ready and not forbidden was performed when it became so. An honest reason all the same.
        Late::NotReady(ready_last.unwrap_or_default())
    }

    /// Among those who forbid a part, one that is removed after the part's reply, if there is one near.
    fn plainest_overtaken(&mut self, number: u32, ret_ns: u64) -> Option<ValueId> {
        let (start, _) = self.parts[number as usize].class;
        let (mut at, mut best) = self.forbidding(number)?;
        for _ in 0..LOOKS {
            if self.leaves_ns(best) > ret_ns {
                return Some(best);
            }
            let Some((left, value)) = self.ranks.last_in(start, at) else { break };
            at = left;
            if self.places.taker[value as usize] != self.parts[number as usize].node
                && self.leaves_ns(value) > self.leaves_ns(best)
            {
                best = value;
            }
        }
        Some(best)
    }

    /// The invocation of a value's removal.
    fn leaves_ns(&self, value: ValueId) -> u64 {
        match self.places.taker[value as usize] {
            NOBODY => NEVER,
            taker => self.trace.removals[taker as usize].span.inv_ns,
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
