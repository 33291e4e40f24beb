//! The samples behind the figures of the load phase, in order of time: for whoever must know how they hang together.

use std::collections::BTreeMap;

use super::Clock;
use super::latency::{answered, each};
use super::throughput::load_ns;
use crate::history::History;
use crate::model::{OpKind, Phase};

/// A latency and its place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timed {
    /// When the operation was due (sent, where nobody planned it), ns since the run began.
    pub due_ns: u64,
    /// How long it took, ns.
    pub took_ns: u64,
}

/// The latencies of the load phase on the response and service clocks, as `Measurements` counts them, in the order in
/// which they were due. No list is empty.
#[must_use]
pub fn latencies(history: &History) -> BTreeMap<(OpKind, Clock), Vec<Timed>> {
    let mut lists: BTreeMap<(OpKind, Clock), Vec<Timed>> = BTreeMap::new();
    each(history, |(op, phase, clock), due_ns, took_ns| {
        if phase == Phase::Load && clock != Clock::SendLag {
            lists.entry((op, clock)).or_default().push(Timed { due_ns, took_ns });
        }
    });
    lists.values_mut().for_each(|list| list.sort_unstable());
    lists
}

/// When the load began, and when each of its joins was answered, ascending, ns since the run began: what
/// joins per second are counted from. `None` if none was answered.
#[must_use]
pub fn answers(history: &History) -> Option<(u64, Vec<u64>)> {
    let (begin_ns, _) = load_ns(history)?;
    let joins = history.records.rows().filter(|record| record.phase() == Phase::Load && record.kind() == OpKind::Join);
    let mut times_ns: Vec<u64> = joins.filter(answered).filter_map(|record| record.returned_ns()).collect();
    times_ns.sort_unstable();
    (!times_ns.is_empty()).then_some((begin_ns, times_ns))
}

/// Commands of each operation of the load phase that sent any, in the order of their first attempts.
#[must_use]
pub fn command_counts(history: &History) -> Vec<u64> {
    let mut places = std::collections::HashMap::new();
    let mut counts = Vec::new();
    for record in history.records.rows().filter(|record| record.phase() == Phase::Load && record.commands() > 0) {
        let place = *places.entry(record.op()).or_insert_with(|| {
            counts.push(0);
            counts.len() - 1
        });
        counts[place] += u64::from(record.commands());
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Header, Names, Record, RunEnd, SCHEMA};
    use crate::measure::measure;
    use crate::model::{ClientId, DedupeKey, Entry, OpId, Operation, Outcome, Terms, Token, UserId};

    /// Joins due every 10 ns, answered after 100, 101, … ns; the last ones come first in the file.
    fn history(count: u64) -> History {
        let record = |n: u64| Record {
            op: OpId(n),
            attempt: 0,
            client: ClientId(1),
            phase: if n == 0 { Phase::WarmUp } else { Phase::Load },
            intended_ns: Some(n * 10),
            sent_ns: n * 10 + 5,
            returned_ns: Some(n * 10 + 100 + n),
            call: Operation::Join(Entry { user: UserId(n), token: Token(n), dedupe: DedupeKey(n) }),
            outcome: Outcome::Joined,
            reply_dropped: false,
            commands: 1 + u32::from(n.is_multiple_of(2)),
            round_trips: 1,
            bytes_sent: 1,
            bytes_received: 1,
        };
        let header = Header {
            schema: SCHEMA,
            tool: String::new(),
            scenario: "s".to_owned(),
            queue: "list".to_owned(),
            seed: 1,
            plan_hash: "00".to_owned(),
            terms: Terms::default(),
            end: RunEnd::Complete,
            notes: Vec::new(),
            drained: true,
            load_ns: Some((3, 10_000)),
            offered_joins_per_s: None,
            server: None,
            load: None,
            server_series: None,
            schedule: None,
        };
        History { header, records: (0..count).rev().map(record).collect(), names: Names::default() }
    }

    #[test]
    fn the_samples_are_those_that_the_figures_count() {
        let history = history(300);
        let (lists, measured) = (latencies(&history), measure(&history));
        assert_eq!(lists.len(), 2, "two clocks of one operation");
        for ((op, clock), list) in &lists {
            let row = measured.latency.iter().find(|row| (row.op, row.clock, row.phase) == (*op, *clock, Phase::Load));
            assert_eq!(row.map(|row| row.count), Some(list.len() as u64));
            assert!(list.is_sorted_by_key(|sample| sample.due_ns), "in order of time");
        }
        assert_eq!(lists[&(OpKind::Join, Clock::Response)][0], Timed { due_ns: 10, took_ns: 101 });
        assert_eq!(lists[&(OpKind::Join, Clock::Service)][0], Timed { due_ns: 10, took_ns: 96 });
        let (begin_ns, times_ns) = answers(&history).unwrap();
        let per_s = times_ns.len() as f64 * 1e9 / (times_ns.last().unwrap() - begin_ns) as f64;
        assert_eq!(measured.throughput.achieved_per_s, Some(per_s));
        let counts = command_counts(&history);
        let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
        assert_eq!(measured.cost.commands_per_op, Some(mean));
    }
}
