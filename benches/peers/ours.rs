//! Stanchion's side: a closed loop of [`CONNECTIONS`] connections on one thread, in a process of its own, so that its CPU
//! time is counted as that of the peers is.

use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::pin::Pin;
use std::process::{Command, ExitCode};
use std::rc::Rc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use stanchion::history::{Answer, Record, Recorder};
use stanchion::model::{ClientId, Entry, Operation, Outcome, Pacer, Phase, UnknownCause};
use stanchion::plan::op_id;
use stanchion::queue::{AnyQueue, CommandError, Commands, Counted, Live, WaitingQueue as _, outcome_of};
use stanchion::target::Endpoint;
use stanchion::wire::{Clock, Dialer, Reactor, Wire};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::request::{CONNECTIONS, USERS, Workload, entry, queue, set};
use super::{cpu, server_count};

/// How long connecting and each request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Stanchion's ways to send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ours {
    /// The transport and the loop of the load generator, everything recorded as in a run.
    Stanchion,
    /// The same without record, clock readings and count of bytes: what recording costs is the difference.
    StanchionUnrecorded,
    /// The `redis` crate, everything recorded as in a run.
    RedisCrate,
    /// The same without all that.
    RedisCrateUnrecorded,
}

impl Ours {
    pub const ALL: [Ours; 4] =
        [Ours::Stanchion, Ours::StanchionUnrecorded, Ours::RedisCrate, Ours::RedisCrateUnrecorded];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Ours::Stanchion => "stanchion",
            Ours::StanchionUnrecorded => "stanchion, no recording",
            Ours::RedisCrate => "redis-crate",
            Ours::RedisCrateUnrecorded => "redis-crate, no recording",
        }
    }

    /// The same way of sending without the record; `None` for what keeps none.
    pub fn unrecorded(self) -> Option<Ours> {
        match self {
            Ours::Stanchion => Some(Ours::StanchionUnrecorded),
            Ours::RedisCrate => Some(Ours::RedisCrateUnrecorded),
            Ours::StanchionUnrecorded | Ours::RedisCrateUnrecorded => None,
        }
    }
}

/// One run, as the child is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    pub ours: Ours,
    pub workload: Workload,
    pub url: String,
    pub requests: u64,
    pub seed: u64,
}

impl Task {
    /// This program, as the child that carries it out.
    pub fn command(&self) -> Result<Command, String> {
        let program =
            std::env::current_exe().map_err(|error| format!("this program cannot start itself again: {error}"))?;
        let described = serde_json::to_string(self).map_err(|error| format!("a run cannot be described: {error}"))?;
        let mut command = Command::new(program);
        command.arg("--ours").arg(described);
        Ok(command)
    }
}

/// What the child tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// From the first request to the last reply, connections and start-up left out.
    pub load_s: f64,
    /// CPU time of the thread that loads, within that time.
    pub load_cpu_us: f64,
    /// Requests that had an answer other than an error.
    pub answered: u64,
    /// The first error.
    pub error: Option<String>,
    /// Error replies that the server had counted when all were connected: the `redis` crate introduces itself by CLIENT
    /// SETINFO, which servers before 7.2 do not know. They are no part of the load.
    pub refused_greetings: u64,
    /// Records that were kept; `None` where none are.
    pub records: Option<u64>,
    /// Service times in the histogram; `None` where none are kept.
    pub timed: Option<u64>,
    /// Median and 99th percentile of the service time.
    pub p50_us: Option<f64>,
    pub p99_us: Option<f64>,
}

