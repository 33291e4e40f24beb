//! What the server says of its own cost, before and after the load.

use std::time::Duration;

use crate::history::{CommandStat, ServerCost};
use crate::target::{Endpoint, ServerSnapshot, TargetError};

/// How long INFO may take; the server is idle when it is asked.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn snapshot(endpoint: &Endpoint) -> Result<ServerSnapshot, TargetError> {
    let mut connection = endpoint.connect(PATIENCE).await?;
    ServerSnapshot::read(endpoint, &mut connection).await
}

/// The difference of two snapshots.
pub(super) fn cost(
    before: &ServerSnapshot,
    after: &ServerSnapshot,
    waiting_after: u64,
    client_cpu_ns: u64,
) -> ServerCost {
    let commands = after
        .commands_since(before)
        .into_iter()
        .map(|(name, stat)| (name, CommandStat { calls: stat.calls, usec: stat.usec }))
        .collect();
    ServerCost {
        commands,
        direct_calls: std::collections::BTreeMap::new(),
        used_memory_before_bytes: before.used_memory_bytes,
        used_memory_after_bytes: after.used_memory_bytes,
        waiting_after,
        client_cpu_ns,
    }
}
