//! The seam, counting: what an operation costs in commands, round trips and bytes.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use redis::{Cmd, Value};

use super::resp::{error_bytes, evalsha_bytes, request_bytes, result_bytes};
use super::{CommandError, Commands, Script};

/// What a call cost since the last [`Counted::take`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCost {
    /// Redis commands sent; those inside a pipeline or MULTI one by one, MULTI and EXEC themselves too.
    pub commands: u32,
    /// Times the client waited for the server.
    pub round_trips: u32,
    /// Bytes sent, as RESP.
    pub bytes_sent: u32,
    /// Bytes received, as RESP.
    pub bytes_received: u32,
}

/// How often each command was sent, over all that share the tally.
///
/// By the name that INFO commandstats has, in lower case; those in a pipeline one by one. Those inside MULTI are
/// left out: their time is part of EXEC's.
#[derive(Debug, Default)]
pub struct CallTally {
    /// Few names, so a search through them is quicker than a hash.
    calls: RefCell<Vec<(String, u64)>>,
    /// EVALSHA, which is what most requests are, needs no search.
    evalsha: Cell<u64>,
    /// The keys that requests declared, if somebody asked for them.
    declared: Option<RefCell<HashSet<Vec<u8>>>>,
}

impl CallTally {
    /// What was counted so far.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        let mut calls: BTreeMap<String, u64> = self.calls.borrow().iter().cloned().collect();
        if self.evalsha.get() > 0 {
            *calls.entry("evalsha".to_owned()).or_default() += self.evalsha.get();
        }
        calls
    }

    /// One that also keeps the keys that requests declare.
    #[must_use]
    pub fn with_keys() -> CallTally {
        CallTally { declared: Some(RefCell::default()), ..CallTally::default() }
    }

    /// The keys that requests declared so far, in no order; none where nobody keeps them.
    #[must_use]
    pub fn declared_keys(&self) -> Vec<Vec<u8>> {
        self.declared.as_ref().map(|declared| declared.borrow().iter().cloned().collect()).unwrap_or_default()
    }

    /// Adds what another tally counted and kept.
    pub fn add(&self, calls: BTreeMap<String, u64>, declared: Vec<Vec<u8>>) {
        let mut ours: BTreeMap<String, u64> = self.calls();
        for (name, count) in calls {
            *ours.entry(name).or_default() += count;
        }
        *self.calls.borrow_mut() = ours.into_iter().collect();
        self.evalsha.set(0);
        if let Some(kept) = &self.declared {
            kept.borrow_mut().extend(declared);
        }
    }

    /// Whether some request declared this key; `true` where nobody kept them.
    #[must_use]
    pub fn declared(&self, key: &str) -> bool {
        self.declared.as_ref().is_none_or(|declared| declared.borrow().contains(key.as_bytes()))
    }

    fn sending(&self, cmd: &Cmd) {
        self.called(name_of(cmd));
        self.declare(|| keys_of(cmd));
    }

    #[inline]
    fn declare(&self, keys: impl FnOnce() -> Vec<Vec<u8>>) {
        if let Some(declared) = &self.declared {
            declared.borrow_mut().extend(keys());
        }
    }

    fn called(&self, name: &[u8]) {
        let mut calls = self.calls.borrow_mut();
        match calls.iter_mut().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)) {
            Some((_, count)) => *count += 1,
            None => calls.push((String::from_utf8_lossy(name).to_ascii_lowercase(), 1)),
        }
    }
}

/// The command's name; none of a design's commands is known to commandstats by a subcommand.
fn name_of(cmd: &Cmd) -> &[u8] {
    match cmd.args_iter().next() {
        Some(redis::Arg::Simple(name)) => name,
        _ => b"",
    }
}

/// The keys that a request declares: those of a script, else every argument, since no value of a design is the
/// name of a key.
fn keys_of(cmd: &Cmd) -> Vec<Vec<u8>> {
    let args: Vec<&[u8]> = cmd
        .args_iter()
        .map(|arg| match arg {
            redis::Arg::Simple(arg) => arg,
            _ => b"",
        })
        .collect();
    let owned = |args: &[&[u8]]| args.iter().map(|arg| arg.to_vec()).collect();
    match args.as_slice() {
        [name, _, count, rest @ ..] if name.eq_ignore_ascii_case(b"EVALSHA") || name.eq_ignore_ascii_case(b"EVAL") => {
            let count = str::from_utf8(count).ok().and_then(|count| count.parse().ok()).unwrap_or(0);
            owned(&rest[..rest.len().min(count)])
        }
        [_, rest @ ..] => owned(rest),
        [] => Vec::new(),
    }
}

/// Wraps any [`Commands`] and counts what passes. What was never sent is not counted, so
/// `commands == 0` after a failure means that the server heard nothing of the operation.
#[derive(Debug, Default)]
pub struct Counted<C> {
    inner: C,
    cost: Cell<CallCost>,
    tally: Rc<CallTally>,
}

