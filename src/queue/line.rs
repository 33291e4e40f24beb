//! The designs that keep one line per event: eight ways to place a member, one way to do everything else.
//!
//! What they share is on the server, in `lua/`: a script is put together from the fragment that defines the
//! line (sorted set, list or stream), the one that places a member at its end, the bookkeeping of
//! who waits under which token, and the operation. So the designs differ in the order they keep
//! and in nothing else, and comparing them compares just that.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arrayvec::{ArrayString, ArrayVec};
use redis::Value;

use super::keys::Keys;
use super::{CommandError, Commands, DesignFacts, QueueSettings, Script, WaitingQueue, reply};
use crate::model::{BatchId, Dedupe, DedupeKey, Entry, Outcome, QueueStats, Refusal, UserId};

/// The scripts of one way to keep a line.
#[derive(Debug)]
pub(super) struct LineScripts {
    join: Script,
    position: Script,
    admit: Script,
    leave: Script,
    renew: Script,
    sweep: Script,
    stats: Script,
}

impl LineScripts {
    /// The scripts of a line and a way to place members, each fragment as `text` gives it by its stem.
    pub(super) fn of(line: &str, push: &str, text: impl Fn(&str) -> String) -> LineScripts {
        let line = text(&format!("line_{line}"));
        let operation = |stem: &'static str| Script::new(stem, format!("{line}{}{}", text("entries"), text(stem)));
        let push = text(&format!("push_{push}"));
        LineScripts {
            join: Script::new("join", format!("{line}{push}{}{}", text("entries"), text("join"))),
            position: operation("position"),
            admit: operation("admit"),
            leave: operation("leave"),
            renew: operation("renew"),
            sweep: operation("sweep"),
            stats: operation("stats"),
        }
    }

    /// The same scripts for the line of one event.
    fn bound(&self, keys: &Keys, placing: Placing) -> LineScripts {
        // Line, marks, seen, and what else the line consists of.
        let mut line = vec![keys.one("queue"), keys.one("marks"), keys.one("seen")];
        if placing == Placing::Stream {
            line.extend([keys.one("places"), keys.one("holes")]);
        }
        let mut joined = line.clone();
        if placing.counts_on() {
            joined.push(keys.one("sequence"));
        }
        LineScripts {
            join: self.join.bound(joined, placing.keys_of_a_join()),
            position: self.position.bound(line.clone(), 0),
            admit: self.admit.bound(line.clone(), 1),
            leave: self.leave.bound(line.clone(), 0),
            renew: self.renew.bound(line.clone(), 0),
            sweep: self.sweep.bound(line.clone(), 0),
            stats: self.stats.bound(line, 0),
        }
    }

    /// Every script, for loading.
    pub(super) fn all(&self) -> [&Script; 7] {
        [&self.join, &self.position, &self.admit, &self.leave, &self.renew, &self.sweep, &self.stats]
    }
}

macro_rules! lua {
    ($stem:expr) => {
        include_str!(concat!("../../lua/", $stem, ".lua"))
    };
}

/// Every fragment, by its stem.
const FRAGMENTS: &[(&str, &str)] = &[
    ("line_zset", lua!("line_zset")),
    ("line_list", lua!("line_list")),
    ("line_stream", lua!("line_stream")),
    ("push_ms", lua!("push_ms")),
    ("push_seq", lua!("push_seq")),
    ("push_composite", lua!("push_composite")),
    ("push_list", lua!("push_list")),
    ("push_stream", lua!("push_stream")),
    ("entries", lua!("entries")),
    ("join", lua!("join")),
    ("position", lua!("position")),
    ("admit", lua!("admit")),
    ("leave", lua!("leave")),
    ("renew", lua!("renew")),
    ("sweep", lua!("sweep")),
    ("stats", lua!("stats")),
];

/// The text of a fragment.
pub(super) fn fragment(stem: &str) -> &'static str {
    FRAGMENTS.iter().find(|(name, _)| *name == stem).map_or("", |(_, text)| text)
}

static ZSET_MS: LazyLock<LineScripts> = LazyLock::new(|| Placing::ClientMs.patched(fragment_text));
static ZSET_SEQ: LazyLock<LineScripts> = LazyLock::new(|| Placing::Sequence.patched(fragment_text));
static ZSET_COMPOSITE: LazyLock<LineScripts> =
    LazyLock::new(|| Placing::Composite(Composite::Shift).patched(fragment_text));
static LIST: LazyLock<LineScripts> = LazyLock::new(|| Placing::List.patched(fragment_text));
static STREAM: LazyLock<LineScripts> = LazyLock::new(|| Placing::Stream.patched(fragment_text));

fn fragment_text(stem: &str) -> String {
    fragment(stem).to_owned()
}

