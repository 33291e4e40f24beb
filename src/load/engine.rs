//! One cell from the first connection to the last drained entry. Whatever happens on the way, what was
//! recorded comes back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Barrier, Notify};
use tokio::task::{JoinSet, LocalSet};

use super::client::{Client, Shared};
use super::clock::{RunClock, thread_cpu_ns};
use super::control::Control;
use super::watch::{Watch, Watched, load_facts};
use super::{drain, keys, server};
use crate::history::{Header, History, Names, Recorder, RunEnd, SCHEMA, ServerCost};
use crate::model::{ClientId, DuplicateMeans, Operation, Outcome, Phase, Terms};
use crate::plan::{ClientPlan, Plan, PlannedFault, Program, Until, nanos, op_id};
use crate::queue::{CallTally, Commands as _, Design, QueueSettings};
use crate::scenario::Scenario;
use crate::target::{Endpoint, TargetError};

/// The event that people queue for.
const EVENT: &str = "sale";

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
    /// All keys begin with this; ends with `:`.
    pub prefix: String,
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
    /// No runtime or thread could be made.
    #[error("cannot start the load generator: {0}")]
    Runtime(std::io::Error),
}

/// How often the watching side is told how far the cell got, and asked whether to stop.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// Runs a cell on the calling thread; returns when it is over or `control` says stop.
///
/// # Errors
/// When the cell could not begin. Trouble on the way is part of [`Recorded`].
pub fn run_cell(setup: &CellSetup<'_>, control: &Control) -> Result<Recorded, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Runtime)?;
    LocalSet::new().block_on(&runtime, CellRun::new(setup).run(control))
}

/// The state of a running cell.
struct CellRun<'a> {
    setup: &'a CellSetup<'a>,
    shared: Rc<Shared>,
    recorders: Vec<Rc<RefCell<Recorder>>>,
    load_ns: Cell<Option<(u64, u64)>>,
    cost: RefCell<Option<ServerCost>>,
    drained: Cell<bool>,
    /// While the load goes on, and what it saw when it is over.
    watch: RefCell<Option<Watch>>,
    watched: RefCell<Option<Watched>>,
}

impl<'a> CellRun<'a> {
    fn new(setup: &'a CellSetup<'a>) -> Self {
        let scenario = setup.scenario;
        let settings = QueueSettings {
            prefix: setup.prefix.clone(),
            event: EVENT.to_owned(),
            dedupe: scenario.dedupe,
            ttl: scenario.ttl.map(|ttl| ttl.after),
        };
        let joining =
            setup.plan.clients.iter().filter(|client| matches!(client.program, Program::Steps { .. })).count();
        let shared = Rc::new(Shared {
            clock: RunClock::start(),
            plan: Rc::new(setup.plan.clone()),
            queue: setup.design.open(settings),
            endpoint: setup.endpoint.clone(),
            timeout: scenario.timeout,
            attempts: scenario.attempts.max(1),
            load_start_ns: Cell::new(0),
            barrier: Barrier::new(joining.max(1)),
            released_ns: Cell::new(0),
            load_over: Cell::new(false),
            settled: Cell::new(false),
            over_signal: Notify::new(),
            lost: RefCell::new(None),
            lost_signal: Notify::new(),
            tally: Rc::new(if keys::wanted(scenario) { CallTally::with_keys() } else { CallTally::default() }),
            notes: RefCell::default(),
        });
        // One more for the client that counts and drains.
        let recorders = (0..=setup.plan.clients.len()).map(|_| Rc::default()).collect();
        CellRun {
            setup,
            shared,
            recorders,
            load_ns: Cell::new(None),
            cost: RefCell::new(None),
            drained: Cell::new(false),
            watch: RefCell::new(None),
            watched: RefCell::new(None),
        }
    }

