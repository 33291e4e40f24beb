//! From a history to its findings.

use super::finding::Finding;
use super::normalise::{Normalised, normalise};
use super::{capacity, expiry, global_fifo, idempotence, no_duplicates, no_loss, no_phantoms, per_user_fifo, position};
use crate::history::History;
use crate::model::Promise;

/// Judges every promise of the history's terms, in their order. The same history gives the same findings.
#[must_use]
pub fn judge(history: &History) -> Vec<Finding> {
    let normalised = normalise(history);
    history.header.terms.promises.iter().map(|promise| judge_one(history, &normalised, *promise)).collect()
}

fn judge_one(history: &History, normalised: &Normalised, promise: Promise) -> Finding {
    match promise {
        Promise::NoDuplicates => no_duplicates::check(history, normalised),
        Promise::PerUserFifo => per_user_fifo::check(history, normalised),
        Promise::GlobalFifo => global_fifo::check(history, normalised),
        Promise::NoLoss => no_loss::check(history, normalised),
        Promise::NoPhantoms => no_phantoms::check(history, normalised),
        Promise::Position => position::check(history, normalised),
        Promise::Expiry => expiry::check(history, normalised),
        Promise::Idempotence => idempotence::check(history, normalised),
        Promise::Capacity => capacity::check(history),
    }
}
