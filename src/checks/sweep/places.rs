//! What the sweep knows before it begins: bounds of every join, who removes whom, and the contradictions
//! that need no sweep.

use std::borrow::Cow;

use super::breach::{Breach, What};
use super::classes::Classes;
use super::{FifoClass, Scope};
use crate::checks::notation::{NEVER, ReadKind, Trace, ValueId};

/// No removal takes this value.
pub(super) const NOBODY: u32 = u32::MAX;

/// What the sweep knows of every value. The times are the trace's own as long as no answer changes them.
pub(super) struct Places<'a> {
    trace: &'a Trace,
    /// The earliest the join can have taken effect; "not waiting" answers raise it.
    pub(super) inv_ns: Cow<'a, [u64]>,
    /// The latest the join can have taken effect; answers that it was accepted lower it.
    pub(super) ret_ns: Cow<'a, [u64]>,
    /// Not removable before: it is answered "waiting" by a call sent then. Empty: no such answers.
    seen_ns: Vec<u64>,
    /// The removal that takes it, or [`NOBODY`].
    pub(super) taker: Vec<u32>,
    pub(super) classes: Classes,
}

impl<'a> Places<'a> {
    pub(super) fn new(trace: &'a Trace, class: FifoClass, scope: Scope, breaches: &mut Vec<Breach>) -> Places<'a> {
        let mut places = Places {
            trace,
            inv_ns: Cow::Borrowed(trace.values.invocations_ns()),
            ret_ns: Cow::Borrowed(trace.values.returns_ns()),
            seen_ns: Vec::new(),
            taker: vec![NOBODY; trace.values.len()],
            classes: match class {
                FifoClass::Everyone => Classes::One,
                FifoClass::Token => Classes::Own,
                FifoClass::User => Classes::Own,
            },
        };
        places.take(breaches);
        if class == FifoClass::User {
            places.classes = Classes::by_user(trace, &places.taker, scope);
        }
        if scope == Scope::Everything {
            places.read(breaches);
        }
        places
    }

    /// Gives every value to the first removal that returned with it.
    fn take(&mut self, breaches: &mut Vec<Breach>) {
        for (index, removal) in self.trace.removals.iter().enumerate() {
            for &value in removal.values {
                let taker = &mut self.taker[value as usize];
                if !self.trace.values.may_have_joined(value) {
                    let what = What::NeverJoined { removal: index, value };
                    breaches.push(Breach { at_ns: removal.span.ret_ns, what });
                } else if *taker == NOBODY {
                    // Numbers fit: `Removals` holds fewer than 2^32.
                    *taker = index as u32;
                } else {
                    let earlier = *taker as usize;
                    let earlier_ns = self.trace.removals.span(earlier).ret_ns;
                    let later = if removal.span.ret_ns < earlier_ns {
                        *taker = index as u32;
                        earlier
                    } else {
                        index
                    };
                    let at_ns = removal.span.ret_ns.max(earlier_ns);
                    breaches.push(Breach { at_ns, what: What::RemovedTwice { removal: later, value } });
                }
            }
        }
    }

    /// Takes the reads into account that say a value was in line. A read that contradicts the joins and
    /// removals by itself is a breach and does not count further, so that it is not blamed on others.
    fn read(&mut self, breaches: &mut Vec<Breach>) {
        let trace = self.trace;
        if trace.reads.iter().all(|read| read.kind == ReadKind::Absent) {
            return;
        }
        let mut possible = vec![false; trace.reads.len()];
        for (index, read) in trace.reads.iter().enumerate().filter(|(_, read)| read.kind != ReadKind::Absent) {
            let value = read.value as usize;
            if !trace.values.may_have_joined(read.value) || self.inv_ns[value] > read.span.ret_ns {
                breaches.push(Breach { at_ns: read.span.ret_ns, what: What::ReadTooSoon { read: index } });
                continue;
            }
            possible[index] = true;
            if read.span.ret_ns < self.ret_ns[value] {
                self.ret_ns.to_mut()[value] = read.span.ret_ns;
            }
        }
        if trace.reads.iter().all(|read| read.kind != ReadKind::Waiting) {
            return;
        }
        self.seen_ns = vec![0; trace.values.len()];
        let expired_ns = self.expired_ns();
        for (index, read) in trace.reads.iter().enumerate() {
            if read.kind != ReadKind::Waiting || !possible[index] {
                continue;
            }
            let value = read.value as usize;
            let removed_ns = match self.taker[value] {
                NOBODY => NEVER,
                taker => trace.removals.span(taker as usize).ret_ns,
            };
            if removed_ns < read.span.inv_ns {
                breaches.push(Breach { at_ns: read.span.ret_ns, what: What::ReadTooLate { read: index } });
            } else if expired_ns.get(value).is_some_and(|expired_ns| *expired_ns < read.span.inv_ns) {
                breaches.push(Breach { at_ns: read.span.ret_ns, what: What::ReadExpired { read: index } });
            } else {
                self.seen_ns[value] = self.seen_ns[value].max(read.span.inv_ns);
            }
        }
    }

    /// When each value was certainly removed by a possible removal that is over; empty: there are none.
    fn expired_ns(&self) -> Vec<u64> {
        let over = || self.trace.maybes.iter().filter(|maybe| maybe.span.ret_ns < NEVER);
        if over().next().is_none() {
            return Vec::new();
        }
        let mut expired_ns = vec![NEVER; self.trace.values.len()];
        for maybe in over() {
            let value = maybe.value as usize;
            if self.taker[value] == NOBODY && self.ret_ns[value] < maybe.span.inv_ns {
                expired_ns[value] = expired_ns[value].min(maybe.span.ret_ns);
            }
        }
        expired_ns
    }

    /// Certainly was in line at some time: an answer says so, or a removal took it.
    pub(super) fn certain(&self, value: ValueId) -> bool {
        self.taker[value as usize] != NOBODY || self.returned(value)
    }

    /// Whether the join certainly took effect by a known time.
    pub(super) fn returned(&self, value: ValueId) -> bool {
        self.ret_ns[value as usize] < NEVER && self.trace.values.may_have_joined(value)
    }

    /// When a value may be removed at the earliest.
    pub(super) fn removable_ns(&self, value: ValueId) -> u64 {
        let seen_ns = self.seen_ns.get(value as usize).copied().unwrap_or(0);
        self.inv_ns[value as usize].max(seen_ns)
    }

    /// The values that a removal really takes: joined, and not taken by an earlier one.
    pub(super) fn taken(&self, removal: u32) -> impl Iterator<Item = ValueId> + Clone + '_ {
        let values = self.trace.removals.at(removal as usize).values.iter().copied();
        values.filter(move |value| self.taker[*value as usize] == removal)
    }
}