    async fn run(self, control: &Control) -> Result<Recorded, LoadError> {
        let trouble = {
            let watched = async {
                while !control.interrupted() {
                    control.report(self.recorders.iter().map(|recorder| recorder.borrow().len() as u64).sum());
                    tokio::time::sleep(HEARTBEAT).await;
                }
            };
            let lost = async {
                self.shared.lost_signal.notified().await;
                self.shared.lost.borrow().clone().unwrap_or_default()
            };
            // Whichever ends first drops the others; dropping the load ends its clients, and the attempts
            // they had on the way stay in their recorders as unknown.
            tokio::select! {
                () = watched => Some(Trouble::Interrupted),
                why = lost => Some(Trouble::ServerLost(why)),
                driven = self.drive() => driven?,
            }
        };
        // A load that was cut short was watched until then.
        if let Some(watch) = self.watch.take() {
            self.watched.replace(Some(watch.cut_short()));
        }
        // The drain may have been the first to find the server gone.
        let trouble = trouble.or_else(|| self.shared.lost.take().map(Trouble::ServerLost));
        let records = Recorder::merge(self.recorders.iter().map(|recorder| recorder.borrow_mut().take()).collect());
        control.report(records.len() as u64);
        let end = match &trouble {
            None => RunEnd::Complete,
            Some(Trouble::ServerLost(_)) => RunEnd::ServerLost,
            Some(_) => RunEnd::Interrupted,
        };
        let mut notes = self.shared.notes.take();
        notes.extend(trouble.iter().map(ToString::to_string));
        let history = History { header: self.header(end, notes), records: records.into(), names: Names::default() };
        Ok(Recorded { history, trouble })
    }

    /// Warm-up, load, settling, drain.
    async fn drive(&self) -> Result<Option<Trouble>, LoadError> {
        let empty_bytes = server::settled_memory_bytes(self.setup.endpoint).await?;
        let mut clients = Vec::new();
        for plan in &self.setup.plan.clients {
            clients.push((self.client(plan.client).await?, plan.clone()));
        }
        let warden_id = ClientId(u32::try_from(self.setup.plan.clients.len()).expect("clients are counted in u32"));
        let mut warden = self.client(warden_id).await?;
        self.load_scripts(&warden).await?;

        // From here on there is something to lose: whatever fails is trouble, and what was recorded comes back.
        let driven = self.load_and_drain(clients, &mut warden, warden_id, empty_bytes).await;
        Ok(driven.unwrap_or_else(|error| Some(Trouble::ServerLost(error.to_string()))))
    }

    async fn load_and_drain(
        &self,
        clients: Vec<(Client, ClientPlan)>,
        warden: &mut Client,
        warden_id: ClientId,
        empty_bytes: u64,
    ) -> Result<Option<Trouble>, TargetError> {
        let (clients, trouble) = self.warm_up(clients).await;
        if trouble.is_some() {
            return Ok(trouble);
        }
        let before = server::Before {
            empty_bytes,
            snapshot: server::snapshot(self.setup.endpoint).await?,
            calls: self.shared.tally.calls(),
            cpu_ns: thread_cpu_ns(),
        };
        self.watch.replace(Some(Watch::begin(self.setup.endpoint, self.shared.clock).await));
        let load_start_ns = self.shared.clock.now_ns();
        self.shared.load_start_ns.set(load_start_ns);
        // An interrupted load has a beginning, too.
        self.load_ns.set(Some((load_start_ns, load_start_ns)));
        let (mut joining, mut periodic) = self.start_load(clients);
        let trouble = join_all(&mut joining).await;
        let load_end_ns = self.shared.clock.now_ns();
        self.load_ns.set(Some((load_start_ns, load_end_ns)));
        self.shared.end(Until::LoadEnd);
        let watch = self.watch.take();
        if let Some(watch) = watch {
            self.watched.replace(Some(watch.end().await));
        }
        if trouble.is_some() {
            return Ok(trouble);
        }
        self.account(&before, warden, warden_id).await?;

        self.shared.clock.wait_until(load_end_ns.saturating_add(self.setup.plan.settle_ns)).await;
        self.shared.end(Until::SettleEnd);
        if let Some(trouble) = join_all(&mut periodic).await {
            return Ok(Some(trouble));
        }
        let joins = self.joins();
        let now = || self.shared.clock.now_ns();
        self.drained.set(drain::drain(warden, warden_id, 2, joins, now).await);
        let mut facts = self.cost.borrow_mut().as_mut().and_then(|cost| cost.keys.take());
        if let Some(facts) = facts.as_mut().filter(|_| self.drained.get()) {
            keys::look_again(self.setup.endpoint, &self.setup.prefix, facts).await?;
        }
        if let Some(cost) = self.cost.borrow_mut().as_mut() {
            cost.keys = facts;
        }
        Ok(None)
    }

