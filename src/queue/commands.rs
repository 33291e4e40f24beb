//! The seam: all that a design may touch of the world outside.
//!
//! A design is written once, as `async fn`s over [`Commands`]. It never sees a socket, a clock or a
//! runtime, so the same code runs on a live connection, on one that counts, and under an explorer that
//! polls the futures by hand and decides whose command runs next. Every command is a point where
//! another client may run, or this one may crash or lose its reply.
//!
//! Requests and replies are the `redis` crate's own types: they are plain data, packed once, and every
//! implementation of the seam can read them.

use std::future::Future;
use std::time::Duration;

use redis::{Cmd, Value};

use super::script::Script;

/// Why a command has no usable reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The server answered with an error.
    #[error("the server refused {command}: {code} {message}")]
    Server {
        /// The command's name.
        command: String,
        /// The first word of the error reply: `NOSCRIPT`, `OOM`, `ERR`…
        code: String,
        /// The rest of it.
        message: String,
    },
    /// No connection could be made: the request was not sent.
    #[error("not connected: {0}")]
    NotSent(String),
    /// No reply within the time-out.
    #[error("no reply to {command} within {timeout_ms} ms")]
    TimedOut {
        /// The command's name.
        command: String,
        /// The time-out.
        timeout_ms: u64,
    },
    /// The connection ended before the reply.
    #[error("the connection ended before the reply to {command}: {detail}")]
    Lost {
        /// The command's name.
        command: String,
        /// What the operating system or the client library said.
        detail: String,
    },
    /// The client ended before it sent this request: a fault that the scenario asks for.
    #[error("the client ended after {0} answered requests")]
    Crashed(u32),
    /// The reply is not of the shape that the design relies on: a bug in the design or its script.
    #[error("unexpected reply to {command}: {reply}")]
    Unexpected {
        /// The command's name.
        command: String,
        /// The reply, shortened.
        reply: String,
    },
}

/// What a design may do. Implementations need not be `Send`: a client lives on one thread.
#[expect(async_fn_in_trait, reason = "clients are tasks of one thread, so no future has to be Send")]
pub trait Commands {
    /// Sends one command and waits for its reply. An error reply is an `Err`.
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError>;

    /// Sends all commands at once and waits for all replies; each has its own result.
    /// Other clients may run between any two of them.
    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError>;

    /// Runs the commands in MULTI/EXEC: no other client runs between them. An error in any of them is
    /// that reply's error; the others still apply.
    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError>;

    /// This client's wall clock, since the Unix epoch. Clients may disagree.
    fn now(&self) -> Duration;

    /// Lets time pass.
    async fn sleep(&self, duration: Duration);

    /// A random number from this client's seeded generator.
    fn random(&self) -> u64;

    /// Runs a future beside the current operation, for designs that finish work in the background.
    fn spawn(&self, work: impl Future<Output = ()> + 'static);

    /// Calls a Lua script by its SHA1, with `keys` behind those that it is bound to.
    async fn evalsha(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        self.command(script.evalsha(keys, args)).await
    }

    /// Runs a Lua script by its SHA1; a server that forgot it (restart, SCRIPT FLUSH, failover) gets the
    /// source once more. NOSCRIPT means that nothing ran, so repeating is safe.
    async fn script(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        match self.evalsha(script, keys, args).await {
            Err(CommandError::Server { code, .. }) if code == "NOSCRIPT" => self.command(script.eval(keys, args)).await,
            answer => answer,
        }
    }
}
