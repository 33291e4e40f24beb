//! The percentile spectrum: a latency at every percentile worth drawing, closer and closer together towards 100 %.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Clock;
use super::latency::{Group, Samples};
use crate::model::{OpKind, Phase};

/// Steps from one half of what is left to the next: 50 %, 75 %, 87.5 % and so on are each so many steps apart.
const STEPS_PER_HALF: u32 = 4;

/// The latency of one kind of operation under load, percentile by percentile. Both columns are of one length and ascend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spectrum {
    /// The operation.
    pub op: OpKind,
    /// The clock: `response` or `service`.
    pub clock: Clock,
    /// How many were answered.
    pub count: u64,
    /// Percentiles: from 0 on, each the same share of the rest away from 100, as long as at least one sample in the mean
    /// lies beyond it; then 100.
    pub percentile: Vec<f64>,
    /// The latency that so many per cent did not exceed, µs; the last is the largest.
    pub us: Vec<f64>,
}

/// The spectra of the load phase on the response and service clocks.
pub(super) fn spectra(groups: &BTreeMap<Group, Samples>) -> Vec<Spectrum> {
    let shown = |phase: Phase, clock: Clock| phase == Phase::Load && clock != Clock::SendLag;
    let groups = groups.iter().filter(|((_, phase, clock), _)| shown(*phase, *clock));
    groups.map(|((op, _, clock), samples)| spectrum(*op, *clock, samples)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "no run has 2^53 samples")]
fn spectrum(op: OpKind, clock: Clock, samples: &Samples) -> Spectrum {
    let count = samples.histogram.len();
    let mut shares: Vec<f64> = (0..)
        .map(|step: u32| 0.5_f64.powf(f64::from(step) / f64::from(STEPS_PER_HALF)))
        .take_while(|beyond| beyond * count as f64 >= 1.0)
        .map(|beyond| 1.0 - beyond)
        .collect();
    shares.push(1.0);
    let us = shares.iter().map(|share| samples.quantile_us(*share)).collect();
    // Seven digits are enough to tell any two of them apart, and to read.
    let percentile = shares.iter().map(|share| (share * 1e9).round() / 1e7).collect();
    Spectrum { op, clock, count, percentile, us }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values_ns: impl IntoIterator<Item = u64>) -> Spectrum {
        let mut samples = Samples::default();
        values_ns.into_iter().for_each(|ns| samples.record(ns));
        spectrum(OpKind::Join, Clock::Response, &samples)
    }

    #[test]
    fn percentiles_come_closer_towards_the_end_and_none_is_beyond_the_last_sample() {
        let spectrum = of((1..=1024).map(|n| n * 1_000));
        assert_eq!(spectrum.count, 1024);
        assert_eq!(spectrum.percentile.len(), spectrum.us.len());
        assert!(spectrum.percentile.is_sorted() && spectrum.us.is_sorted());
        assert_eq!(spectrum.percentile.len(), 10 * 4 + 1 + 1, "ten halves, the begin and the end");
        assert_eq!((spectrum.percentile[0], spectrum.percentile[4], spectrum.percentile[8]), (0.0, 50.0, 75.0));
        let median = spectrum.us[4];
        assert!((511.0..=513.0).contains(&median), "{median}");
        assert_eq!(spectrum.us.last(), Some(&1024.0), "the largest, exactly");
        assert!(spectrum.us[0] <= 1.001, "the smallest");
    }

    #[test]
    fn a_single_sample_is_its_own_spectrum() {
        let spectrum = of([7_000]);
        assert_eq!((spectrum.percentile, spectrum.us), (vec![0.0, 100.0], vec![7.0, 7.0]));
    }

    #[test]
    fn only_the_load_is_drawn_and_the_send_lag_is_not_a_latency_of_the_queue() {
        let group = |phase, clock| ((OpKind::Join, phase, clock), Samples::default());
        let groups = BTreeMap::from([
            group(Phase::Load, Clock::Response),
            group(Phase::Load, Clock::Service),
            group(Phase::Load, Clock::SendLag),
            group(Phase::Drain, Clock::Service),
        ]);
        let clocks: Vec<Clock> = spectra(&groups).iter().map(|spectrum| spectrum.clock).collect();
        assert_eq!(clocks, [Clock::Response, Clock::Service]);
    }
}
