//! What a Redis says of itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Endpoint, TargetError};

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

/// What a Redis says of itself; part of result.json.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetFacts {
    /// How the server came to be.
    pub kind: TargetKind,
    /// Its address, without any password.
    pub address: String,
    /// `redis` or `valkey`.
    pub server: String,
    /// Its version.
    pub version: String,
}

impl TargetFacts {
    /// Asks the server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn read(endpoint: &Endpoint, kind: TargetKind) -> Result<TargetFacts, TargetError> {
        let failed = |error: redis::RedisError| TargetError::Connect {
            url: endpoint.shown().to_owned(),
            detail: error.to_string(),
        };
        let mut connection = endpoint.connect(Duration::from_secs(5)).await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await.map_err(failed)?;
        let field =
            |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
        let valkey = field("valkey_version:");
        Ok(TargetFacts {
            kind,
            address: endpoint.shown().to_owned(),
            server: if valkey.is_some() { "valkey" } else { "redis" }.to_owned(),
            version: valkey.or_else(|| field("redis_version:")).unwrap_or_default(),
        })
    }
}
