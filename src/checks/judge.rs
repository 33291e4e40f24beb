//! From a history to its findings.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use super::finding::Finding;
use super::normalise::{Normalised, normalise};
use super::{
    capacity, expiry, global_fifo, idempotence, no_duplicates, no_leftovers, no_loss, no_phantoms, one_slot,
    per_user_fifo, position,
};
use crate::history::History;
use crate::model::Promise;

/// Findings, and the history in the notation that they were found in.
#[derive(Debug)]
pub struct Judged {
    /// Promise by promise, in the order of the history's terms.
    pub findings: Vec<Finding>,
    /// What they were found in.
    pub normalised: Normalised,
}

/// Judges every promise of the history's terms, in their order. The same history gives the same findings.
#[must_use]
pub fn judge(history: &History) -> Vec<Finding> {
    judge_all(history).findings
}

/// The same, with the history in the notation.
#[must_use]
pub fn judge_all(history: &History) -> Judged {
    let normalised = normalise(history);
    // Threads cost more than they gain where there is little to judge.
    let threads = if history.records.len() < 5_000 { 1 } else { usize::MAX };
    let findings =
        side_by_side(threads, &history.header.terms.promises, |promise| judge_one(history, &normalised, promise));
    Judged { findings, normalised }
}

/// Judges each promise, on as many cores as there are and threads as may be. The longest goes first, so that the others fit beside
/// it; the answers come in the order of the promises, whoever finds them.
fn side_by_side(threads: usize, promises: &[Promise], judge: impl Fn(Promise) -> Finding + Sync) -> Vec<Finding> {
    let mut left: Vec<usize> = (0..promises.len()).collect();
    // Taken from the end.
    left.sort_by_key(|at| promises[*at] == Promise::GlobalFifo);
    let left = Mutex::new(left);
    let found: Mutex<Vec<(usize, Finding)>> = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some(at) = left.lock().unwrap_or_else(PoisonError::into_inner).pop() else { return };
            let finding = judge(promises[at]);
            found.lock().unwrap_or_else(PoisonError::into_inner).push((at, finding));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(promises.len()).min(threads);
    std::thread::scope(|scope| {
        for _ in 1..cores {
            scope.spawn(work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, finding)| finding).collect()
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
        Promise::NoLeftovers => no_leftovers::check(history),
        Promise::OneSlot => one_slot::check(history),
    }
}
