//! Settings of the server that matter to a queue and are not the default.

use std::collections::BTreeMap;

use redis::aio::MultiplexedConnection;

use super::info::ask;
use super::{Endpoint, TargetError};

/// The settings that change what a queue costs or keeps, with the defaults of Redis 7.0 (its redis.conf); `save`, whose
/// default is a list of times, is a fact of its own.
const DEFAULTS: &[(&str, &str)] = &[
    ("active-expire-effort", "1"),
    ("activedefrag", "no"),
    ("appendfsync", "everysec"),
    ("appendonly", "no"),
    ("dynamic-hz", "yes"),
    ("hash-max-listpack-entries", "512"),
    ("hash-max-listpack-value", "64"),
    ("hz", "10"),
    ("io-threads", "1"),
    ("io-threads-do-reads", "no"),
    ("latency-monitor-threshold", "0"),
    ("latency-tracking", "yes"),
    ("lazyfree-lazy-eviction", "no"),
    ("lazyfree-lazy-expire", "no"),
    ("lazyfree-lazy-server-del", "no"),
    ("list-max-listpack-size", "-2"),
    ("maxclients", "10000"),
    ("maxmemory", "0"),
    ("maxmemory-clients", "0"),
    ("maxmemory-policy", "noeviction"),
    ("min-replicas-to-write", "0"),
    ("notify-keyspace-events", ""),
    ("slowlog-log-slower-than", "10000"),
    ("slowlog-max-len", "128"),
    ("stream-node-max-bytes", "4096"),
    ("stream-node-max-entries", "100"),
    ("tcp-backlog", "511"),
    ("tcp-keepalive", "300"),
    ("timeout", "0"),
    ("zset-max-listpack-entries", "128"),
    ("zset-max-listpack-value", "64"),
];

/// Those that differ from the default; `None` where CONFIG is forbidden or renamed.
pub(super) async fn unusual(
    endpoint: &Endpoint,
    connection: &mut MultiplexedConnection,
) -> Result<Option<BTreeMap<String, String>>, TargetError> {
    let mut cmd = redis::cmd("CONFIG");
    cmd.arg("GET").arg("*");
    match ask::<Vec<String>>(endpoint, connection, &cmd).await {
        Ok(pairs) => Ok(Some(differing(&pairs))),
        Err(TargetError::Refused { .. } | TargetError::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Of names and values in turns those that are not the default. What a server does not know it does not list.
fn differing(pairs: &[String]) -> BTreeMap<String, String> {
    let pairs = pairs.as_chunks::<2>().0.iter();
    let differs = |[name, value]: &&[String; 2]| {
        DEFAULTS.iter().any(|(known, default)| *known == name.as_str() && *default != value.as_str())
    };
    pairs.filter(differs).map(|[name, value]| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_and_is_not_the_default_is_told() {
        let pairs = ["hz", "100", "appendonly", "no", "requirepass", "secret", "stream-node-max-bytes", "64"];
        let differing = differing(&pairs.map(str::to_owned));
        assert_eq!(
            differing,
            BTreeMap::from(
                [("hz", "100"), ("stream-node-max-bytes", "64")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
            )
        );
        assert!(DEFAULTS.is_sorted(), "one that is named twice would be found here");
    }
}
