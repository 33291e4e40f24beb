//! Whether the load came to a steady state, and from when: the rule MSER-5.
//!
//! Figures of a load that is still settling mix two things. The rule (K. P. White, "An effective truncation heuristic
//! for bias reduction in simulation output", Simulation 69(6), 1997; its batches of five: K. P. White, M. J. Cobb, S. C.
//! Spratt, "A comparison of five steady-state truncation heuristics for simulation", WSC 2000) finds where the settling ends: the
//! response times of joins, in the order in which they were due, are averaged in batches of five, Z₁ … Zₘ; of all
//! *d* the one is taken for which the marginal standard error of what is left, Σ (Zⱼ − Z̄)² / (m − d)² over j > d, is
//! smallest. Where that *d* lies in the second half the load was too short to tell a steady state from a quiet
//! moment: not reached. The last five batches alone are never left over, since so few may agree by chance.
//!
//! Looked at is the load after its planned rate has stopped changing. A rate that the queue cannot keep up with has no
//! steady state: the response times grow for as long as it lasts.

use super::Steady;
use super::joins::Join;
use crate::history::History;
use crate::model::LoadKind;

/// Response times in a batch.
const BATCH: usize = 5;

/// Fewer joins say nothing about a steady state.
const JOINS_MIN: usize = 100;

/// Batches that are never left over alone.
const LEFT_MIN: usize = 5;

/// Whether the joins of a load came to a steady state. `joins` are in order of their time due; the load began at `begin_ns`.
pub(super) fn steady(history: &History, joins: &[Join], begin_ns: u64) -> Steady {
    let unknown = |why: String| Steady { reached: None, from_ms: None, samples: None, reason: Some(why) };
    let load = history.header.load.as_ref();
    if load.is_some_and(|load| load.kind == LoadKind::Flood) {
        return unknown("a flood is a series of rounds and has no steady state".to_owned());
    }
    let settled_ns = begin_ns.saturating_add(load.map_or(0, |load| load.changes_until_ns));
    let after = &joins[joins.partition_point(|join| join.due_ns < settled_ns)..];
    if after.len() < JOINS_MIN {
        return unknown(format!(
            "{} joins with a time due were answered after the planned rate stopped changing, and {JOINS_MIN} are needed",
            after.len()
        ));
    }
    let means = batch_means(after);
    let batches_cut = truncation(&means);
    if 2 * batches_cut > means.len() {
        return Steady {
            reached: Some(false),
            from_ms: None,
            samples: None,
            reason: Some(
                "response times still drift in the second half of the load; make it longer, or lower its rate"
                    .to_owned(),
            ),
        };
    }
    let cut = BATCH * batches_cut;
    Steady {
        reached: Some(true),
        from_ms: Some(ms(after[cut].due_ns.saturating_sub(begin_ns))),
        samples: Some((after.len() - cut) as u64),
        reason: None,
    }
}

/// Means of batches of response times; an unfinished batch is left out.
#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
fn batch_means(joins: &[Join]) -> Vec<f64> {
    let mean = |batch: &[Join]| batch.iter().map(|join| join.response_ns as f64).sum::<f64>() / BATCH as f64;
    joins.chunks_exact(BATCH).map(mean).collect()
}

/// How many batches to leave out in front: the first of those with the smallest marginal standard error.
#[expect(clippy::cast_precision_loss, reason = "no history has 2^53 batches")]
fn truncation(means: &[f64]) -> usize {
    // From the end, so that mean and sum of squares grow by one batch at a time (Welford 1962).
    let (mut mean, mut squares, mut best) = (0.0, 0.0, (f64::INFINITY, 0));
    for (left, value) in (1..).zip(means.iter().rev()) {
        let apart = value - mean;
        mean += apart / left as f64;
        squares += apart * (value - mean);
        let error = squares / (left * left) as f64;
        if left >= LEFT_MIN.min(means.len()) && error <= best.0 {
            best = (error, means.len() - left);
        }
    }
    best.1
}

#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    /// Joins one ms apart with these response times in µs, and some noise.
    fn series(count: u64, response_us: impl Fn(u64) -> f64) -> Vec<Join> {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let join = |number: u64| {
            let us = response_us(number) * (0.9 + 0.2 * rng.random::<f64>());
            Join { due_ns: number * 1_000_000, response_ns: (us * 1e3) as u64 }
        };
        (0..count).map(join).collect()
    }

    fn history(load: Option<crate::history::LoadFacts>) -> History {
        let mut history = crate::measure::samples::history();
        history.header.load = load;
        history
    }

    #[test]
    fn a_transient_that_is_known_is_cut_off_where_it_ends() {
        // Ten times as slow at first, falling over the first 300 of 2,000.
        let joins = series(2_000, |n| if n < 300 { 1_000.0 - 3.0 * n as f64 } else { 100.0 });
        let steady = steady(&history(None), &joins, 0);
        let from_ms = steady.from_ms.unwrap();
        assert_eq!((steady.reached, steady.reason), (Some(true), None));
        assert!((280.0..=320.0).contains(&from_ms), "{from_ms}");
        assert_eq!(steady.samples, Some(2_000 - from_ms as u64));
    }

    #[test]
    fn without_a_transient_nearly_all_is_kept() {
        let steady = steady(&history(None), &series(2_000, |_| 100.0), 0);
        assert!(steady.reached == Some(true) && steady.samples.unwrap() > 1_500, "{steady:?}");
    }

    #[test]
    fn what_grows_for_as_long_as_it_lasts_is_not_steady() {
        for joins in [series(2_000, |n| 100.0 + n as f64), series(2_000, |n| if n < 1_500 { 500.0 } else { 100.0 })] {
            let steady = steady(&history(None), &joins, 0);
            assert_eq!((steady.reached, steady.from_ms, steady.samples), (Some(false), None, None));
            assert!(steady.reason.unwrap().starts_with("response times still drift"));
        }
    }

    #[test]
    fn a_ramp_is_no_part_of_it() {
        let mut load = crate::measure::samples::load_facts(LoadKind::Open);
        load.changes_until_ns = 1_000_000_000;
        // Slow while the rate climbs, up to the middle of the second that begins at 0.5 s of the run.
        let joins = series(3_000, |n| if n < 1_500 { 900.0 } else { 100.0 });
        let steady = steady(&history(Some(load)), &joins, 500_000_000);
        assert_eq!(steady.reached, Some(true));
        assert!(steady.from_ms.unwrap() >= 1_000.0, "{steady:?}");
    }

    #[test]
    fn floods_and_short_loads_say_why_there_is_none() {
        let flood = crate::measure::samples::load_facts(LoadKind::Flood);
        let told = |load, count| steady(&history(load), &series(count, |_| 100.0), 0);
        let flood = told(Some(flood), 2_000);
        assert!(flood.reached.is_none() && flood.reason.unwrap().contains("has no steady state"));
        let short = told(None, 99);
        assert!(short.reached.is_none() && short.reason.unwrap().starts_with("99 joins"));
        assert!(told(None, 100).reached.is_some());
    }
}
