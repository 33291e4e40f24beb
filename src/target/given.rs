//! A server that somebody else runs: what must hold before a run touches it.

use super::info::Info;
use super::{Endpoint, ServerVersion, TargetError, TargetOptions};

/// Refuses what a run cannot work on, or should not.
pub(super) fn admit(endpoint: &Endpoint, info: &Info, options: &TargetOptions) -> Result<(), TargetError> {
    fit_to_run(endpoint, info)?;
    let keys = keys(info);
    if keys > 0 && !options.allow_non_empty {
        return Err(TargetError::NotEmpty { address: endpoint.shown().to_owned(), keys });
    }
    Ok(())
}

/// What every server must be, whoever started it.
pub(super) fn fit_to_run(endpoint: &Endpoint, info: &Info) -> Result<(), TargetError> {
    let address = endpoint.shown().to_owned();
    let Some(redis_version) = info.text("redis_version") else {
        return Err(TargetError::NotRedis { address });
    };
    // Fields by INFO's documentation: redis_mode is standalone, sentinel or cluster.
    match info.text("redis_mode") {
        Some("cluster") => return Err(TargetError::Cluster { address }),
        Some("sentinel") => return Err(TargetError::Sentinel { address }),
        _ => {}
    }
    if info.text("loading").is_some_and(|loading| loading != "0") {
        return Err(TargetError::Loading { address });
    }
    if info.text("role") == Some("slave") {
        let part = |name| info.text(name).unwrap_or("?");
        return Err(TargetError::Replica {
            address,
            primary: format!("{}:{}", part("master_host"), part("master_port")),
        });
    }
    let (server, version) = match info.text("valkey_version") {
        Some(version) => ("valkey", version),
        None => ("redis", redis_version),
    };
    match ServerVersion::parse(version) {
        Some(known) if known < ServerVersion::OLDEST => Err(TargetError::TooOld {
            address,
            server: server.to_owned(),
            version: version.to_owned(),
            oldest: ServerVersion::OLDEST,
        }),
        _ => Ok(()),
    }
}

/// Keys in all databases: a run uses one, but disturbs them all. Lines read `db0:keys=1,expires=0,avg_ttl=0`.
fn keys(info: &Info) -> u64 {
    info.fields()
        .filter(|(name, _)| name.strip_prefix("db").is_some_and(|number| number.parse::<u32>().is_ok()))
        .filter_map(|(_, value)| value.strip_prefix("keys=")?.split(',').next()?.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(info: &str) -> String {
        let endpoint = Endpoint::from_url("redis://user:secret@db:7000").unwrap();
        match admit(&endpoint, &Info::from_text(info), &TargetOptions::default()) {
            Ok(()) => "admitted".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_empty_standalone_primary_is_admitted() {
        assert_eq!(refusal("redis_version:7.0.15\nredis_mode:standalone\nloading:0\nrole:master\n"), "admitted");
    }

    #[test]
    fn a_server_with_keys_in_any_database_is_refused_unless_meant() {
        let info = "redis_version:7.0.15\ndb0:keys=40,expires=0,avg_ttl=0\ndb11:keys=2,expires=1,avg_ttl=9\n";
        assert!(refusal(info).starts_with("the Redis at redis://db:7000 holds 42 keys."), "{}", refusal(info));
        assert!(refusal(info).ends_with("or say --allow-non-empty if it is meant"));
        let endpoint = Endpoint::from_url("redis://db").unwrap();
        let meant = TargetOptions { allow_non_empty: true, ..TargetOptions::default() };
        assert!(admit(&endpoint, &Info::from_text(info), &meant).is_ok());
    }

    #[test]
    fn what_cannot_take_a_run_is_refused_in_a_sentence_of_its_own() {
        for (info, sentence) in [
            (
                "redis_version:7.0.15\nredis_mode:cluster\n",
                "is a node of a cluster, and clusters are not supported yet",
            ),
            ("redis_version:7.0.15\nredis_mode:sentinel\n", "is a Redis Sentinel and holds no data"),
            ("redis_version:7.0.15\nloading:1\n", "is still loading its data from disk"),
            (
                "redis_version:7.0.15\nrole:slave\nmaster_host:db1\nmaster_port:6379\n",
                "is a replica of db1:6379 and takes no writes",
            ),
            ("redis_version:6.0.16\n", "the redis at redis://db:7000 is version 6.0.16; 6.2 or later is needed"),
            ("# nothing that Redis says\n", "is not a Redis"),
        ] {
            assert!(refusal(info).contains(sentence), "{}", refusal(info));
        }
    }

    #[test]
    fn valkey_is_judged_by_its_own_version() {
        assert_eq!(refusal("redis_version:7.2.4\nvalkey_version:8.1.0\n"), "admitted");
    }
}
