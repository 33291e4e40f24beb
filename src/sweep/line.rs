//! A line of a given depth, and one timed call on it at a time.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;

use crate::model::{BatchId, Dedupe, DedupeKey, Entry, Outcome, Token, UserId};
use crate::queue::{AnyQueue, CommandError, Commands, Design, QueueSettings, WaitingQueue as _};
use crate::target::{Target, TargetError};

/// Joins on their way at once while a line is filled.
const FILLING_AT_ONCE: usize = 64;

/// A line may have changed by one in so many before it is another one: designs keep the mark of an admitted user, the
/// record of a batch and the hole of somebody who left, and in some of them the cost grows with these.
const CHANGED_SHARE: u64 = 10;

/// Why a call on a line is no measurement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A wrong answer: what it took says nothing about the call that was meant.
    #[error("{design} with {depth} waiting: {call} was answered {answer}, so there is nothing to measure")]
    Wrong {
        /// The design.
        design: &'static str,
        /// How many wait.
        depth: u64,
        /// The call.
        call: &'static str,
        /// The answer.
        answer: String,
    },
    /// The connection is gone.
    #[error("{0}")]
    Lost(String),
}

impl From<TargetError> for LineError {
    fn from(error: TargetError) -> LineError {
        LineError::Lost(error.to_string())
    }
}

/// A queue in which `depth` users wait, as long as nobody makes more calls than [`Line::room`] says.
#[derive(Debug)]
pub struct Line<'a, C> {
    target: &'a Target,
    client: &'a C,
    design: Design,
    queue: AnyQueue,
    prefix: String,
    depth: u64,
    /// Users below this number have joined since the line was filled.
    next_user: u64,
    next_batch: u64,
    changed: Changed,
    asked: u64,
}

/// How many did what since the line was filled.
#[derive(Clone, Copy, Debug, Default)]
struct Changed {
    joined: u64,
    admitted: u64,
    left: u64,
}

/// What a line takes calls of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A new user joins.
    Join,
    /// One of those who wait asks for the place.
    Position,
    /// The first is let in.
    Admit,
}

impl Call {
    /// Position comes first: it leaves the line as it is.
    pub const ALL: [Call; 3] = [Call::Position, Call::Join, Call::Admit];

    /// The name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.op().name()
    }

    /// The kind of operation.
    #[must_use]
    pub fn op(self) -> crate::model::OpKind {
        match self {
            Call::Join => crate::model::OpKind::Join,
            Call::Position => crate::model::OpKind::Position,
            Call::Admit => crate::model::OpKind::Admit,
        }
    }
}