/// How a member gets its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placing {
    /// A sorted set by the client's clock in ms.
    ClientMs,
    /// A sorted set by an INCR sequence.
    Sequence,
    /// A sorted set by a float64 made of clock and counter.
    Composite(Composite),
    /// The end of a list.
    List,
    /// The end of one stream for everybody.
    Stream,
}

/// How clock and counter become one float64; `lua/push_composite.lua` says what each is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Composite {
    /// `ts_ms << 24 | counter`
    Shift,
    /// `ts_ms + counter × 1e-6`
    Decimal,
    /// `ts_ms + counter × 0.01`, the counter of this millisecond
    Centi,
    /// `(ts_ms − epoch) << 20 | counter`, the counter of this millisecond
    Rebased,
}

impl Placing {
    /// Its scripts, each fragment as `text` gives it by its stem.
    pub(super) fn patched(self, text: impl Fn(&str) -> String) -> LineScripts {
        let (line, push) = match self {
            Placing::ClientMs => ("zset", "ms"),
            Placing::Sequence => ("zset", "seq"),
            Placing::Composite(_) => ("zset", "composite"),
            Placing::List => ("list", "list"),
            Placing::Stream => ("stream", "stream"),
        };
        LineScripts::of(line, push, text)
    }

    /// The scripts that place members so.
    pub(super) fn scripts(self) -> &'static LineScripts {
        match self {
            Placing::ClientMs => &ZSET_MS,
            Placing::Sequence => &ZSET_SEQ,
            Placing::Composite(_) => &ZSET_COMPOSITE,
            Placing::List => &LIST,
            Placing::Stream => &STREAM,
        }
    }

    /// Whether a join counts with one key, always the same.
    fn counts_on(self) -> bool {
        matches!(self, Placing::Sequence | Placing::Stream | Placing::Composite(Composite::Shift | Composite::Decimal))
    }

    /// How many keys a join names anew each time.
    fn keys_of_a_join(self) -> usize {
        match self {
            Placing::Composite(Composite::Centi) => 1,
            // The counter of the millisecond, and behind it the epoch.
            Placing::Composite(Composite::Rebased) => 2,
            _ => 0,
        }
    }
}

impl Composite {
    fn name(self) -> &'static str {
        match self {
            Composite::Shift => "shift",
            Composite::Decimal => "decimal",
            Composite::Centi => "centi",
            Composite::Rebased => "rebased",
        }
    }
}

/// The most keys of its own and the most arguments that a join takes.
const KEYS_MAX: usize = 2;
const ARGS_MAX: usize = 5;

/// One line per event.
#[derive(Clone, Debug)]
pub struct LineQueue {
    facts: &'static DesignFacts,
    placing: Placing,
    /// Bound to the keys of this line.
    scripts: Arc<LineScripts>,
    keys: Keys,
    dedupe: Dedupe,
    ttl: Option<Duration>,
    /// `ARGV[1]` of every script: the time to live in ms, 0 for none.
    ttl_ms: String,
}

impl LineQueue {
    /// Opens the line of one event.
    pub(super) fn with_scripts(
        facts: &'static DesignFacts,
        placing: Placing,
        scripts: &LineScripts,
        settings: &QueueSettings,
    ) -> LineQueue {
        let keys = Keys::new(settings);
        LineQueue {
            facts,
            placing,
            scripts: Arc::new(scripts.bound(&keys, placing)),
            keys,
            dedupe: settings.dedupe,
            ttl: settings.ttl,
            ttl_ms: settings.ttl.map_or(0, ttl_ms).to_string(),
        }
    }

    /// The scripts that are about one entry take its dedupe key and token.
    async fn about<C: Commands>(&self, commands: &C, script: &Script, entry: Entry) -> Result<Value, CommandError> {
        let (member, token) = (member(self.dedupe, entry.dedupe), entry.token.wire_bytes());
        commands.script(script, &[], &[self.ttl_ms.as_bytes(), member.as_bytes(), &token]).await
    }
}

