//! `streams-naive`: one stream per user, written before Lua: every operation is several calls, and another
//! client may run between any two of them.
//!
//! Known to be wrong: two joins may both see no mark and both enter (duplicates); a client that dies
//! between two calls leaves an entry without its mark, or an admitted entry in no record; clean-up may delete
//! a stream that somebody joined since it read the length.

use std::time::Duration;

use redis::{Cmd, Value, cmd};

use super::keys::Keys;
use super::line::{member, ttl_ms, whole_ms};
use super::streams::{LONGEST_LIFE, lengths, stats_of, user_stream};
use super::{CommandError, Commands, DesignFacts, QueueSettings, WaitingQueue, reply};
use crate::model::{BatchId, Entry, Outcome, Token, UserId};

/// One stream per user, several calls an operation.
#[derive(Clone, Debug)]
pub struct StreamsNaive {
    facts: &'static DesignFacts,
    settings: QueueSettings,
    keys: Keys,
    life_ms: u64,
}

/// An entry as it lies in a stream.
struct Stored {
    stream: String,
    id: String,
    token: Token,
    wire: Vec<u8>,
    dedupe: String,
}

impl Stored {
    /// When it joined: the milliseconds of its id, then the counter.
    fn joined(&self) -> (u64, u64) {
        let (ms, count) = self.id.split_once('-').unwrap_or((&self.id, "0"));
        (ms.parse().unwrap_or(u64::MAX), count.parse().unwrap_or(u64::MAX))
    }
}

impl StreamsNaive {
    pub(super) fn open(facts: &'static DesignFacts, settings: QueueSettings) -> StreamsNaive {
        let keys = Keys::new(&settings);
        let life_ms = ttl_ms(settings.ttl.unwrap_or(LONGEST_LIFE));
        StreamsNaive { facts, settings, keys, life_ms }
    }

    fn mark(&self, entry: Entry) -> String {
        self.keys.of("dedupe", &member(self.settings.dedupe, entry.dedupe))
    }

    async fn own<C: Commands>(&self, commands: &C, user: UserId) -> Result<Vec<Stored>, CommandError> {
        let stream = user_stream(&self.keys, user);
        let value = commands.command(asking("XRANGE", &[&stream, "-", "+"])).await?;
        stored(&stream, &value)
    }

    async fn streams<C: Commands>(&self, commands: &C) -> Result<Vec<String>, CommandError> {
        let value = commands.command(asking("KEYS", &[&self.keys.pattern("stream")])).await?;
        reply::keys("KEYS", &value)
    }

    /// The oldest entries over all users, `most` at the most.
    async fn oldest<C: Commands>(&self, commands: &C, most: usize) -> Result<Vec<Stored>, CommandError> {
        let streams = self.streams(commands).await?;
        let count = most.to_string();
        let asked = streams.iter().map(|stream| asking("XRANGE", &[stream, "-", "+", "COUNT", &count])).collect();
        let mut entries = Vec::new();
        for (stream, answer) in streams.iter().zip(commands.pipeline(asked).await?) {
            entries.extend(stored(stream, &answer?)?);
        }
        entries.sort_by_key(Stored::joined);
        entries.truncate(most);
        Ok(entries)
    }
}

