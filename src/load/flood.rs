//! The barrier of a flood: all clients of all threads meet before each round and leave at one moment.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::shared::Shared;

/// Where several threads meet, the release lies so far ahead, ns, that each has woken up by then and waits for the moment
/// itself. Waking up takes some 50 µs, rarely more.
const AHEAD_NS: u64 = 200_000;

/// The meeting point of the threads. It is touched once a round and thread, not by operations.
pub(super) struct Release {
    threads: u32,
    arrived: AtomicU32,
    /// Rounds released so far.
    rounds: AtomicU32,
    at_ns: AtomicU64,
}

impl Release {
    pub(super) fn new(threads: u32) -> Release {
        Release { threads, arrived: AtomicU32::new(0), rounds: AtomicU32::new(0), at_ns: AtomicU64::new(0) }
    }

    pub(super) fn threads(&self) -> u32 {
        self.threads
    }
}

impl<Q> Shared<Q> {
    /// Waits until every client of the flood has come to this round; the time of its release, which is when the round was
    /// due for all of them. What each takes to send after that is its send lag.
    pub(super) async fn wait_for_release(&self, round: u32) -> u64 {
        let release = &self.common.release;
        self.at_the_barrier.set(self.at_the_barrier.get() + 1);
        if self.at_the_barrier.get() == self.of_the_flood {
            self.at_the_barrier.set(0);
            if release.arrived.fetch_add(1, Ordering::AcqRel) + 1 == release.threads {
                release.arrived.store(0, Ordering::Relaxed);
                let ahead_ns = if release.threads > 1 { AHEAD_NS } else { 0 };
                release.at_ns.store(self.reactor.now_ns() + ahead_ns, Ordering::Relaxed);
                release.rounds.store(round + 1, Ordering::Release);
                if release.threads > 1 {
                    self.common.wake_all();
                } else {
                    self.reactor.poll_all();
                }
            }
        }
        self.reactor.until(|| release.rounds.load(Ordering::Acquire) > round).await;
        let at_ns = release.at_ns.load(Ordering::Relaxed);
        self.reactor.wait_until(at_ns).await;
        at_ns
    }
}
