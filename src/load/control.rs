//! What the thread that watches and the thread that loads share: a wish to stop, and how far it got.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared between the thread that runs a cell and the one that watches it.
#[derive(Debug, Default)]
pub struct Control {
    stop: Arc<AtomicBool>,
    attempts: AtomicU64,
}

impl Control {
    /// Asks the cell to stop. What was recorded until then is kept.
    pub fn interrupt(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The wish to stop, for whoever is to look at nothing else.
    #[must_use]
    pub fn wish(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Attempts recorded so far in the running cell, refreshed about ten times a second.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Relaxed)
    }

    pub(super) fn report(&self, attempts: u64) {
        self.attempts.store(attempts, Ordering::Relaxed);
    }
}
