//! The server that all contenders meet: one of this benchmark's own, since it is emptied before every run.

use std::time::Duration;

use stanchion::queue::{Commands as _, Live};
use stanchion::target::{Endpoint, Target, TargetChoice, TargetOptions};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use super::request::{DESIGN, Way};
use super::server_count;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running server and a client to look after it.
pub struct Server {
    runtime: Runtime,
    tasks: LocalSet,
    target: Target,
    client: Live,
}

impl Server {
    /// Starts a local server.
    pub fn start() -> Result<Server, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start a runtime: {error}"))?;
        let tasks = LocalSet::new();
        let started = tasks.block_on(&runtime, async {
            let target = Target::start(&TargetChoice::Local, &TargetOptions::default()).await?;
            let connection = target.endpoint().connect(PATIENCE).await?;
            Ok::<_, stanchion::target::TargetError>((target, Live::new(connection, PATIENCE, 0)))
        });
        let (target, client) = started.map_err(|error| {
            format!("this benchmark starts a server of its own, with a unix socket, and could not: {error}")
        })?;
        Ok(Server { runtime, tasks, target, client })
    }

    /// What it is, in a line.
    pub fn shown(&self) -> String {
        let facts = self.target.facts();
        format!("{} {} at {}", facts.server, facts.version, facts.address)
    }

    /// The ways to it.
    pub fn ways(&self) -> Vec<Way> {
        [Way::Tcp, Way::Unix].into_iter().filter(|way| self.url(*way).is_some()).collect()
    }

    /// Its address.
    pub fn url(&self, way: Way) -> Option<String> {
        match way {
            Way::Tcp => Some(self.target.endpoint()),
            Way::Unix => self.target.unix_endpoint(),
        }
        .map(Endpoint::shown)
        .map(str::to_owned)
    }

    /// Empties it, makes it remember the scripts, and sets its counters to zero.
    pub fn prepare(&self) -> Result<(), String> {
        self.flush()?;
        for script in DESIGN.scripts() {
            self.ask(script.load())?;
        }
        let mut reset = redis::cmd("CONFIG");
        reset.arg("RESETSTAT");
        self.ask(reset).map(drop)
    }

    /// Empties it.
    pub fn flush(&self) -> Result<(), String> {
        let flushed = self.tasks.block_on(&self.runtime, self.target.flush());
        flushed.map_err(|error| format!("the server cannot be emptied between two runs: {error}"))
    }

    /// All that INFO says.
    pub fn info(&self) -> Result<String, String> {
        server_count::text(&self.ask(server_count::info())?)
    }

    fn ask(&self, cmd: redis::Cmd) -> Result<redis::Value, String> {
        self.tasks
            .block_on(&self.runtime, self.client.command(cmd))
            .map_err(|error| format!("the server does not answer: {error}"))
    }
}