impl WaitingQueue for LineQueue {
    fn facts(&self) -> &'static DesignFacts {
        self.facts
    }

    async fn join<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let (member, token) = (member(self.dedupe, entry.dedupe), entry.token.wire_bytes());
        // Read only where it is sent: a join of most designs has no use for the time.
        let clock_ms = || Number::of(whole_millis(commands.now()));
        let (now, counter_of_ms, epoch);
        let mut args: ArrayVec<&[u8], ARGS_MAX> = ArrayVec::new();
        args.extend([self.ttl_ms.as_bytes(), member.as_bytes(), &token]);
        let mut keys: ArrayVec<&str, KEYS_MAX> = ArrayVec::new();
        match self.placing {
            Placing::List | Placing::Sequence | Placing::Stream => {}
            Placing::ClientMs => {
                now = clock_ms();
                args.push(now.as_str().as_bytes());
            }
            Placing::Composite(way) => {
                now = clock_ms();
                args.extend([now.as_str().as_bytes(), way.name().as_bytes()]);
                if matches!(way, Composite::Centi | Composite::Rebased) {
                    counter_of_ms = self.keys.of("counter", now.as_str());
                    keys.push(&counter_of_ms);
                }
                if way == Composite::Rebased {
                    epoch = self.keys.one("epoch");
                    keys.push(&epoch);
                }
            }
        }
        let script = &self.scripts.join;
        let value = commands.script(script, &keys, &args).await?;
        Ok(reply::token_or_nil(script.name, &value)?.map_or(Outcome::Joined, Outcome::Duplicate))
    }

    async fn position<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let script = &self.scripts.position;
        let value = self.about(commands, script, entry).await?;
        Ok(reply::count_or_nil(script.name, &value)?.map_or(Outcome::NotWaiting, Outcome::Position))
    }

    async fn admit<C: Commands>(&self, commands: &C, count: u32, batch: BatchId) -> Result<Outcome, CommandError> {
        let script = &self.scripts.admit;
        let record = self.keys.of("batch", &batch.0.to_string());
        let count = count.to_string();
        let value = commands.script(script, &[&record], &[self.ttl_ms.as_bytes(), count.as_bytes()]).await?;
        Ok(Outcome::Admitted(reply::tokens_joined(script.name, &value)?))
    }

    async fn leave<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let script = &self.scripts.leave;
        let value = self.about(commands, script, entry).await?;
        Ok(if reply::count(script.name, &value)? == 1 { Outcome::Left } else { Outcome::NotWaiting })
    }

    async fn renew<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let script = &self.scripts.renew;
        let value = self.about(commands, script, entry).await?;
        Ok(if reply::count(script.name, &value)? == 1 { Outcome::Renewed } else { Outcome::NotWaiting })
    }

    async fn entries<C: Commands>(&self, _commands: &C, _user: UserId) -> Result<Outcome, CommandError> {
        Ok(Outcome::Refused(Refusal::NotOffered))
    }

    async fn sweep<C: Commands>(&self, commands: &C, max_age: Duration) -> Result<Outcome, CommandError> {
        const FULL_CHUNK: u64 = 500;
        let script = &self.scripts.sweep;
        // What has expired goes too, however old "too old" is.
        let age_ms = whole_ms(self.ttl.map_or(max_age, |ttl| ttl.min(max_age))).to_string();
        let (mut total, mut cutoff) = (0, String::new());
        loop {
            let args = [b"0".as_slice(), age_ms.as_bytes(), cutoff.as_bytes()];
            let value = commands.script(script, &[], &args).await?;
            let (removed, cutoff_ms) = reply::swept(script.name, &value)?;
            total += removed;
            if removed < FULL_CHUNK {
                return Ok(Outcome::Swept(total));
            }
            cutoff = cutoff_ms.to_string();
        }
    }

    async fn stats<C: Commands>(&self, commands: &C) -> Result<Outcome, CommandError> {
        if self.dedupe == Dedupe::Request {
            // Members are requests then, and nothing here says whose they are.
            return Ok(Outcome::Refused(Refusal::NotOffered));
        }
        let script = &self.scripts.stats;
        let value = commands.script(script, &[], &[self.ttl_ms.as_bytes()]).await?;
        let entries = reply::count(script.name, &value)?;
        Ok(Outcome::Stats(QueueStats { users: entries, entries }))
    }
}

/// The text of a dedupe key on the server: `u42` or `r17`, not padded, as production ids are not. Ties of a
/// sorted set are ordered by these bytes: u1, u10, u11, u2.
#[inline]
pub(super) fn member(dedupe: Dedupe, key: DedupeKey) -> ArrayString<21> {
    let mut member = ArrayString::new();
    member.push(match dedupe {
        Dedupe::User => 'u',
        Dedupe::Request => 'r',
    });
    // 64 bits are twenty digits at the most.
    member.push_str(Number::of(key.0).as_str());
    member
}

/// A number as text, without memory of its own.
struct Number(ArrayString<20>);

impl Number {
    fn of(number: u64) -> Number {
        let mut text = ArrayString::new();
        text.push_str(itoa::Buffer::new().format(number));
        Number(text)
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

/// Milliseconds since the epoch; 2^64 of them are half a billion years.
#[inline]
fn whole_millis(since_epoch: Duration) -> u64 {
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

/// A time to live in ms: at least one, since zero stands for none.
pub(super) fn ttl_ms(ttl: Duration) -> u64 {
    whole_ms(ttl).max(1)
}

/// Whole milliseconds, Redis' unit of time, rounded up. Ten thousand years at the most, so that the
/// server's sums stay exact.
pub(super) fn whole_ms(duration: Duration) -> u64 {
    const MOST: u128 = 10_000 * 366 * 86_400_000;
    u64::try_from(duration.as_nanos().div_ceil(1_000_000).min(MOST)).expect("MOST is far below 2^64")
}
