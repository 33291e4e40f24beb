//! How many waited over time, as far as the answers tell.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::series::Bins;
use crate::history::{History, Row};
use crate::model::{OpId, OpKind, Outcome, Phase};

/// Entries in line at the end of each bin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// Where they are known from.
    pub known_from: WaitingSource,
    /// A value for each bin; `null` where nobody asked.
    pub entries: Vec<Option<u64>>,
}

/// How it is known how many waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingSource {
    /// Joins that were answered as accepted until then, those of the warm-up included, less what was answered as admitted or
    /// left. What was never answered is not counted.
    JoinsMinusRemovals,
    /// What the queue itself answered last in the bin, where entries also go without any answer that names them.
    Stats,
}

/// How many waited, or why nobody can tell.
pub(super) fn waiting(history: &History, bins: &Bins) -> Result<Waiting, &'static str> {
    let swept = history.records.rows().any(|row| row.kind() == OpKind::Sweep);
    if history.header.terms.ttl_ns.is_some() || swept {
        let entries = asked(history, bins);
        return if entries.iter().any(Option::is_some) {
            Ok(Waiting { known_from: WaitingSource::Stats, entries })
        } else {
            Err("entries expire without an answer that names them, and the queue was not asked how many wait")
        };
    }
    Ok(Waiting { known_from: WaitingSource::JoinsMinusRemovals, entries: counted(history, bins) })
}

/// The last answer of the queue in each bin.
fn asked(history: &History, bins: &Bins) -> Vec<Option<u64>> {
    let mut entries: Vec<Option<(u64, u64)>> = vec![None; bins.count];
    for row in history.records.rows().filter(|row| row.kind() == OpKind::Stats && row.phase() == Phase::Load) {
        if let (Some(returned_ns), Outcome::Stats(stats)) = (row.returned_ns(), row.outcome())
            && let Some(bin) = bins.of(returned_ns)
            && entries[bin].is_none_or(|(before_ns, _)| before_ns <= returned_ns)
        {
            entries[bin] = Some((returned_ns, stats.entries));
        }
    }
    entries.into_iter().map(|last| last.map(|(_, entries)| entries)).collect()
}

/// Accepted less removed at the end of each bin, by the times of the answers.
fn counted(history: &History, bins: &Bins) -> Vec<Option<u64>> {
    let mut change = vec![0_i64; bins.count];
    // Operations of several attempts that were counted already: an answer that is repeated changes nothing again.
    let mut counted: HashSet<OpId> = HashSet::new();
    let again: HashSet<OpId> = history.records.rows().filter(|row| row.attempt() > 0).map(|row| row.op()).collect();
    for row in history.records.rows() {
        let by = change_of(&row);
        let Some(returned_ns) = row.returned_ns().filter(|returned_ns| by != 0 && *returned_ns <= bins.end_ns) else {
            continue;
        };
        if again.contains(&row.op()) && !counted.insert(row.op()) {
            continue;
        }
        // What was answered before the load is in its first bin already.
        if let Some(bin) = bins.of(returned_ns.max(bins.begin_ns)) {
            change[bin] += by;
        }
    }
    let mut waiting = 0;
    let ends = change.into_iter().map(|by| {
        waiting += by;
        // A broken queue may let in more than joined.
        Some(u64::try_from(waiting).unwrap_or(0))
    });
    ends.collect()
}

/// What an answer says of the length of the line.
fn change_of(row: &Row<'_>) -> i64 {
    match row.outcome() {
        Outcome::Joined => 1,
        // The place that this very join got when its first answer was lost.
        Outcome::Duplicate(token)
            if row.attempt() > 0 && row.call().entry().is_some_and(|entry| entry.token == token) =>
        {
            1
        }
        Outcome::Admitted(tokens) => -i64::try_from(tokens.len()).unwrap_or(i64::MAX),
        Outcome::Left => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Record;
    use crate::measure::samples::{history, join};
    use crate::model::{BatchId, Operation, QueueStats, Token, UnknownCause};

    const MS: u64 = 1_000_000;

    fn at(op: u64, ms: u64) -> Record {
        join(op, ms * MS, ms * MS, (ms + 1) * MS)
    }

    fn admitted(op: u64, ms: u64, tokens: &[u64]) -> Record {
        let call = Operation::Admit { count: 9, batch: BatchId(op) };
        Record { call, outcome: Outcome::Admitted(tokens.iter().copied().map(Token).collect()), ..at(op, ms) }
    }

    fn measured(records: Vec<Record>, ttl_ns: Option<u64>) -> Result<Waiting, &'static str> {
        let mut history = history();
        history.header.terms.ttl_ns = ttl_ns;
        history.records = records.into();
        waiting(&history, &Bins::over(100 * MS, 400 * MS).unwrap())
    }

    #[test]
    fn the_line_is_what_was_accepted_less_what_was_let_in() {
        let warm_up = Record { phase: Phase::WarmUp, ..at(0, 5) };
        let left =
            Record { call: Operation::Leave(at(1, 0).call.entry().unwrap()), outcome: Outcome::Left, ..at(9, 350) };
        let drain = Record { phase: Phase::Drain, ..admitted(10, 500, &[3]) };
        let records = vec![warm_up, at(1, 110), at(2, 120), at(3, 210), admitted(8, 220, &[0, 2]), left, drain];
        let waiting = measured(records, None).unwrap();
        assert_eq!(waiting.known_from, WaitingSource::JoinsMinusRemovals);
        assert_eq!(waiting.entries, [Some(3), Some(2), Some(1)]);
    }

    #[test]
    fn an_answer_that_is_repeated_changes_nothing_again() {
        let lost = Record { outcome: Outcome::Unknown(UnknownCause::TimedOut), returned_ns: None, ..at(1, 110) };
        let found = Record { attempt: 1, outcome: Outcome::Duplicate(Token(1)), ..at(1, 120) };
        let click = Record { outcome: Outcome::Duplicate(Token(1)), ..at(2, 130) };
        let dropped = Record { reply_dropped: true, ..admitted(3, 210, &[1]) };
        let repeated = Record { attempt: 1, ..admitted(3, 310, &[1]) };
        let waiting = measured(vec![lost, found, click, at(4, 140), dropped, repeated], None).unwrap();
        assert_eq!(waiting.entries, [Some(2), Some(1), Some(1)]);
    }

    #[test]
    fn where_entries_expire_only_the_queue_can_tell() {
        assert!(measured(vec![at(1, 110)], Some(1)).unwrap_err().contains("was not asked"));
        let stats = |op, ms, entries| Record {
            call: Operation::Stats,
            outcome: Outcome::Stats(QueueStats { users: entries, entries }),
            ..at(op, ms)
        };
        let waiting = measured(vec![stats(1, 110, 7), stats(2, 150, 6), stats(3, 320, 2)], Some(1)).unwrap();
        assert_eq!(waiting.known_from, WaitingSource::Stats);
        assert_eq!(waiting.entries, [Some(6), None, Some(2)]);
    }
}
