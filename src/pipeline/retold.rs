//! The Redis commands of a counterexample's operations, as its design writes them.

use std::time::Duration;

use crate::history::History;
use crate::load::EVENT;
use crate::queue::{Attempt, Design, QueueSettings, retell};
use crate::report::Cell;

/// Fills in the commands; of a design that this program does not know none are told.
///
/// What a run alone could know is neutral here, so that judging its history again tells the same: keys begin with `queue:`
/// instead of the run's own prefix, and the clients' clocks show the time since the run began.
pub(super) fn commands(cell: &mut Cell, history: &History) {
    let Some(design) = Design::from_name(&cell.queue) else { return };
    let terms = &history.header.terms;
    let queue = design.open(QueueSettings {
        prefix: "queue:".to_owned(),
        event: EVENT.to_owned(),
        dedupe: terms.dedupe,
        ttl: terms.ttl_ns.map(Duration::from_nanos),
    });
    let counterexamples = cell.checks.iter_mut().filter_map(|check| check.counterexample.as_mut());
    for event in counterexamples.flat_map(|counterexample| &mut counterexample.events) {
        let Ok(index) = usize::try_from(event.record) else { continue };
        if index >= history.records.len() {
            continue;
        }
        let record = history.records.at(index);
        let now = Duration::from_nanos(record.sent_ns);
        let attempt = Attempt { operation: &record.call, outcome: &record.outcome, commands: record.commands, now };
        event.commands = retell(&queue, attempt);
    }
}
