//! One cell from the first connection to the last drained entry. Whatever happens on the way, what was
//! recorded comes back.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use super::control::Control;
use super::driving::{Driven, Driving, cores};
use super::flood::Release;
use super::header::{Known, header};
use super::shared::Common;
use super::usage::Usage;
use super::warden::Warden;
use super::watch::{Watch, Watched, load_facts};
use super::worker::{Left, Order, Sent, Told, Worker};
use super::{keys, server};
use crate::history::{History, LoadFacts, Names, Recorder, RunEnd, ServerCost};
use crate::model::{ClientId, Operation};
use crate::plan::{Plan, Until};
use crate::queue::{AnyQueue, CallTally, Design, QueueSettings, WaitingQueue};
use crate::scenario::Scenario;
use crate::target::{Endpoint, ServerClock, TargetError};
use crate::wire::{Clock, Dialer, VirtualTime};

/// The event that people queue for.
pub const EVENT: &str = "sale";

/// Everything a cell needs.
#[derive(Debug)]
pub struct CellSetup<'a> {
    /// What to run.
    pub scenario: &'a Scenario,
    /// On which design.
    pub design: Design,
    /// The scenario's plan.
    pub plan: &'a Plan,
    /// Where.
    pub endpoint: &'a Endpoint,
    /// The server's clock, for a run on virtual time; `None`: on real time.
    pub clock: Option<&'a ServerClock>,
    /// All keys begin with this; ends with `:`.
    pub prefix: String,
    /// How to drive it.
    pub driving: Driving,
}

/// What came of a cell.
#[derive(Debug)]
pub struct Recorded {
    /// All that was recorded, also when the cell ended early.
    pub history: History,
    /// Why it ended early.
    pub trouble: Option<Trouble>,
}

/// Why a cell ended early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Somebody asked to stop.
    #[error("interrupted: what was recorded until then is kept")]
    Interrupted,
    /// The server went away.
    #[error("the server went away in the middle of the run ({0}): what was recorded until then is kept")]
    ServerLost(String),
    /// A bug of this program.
    #[error("a client of the load generator failed ({0}): what was recorded until then is kept; please report this")]
    ClientFailed(String),
}

/// Why a cell could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The server cannot be reached.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The server does not take the design's scripts.
    #[error("the server does not take the scripts of {design}: {detail}")]
    Scripts {
        /// The design.
        design: &'static str,
        /// What it said.
        detail: String,
    },
    /// The address cannot be connected to.
    #[error("{0}")]
    Dial(String),
    /// No runtime or thread could be made.
    #[error("cannot start the load generator: {0}")]
    Runtime(std::io::Error),
}

/// How often the watching side is told how far the cell got, and asked whether to stop.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(50);

/// How often it is looked whether the threads have ended.
const GLANCE: Duration = Duration::from_millis(1);

/// So long after the threads were told, ns, the load begins: all of them have heard by then.
const AHEAD_NS: u64 = 2_000_000;

/// Runs a cell; returns when it is over or `control` says stop.
///
/// # Errors
/// When the cell could not begin. Trouble on the way is part of [`Recorded`].
pub fn run_cell(setup: &CellSetup<'_>, control: &Control) -> Result<Recorded, LoadError> {
    let queue = setup.design.open(settings(setup));
    run_cell_on::<AnyQueue>(setup, queue, control)
}

/// The same with a queue that is not the design's, for measuring the generator with other requests than a design's.
///
/// # Errors
/// As [`run_cell`].
pub fn run_cell_on<Q>(setup: &CellSetup<'_>, queue: Q, control: &Control) -> Result<Recorded, LoadError>
where
    Q: WaitingQueue + Clone + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Runtime)?;
    // Known before anything is sent, in the words of the target: nobody answers, or does not let us in.
    let memory = runtime.block_on(server::settled_memory_bytes(setup.endpoint))?;
    let dialer = Dialer::new(setup.endpoint).map_err(|error| LoadError::Dial(error.to_string()))?;
    let (clock, driven) = match setup.clock {
        Some(server) => (Clock::on(VirtualTime::of(server)), Driven::ON_VIRTUAL_TIME),
        None => (Clock::start(), setup.driving.choose(setup.plan, cores())),
    };
    let release = Release::new(driven.threads);
    let common = Common::new(clock, Arc::new(setup.plan.clone()), dialer, setup.scenario, release);
    let run = CellRun { setup, control, runtime, common: Arc::new(common), empty_bytes: memory, driven };
    run.run(queue)
}

