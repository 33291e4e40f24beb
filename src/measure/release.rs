//! How simultaneous a flood was. A round that was meant to be sent at once takes time to send, and a race can only
//! show among requests that are under way together.

use std::collections::BTreeMap;

use super::Release;
use crate::history::History;
use crate::model::{LoadKind, OpKind, Phase};

/// What is known of a round.
struct Round {
    requests: u64,
    first_sent_ns: u64,
    last_sent_ns: u64,
    first_returned_ns: Option<u64>,
}

/// The release of the rounds of a flood, or why there is none. A round is the first attempts of the joins of the load
/// phase that were due at one time; a round of one request is none.
pub(super) fn release(history: &History) -> Result<Release, &'static str> {
    match history.header.load.as_ref().map(|load| load.kind) {
        Some(LoadKind::Flood) => {}
        Some(_) => return Err("only a flood releases requests together"),
        None => return Err("the history does not say how its load was driven"),
    }
    let mut rounds: BTreeMap<u64, Round> = BTreeMap::new();
    let joins = history.records.rows().filter(|record| record.kind() == OpKind::Join && record.phase() == Phase::Load);
    for record in joins.filter(|record| record.attempt() == 0) {
        let Some(due_ns) = record.intended_ns() else { continue };
        let (sent_ns, returned_ns) = (record.sent_ns(), record.returned_ns());
        let round = rounds.entry(due_ns).or_insert(Round {
            requests: 0,
            first_sent_ns: sent_ns,
            last_sent_ns: sent_ns,
            first_returned_ns: None,
        });
        round.requests += 1;
        round.first_sent_ns = round.first_sent_ns.min(sent_ns);
        round.last_sent_ns = round.last_sent_ns.max(sent_ns);
        round.first_returned_ns = match (round.first_returned_ns, returned_ns) {
            (Some(first), Some(returned)) => Some(first.min(returned)),
            (first, returned) => first.or(returned),
        };
    }
    rounds.retain(|_, round| round.requests > 1);
    let mut spreads_ns: Vec<u64> = rounds.values().map(|round| round.last_sent_ns - round.first_sent_ns).collect();
    spreads_ns.sort_unstable();
    let Some(max_ns) = spreads_ns.last() else { return Err("no round of the flood had two joins") };
    let together =
        rounds.values().filter(|round| round.first_returned_ns.is_none_or(|first| round.last_sent_ns < first));
    Ok(Release {
        rounds: rounds.len() as u64,
        requests: rounds.values().map(|round| round.requests).sum(),
        spread_p50_us: us(nearest_rank(&spreads_ns, 50)),
        spread_p99_us: us(nearest_rank(&spreads_ns, 99)),
        spread_max_us: us(*max_ns),
        all_under_way_share: together.count() as f64 / rounds.len() as f64,
    })
}

/// The value at a percentile of a sorted list that is not empty, by nearest rank.
pub(super) fn nearest_rank(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
pub(super) fn us(ns: u64) -> f64 {
    ns as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::samples::{history, join, load_facts};

    /// A flood of rounds, each a list of sent and returned times in µs after its release.
    fn flood(rounds: &[&[(u64, u64)]]) -> History {
        let mut flood = history();
        flood.header.load = Some(load_facts(LoadKind::Flood));
        let mut records = Vec::new();
        for (number, round) in (1..).zip(rounds) {
            let due_us = number * 1_000_000;
            for (sent_us, returned_us) in *round {
                let op = records.len() as u64;
                records.push(join(op, due_us * 1_000, (due_us + sent_us) * 1_000, (due_us + returned_us) * 1_000));
            }
        }
        flood.records = records.into();
        flood
    }

    #[test]
    fn the_spread_runs_from_the_first_send_of_a_round_to_its_last() {
        let release = release(&flood(&[&[(5, 100), (7, 90), (35, 80)], &[(0, 100), (10, 120)], &[(3, 4)]])).unwrap();
        assert_eq!((release.rounds, release.requests), (2, 5), "a round of one is none");
        assert_eq!((release.spread_p50_us, release.spread_p99_us, release.spread_max_us), (10.0, 30.0, 30.0));
        assert_eq!(release.all_under_way_share, 1.0);
    }

    #[test]
    fn a_round_whose_first_answer_came_before_its_last_request_was_not_all_under_way() {
        let release = release(&flood(&[&[(0, 20), (30, 50)], &[(0, 50), (30, 60)], &[(0, 30), (30, 60)]])).unwrap();
        assert!((release.all_under_way_share - 1.0 / 3.0).abs() < 1e-12, "{release:?}");
    }

    #[test]
    fn other_loads_say_why_they_have_none() {
        let mut other = flood(&[&[(0, 1), (1, 2)]]);
        for (kind, why) in [(Some(LoadKind::Open), "only a flood"), (None, "does not say how")] {
            other.header.load = kind.map(load_facts);
            assert!(release(&other).unwrap_err().contains(why));
        }
        assert!(release(&flood(&[&[(0, 1)]])).unwrap_err().contains("no round"));
    }
}
