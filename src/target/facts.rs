//! What a Redis says of itself.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};

use super::info::{Info, ask};
use super::{Endpoint, ServerVersion, TargetError, settings};

/// How the server came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A process that this program started.
    Local,
    /// A container that this program started.
    Docker,
    /// Somebody else's server.
    Url,
}

/// What a Redis says of itself; part of result.json and sweep.json.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetFacts {
    /// How the server came to be.
    pub kind: TargetKind,
    /// Its address, without user and password.
    pub address: String,
    /// `redis` or `valkey`.
    pub server: String,
    /// Its version.
    pub version: String,
    /// `standalone`: clusters and Sentinels are refused.
    #[serde(default)]
    pub mode: String,
    /// The operating system it runs on.
    #[serde(default)]
    pub os: String,
    /// The image of a container.
    #[serde(default)]
    pub image: Option<String>,
    /// Its memory limit in bytes; 0: none.
    #[serde(default)]
    pub maxmemory_bytes: u64,
    /// What it does at the limit.
    #[serde(default)]
    pub maxmemory_policy: String,
    /// Whether it appends every write to a file.
    #[serde(default)]
    pub appendonly: bool,
    /// When it saves snapshots; empty: never; `None`: it does not tell (CONFIG is forbidden).
    #[serde(default)]
    pub save: Option<String>,
    /// Threads for input and output; `None`: it does not tell.
    #[serde(default)]
    pub io_threads: Option<u32>,
    /// Settings that matter to a queue and are not the default of Redis 7.0; `None`: it does not tell.
    #[serde(default)]
    pub settings: Option<BTreeMap<String, String>>,
    /// What a reader of the results should know about this server, a sentence each.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl TargetFacts {
    /// Asks the server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn read(endpoint: &Endpoint, kind: TargetKind) -> Result<TargetFacts, TargetError> {
        let mut connection = endpoint.connect(Duration::from_secs(5)).await?;
        let info = Info::read(endpoint, &mut connection).await?;
        Self::gather(endpoint, &mut connection, &info, kind).await
    }

    /// From an INFO reply, and from CONFIG where the server lets us.
    pub(super) async fn gather(
        endpoint: &Endpoint,
        connection: &mut MultiplexedConnection,
        info: &Info,
        kind: TargetKind,
    ) -> Result<TargetFacts, TargetError> {
        let text = |field| info.text(field).unwrap_or_default().to_owned();
        let save = config(endpoint, connection, "save").await?;
        let io_threads = config(endpoint, connection, "io-threads").await?;
        let mut facts = TargetFacts {
            kind,
            address: endpoint.shown().to_owned(),
            server: if info.text("valkey_version").is_some() { "valkey" } else { "redis" }.to_owned(),
            version: info.text("valkey_version").or(info.text("redis_version")).unwrap_or_default().to_owned(),
            mode: text("redis_mode"),
            os: text("os"),
            image: None,
            maxmemory_bytes: info.number("maxmemory").unwrap_or(0),
            maxmemory_policy: text("maxmemory_policy"),
            appendonly: info.text("aof_enabled") == Some("1"),
            save,
            io_threads: io_threads.and_then(|threads| threads.parse().ok()),
            settings: settings::unusual(endpoint, connection).await?,
            warnings: Vec::new(),
        };
        facts.warnings = facts.warn(info);
        Ok(facts)
    }

    /// Whether the server is at least this version, `(major, minor)`; a version that cannot be read is not.
    #[must_use]
    pub fn at_least(&self, oldest: (u32, u32)) -> bool {
        ServerVersion::parse(&self.version).is_some_and(|version| version >= oldest.into())
    }

    fn warn(&self, info: &Info) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |applies: bool, sentence: String| {
            if applies {
                warnings.push(sentence);
            }
        };
        let policy = &self.maxmemory_policy;
        warn(
            !policy.is_empty() && policy != "noeviction",
            format!("maxmemory-policy is {policy}: at its memory limit this server drops entries without a word"),
        );
        warn(
            !self.at_least((ServerVersion::TESTED.major, ServerVersion::TESTED.minor)),
            format!("{} {} is older than {}, the oldest tested", self.server, self.version, ServerVersion::TESTED),
        );
        // Our own connection is one of them.
        let others = info.number("connected_clients").unwrap_or(1).saturating_sub(1);
        warn(
            self.kind == TargetKind::Url && others > 0,
            format!("{others} other clients are connected: their load is in the latencies"),
        );
        let replicas = info.number("connected_slaves").unwrap_or(0);
        warn(replicas > 0, format!("{replicas} replicas are attached: their cost is in the latencies"));
        let saves = self.save.as_deref().is_some_and(|save| !save.is_empty());
        warn(saves || self.appendonly, "the server saves to disk: saving costs latency now and then".to_owned());
        warnings
    }
}

/// One setting; `None` when CONFIG is forbidden, renamed or does not know it.
async fn config(
    endpoint: &Endpoint,
    connection: &mut MultiplexedConnection,
    name: &str,
) -> Result<Option<String>, TargetError> {
    let mut cmd = redis::cmd("CONFIG");
    cmd.arg("GET").arg(name);
    match ask::<Vec<String>>(endpoint, connection, &cmd).await {
        Ok(pair) => Ok(pair.into_iter().nth(1)),
        Err(TargetError::Refused { .. } | TargetError::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