/// The queue of a cell.
#[must_use]
pub fn settings(setup: &CellSetup<'_>) -> QueueSettings {
    QueueSettings {
        prefix: setup.prefix.clone(),
        event: EVENT.to_owned(),
        dedupe: setup.scenario.dedupe,
        ttl: setup.scenario.ttl.map(|ttl| ttl.after),
    }
}

/// The thread that watches over a cell: it tells the others what to do between the phases, and asks the server.
struct CellRun<'a> {
    setup: &'a CellSetup<'a>,
    control: &'a Control,
    runtime: tokio::runtime::Runtime,
    common: Arc<Common>,
    empty_bytes: u64,
    driven: Driven,
}

/// What a cell came to so far.
#[derive(Default)]
struct Progress {
    load_ns: Option<(u64, u64)>,
    server: Option<ServerCost>,
    drained: bool,
    /// While the load goes on, and what it saw when it is over.
    watch: Option<Watch>,
    watched: Option<Watched>,
    /// What the load took of the generator's threads.
    usage: Usage,
}

/// The cell is to end: somebody said so, or nothing more can be done.
struct Ended;

/// One thread of the generator, seen from here.
struct Thread<'scope> {
    orders: Sender<Order>,
    told: Receiver<Told>,
    handle: ScopedJoinHandle<'scope, Left>,
}

