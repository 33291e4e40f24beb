//! Joins answered per second while the load lasted.

use super::Throughput;
use super::latency::answered;
use crate::history::History;
use crate::model::{OpKind, Phase};

/// The load phase, from begin to end, in ns. A history that does not say it is measured from its first
/// request to its last reply.
pub(super) fn load_ns(history: &History) -> Option<(u64, u64)> {
    history.header.load_ns.or_else(|| {
        let records = || history.records.iter().filter(|record| record.phase == Phase::Load);
        let begin = records().map(|record| record.sent_ns).min()?;
        Some((begin, records().filter_map(|record| record.returned_ns).max()?))
    })
}

/// The length of the load phase in seconds, or why there is none.
#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
pub(super) fn load_s(history: &History) -> Result<f64, &'static str> {
    let (begin, end) = load_ns(history).ok_or("nothing was answered in the load phase")?;
    match end.checked_sub(begin) {
        None | Some(0) => Err("the load phase has no length"),
        Some(ns) => Ok(ns as f64 / 1e9),
    }
}

/// Counts the joins whose reply came within the load phase, whether accepted or duplicate.
#[expect(clippy::cast_precision_loss, reason = "no history holds 2^53 joins")]
pub(super) fn throughput(history: &History) -> Throughput {
    let within = load_ns(history).map_or(0..=0, |(begin, end)| begin..=end);
    let joins = history
        .records
        .iter()
        .filter(|record| record.phase == Phase::Load && record.call.kind() == OpKind::Join && answered(record))
        .filter(|record| record.returned_ns.is_some_and(|returned| within.contains(&returned)))
        .count();
    let achieved = load_s(history).and_then(|seconds| match joins {
        0 => Err("no join was answered in the load phase"),
        joins => Ok(joins as f64 / seconds),
    });
    let offered_per_s = history.header.offered_joins_per_s;
    let closed = "the history names no offered rate: a closed loop offers what it gets";
    let reason = match (offered_per_s, achieved) {
        (_, Err(why)) => Some(why.to_owned()),
        (None, Ok(_)) => Some(closed.to_owned()),
        (Some(_), Ok(_)) => None,
    };
    Throughput { offered_per_s, achieved_per_s: achieved.ok(), reason }
}
