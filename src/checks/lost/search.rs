//! The search through all suppositions.
//!
//! A *partial* supposition says of some values which lost admission took them. Values of an admission that
//! is not complete are removed one by one, which forbids less than removing all at once. So the sweep of
//! a partial supposition has performed, at every instant, whatever the right one has performed, as long as
//! none of the values still missing from it was in the way. If it breaks at a time t, one of those was: the
//! oldest in line of a class at t that nobody saw leave, one that an answer found missing by t, or one that
//! may have left by itself before t. Trying each of these in each admission sent by t misses nothing. If it does not break, an
//! admission that is not complete was short, or took one more of those that nobody saw leave.

use std::collections::{HashMap, HashSet};

use super::supposed::{Taken, take};
use crate::checks::notation::{LostAdmission, NEVER, ReadKind, Trace, ValueId};
use crate::checks::stay::stays;
use crate::checks::sweep::{FifoClass, Scope};

/// The bound on the work: values and removals swept over, in all suppositions together.
const WORK: usize = 4_000_000;
/// However long the history is, so many are tried.
const TRIED_MIN: usize = 64;

/// What the search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A supposition explains the history.
    Yes,
    /// None does.
    No,
    /// The bound came first.
    OutOfBounds,
}

/// One value that no removal in the history took.
struct Unseen {
    id: ValueId,
    inv_ns: u64,
    /// By then it had joined; [`NEVER`]: nobody knows that it ever did.
    joined_by_ns: u64,
    /// It may have left by itself.
    may_go: bool,
    /// When an answer first said that it is not waiting, although it had joined.
    missed_ns: u64,
    /// Two of one class pass each other only unseen.
    class: u64,
    /// Supposed to be taken.
    taken: bool,
}

/// A lost admission.
#[derive(Default)]
struct Lost {
    inv_ns: u64,
    asked: usize,
    /// Places in the list of the unseen.
    took: Vec<usize>,
    /// Nobody else was taken.
    complete: bool,
    /// Of those tried without need, the last: the others before it need not be tried again.
    filled_to: usize,
}

impl Lost {
    fn has_room(&self) -> bool {
        !self.complete && self.took.len() < self.asked
    }
}

