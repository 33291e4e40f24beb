//! Joins answered per second while the load lasted.

use super::Throughput;
use super::latency::answered;
use crate::history::History;
use crate::model::{OpKind, Phase};

/// The load phase, from begin to end, in ns. A history that does not say it is measured from its first
/// request to its last reply.
pub(super) fn load_ns(history: &History) -> Option<(u64, u64)> {
    history.header.load_ns.or_else(|| {
        let records = || history.records.rows().filter(|record| record.phase() == Phase::Load);
        let begin = records().map(|record| record.sent_ns()).min()?;
        Some((begin, records().filter_map(|record| record.returned_ns()).max()?))
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

/// Joins of the load phase per second: those offered until the last was due, and those answered (accepted
/// or duplicate) until the last reply. What users do after the last join is no part of either.
pub(super) fn throughput(history: &History) -> Throughput {
    let begin_ns = load_ns(history).map_or(0, |(begin, _)| begin);
    let joins =
        || history.records.rows().filter(|record| record.phase() == Phase::Load && record.kind() == OpKind::Join);
    let offered = joins().filter(|record| record.attempt() == 0).filter_map(|record| record.intended_ns());
    let answered = joins().filter(answered).filter_map(|record| record.returned_ns());
    let achieved = per_s(answered, begin_ns).ok_or("no join was answered in the load phase");
    // Only an open loop offers a rate; the history says which it was, and its own joins say how much.
    let offered_per_s = history.header.offered_joins_per_s.and_then(|_| per_s(offered, begin_ns));
    let closed = "the history names no offered rate: only an open loop offers one";
    let reason = match (offered_per_s, achieved) {
        (_, Err(why)) => Some(why.to_owned()),
        (None, Ok(_)) => Some(closed.to_owned()),
        (Some(_), Ok(_)) => None,
    };
    Throughput { offered_per_s, achieved_per_s: achieved.ok(), reason }
}

/// How many per second, from the beginning to the last of them.
#[expect(clippy::cast_precision_loss, reason = "no history holds 2^53 joins, and 2^53 ns are 104 days")]
fn per_s(times_ns: impl Iterator<Item = u64>, begin_ns: u64) -> Option<f64> {
    let (mut count, mut last_ns) = (0_u64, begin_ns);
    for time_ns in times_ns {
        count += 1;
        last_ns = last_ns.max(time_ns);
    }
    (last_ns > begin_ns).then(|| count as f64 * 1e9 / (last_ns - begin_ns) as f64)
}
