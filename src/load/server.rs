//! What the server says of its own cost, before and after the load.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::history::{CommandStat, ServerCost};
use crate::target::{Endpoint, ServerSnapshot, TargetError};

/// How long INFO may take; the server is idle when it is asked.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the server counts, over a connection of its own.
///
/// # Errors
/// When it does not answer.
pub async fn snapshot(endpoint: &Endpoint) -> Result<ServerSnapshot, TargetError> {
    let mut connection = endpoint.connect(PATIENCE).await?;
    ServerSnapshot::read(endpoint, &mut connection).await
}

/// Memory of the data, in bytes, once the server has freed what was removed before: memory of an earlier
/// cell or of closed connections would be taken for this one's. Two equal readings in a row count as settled;
/// where clients go on, the last reading has to do.
///
/// # Errors
/// When the server does not answer.
pub async fn settled_memory_bytes(endpoint: &Endpoint) -> Result<u64, TargetError> {
    const READINGS: u32 = 20;
    let mut connection = endpoint.connect(PATIENCE).await?;
    let mut before = None;
    for _ in 0..READINGS {
        let now = ServerSnapshot::read(endpoint, &mut connection).await?;
        if now.lazyfree_pending == 0 && before == Some(now.data_memory_bytes) {
            break;
        }
        before = Some(now.data_memory_bytes);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(before.unwrap_or_default())
}

/// What was counted when the load began.
pub(super) struct Before {
    /// Memory of keys and values before the first join of all, warm-up included.
    pub(super) empty_bytes: u64,
    pub(super) snapshot: ServerSnapshot,
    /// What the clients had sent, by command.
    pub(super) calls: BTreeMap<String, u64>,
}

impl Before {
    /// What the load cost from then until now, with the CPU time that it took of the generator's threads; what it left in memory is for the caller to say.
    pub(super) fn cost_until(&self, after: &ServerSnapshot, calls: &BTreeMap<String, u64>, cpu_ns: u64) -> ServerCost {
        let commands = after.commands_since(&self.snapshot).into_iter();
        let earlier = |name: &String| self.calls.get(name).copied().unwrap_or_default();
        ServerCost {
            commands: commands.map(|(name, stat)| (name, CommandStat { calls: stat.calls, usec: stat.usec })).collect(),
            direct_calls: calls.iter().map(|(name, count)| (name.clone(), count - earlier(name))).collect(),
            used_memory_before_bytes: self.empty_bytes,
            used_memory_after_bytes: None,
            waiting_after: None,
            client_cpu_ns: cpu_ns,
            keys: None,
        }
    }
}
