//! What the server says of its own cost, before and after the load.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::history::{CommandStat, ServerCost};
use crate::target::{Endpoint, ServerSnapshot, TargetError};

/// How long INFO may take; the server is idle when it is asked.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn snapshot(endpoint: &Endpoint) -> Result<ServerSnapshot, TargetError> {
    let mut connection = endpoint.connect(PATIENCE).await?;
    ServerSnapshot::read(endpoint, &mut connection).await
}

/// A snapshot of a server that has freed what was removed before: the memory of an earlier cell, freed in the
/// background, would be taken for this one's.
pub(super) async fn settled_snapshot(endpoint: &Endpoint) -> Result<ServerSnapshot, TargetError> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let snapshot = snapshot(endpoint).await?;
        if snapshot.lazyfree_pending == 0 || tokio::time::Instant::now() > deadline {
            return Ok(snapshot);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What was counted when the load began.
pub(super) struct Before {
    /// Memory of keys and values before the first join of all, warm-up included.
    pub(super) empty_bytes: u64,
    pub(super) snapshot: ServerSnapshot,
    /// What the clients had sent, by command.
    pub(super) calls: BTreeMap<String, u64>,
    /// CPU time of the thread that loads, ns.
    pub(super) cpu_ns: u64,
}

impl Before {
    /// What the load cost from then until now.
    pub(super) fn cost_until(
        &self,
        after: &ServerSnapshot,
        calls: &BTreeMap<String, u64>,
        waiting_after: u64,
        cpu_ns: u64,
    ) -> ServerCost {
        let commands = after.commands_since(&self.snapshot).into_iter();
        let earlier = |name: &String| self.calls.get(name).copied().unwrap_or_default();
        ServerCost {
            commands: commands.map(|(name, stat)| (name, CommandStat { calls: stat.calls, usec: stat.usec })).collect(),
            direct_calls: calls.iter().map(|(name, count)| (name.clone(), count - earlier(name))).collect(),
            used_memory_before_bytes: self.empty_bytes,
            used_memory_after_bytes: after.data_memory_bytes,
            waiting_after,
            client_cpu_ns: cpu_ns.saturating_sub(self.cpu_ns),
        }
    }
}
