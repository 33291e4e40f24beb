//! Operations in several requests that should be one: between any two of them others run, and clients end.

use std::future::Future;
use std::time::Duration;

use redis::{Cmd, Value, cmd};

use crate::model::{BatchId, Dedupe, Entry, Outcome, Token, UserId};
use crate::queue::keys::Keys;
use crate::queue::line::{LineQueue, member, ttl_ms};
use crate::queue::{CommandError, Commands, DesignFacts, QueueSettings, Script, WaitingQueue, reply};

/// What is done in several requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Steps {
    /// A join asks for the mark, then sets it.
    CheckThenSet,
    /// A join sets the mark, then takes the place.
    MarkThenPush,
    /// A join sends its script in a pipeline and looks at no error.
    SwallowErrors,
    /// An admission reads who is at the front, then removes them.
    ReadThenRemove,
    /// An admission writes down whom it lets in, then removes them.
    GrantThenRemove,
    /// An admission removes them, then writes down whom it lets in.
    RemoveThenGrant,
    /// An admission looks whether the line is empty, then deletes it.
    DeleteIfEmpty,
    /// A sweep reads who has expired, then removes them.
    ReadThenSweep,
}

/// A queue that does one operation in several requests, and the others as the line does.
#[derive(Clone, Debug)]
pub struct FaultyQueue {
    line: LineQueue,
    steps: Steps,
    keys: Keys,
    dedupe: Dedupe,
    ttl: Option<Duration>,
}

fn asking(name: &str, args: &[&str]) -> Cmd {
    let mut asking = cmd(name);
    args.iter().for_each(|arg| {
        asking.arg(*arg);
    });
    asking
}

impl FaultyQueue {
    pub(super) fn new(line: LineQueue, steps: Steps, settings: &QueueSettings) -> FaultyQueue {
        FaultyQueue { line, steps, keys: Keys::new(settings), dedupe: settings.dedupe, ttl: settings.ttl }
    }

    async fn standing<C: Commands>(&self, commands: &C, member: &str) -> Result<Option<Token>, CommandError> {
        let value = commands.command(asking("HGET", &[&self.keys.one("marks"), member])).await?;
        reply::token_or_nil("HGET", &value)
    }

    async fn mark_then_push<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let (member, token) = (member(self.dedupe, entry.dedupe), entry.token.wire());
        let set = commands.command(asking("HSETNX", &[&self.keys.one("marks"), &member, &token])).await?;
        if reply::count("HSETNX", &set)? == 0
            && let Some(standing) = self.standing(commands, &member).await?
        {
            return Ok(Outcome::Duplicate(standing));
        }
        let score = commands.command(asking("INCR", &[&self.keys.one("sequence")])).await?;
        let score = reply::count("INCR", &score)?.to_string();
        let now_ms = commands.now().as_millis().to_string();
        let place = asking("ZADD", &[&self.keys.one("queue"), &score, &member]);
        let seen = asking("ZADD", &[&self.keys.one("seen"), &now_ms, &member]);
        commands.transaction(vec![place, seen]).await?;
        Ok(Outcome::Joined)
    }

    /// The first of the line, read or popped.
    async fn front<C: Commands>(&self, commands: &C, count: u32, pop: bool) -> Result<Vec<String>, CommandError> {
        let line = self.keys.one("queue");
        if pop {
            let value = commands.command(asking("ZPOPMIN", &[&line, &count.to_string()])).await?;
            // Every second one is a score.
            return Ok(reply::keys("ZPOPMIN", &value)?.into_iter().step_by(2).collect());
        }
        let last = i64::from(count) - 1;
        reply::keys("ZRANGE", &commands.command(asking("ZRANGE", &[&line, "0", &last.to_string()])).await?)
    }

    async fn tokens<C: Commands>(&self, commands: &C, members: &[String]) -> Result<Vec<Token>, CommandError> {
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let mut asking = asking("HMGET", &[&self.keys.one("marks")]);
        members.iter().for_each(|member| {
            asking.arg(member);
        });
        reply::tokens("HMGET", &commands.command(asking).await?)
    }

    async fn remove<C: Commands>(&self, commands: &C, key: &str, members: &[String]) -> Result<(), CommandError> {
        if members.is_empty() {
            return Ok(());
        }
        let mut removal = asking("ZREM", &[&self.keys.one(key)]);
        members.iter().for_each(|member| {
            removal.arg(member);
        });
        commands.command(removal).await.map(drop)
    }

    async fn read_then_remove<C: Commands>(&self, commands: &C, count: u32) -> Result<Outcome, CommandError> {
        let members = self.front(commands, count, false).await?;
        let tokens = self.tokens(commands, &members).await?;
        self.remove(commands, "queue", &members).await?;
        self.remove(commands, "seen", &members).await?;
        Ok(Outcome::Admitted(tokens))
    }

    /// Grant and removal in one order or the other; either way the fifth request comes after the first of them.
    async fn granted<C: Commands>(
        &self,
        commands: &C,
        (count, batch): (u32, BatchId),
        grant_first: bool,
    ) -> Result<Outcome, CommandError> {
        let record = self.keys.of("batch", &batch.0.to_string());
        let answered = commands.command(asking("GET", &[&record])).await?;
        if answered != Value::Nil {
            return Ok(Outcome::Admitted(reply::tokens_joined("GET", &answered)?));
        }
        let members = self.front(commands, count, !grant_first).await?;
        let tokens = self.tokens(commands, &members).await?;
        let joined = tokens.iter().map(|token| token.wire()).collect::<Vec<_>>().join(",");
        let grant = asking("SET", &[&record, &joined, "EX", "3600"]);
        if grant_first {
            commands.command(grant).await?;
            self.remove(commands, "queue", &members).await?;
            self.remove(commands, "seen", &members).await?;
        } else {
            self.remove(commands, "seen", &members).await?;
            commands.command(grant).await?;
        }
        Ok(Outcome::Admitted(tokens))
    }

    async fn delete_if_empty<C: Commands>(
        &self,
        commands: &C,
        count: u32,
        batch: BatchId,
    ) -> Result<Outcome, CommandError> {
        let admitted = self.line.admit(commands, count, batch).await?;
        let line = self.keys.one("queue");
        if reply::count("ZCARD", &commands.command(asking("ZCARD", &[&line])).await?)? == 0 {
            commands.command(asking("DEL", &[&line])).await?;
        }
        Ok(admitted)
    }

    async fn read_then_sweep<C: Commands>(&self, commands: &C, max_age: Duration) -> Result<Outcome, CommandError> {
        let age_ms = u128::from(ttl_ms(self.ttl.map_or(max_age, |ttl| ttl.min(max_age))));
        let cutoff_ms = commands.now().as_millis().saturating_sub(age_ms).to_string();
        let expired = asking("ZRANGEBYSCORE", &[&self.keys.one("seen"), "-inf", &cutoff_ms]);
        let members = reply::keys("ZRANGEBYSCORE", &commands.command(expired).await?)?;
        if !members.is_empty() {
            let removal = |verb: &str, key: &str| {
                let mut removal = asking(verb, &[&self.keys.one(key)]);
                members.iter().for_each(|member| {
                    removal.arg(member);
                });
                removal
            };
            let removals = vec![removal("ZREM", "queue"), removal("HDEL", "marks"), removal("ZREM", "seen")];
            commands.transaction(removals).await?;
        }
        Ok(Outcome::Swept(members.len() as u64))
    }
}

