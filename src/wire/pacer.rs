//! Waits for sockets and for the time, in one place: the loop's only blocking call.
//!
//! An operation is sent late by what it takes to wake up a sleeping thread, some 30 µs at the median and 100 at the 99th
//! percentile here, and by a millisecond more where the sleep goes through a timer wheel, as `tokio::time` does. So sleeping
//! is left to a timer of the kernel that the poller waits for like a socket; and the last stretch, the time that waking up
//! may take, is spun, with the sockets looked at in between.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Token};

use super::clock::Remembered;
use crate::model::Pacer;

/// What a hybrid pacer spins, ns: most wake-ups take less.
const SPUN_NS: u64 = 60_000;

/// So shortly before the time, ns, the sockets are not looked at any more: that is a system call.
const CLOSE_NS: u64 = 1_500;

/// Events taken from the kernel at once.
const EVENTS: usize = 256;

/// Tokens from here on are the loop's own.
const WOKEN: Token = Token(usize::MAX);
#[cfg(target_os = "linux")]
const TIMER: Token = Token(usize::MAX - 1);

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// Somebody on another thread asked for attention.
    pub(super) woken: bool,
}

/// The poller with its pacer.
pub(super) struct Waiter {
    poll: Poll,
    events: Events,
    waker: Arc<mio::Waker>,
    pacer: Pacer,
    spun_ns: u64,
    #[cfg(target_os = "linux")]
    timer: timer::Timer,
    /// When the timer goes off; it may have already.
    #[cfg(target_os = "linux")]
    timer_at_ns: u64,
}

impl Waiter {
    pub(super) fn new(pacer: Pacer) -> io::Result<Waiter> {
        let poll = Poll::new()?;
        let waker = Arc::new(mio::Waker::new(poll.registry(), WOKEN)?);
        #[cfg(target_os = "linux")]
        let timer = timer::Timer::new(poll.registry(), TIMER)?;
        Ok(Waiter {
            poll,
            events: Events::with_capacity(EVENTS),
            waker,
            pacer,
            spun_ns: 0,
            #[cfg(target_os = "linux")]
            timer,
            #[cfg(target_os = "linux")]
            timer_at_ns: 0,
        })
    }

    pub(super) fn registry(&self) -> &mio::Registry {
        self.poll.registry()
    }

    pub(super) fn waker(&self) -> Arc<mio::Waker> {
        Arc::clone(&self.waker)
    }

    /// CPU time spent spinning so far, ns.
    pub(super) fn spun_ns(&self) -> u64 {
        self.spun_ns
    }

    /// Looks at the sockets without waiting.
    pub(super) fn look(&mut self, ready: &mut dyn FnMut(&mio::event::Event)) -> io::Result<Ended> {
        self.poll_for(Some(Duration::ZERO))?;
        Ok(self.hand_out(ready))
    }

    /// Waits until a socket is ready, another thread asks for attention, or a time has come: `due_ns` to the pacer's
    /// precision, `at_latest_ns` roughly.
    pub(super) fn wait(
        &mut self,
        clock: &Remembered,
        due_ns: Option<u64>,
        at_latest_ns: Option<u64>,
        ready: &mut dyn FnMut(&mio::event::Event),
    ) -> io::Result<Ended> {
        // Where nothing is due the last reading will do: time-outs are rough anyway.
        let now_ns = if due_ns.is_some() { clock.now_ns() } else { clock.seen_ns() };
        let spun_ns = match self.pacer {
            Pacer::Sleep => 0,
            Pacer::Hybrid => SPUN_NS,
            Pacer::Spin => u64::MAX,
        };
        let sleep_until_ns = match (due_ns, at_latest_ns) {
            (Some(due_ns), _) if due_ns <= now_ns => Some(now_ns),
            (Some(due_ns), latest_ns) if due_ns.saturating_sub(spun_ns) <= now_ns => {
                return self.spin(clock, now_ns, latest_ns.map_or(due_ns, |latest| latest.min(due_ns)), ready);
            }
            (Some(due_ns), latest_ns) => {
                Some(latest_ns.map_or(due_ns - spun_ns, |latest| latest.min(due_ns - spun_ns)))
            }
            (None, latest_ns) => latest_ns,
        };
        match sleep_until_ns {
            None => self.poll_for(None)?,
            Some(at_ns) if at_ns <= now_ns => self.poll_for(Some(Duration::ZERO))?,
            Some(at_ns) => self.sleep(now_ns, at_ns)?,
        }
        Ok(self.hand_out(ready))
    }

