//! The explorer's own Redis: asked what a command does in a state, and nothing that was asked before.

use std::collections::BTreeSet;
use std::time::Duration;

use redis::{Connection, ConnectionLike, Value};

use super::again::Again;
use super::error::ExploreError;
use super::states::{Content, State, StateId, States};
use super::wire_commands::WireCommand;
use super::world::Time;
use crate::queue::Script;
use crate::target::{Target, TargetChoice, TargetOptions};

/// How long an answer may take before the server is taken for gone.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Every key, what DUMP says of it, and when it expires.
const SNAPSHOT: &str = "local told = {} \
    for _, key in ipairs(redis.call('KEYS', '*')) do \
      told[#told + 1] = key \
      told[#told + 1] = redis.call('DUMP', key) \
      told[#told + 1] = redis.call('PEXPIRETIME', key) \
    end \
    return told";

/// The server, with a clock that stands where it is told to.
pub(super) struct Server {
    connection: Connection,
    snapshot: Script,
    /// Which state it is in, if that is known.
    current: Option<StateId>,
    round_trips: u64,
    buffer: Vec<u8>,
    target: Target,
}

/// So many schedules can be replayed side by side: a server's databases, unless it is told otherwise.
pub(super) const SIDE_BY_SIDE: usize = 16;

/// Whose a reply is.
enum Whose {
    Nobodys,
    Command(usize),
    Snapshot(usize),
}

/// What a command did.
pub(super) struct Executed {
    pub reply: Value,
    pub keys: super::states::Keys,
}

