//! The FIFO classes: among which values order counts.

use super::Scope;
use super::places::NOBODY;
use crate::checks::notation::{NEVER, Trace, ValueId};
use crate::checks::numbering::Numbering;

/// The FIFO class of every value.
pub(super) enum Classes {
    /// All are of class 0.
    One,
    /// Each is of its own.
    Own,
    /// By value; [`ALONE`] for those that share theirs with nobody.
    Many(Vec<u32>, usize),
}

/// The class of a value that nobody shares, where only order matters: it cannot be overtaken.
pub(super) const ALONE: u32 = u32::MAX;

impl Classes {
    /// A class for each user. A value without a user is of a class of its own: nobody knows whom it overtakes.
    ///
    /// Where only order matters, a user whose tokens left one certainly after the other, in the order of joining,
    /// needs none: real time demands that order of any linearization anyhow. Nearly all users are such.
    pub(super) fn by_user(trace: &Trace, taker: &[u32], scope: Scope) -> Classes {
        let users = Users::new(trace);
        // What may be removed unseen may have joined later than it seems.
        let trims = scope == Scope::OrderOnly && trace.maybes.is_empty();
        let counts = if trims { users.in_doubt(trace, taker) } else { users.holding_several(trace) };
        let mut count = 0;
        let mut numbers = vec![ALONE; counts.len()];
        for number in numbers.iter_mut().zip(counts).filter(|(_, counts)| *counts).map(|(number, _)| number) {
            *number = count;
            count += 1;
        }
        let class = |id: ValueId| users.of(trace, id).map_or(ALONE, |user| numbers[user]);
        let mut classes: Vec<u32> = trace.values.ids().map(class).collect();
        if scope == Scope::Everything {
            // A short batch asks for everybody, so everybody needs a place.
            for class in classes.iter_mut().filter(|class| **class == ALONE) {
                *class = count;
                count += 1;
            }
        }
        Classes::Many(classes, count as usize)
    }

    #[inline]
    pub(super) fn of(&self, value: ValueId) -> u32 {
        match self {
            Classes::One => 0,
            Classes::Own => value,
            Classes::Many(classes, _) => classes[value as usize],
        }
    }
}

/// Users, numbered.
struct Users(Numbering);

/// Nobody of this user was seen.
const NOT_SEEN: u32 = NOBODY;
/// One of this user's stays for ever.
const STAYS: u32 = NOBODY - 1;
/// The order of this user's removals does not follow from their times alone.
const IN_DOUBT: u32 = NOBODY - 2;

impl Users {
    fn new(trace: &Trace) -> Users {
        Users(Numbering::new(trace.values.ids().filter_map(|id| trace.values.user(id)).map(|user| user.0)))
    }

    fn of(&self, trace: &Trace, id: ValueId) -> Option<usize> {
        trace.values.user(id).map(|user| self.0.of(user.0))
    }

    fn holding_several(&self, trace: &Trace) -> Vec<bool> {
        let mut tokens = vec![0u8; self.0.len()];
        for user in trace.values.ids().filter_map(|id| self.of(trace, id)) {
            tokens[user] = tokens[user].saturating_add(1);
        }
        tokens.into_iter().map(|tokens| tokens > 1).collect()
    }

    /// Of which users two tokens may have left in another order than they joined.
    ///
    /// Each token that was removed has to be removed certainly after, or together with and behind, all whose
    /// joins were sent before its own. With every join of such a user taken to happen as it is sent, order of
    /// joining, of removal, and of time agree.
    fn in_doubt(&self, trace: &Trace, taker: &[u32]) -> Vec<bool> {
        let sent_ns = trace.values.invocations_ns();
        let mut ids: Vec<ValueId> = Vec::new();
        if !sent_ns.is_sorted() {
            ids = trace.values.ids().collect();
            ids.sort_by_key(|id| sent_ns[*id as usize]);
        }
        // By user: the removal of theirs that returned last so far. Only so many values are walked through.
        let mut latest = vec![NOT_SEEN; self.0.len()];
        for at in trace.values.ids() {
            let id = ids.get(at as usize).copied().unwrap_or(at);
            let Some(user) = self.of(trace, id) else { continue };
            let (before, by) = (latest[user], taker[id as usize]);
            let next = match (before, by) {
                (IN_DOUBT, _) => IN_DOUBT,
                // Nobody knows that it ever joined.
                (_, NOBODY) if !trace.values.may_have_joined(id) || trace.values.join(id).ret_ns == NEVER => before,
                (_, NOBODY) => STAYS,
                (STAYS, _) => IN_DOUBT,
                (NOT_SEEN, _) => by,
                (_, _) if before == by => {
                    if self.named_in_order(trace, by, user) {
                        by
                    } else {
                        IN_DOUBT
                    }
                }
                (_, _) => {
                    let [before, after] = [before, by].map(|removal| trace.removals.span(removal as usize));
                    if before.ret_ns < after.inv_ns { by } else { IN_DOUBT }
                }
            };
            latest[user] = next;
        }
        latest.into_iter().map(|latest| latest == IN_DOUBT).collect()
    }

    /// Whether an admission names a user's tokens in the order in which their joins were sent.
    fn named_in_order(&self, trace: &Trace, removal: u32, user: usize) -> bool {
        /// Longer lists are left to the sweep, which takes all users of one together.
        const LONG: usize = 256;
        let values = trace.removals.at(removal as usize).values;
        let own = values.iter().filter(|id| self.of(trace, **id) == Some(user));
        let sent = own.map(|id| (trace.values.join(*id).inv_ns, *id));
        values.len() <= LONG && sent.is_sorted()
    }
}