/// The child: carries out a run and prints what it was like.
pub fn run_and_tell(described: &str) -> Result<ExitCode, String> {
    let task: Task = serde_json::from_str(described).map_err(|error| format!("this describes no run: {error}"))?;
    let told = run(&task)?;
    let text = serde_json::to_string(&told).map_err(|error| format!("the result cannot be told: {error}"))?;
    writeln!(std::io::stdout(), "{text}").map_err(|error| format!("the result cannot be told: {error}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Connects as the contender does and drives the load.
fn run(task: &Task) -> Result<Told, String> {
    let recording = task.ours.unrecorded().is_some();
    match task.ours {
        Ours::Stanchion | Ours::StanchionUnrecorded => {
            let reactor = Reactor::new(Clock::start(), Pacer::Hybrid, 50_000_000)
                .map_err(|error| format!("cannot start a loop: {error}"))?;
            let driven = reactor.block_on(async {
                let connections = wires(&reactor, &task.url).await?;
                // As a client of a run: the loop has read the clock since the last reply came.
                let seen = reactor.clone();
                let timing =
                    Timing { now_ns: Box::new(move || seen.seen_ns()), ask: Wire::time_next, left_ns: Wire::left_ns };
                drive(connections, task, recording.then_some(timing), &|client| reactor.spawn(client)).await
            });
            driven.map_err(|error| format!("the loop failed: {error}"))?
        }
        Ours::RedisCrate | Ours::RedisCrateUnrecorded => on_tokio(async {
            let connections = redis_crate(&task.url).await?;
            let clock = Clock::start();
            let timing = Timing { now_ns: Box::new(move || clock.now_ns()), ask: |_| {}, left_ns: |_| None };
            drive(connections, task, recording.then_some(timing), &|client| drop(tokio::task::spawn_local(client)))
                .await
        }),
    }
}

/// One connection of our own for each client.
async fn wires(reactor: &Reactor, url: &str) -> Result<Vec<Wire>, String> {
    let endpoint = Endpoint::from_url(url).map_err(|error| error.to_string())?;
    let dialer = Dialer::new(&endpoint).map_err(|error| error.to_string())?;
    let mut connections = Vec::new();
    for client in 0..CONNECTIONS {
        let dialled = dialer.dial(reactor, PATIENCE, client.into()).await;
        connections.push(dialled.map_err(|error| error.to_string())?);
    }
    Ok(connections)
}

/// One thread for all clients, as the load engine has it.
fn on_tokio<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start a runtime: {error}"))?;
    LocalSet::new().block_on(&runtime, work)
}

/// One connection of the `redis` crate for each client.
async fn redis_crate(url: &str) -> Result<Vec<Live>, String> {
    let endpoint = Endpoint::from_url(url).map_err(|error| error.to_string())?;
    let mut connections = Vec::new();
    for client in 0..CONNECTIONS {
        let connection = endpoint.connect(PATIENCE).await.map_err(|error| error.to_string())?;
        connections.push(Live::new(connection, PATIENCE, client.into()));
    }
    Ok(connections)
}

/// How a contender that records tells the time.
struct Timing<C> {
    /// When a reply that was just taken had come, at the latest.
    now_ns: Box<dyn Fn() -> u64>,
    /// The next request of a connection is to be timed.
    ask: fn(&C),
    /// When it left, if the connection knows that.
    left_ns: fn(&C) -> Option<u64>,
}

/// What the clients share; they live on one thread.
struct Shared {
    workload: Workload,
    queue: AnyQueue,
    /// Requests that nobody has begun yet.
    left: Cell<u64>,
    users: RefCell<ChaCha8Rng>,
    answered: Cell<u64>,
    error: RefCell<Option<String>>,
    recorder: RefCell<Recorder>,
}

impl Shared {
    /// The next request, with its number from 1; `None` when all were begun or one failed.
    fn next(&self) -> Option<(u64, Entry)> {
        let number = self.left.get();
        if number == 0 || self.error.borrow().is_some() {
            return None;
        }
        self.left.set(number - 1);
        Some((number, entry(self.users.borrow_mut().random_range(0..USERS), number)))
    }

    async fn ask<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        match self.workload {
            Workload::Join => self.queue.join(commands, entry).await,
            Workload::Set => commands.command(set(entry)).await.map(|_| Outcome::Joined),
        }
    }

    fn note(&self, answer: &Result<Outcome, CommandError>) {
        match answer {
            Ok(_) => self.answered.set(self.answered.get() + 1),
            Err(error) => drop(self.error.borrow_mut().get_or_insert_with(|| error.to_string())),
        }
    }
}

/// A client, for whatever runs it.
type Client = Pin<Box<dyn Future<Output = ()>>>;

/// Drives all requests over these connections, one at a time on each.
async fn drive<C: Commands + 'static>(
    connections: Vec<C>,
    task: &Task,
    recording: Option<Timing<C>>,
    spawn: &dyn Fn(Client),
) -> Result<Told, String> {
    let refused_greetings = match connections.first() {
        Some(first) => error_replies(first).await?,
        None => return Err("there is no connection to drive".to_owned()),
    };
    let shared = Rc::new(Shared {
        workload: task.workload,
        queue: queue(),
        left: Cell::new(task.requests),
        users: RefCell::new(ChaCha8Rng::seed_from_u64(task.seed)),
        answered: Cell::new(0),
        error: RefCell::new(None),
        // As in a run, where the plan says how much there will be.
        recorder: RefCell::new(Recorder::with_capacity(if recording.is_some() { task.requests as usize } else { 0 })),
    });
    let (began, cpu_before) = (Instant::now(), cpu::of_this_thread());
    let recording = recording.map(Rc::new);
    let mut clients = Vec::new();
    for (client, connection) in (0..).map(ClientId).zip(connections) {
        let (shared, timing, (tell, told)) = (Rc::clone(&shared), recording.clone(), oneshot::channel());
        clients.push(told);
        spawn(Box::pin(async move {
            match timing {
                Some(timing) => recorded(&shared, client, Counted::new(connection), &timing).await,
                None => unrecorded(&shared, &connection).await,
            }
            // Nobody listens any more where another client failed.
            let _ = tell.send(());
        }));
    }
    for told in clients {
        told.await.map_err(|_| "a client failed".to_owned())?;
    }
    let (load_s, load_cpu) = (began.elapsed().as_secs_f64(), cpu::of_this_thread() - cpu_before);

    // From the records, when the load is over, as in a run; the CPU time that it takes is part of the process' own.
    let mut all: Histogram<u64> = Histogram::new(3).map_err(|error| format!("a histogram cannot be made: {error}"))?;
    let recorder = shared.recorder.borrow();
    for record in recorder.records() {
        let service_ns = record.returned_ns.map_or(0, |returned_ns| returned_ns - record.sent_ns);
        all.record(service_ns).map_err(|error| format!("a service time fits no histogram: {error}"))?;
    }
    let us = |share: f64| recording.is_some().then(|| all.value_at_quantile(share) as f64 / 1e3);
    Ok(Told {
        load_s,
        load_cpu_us: load_cpu.as_secs_f64() * 1e6,
        answered: shared.answered.get(),
        error: shared.error.borrow_mut().take(),
        refused_greetings,
        records: recording.is_some().then(|| recorder.len() as u64),
        timed: recording.is_some().then(|| all.len()),
        p50_us: us(0.5),
        p99_us: us(0.99),
    })
}

