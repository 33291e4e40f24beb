//! One simulated client: a sequential process with a connection of its own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Barrier, Notify};

use super::clock::RunClock;
use crate::history::{Record, Recorder};
use crate::model::{ClientId, OpId, Operation, Outcome, Phase, Refusal, UnknownCause};
use crate::plan::{Periodic, Plan, Step, Until, When};
use crate::queue::{AnyQueue, Breakable, Breaks, CallTally, Counted, Live, outcome_of, perform};
use crate::target::Endpoint;

/// What the clients of a cell share; they live on one thread.
pub(super) struct Shared {
    pub(super) clock: RunClock,
    pub(super) plan: Rc<Plan>,
    pub(super) queue: AnyQueue,
    pub(super) endpoint: Endpoint,
    pub(super) timeout: Duration,
    pub(super) attempts: u16,
    /// When the load began, on the run's clock; planned times count from here.
    pub(super) load_start_ns: Cell<u64>,
    /// The joining clients meet here at the start of each round of a flood.
    pub(super) barrier: Barrier,
    /// When the latest round was released, on the run's clock.
    pub(super) released_ns: Cell<u64>,
    pub(super) load_over: Cell<bool>,
    pub(super) settled: Cell<bool>,
    pub(super) over_signal: Notify,
    /// Why the server is taken for gone, once it is.
    pub(super) lost: RefCell<Option<String>>,
    pub(super) lost_signal: Notify,
    /// What all clients sent, by command.
    pub(super) tally: Rc<CallTally>,
    /// What a reader must know besides.
    pub(super) notes: RefCell<Vec<String>>,
}

impl Shared {
    /// Says that the load, or the time to settle, is over.
    pub(super) fn end(&self, what: Until) {
        match what {
            Until::LoadEnd => self.load_over.set(true),
            Until::SettleEnd => self.settled.set(true),
        }
        self.over_signal.notify_waiters();
    }

    /// Waits until a time of the run's clock; `false` as soon as what the caller belongs to is over.
    pub(super) async fn wait_unless_over(&self, at_ns: u64, until: Until) -> bool {
        let over = || match until {
            Until::LoadEnd => self.load_over.get(),
            Until::SettleEnd => self.settled.get(),
        };
        let ended = async {
            while !over() {
                self.over_signal.notified().await;
            }
        };
        tokio::select! {
            biased;
            () = ended => false,
            () = self.clock.wait_until(at_ns) => true,
        }
    }
}

/// One client.
pub(super) struct Client {
    id: ClientId,
    shared: Rc<Shared>,
    recorder: Rc<RefCell<Recorder>>,
    connection: Option<Counted<Live>>,
    /// When the previous step ended: the intended time of a step that follows on.
    free_ns: u64,
}

/// Pause between two tries to reach a server that does not answer.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);

impl Client {
    pub(super) fn new(id: ClientId, shared: Rc<Shared>, recorder: Rc<RefCell<Recorder>>) -> Client {
        Client { id, shared, recorder, connection: None, free_ns: 0 }
    }

    /// Carries out steps in order.
    pub(super) async fn run_steps(&mut self, steps: &[Step], phase: Phase) {
        self.free_ns = self.shared.clock.now_ns();
        for step in steps {
            let intended_ns = self.wait_for(step.when).await;
            self.operate(step.op, &step.call, phase, intended_ns).await;
        }
    }

    /// Repeats one operation at its planned times. An operation that takes longer than the period makes
    /// the next ones late, never fewer; their lateness is on record.
    pub(super) async fn run_periodic(&mut self, periodic: &Periodic, op_of: impl Fn(u64) -> OpId) {
        for number in 0.. {
            let op = op_of(number);
            let Some((due_ns, call)) = periodic.nth(op, number) else { return };
            let intended_ns = self.shared.load_start_ns.get().saturating_add(due_ns);
            if !self.shared.wait_unless_over(intended_ns, periodic.until).await {
                return;
            }
            self.operate(op, &call, Phase::Load, intended_ns).await;
        }
    }

    /// Waits until a step is due and gives its intended time.
    async fn wait_for(&self, when: When) -> u64 {
        let intended_ns = match when {
            When::At(at_ns) => self.shared.load_start_ns.get().saturating_add(at_ns),
            When::After(pause_ns) => self.free_ns.saturating_add(pause_ns),
            When::Round(_) => {
                // The last to arrive releases the others and goes on at once, so its clock says when the round
                // was due for all of them; what each takes to wake up is its send lag.
                if self.shared.barrier.wait().await.is_leader() {
                    self.shared.released_ns.set(self.shared.clock.now_ns());
                }
                return self.shared.released_ns.get();
            }
        };
        self.shared.clock.wait_until(intended_ns).await;
        intended_ns
    }

