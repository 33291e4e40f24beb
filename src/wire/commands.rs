//! The seam on a connection of this room: the same promises as on the `redis` crate's, which it is tested against.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use redis::{Cmd, Value};

use super::channel::Failure;
use super::clock::nanos;
use super::connection::Connection;
use super::encode;
use crate::queue::{CommandError, Commands, Script, name_of_command, no_error, server_error, transaction_results};

/// [`Commands`] on a connection of this room. Clones share it; they live on the thread of its loop.
///
/// After a time-out or a lost connection the requests in flight are *unknown*. The connection is closed then, and every later
/// call is answered with [`CommandError::NotSent`]. Nothing is ever sent again by itself.
#[derive(Clone)]
pub struct Wire {
    shared: Rc<Shared>,
}

struct Shared {
    connection: Connection,
    timeout: Duration,
    timeout_ns: u64,
    /// How far this client's wall clock is ahead of the true time, ns.
    ahead_ns: Cell<i64>,
    /// A named generator, so that a seed means the same numbers in every version.
    rng: RefCell<ChaCha8Rng>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("timeout", &self.shared.timeout).field("broken", &self.is_broken()).finish()
    }
}

impl Wire {
    pub(super) fn new(connection: Connection, timeout: Duration, seed: u64) -> Wire {
        let rng = RefCell::new(ChaCha8Rng::seed_from_u64(seed));
        let ahead_ns = Cell::new(0);
        Wire { shared: Rc::new(Shared { connection, timeout, timeout_ns: nanos(timeout), ahead_ns, rng }) }
    }

    /// Puts this client's wall clock ahead of the true time by so many ns, or behind it where that is below zero.
    pub fn put_clock_ahead(&self, ahead_ns: i64) {
        self.shared.ahead_ns.set(ahead_ns);
    }

    /// Whether a time-out or a lost connection made this client useless; a new one is needed.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.shared.connection.is_closed()
    }

    /// The request that leaves next is to be timed.
    #[inline]
    pub fn time_next(&self) {
        self.shared.connection.time_next();
    }

    /// When the request left that was to be timed, ns of the run's clock: right before its first byte was handed over. `None`: no
    /// request left since.
    #[inline]
    #[must_use]
    pub fn left_ns(&self) -> Option<u64> {
        self.shared.connection.left_ns()
    }

    fn deadline_ns(&self) -> u64 {
        self.shared.connection.reactor().seen_ns().saturating_add(self.shared.timeout_ns)
    }

    /// Sends one request and waits for its reply, which may be an error of the server.
    async fn one(&self, name: impl Fn() -> String, write: impl FnOnce(&mut Vec<u8>)) -> Result<Value, CommandError> {
        let explained = |failure| self.explained(failure, name());
        let request = self.shared.connection.send(1, write).map_err(explained)?;
        self.shared.connection.reply(request, self.deadline_ns()).await.map_err(explained)
    }

    /// Sends all at once and waits for as many replies.
    async fn many(&self, cmds: &[Cmd]) -> Result<Vec<Value>, CommandError> {
        let explained = |failure| self.explained(failure, cmds.first().map(name_of_command).unwrap_or_default());
        let connection = &self.shared.connection;
        let write = |out: &mut Vec<u8>| cmds.iter().for_each(|cmd| encode::command(out, cmd));
        let first = connection.send(cmds.len() as u64, write).map_err(explained)?;
        let deadline_ns = self.deadline_ns();
        let mut replies = Vec::with_capacity(cmds.len());
        for number in 0..cmds.len() as u64 {
            replies.push(connection.reply(first + number, deadline_ns).await.map_err(explained)?);
        }
        Ok(replies)
    }

    fn explained(&self, failure: Failure, command: String) -> CommandError {
        match failure {
            Failure::Closed => {
                CommandError::NotSent("this connection broke before; open a new one to go on".to_owned())
            }
            Failure::TimedOut => {
                let timeout_ms = u64::try_from(self.shared.timeout.as_millis()).unwrap_or(u64::MAX);
                CommandError::TimedOut { command, timeout_ms }
            }
            Failure::Lost(detail) => CommandError::Lost { command, detail },
        }
    }
}

impl Commands for Wire {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        let value = self.one(|| name_of_command(&cmd), |out| encode::command(out, &cmd)).await?;
        no_error(&cmd, value)
    }

    async fn evalsha(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        let name = || "EVALSHA".to_owned();
        let connection = &self.shared.connection;
        let sent = connection.send(1, |out| encode::evalsha(out, script, keys, args));
        let answer = match sent {
            Ok(request) => connection.reply(request, self.deadline_ns()).await,
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(Value::ServerError(error)) => Err(server_error(name(), &error)),
            Ok(value) => Ok(value),
            Err(failure) => Err(self.explained(failure, name())),
        }
    }

    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        let values = if cmds.is_empty() { Vec::new() } else { self.many(&cmds).await? };
        Ok(cmds.iter().zip(values).map(|(cmd, value)| no_error(cmd, value)).collect())
    }

    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        if cmds.is_empty() {
            return Ok(Vec::new());
        }
        let around = |name| std::iter::once(redis::cmd(name));
        let sent: Vec<Cmd> = around("MULTI").chain(cmds).chain(around("EXEC")).collect();
        transaction_results(&sent, self.many(&sent).await?)
    }

    fn now(&self) -> Duration {
        let wall = self.shared.connection.reactor().clock().wall();
        let off = Duration::from_nanos(self.shared.ahead_ns.get().unsigned_abs());
        if self.shared.ahead_ns.get() < 0 { wall.saturating_sub(off) } else { wall.saturating_add(off) }
    }

    async fn sleep(&self, duration: Duration) {
        self.shared.connection.reactor().sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.shared.rng.borrow_mut().next_u64()
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        self.shared.connection.reactor().spawn(work);
    }
}
