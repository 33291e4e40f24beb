//! What the threads of a cell have in common, and what the clients of one thread share.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::flood::Release;
use crate::plan::{Plan, Until};
use crate::queue::CallTally;
use crate::scenario::Scenario;
use crate::wire::{Clock, Dialer, Reactor};

/// What all threads of a cell see. Nothing of it is written to by an operation.
pub(super) struct Common {
    pub(super) clock: Clock,
    pub(super) plan: Arc<Plan>,
    pub(super) dialer: Dialer,
    pub(super) timeout: Duration,
    pub(super) attempts: u16,
    pub(super) release: Release,
    /// The cell is to end at once.
    stopped: AtomicBool,
    load_over: AtomicBool,
    settled: AtomicBool,
    /// Attempts recorded so far, by thread; refreshed now and then.
    pub(super) recorded: Vec<AtomicU64>,
    words: Mutex<Words>,
}

/// What is said rarely.
#[derive(Default)]
struct Words {
    wakers: Vec<Arc<mio::Waker>>,
    /// Why the server is taken for gone, once it is.
    lost: Option<String>,
    /// What a client said that panicked.
    failed: Option<String>,
    /// What a reader must know besides.
    notes: Vec<String>,
}

impl Common {
    pub(super) fn new(clock: Clock, plan: Arc<Plan>, dialer: Dialer, scenario: &Scenario, release: Release) -> Common {
        let threads = release.threads() as usize;
        Common {
            clock,
            plan,
            dialer,
            timeout: scenario.timeout,
            attempts: scenario.attempts.max(1),
            release,
            stopped: AtomicBool::new(false),
            load_over: AtomicBool::new(false),
            settled: AtomicBool::new(false),
            recorded: (0..threads).map(|_| AtomicU64::new(0)).collect(),
            words: Mutex::default(),
        }
    }

    fn words(&self) -> MutexGuard<'_, Words> {
        // What is kept there is whole after each change, whoever panicked.
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This loop hears of what changes here.
    pub(super) fn hear(&self, reactor: &Reactor) {
        self.words().wakers.push(reactor.waker());
    }

    /// Makes all loops look.
    pub(super) fn wake_all(&self) {
        for waker in &self.words().wakers {
            // A loop that has ended needs no waking.
            let _ = waker.wake();
        }
    }

    /// Says that the load, or the time to settle, is over.
    pub(super) fn end(&self, what: Until) {
        self.flag(what).store(true, Ordering::Release);
        self.wake_all();
    }

    /// Whether it is over, or the cell is to end at once.
    pub(super) fn is_over(&self, what: Until) -> bool {
        self.flag(what).load(Ordering::Acquire) || self.is_stopped()
    }

    fn flag(&self, what: Until) -> &AtomicBool {
        match what {
            Until::LoadEnd => &self.load_over,
            Until::SettleEnd => &self.settled,
        }
    }

    /// Ends the cell at once.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake_all();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Says that the server is gone, and ends the cell.
    pub(super) fn lose(&self, why: String) {
        self.words().lost.get_or_insert(why);
        self.stop();
    }

    pub(super) fn lost(&self) -> Option<String> {
        self.words().lost.clone()
    }

    /// Says that a client failed, and ends the cell.
    pub(super) fn fail(&self, why: String) {
        self.words().failed.get_or_insert(why);
        self.stop();
    }

    pub(super) fn failed(&self) -> Option<String> {
        self.words().failed.clone()
    }

    pub(super) fn note(&self, note: String) {
        self.words().notes.push(note);
    }

    pub(super) fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.words().notes)
    }
}

/// What the clients of one thread share.
pub(super) struct Shared<Q> {
    pub(super) common: Arc<Common>,
    pub(super) reactor: Reactor,
    pub(super) queue: Q,
    /// When the load began, on the run's clock; planned times count from here.
    pub(super) load_start_ns: Cell<u64>,
    /// What the clients of this thread sent, by command.
    pub(super) tally: Rc<CallTally>,
    /// Clients of this thread that wait for the release of a flood's round.
    pub(super) at_the_barrier: Cell<u32>,
    /// How many there are.
    pub(super) of_the_flood: u32,
}

impl<Q> Shared<Q> {
    /// Waits until a time of the run's clock; `false` as soon as what the caller belongs to is over.
    pub(super) async fn wait_unless_over(&self, at_ns: u64, until: Until) -> bool {
        self.reactor.wait_until_or(at_ns, || self.common.is_over(until)).await
    }
}
