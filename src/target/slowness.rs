//! What a server finds slow: how long commands took by its own measure, and its slow log.

use std::collections::BTreeMap;

use redis::Value;
use redis::aio::MultiplexedConnection;

use super::info::ask;
use super::probe::is_question;
use super::{Endpoint, TargetError};

/// How long the calls of each command took, since the server's start: calls by the upper end of their bucket in µs. The
/// buckets double: 1, 2, 4, 8, 16, 33, 66, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatencyBuckets(pub BTreeMap<String, BTreeMap<u64, u64>>);

impl LatencyBuckets {
    /// Asks by LATENCY HISTOGRAM (Redis 7.0 and later, and Valkey).
    ///
    /// # Errors
    /// When the server does not answer, does not know the command, or says what cannot be understood.
    pub async fn read(
        endpoint: &Endpoint,
        connection: &mut MultiplexedConnection,
    ) -> Result<LatencyBuckets, TargetError> {
        let mut cmd = redis::cmd("LATENCY");
        cmd.arg("HISTOGRAM");
        let reply: Value = ask(endpoint, connection, &cmd).await?;
        buckets(&reply).ok_or_else(|| strange(endpoint, "LATENCY HISTOGRAM"))
    }

    /// What was counted since an earlier reading, without the commands by which this program asks how the server is. A
    /// command whose counts went back (a reset) counts from 0.
    #[must_use]
    pub fn since(&self, earlier: &LatencyBuckets) -> LatencyBuckets {
        let difference = |(name, now): (&String, &BTreeMap<u64, u64>)| {
            let before = earlier
                .0
                .get(name)
                .filter(|before| before.iter().all(|(bucket, count)| now.get(bucket).is_some_and(|now| now >= count)));
            let before = |bucket: &u64| before.and_then(|before| before.get(bucket)).copied().unwrap_or_default();
            let since: BTreeMap<u64, u64> = now
                .iter()
                .map(|(bucket, count)| (*bucket, count - before(bucket)))
                .filter(|(_, count)| *count > 0)
                .collect();
            (!since.is_empty()).then(|| (name.clone(), since))
        };
        LatencyBuckets(self.0.iter().filter(|(name, _)| !is_question(name)).filter_map(difference).collect())
    }
}

/// An entry of the slow log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowCommand {
    /// Its number; the server counts up.
    pub id: u64,
    /// When, in seconds since 1970 on the server's clock.
    pub at_unix_s: u64,
    /// How long it took, µs.
    pub took_us: u64,
    /// The command and its first arguments, cut short; only the name of what may carry a password.
    pub command: String,
}

/// The latest entries of the slow log, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlowLog(pub Vec<SlowCommand>);

impl SlowLog {
    /// Asks for so many entries.
    ///
    /// # Errors
    /// When the server does not answer, does not let us, or says what cannot be understood.
    pub async fn read(
        endpoint: &Endpoint,
        connection: &mut MultiplexedConnection,
        count: usize,
    ) -> Result<SlowLog, TargetError> {
        let mut cmd = redis::cmd("SLOWLOG");
        cmd.arg("GET").arg(count);
        let reply: Value = ask(endpoint, connection, &cmd).await?;
        let Value::Array(entries) = &reply else { return Err(strange(endpoint, "SLOWLOG GET")) };
        let entries: Option<Vec<SlowCommand>> = entries.iter().map(slow_command).collect();
        entries.map(SlowLog).ok_or_else(|| strange(endpoint, "SLOWLOG GET"))
    }

    /// What takes longer than this is logged, µs; negative: nothing is. `None`: the server does not let us ask.
    pub async fn threshold_us(endpoint: &Endpoint, connection: &mut MultiplexedConnection) -> Option<i64> {
        let mut cmd = redis::cmd("CONFIG");
        cmd.arg("GET").arg("slowlog-log-slower-than");
        let pair: Vec<String> = ask(endpoint, connection, &cmd).await.ok()?;
        pair.get(1)?.parse().ok()
    }
}

