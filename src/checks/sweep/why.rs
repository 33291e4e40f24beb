//! Why a removal could not be performed: not needed to decide, only to tell.

use super::breach::Late;
use super::build::NOBODY;
use super::run::Run;
use crate::checks::notation::{NEVER, ValueId};

/// Among so many values in the way of a removal the one that tells the plainest story is looked for.
const LOOKS: usize = 64;

impl Run<'_> {
    /// Why a removal that has returned could not be performed.
    pub(super) fn why_late(&mut self, number: u32) -> Late {
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
