//! Everything that happens, in order of time, without a list of it.
//!
//! Joins, removals, possible removals and reads are each in order of invocation already (or are put in it).
//! An operation's events cannot come before its invocation, so merging the four by invocation, with a heap
//! of the events of what is under way, gives all events in order: O(n log c) time for c operations in flight
//! at once, and memory for those c only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Scope;
use super::classes::ALONE;
use super::places::{NOBODY, Places};
use crate::checks::notation::{NEVER, ReadKind, Trace};

/// What happens at an instant; in this order among equals, so that equal timestamps are concurrent
/// (invocations before returns).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EventKind {
    /// A removal is invoked and all its values may have joined.
    RemovalReady,
    /// A possible removal is invoked and its value may have joined.
    MaybeReady,
    /// A join has returned.
    Joined,
    /// A removal has returned.
    RemovalReturned,
    /// "Not waiting" was answered.
    AbsentReturned,
    /// A possible removal is over.
    MaybeOver,
}

/// An event; its number is a value, removal, maybe or read.
pub(super) type Event = (u64, EventKind, u32);

/// One kind of operation in order of invocation.
struct Stream {
    /// The order, if it is not that of the numbers.
    order: Option<Vec<u32>>,
    next: usize,
    len: usize,
    /// The invocation of the next.
    next_ns: u64,
}

impl Stream {
    fn new(len: usize, inv_ns: impl Fn(usize) -> u64) -> Stream {
        let order = (1..len).any(|at| inv_ns(at - 1) > inv_ns(at)).then(|| {
            // Numbers fit: traces hold fewer than 2^32 of anything.
            let mut order: Vec<u32> = (0..len as u32).collect();
            order.sort_by_key(|number| inv_ns(*number as usize));
            order
        });
        let mut stream = Stream { order, next: 0, len, next_ns: NEVER };
        stream.look(inv_ns);
        stream
    }

    fn number(&self) -> usize {
        self.order.as_ref().map_or(self.next, |order| order[self.next] as usize)
    }

    fn look(&mut self, inv_ns: impl Fn(usize) -> u64) {
        self.next_ns = if self.next < self.len { inv_ns(self.number()) } else { NEVER };
    }

    fn advance(&mut self, inv_ns: impl Fn(usize) -> u64) -> usize {
        let number = self.number();
        self.next += 1;
        self.look(inv_ns);
        number
    }

    fn is_over(&self) -> bool {
        self.next >= self.len
    }
}

/// All events to come.
pub(super) struct Events<'a> {
    trace: &'a Trace,
    scope: Scope,
    joins: Stream,
    removals: Stream,
    maybes: Stream,
    reads: Stream,
    /// When each removal may take effect at the earliest.
    ready_ns: Vec<u64>,
    under_way: BinaryHeap<Reverse<Event>>,
}

impl<'a> Events<'a> {
    pub(super) fn new(trace: &'a Trace, ready_ns: Vec<u64>, scope: Scope) -> Events<'a> {
        let reads = if scope == Scope::Everything { trace.reads.len() } else { 0 };
        Events {
            joins: Stream::new(trace.values.len(), |at| trace.values.invocations_ns()[at]),
            removals: Stream::new(trace.removals.len(), |at| trace.removals.spans()[at].inv_ns),
            maybes: Stream::new(trace.maybes.len(), |at| trace.maybes[at].span.inv_ns),
            reads: Stream::new(reads, |at| trace.reads[at].span.inv_ns),
            trace,
            scope,
            ready_ns,
            under_way: BinaryHeap::new(),
        }
    }

    /// The next event.
    pub(super) fn next(&mut self, places: &Places<'_>) -> Option<Event> {
        loop {
            let next_ns =
                self.joins.next_ns.min(self.removals.next_ns).min(self.maybes.next_ns).min(self.reads.next_ns);
            if let Some(Reverse(event)) = self.under_way.peek()
                && event.0 < next_ns
            {
                return self.under_way.pop().map(|Reverse(event)| event);
            }
            if self.joins.next_ns == next_ns && !self.joins.is_over() {
                self.invoke_join(places);
            } else if self.removals.next_ns == next_ns && !self.removals.is_over() {
                self.invoke_removal();
            } else if self.maybes.next_ns == next_ns && !self.maybes.is_over() {
                self.invoke_maybe(places);
            } else if self.reads.next_ns == next_ns && !self.reads.is_over() {
                self.invoke_read();
            } else {
                return self.under_way.pop().map(|Reverse(event)| event);
            }
        }
    }

    /// Adds an event that is due later than all that were handed out.
    pub(super) fn postpone(&mut self, event: Event) {
        self.under_way.push(Reverse(event));
    }

    fn push(&mut self, at_ns: u64, kind: EventKind, number: usize) {
        self.under_way.push(Reverse((at_ns, kind, number as u32)));
    }

    fn invoke_join(&mut self, places: &Places<'_>) {
        let trace = self.trace;
        let value = self.joins.advance(|at| trace.values.invocations_ns()[at]);
        let watched = self.scope == Scope::Everything || places.classes.of(value as u32) != ALONE;
        if watched && places.returned(value as u32) {
            self.push(places.ret_ns[value], EventKind::Joined, value);
        }
    }

    fn invoke_removal(&mut self) {
        let trace = self.trace;
        let removal = self.removals.advance(|at| trace.removals.spans()[at].inv_ns);
        let ret_ns = trace.removals.span(removal).ret_ns;
        if self.ready_ns[removal] <= ret_ns {
            self.push(self.ready_ns[removal], EventKind::RemovalReady, removal);
        }
        self.push(ret_ns, EventKind::RemovalReturned, removal);
    }

    fn invoke_maybe(&mut self, places: &Places<'_>) {
        let trace = self.trace;
        let number = self.maybes.advance(|at| trace.maybes[at].span.inv_ns);
        let maybe = &trace.maybes[number];
        let ready_ns = ready_ns(places, trace, number);
        // A value that an answered removal takes was not removed by anything else.
        if places.taker[maybe.value as usize] == NOBODY && ready_ns <= maybe.span.ret_ns && ready_ns < NEVER {
            self.push(ready_ns, EventKind::MaybeReady, number);
        }
        if maybe.span.ret_ns < NEVER {
            self.push(maybe.span.ret_ns, EventKind::MaybeOver, number);
        }
    }

    fn invoke_read(&mut self) {
        let trace = self.trace;
        let number = self.reads.advance(|at| trace.reads[at].span.inv_ns);
        let read = &trace.reads[number];
        if read.kind == ReadKind::Absent && read.span.ret_ns < NEVER {
            self.push(read.span.ret_ns, EventKind::AbsentReturned, number);
        }
    }
}

/// When a possible removal may take effect at the earliest, as far as is known by now.
pub(super) fn ready_ns(places: &Places<'_>, trace: &Trace, number: usize) -> u64 {
    let maybe = &trace.maybes[number];
    let joined_ns = places.inv_ns[maybe.value as usize];
    let lived_ns = if joined_ns == NEVER { NEVER } else { joined_ns.saturating_add(maybe.after_join_ns) };
    maybe.span.inv_ns.max(places.removable_ns(maybe.value)).max(lived_ns)
}
