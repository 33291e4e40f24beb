//! `one-slot`: all keys of an event are in one hash slot, and scripts write to no others than those declared.
//!
//! On one server neither matters. In a cluster a script that touches two slots is refused, or silently
//! writes a key where nobody will look for it. So it is asked of the names: every key of the run carries the event
//! as its hash tag, and some request declared it.

use super::finding::Finding;
use super::tally::Tally;
use crate::history::History;
use crate::model::Promise;

/// Judges `one-slot`. Examined: the keys of the run when the load had ended.
#[must_use]
pub fn check(history: &History) -> Finding {
    let mut tally = Tally::default();
    let Some(keys) = history.header.server.as_ref().and_then(|server| server.keys.as_ref()) else {
        return tally.undecided(Promise::OneSlot, "nobody looked at the keys: only a run can".to_owned());
    };
    tally.examine(usize::try_from(keys.found).unwrap_or(usize::MAX));
    let wrong = [
        (keys.untagged, &keys.untagged_names, "does not carry the event as its hash tag"),
        (keys.undeclared, &keys.undeclared_names, "was written by a script that did not declare it"),
    ];
    for (count, names, why) in wrong {
        let first = names.first().map_or("a key", String::as_str);
        for number in 0..count {
            let name = usize::try_from(number).ok().and_then(|number| names.get(number)).map_or(first, String::as_str);
            tally.violation(|| format!("the key {name} {why}"), None, Vec::new);
        }
    }
    tally.finding(Promise::OneSlot, "no key was found when the load had ended: let somebody join")
}
