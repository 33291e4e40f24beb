//! Client and server on one axis of time: bins of one length over the load phase.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::joins::Join;
use super::latency::answered;
use super::release::{nearest_rank, us};
use super::server_columns::{ServerColumns, server_columns};
use super::throughput::load_ns;
use super::waiting::{Waiting, waiting};
use crate::history::History;
use crate::model::{OpKind, Outcome, Phase};

/// The shortest bin. Server samples come no faster.
const BIN_NS: u64 = 100_000_000;

/// More bins than this are merged in pairs.
const BINS_MAX: u64 = 600;

/// Columns over time. All are of one length, a value for each bin; bin *i* holds what happened from `i × every_ns` to
/// `(i + 1) × every_ns` after the load began. The last may be cut short by the end of the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// When the load began, ns since the run began.
    pub begin_ns: u64,
    /// When it ended.
    pub end_ns: u64,
    /// The length of a bin, ns.
    pub every_ns: u64,
    /// Joins that were due in the bin; sent, where nobody planned.
    pub offered: Vec<u64>,
    /// Joins that were answered in the bin.
    pub answered: Vec<u64>,
    /// Response times of the joins that were due in the bin, whenever they were answered: median by nearest rank, µs; `null`
    /// where none was.
    pub p50_us: Vec<Option<f64>>,
    /// 99th percentile: with fewer than 100 of them the largest.
    pub p99_us: Vec<Option<f64>>,
    /// Largest.
    pub max_us: Vec<Option<f64>>,
    /// Entries in line at the end of the bin.
    pub waiting: Option<Waiting>,
    /// Entries that clean-ups said they removed, by the time of the answer.
    #[serde(default)]
    pub swept: Vec<u64>,
    /// Attempts of all operations that were sent in the bin and whose client got no answer: lost, kept from it on purpose, or
    /// it ended meanwhile.
    #[serde(default)]
    pub faults: Vec<u64>,
    /// What the server said of itself.
    pub server: Option<ServerColumns>,
    /// Why something above is `null`, by its name.
    pub reasons: BTreeMap<String, String>,
}

/// The bins of a load.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bins {
    pub(super) begin_ns: u64,
    pub(super) end_ns: u64,
    pub(super) every_ns: u64,
    pub(super) count: usize,
}

impl Bins {
    /// As many as it takes, each twice as long as long as there would be too many; `None`: the load has no length.
    pub(super) fn over(begin_ns: u64, end_ns: u64) -> Option<Bins> {
        let length_ns = end_ns.checked_sub(begin_ns).filter(|length_ns| *length_ns > 0)?;
        let mut every_ns = BIN_NS;
        while length_ns.div_ceil(every_ns) > BINS_MAX {
            every_ns = every_ns.saturating_mul(2);
        }
        let count = usize::try_from(length_ns.div_ceil(every_ns)).ok()?;
        Some(Bins { begin_ns, end_ns, every_ns, count })
    }

    /// The bin of a time; what happened at the very end belongs to the last. `None` outside the load.
    pub(super) fn of(&self, at_ns: u64) -> Option<usize> {
        let since_ns = at_ns.checked_sub(self.begin_ns).filter(|_| at_ns <= self.end_ns)?;
        usize::try_from(since_ns / self.every_ns).ok().map(|bin| bin.min(self.count - 1))
    }

    /// Begin and end of a bin.
    pub(super) fn span_ns(&self, bin: usize) -> (u64, u64) {
        let at = |bin: usize| self.begin_ns.saturating_add(self.every_ns.saturating_mul(bin as u64)).min(self.end_ns);
        (at(bin), at(bin + 1))
    }
}

