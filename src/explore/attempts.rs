//! The clients' side of the memory: what an operation of a design sends next, after the replies that it got.
//!
//! A design's future is polled by hand. What it asks for is parked; the search decides when it is executed, and what comes back.
//! An operation is a plain function of its replies, so where it stands is a node of a tree: the root is the operation at its
//! beginning, an edge is a reply (or the news that none will come) with the time at which it came. A future is built again from
//! the replies on its path only when a node is new; every other step is a look-up.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use redis::{Cmd, Value};
use rustc_hash::FxHashMap;

use super::error::ExploreError;
use super::intern::Interner;
use super::wire_commands::{CommandId, WireCommands};
use crate::model::{Operation, Outcome};
use crate::queue::{
    AnyQueue, CommandError, Commands, name_of_command, no_error, outcome_of, perform, transaction_results,
};

/// A node: how far an attempt has come.
pub(super) type NodeId = u32;
/// An outcome, by its number in [`Attempts::outcome`].
pub(super) type OutcomeId = u32;
/// A reply, by its number in [`Attempts::reply_number`].
pub(super) type ReplyId = u32;

/// What an attempt waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// The reply to this command; `last`: none of those that were sent with it comes after.
    Reply { command: CommandId, last: bool },
    /// The end of a pause.
    Pause,
    /// Nothing: it has ended so.
    Ended(OutcomeId),
}

/// What an attempt hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Hears {
    /// This reply.
    Reply(ReplyId),
    /// That no reply came in time.
    Nothing,
    /// That its pause is over.
    PauseOver,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    operation: u32,
    waits: Waits,
    /// `None` for a root.
    from: Option<(NodeId, Hears)>,
    /// What its client's clock shows, µs since the epoch.
    clock_us: u64,
}

/// All attempts of all operations on one design.
pub(super) struct Attempts {
    queue: AnyQueue,
    operations: Interner<Operation>,
    nodes: Vec<Node>,
    roots: FxHashMap<(u32, u64), NodeId>,
    children: FxHashMap<(NodeId, Hears, u64), NodeId>,
    outcomes: Vec<Outcome>,
    outcome_numbers: FxHashMap<String, OutcomeId>,
    replies: Vec<Value>,
    reply_numbers: FxHashMap<String, ReplyId>,
}

impl Attempts {
    pub(super) fn new(queue: AnyQueue) -> Attempts {
        Attempts {
            queue,
            operations: Interner::default(),
            nodes: Vec::new(),
            roots: FxHashMap::default(),
            children: FxHashMap::default(),
            outcomes: Vec::new(),
            outcome_numbers: FxHashMap::default(),
            replies: Vec::new(),
            reply_numbers: FxHashMap::default(),
        }
    }

    /// The number of a reply. Equal replies have one number.
    pub(super) fn reply_number(&mut self, reply: Value) -> ReplyId {
        // `Value` holds floating-point numbers, so it has no hash of its own.
        let text = format!("{reply:?}");
        *self.reply_numbers.entry(text).or_insert_with(|| {
            self.replies.push(reply);
            self.replies.len() as ReplyId - 1
        })
    }

    /// The reply of this number.
    pub(super) fn reply(&self, number: ReplyId) -> &Value {
        &self.replies[number as usize]
    }

    /// The number of an outcome.
    pub(super) fn outcome_number(&mut self, outcome: Outcome) -> OutcomeId {
        *self.outcome_numbers.entry(format!("{outcome:?}")).or_insert_with(|| {
            self.outcomes.push(outcome);
            self.outcomes.len() as OutcomeId - 1
        })
    }

    /// The outcome of this number.
    pub(super) fn outcome(&self, number: OutcomeId) -> &Outcome {
        &self.outcomes[number as usize]
    }

    /// What a node waits for.
    pub(super) fn waits(&self, node: NodeId) -> Waits {
        self.nodes[node as usize].waits
    }

    /// The beginning of an attempt at this time.
    pub(super) fn begin(
        &mut self,
        operation: &Operation,
        clock_us: u64,
        commands: &mut WireCommands,
    ) -> Result<NodeId, ExploreError> {
        let number = self.operations.number(*operation);
        if let Some(&node) = self.roots.get(&(number, clock_us)) {
            return Ok(node);
        }
        let node = self.grow(number, None, clock_us, commands)?;
        self.roots.insert((number, clock_us), node);
        Ok(node)
    }

    /// Where an attempt comes that hears this at this time.
    pub(super) fn hear(
        &mut self,
        node: NodeId,
        hears: Hears,
        clock_us: u64,
        commands: &mut WireCommands,
    ) -> Result<NodeId, ExploreError> {
        if let Some(&child) = self.children.get(&(node, hears, clock_us)) {
            return Ok(child);
        }
        let child = self.grow(self.nodes[node as usize].operation, Some((node, hears)), clock_us, commands)?;
        self.children.insert((node, hears, clock_us), child);
        Ok(child)
    }

    /// Builds a future again from its path and writes down what it waits for.
    fn grow(
        &mut self,
        operation: u32,
        from: Option<(NodeId, Hears)>,
        clock_us: u64,
        commands: &mut WireCommands,
    ) -> Result<NodeId, ExploreError> {
        let mut path = Vec::new();
        let (mut at, mut now_us) = (from, clock_us);
        while let Some((node, hears)) = at {
            path.push((hears, now_us));
            at = self.nodes[node as usize].from;
            now_us = self.nodes[node as usize].clock_us;
        }
        let waits = match self.run(operation, now_us, path.iter().rev(), commands)? {
            Stands::At(waits) => waits,
            Stands::AtTheEnd(outcome) => Waits::Ended(self.outcome_number(outcome)),
        };
        self.nodes.push(Node { operation, waits, from, clock_us });
        Ok(self.nodes.len() as NodeId - 1)
    }