/// How many error replies the server has counted.
async fn error_replies<C: Commands>(commands: &C) -> Result<u64, String> {
    let answer = commands.command(server_count::info()).await.map_err(|error| error.to_string())?;
    server_count::text(&answer).map(|info| server_count::error_replies(&info))
}

/// One client that writes everything down, as a client of a run does.
async fn recorded<C: Commands>(shared: &Shared, client: ClientId, commands: Counted<C>, timing: &Timing<C>) {
    let mut free_ns = (timing.now_ns)();
    while let Some((number, entry)) = shared.next() {
        // As a client of a run: what ended the last request begins this one.
        let sent_ns = free_ns + 1;
        let place = shared.recorder.borrow_mut().begin(Record {
            op: op_id(client, number),
            attempt: 0,
            client,
            phase: Phase::Load,
            intended_ns: Some(free_ns),
            sent_ns,
            returned_ns: None,
            call: Operation::Join(entry),
            outcome: Outcome::Unknown(UnknownCause::Interrupted),
            reply_dropped: false,
            commands: 0,
            round_trips: 0,
            bytes_sent: 0,
            bytes_received: 0,
        });
        (timing.ask)(commands.inner());
        let answer = shared.ask(&commands, entry).await;
        let left_ns = (timing.left_ns)(commands.inner()).map(|left_ns| left_ns.max(sent_ns));
        let returned_ns = (timing.now_ns)().max(left_ns.unwrap_or(sent_ns));
        let cost = commands.take();
        shared.note(&answer);
        let outcome = answer.unwrap_or_else(|error| outcome_of(&error, cost.commands));
        let answer = Answer {
            sent_ns: left_ns,
            returned_ns: Some(returned_ns),
            outcome,
            reply_dropped: false,
            commands: cost.commands,
            round_trips: cost.round_trips,
            bytes_sent: cost.bytes_sent,
            bytes_received: cost.bytes_received,
        };
        shared.recorder.borrow_mut().end(place, answer);
        free_ns = returned_ns;
    }
}

/// One client that writes nothing down.
async fn unrecorded<C: Commands>(shared: &Shared, commands: &C) {
    while let Some((_, entry)) = shared.next() {
        let answer = shared.ask(commands, entry).await;
        shared.note(&answer);
    }
}
