//! How sure the percentiles of a load are: 95 % intervals by a block bootstrap.

use std::collections::BTreeMap;

use super::blocks::{BLOCKS, quantile_interval};
use super::timed::Timed;

/// Samples that an interval takes: the median needs ten in each block, the 99th percentile one beyond it in each.
const SAMPLES_MIN: [(f64, usize); 2] = [(0.5, 10 * BLOCKS), (0.99, 100 * BLOCKS)];

/// An interval that reaches over more than this factor tells nothing.
const RATIO_MAX: f64 = 30.0;

/// Intervals of one latency, µs.
pub(super) struct Intervals {
    pub(super) p50_us: Option<[f64; 2]>,
    pub(super) p99_us: Option<[f64; 2]>,
    /// Why one is missing, by the name that the figure has.
    pub(super) reasons: BTreeMap<String, String>,
}

/// From the latencies of a load in order of time; `None`: it is none of the load's.
pub(super) fn intervals(list: Option<&[Timed]>) -> Intervals {
    let took_ns: Option<Vec<u64>> = list.map(|list| list.iter().map(|timed| timed.took_ns).collect());
    let of = |(share, least): (f64, usize)| -> Result<[f64; 2], String> {
        let took_ns = took_ns.as_ref().ok_or("intervals are of the load, on the response and service clocks")?;
        if took_ns.len() < least {
            return Err(format!("{} samples; an interval takes {least}", took_ns.len()));
        }
        let [low_ns, high_ns] = quantile_interval(took_ns, share)?;
        // Blocks of a load that breaks down are not samples of one thing.
        if high_ns > low_ns * RATIO_MAX {
            return Err(format!(
                "it changed too much over the load: an interval would reach over a factor of {:.0}",
                high_ns / low_ns
            ));
        }
        Ok([low_ns / 1e3, high_ns / 1e3])
    };
    let mut reasons = BTreeMap::new();
    let [p50_us, p99_us] = [("p50_interval_us", SAMPLES_MIN[0]), ("p99_interval_us", SAMPLES_MIN[1])]
        .map(|(name, which)| of(which).map_err(|why| reasons.insert(name.to_owned(), why)).ok());
    Intervals { p50_us, p99_us, reasons }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(count: u64) -> Vec<Timed> {
        // A median of 100 µs, and one in fifty takes ten times as long.
        let took_ns = |n: u64| if n % 50 == 7 { 1_000_000 } else { 90_000 + n * 7919 % 20_000 };
        (0..count).map(|n| Timed { due_ns: n, took_ns: took_ns(n) }).collect()
    }

    #[test]
    fn an_interval_holds_its_figure_and_is_missing_with_a_reason_where_samples_are_few() {
        let all = intervals(Some(&list(10_000)));
        assert!(all.p50_us.is_some_and(|[low, high]| 99.0 < low && low <= high && high < 101.5));
        assert!(all.p99_us.is_some_and(|[low, high]| low <= 1000.0 && 1000.0 <= high));
        assert!(all.reasons.is_empty());
        let some = intervals(Some(&list(2_499)));
        assert!(some.p50_us.is_some() && some.p99_us.is_none());
        assert_eq!(some.reasons["p99_interval_us"], "2499 samples; an interval takes 2500");
        // It gets a thousand times slower in the middle.
        let breaking: Vec<Timed> = list(10_000)
            .into_iter()
            .map(|timed| if timed.due_ns < 5_100 { timed } else { Timed { took_ns: timed.took_ns * 1_000, ..timed } })
            .collect();
        let breaking = intervals(Some(&breaking));
        assert!(breaking.p50_us.is_none() && breaking.reasons["p50_interval_us"].contains("changed too much"));
        let none = intervals(None);
        assert!(none.p50_us.is_none() && none.reasons.len() == 2);
    }
}