impl WaitingQueue for FaultyQueue {
    fn facts(&self) -> &'static DesignFacts {
        self.line.facts()
    }

    async fn join<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        match self.steps {
            Steps::CheckThenSet => match self.standing(commands, &member(self.dedupe, entry.dedupe)).await? {
                Some(standing) => Ok(Outcome::Duplicate(standing)),
                None => self.line.join(commands, entry).await,
            },
            Steps::MarkThenPush => self.mark_then_push(commands, entry).await,
            Steps::SwallowErrors => self.line.join(&Swallowing(commands), entry).await,
            _ => self.line.join(commands, entry).await,
        }
    }

    async fn position<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        self.line.position(commands, entry).await
    }

    async fn admit<C: Commands>(&self, commands: &C, count: u32, batch: BatchId) -> Result<Outcome, CommandError> {
        match self.steps {
            Steps::ReadThenRemove => self.read_then_remove(commands, count).await,
            Steps::GrantThenRemove => self.granted(commands, (count, batch), true).await,
            Steps::RemoveThenGrant => self.granted(commands, (count, batch), false).await,
            Steps::DeleteIfEmpty => self.delete_if_empty(commands, count, batch).await,
            _ => self.line.admit(commands, count, batch).await,
        }
    }

    async fn leave<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        self.line.leave(commands, entry).await
    }

    async fn renew<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        self.line.renew(commands, entry).await
    }

    async fn entries<C: Commands>(&self, commands: &C, user: UserId) -> Result<Outcome, CommandError> {
        self.line.entries(commands, user).await
    }

    async fn sweep<C: Commands>(&self, commands: &C, max_age: Duration) -> Result<Outcome, CommandError> {
        match self.steps {
            Steps::ReadThenSweep => self.read_then_sweep(commands, max_age).await,
            _ => self.line.sweep(commands, max_age).await,
        }
    }

    async fn stats<C: Commands>(&self, commands: &C) -> Result<Outcome, CommandError> {
        self.line.stats(commands).await
    }
}

/// The seam as somebody uses it who sends scripts in a pipeline and looks at no reply's error.
struct Swallowing<'a, C>(&'a C);

impl<C: Commands> Commands for Swallowing<'_, C> {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        self.0.command(cmd).await
    }

    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        self.0.pipeline(cmds).await
    }

    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        self.0.transaction(cmds).await
    }

    async fn script(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        let answers = self.0.pipeline(vec![script.evalsha(keys, args)]).await?;
        Ok(answers.into_iter().next().and_then(Result::ok).unwrap_or(Value::Nil))
    }

    fn now(&self) -> Duration {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.0.random()
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        self.0.spawn(work);
    }
}