    /// One operation with all its attempts; answers what this client knows in the end.
    pub(super) async fn operate(&mut self, op: OpId, call: &Operation, phase: Phase, intended_ns: u64) -> Outcome {
        let mut known = Outcome::Unknown(UnknownCause::Interrupted);
        for attempt in 0..self.shared.attempts {
            known = self.attempt(op, attempt, call, phase, intended_ns).await;
            match known {
                // Who has ended asks again only if the scenario lets the user come back.
                Outcome::Unknown(UnknownCause::ClientCrashed) if !self.comes_back(op, call) => break,
                Outcome::Unknown(_) | Outcome::Refused(Refusal::NotSent) => {}
                _ => break,
            }
        }
        self.free_ns = self.shared.clock.now_ns();
        known
    }

    async fn attempt(&mut self, op: OpId, attempt: u16, call: &Operation, phase: Phase, intended_ns: u64) -> Outcome {
        let clock = self.shared.clock;
        let reachable = self.connect().await;
        self.recorder.borrow_mut().begin(Record {
            op,
            attempt,
            client: self.id,
            phase,
            intended_ns: Some(intended_ns),
            sent_ns: clock.now_ns(),
            returned_ns: None,
            call: *call,
            outcome: Outcome::Unknown(UnknownCause::Interrupted),
            reply_dropped: false,
            commands: 0,
            round_trips: 0,
            bytes_sent: 0,
            bytes_received: 0,
        });
        let Some(connection) = self.connection.as_ref().filter(|_| reachable) else {
            let refused = Outcome::Refused(Refusal::NotSent);
            self.recorder.borrow_mut().end(|record| {
                record.returned_ns = Some(clock.now_ns());
                record.outcome = refused.clone();
            });
            return refused;
        };
        let breaks = self.breaks(op, attempt, call);
        let breakable = Breakable::new(connection, breaks);
        let answer = if breaks == Breaks::default() {
            perform(&self.shared.queue, connection, call).await
        } else {
            perform(&self.shared.queue, &breakable, call).await
        };
        let returned_ns = clock.now_ns();
        let cost = connection.take();
        let crashed = breakable.crashed();
        let outcome = answer.unwrap_or_else(|error| outcome_of(&error, cost.commands));
        let answered = !matches!(outcome, Outcome::Unknown(_));
        // Who ended after the last answer read it, and nobody else ever will.
        let dropped = attempt == 0
            && answered
            && !matches!(outcome, Outcome::Refused(_))
            && (crashed || self.shared.plan.drops_reply(op, call.kind()));
        self.recorder.borrow_mut().end(|record| {
            record.returned_ns = answered.then_some(returned_ns);
            record.outcome = outcome.clone();
            record.reply_dropped = dropped;
            record.commands = cost.commands;
            record.round_trips = cost.round_trips;
            record.bytes_sent = cost.bytes_sent;
            record.bytes_received = cost.bytes_received;
        });
        if crashed {
            self.connection = None;
            return Outcome::Unknown(UnknownCause::ClientCrashed);
        }
        if dropped { Outcome::Unknown(UnknownCause::ConnectionLost) } else { outcome }
    }

    /// Where the plan stops this client. Only in the load: the drain must find out what is left.
    fn breaks(&self, op: OpId, attempt: u16, call: &Operation) -> Breaks {
        let plan = &self.shared.plan;
        if attempt > 0 || self.shared.settled.get() {
            return Breaks::default();
        }
        let hold = plan.holds(op, call.kind()).map(|hold| (hold.after, Duration::from_nanos(hold.for_ns)));
        Breaks { hold, crash: plan.crashes(op, call.kind()).map(|crash| crash.after) }
    }

    fn comes_back(&self, op: OpId, call: &Operation) -> bool {
        self.shared.plan.crashes(op, call.kind()).is_some_and(|crash| crash.again)
    }

    /// Makes sure that there is a connection that can be used. A server that cannot be reached for as long
    /// as a reply may take is taken for gone, and the whole cell is told.
    pub(super) async fn connect(&mut self) -> bool {
        if self.connection.as_ref().is_some_and(|connection| !connection.inner().is_broken()) {
            return true;
        }
        self.connection = None;
        let shared = &self.shared;
        let give_up_ns = shared.clock.now_ns().saturating_add(crate::plan::nanos(shared.timeout));
        loop {
            match shared.endpoint.connect(shared.timeout).await {
                Ok(connection) => {
                    let seed = shared.plan.seed ^ u64::from(self.id.0);
                    self.connection =
                        Some(Counted::sharing(Live::new(connection, shared.timeout, seed), Rc::clone(&shared.tally)));
                    return true;
                }
                Err(error) if shared.clock.now_ns() >= give_up_ns => {
                    shared.lost.borrow_mut().get_or_insert_with(|| error.to_string());
                    shared.lost_signal.notify_one();
                    return false;
                }
                Err(_) => tokio::time::sleep(RECONNECT_PAUSE).await,
            }
        }
    }

    /// The connection, for what is not an operation: loading scripts, faults.
    pub(super) fn commands(&self) -> Option<&Counted<Live>> {
        self.connection.as_ref()
    }
}