    /// Waits for sockets and other threads alone, for so long at the most; whether any of them came.
    pub(super) fn wait_for_sockets(
        &mut self,
        patience: Option<Duration>,
        ready: &mut dyn FnMut(&mio::event::Event),
    ) -> io::Result<(Ended, bool)> {
        self.poll_for(patience)?;
        Ok((self.hand_out(ready), !self.events.is_empty()))
    }

    #[cfg(target_os = "linux")]
    fn sleep(&mut self, now_ns: u64, at_ns: u64) -> io::Result<()> {
        // The poller's own time-out counts in milliseconds. A timer that goes off earlier is as good: the caller asks again.
        if self.timer_at_ns <= now_ns || self.timer_at_ns > at_ns {
            self.timer.set(at_ns - now_ns)?;
            self.timer_at_ns = at_ns;
        }
        self.poll_for(None)
    }

    #[cfg(not(target_os = "linux"))]
    fn sleep(&mut self, now_ns: u64, at_ns: u64) -> io::Result<()> {
        self.poll_for(Some(Duration::from_nanos(at_ns - now_ns)))
    }

    fn spin(
        &mut self,
        clock: &Remembered,
        begun_ns: u64,
        until_ns: u64,
        ready: &mut dyn FnMut(&mio::event::Event),
    ) -> io::Result<Ended> {
        let mut now_ns = begun_ns;
        let ended = loop {
            if now_ns + CLOSE_NS < until_ns || now_ns == begun_ns {
                self.poll_for(Some(Duration::ZERO))?;
                if !self.events.is_empty() {
                    break self.hand_out(ready);
                }
            } else {
                std::hint::spin_loop();
            }
            now_ns = clock.now_ns();
            if now_ns >= until_ns {
                break Ended { woken: false };
            }
        };
        self.spun_ns += now_ns - begun_ns;
        Ok(ended)
    }

    fn poll_for(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            // A signal that its own thread sees to: nothing is ready, and the caller asks again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                Ok(())
            }
            result => result,
        }
    }

    fn hand_out(&self, ready: &mut dyn FnMut(&mio::event::Event)) -> Ended {
        let mut ended = Ended { woken: false };
        for event in &self.events {
            match event.token() {
                WOKEN => ended.woken = true,
                #[cfg(target_os = "linux")]
                TIMER => {}
                _ => ready(event),
            }
        }
        ended
    }
}

#[cfg(target_os = "linux")]
mod timer {
    use std::io;
    use std::os::fd::{AsRawFd as _, OwnedFd};

    use mio::{Interest, Registry, Token, unix::SourceFd};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };

    /// A timer of the kernel that is waited for like a socket. The poller waits for edges, so it is never read.
    pub(super) struct Timer {
        fd: OwnedFd,
    }

    impl Timer {
        pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Timer> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            registry.register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE)?;
            Ok(Timer { fd })
        }

        /// Goes off once, in so many ns; more than none.
        pub(super) fn set(&self, length_ns: u64) -> io::Result<()> {
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let seconds = i64::try_from(length_ns / 1_000_000_000).unwrap_or(i64::MAX);
            let value = Timespec { tv_sec: seconds, tv_nsec: (length_ns % 1_000_000_000) as _ };
            let once = Itimerspec { it_interval: zero, it_value: value };
            timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &once)?;
            Ok(())
        }
    }
}