impl CellRun<'_> {
    fn run<Q: WaitingQueue + Clone + Send + 'static>(&self, queue: Q) -> Result<Recorded, LoadError> {
        let mut progress = Progress::default();
        let mut warden = Warden::new(&self.common, queue.clone(), self.warden_id()).map_err(LoadError::Runtime)?;
        let (began, mut records) = std::thread::scope(|scope| {
            let mut threads: Vec<Thread<'_>> = Vec::new();
            for number in 0..self.driven.threads as usize {
                let ((orders, heard), (tell, told)) = (channel(), channel());
                let (common, queue, pacer) = (Arc::clone(&self.common), queue.clone(), self.driven.pacer);
                let keep_keys = keys::wanted(self.setup.scenario);
                let worker = Worker { number, common, queue, pacer, keep_keys, orders: heard, tell };
                // A name that `top -H` and profilers show.
                let thread = std::thread::Builder::new().name(format!("load-{number}"));
                match thread.spawn_scoped(scope, move || worker.run()) {
                    Ok(handle) => threads.push(Thread { orders, told, handle }),
                    Err(error) => {
                        self.common.stop();
                        return (Err(LoadError::Runtime(error)), self.gather(threads));
                    }
                }
            }
            let began = self.begin(&threads, &mut warden);
            if let Ok(true) = began {
                // From here on there is something to lose: whatever fails is trouble, and what was recorded comes back.
                if self.go_on(&threads, &mut warden, &mut progress).is_err() {
                    self.common.stop();
                }
            }
            self.common.stop();
            (began, self.gather(threads))
        });
        began?;
        records.push(warden.take());
        Ok(self.recorded(records, progress))
    }

    /// Connects all clients and loads the scripts; `false` when the cell was ended meanwhile.
    fn begin<Q: WaitingQueue>(&self, threads: &[Thread<'_>], warden: &mut Warden<Q>) -> Result<bool, LoadError> {
        let ready = warden.connect().map_err(LoadError::Runtime)? && self.hear_all(threads).is_ok();
        if !ready {
            if self.common.lost().is_some() {
                // A client gave up: one more try says why, in the words of the target.
                self.runtime.block_on(self.setup.endpoint.connect(self.setup.scenario.timeout))?;
            }
            return Ok(false);
        }
        for script in self.setup.design.scripts() {
            warden.load(script).map_err(|detail| LoadError::Scripts { design: self.setup.design.name(), detail })?;
        }
        Ok(true)
    }

    /// Warm-up, load, time to settle, drain.
    fn go_on<Q: WaitingQueue>(
        &self,
        threads: &[Thread<'_>],
        warden: &mut Warden<Q>,
        progress: &mut Progress,
    ) -> Result<(), Ended> {
        tell_all(threads, || Order::WarmUp);
        let earlier = Self::sent(self.hear_all(threads)?);
        let snapshot = self.ask(server::snapshot(self.setup.endpoint))?;
        let before = server::Before { empty_bytes: self.empty_bytes, snapshot, calls: earlier.calls() };

        if self.common.clock.virtual_time().is_none() {
            let watch = Watch::begin(self.setup.endpoint, self.common.clock.clone());
            progress.watch = Some(self.runtime.block_on(watch));
        }
        let start_ns = self.common.clock.now_ns() + AHEAD_NS;
        // An interrupted load has a beginning, too.
        progress.load_ns = Some((start_ns, start_ns));
        tell_all(threads, || Order::Load(start_ns));
        let ends = self.hear_all(threads)?.into_iter().filter_map(|told| match told {
            Told::Loaded(at_ns) => Some(at_ns),
            _ => None,
        });
        let end_ns = ends.max().unwrap_or(start_ns).max(start_ns);
        progress.load_ns = Some((start_ns, end_ns));
        self.common.end(Until::LoadEnd);
        let counted = self.hear_all(threads)?;
        progress.usage = Self::usage(&counted);
        if let Some(watch) = progress.watch.take() {
            progress.watched = Some(self.runtime.block_on(watch.end()));
        }
        progress.server = Some(self.account(&before, &Self::sent(counted), progress.usage, warden)?);

        self.settle(threads, end_ns.saturating_add(self.setup.plan.settle_ns))?;
        self.common.end(Until::SettleEnd);
        if let Some(time) = self.common.clock.virtual_time() {
            time.allow_until(u64::MAX);
            self.common.wake_all();
        }
        while threads.iter().any(|thread| !thread.handle.is_finished()) {
            self.glance()?;
            std::thread::sleep(GLANCE);
        }
        self.glance()?;
        progress.drained = warden.drain(self.joins(), self.control);
        if let Some(facts) =
            progress.server.as_mut().and_then(|server| server.keys.as_mut()).filter(|_| progress.drained)
        {
            self.ask(keys::look_again(self.setup.endpoint, &self.setup.prefix, facts))?;
        }
        Ok(())
    }

    /// Reads what the load cost the server and the generator, what it left in memory, and how many wait.
    fn account<Q: WaitingQueue>(
        &self,
        before: &server::Before,
        sent: &CallTally,
        usage: Usage,
        warden: &mut Warden<Q>,
    ) -> Result<ServerCost, Ended> {
        let endpoint = self.setup.endpoint;
        let after = self.ask(server::snapshot(endpoint))?;
        let mut cost = before.cost_until(&after, &sent.calls(), usage.cpu_ns);
        cost.used_memory_after_bytes = Some(self.ask(server::settled_memory_bytes(endpoint))?);
        cost.waiting_after = warden.waiting(self.control);
        if keys::wanted(self.setup.scenario) {
            cost.keys = Some(self.ask(keys::look(endpoint, &self.setup.prefix, EVENT, sent))?);
        }
        Ok(cost)
    }

    /// Waits until each thread has said what comes next of it.
    fn hear_all(&self, threads: &[Thread<'_>]) -> Result<Vec<Told>, Ended> {
        threads.iter().map(|thread| self.hear(thread)).collect()
    }

    fn hear(&self, thread: &Thread<'_>) -> Result<Told, Ended> {
        loop {
            match thread.told.recv_timeout(HEARTBEAT) {
                Ok(Told::Failed(error)) => {
                    self.common.fail(error.to_string());
                    return Err(Ended);
                }
                Ok(told) => return Ok(told),
                Err(RecvTimeoutError::Timeout) => self.glance()?,
                // It has ended: whatever it was is in what it left.
                Err(RecvTimeoutError::Disconnected) => return Err(Ended),
            }
        }
    }

    /// Says how far the cell got; an error when it is to end.
    fn glance(&self) -> Result<(), Ended> {
        self.control
            .report(self.common.recorded.iter().map(|count| count.load(std::sync::atomic::Ordering::Relaxed)).sum());
        if self.control.interrupted() || self.common.is_stopped() { Err(Ended) } else { Ok(()) }
    }

    /// Waits until the time to settle is over.
    fn settle(&self, threads: &[Thread<'_>], at_ns: u64) -> Result<(), Ended> {
        if let Some(time) = self.common.clock.virtual_time() {
            time.allow_until(at_ns);
            self.common.wake_all();
            // What is done again and again goes on until then. Who has nothing of that left has ended.
            while !time.is_held_at(at_ns) && threads.iter().any(|thread| !thread.handle.is_finished()) {
                self.glance()?;
                std::thread::sleep(GLANCE);
            }
            time.jump(at_ns);
            return self.glance();
        }
        loop {
            self.glance()?;
            match at_ns.saturating_sub(self.common.clock.now_ns()) {
                0 => return Ok(()),
                left_ns => std::thread::sleep(Duration::from_nanos(left_ns).min(HEARTBEAT)),
            }
        }
    }

    /// Asks the server something; a server that does not answer is gone.
    fn ask<T>(&self, question: impl Future<Output = Result<T, TargetError>>) -> Result<T, Ended> {
        let answer = self.runtime.block_on(async {
            let interrupted = async {
                while self.glance().is_ok() {
                    tokio::time::sleep(HEARTBEAT).await;
                }
            };
            tokio::select! {
                answer = question => Some(answer),
                () = interrupted => None,
            }
        });
        answer.ok_or(Ended)?.map_err(|error| {
            self.common.lose(error.to_string());
            Ended
        })
    }

    /// What all threads sent, put together.
    fn sent(told: Vec<Told>) -> CallTally {
        let all = CallTally::with_keys();
        for told in told {
            if let Told::WarmedUp(Sent { calls, declared }) | Told::Counted(Sent { calls, declared }, _) = told {
                all.add(calls, declared);
            }
        }
        all
    }

    fn usage(told: &[Told]) -> Usage {
        let each = told.iter().filter_map(|told| match told {
            Told::Counted(_, usage) => Some(*usage),
            _ => None,
        });
        each.reduce(|one, other| one.and(&other)).unwrap_or_default()
    }

    /// The records of all threads.
    fn gather(&self, threads: Vec<Thread<'_>>) -> Vec<Vec<crate::history::Record>> {
        let mut records = Vec::new();
        for thread in threads {
            drop(thread.orders);
            match thread.handle.join() {
                Ok(left) => records.push(left.records),
                Err(_) => self.common.fail("a thread of the load generator panicked".to_owned()),
            }
        }
        records
    }

    fn joins(&self) -> u64 {
        let plan: &Plan = &self.common.plan;
        plan.planned().filter(|step| matches!(step.call, Operation::Join(_))).count() as u64
    }

    /// The client that counts and drains comes after all others.
    fn warden_id(&self) -> ClientId {
        ClientId(u32::try_from(self.setup.plan.clients.len()).expect("clients are counted in u32"))
    }

    fn recorded(&self, records: Vec<Vec<crate::history::Record>>, progress: Progress) -> Recorded {
        let trouble = match (self.common.failed(), self.common.lost()) {
            (Some(why), _) => Some(Trouble::ClientFailed(why)),
            (None, Some(why)) => Some(Trouble::ServerLost(why)),
            (None, None) => self.control.interrupted().then_some(Trouble::Interrupted),
        };
        let records = Recorder::merge(records);
        self.control.report(records.len() as u64);
        let end = match &trouble {
            None => RunEnd::Complete,
            Some(Trouble::ServerLost(_)) => RunEnd::ServerLost,
            Some(_) => RunEnd::Interrupted,
        };
        let mut notes = self.common.take_notes();
        if self.common.clock.virtual_time().is_some_and(VirtualTime::is_broken) {
            notes.push(
                "the server could not be told the time: what happened when is not known; run it again".to_owned(),
            );
        }
        notes.extend(trouble.iter().map(ToString::to_string));
        let Progress { load_ns, server, drained, watch, watched, usage } = progress;
        // A load that was cut short was watched until then.
        let (machine, server_series) = match watched.or_else(|| watch.map(Watch::cut_short)) {
            Some(Watched { machine, series }) => (machine, Some(series)),
            None => (None, None),
        };
        let load = load_ns.map(|_| LoadFacts {
            virtual_time: self.common.clock.virtual_time().is_some(),
            ..load_facts(self.setup.scenario, &self.common.plan, self.driven, usage, machine)
        });
        let header = header(self.setup, Known { end, notes, drained, load_ns, server, load, server_series });
        Recorded { history: History { header, records: records.into(), names: Names::default() }, trouble }
    }
}

fn tell_all(threads: &[Thread<'_>], order: impl Fn() -> Order) {
    for thread in threads {
        // Whoever has ended is noticed when it is listened to.
        let _ = thread.orders.send(order());
    }
}
