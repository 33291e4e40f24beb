//! `global-fifo`: the history is a linearizable FIFO queue.
//!
//! All rules of the [sweep](super::sweep) with one class: order, batches as one instant, "nobody waits",
//! "not waiting" and "waiting" answers. That an entry outlives its time to live is left to `expiry`.

use super::Normalised;
use super::finding::Finding;
use super::line::Rule;
use super::sweep::{FifoClass, Scope};
use super::tally::Tally;
use crate::history::History;
use crate::model::Promise;

/// Judges `global-fifo`. Examined: admitted tokens, short answers, leaves, and answers about one entry.
#[must_use]
pub fn check(history: &History, normalised: &Normalised) -> Finding {
    let rule = Rule {
        promise: Promise::GlobalFifo,
        class: FifoClass::Everyone,
        scope: Scope::Everything,
        nothing: "no admission was answered, so no order was seen: let the scenario admit, or drain at the end",
    };
    let trace = &normalised.trace;
    let mut tally = Tally::default();
    if trace.removals.iter().any(|removal| removal.is_batch()) {
        for removal in trace.removals.iter() {
            tally.examine(removal.values.len() + usize::from(removal.is_short()));
        }
        tally.examine(trace.reads.len());
    }
    rule.judge(history, trace, tally)
}
