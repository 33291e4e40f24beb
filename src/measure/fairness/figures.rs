//! The figures of fairness, as they stand in result.json: their field names are binding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How far the order of admission strays from the order of joining. A number, not a verdict. Only what is certain counts:
/// b overtook a if a's join was answered before b's was sent, and b's admission before a's was sent (or if one answer lists
/// b before a).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Fairness {
    /// Admitted tokens that the figures are about.
    pub admitted: u64,
    /// Neighbours in the order of admission whose joins were certainly in the other order.
    pub adjacent_inversions: u64,
    /// The largest number of certain overtakers of one token.
    pub max_overtakes: u64,
    /// Users with at least one certain overtaker.
    pub overtaken_users: u64,
    /// The largest distance that is certain between a token's place by joining and its place by admission; 0 for an exact
    /// queue, however concurrent.
    pub max_displacement: u64,
    /// By how many the overtaken tokens were overtaken; `null` if none was.
    #[serde(default)]
    pub overtakes: Option<Overtakes>,
    /// How much longer the overtaken tokens certainly waited than they would have, had the same admissions let people in in
    /// the order of joining; `null` if none was overtaken.
    #[serde(default)]
    pub wait_lost: Option<WaitLost>,
    /// The smallest k for which no admission certainly let in a token that was not among the k oldest in line; 1 for an
    /// exact queue. `null` only in a result of an older version.
    #[serde(default)]
    pub k_fifo: Option<u64>,
    /// How far each clock would have to be off, ns, before nobody was certainly overtaken: the smallest δ such that nobody
    /// is once every request is taken to begin δ earlier and every answer to come δ later; 0 if nobody was overtaken. `null`
    /// only in a result of an older version.
    #[serde(default)]
    pub clock_slack_ns: Option<u64>,
    /// Why a figure is missing, by its name.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
}

impl Fairness {
    /// The figures of so many admitted tokens of which none certainly overtook another.
    ///
    /// A distance between places would take one, too: who is let in behind more than can have joined before it is
    /// behind somebody who certainly joined later.
    pub(super) fn in_order(admitted: u64) -> Fairness {
        let reason = |name: &str| (name.to_owned(), "nobody was certainly overtaken".to_owned());
        Fairness {
            admitted,
            adjacent_inversions: 0,
            max_overtakes: 0,
            overtaken_users: 0,
            max_displacement: 0,
            overtakes: None,
            wait_lost: None,
            k_fifo: Some(1),
            clock_slack_ns: Some(0),
            reasons: ["overtakes", "wait_lost"].map(reason).into_iter().collect(),
        }
    }
}

/// By how many tokens were overtaken, of those that were. Percentiles are nearest-rank: the smallest number that so many of
/// the tokens do not exceed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Overtakes {
    /// Tokens with at least one certain overtaker; never zero.
    pub tokens: u64,
    /// Median number of overtakers.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Tokens by the number of their overtakers, in bands of doubling width; bands without tokens are left out.
    pub bands: Vec<OvertakesBand>,
}

/// Tokens with so many overtakers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OvertakesBand {
    /// The fewest overtakers: 1, 2, 4, 8, …
    pub from: u64,
    /// The most: 1, 3, 7, 15, …
    pub to: u64,
    /// How many tokens.
    pub tokens: u64,
}

/// How much longer overtaken tokens certainly waited because others went first, ns; 0 for one whose turn came no later for
/// it. Percentiles are over the overtaken tokens, nearest-rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WaitLost {
    /// All of them together.
    pub sum_ns: u64,
    /// Median.
    pub p50_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// Largest.
    pub max_ns: u64,
}

/// The smallest of these ascending numbers that `percent` of them do not exceed.
fn nearest_rank(ascending: &[u64], percent: usize) -> u64 {
    let rank = (ascending.len() * percent).div_ceil(100).max(1);
    ascending.get(rank - 1).copied().unwrap_or(0)
}

impl Overtakes {
    /// Of the numbers of overtakers of each token that has one.
    pub(super) fn of(mut counts: Vec<u64>) -> Option<Overtakes> {
        counts.sort_unstable();
        counts.first()?;
        let band = |counts: &[u64]| {
            let from = 1 << counts[0].ilog2();
            OvertakesBand { from, to: from + (from - 1), tokens: counts.len() as u64 }
        };
        Some(Overtakes {
            tokens: counts.len() as u64,
            p50: nearest_rank(&counts, 50),
            p90: nearest_rank(&counts, 90),
            p99: nearest_rank(&counts, 99),
            bands: counts.chunk_by(|a, b| a.ilog2() == b.ilog2()).map(band).collect(),
        })
    }
}

impl WaitLost {
    /// Of what each overtaken token lost, ns.
    pub(super) fn of(mut lost_ns: Vec<u64>) -> Option<WaitLost> {
        lost_ns.sort_unstable();
        Some(WaitLost {
            sum_ns: lost_ns.iter().fold(0, |sum: u64, ns| sum.saturating_add(*ns)),
            p50_ns: nearest_rank(&lost_ns, 50),
            p99_ns: nearest_rank(&lost_ns, 99),
            max_ns: *lost_ns.last()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_double_in_width_and_percentiles_are_numbers_that_were_counted() {
        let overtakes = Overtakes::of(vec![7, 1, 2, 3, 8, 1, 4, 1, 1, 1]).unwrap();
        let bands: Vec<_> = overtakes.bands.iter().map(|band| (band.from, band.to, band.tokens)).collect();
        assert_eq!(bands, [(1, 1, 5), (2, 3, 2), (4, 7, 2), (8, 15, 1)]);
        assert_eq!((overtakes.tokens, overtakes.p50, overtakes.p90, overtakes.p99), (10, 1, 7, 8));
        assert_eq!(Overtakes::of(vec![u64::MAX]).unwrap().bands[0].to, u64::MAX);
        assert_eq!(Overtakes::of(Vec::new()), None);
    }

    #[test]
    fn what_was_lost_is_summed_without_running_over() {
        let lost = WaitLost::of(vec![0, u64::MAX, 5]).unwrap();
        assert_eq!((lost.sum_ns, lost.p50_ns, lost.p99_ns, lost.max_ns), (u64::MAX, 5, u64::MAX, u64::MAX));
        assert_eq!(WaitLost::of(Vec::new()), None);
    }
}