impl WaitingQueue for StreamsNaive {
    fn facts(&self) -> &'static DesignFacts {
        self.facts
    }

    async fn join<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let (mark, stream, token) = (self.mark(entry), user_stream(&self.keys, entry.user), entry.token.wire());
        let dedupe = member(self.settings.dedupe, entry.dedupe);
        if reply::count("EXISTS", &commands.command(asking("EXISTS", &[&mark])).await?)? == 1 {
            let standing = commands.command(asking("GET", &[&mark])).await?;
            if let Some(standing) = reply::token_or_nil("GET", &standing)? {
                return Ok(Outcome::Duplicate(standing));
            }
        }
        let life_ms = self.life_ms.to_string();
        commands.command(asking("XADD", &[&stream, "*", "token", &token, "dedupe", &dedupe])).await?;
        commands.command(asking("PEXPIRE", &[&stream, &life_ms])).await?;
        // SETEX in milliseconds: whole seconds would cut a short time to live to nothing.
        commands.command(asking("PSETEX", &[&mark, &life_ms, &token])).await?;
        Ok(Outcome::Joined)
    }

    async fn position<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let own = self.own(commands, entry.user).await?;
        let Some(place) = own.iter().position(|stored| stored.token == entry.token) else {
            return Ok(Outcome::NotWaiting);
        };
        let mine = user_stream(&self.keys, entry.user);
        let before: Vec<String> = self.streams(commands).await?.into_iter().take_while(|key| *key != mine).collect();
        let ahead: u64 = lengths(commands, &before).await?.iter().sum();
        Ok(Outcome::Position(ahead + place as u64 + 1))
    }

    async fn admit<C: Commands>(&self, commands: &C, count: u32, batch: BatchId) -> Result<Outcome, CommandError> {
        let record = self.keys.of("batch", &batch.0.to_string());
        let answered = commands.command(asking("GET", &[&record])).await?;
        if answered != Value::Nil {
            return Ok(Outcome::Admitted(reply::tokens_joined("GET", &answered)?));
        }
        let (wanted, mut admitted) = (count as usize, Vec::new());
        while admitted.len() < wanted {
            let oldest = self.oldest(commands, wanted - admitted.len()).await?;
            if oldest.is_empty() {
                break;
            }
            let asked = oldest.iter().map(|stored| asking("XDEL", &[&stored.stream, &stored.id])).collect();
            for (stored, deleted) in oldest.into_iter().zip(commands.pipeline(asked).await?) {
                // Another admission may have been faster: only who deleted the entry lets it in.
                if reply::count("XDEL", &deleted?)? == 1 {
                    admitted.push(stored);
                }
            }
        }
        let tokens = admitted.iter().map(|stored| stored.token).collect();
        let joined = admitted.iter().map(|stored| stored.wire.as_slice()).collect::<Vec<_>>().join(&b',');
        let mut keep = cmd("SET");
        keep.arg(&record).arg(joined).arg("EX").arg(3600);
        commands.command(keep).await?;
        Ok(Outcome::Admitted(tokens))
    }

    async fn leave<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let own = self.own(commands, entry.user).await?;
        let Some(stored) = own.iter().find(|stored| stored.token == entry.token) else {
            return Ok(Outcome::NotWaiting);
        };
        let deleted = commands.command(asking("XDEL", &[&stored.stream, &stored.id])).await?;
        if reply::count("XDEL", &deleted)? == 0 {
            return Ok(Outcome::NotWaiting);
        }
        commands.command(asking("DEL", &[&self.mark(entry)])).await?;
        Ok(Outcome::Left)
    }

    async fn renew<C: Commands>(&self, commands: &C, entry: Entry) -> Result<Outcome, CommandError> {
        let own = self.own(commands, entry.user).await?;
        if !own.iter().any(|stored| stored.token == entry.token) {
            return Ok(Outcome::NotWaiting);
        }
        let life_ms = self.life_ms.to_string();
        let (stream, mark) = (user_stream(&self.keys, entry.user), self.mark(entry));
        let renewed = commands.command(asking("PEXPIRE", &[&stream, &life_ms])).await?;
        commands.command(asking("PEXPIRE", &[&mark, &life_ms])).await?;
        Ok(if reply::count("PEXPIRE", &renewed)? == 1 { Outcome::Renewed } else { Outcome::NotWaiting })
    }

    async fn entries<C: Commands>(&self, commands: &C, user: UserId) -> Result<Outcome, CommandError> {
        let own = self.own(commands, user).await?;
        Ok(Outcome::Entries(own.into_iter().map(|stored| stored.token).collect()))
    }

    async fn sweep<C: Commands>(&self, commands: &C, max_age: Duration) -> Result<Outcome, CommandError> {
        if self.settings.ttl.is_some() {
            // Keys expire by themselves; ids say nothing of renewals.
            return Ok(Outcome::Swept(0));
        }
        let now_ms = u64::try_from(commands.now().as_millis()).unwrap_or(u64::MAX);
        let cutoff_ms = now_ms.saturating_sub(whole_ms(max_age));
        let (keep_from, last) = ((cutoff_ms + 1).to_string(), cutoff_ms.to_string());
        let mut removed = 0;
        for stream in self.streams(commands).await? {
            let old = stored(&stream, &commands.command(asking("XRANGE", &[&stream, "-", &last])).await?)?;
            for entry in &old {
                commands.command(asking("DEL", &[&self.keys.of("dedupe", &entry.dedupe)])).await?;
            }
            let trimmed = commands.command(asking("XTRIM", &[&stream, "MINID", "=", &keep_from])).await?;
            removed += reply::count("XTRIM", &trimmed)?;
            if reply::count("XLEN", &commands.command(asking("XLEN", &[&stream])).await?)? == 0 {
                commands.command(asking("DEL", &[&stream])).await?;
            }
        }
        Ok(Outcome::Swept(removed))
    }

    async fn stats<C: Commands>(&self, commands: &C) -> Result<Outcome, CommandError> {
        let streams = self.streams(commands).await?;
        Ok(Outcome::Stats(stats_of(&lengths(commands, &streams).await?)))
    }
}

fn asking(name: &str, args: &[&str]) -> Cmd {
    let mut asked = cmd(name);
    for arg in args {
        asked.arg(*arg);
    }
    asked
}

/// Reads what XRANGE answers; the fields are `token t dedupe key`.
fn stored(stream: &str, value: &Value) -> Result<Vec<Stored>, CommandError> {
    reply::array("XRANGE", value)?
        .iter()
        .map(|entry| {
            let [id, fields] = reply::array("XRANGE", entry)? else {
                return Err(reply::unexpected("XRANGE", value));
            };
            let [_, token, _, dedupe] = reply::array("XRANGE", fields)? else {
                return Err(reply::unexpected("XRANGE", value));
            };
            let wire = reply::text("XRANGE", token)?.to_vec();
            Ok(Stored {
                stream: stream.to_owned(),
                id: reply::string("XRANGE", id)?,
                token: Token::from_wire(&wire),
                wire,
                dedupe: reply::string("XRANGE", dedupe)?,
            })
        })
        .collect()
}
