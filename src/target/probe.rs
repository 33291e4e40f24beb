//! What the server itself counts: calls and time of each command, memory, CPU.

use std::collections::BTreeMap;

use redis::aio::MultiplexedConnection;
use serde::Serialize;

use super::info::Info;
use super::{Endpoint, TargetError};

/// One command in INFO commandstats.
///
/// The time of `EVALSHA` contains the commands that its script called, and each of those is counted under
/// its own name as well: adding up all rows counts them twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CommandCost {
    /// Calls that were carried out.
    pub calls: u64,
    /// Server time in microseconds.
    pub usec: u64,
}

/// What the server had counted at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerSnapshot {
    /// By command in lower case; a subcommand as `script|load`.
    pub commands: BTreeMap<String, CommandCost>,
    /// Bytes in use by data and overhead (`used_memory`).
    pub used_memory_bytes: u64,
    /// Bytes in use by everything but the scripts, which come and go beside the data. The buffers of clients are
    /// part of it: Redis' own figure for them (`mem_clients_normal`) lags behind by seconds, so whoever compares two
    /// snapshots must take both with the same few clients connected.
    pub data_memory_bytes: u64,
    /// Values that were removed and whose memory is not free yet.
    pub lazyfree_pending: u64,
    /// CPU time of the server process in microseconds, user and system.
    pub cpu_usec: u64,
}

impl ServerSnapshot {
    /// Asks the server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn read(
        endpoint: &Endpoint,
        connection: &mut MultiplexedConnection,
    ) -> Result<ServerSnapshot, TargetError> {
        Info::read(endpoint, connection).await.map(|info| Self::from_info(&info))
    }

    fn from_info(info: &Info) -> ServerSnapshot {
        let seconds = |field| info.text(field).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        ServerSnapshot {
            commands: info
                .fields()
                .filter_map(|(field, value)| Some((field.strip_prefix("cmdstat_")?.to_owned(), cost(value)?)))
                .collect(),
            used_memory_bytes: info.number("used_memory").unwrap_or(0),
            data_memory_bytes: info
                .number("used_memory")
                .unwrap_or(0)
                .saturating_sub(info.number("used_memory_scripts").unwrap_or(0)),
            lazyfree_pending: info.number("lazyfree_pending_objects").unwrap_or(0),
            cpu_usec: ((seconds("used_cpu_sys") + seconds("used_cpu_user")) * 1e6).round() as u64,
        }
    }

    /// What was counted since an earlier snapshot: commands that were called, without those by which this program
    /// asks how the server is. A counter that went back (CONFIG RESETSTAT, restart) counts from 0.
    #[must_use]
    pub fn commands_since(&self, earlier: &ServerSnapshot) -> BTreeMap<String, CommandCost> {
        let difference = |(name, now): (&String, &CommandCost)| {
            let before = earlier.commands.get(name).copied().filter(|before| before.calls <= now.calls);
            let before = before.unwrap_or_default();
            let cost = CommandCost { calls: now.calls - before.calls, usec: now.usec.saturating_sub(before.usec) };
            (cost.calls > 0 && !is_question(name)).then(|| (name.clone(), cost))
        };
        self.commands.iter().filter_map(difference).collect()
    }

    /// Server time since an earlier snapshot that went into the questions left out there, µs. The one that asked for
    /// this snapshot is not among them yet.
    #[must_use]
    pub fn questions_usec_since(&self, earlier: &ServerSnapshot) -> u64 {
        let questions = |snapshot: &ServerSnapshot| {
            snapshot.commands.iter().filter(|(name, _)| is_question(name)).map(|(_, cost)| cost.usec).sum::<u64>()
        };
        questions(self).saturating_sub(questions(earlier))
    }
}

/// Whether this is one of the commands by which this program asks how the server is; no design sends any of them.
pub(super) fn is_question(command: &str) -> bool {
    command == "info" || ["slowlog|", "latency|", "config|"].iter().any(|prefix| command.starts_with(prefix))
}

/// `calls=2,usec=14,usec_per_call=7.00,rejected_calls=0,failed_calls=0`
fn cost(value: &str) -> Option<CommandCost> {
    let field = |name: &str| {
        value.split(',').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)?.1.parse::<u64>().ok())
    };
    Some(CommandCost { calls: field("calls")?, usec: field("usec")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(text: &str) -> ServerSnapshot {
        ServerSnapshot::from_info(&Info::from_text(text))
    }

    #[test]
    fn a_snapshot_holds_what_info_says() {
        let snapshot = snapshot(
            "used_memory:1048576\r\nused_memory_human:1.00M\r\nused_memory_scripts:48576\r\n\
             lazyfree_pending_objects:3\r\nused_cpu_sys:0.250000\r\nused_cpu_user:1.500000\r\n\
             cmdstat_evalsha:calls=2,usec=14,usec_per_call=7.00,rejected_calls=0,failed_calls=0\r\n\
             cmdstat_script|load:calls=1,usec=30,usec_per_call=30.00,rejected_calls=0,failed_calls=0\r\n",
        );
        assert_eq!((snapshot.used_memory_bytes, snapshot.data_memory_bytes), (1_048_576, 1_000_000));
        assert_eq!(snapshot.lazyfree_pending, 3);
        assert_eq!(snapshot.cpu_usec, 1_750_000);
        assert_eq!(snapshot.commands["evalsha"], CommandCost { calls: 2, usec: 14 });
        assert_eq!(snapshot.commands["script|load"], CommandCost { calls: 1, usec: 30 });
    }

    #[test]
    fn a_difference_counts_only_what_happened_between() {
        let before =
            snapshot("cmdstat_get:calls=5,usec=50\ncmdstat_info:calls=1,usec=90\ncmdstat_ping:calls=3,usec=3\n");
        let after = snapshot(
            "cmdstat_get:calls=7,usec=80\ncmdstat_info:calls=2,usec=190\ncmdstat_ping:calls=3,usec=3\n\
             cmdstat_set:calls=1,usec=4\n",
        );
        let since = after.commands_since(&before);
        assert_eq!(since.len(), 2, "neither the idle PING nor our own INFO: {since:?}");
        assert_eq!(since["get"], CommandCost { calls: 2, usec: 30 });
        assert_eq!(since["set"], CommandCost { calls: 1, usec: 4 });
        assert_eq!(before.commands_since(&after)["get"], CommandCost { calls: 5, usec: 50 }, "counters were reset");
        assert_eq!(after.questions_usec_since(&before), 100);
    }

    #[test]
    fn what_this_program_asks_is_told_apart_from_what_designs_send() {
        let after = snapshot(
            "cmdstat_slowlog|get:calls=1,usec=7\ncmdstat_latency|histogram:calls=2,usec=50\n\
             cmdstat_config|get:calls=1,usec=3\ncmdstat_evalsha:calls=9,usec=90\n",
        );
        let since = after.commands_since(&ServerSnapshot::default());
        assert_eq!(since.keys().collect::<Vec<_>>(), ["evalsha"]);
        assert_eq!(after.questions_usec_since(&ServerSnapshot::default()), 60);
    }
}
