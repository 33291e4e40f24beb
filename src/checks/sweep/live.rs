//! Who is in line: the oldest-first question "is anybody of this class left who joined before this
//! time?" and the newest question "is anybody at all left?", both nearly constant.

use crate::checks::notation::ValueId;

const NOWHERE: u32 = u32::MAX;

/// The values of each class by the return of their join, and which of them are gone.
///
/// All positions are known before the sweep begins, so the ordered set is an array; going is a union with
/// the position before. A value with `ret E < cut` has certainly returned once the cut is in the past, so
/// "in line and older than the cut" is simply "not gone, and left of the cut".
pub(super) struct Ranks {
    /// Values by (class, return of the join).
    order: Vec<ValueId>,
    /// Where a value stands in `order`.
    position: Vec<u32>,
    /// Union-find: `left[i + 1]` leads to the nearest position at or left of `i` that is not gone, plus one.
    left: Vec<u32>,
}

impl Ranks {
    /// From the values in order of (class, return).
    pub(super) fn new(order: Vec<ValueId>, values: usize) -> Ranks {
        let mut position = vec![NOWHERE; values];
        for (at, value) in (0u32..).zip(&order) {
            position[*value as usize] = at;
        }
        // Position counts fit: there are no more of them than values, whose ids are u32.
        let left = (0u32..).take(order.len() + 1).collect();
        Ranks { order, position, left }
    }

    /// Marks a value gone.
    pub(super) fn remove(&mut self, value: ValueId) {
        let at = self.position[value as usize];
        if at != NOWHERE {
            self.left[at as usize + 1] = at;
        }
    }

    /// The last position in `start..end` that is not gone, and its value.
    pub(super) fn last_in(&mut self, start: u32, end: u32) -> Option<(u32, ValueId)> {
        let mut root = end;
        while self.left[root as usize] != root {
            // Path halving.
            let up = self.left[root as usize];
            self.left[root as usize] = self.left[up as usize];
            root = self.left[root as usize];
        }
        (root > start).then(|| (root - 1, self.order[root as usize - 1]))
    }

    /// How many positions of `start..end` hold a join that returned before `cut_ns`, as an end position.
    pub(super) fn end_of_older(&self, start: u32, end: u32, cut_ns: u64, ret_ns: &[u64]) -> u32 {
        let class = &self.order[start as usize..end as usize];
        let older = class.partition_point(|value| ret_ns[*value as usize] < cut_ns);
        start + u32::try_from(older).expect("a class holds no more values than there are ids")
    }
}

/// The values whose join has returned and that are not gone: a set that hands out any member at once.
pub(super) struct Waiting {
    members: Vec<ValueId>,
    at: Vec<u32>,
}

impl Waiting {
    pub(super) fn new(values: usize) -> Waiting {
        Waiting { members: Vec::new(), at: vec![NOWHERE; values] }
    }

    pub(super) fn insert(&mut self, value: ValueId) {
        self.at[value as usize] =
            u32::try_from(self.members.len()).expect("no more members than values, whose ids are u32");
        self.members.push(value);
    }

    /// Removes it; false if it was not in.
    pub(super) fn remove(&mut self, value: ValueId) -> bool {
        let at = std::mem::replace(&mut self.at[value as usize], NOWHERE);
        if at == NOWHERE {
            return false;
        }
        self.members.swap_remove(at as usize);
        if let Some(moved) = self.members.get(at as usize) {
            self.at[*moved as usize] = at;
        }
        true
    }

    pub(super) fn members(&self) -> &[ValueId] {
        &self.members
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_answer_as_an_ordered_set_does(removed in prop::collection::vec(0u32..20, 0..30), start in 0u32..20, length in 0u32..20) {
            let end = (start + length).min(20);
            let mut ranks = Ranks::new((0..20).collect(), 20);
            let mut set: BTreeSet<u32> = (0..20).collect();
            for value in removed {
                ranks.remove(value);
                set.remove(&value);
                let last = set.range(start..end).next_back().map(|value| (*value, *value));
                prop_assert_eq!(ranks.last_in(start, end), last);
            }
            let returns: Vec<u64> = (0..20).map(|n| 10 * n).collect();
            let older = (start..end).filter(|value| returns[*value as usize] < 105).count();
            prop_assert_eq!(ranks.end_of_older(start, end, 105, &returns) as usize, start as usize + older);
        }

        #[test]
        fn waiting_holds_what_was_put_in_and_not_taken_out(changes in prop::collection::vec((0u32..8, any::<bool>()), 0..40)) {
            let (mut waiting, mut set) = (Waiting::new(8), BTreeSet::new());
            for (value, joins) in changes {
                if joins && set.insert(value) {
                    waiting.insert(value);
                } else if !joins {
                    prop_assert_eq!(waiting.remove(value), set.remove(&value));
                }
                prop_assert_eq!(waiting.members().iter().copied().collect::<BTreeSet<_>>(), set.clone());
            }
        }
    }
}
