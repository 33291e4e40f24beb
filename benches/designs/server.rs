//! The Redis that the designs are measured on, and the one client that asks it.

use std::future::Future;
use std::time::Duration;

use stanchion::queue::Live;
use stanchion::target::{Target, TargetChoice, TargetError, TargetOptions};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

/// All keys begin with this.
pub const PREFIX: &str = "bench:";

/// Longer than any call that a benchmark waits for: a call that takes a second is a result, not a failure.
const REPLY_LIMIT: Duration = Duration::from_secs(300);

/// A running Redis, a client connected to it, and the thread's runtime that drives both.
pub struct Server {
    runtime: Runtime,
    tasks: LocalSet,
    target: Target,
    client: Live,
}

impl Server {
    /// Starts or finds a Redis as `STANCHION_BENCH_REDIS` says (`auto`, `local`, `docker` or a URL); unset: a local
    /// server if its program is installed, else `auto`.
    pub fn start() -> Result<Server, Box<dyn std::error::Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let tasks = LocalSet::new();
        let (target, client) = tasks.block_on(&runtime, async {
            let target = start_target().await?;
            let connection = target.endpoint().connect(Duration::from_secs(5)).await?;
            Ok::<_, TargetError>((target, Live::new(connection, REPLY_LIMIT, 0)))
        })?;
        Ok(Server { runtime, tasks, target, client })
    }

    /// What is measured on, in a line.
    pub fn shown(&self) -> String {
        let facts = self.target.facts();
        format!("{} {} at {}", facts.server, facts.version, facts.address)
    }

    /// Where it is measured.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The one client.
    pub fn client(&self) -> &Live {
        &self.client
    }

    /// Runs a future to its end.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.tasks.block_on(&self.runtime, work)
    }

    /// Deletes what the benchmarks wrote; on a server of somebody else's nothing besides.
    pub async fn clear(&self) {
        let cleared =
            if self.target.owned() { self.target.flush().await } else { self.target.wipe(PREFIX).await.map(drop) };
        cleared.unwrap_or_else(|error| panic!("the server cannot be cleared between two measurements: {error}"));
    }
}

async fn start_target() -> Result<Target, TargetError> {
    let options = TargetOptions::default();
    match std::env::var("STANCHION_BENCH_REDIS") {
        Ok(choice) => Target::start(&choice.parse()?, &options).await,
        Err(_) => match Target::start(&TargetChoice::Local, &options).await {
            Err(TargetError::NoProgram) => Target::start(&TargetChoice::Auto, &options).await,
            started => started,
        },
    }
}
