//! What every contender sends: the join of `zset-seq` by EVALSHA, or a SET of a short value; for users drawn uniformly.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use redis::{Cmd, Value};
use serde::{Deserialize, Serialize};
use stanchion::model::{Dedupe, DedupeKey, Entry, Token, UserId};
use stanchion::queue::{AnyQueue, CommandError, Commands, Design, QueueSettings, WaitingQueue as _};

/// Connections of each contender; each has one request under way at a time.
pub const CONNECTIONS: u32 = 50;
/// Users are drawn from so many, as by `redis-benchmark -r`.
pub const USERS: u64 = 1_000_000;
/// The first user's number. It has 12 digits, as many as `redis-benchmark` writes.
pub const FIRST_USER: u64 = 100_000_000_000;
/// All keys begin with this.
const PREFIX: &str = "bench:";
/// What SET writes.
const VALUE: &str = "xxx";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// The join script: what a real queue costs, most of it on the server.
    Join,
    /// A command that costs the server little, so that the client is what is measured.
    Set,
}

impl Workload {
    pub const ALL: [Workload; 2] = [Workload::Join, Workload::Set];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Workload::Join => "join",
            Workload::Set => "set",
        }
    }

    /// What INFO commandstats counts it as.
    pub fn command(self) -> &'static str {
        match self {
            Workload::Join => "evalsha",
            Workload::Set => "set",
        }
    }
}

/// How it gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    Tcp,
    Unix,
}

impl Way {
    pub fn name(self) -> &'static str {
        match self {
            Way::Tcp => "tcp",
            Way::Unix => "unix",
        }
    }
}

/// The design that joins.
pub const DESIGN: Design = Design::ZsetSeq;

/// The queue that is joined.
pub fn queue() -> AnyQueue {
    DESIGN.open(QueueSettings { prefix: PREFIX.to_owned(), event: "sale".to_owned(), dedupe: Dedupe::User, ttl: None })
}

/// User number `user` of [`USERS`] with a token.
pub fn entry(user: u64, token: u64) -> Entry {
    let number = FIRST_USER + user;
    Entry { user: UserId(number), token: Token(token), dedupe: DedupeKey(number) }
}

/// The SET of an entry.
pub fn set(entry: Entry) -> Cmd {
    let mut cmd = redis::cmd("SET");
    cmd.arg(format!("{PREFIX}key:{}", entry.dedupe.0)).arg(VALUE);
    cmd
}

/// The words of a request as a peer is told them, with `placeholder` where the number of the user stands, and at the end of
/// the token, which is as long as a real one. Taken from what the design really sends.
pub fn words(workload: Workload, placeholder: &str) -> Result<Vec<String>, String> {
    const USER: u64 = 123_456;
    let entry = entry(USER, 1);
    let cmd = match workload {
        Workload::Set => set(entry),
        Workload::Join => join_as_sent(entry)?,
    };
    let number = entry.dedupe.0.to_string();
    let token = entry.token.wire().to_string();
    let words = cmd.args_iter().map(|arg| match arg {
        redis::Arg::Simple(word) => String::from_utf8_lossy(word).into_owned(),
        _ => String::new(),
    });
    let (mut users, mut tokens) = (0, 0);
    let told: Vec<String> = words
        .map(|word| {
            users += usize::from(word.contains(&number));
            tokens += usize::from(word == token);
            if word == token {
                return format!("{}{placeholder}", &token[..token.len() - number.len()]);
            }
            word.replace(&number, placeholder)
        })
        .collect();
    let expected = if workload == Workload::Join { (1, 1) } else { (1, 0) };
    if (users, tokens) != expected {
        return Err(format!(
            "the request {told:?} was expected to name the user and the token {expected:?} times, not {:?}: the design \
             changed, so benches/peers/request.rs must",
            (users, tokens)
        ));
    }
    Ok(told)
}

/// What the design sends for a join.
fn join_as_sent(entry: Entry) -> Result<Cmd, String> {
    let caught = Caught::default();
    let joining = std::pin::pin!(async {
        // Answered with nil at once, so it is over when it was polled once.
        queue().join(&caught, entry).await
    });
    let answer = futures_util::FutureExt::now_or_never(joining);
    match (answer, caught.0.take()) {
        (Some(Ok(_)), Some(cmd)) => Ok(cmd),
        (answer, _) => Err(format!("{} does not join by one command: {answer:?}", DESIGN.name())),
    }
}

/// Keeps the command instead of sending it, and answers nil.
#[derive(Default)]
struct Caught(RefCell<Option<Cmd>>);

impl Commands for Caught {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        self.0.replace(Some(cmd));
        Ok(Value::Nil)
    }

    async fn pipeline(&self, _: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        Err(CommandError::NotSent("one command was expected, not a pipeline".to_owned()))
    }

    async fn transaction(&self, _: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        Err(CommandError::NotSent("one command was expected, not a transaction".to_owned()))
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}

    fn random(&self) -> u64 {
        0
    }

    fn spawn(&self, _: impl Future<Output = ()> + 'static) {}
}
