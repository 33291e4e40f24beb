//! One simulated client: a sequential process with a connection of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::shared::Shared;
use crate::history::{Answer, Record, Recorder};
use crate::model::{ClientId, OpId, Operation, Outcome, Phase, Refusal, UnknownCause};
use crate::plan::{Periodic, Step, Until, When};
use crate::queue::{Breakable, Breaks, Counted, WaitingQueue, outcome_of, perform};
use crate::wire::Wire;

/// One client.
pub(super) struct Client<Q> {
    id: ClientId,
    shared: Rc<Shared<Q>>,
    recorder: Rc<RefCell<Recorder>>,
    connection: Option<Counted<Wire>>,
    /// When the previous step ended: the intended time of a step that follows on.
    free_ns: u64,
}

/// Pause between two tries to reach a server that does not answer.
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);

impl<Q: WaitingQueue> Client<Q> {
    pub(super) fn new(id: ClientId, shared: Rc<Shared<Q>>, recorder: Rc<RefCell<Recorder>>) -> Client<Q> {
        Client { id, shared, recorder, connection: None, free_ns: 0 }
    }

    /// Carries out steps in order.
    pub(super) async fn run_steps(&mut self, steps: &[Step], phase: Phase) {
        self.free_ns = self.shared.reactor.now_ns();
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
            When::Round(round) => return self.shared.wait_for_release(round).await,
        };
        self.shared.reactor.wait_until(intended_ns).await;
        intended_ns
    }

    /// One operation with all its attempts; answers what this client knows in the end.
    pub(super) async fn operate(&mut self, op: OpId, call: &Operation, phase: Phase, intended_ns: u64) -> Outcome {
        let mut known = Outcome::Unknown(UnknownCause::Interrupted);
        for attempt in 0..self.shared.common.attempts {
            known = self.attempt(op, attempt, call, phase, intended_ns).await;
            match known {
                // Who has ended asks again only if the scenario lets the user come back.
                Outcome::Unknown(UnknownCause::ClientCrashed) if !self.comes_back(op, call) => break,
                Outcome::Unknown(_) | Outcome::Refused(Refusal::NotSent) => {}
                _ => break,
            }
        }
        // The reading that ended the last attempt.
        self.free_ns = self.shared.reactor.seen_ns();
        known
    }

    /// When the next request is begun; it leaves no earlier.
    fn sending_ns(&self) -> u64 {
        let reactor = &self.shared.reactor;
        // Where a step follows on at once, one reading of the clock is the end of the one request and the beginning of the
        // next; one ns later, so that what a client does one after the other is recorded so. When the request really leaves is
        // written down with the answer. Virtual time may stand still meanwhile.
        let follows_on = reactor.seen_ns() == self.free_ns && reactor.clock().virtual_time().is_none();
        if follows_on { self.free_ns + 1 } else { reactor.now_ns() }
    }

    async fn attempt(&mut self, op: OpId, attempt: u16, call: &Operation, phase: Phase, intended_ns: u64) -> Outcome {
        let shared = Rc::clone(&self.shared);
        let reachable = self.connect().await;
        let sent_ns = self.sending_ns();
        let place = self.recorder.borrow_mut().begin(Record {
            op,
            attempt,
            client: self.id,
            phase,
            intended_ns: Some(intended_ns),
            sent_ns,
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
            let returned_ns = Some(shared.reactor.now_ns().max(sent_ns));
            self.recorder.borrow_mut().end(place, Answer::unsent(returned_ns, refused.clone()));
            return refused;
        };
        connection.inner().time_next();
        let breaks = self.breaks(op, attempt, call);
        let breakable = Breakable::new(connection, breaks);
        let answer = if breaks == Breaks::default() {
            perform(&self.shared.queue, connection, call).await
        } else {
            perform(&self.shared.queue, &breakable, call).await
        };
        // The loop has read the clock since the last reply came.
        let left_ns = connection.inner().left_ns().map(|left_ns| left_ns.max(sent_ns));
        let returned_ns = shared.reactor.seen_ns().max(left_ns.unwrap_or(sent_ns));
        let cost = connection.take();
        let crashed = breakable.crashed();
        let outcome = answer.unwrap_or_else(|error| outcome_of(&error, cost.commands));
        let answered = !matches!(outcome, Outcome::Unknown(_));
        // Who ended after the last answer read it, and nobody else ever will.
        let dropped = attempt == 0
            && answered
            && !matches!(outcome, Outcome::Refused(_))
            && (crashed || self.shared.common.plan.drops_reply(op, call.kind()));
        let answer = Answer {
            sent_ns: left_ns,
            returned_ns: answered.then_some(returned_ns),
            outcome: outcome.clone(),
            reply_dropped: dropped,
            commands: cost.commands,
            round_trips: cost.round_trips,
            bytes_sent: cost.bytes_sent,
            bytes_received: cost.bytes_received,
        };
        self.recorder.borrow_mut().end(place, answer);
        if crashed {
            self.connection = None;
            return Outcome::Unknown(UnknownCause::ClientCrashed);
        }
        if dropped { Outcome::Unknown(UnknownCause::ConnectionLost) } else { outcome }
    }

    /// Where the plan stops this client. Only in the load: the drain must find out what is left.
    fn breaks(&self, op: OpId, attempt: u16, call: &Operation) -> Breaks {
        let plan = &self.shared.common.plan;
        if attempt > 0 || self.shared.common.is_over(Until::SettleEnd) {
            return Breaks::default();
        }
        let hold = plan.holds(op, call.kind()).map(|hold| (hold.after, Duration::from_nanos(hold.for_ns)));
        Breaks { hold, crash: plan.crashes(op, call.kind()).map(|crash| crash.after) }
    }

    fn comes_back(&self, op: OpId, call: &Operation) -> bool {
        self.shared.common.plan.crashes(op, call.kind()).is_some_and(|crash| crash.again)
    }

    /// Makes sure that there is a connection that can be used. A server that cannot be reached for as long
    /// as a reply may take is taken for gone, and the whole cell is told.
    pub(super) async fn connect(&mut self) -> bool {
        if self.connection.as_ref().is_some_and(|connection| !connection.inner().is_broken()) {
            return true;
        }
        self.connection = None;
        let (common, reactor) = (&self.shared.common, &self.shared.reactor);
        let give_up_ns = reactor.now_ns().saturating_add(crate::plan::nanos(common.timeout));
        loop {
            let seed = common.plan.seed ^ u64::from(self.id.0);
            match common.dialer.dial(reactor, common.timeout, seed).await {
                Ok(wire) => {
                    wire.put_clock_ahead(common.plan.clock_ahead_ns(self.id));
                    self.connection = Some(Counted::sharing(wire, Rc::clone(&self.shared.tally)));
                    return true;
                }
                Err(error) if reactor.now_ns() >= give_up_ns => {
                    common.lose(error.to_string());
                    return false;
                }
                Err(_) => reactor.sleep(RECONNECT_PAUSE).await,
            }
        }
    }

    /// The connection, for what is not an operation: loading scripts, faults.
    pub(super) fn commands(&self) -> Option<&Counted<Wire>> {
        self.connection.as_ref()
    }
}