pub(super) struct Search<'a> {
    trace: &'a Trace,
    first_breach_ns: &'a dyn Fn(&Trace) -> Option<u64>,
    /// Oldest first.
    unseen: Vec<Unseen>,
    lost: Vec<Lost>,
    left: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        trace: &'a Trace,
        (class, scope): (FifoClass, Scope),
        first_breach_ns: &'a dyn Fn(&Trace) -> Option<u64>,
    ) -> Search<'a> {
        let mut answered = Trace { lost: Vec::new(), ..trace.clone() };
        if scope == Scope::OrderOnly {
            answered.reads.clear();
        }
        let stays = stays(&answered);
        let mut may_go = vec![false; trace.values.len()];
        for maybe in &trace.maybes {
            may_go[maybe.value as usize] = true;
        }
        let mut missed_ns: HashMap<ValueId, u64> = HashMap::new();
        for read in answered.reads.iter().filter(|read| read.kind == ReadKind::Absent) {
            if stays.at(read.value).joined_by_ns < read.span.inv_ns {
                let first_ns = missed_ns.entry(read.value).or_insert(NEVER);
                *first_ns = read.span.ret_ns.min(*first_ns);
            }
        }
        let class_of = |id: ValueId| match class {
            FifoClass::Everyone => 0,
            FifoClass::User => trace.values.user(id).map_or(u64::from(id), |user| user.0),
            FifoClass::Token => u64::from(id),
        };
        let ids = trace.values.ids().filter(|id| trace.values.may_have_joined(*id) && stays.at(*id).taker.is_none());
        let mut unseen: Vec<Unseen> = ids
            .map(|id| Unseen {
                id,
                inv_ns: trace.values.join(id).inv_ns,
                joined_by_ns: stays.at(id).joined_by_ns,
                may_go: may_go[id as usize],
                missed_ns: missed_ns.get(&id).copied().unwrap_or(NEVER),
                class: class_of(id),
                taken: false,
            })
            .collect();
        unseen.sort_by_key(|unseen| (unseen.joined_by_ns, unseen.inv_ns, unseen.id));
        let lost = |lost: &LostAdmission| Lost { inv_ns: lost.inv_ns, asked: lost.asked as usize, ..Lost::default() };
        let swept = (trace.values.len() + trace.removals.len() + trace.reads.len()).max(1);
        Search {
            trace,
            first_breach_ns,
            unseen,
            lost: trace.lost.iter().map(lost).collect(),
            left: (WORK / swept).max(TRIED_MIN),
        }
    }

    /// Whenever something is in the way, the next admission took the oldest: one sweep for each.
    pub(super) fn likely(&mut self) -> Option<Vec<Taken>> {
        let mut order: Vec<usize> = (0..self.lost.len()).collect();
        order.sort_by_key(|index| (self.lost[*index].inv_ns, *index));
        let mut order = order.into_iter();
        let found = loop {
            let Some(breach_ns) = self.breach() else { break Some(self.taken()) };
            let Some(index) = order.next() else { break None };
            let asked = self.lost[index].asked;
            let ready = |unseen: &Unseen| !unseen.taken && unseen.inv_ns <= breach_ns;
            let certain = |unseen: &Unseen| unseen.joined_by_ns < NEVER && !unseen.may_go;
            let places = |wanted: &dyn Fn(&Unseen) -> bool| -> Vec<usize> {
                let places = self.unseen.iter().enumerate().filter(|(_, unseen)| ready(unseen) && wanted(unseen));
                places.map(|(place, _)| place).take(asked).collect()
            };
            let mut took = places(&certain);
            if took.is_empty() {
                break None;
            }
            // A join that nobody answered may have been in line as well.
            let room = asked - took.len();
            took.extend(places(&|unseen| !certain(unseen) && !unseen.may_go).into_iter().take(room));
            for place in &took {
                self.unseen[*place].taken = true;
            }
            self.lost[index].took = took;
            self.lost[index].complete = true;
        };
        if found.is_none() {
            self.reset();
        }
        found
    }

    /// Nothing is supposed any more.
    fn reset(&mut self) {
        for unseen in &mut self.unseen {
            unseen.taken = false;
        }
        for lost in &mut self.lost {
            (lost.took, lost.complete) = (Vec::new(), false);
        }
    }

    /// Goes on from what is supposed now; found: what is supposed then explains the history.
    pub(super) fn all(&mut self) -> Found {
        if self.left == 0 {
            return Found::OutOfBounds;
        }
        self.left -= 1;
        match self.breach() {
            Some(breach_ns) => self.remove_one(breach_ns),
            None => match self.lost.iter().position(|lost| lost.has_room() && !lost.took.is_empty()) {
                Some(index) => self.complete(index),
                None => Found::Yes,
            },
        }
    }

    /// Somebody was in the way: tries all who may have been, in all admissions that may have taken them.
    fn remove_one(&mut self, breach_ns: u64) -> Found {
        let mut classes = HashSet::new();
        let mut in_the_way: Vec<usize> = Vec::new();
        for (place, unseen) in self.unseen.iter().enumerate().filter(|(_, unseen)| !unseen.taken) {
            let by_itself = unseen.may_go || unseen.missed_ns <= breach_ns;
            let in_line = unseen.joined_by_ns < NEVER && unseen.joined_by_ns <= breach_ns;
            if in_line && (by_itself || classes.insert(unseen.class)) {
                in_the_way.push(place);
            }
        }
        // Whoever cannot have left otherwise is the likely one.
        in_the_way.sort_by_key(|place| self.unseen[*place].may_go);
        for place in in_the_way {
            for index in 0..self.lost.len() {
                if self.lost[index].inv_ns > breach_ns || !self.lost[index].has_room() {
                    continue;
                }
                self.push(index, place);
                let found = self.all();
                if found != Found::No {
                    return found;
                }
                self.pop(index);
            }
        }
        Found::No
    }

    /// Nothing is in the way, and an admission took fewer than it asked for: it was short, or took others too.
    fn complete(&mut self, index: usize) -> Found {
        self.lost[index].complete = true;
        let found = self.all();
        if found != Found::No {
            return found;
        }
        self.lost[index].complete = false;
        let filled_to = self.lost[index].filled_to;
        for place in filled_to..self.unseen.len() {
            if self.unseen[place].taken {
                continue;
            }
            self.push(index, place);
            self.lost[index].filled_to = place + 1;
            let found = self.all();
            if found != Found::No {
                return found;
            }
            self.pop(index);
        }
        self.lost[index].filled_to = filled_to;
        Found::No
    }

    fn push(&mut self, index: usize, place: usize) {
        self.lost[index].took.push(place);
        self.unseen[place].taken = true;
    }

    fn pop(&mut self, index: usize) {
        if let Some(place) = self.lost[index].took.pop() {
            self.unseen[place].taken = false;
        }
    }

    /// When what is supposed breaks first.
    fn breach(&self) -> Option<u64> {
        let mut supposed = Trace { lost: Vec::new(), ..self.trace.clone() };
        for (index, lost) in self.lost.iter().enumerate().filter(|(_, lost)| !lost.took.is_empty()) {
            let admission = &self.trace.lost[index];
            let values = self.values(lost);
            if lost.has_room() {
                values.iter().for_each(|value| take(&mut supposed, admission, &[*value], false));
            } else {
                take(&mut supposed, admission, &values, values.len() < lost.asked);
            }
        }
        (self.first_breach_ns)(&supposed)
    }

    /// Whom an admission took, in an order that is right if any is: oldest first.
    fn values(&self, lost: &Lost) -> Vec<ValueId> {
        let mut took = lost.took.clone();
        took.sort_unstable();
        took.into_iter().map(|place| self.unseen[place].id).collect()
    }

    /// What is supposed now.
    pub(super) fn taken(&self) -> Vec<Taken> {
        let taken = self.lost.iter().zip(0u32..).filter(|(lost, _)| !lost.took.is_empty());
        taken.map(|(found, lost)| Taken { lost, values: self.values(found) }).collect()
    }
}
