//! `streams`: one stream per user, every write one Lua script.
//!
//! A user's own order is exact. The order between users is not: it would have to come from stream ids, which
//! are milliseconds and a counter that each stream begins anew. Nor is the position: it adds up the streams
//! that SCAN happens to list before the user's own, and SCAN lists keys in hash-table order.

use std::sync::LazyLock;
use std::time::Duration;

use arrayvec::ArrayString;

use super::keys::Keys;
use super::line::{member, ttl_ms, whole_ms};
use super::{CommandError, Commands, DesignFacts, QueueSettings, Script, WaitingQueue, reply};
use crate::model::{BatchId, Entry, Outcome, QueueStats, UserId};

/// Without a time to live an entry lives this long, so that an event that nobody clears up goes away.
pub(super) const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Streams asked at once: enough to make round trips cheap, few enough to let others in between.
const STREAMS_AT_ONCE: usize = 200;

static SCRIPTS: LazyLock<Scripts> = LazyLock::new(Scripts::new);

struct Scripts {
    join: Script,
    entries: Script,
    admit: Script,
    leave: Script,
    renew: Script,
    sweep: Script,
}

impl Scripts {
    fn new() -> Scripts {
        macro_rules! script {
            ($stem:literal) => {
                Script::new($stem, include_str!(concat!("../../lua/", $stem, ".lua")))
            };
        }
        Scripts {
            join: script!("streams_join"),
            entries: script!("streams_entries"),
            admit: script!("streams_admit"),
            leave: script!("streams_leave"),
            renew: script!("streams_renew"),
            sweep: script!("streams_sweep"),
        }
    }
}

/// Every script, for loading.
pub(super) fn scripts() -> Vec<&'static Script> {
    let Scripts { join, entries, admit, leave, renew, sweep } = &*SCRIPTS;
    vec![join, entries, admit, leave, renew, sweep]
}

/// One stream per user, Lua scripts.
#[derive(Clone, Debug)]
pub struct Streams {
    facts: &'static DesignFacts,
    settings: QueueSettings,
    keys: Keys,
    life_ms: String,
}

impl Streams {
    pub(super) fn open(facts: &'static DesignFacts, settings: QueueSettings) -> Streams {
        let keys = Keys::new(&settings);
        let life_ms = ttl_ms(settings.ttl.unwrap_or(LONGEST_LIFE)).to_string();
        Streams { facts, settings, keys, life_ms }
    }

    fn stream(&self, user: UserId) -> String {
        user_stream(&self.keys, user)
    }

    fn member(&self, entry: Entry) -> ArrayString<21> {
        member(self.settings.dedupe, entry.dedupe)
    }

    fn mark(&self, entry: Entry) -> String {
        self.keys.of("dedupe", &self.member(entry))
    }

    async fn waiting_tokens<C: Commands>(
        &self,
        commands: &C,
        user: UserId,
    ) -> Result<Vec<crate::model::Token>, CommandError> {
        let (script, marks) = (&SCRIPTS.entries, self.keys.stem("dedupe"));
        let value = commands.script(script, &[&self.stream(user)], &[marks.as_bytes()]).await?;
        reply::tokens(script.name, &value)
    }

    /// The users' streams as SCAN lists them, up to (not including) the one named, or all.
    async fn listed_streams<C: Commands>(
        &self,
        commands: &C,
        until: Option<&str>,
    ) -> Result<(Vec<String>, bool), CommandError> {
        let (mut streams, mut cursor) = (Vec::new(), "0".to_owned());
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(&cursor).arg("MATCH").arg(self.keys.pattern("stream")).arg("COUNT").arg(1000);
            let (next, page) = reply::scan_page(&commands.command(scan).await?)?;
            for key in page {
                if until == Some(key.as_str()) {
                    return Ok((streams, true));
                }
                streams.push(key);
            }
            if next == "0" {
                return Ok((streams, false));
            }
            cursor = next;
        }
    }
}

/// `stream:event:{E}:user:u42`
pub(super) fn user_stream(keys: &Keys, user: UserId) -> String {
    keys.of("stream", &format!("user:{}", user.wire()))
}

/// How many entries each of these streams holds.
pub(super) async fn lengths<C: Commands>(commands: &C, streams: &[String]) -> Result<Vec<u64>, CommandError> {
    let mut lengths = Vec::with_capacity(streams.len());
    for chunk in streams.chunks(STREAMS_AT_ONCE) {
        let asked = chunk
            .iter()
            .map(|stream| {
                let mut xlen = redis::cmd("XLEN");
                xlen.arg(stream);
                xlen
            })
            .collect();
        for answer in commands.pipeline(asked).await? {
            lengths.push(reply::count("XLEN", &answer?)?);
        }
    }
    Ok(lengths)
}

