//! What the sweep knows before it begins: bounds of every join, who removes whom, cuts, and the events in
//! order of time. Contradictions that need no sweep are breaches already.

use super::breach::{Breach, What};
use super::{FifoClass, Scope};
use crate::checks::notation::{NEVER, ReadKind, Trace, ValueId};
use crate::model::UserId;

/// No removal takes this value.
pub(super) const NOBODY: u32 = u32::MAX;

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

/// What the sweep knows of a value.
pub(super) struct Places {
    /// The earliest the join can have taken effect; "not waiting" answers raise it.
    pub(super) inv_ns: Vec<u64>,
    /// The latest the join can have taken effect.
    pub(super) ret_ns: Vec<u64>,
    /// Certainly was in line at some time.
    pub(super) certain: Vec<bool>,
    /// Not removable before: it is answered "waiting" by a call sent then.
    pub(super) seen_ns: Vec<u64>,
    /// The removal that takes it, or [`NOBODY`].
    pub(super) taker: Vec<u32>,
    /// Its FIFO class.
    pub(super) class: Vec<u32>,
}

/// Everything before the sweep.
pub(super) struct Setting {
    pub(super) places: Places,
    /// The values each removal really takes: joined, and not taken by an earlier one.
    pub(super) taken: Vec<Vec<ValueId>>,
    /// Events by time.
    pub(super) events: Vec<Event>,
    /// Contradictions that need no sweep.
    pub(super) breaches: Vec<Breach>,
}

/// Numbers fit: traces hold fewer than 2^32 of anything, since values have u32 ids.
fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a history of more than 2^32 operations does not fit in memory")
}

impl Setting {
    pub(super) fn new(trace: &Trace, class: FifoClass, scope: Scope) -> Setting {
        let mut breaches = Vec::new();
        let mut places = Places {
            inv_ns: trace.values.iter().map(|value| value.join.inv_ns).collect(),
            ret_ns: trace.values.iter().map(|value| value.join.ret_ns).collect(),
            certain: trace.values.iter().map(|value| value.may_have_joined() && value.join.ret_ns < NEVER).collect(),
            seen_ns: vec![0; trace.values.len()],
            taker: vec![NOBODY; trace.values.len()],
            class: classes(trace, class),
        };
        let taken = places.take(trace, &mut breaches);
        if scope == Scope::Everything {
            places.read(trace, &mut breaches);
        }
        let events = places.events(trace, &taken, scope);
        Setting { places, taken, events, breaches }
    }
}

impl Places {
    /// Gives every value to the first removal that returned with it.
    fn take(&mut self, trace: &Trace, breaches: &mut Vec<Breach>) -> Vec<Vec<ValueId>> {
        let mut by_return: Vec<usize> = (0..trace.removals.len()).collect();
        by_return.sort_by_key(|index| trace.removals[*index].span.ret_ns);
        let mut taken = vec![Vec::new(); trace.removals.len()];
        for removal in by_return {
            let node = &trace.removals[removal];
            for &value in &node.values {
                let what = if !trace.value(value).may_have_joined() {
                    What::NeverJoined { removal, value }
                } else if self.taker[value as usize] != NOBODY {
                    What::RemovedTwice { removal, value }
                } else {
                    self.taker[value as usize] = number(removal);
                    self.certain[value as usize] = true;
                    taken[removal].push(value);
                    continue;
                };
                breaches.push(Breach { at_ns: node.span.ret_ns, what });
            }
        }
        taken
    }