    async fn client(&self, id: ClientId) -> Result<Client, TargetError> {
        let recorder = Rc::clone(&self.recorders[id.0 as usize]);
        let mut client = Client::new(id, Rc::clone(&self.shared), recorder);
        if client.connect().await {
            return Ok(client);
        }
        // The client gave up: one more try says why, in the words of the target.
        self.setup.endpoint.connect(self.setup.scenario.timeout).await?;
        Ok(client)
    }

    async fn load_scripts(&self, warden: &Client) -> Result<(), LoadError> {
        for script in self.setup.design.scripts() {
            if let Some(commands) = warden.commands() {
                commands.command(script.load()).await.map_err(|error| LoadError::Scripts {
                    design: self.setup.design.name(),
                    detail: error.to_string(),
                })?;
                commands.take();
            }
        }
        Ok(())
    }

    async fn warm_up(&self, clients: Vec<(Client, ClientPlan)>) -> (Vec<(Client, ClientPlan)>, Option<Trouble>) {
        let mut tasks = JoinSet::new();
        for (mut client, plan) in clients {
            tasks.spawn_local(async move {
                if let Program::Steps { warm_up, .. } = &plan.program {
                    client.run_steps(warm_up, Phase::WarmUp).await;
                }
                (client, plan)
            });
        }
        let mut back = Vec::new();
        while let Some(done) = tasks.join_next().await {
            match done {
                Ok(client) => back.push(client),
                Err(error) => return (back, Some(Trouble::ClientFailed(error.to_string()))),
            }
        }
        back.sort_by_key(|(_, plan)| plan.client);
        (back, None)
    }

    fn start_load(&self, clients: Vec<(Client, ClientPlan)>) -> (JoinSet<()>, JoinSet<()>) {
        let (mut joining, mut periodic) = (JoinSet::new(), JoinSet::new());
        for (mut client, plan) in clients {
            match plan.program {
                Program::Steps { load, .. } => {
                    joining.spawn_local(async move { client.run_steps(&load, Phase::Load).await });
                }
                Program::Periodic(program) => {
                    let id = plan.client;
                    periodic.spawn_local(async move {
                        client.run_periodic(&program, |number| op_id(id, number + 1)).await;
                    });
                }
            }
        }
        for fault in &self.setup.plan.faults {
            let PlannedFault::ScriptFlush { at_ns } = *fault;
            let shared = Rc::clone(&self.shared);
            periodic.spawn_local(async move {
                let at_ns = shared.load_start_ns.get().saturating_add(at_ns);
                let failed = if shared.wait_unless_over(at_ns, Until::LoadEnd).await {
                    script_flush(&shared).await.err()
                } else {
                    Some("the load was over before its time; plan it earlier".to_owned())
                };
                if let Some(why) = failed {
                    shared.notes.borrow_mut().push(format!("the planned SCRIPT FLUSH did not happen: {why}"));
                }
            });
        }
        (joining, periodic)
    }