impl<C> Counted<C> {
    /// Begins at zero.
    #[must_use]
    pub fn new(inner: C) -> Counted<C> {
        Counted::sharing(inner, Rc::default())
    }

    /// Begins at zero, and adds what it sends to a tally that others share.
    #[must_use]
    pub fn sharing(inner: C, tally: Rc<CallTally>) -> Counted<C> {
        Counted { inner, cost: Cell::default(), tally }
    }

    /// What it wraps.
    #[must_use]
    pub fn inner(&self) -> &C {
        &self.inner
    }

    /// The cost since the last call, which begins anew.
    #[inline]
    pub fn take(&self) -> CallCost {
        self.cost.take()
    }

    #[inline]
    fn sent(&self, commands: u64, bytes: u64) {
        let cost = self.cost.get();
        self.cost.set(CallCost {
            commands: cost.commands.saturating_add(narrow(commands)),
            round_trips: cost.round_trips.saturating_add(1),
            bytes_sent: cost.bytes_sent.saturating_add(narrow(bytes)),
            ..cost
        });
    }

    #[inline]
    fn received(&self, bytes: u64) {
        let cost = self.cost.get();
        self.cost.set(CallCost { bytes_received: cost.bytes_received.saturating_add(narrow(bytes)), ..cost });
    }

    /// Counts several commands that travelled together, `envelope` being those around them.
    fn batch(
        &self,
        commands: u64,
        bytes: u64,
        envelope: Envelope,
        answer: &Result<Vec<Result<Value, CommandError>>, CommandError>,
    ) {
        if commands == 0 || matches!(answer, Err(CommandError::NotSent(_))) {
            return;
        }
        self.sent(commands + envelope.commands, bytes + envelope.bytes_sent);
        match answer {
            Ok(results) => {
                let replies: u64 = results.iter().map(result_bytes).sum();
                let array = if envelope.commands == 0 { 0 } else { 3 + results.len().to_string().len() as u64 };
                self.received(replies + array + envelope.bytes_received(commands));
            }
            // Refused while it was queued: that error in place of one QUEUED, and EXECABORT for EXEC.
            Err(error @ CommandError::Server { .. }) => {
                self.received(envelope.bytes_received(commands - 1) + error_bytes(error) + EXECABORT_BYTES);
            }
            Err(_) => {}
        }
    }
}

/// `-EXECABORT Transaction discarded because of previous errors.` and its line end.
const EXECABORT_BYTES: u64 = 62;

/// What goes round the commands of a batch: nothing for a pipeline, MULTI and EXEC for a transaction.
#[derive(Clone, Copy, Default)]
struct Envelope {
    commands: u64,
    bytes_sent: u64,
}

impl Envelope {
    /// `+OK` for MULTI and `+QUEUED` for each command.
    fn bytes_received(self, commands: u64) -> u64 {
        if self.commands == 0 { 0 } else { 5 + 9 * commands }
    }
}

impl<C: Commands> Commands for Counted<C> {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        let bytes = request_bytes(&cmd);
        self.tally.sending(&cmd);
        let answer = self.inner.command(cmd).await;
        if !matches!(answer, Err(CommandError::NotSent(_))) {
            self.sent(1, bytes);
            self.received(result_bytes(&answer));
        }
        answer
    }

    async fn evalsha(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        let bytes = evalsha_bytes(script, keys, args);
        self.tally.evalsha.set(self.tally.evalsha.get() + 1);
        self.tally.declare(|| {
            let first = script.keys().iter().map(String::as_str);
            first.chain(keys.iter().copied()).map(|key| key.as_bytes().to_vec()).collect()
        });
        let answer = self.inner.evalsha(script, keys, args).await;
        if !matches!(answer, Err(CommandError::NotSent(_))) {
            self.sent(1, bytes);
            self.received(result_bytes(&answer));
        }
        answer
    }

    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        let (commands, bytes) = (cmds.len() as u64, cmds.iter().map(request_bytes).sum());
        cmds.iter().for_each(|cmd| self.tally.sending(cmd));
        let answer = self.inner.pipeline(cmds).await;
        self.batch(commands, bytes, Envelope::default(), &answer);
        answer
    }

    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        let (commands, bytes) = (cmds.len() as u64, cmds.iter().map(request_bytes).sum());
        self.tally.called(b"multi");
        cmds.iter().for_each(|cmd| self.tally.declare(|| keys_of(cmd)));
        self.tally.called(b"exec");
        let answer = self.inner.transaction(cmds).await;
        // `*1 $5 MULTI` and `*1 $4 EXEC` with their line ends.
        self.batch(commands, bytes, Envelope { commands: 2, bytes_sent: 15 + 14 }, &answer);
        answer
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.inner.sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.inner.random()
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        self.inner.spawn(work);
    }
}

#[inline]
fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