    /// Takes the reads into account that say a value was in line. A read that contradicts the joins and
    /// removals by itself is a breach and does not count further, so that it is not blamed on others.
    fn read(&mut self, trace: &Trace, breaches: &mut Vec<Breach>) {
        let mut possible = vec![false; trace.reads.len()];
        for (index, read) in trace.reads.iter().enumerate().filter(|(_, read)| read.kind != ReadKind::Absent) {
            let value = read.value as usize;
            if !trace.values[value].may_have_joined() || self.inv_ns[value] > read.span.ret_ns {
                breaches.push(Breach { at_ns: read.span.ret_ns, what: What::ReadTooSoon { read: index } });
                continue;
            }
            possible[index] = true;
            self.certain[value] = true;
            self.ret_ns[value] = self.ret_ns[value].min(read.span.ret_ns);
        }
        let mut expired_ns = vec![NEVER; trace.values.len()];
        for maybe in trace.maybes.iter().filter(|maybe| maybe.span.ret_ns < NEVER) {
            let value = maybe.value as usize;
            if self.taker[value] == NOBODY && self.ret_ns[value] < maybe.span.inv_ns {
                expired_ns[value] = expired_ns[value].min(maybe.span.ret_ns);
            }
        }
        for (index, read) in trace.reads.iter().enumerate() {
            if read.kind != ReadKind::Waiting || !possible[index] {
                continue;
            }
            let value = read.value as usize;
            let removed_ns = match self.taker[value] {
                NOBODY => NEVER,
                taker => trace.removals[taker as usize].span.ret_ns,
            };
            if removed_ns < read.span.inv_ns {
                breaches.push(Breach { at_ns: read.span.ret_ns, what: What::ReadTooLate { read: index } });
            } else if expired_ns[value] < read.span.inv_ns {
                breaches.push(Breach { at_ns: read.span.ret_ns, what: What::ReadExpired { read: index } });
            } else {
                self.seen_ns[value] = self.seen_ns[value].max(read.span.inv_ns);
            }
        }
    }

    /// When a value may be removed at the earliest.
    pub(super) fn removable_ns(&self, value: ValueId) -> u64 {
        self.inv_ns[value as usize].max(self.seen_ns[value as usize])
    }

    fn events(&self, trace: &Trace, taken: &[Vec<ValueId>], scope: Scope) -> Vec<Event> {
        let mut events = Vec::with_capacity(trace.values.len() + 2 * trace.removals.len() + 2 * trace.maybes.len());
        for (index, &ret_ns) in self.ret_ns.iter().enumerate() {
            if self.certain[index] && ret_ns < NEVER {
                events.push((ret_ns, EventKind::Joined, number(index)));
            }
        }
        for (index, removal) in trace.removals.iter().enumerate() {
            let ready_ns =
                taken[index].iter().map(|&value| self.removable_ns(value)).fold(removal.span.inv_ns, u64::max);
            if ready_ns <= removal.span.ret_ns {
                events.push((ready_ns, EventKind::RemovalReady, number(index)));
            }
            events.push((removal.span.ret_ns, EventKind::RemovalReturned, number(index)));
        }
        for (index, maybe) in trace.maybes.iter().enumerate() {
            let ready_ns = maybe.span.inv_ns.max(self.removable_ns(maybe.value));
            // A value that an answered removal takes was not removed by anything else.
            if self.taker[maybe.value as usize] == NOBODY && ready_ns <= maybe.span.ret_ns && ready_ns < NEVER {
                events.push((ready_ns, EventKind::MaybeReady, number(index)));
            }
            if maybe.span.ret_ns < NEVER {
                events.push((maybe.span.ret_ns, EventKind::MaybeOver, number(index)));
            }
        }
        if scope == Scope::Everything {
            for (index, read) in trace.reads.iter().enumerate() {
                if read.kind == ReadKind::Absent && read.span.ret_ns < NEVER {
                    events.push((read.span.ret_ns, EventKind::AbsentReturned, number(index)));
                }
            }
        }
        events.sort_unstable();
        events
    }
}

/// Numbers the FIFO classes. A value without a user is of a class of its own: nobody knows whom it overtakes.
fn classes(trace: &Trace, class: FifoClass) -> Vec<u32> {
    match class {
        FifoClass::Everyone => vec![0; trace.values.len()],
        FifoClass::Token => (0..trace.values.len()).map(number).collect(),
        FifoClass::User => {
            let mut users: Vec<UserId> = trace.values.iter().filter_map(|value| value.user).collect();
            users.sort_unstable();
            users.dedup();
            let of_user = |user: UserId| users.binary_search(&user).map_or(users.len(), |index| index);
            let alone = |index: usize| users.len() + index;
            let class_of = |(index, user): (usize, Option<UserId>)| user.map_or_else(|| alone(index), of_user);
            trace.values.iter().map(|value| value.user).enumerate().map(class_of).map(number).collect()
        }
    }
}