impl Server {
    /// Starts a server that has these scripts, and a clock of its own unless time is the system's.
    pub(super) fn start(scripts: &[&Script], time: Time) -> Result<Server, ExploreError> {
        // A thread of its own, so that this may be called from inside an asynchronous program.
        let started = std::thread::scope(|scope| {
            let start = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let starting = async {
                    match time {
                        Time::Frozen | Time::Stepping => Target::with_clock().await,
                        Time::System => Target::start(&TargetChoice::Local, &TargetOptions::default()).await,
                    }
                };
                runtime.map(|runtime| runtime.block_on(starting))
            };
            scope.spawn(start).join()
        });
        let target = match started {
            Ok(Ok(target)) => target?,
            Ok(Err(error)) => return Err(ExploreError::ServerLost(error.to_string())),
            Err(_) => return Err(ExploreError::internal("the thread that starts the server panicked")),
        };
        let version = &target.facts().version;
        if target.facts().server == "redis"
            && version.split('.').next().is_some_and(|major| matches!(major.parse(), Ok(0..7u32)))
        {
            return Err(ExploreError::TooOld(format!("this one is {version}")));
        }
        let endpoint = target.unix_endpoint().unwrap_or(target.endpoint());
        let connection = endpoint.connect_blocking(ANSWER_LIMIT)?;
        connection.set_read_timeout(Some(ANSWER_LIMIT))?;
        let snapshot = Script::new("snapshot", SNAPSHOT.to_owned());
        let mut server = Server { connection, snapshot, current: None, round_trips: 0, buffer: Vec::new(), target };
        let loads: Vec<_> = scripts.iter().copied().chain([&server.snapshot]).map(Script::load).collect();
        for load in loads {
            if let Value::ServerError(error) = server.connection.req_packed_command(&load.get_packed_command())? {
                return Err(ExploreError::ServerLost(format!("it does not load a script: {error:?}")));
            }
        }
        Ok(server)
    }

    /// What it is.
    pub(super) fn version(&self) -> &str {
        &self.target.facts().version
    }

    /// Writes so far, each answered once.
    pub(super) fn round_trips(&self) -> u64 {
        self.round_trips
    }

    /// Sets its clock, if that is its own.
    pub(super) fn set_clock(&self, clock_us: u64) -> Result<(), ExploreError> {
        let Some(clock) = self.target.clock() else { return Ok(()) };
        // The monotonic clock stands still: the server's periodic work would expire keys when it pleases.
        let set = clock.set(Duration::from_micros(clock_us), Duration::ZERO);
        set.map_err(|error| ExploreError::ServerLost(format!("its clock cannot be written: {error}")))
    }

    /// Executes a command in a state, in one write: the keys of the state (unless they are there), the command, between two
    /// marks if there are any, and the snapshot afterwards.
    pub(super) fn execute(
        &mut self,
        states: &mut States,
        number: StateId,
        command: &WireCommand,
        marks: Option<[&str; 2]>,
    ) -> Result<Executed, ExploreError> {
        let state = states.at(number);
        self.set_clock(state.clock_us)?;
        self.buffer.clear();
        let mut before = 0;
        if self.current != Some(number) {
            before = self.write_state(states, number);
        }
        let mark = |buffer: &mut Vec<u8>, which: usize| {
            marks.iter().for_each(|marks| redis::cmd("ECHO").arg(marks[which]).write_packed_command(buffer));
        };
        mark(&mut self.buffer, 0);
        self.buffer.extend_from_slice(&command.bytes);
        mark(&mut self.buffer, 1);
        self.snapshot.evalsha(&[], &[]).write_packed_command(&mut self.buffer);
        self.current = None;
        let marked = usize::from(marks.is_some());
        let mut replies = self.ask(before + command.replies + 1 + 2 * marked)?;
        let snapshot = replies.pop().unwrap_or_default();
        let reply = replies.swap_remove(before + marked + command.replies - 1);
        refuse_errors(&replies[..before])?;
        Ok(Executed { reply: command.normal(reply), keys: read_snapshot(states, snapshot)? })
    }

    /// Says that the server is now in this state.
    pub(super) fn is_in(&mut self, state: StateId) {
        self.current = Some(state);
    }

    /// Executes schedules for real, each from an empty database of its own, every command at its time; gives the replies and the keys
    /// at the end of each. They go side by side since the clock is one for all of them: each time is set once.
    pub(super) fn replay(&mut self, schedules: &[Again]) -> Result<Vec<(Vec<Value>, Named)>, ExploreError> {
        self.current = None;
        let times: BTreeSet<u64> = schedules.iter().flat_map(Again::times_us).collect();
        let mut all: Vec<(Vec<Value>, Named)> = vec![Default::default(); schedules.len()];
        let (begin_us, end_us) = (times.first().copied(), times.last().copied());
        for at_us in times {
            self.set_clock(at_us)?;
            self.buffer.clear();
            // How many replies there are to each thing that is sent, and whose the last of them is.
            let mut expected: Vec<(usize, Whose)> = Vec::new();
            if Some(at_us) == begin_us {
                redis::cmd("FLUSHALL").write_packed_command(&mut self.buffer);
                expected.push((1, Whose::Nobodys));
            }
            for (which, sent) in schedules.iter().enumerate() {
                let now = sent.commands.iter().filter(|(when_us, ..)| *when_us == at_us);
                let (mut now, ends) = (now.peekable(), sent.end_us == at_us);
                if now.peek().is_some() || ends {
                    redis::cmd("SELECT").arg(which).write_packed_command(&mut self.buffer);
                    expected.push((1, Whose::Nobodys));
                }
                for (_, command, _) in now {
                    self.buffer.extend_from_slice(&command.bytes);
                    expected.push((command.replies, Whose::Command(which)));
                }
                if ends {
                    self.snapshot.evalsha(&[], &[]).write_packed_command(&mut self.buffer);
                    expected.push((1, Whose::Snapshot(which)));
                }
            }
            if Some(at_us) == end_us {
                redis::cmd("SELECT").arg(0).write_packed_command(&mut self.buffer);
                expected.push((1, Whose::Nobodys));
            }
            let mut got = self.ask(expected.iter().map(|(count, _)| count).sum())?.into_iter();
            for (count, whose) in expected {
                let last = got.by_ref().take(count).last().unwrap_or_default();
                match whose {
                    Whose::Nobodys => refuse_errors(std::slice::from_ref(&last))?,
                    Whose::Command(which) => all[which].0.push(last),
                    Whose::Snapshot(which) => all[which].1 = named(last)?,
                }
            }
        }
        Ok(all)
    }

    /// Puts FLUSHALL and the keys of a state into the buffer; says how many replies that makes.
    fn write_state(&mut self, states: &States, number: StateId) -> usize {
        let State { keys, .. } = states.at(number);
        redis::cmd("FLUSHALL").write_packed_command(&mut self.buffer);
        for (key, content) in keys {
            let Content { dump, expires_ms } = states.content(*content);
            let mut restore = redis::cmd("RESTORE");
            restore.arg(states.name(*key)).arg(expires_ms.unwrap_or(0)).arg(dump.as_slice()).arg("ABSTTL");
            restore.write_packed_command(&mut self.buffer);
        }
        1 + keys.len()
    }

    fn ask(&mut self, replies: usize) -> Result<Vec<Value>, ExploreError> {
        self.round_trips += 1;
        let answer = self.connection.req_packed_commands(&self.buffer, 0, replies)?;
        if answer.len() == replies { Ok(answer) } else { Err(ExploreError::internal("a reply is missing")) }
    }

    /// One command outside of every state, for facts about commands.
    pub(super) fn ask_fact(&mut self, cmd: &redis::Cmd) -> Result<Value, ExploreError> {
        self.round_trips += 1;
        Ok(self.connection.req_packed_command(&cmd.get_packed_command())?)
    }

    /// A connection that is told of every command that the server executes.
    pub(super) fn monitor(&self) -> Result<Connection, ExploreError> {
        let endpoint = self.target.unix_endpoint().unwrap_or(self.target.endpoint());
        let mut connection = endpoint.connect_blocking(ANSWER_LIMIT)?;
        connection.set_read_timeout(Some(ANSWER_LIMIT))?;
        connection.req_packed_command(&redis::cmd("MONITOR").get_packed_command())?;
        Ok(connection)
    }
}

fn refuse_errors(replies: &[Value]) -> Result<(), ExploreError> {
    match replies.iter().find(|reply| matches!(reply, Value::ServerError(_))) {
        Some(error) => Err(ExploreError::internal(format!("a state could not be restored: {error:?}"))),
        None => Ok(()),
    }
}

/// Keys by their names, in that order, with what they hold.
pub(super) type Named = Vec<(Vec<u8>, Content)>;

fn read_snapshot(states: &mut States, snapshot: Value) -> Result<super::states::Keys, ExploreError> {
    let keys = named(snapshot)?.into_iter().map(|(name, content)| (states.key(name), states.content_number(content)));
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    Ok(keys)
}

fn named(snapshot: Value) -> Result<Named, ExploreError> {
    let wrong = |told: &Value| ExploreError::internal(format!("the snapshot of the keys is {told:?}"));
    let Value::Array(told) = snapshot else { return Err(wrong(&snapshot)) };
    let mut keys = Vec::with_capacity(told.len() / 3);
    for key in told.chunks(3) {
        let [Value::BulkString(name), Value::BulkString(dump), Value::Int(expires_ms)] = key else {
            return Err(wrong(&Value::Array(key.to_vec())));
        };
        let content = Content { dump: dump.clone(), expires_ms: (*expires_ms >= 0).then_some(*expires_ms) };
        keys.push((name.clone(), content));
    }
    keys.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(keys)
}