    /// Reads what the load cost the server and this thread, what it left in memory, and how many wait.
    async fn account(&self, before: &server::Before, warden: &mut Client, id: ClientId) -> Result<(), TargetError> {
        let (calls, cpu_ns) = (self.shared.tally.calls(), thread_cpu_ns());
        let after = server::snapshot(self.setup.endpoint).await?;
        let mut cost = before.cost_until(&after, &calls, cpu_ns);
        cost.used_memory_after_bytes = Some(server::settled_memory_bytes(self.setup.endpoint).await?);
        let now_ns = self.shared.clock.now_ns();
        if let Outcome::Stats(stats) = warden.operate(op_id(id, 1), &Operation::Stats, Phase::Drain, now_ns).await {
            cost.waiting_after = Some(stats.entries);
        }
        if keys::wanted(self.setup.scenario) {
            let (endpoint, prefix) = (self.setup.endpoint, &self.setup.prefix);
            cost.keys = Some(keys::look(endpoint, prefix, EVENT, &self.shared.tally).await?);
        }
        *self.cost.borrow_mut() = Some(cost);
        Ok(())
    }

    fn joins(&self) -> u64 {
        let joins = |recorder: &Rc<RefCell<Recorder>>| {
            recorder.borrow().records().iter().filter(|record| matches!(record.call, Operation::Join(_))).count() as u64
        };
        self.recorders.iter().map(joins).sum()
    }

    fn header(&self, end: RunEnd, notes: Vec<String>) -> Header {
        let (scenario, plan) = (self.setup.scenario, self.setup.plan);
        Header {
            schema: SCHEMA,
            tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
            scenario: scenario.name.clone(),
            queue: self.setup.design.name().to_owned(),
            seed: plan.seed,
            plan_hash: plan.hash.clone(),
            terms: terms(scenario, self.setup.design.name(), self.setup.design.facts().duplicate_means),
            end,
            notes,
            drained: self.drained.get(),
            load_ns: self.load_ns.get(),
            offered_joins_per_s: plan.offered_joins_per_s,
            server: self.cost.borrow().clone(),
            load: self.watched.borrow().as_ref().map(|watched| load_facts(scenario, plan, watched)),
            server_series: self.watched.borrow().as_ref().map(|watched| watched.series.clone()),
        }
    }
}

async fn script_flush(shared: &Shared) -> Result<(), String> {
    let mut connection = shared.endpoint.connect(shared.timeout).await.map_err(|error| error.to_string())?;
    redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut connection).await.map_err(|error| error.to_string())
}

/// Waits for all tasks; a task that panicked is trouble, and the others go on until they are dropped.
async fn join_all(tasks: &mut JoinSet<()>) -> Option<Trouble> {
    while let Some(done) = tasks.join_next().await {
        if let Err(error) = done {
            return Some(Trouble::ClientFailed(error.to_string()));
        }
    }
    None
}

/// What the scenario says about judging.
fn terms(scenario: &Scenario, design: &str, duplicate_means: DuplicateMeans) -> Terms {
    let expiry = scenario
        .ttl
        .map(|ttl| (ttl.after, ttl.tolerance, ttl.sweep_every, false))
        .or(scenario.cleanup.map(|cleanup| (cleanup.older_than, cleanup.tolerance, cleanup.every, true)));
    Terms {
        promises: scenario.promises.clone(),
        dedupe: scenario.dedupe,
        duplicate_means,
        ttl_ns: expiry.map(|(after, ..)| nanos(after)),
        ttl_tolerance_ns: expiry.map_or(0, |(_, tolerance, ..)| nanos(tolerance)),
        ttl_lag_ns: expiry.map_or(0, |(_, _, lag, _)| nanos(lag)),
        ttl_from_join_only: expiry.is_some_and(|(.., from_join_only)| from_join_only),
        position_tolerance: scenario.position_tolerance,
        capacity: scenario.admit.and_then(|admit| admit.capacity),
        limits: scenario.limits.clone(),
        expect: scenario.expect.get(design).cloned().unwrap_or_default(),
    }
}
