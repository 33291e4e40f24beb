//! The run's clock: monotonic nanoseconds since the cell began.

use std::time::{Duration, Instant};

/// One monotonic clock for every client of a cell, so that "returned before sent" means what it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunClock {
    origin: Instant,
}

impl RunClock {
    pub(super) fn start() -> RunClock {
        RunClock { origin: Instant::now() }
    }

    /// Nanoseconds since the cell began.
    pub(super) fn now_ns(self) -> u64 {
        // 2^64 ns are 584 years.
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Waits until a time of this clock; returns at once when it has passed.
    ///
    /// The runtime's timer counts in whole milliseconds and would wake all that is due within one of them at
    /// once: late by half a millisecond, and in step. So it is only used for the coarse part; the rest is
    /// waited for by yielding, which lets the other clients and the sockets have their turn. What remains is
    /// recorded as send lag.
    pub(super) async fn wait_until(self, at_ns: u64) {
        let now_ns = self.now_ns();
        if at_ns > now_ns.saturating_add(FINE_NS) {
            tokio::time::sleep_until((self.origin + Duration::from_nanos(at_ns - FINE_NS)).into()).await;
        }
        while self.now_ns() < at_ns {
            tokio::task::yield_now().await;
        }
    }
}

/// The part of a wait that is not left to the timer, ns: its resolution of a millisecond, and some for waking up.
const FINE_NS: u64 = 1_200_000;

/// CPU time that the calling thread has used, ns.
pub(super) fn thread_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + nanos
}
