//! `no-leftovers`: what is left on the server when nobody waits any more does not grow with the users.
//!
//! A queue may keep some keys for an event, and keys that go away by themselves. A key for each user that
//! nothing ever removes fills the server's memory, sale after sale.

use super::finding::{Counterexample, Finding};
use super::tally::Tally;
use crate::history::History;
use crate::model::Promise;

/// So many keys without a time to live an event may keep.
const KEPT_MAX: u64 = 16;

/// Judges `no-leftovers`. Examined: the keys of the run when the load had ended.
#[must_use]
pub fn check(history: &History) -> Finding {
    let keys = history.header.server.as_ref().and_then(|server| server.keys.as_ref());
    let nobody_looked = "nobody looked at the keys after a final drain: only a run that drains to the end can";
    let Some((keys, left)) = keys.and_then(|keys| Some((keys, keys.left?))) else {
        return Tally::default().undecided(Promise::NoLeftovers, nobody_looked.to_owned());
    };
    let mut tally = Tally::default();
    tally.examine(usize::try_from(keys.found).unwrap_or(usize::MAX));
    if left > KEPT_MAX {
        let story = format!(
            "nobody waits any more, and {left} keys without a time to live are left ({}): an event may keep {KEPT_MAX}",
            keys.left_names.join(", ")
        );
        for _ in 0..left {
            tally.violation(|| story.clone(), None, Vec::new);
        }
        tally = tally.with_proof(Counterexample { story, events: Vec::new(), margin_ns: None });
    }
    tally.finding(Promise::NoLeftovers, "no key was found when the load had ended: let somebody join")
}
