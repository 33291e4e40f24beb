//! The run's clock: monotonic nanoseconds since the cell began.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// One monotonic clock for all threads of a cell, so that "returned before sent" means what it says.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// Begins at zero.
    #[must_use]
    pub fn start() -> Clock {
        Clock { origin: Instant::now() }
    }

    /// Nanoseconds since it began.
    #[must_use]
    #[inline]
    pub fn now_ns(self) -> u64 {
        nanos(self.origin.elapsed())
    }
}

/// A duration in ns; 2^64 ns are 584 years.
#[inline]
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A clock that remembers its last reading: reading it costs some 25 ns, and what happened between two operations needs no
/// reading of its own.
#[derive(Debug)]
pub(super) struct Remembered {
    clock: Clock,
    seen_ns: Cell<u64>,
}

impl Remembered {
    pub(super) fn new(clock: Clock) -> Remembered {
        Remembered { clock, seen_ns: Cell::new(clock.now_ns()) }
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    #[inline]
    pub(super) fn now_ns(&self) -> u64 {
        let now_ns = self.clock.now_ns();
        self.seen_ns.set(now_ns);
        now_ns
    }

    /// The last reading: a time that has certainly passed.
    #[inline]
    pub(super) fn seen_ns(&self) -> u64 {
        self.seen_ns.get()
    }
}
