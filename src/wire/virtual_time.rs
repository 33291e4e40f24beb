//! Time that passes when nothing is left to do: ten minutes of waiting take as long as what happens in them.
//!
//! A run on virtual time has one clock for its clients and its server. It stands still while a request is under way, and jumps
//! to the next time that anybody waits for as soon as nobody has anything to do (the clock of a discrete-event
//! simulation; see A. M. Law, "Simulation Modeling and Analysis", section 1.3). So a time to live ends on its microsecond,
//! and how slow the machine is makes no difference to what happens when.
//!
//! Every reading moves it on by a nanosecond, so that what one thread does one after the other has times in that order.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::pacer::{Ended, Waiter};
use crate::target::{CLOCK_BEGIN, ServerClock};

/// The clock of a run on virtual time. One thread at a time lets it jump.
#[derive(Debug)]
pub struct VirtualTime {
    server: ServerClock,
    /// Where the server's clock stood when this one began: it never goes back.
    begun: Duration,
    now_ns: AtomicU64,
    /// Who waits for a time beyond this goes on waiting.
    until_ns: AtomicU64,
    /// The limit that somebody waits behind.
    held_at_ns: AtomicU64,
    /// The server's clock could not be set once.
    broken: AtomicBool,
}

impl VirtualTime {
    /// Begins at zero, where the server's clock stands now.
    #[must_use]
    pub fn of(server: &ServerClock) -> VirtualTime {
        VirtualTime {
            server: server.clone(),
            begun: server.elapsed(),
            now_ns: AtomicU64::new(0),
            until_ns: AtomicU64::new(u64::MAX),
            held_at_ns: AtomicU64::new(u64::MAX),
            broken: AtomicBool::new(false),
        }
    }

    /// Nanoseconds since it began; no two readings are the same.
    pub(super) fn now_ns(&self) -> u64 {
        let now_ns = self.now_ns.fetch_add(1, Ordering::Relaxed) + 1;
        // The server counts in microseconds.
        if now_ns.is_multiple_of(1000) {
            self.tell_server(now_ns);
        }
        now_ns
    }

    /// The wall clock, since the Unix epoch: the server's, to the nanosecond.
    pub(super) fn wall(&self) -> Duration {
        CLOCK_BEGIN + self.begun + Duration::from_nanos(self.now_ns())
    }

    /// Jumps to a time, if that lies ahead.
    pub fn jump(&self, to_ns: u64) {
        if self.now_ns.fetch_max(to_ns, Ordering::Relaxed) < to_ns {
            self.tell_server(to_ns);
        }
    }

    /// Lets those who wait for a time jump as far as this, and no further.
    pub fn allow_until(&self, until_ns: u64) {
        self.until_ns.store(until_ns, Ordering::Release);
    }

    /// Whether all that was to happen up to this limit has happened.
    #[must_use]
    pub fn is_held_at(&self, until_ns: u64) -> bool {
        self.held_at_ns.load(Ordering::Acquire) == until_ns
    }

    /// What a loop does that has nothing to do at `now_ns`: it waits for its sockets if somebody waits for them, until
    /// `awaited_ns`; else it jumps to `due_ns`, when the next of its tasks wants to go on.
    ///
    /// How long a server takes for a reply is no part of this time. One that is silent for as long as a client would wait is
    /// silent in real time, and then that time has passed here, too.
    pub(super) fn pass(
        &self,
        waiter: &mut Waiter,
        now_ns: u64,
        due_ns: Option<u64>,
        awaited_ns: Option<u64>,
        ready: &mut dyn FnMut(&mio::event::Event),
    ) -> io::Result<Ended> {
        let Some(awaited_ns) = awaited_ns else {
            let until_ns = self.until_ns.load(Ordering::Acquire);
            if let Some(due_ns) = due_ns.filter(|due_ns| *due_ns <= until_ns) {
                self.jump(due_ns);
                return Ok(Ended { woken: false });
            }
            self.held_at_ns.store(until_ns, Ordering::Release);
            return Ok(waiter.wait_for_sockets(None, ready)?.0);
        };
        // A connection that is being made is given up by a task that waits for a time.
        let silent_until_ns = if awaited_ns == u64::MAX { due_ns } else { Some(awaited_ns) };
        let patience = silent_until_ns.map(|at_ns| Duration::from_nanos(at_ns.saturating_sub(now_ns)));
        let begun = Instant::now();
        let (ended, came) = waiter.wait_for_sockets(patience, ready)?;
        // A signal ends a wait, too.
        let silent = !came && patience.is_some_and(|patience| begun.elapsed() >= patience);
        if let Some(at_ns) = silent_until_ns.filter(|_| silent) {
            self.jump(at_ns);
        }
        Ok(ended)
    }

    /// Whether the server could not be told the time once: what came after that is worth nothing.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    fn tell_server(&self, now_ns: u64) {
        let elapsed = self.begun + Duration::from_nanos(now_ns);
        // Its monotonic clock goes along, so that it does in that time what it does of itself.
        if self.server.set(CLOCK_BEGIN + elapsed, elapsed).is_err() {
            self.broken.store(true, Ordering::Relaxed);
        }
    }
}
