//! The seam on a real server: one connection, every reply matched to its request, nothing ever re-sent.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, RedisError, Value};

use super::answer::{name_of_command, no_error, transaction_results};
use super::{CommandError, Commands};

/// [`Commands`] on a live connection. Clones share the connection; they live on one thread, inside a
/// `LocalSet`.
///
/// After a time-out or a lost connection the requests in flight are *unknown*. This type then drops the
/// connection and answers every later call with [`CommandError::NotSent`]: a late answer can never be
/// taken for the next request's, and whether to try again is the caller's decision, on a new connection.
#[derive(Clone)]
pub struct Live {
    shared: Rc<Shared>,
}

struct Shared {
    /// `None` once broken: dropping the last handle closes the socket.
    connection: RefCell<Option<MultiplexedConnection>>,
    timeout: Duration,
    /// A named generator, so that a seed means the same numbers in every version.
    rng: RefCell<ChaCha8Rng>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("timeout", &self.shared.timeout).field("broken", &self.is_broken()).finish()
    }
}

impl Live {
    /// A client on this connection, which must have no response time-out of its own: `timeout` is how
    /// long each request may take. `seed` feeds [`Commands::random`].
    #[must_use]
    pub fn new(connection: MultiplexedConnection, timeout: Duration, seed: u64) -> Live {
        Live {
            shared: Rc::new(Shared {
                connection: RefCell::new(Some(connection)),
                timeout,
                rng: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
            }),
        }
    }

    /// Whether a time-out or a lost connection made this client useless; a new one is needed.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.shared.connection.borrow().is_none()
    }

    fn connection(&self) -> Result<MultiplexedConnection, CommandError> {
        // Cloning the handle is a few reference counts; it lets several requests be in flight at once.
        self.shared
            .connection
            .borrow()
            .clone()
            .ok_or_else(|| CommandError::NotSent("this connection broke before; open a new one to go on".to_owned()))
    }

    /// Waits for a reply; anything but a reply breaks the connection.
    async fn reply<T>(
        &self,
        name: impl Fn() -> String,
        request: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, CommandError> {
        let failure = match tokio::time::timeout(self.shared.timeout, request).await {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) => CommandError::Lost { command: name(), detail: error.to_string() },
            Err(_) => CommandError::TimedOut {
                command: name(),
                timeout_ms: u64::try_from(self.shared.timeout.as_millis()).unwrap_or(u64::MAX),
            },
        };
        self.shared.connection.borrow_mut().take();
        Err(failure)
    }

    /// Sends the commands as they are, in one write, and reads as many replies.
    async fn replies(&self, pipeline: &Pipeline) -> Result<Vec<Value>, CommandError> {
        let mut connection = self.connection()?;
        let request = connection.req_packed_commands(pipeline, 0, pipeline.len());
        self.reply(|| pipeline.cmd_iter().next().map(name_of_command).unwrap_or_default(), request).await
    }
}

impl Commands for Live {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        let mut connection = self.connection()?;
        let value = self.reply(|| name_of_command(&cmd), connection.req_packed_command(&cmd)).await?;
        no_error(&cmd, value)
    }

    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        if cmds.is_empty() {
            return Ok(Vec::new());
        }
        let pipeline = pipeline_of(cmds);
        let values = self.replies(&pipeline).await?;
        Ok(pipeline.cmd_iter().zip(values).map(|(cmd, value)| no_error(cmd, value)).collect())
    }

    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        if cmds.is_empty() {
            return Ok(Vec::new());
        }
        // MULTI and EXEC are sent as plain commands, so that every reply is seen: the library's own
        // transactions fold them into one error.
        let sent = pipeline_of([redis::cmd("MULTI")].into_iter().chain(cmds).chain([redis::cmd("EXEC")]));
        let replies = self.replies(&sent).await?;
        transaction_results(&sent.cmd_iter().cloned().collect::<Vec<_>>(), replies)
    }

    fn now(&self) -> Duration {
        // A clock before 1970 reads as 1970: a design only ever sees a wrong clock, as with real clients.
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.shared.rng.borrow_mut().next_u64()
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        tokio::task::spawn_local(work);
    }
}

fn pipeline_of(cmds: impl IntoIterator<Item = Cmd>) -> Pipeline {
    let mut pipeline = Pipeline::new();
    for cmd in cmds {
        pipeline.add_command(cmd);
    }
    pipeline
}
