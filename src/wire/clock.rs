//! The run's clock: monotonic nanoseconds since the cell began, real or virtual.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use super::virtual_time::VirtualTime;

/// One monotonic clock for all threads of a cell, so that "returned before sent" means what it says.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The system's monotonic clock when this one began, ns.
    origin_ns: u64,
    /// `None`: real time.
    passes: Option<Arc<VirtualTime>>,
}

impl Clock {
    /// Begins at zero.
    #[must_use]
    pub fn start() -> Clock {
        Clock { origin_ns: monotonic_ns(), passes: None }
    }

    /// Time that passes when nothing is left to do.
    #[must_use]
    pub fn on(time: VirtualTime) -> Clock {
        Clock { passes: Some(Arc::new(time)), ..Clock::start() }
    }

    /// What lets it pass; `None`: it passes by itself.
    #[must_use]
    pub fn virtual_time(&self) -> Option<&VirtualTime> {
        self.passes.as_deref()
    }

    /// The wall clock, since the Unix epoch.
    pub(super) fn wall(&self) -> Duration {
        match &self.passes {
            // A clock before 1970 reads as 1970: a design only ever sees a wrong clock, as with real clients.
            None => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Some(time) => time.wall(),
        }
    }

    /// Nanoseconds since it began.
    #[must_use]
    #[inline]
    pub fn now_ns(&self) -> u64 {
        match &self.passes {
            None => monotonic_ns() - self.origin_ns,
            Some(time) => time.now_ns(),
        }
    }
}

/// The system's monotonic clock, ns: what `Instant` reads, without the way there and back between its types, which takes as long
/// as the reading.
#[inline]
fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    // It begins at or after the start of the machine, and 2^64 ns are 584 years.
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
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
        let seen_ns = Cell::new(clock.now_ns());
        Remembered { clock, seen_ns }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
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
