//! Why a removal could not be performed: not needed to decide, only to tell.

use super::breach::Late;
use super::nodes::disorder;
use super::places::NOBODY;
use super::run::Run;
use crate::checks::notation::{NEVER, ValueId};

/// Among so many values in the way of a removal the one that tells the plainest story is looked for.
const LOOKS: usize = 64;

impl Run<'_> {
    /// Why a removal that has returned could not be performed.
    pub(super) fn why_late(&mut self, number: u32) -> Late {
        let ret_ns = self.trace.removals.span(number as usize).ret_ns;
        let ready_last = self.places.taken(number).max_by_key(|value| self.places.removable_ns(*value));
        let node = self.nodes.nodes[number as usize];
        if let Some(value) = ready_last
            && !node.ready
        {
            return Late::NotReady(value);
        }
        if node.disordered
            && let Some((first, second)) = disorder(self.places.taken(number), &self.places)
        {
            return Late::Disordered { first, second };
        }
        // The one that is removed last tells the plainest story: often it is certainly still in line.
        if node.short {
            let members = self.some_in_line(LOOKS + node.own_waiting as usize).into_iter();
            let members = members.filter(|value| self.places.taker[*value as usize] != number);
            if let Some(value) = members.max_by_key(|value| (self.leaves_ns(*value), *value)) {
                return Late::LeftBehind(value);
            }
        }
        for part in self.nodes.parts_of(number) {
            let class = self.nodes.parts[part as usize].class;
            if let Some(overtaken) = self.plainest_overtaken(part, ret_ns) {
                let of_class = self.places.taken(number).filter(|value| self.places.classes.of(*value) == class);
                let latest = of_class.max_by_key(|value| (self.places.inv_ns[*value as usize], *value));
                if let Some(overtaker) = latest {
                    return Late::Overtook { overtaken, overtaker };
                }
            }
        }
        // Unreachable: what is ready and not forbidden was performed when it became so. An honest reason all the same.
        Late::NotReady(ready_last.unwrap_or_default())
    }

    /// Up to so many values in line.
    fn some_in_line(&mut self, most: usize) -> Vec<ValueId> {
        if let Some(anybody) = &self.anybody {
            return anybody.members().iter().copied().take(most).collect();
        }
        let mut found = Vec::new();
        let mut next = self.line.oldest(0);
        while let Some((place, value)) = next
            && found.len() < most
        {
            found.push(value);
            next = self.line.next(0, place + 1);
        }
        found
    }

    /// Among those who forbid a part, one that is removed after the part's reply, if there is one near.
    fn plainest_overtaken(&mut self, number: u32, ret_ns: u64) -> Option<ValueId> {
        let (class, cut_ns, node) = {
            let part = &self.nodes.parts[number as usize];
            (part.class, part.cut_ns, part.node)
        };
        let oldest = self.line.oldest(class)?.0;
        let (mut place, mut best) = self.forbidding(number, oldest)?;
        for _ in 0..LOOKS {
            if self.leaves_ns(best) > ret_ns {
                return Some(best);
            }
            let Some((next, value)) = self.line.next(class, place + 1) else { break };
            if self.places.ret_ns[value as usize] >= cut_ns {
                break;
            }
            place = next;
            if self.places.taker[value as usize] != node && self.leaves_ns(value) > self.leaves_ns(best) {
                best = value;
            }
        }
        Some(best)
    }

    /// The invocation of a value's removal.
    fn leaves_ns(&self, value: ValueId) -> u64 {
        match self.places.taker[value as usize] {
            NOBODY => NEVER,
            taker => self.trace.removals.span(taker as usize).inv_ns,
        }
    }
}