impl<'a, C: Commands> Line<'a, C> {
    /// A line that is still to be filled. All its keys begin with `prefix`, which ends with `:`.
    #[must_use]
    pub fn new(target: &'a Target, client: &'a C, design: Design, prefix: &str, depth: u64) -> Line<'a, C> {
        let settings = QueueSettings {
            prefix: prefix.to_owned(),
            event: "sale".to_owned(),
            dedupe: Dedupe::User,
            // Without expiry: a line that shrinks while it is measured has no depth.
            ttl: None,
        };
        Line {
            target,
            client,
            design,
            queue: design.open(settings),
            prefix: prefix.to_owned(),
            depth,
            next_user: 0,
            next_batch: 0,
            changed: Changed::default(),
            asked: 0,
        }
    }

    /// Makes the server remember the design's scripts, so that no measurement pays for it.
    ///
    /// # Errors
    /// When it does not take one.
    pub async fn load_scripts(&self) -> Result<(), LineError> {
        for script in self.design.scripts() {
            let answer = self.client.command(script.load()).await;
            answer.map_err(|error| self.failed(script.name, &error))?;
        }
        Ok(())
    }

    /// Deletes what the line wrote: everything on a server of our own, its own keys on another.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn clear(&self) -> Result<(), TargetError> {
        let once = || async {
            if self.target.owned() { self.target.flush().await } else { self.target.wipe(&self.prefix).await.map(drop) }
        };
        patiently(once).await
    }

    /// Fills the line, or fills it anew, through the design's own join, so that the server holds what the design would.
    ///
    /// # Errors
    /// When a join is answered wrongly, or the server is gone.
    pub async fn fill(&mut self) -> Result<(), LineError> {
        self.clear().await?;
        let joins = futures_util::stream::iter(0..self.depth).map(|user| self.queue.join(self.client, entry(user)));
        let mut joins = std::pin::pin!(joins.buffer_unordered(FILLING_AT_ONCE));
        while let Some(answer) = joins.next().await {
            self.expect(answer, "join", |outcome| *outcome == Outcome::Joined)?;
        }
        self.next_user = self.depth;
        self.changed = Changed::default();
        Ok(())
    }

    /// How many calls of this kind the line takes before it should be filled anew.
    #[must_use]
    pub fn room(&self, call: Call) -> u64 {
        let tenth = (self.depth / CHANGED_SHARE).max(1);
        let Changed { joined, admitted, left } = self.changed;
        match call {
            // Whoever is asked about must still wait.
            Call::Position if admitted + left > 0 => 0,
            Call::Position => u64::MAX,
            Call::Join => tenth.saturating_sub(joined.max(left)),
            Call::Admit if left > 0 => 0,
            Call::Admit => tenth.saturating_sub(admitted),
        }
    }

    /// One call; its time alone.
    ///
    /// # Errors
    /// When it is answered wrongly, or the server is gone.
    pub async fn time(&mut self, call: Call) -> Result<Duration, LineError> {
        match call {
            Call::Join => self.join().await,
            Call::Position => self.position().await,
            Call::Admit => self.admit().await,
        }
    }

    async fn join(&mut self) -> Result<Duration, LineError> {
        let entry = entry(self.next_user);
        self.next_user += 1;
        let began = Instant::now();
        let answer = self.queue.join(self.client, entry).await;
        let took = began.elapsed();
        self.expect(answer, "join", |outcome| *outcome == Outcome::Joined)?;
        self.changed.joined += 1;
        Ok(took)
    }

    /// Whom the multiplier picks is spread evenly over the line, also among few calls: in some designs the cost
    /// depends on the place.
    async fn position(&mut self) -> Result<Duration, LineError> {
        self.asked = self.asked.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let place = (u128::from(self.asked) * u128::from(self.depth)) >> 64;
        // Below the depth, which fits.
        let entry = entry(u64::try_from(place).unwrap_or(0));
        let began = Instant::now();
        let answer = self.queue.position(self.client, entry).await;
        let took = began.elapsed();
        self.expect(answer, "position", |outcome| matches!(outcome, Outcome::Position(_)))?;
        Ok(took)
    }

    async fn admit(&mut self) -> Result<Duration, LineError> {
        self.next_batch += 1;
        let batch = BatchId(self.next_batch);
        let began = Instant::now();
        let answer = self.queue.admit(self.client, 1, batch).await;
        let took = began.elapsed();
        self.expect(answer, "admit", |outcome| matches!(outcome, Outcome::Admitted(tokens) if tokens.len() == 1))?;
        self.changed.admitted += 1;
        Ok(took)
    }

    /// Whoever joined last leaves again.
    ///
    /// # Errors
    /// When it is answered wrongly, or the server is gone.
    pub async fn leave(&mut self) -> Result<(), LineError> {
        let answer = self.queue.leave(self.client, entry(self.next_user.saturating_sub(1))).await;
        self.expect(answer, "leave", |outcome| *outcome == Outcome::Left)?;
        self.changed.left += 1;
        Ok(())
    }

    fn expect(
        &self,
        answer: Result<Outcome, CommandError>,
        call: &'static str,
        right: impl Fn(&Outcome) -> bool,
    ) -> Result<(), LineError> {
        match answer {
            Ok(outcome) if right(&outcome) => Ok(()),
            Ok(outcome) => Err(self.wrong(call, format!("{outcome:?}"))),
            Err(error) => Err(self.failed(call, &error)),
        }
    }

    fn failed(&self, call: &'static str, error: &CommandError) -> LineError {
        match error {
            CommandError::Server { .. } | CommandError::Unexpected { .. } | CommandError::TimedOut { .. } => {
                self.wrong(call, format!("by an error ({error})"))
            }
            CommandError::NotSent(_) | CommandError::Lost { .. } | CommandError::Crashed(_) => {
                LineError::Lost(error.to_string())
            }
        }
    }

    fn wrong(&self, call: &'static str, answer: String) -> LineError {
        LineError::Wrong { design: self.design.name(), depth: self.depth, call, answer }
    }
}

/// Asks again while the server is silent: it may have to free a million keys, or finish what it was asked before. One
/// that stays silent is gone.
pub(super) async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, TargetError>
where
    F: Future<Output = Result<T, TargetError>>,
{
    const AGAIN: u32 = 24;
    let mut answer = ask().await;
    for _ in 0..AGAIN {
        if !matches!(answer, Err(TargetError::Silent { .. })) {
            break;
        }
        answer = ask().await;
    }
    answer
}

fn entry(user: u64) -> Entry {
    Entry { user: UserId(user), token: Token(user), dedupe: DedupeKey(user) }
}