/// Users are streams that hold something.
pub(super) fn stats_of(lengths: &[u64]) -> QueueStats {
    QueueStats { users: lengths.iter().filter(|length| **length > 0).count() as u64, entries: lengths.iter().sum() }
}

impl WaitingQueue for Streams {
    fn facts(&self) -> &'static DesignFacts {
        self.facts
    }

    async fn join<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let (script, member, token) = (&SCRIPTS.join, self.member(entry), entry.token.wire());
        let (stream, mark) = (self.stream(entry.user), self.mark(entry));
        let args = [self.life_ms.as_bytes(), member.as_bytes(), token.as_bytes()];
        let value = commands.script(script, &[&stream, &mark], &args).await?;
        Ok(reply::token_or_nil(script.name, &value)?.map_or(Outcome::Joined, Outcome::Duplicate))
    }

    async fn position<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let own = self.waiting_tokens(commands, entry.user).await?;
        let Some(place) = own.iter().position(|token| *token == entry.token) else {
            return Ok(Outcome::NotWaiting);
        };
        let (before, found) = self.listed_streams(commands, Some(&self.stream(entry.user))).await?;
        if !found {
            // SCAN lists every key that is there all the while: this one went away meanwhile.
            return Ok(Outcome::NotWaiting);
        }
        let ahead: u64 = lengths(commands, &before).await?.iter().sum();
        Ok(Outcome::Position(ahead + place as u64 + 1))
    }

    async fn admit<C: Commands>(&self, commands: &C, count: u32, batch: BatchId) -> Result<Outcome, CommandError> {
        let (script, record) = (&SCRIPTS.admit, self.keys.of("batch", &batch.0.to_string()));
        let (count, streams, marks) = (count.to_string(), self.keys.pattern("stream"), self.keys.stem("dedupe"));
        let args = [count.as_bytes(), streams.as_bytes(), marks.as_bytes()];
        let value = commands.script(script, &[&record], &args).await?;
        Ok(Outcome::Admitted(reply::tokens_joined(script.name, &value)?))
    }

    async fn leave<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let (script, token) = (&SCRIPTS.leave, entry.token.wire());
        let (stream, mark) = (self.stream(entry.user), self.mark(entry));
        let value = commands.script(script, &[&stream, &mark], &[token.as_bytes()]).await?;
        Ok(if reply::count(script.name, &value)? == 1 { Outcome::Left } else { Outcome::NotWaiting })
    }

    async fn renew<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let (script, token) = (&SCRIPTS.renew, entry.token.wire());
        let (stream, mark) = (self.stream(entry.user), self.mark(entry));
        let args = [self.life_ms.as_bytes(), token.as_bytes()];
        let value = commands.script(script, &[&stream, &mark], &args).await?;
        Ok(if reply::count(script.name, &value)? == 1 { Outcome::Renewed } else { Outcome::NotWaiting })
    }

    async fn entries<C: Commands>(&self, commands: &C, user: UserId) -> Result<Outcome, CommandError> {
        Ok(Outcome::Entries(self.waiting_tokens(commands, user).await?))
    }

    async fn sweep<C: Commands>(&self, commands: &C, max_age: Duration) -> Result<Outcome, CommandError> {
        let (script, marks) = (&SCRIPTS.sweep, self.keys.stem("dedupe"));
        let expires = if self.settings.ttl.is_some() { b"1" } else { b"0" };
        let age_ms = whole_ms(max_age).to_string();
        let (streams, _) = self.listed_streams(commands, None).await?;
        let (mut total, mut cutoff) = (0, String::new());
        for chunk in streams.chunks(STREAMS_AT_ONCE) {
            let keys: Vec<&str> = chunk.iter().map(String::as_str).collect();
            let args = [expires.as_slice(), age_ms.as_bytes(), cutoff.as_bytes(), marks.as_bytes()];
            let value = commands.script(script, &keys, &args).await?;
            let (removed, cutoff_ms) = reply::swept(script.name, &value)?;
            total += removed;
            cutoff = cutoff_ms.to_string();
        }
        Ok(Outcome::Swept(total))
    }

    async fn stats<C: Commands>(&self, commands: &C) -> Result<Outcome, CommandError> {
        let (streams, _) = self.listed_streams(commands, None).await?;
        Ok(Outcome::Stats(stats_of(&lengths(commands, &streams).await?)))
    }
}
