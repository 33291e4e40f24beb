//! One thread of the generator: its loop, its clients, its arenas. Threads meet between phases, never in an operation.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use super::client::Client;
use super::shared::{Common, Shared};
use super::usage::Usage;
use crate::history::{Record, Recorder};
use crate::model::{ClientId, Pacer, Phase};
use crate::plan::{ClientPlan, PlannedFault, Program, Until, op_id};
use crate::queue::{CallTally, Commands as _, WaitingQueue};
use crate::wire::Reactor;

/// How often a thread says how much it has recorded.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// What a thread is told.
pub(super) enum Order {
    /// Run the joins of the warm-up.
    WarmUp,
    /// Begin the load; planned times count from this time.
    Load(u64),
}

/// What a thread says.
pub(super) enum Told {
    /// All clients are connected.
    Connected,
    /// The warm-up is over, and this much was sent.
    WarmedUp(Sent),
    /// Its joining clients are done, at this time.
    Loaded(u64),
    /// The load of all threads is over: what was sent until then, and what the load took of the machine.
    Counted(Sent, Usage),
    /// It cannot go on.
    Failed(std::io::Error),
}

/// What a thread leaves.
#[derive(Default)]
pub(super) struct Left {
    /// What its clients recorded.
    pub(super) records: Vec<Record>,
}

/// One thread's part of a cell.
pub(super) struct Worker<Q> {
    /// Its number, from 0.
    pub(super) number: usize,
    pub(super) common: Arc<Common>,
    pub(super) queue: Q,
    pub(super) pacer: Pacer,
    /// Whether the keys that requests declare are kept.
    pub(super) keep_keys: bool,
    pub(super) orders: Receiver<Order>,
    pub(super) tell: Sender<Told>,
}

/// What the clients of a thread sent until now: calls by command, and the keys that were declared, if they are kept.
pub(super) struct Sent {
    pub(super) calls: BTreeMap<String, u64>,
    pub(super) declared: Vec<Vec<u8>>,
}

impl Sent {
    fn of<Q>(shared: &Shared<Q>) -> Sent {
        Sent { calls: shared.tally.calls(), declared: shared.tally.declared_keys() }
    }
}

type Parked<Q> = Rc<RefCell<Vec<Option<Client<Q>>>>>;