    fn run<'a>(
        &self,
        operation: u32,
        begin_us: u64,
        path: impl Iterator<Item = &'a (Hears, u64)>,
        commands: &mut WireCommands,
    ) -> Result<Stands, ExploreError> {
        let parked = Parked(Rc::new(Slot::default()));
        parked.0.now_us.set(begin_us);
        let operation = *self.operations.at(operation);
        let mut work = pin!(perform(&self.queue, &parked, &operation));
        let mut poll = || work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let mut polled = poll();
        let mut unit = parked.take_asked()?;
        let mut got = Vec::new();
        for &(hears, now_us) in path {
            let given = match (hears, &unit) {
                (Hears::Reply(reply), Some(Asked::Send(cmds))) => {
                    got.push(self.replies[reply as usize].clone());
                    if got.len() < cmds.len() {
                        continue;
                    }
                    Given::Replies(std::mem::take(&mut got))
                }
                (Hears::Nothing, Some(Asked::Send(_))) => {
                    got.clear();
                    Given::Nothing
                }
                (Hears::PauseOver, Some(Asked::Pause)) => Given::PauseOver,
                _ => return Err(ExploreError::internal("an attempt was told what it did not ask for")),
            };
            parked.0.now_us.set(now_us);
            *parked.0.given.borrow_mut() = Some(given);
            polled = poll();
            unit = parked.take_asked()?;
        }
        let sent = parked.0.sent.get();
        match (polled, unit) {
            (Poll::Ready(answer), _) => Ok(Stands::AtTheEnd(answer.unwrap_or_else(|error| outcome_of(&error, sent)))),
            (Poll::Pending, Some(Asked::Send(cmds))) => {
                let last = got.len() + 1 == cmds.len();
                Ok(Stands::At(Waits::Reply { command: commands.number(&cmds[got.len()])?, last }))
            }
            (Poll::Pending, Some(Asked::Pause)) => Ok(Stands::At(Waits::Pause)),
            (Poll::Pending, None) => Err(ExploreError::Refused {
                what: "waiting for something that is neither a reply nor a pause".to_owned(),
            }),
        }
    }
}

/// How far a future has come.
enum Stands {
    At(Waits),
    AtTheEnd(Outcome),
}

/// What a design asked for: units of commands that the server executes without anybody in between, or a pause.
enum Asked {
    /// Units that others may run between.
    Send(Vec<Vec<Cmd>>),
    Pause,
}

enum Given {
    /// The last reply of each unit.
    Replies(Vec<Value>),
    Nothing,
    PauseOver,
}

#[derive(Default)]
struct Slot {
    asked: RefCell<Option<Asked>>,
    given: RefCell<Option<Given>>,
    now_us: Cell<u64>,
    sent: Cell<u32>,
    random: Cell<u64>,
    refused: Cell<Option<&'static str>>,
}

/// The seam as the explorer implements it.
#[derive(Clone)]
struct Parked(Rc<Slot>);

impl Parked {
    fn take_asked(&self) -> Result<Option<Asked>, ExploreError> {
        match self.0.refused.get() {
            Some(what) => Err(ExploreError::Refused { what: what.to_owned() }),
            None => Ok(self.0.asked.borrow_mut().take()),
        }
    }

    /// Parks a request until the search answers it.
    async fn ask(&self, asked: Asked) -> Given {
        if self.0.asked.borrow().is_some() {
            self.0.refused.set(Some("several requests at once from one operation, outside of a pipeline"));
        }
        if let Asked::Send(units) = &asked {
            let count: usize = units.iter().map(Vec::len).sum();
            self.0.sent.set(self.0.sent.get() + u32::try_from(count).unwrap_or(u32::MAX));
        }
        *self.0.asked.borrow_mut() = Some(asked);
        std::future::poll_fn(|_| match self.0.given.borrow_mut().take() {
            Some(given) => Poll::Ready(given),
            None => Poll::Pending,
        })
        .await
    }

    async fn send(&self, units: Vec<Vec<Cmd>>) -> Result<Vec<Value>, CommandError> {
        let name = units.iter().flatten().next().map(name_of_command).unwrap_or_default();
        if units.is_empty() {
            return Ok(Vec::new());
        }
        match self.ask(Asked::Send(units)).await {
            Given::Replies(replies) => Ok(replies),
            Given::Nothing | Given::PauseOver => Err(CommandError::TimedOut { command: name, timeout_ms: 1000 }),
        }
    }
}

impl Commands for Parked {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        let replies = self.send(vec![vec![cmd.clone()]]).await?;
        no_error(&cmd, replies.into_iter().next().unwrap_or_default())
    }

    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        let units = cmds.iter().map(|cmd| vec![cmd.clone()]).collect();
        let replies = self.send(units).await?;
        Ok(cmds.iter().zip(replies).map(|(cmd, reply)| no_error(cmd, reply)).collect())
    }

    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        let mut sent = vec![redis::cmd("MULTI")];
        sent.extend(cmds);
        sent.push(redis::cmd("EXEC"));
        // Of a unit that is executed as a whole only the last reply is kept: EXEC's.
        let replies = self.send(vec![sent.clone()]).await?;
        transaction_results(&sent, replies)
    }

    fn now(&self) -> Duration {
        Duration::from_micros(self.0.now_us.get())
    }

    async fn sleep(&self, _: Duration) {
        self.ask(Asked::Pause).await;
    }

    fn random(&self) -> u64 {
        // The same numbers each time that the future is built again.
        let next = self.0.random.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0.random.set(next);
        next
    }

    fn spawn(&self, _: impl Future<Output = ()> + 'static) {
        self.0.refused.set(Some("work in the background of an operation (spawn)"));
    }
}