/// The series of a history, or why there is none. `joins` are its answered joins.
pub(super) fn series(history: &History, joins: &[Join]) -> Result<Series, &'static str> {
    let (begin_ns, end_ns) = load_ns(history).ok_or("nothing was answered in the load phase")?;
    let bins = Bins::over(begin_ns, end_ns).ok_or("the load phase has no length")?;
    let (mut offered, mut ended) = (vec![0; bins.count], vec![0; bins.count]);
    let rows = history.records.rows().filter(|row| row.kind() == OpKind::Join && row.phase() == Phase::Load);
    for row in rows {
        let count = |column: &mut Vec<u64>, at_ns: Option<u64>| {
            if let Some(bin) = at_ns.and_then(|at_ns| bins.of(at_ns)) {
                column[bin] += 1;
            }
        };
        if row.attempt() == 0 {
            count(&mut offered, Some(row.intended_ns().unwrap_or(row.sent_ns())));
        }
        if answered(&row) {
            count(&mut ended, row.returned_ns());
        }
    }
    let (swept, faults) = mishaps(history, &bins);
    let mut responses_ns: Vec<Vec<u64>> = vec![Vec::new(); bins.count];
    for join in joins {
        if let Some(bin) = bins.of(join.due_ns) {
            responses_ns[bin].push(join.response_ns);
        }
    }
    responses_ns.iter_mut().for_each(|bin| bin.sort_unstable());
    let column = |percent| -> Vec<Option<f64>> {
        responses_ns.iter().map(|bin| (!bin.is_empty()).then(|| us(nearest_rank(bin, percent)))).collect()
    };
    let mut reasons = BTreeMap::new();
    let mut told = |name: &str, why: String| drop(reasons.insert(name.to_owned(), why));
    let waiting = waiting(history, &bins).map_err(|why| told("waiting", why.to_owned())).ok();
    let server = server_columns(history, &bins).map_err(|why| told("server", why)).ok();
    Ok(Series {
        begin_ns,
        end_ns,
        every_ns: bins.every_ns,
        offered,
        answered: ended,
        p50_us: column(50),
        p99_us: column(99),
        max_us: column(100),
        waiting,
        swept,
        faults,
        server,
        reasons,
    })
}

/// What clean-ups removed, and the attempts whose client got no answer, bin by bin.
fn mishaps(history: &History, bins: &Bins) -> (Vec<u64>, Vec<u64>) {
    let (mut swept, mut faults) = (vec![0; bins.count], vec![0; bins.count]);
    for row in history.records.rows() {
        let outcome = (row.kind() == OpKind::Sweep).then(|| row.outcome());
        if let (Some(Outcome::Swept(removed)), Some(returned_ns)) = (outcome, row.returned_ns())
            && let Some(bin) = bins.of(returned_ns)
        {
            swept[bin] += removed;
        }
        if (row.reply_dropped() || row.returned_ns().is_none())
            && let Some(bin) = bins.of(row.sent_ns())
        {
            faults[bin] += 1;
        }
    }
    (swept, faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::joins::joins;
    use crate::measure::samples::{history, join};

    fn measured(load_ns: (u64, u64), records: Vec<crate::history::Record>) -> Result<Series, &'static str> {
        let mut history = history();
        history.header.load_ns = Some(load_ns);
        history.records = records.into();
        series(&history, &joins(&history))
    }

    #[test]
    fn a_stall_shows_where_its_joins_were_due_and_not_where_they_were_answered() {
        const MS: u64 = 1_000_000;
        // One join every 10 ms; those due from 100 to 199 ms are answered at 350 ms.
        let records = (0..40).map(|n| {
            let due_ns = n * 10 * MS;
            let stalled = (10..20).contains(&n);
            join(n, due_ns, due_ns, if stalled { 350 * MS } else { due_ns + MS })
        });
        let series = measured((0, 400 * MS), records.collect()).unwrap();
        assert_eq!(
            (series.every_ns, &series.offered, &series.answered),
            (100 * MS, &vec![10; 4], &vec![10, 0, 10, 20])
        );
        assert_eq!(series.p50_us, [Some(1e3), Some(200e3), Some(1e3), Some(1e3)]);
        assert_eq!(series.max_us, [Some(1e3), Some(250e3), Some(1e3), Some(1e3)]);
        assert_eq!(series.p99_us, series.max_us, "of ten the largest");
    }

    #[test]
    fn a_bin_without_joins_has_no_response_time() {
        let series =
            measured((0, 250_000_000), vec![join(0, 0, 0, 1_000), join(1, 240_000_000, 240_000_000, 250_000_000)]);
        let series = series.unwrap();
        assert_eq!(series.offered, [1, 0, 1]);
        assert_eq!((series.answered, series.max_us), (vec![1, 0, 1], vec![Some(1.0), None, Some(10_000.0)]));
        assert!(series.reasons["server"].contains("does not say"));
    }

    #[test]
    fn a_long_load_has_longer_bins_and_never_too_many() {
        for length_ns in [1, 100_000_000, 60_000_000_000, 60_000_000_001, 3_600_000_000_000, u64::MAX] {
            let bins = Bins::over(0, length_ns).unwrap();
            assert!(bins.count as u64 <= BINS_MAX && bins.count > 0, "{length_ns}: {bins:?}");
            assert_eq!((bins.of(0), bins.of(length_ns)), (Some(0), Some(bins.count - 1)));
            assert_eq!(bins.span_ns(bins.count - 1).1, length_ns);
        }
        assert_eq!(Bins::over(0, 60_000_000_000).unwrap().every_ns, 100_000_000);
        assert_eq!(Bins::over(0, 60_000_000_001).unwrap().every_ns, 200_000_000);
        assert!(measured((5, 5), Vec::new()).is_err() && measured((5, 4), Vec::new()).is_err());
    }
}