impl<Q: WaitingQueue + Clone + 'static> Worker<Q> {
    /// Lives until the cell is over.
    pub(super) fn run(self) -> Left {
        let mut left = Left::default();
        if let Err(error) = self.work(&mut left) {
            // Nobody listens any more where the cell has ended already.
            let _ = self.tell.send(Told::Failed(error));
            self.common.stop();
        }
        left
    }

    /// The clients of this thread, dealt out in turn.
    fn plans(&self) -> impl Iterator<Item = &ClientPlan> {
        let threads = self.common.release.threads() as usize;
        self.common.plan.clients.iter().skip(self.number).step_by(threads)
    }

    fn work(&self, left: &mut Left) -> std::io::Result<()> {
        let common = &self.common;
        let reactor = Reactor::new(common.clock.clone(), self.pacer, overdue_every_ns(common.timeout))?;
        common.hear(&reactor);
        let shared = Rc::new(Shared {
            common: Arc::clone(common),
            reactor: reactor.clone(),
            queue: self.queue.clone(),
            load_start_ns: Cell::new(0),
            tally: Rc::new(if self.keep_keys { CallTally::with_keys() } else { CallTally::default() }),
            at_the_barrier: Cell::new(0),
            of_the_flood: self.plans().filter(|plan| matches!(plan.program, Program::Steps { .. })).count() as u32,
        });
        let recorder = Rc::new(RefCell::new(Recorder::with_capacity(self.plans().map(planned).sum())));
        let client = |plan: &ClientPlan| Client::new(plan.client, Rc::clone(&shared), Rc::clone(&recorder));
        let clients: Vec<_> = self.plans().map(client).collect();
        self.publish(&reactor, &recorder);

        let ended = self.phases(&reactor, &shared, clients);
        reactor.clear();
        left.records = recorder.borrow_mut().take();
        common.recorded[self.number].store(left.records.len() as u64, Ordering::Relaxed);
        if let Some(panic) = reactor.take_panic() {
            common.fail(panic);
        }
        ended
    }

    fn phases(&self, reactor: &Reactor, shared: &Rc<Shared<Q>>, mut clients: Vec<Client<Q>>) -> std::io::Result<()> {
        reactor.block_on(async {
            for client in &mut clients {
                if self.common.is_stopped() || !client.connect().await {
                    return;
                }
            }
        })?;
        self.say(Told::Connected);
        let parked: Parked<Q> = Rc::new(RefCell::new(clients.into_iter().map(Some).collect()));
        while let Ok(order) = self.orders.recv() {
            match order {
                Order::WarmUp => {
                    self.together(reactor, &parked, Part::WarmUp, None)?;
                    self.say(Told::WarmedUp(Sent::of(shared)));
                }
                Order::Load(start_ns) => {
                    shared.load_start_ns.set(start_ns);
                    let before = Usage::of_this_thread(reactor.spun_ns());
                    let periodic = self.together(reactor, &parked, Part::Load, Some(shared))?;
                    if let Some(time) = self.common.clock.virtual_time() {
                        // What the others do again and again has time until they are told how long the load took.
                        time.allow_until(0);
                    }
                    self.say(Told::Loaded(reactor.now_ns()));
                    reactor.block_on(reactor.until(|| self.common.is_over(Until::LoadEnd)))?;
                    let usage = Usage::of_this_thread(reactor.spun_ns()).since(&before);
                    self.say(Told::Counted(Sent::of(shared), usage));
                    return self.all_done(reactor, &periodic);
                }
            }
            if self.common.is_stopped() {
                break;
            }
        }
        Ok(())
    }

    /// Runs a part of all clients and waits for those that join; how many of the others are still at work comes back.
    fn together(
        &self,
        reactor: &Reactor,
        parked: &Parked<Q>,
        part: Part,
        shared: Option<&Rc<Shared<Q>>>,
    ) -> std::io::Result<Rc<Cell<usize>>> {
        let (joining, periodic): (Rc<Cell<usize>>, Rc<Cell<usize>>) = Default::default();
        for (place, plan) in self.plans().enumerate() {
            let counter = match (&plan.program, part) {
                (Program::Steps { .. }, _) => &joining,
                (Program::Periodic(_), Part::WarmUp) => continue,
                (Program::Periodic(_), Part::Load) => &periodic,
            };
            let Some(mut client) = parked.borrow_mut()[place].take() else { continue };
            let counted = Counted::new(counter, reactor);
            let (common, parked, index) = (Arc::clone(&self.common), Rc::clone(parked), plan.client.0 as usize);
            reactor.spawn(async move {
                let _counted = counted;
                match (&common.plan.clients[index].program, part) {
                    (Program::Steps { warm_up, .. }, Part::WarmUp) => client.run_steps(warm_up, Phase::WarmUp).await,
                    (Program::Steps { load, .. }, Part::Load) => client.run_steps(load, Phase::Load).await,
                    (Program::Periodic(program), _) => {
                        let id = ClientId(index as u32);
                        client.run_periodic(program, |number| op_id(id, number + 1)).await;
                    }
                }
                parked.borrow_mut()[place] = Some(client);
            });
        }
        if let Some(shared) = shared.filter(|_| self.number == 0) {
            self.plan_faults(reactor, shared, &periodic);
        }
        self.all_done(reactor, &joining)?;
        Ok(periodic)
    }

    fn plan_faults(&self, reactor: &Reactor, shared: &Rc<Shared<Q>>, running: &Rc<Cell<usize>>) {
        for fault in &self.common.plan.faults {
            let PlannedFault::ScriptFlush { at_ns } = *fault;
            let (shared, counted) = (Rc::clone(shared), Counted::new(running, reactor));
            reactor.spawn(async move {
                let _counted = counted;
                let at_ns = shared.load_start_ns.get().saturating_add(at_ns);
                let failed = if shared.wait_unless_over(at_ns, Until::LoadEnd).await {
                    script_flush(&shared).await.err()
                } else {
                    Some("the load was over before its time; plan it earlier".to_owned())
                };
                if let Some(why) = failed {
                    shared.common.note(format!("the planned SCRIPT FLUSH did not happen: {why}"));
                }
            });
        }
    }

    fn all_done(&self, reactor: &Reactor, running: &Rc<Cell<usize>>) -> std::io::Result<()> {
        reactor.block_on(reactor.until(|| running.get() == 0 || self.common.is_stopped()))
    }

    /// Says now and then how much was recorded.
    fn publish(&self, reactor: &Reactor, recorder: &Rc<RefCell<Recorder>>) {
        let (common, number) = (Arc::clone(&self.common), self.number);
        let (recorder, pulse) = (Rc::clone(recorder), reactor.clone());
        reactor.spawn(async move {
            loop {
                common.recorded[number].store(recorder.borrow().len() as u64, Ordering::Relaxed);
                pulse.sleep(HEARTBEAT).await;
            }
        });
    }

    fn say(&self, told: Told) {
        // Nobody listens any more where the cell has ended already.
        let _ = self.tell.send(told);
    }
}

/// A part of a client's program.
#[derive(Clone, Copy)]
enum Part {
    WarmUp,
    Load,
}

/// Counts a task as running until it is dropped, however it ends.
struct Counted {
    running: Rc<Cell<usize>>,
    reactor: Reactor,
}

impl Counted {
    fn new(running: &Rc<Cell<usize>>, reactor: &Reactor) -> Counted {
        running.set(running.get() + 1);
        Counted { running: Rc::clone(running), reactor: reactor.clone() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.running.set(self.running.get() - 1);
        if self.running.get() == 0 {
            self.reactor.poll_all();
        }
    }
}

/// How many operations of a client are planned one by one.
fn planned(plan: &ClientPlan) -> usize {
    match &plan.program {
        Program::Steps { warm_up, load } => warm_up.len() + load.len(),
        Program::Periodic(_) => 0,
    }
}

/// Time-outs are kept to a fortieth of their length, but no better than a millisecond.
pub(super) fn overdue_every_ns(timeout: Duration) -> u64 {
    (crate::plan::nanos(timeout) / 40).clamp(1_000_000, 50_000_000)
}

async fn script_flush<Q>(shared: &Shared<Q>) -> Result<(), String> {
    let common = &shared.common;
    let wire = common.dialer.dial(&shared.reactor, common.timeout, 0).await.map_err(|error| error.to_string())?;
    let mut flush = redis::cmd("SCRIPT");
    flush.arg("FLUSH");
    wire.command(flush).await.map(drop).map_err(|error| error.to_string())
}