fn strange(endpoint: &Endpoint, command: &str) -> TargetError {
    let detail = format!("its answer to {command} is of an unknown form");
    TargetError::Unclear { address: endpoint.shown().to_owned(), detail }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// A map, or the list of its keys and values by which the older protocol writes one.
fn pairs(value: &Value) -> Option<Vec<(&Value, &Value)>> {
    match value {
        Value::Map(pairs) => Some(pairs.iter().map(|(key, value)| (key, value)).collect()),
        Value::Array(list) if list.len() % 2 == 0 => Some(list.chunks(2).map(|pair| (&pair[0], &pair[1])).collect()),
        _ => None,
    }
}

/// `get → {calls: 3, histogram_usec: {1: 2, 8: 3}}`: the counts of the buckets add up to the right.
fn buckets(reply: &Value) -> Option<LatencyBuckets> {
    let of_command = |command: &Value| {
        let fields = pairs(command)?;
        let (_, histogram) = fields.into_iter().find(|(name, _)| text(name).as_deref() == Some("histogram_usec"))?;
        let mut below = 0;
        let mut counts = BTreeMap::new();
        for (bucket, so_far) in pairs(histogram)? {
            let so_far = number(so_far)?;
            counts.insert(number(bucket)?, so_far.checked_sub(below)?);
            below = so_far;
        }
        Some(counts)
    };
    let commands = pairs(reply)?.into_iter().map(|(name, command)| Some((text(name)?, of_command(command)?)));
    commands.collect::<Option<_>>().map(LatencyBuckets)
}

/// Arguments shown of a slow command, and characters of each.
const ARGUMENTS: usize = 4;
const CHARACTERS: usize = 40;

/// Commands whose arguments may be passwords. The server leaves most of them out by itself.
const SECRETIVE: [&str; 5] = ["auth", "hello", "acl", "config", "migrate"];

fn slow_command(entry: &Value) -> Option<SlowCommand> {
    let Value::Array(fields) = entry else { return None };
    let [id, at, took, Value::Array(words), ..] = fields.as_slice() else { return None };
    let words: Vec<String> = words.iter().map(text).collect::<Option<_>>()?;
    Some(SlowCommand { id: number(id)?, at_unix_s: number(at)?, took_us: number(took)?, command: shown(&words) })
}

fn shown(words: &[String]) -> String {
    let name = words.first().map_or("", String::as_str);
    let count = if SECRETIVE.contains(&name.to_ascii_lowercase().as_str()) { 1 } else { ARGUMENTS + 1 };
    let cut = |word: &String| match word.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.clone(),
    };
    let mut shown: Vec<String> = words.iter().take(count).map(cut).collect();
    if words.len() > count {
        shown.push("…".to_owned());
    }
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    fn histogram(counts: &[(i64, i64)]) -> Value {
        let flat = counts.iter().flat_map(|(bucket, count)| [Value::Int(*bucket), Value::Int(*count)]).collect();
        Value::Array(vec![bulk("calls"), Value::Int(9), bulk("histogram_usec"), Value::Array(flat)])
    }

    #[test]
    fn a_histogram_is_understood_in_both_protocols() {
        let counts = [(1, 995), (2, 997), (8, 1000)];
        let flat = Value::Array(vec![bulk("set"), histogram(&counts)]);
        let expected = BTreeMap::from([("set".to_owned(), BTreeMap::from([(1, 995), (2, 2), (8, 3)]))]);
        assert_eq!(buckets(&flat), Some(LatencyBuckets(expected.clone())));
        let inner = counts.iter().map(|(bucket, count)| (Value::Int(*bucket), Value::Int(*count))).collect();
        let map = Value::Map(vec![(
            bulk("set"),
            Value::Map(vec![(bulk("calls"), Value::Int(9)), (bulk("histogram_usec"), Value::Map(inner))]),
        )]);
        assert_eq!(buckets(&map), Some(LatencyBuckets(expected)));
        for strange in [Value::Nil, Value::Array(vec![bulk("set")]), Value::Array(vec![bulk("set"), Value::Nil])] {
            assert_eq!(buckets(&strange), None, "{strange:?}");
        }
        let falling = Value::Array(vec![bulk("set"), histogram(&[(1, 5), (2, 4)])]);
        assert_eq!(buckets(&falling), None, "counts that add up never fall");
    }

    #[test]
    fn only_what_came_since_is_counted_and_a_reset_begins_at_zero() {
        let reading = |counts: &[(i64, i64)]| buckets(&Value::Array(vec![bulk("set"), histogram(counts)])).unwrap();
        let (before, after) = (reading(&[(1, 5), (4, 6)]), reading(&[(1, 5), (2, 8), (4, 10)]));
        assert_eq!(after.since(&before).0["set"], BTreeMap::from([(2, 3), (4, 1)]));
        assert_eq!(before.since(&before), LatencyBuckets::default());
        assert_eq!(before.since(&after).0["set"], BTreeMap::from([(1, 5), (4, 1)]));
        assert_eq!(reading(&[(1, 3)]).since(&reading(&[(1, 5)])).0["set"], BTreeMap::from([(1, 3)]));
        let question = LatencyBuckets(BTreeMap::from([("info".to_owned(), BTreeMap::from([(66, 1)]))]));
        assert_eq!(question.since(&LatencyBuckets::default()), LatencyBuckets::default());
    }

    #[test]
    fn a_slow_command_shows_its_first_arguments_cut_short_and_never_a_password() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(shown(&words("evalsha abc 2 k1 k2 arg")), "evalsha abc 2 k1 k2 …");
        assert_eq!(shown(&words("GET key")), "GET key");
        let long = format!("SET {}", "ü".repeat(41));
        assert_eq!(shown(&words(&long)), format!("SET {}…", "ü".repeat(40)));
        for secret in ["AUTH hunter2", "auth user hunter2", "HELLO 3 AUTH u hunter2", "CONFIG SET requirepass hunter2"]
        {
            assert!(!shown(&words(secret)).contains("hunter2"), "{secret}");
        }
        let entry = Value::Array(vec![
            Value::Int(7),
            Value::Int(1_700_000_000),
            Value::Int(12_345),
            Value::Array(vec![bulk("get"), bulk("k")]),
            bulk("127.0.0.1:1"),
            bulk(""),
        ]);
        let expected = SlowCommand { id: 7, at_unix_s: 1_700_000_000, took_us: 12_345, command: "get k".to_owned() };
        assert_eq!(slow_command(&entry), Some(expected));
        assert_eq!(slow_command(&Value::Nil), None);
    }
}
