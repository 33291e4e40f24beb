//! Arrival times of an open loop.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::scenario::{Arrivals, OpenLoad};

/// Arrival times in ns since the load began, ascending.
///
/// The rate is that of [`OpenLoad::pieces`]. Arrival number k falls where the integral of the rate reaches k (constant) or
/// the sum of k unit exponentials (Poisson: time rescaling of a unit-rate process, which gives the inhomogeneous Poisson
/// process exactly).
pub(super) fn arrivals(load: &OpenLoad, rng: &mut ChaCha8Rng) -> Vec<u64> {
    let tolerance = match load.arrivals {
        // An integral of 435 may come out as 434.9999…: the 435th arrival is not lost to rounding.
        Arrivals::Constant => 1e-9 * load.expected_arrivals().max(1.0),
        Arrivals::Poisson => 0.0,
    };
    let mut pieces = load.pieces();
    let Some(mut piece) = pieces.next() else { return Vec::new() };
    let (mut mass, mut mass_before) = (0.0_f64, 0.0_f64);
    let mut times = Vec::new();
    loop {
        mass += match load.arrivals {
            Arrivals::Constant => 1.0,
            Arrivals::Poisson => rng.sample::<f64, _>(rand_distr::Exp1),
        };
        while mass > mass_before + piece.mass() {
            let Some(next) = pieces.next() else { break };
            mass_before += piece.mass();
            piece = next;
        }
        if mass > mass_before + piece.mass() + tolerance {
            return times;
        }
        times.push(nanos(piece.time_of(mass - mass_before)));
    }
}

/// Arrivals per second, mean over the duration.
pub(super) fn arrivals_per_s(load: &OpenLoad) -> f64 {
    load.expected_arrivals() / load.duration.as_secs_f64()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of a run are far below 2^63 ns and positive"
)]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Burst, BurstHeight};
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use std::time::Duration;

    fn load(arrivals: Arrivals) -> OpenLoad {
        OpenLoad {
            arrivals,
            rate_per_s: 3000.0,
            from_per_s: 100.0,
            ramp: Duration::from_secs(2),
            burst: None,
            duration: Duration::from_secs(4),
            connections: 4,
            tokens_per_user: 1,
        }
    }

    #[test]
    fn a_constant_ramp_offers_the_integral_of_its_rate() {
        let times = arrivals(&load(Arrivals::Constant), &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(times.len(), 9100);
        assert!(times.is_sorted());
        let in_ramp = times.iter().filter(|time| **time <= 2_000_000_000).count();
        assert_eq!(in_ramp, 3100);
        assert!((arrivals_per_s(&load(Arrivals::Constant)) - 2275.0).abs() < 1e-9);
    }

    #[test]
    fn poisson_arrivals_have_the_mean_and_the_variance_of_a_poisson_process() {
        let flat = OpenLoad { from_per_s: 3000.0, ramp: Duration::ZERO, ..load(Arrivals::Poisson) };
        let times = arrivals(&flat, &mut ChaCha8Rng::seed_from_u64(7));
        let mut counts = vec![0.0_f64; 400];
        for time in &times {
            counts[usize::try_from(time / 10_000_000).unwrap().min(399)] += 1.0;
        }
        let mean = counts.iter().sum::<f64>() / 400.0;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 399.0;
        assert!((mean - 30.0).abs() < 1.0, "mean {mean}");
        assert!((variance / mean - 1.0).abs() < 0.3, "index of dispersion {}", variance / mean);
    }

    fn bursting(arrivals: Arrivals, height: BurstHeight) -> OpenLoad {
        let ms = Duration::from_millis;
        let burst = Burst { every: ms(500), lasts: ms(100), start: ms(250), height };
        OpenLoad { burst: Some(burst), duration: ms(4_300), ..load(arrivals) }
    }

    /// How many of the times lie in a burst: from `start` on, the first part of each period.
    fn in_bursts(times: &[u64]) -> usize {
        times
            .iter()
            .filter(|time| (250_000_000..).contains(*time) && (**time - 250_000_000) % 500_000_000 < 100_000_000)
            .count()
    }

    /// Arrivals expected in bursts by adding up the rate in steps of 10 µs, without the formulas of the profile.
    fn expected_in_bursts(load: &OpenLoad) -> (f64, f64) {
        let (mut inside, mut all) = (0.0, 0.0);
        for step in 0..430_000_u32 {
            let at_s = (f64::from(step) + 0.5) * 1e-5;
            let base = if at_s < 2.0 { 100.0 + 2900.0 * at_s / 2.0 } else { 3000.0 };
            let within = at_s >= 0.25 && (at_s - 0.25) % 0.5 < 0.1;
            let rate = match load.burst.unwrap().height {
                BurstHeight::PerS(per_s) if within => per_s,
                BurstHeight::Times(factor) if within => base * factor,
                _ => base,
            };
            all += rate * 1e-5;
            inside += if within { rate * 1e-5 } else { 0.0 };
        }
        (inside, all)
    }

    #[test]
    fn constant_arrivals_of_bursts_on_a_ramp_are_as_many_as_the_integral_says_in_and_out_of_bursts() {
        for height in [BurstHeight::PerS(9_000.0), BurstHeight::Times(4.0)] {
            let load = bursting(Arrivals::Constant, height);
            let (inside, all) = expected_in_bursts(&load);
            let times = arrivals(&load, &mut ChaCha8Rng::seed_from_u64(1));
            assert!(times.is_sorted());
            assert!((times.len() as f64 - all).abs() <= 1.0, "{} arrivals, {all} expected", times.len());
            // Each of the nine bursts may cut off a part of an arrival at its begin and at its end.
            let within = in_bursts(&times) as f64;
            assert!((within - inside).abs() <= 9.0, "{within} in bursts, {inside} expected");
            assert!((arrivals_per_s(&load) - all / 4.3).abs() < 0.01, "{} a second", arrivals_per_s(&load));
        }
    }

    #[test]
    fn a_whole_integral_loses_no_arrival_to_rounding() {
        for (rate_per_s, seconds, expected) in [(4.35, 100, 435), (0.1, 30, 3), (1.1, 10, 11), (0.7, 10, 7)] {
            let duration = Duration::from_secs(seconds);
            let flat = OpenLoad {
                from_per_s: rate_per_s,
                rate_per_s,
                ramp: Duration::ZERO,
                duration,
                ..load(Arrivals::Constant)
            };
            let times = arrivals(&flat, &mut ChaCha8Rng::seed_from_u64(1));
            assert_eq!(times.len(), expected, "{rate_per_s} a second for {seconds} s");
            assert!(times.iter().all(|time| *time <= seconds * 1_000_000_000));
        }
    }

    proptest! {
        #[test]
        fn poisson_arrivals_fall_into_bursts_at_the_expected_share(seed in any::<u64>(), factor in 1.5..20.0_f64) {
            let load = bursting(Arrivals::Poisson, BurstHeight::Times(factor));
            let (inside, all) = expected_in_bursts(&load);
            let times = arrivals(&load, &mut ChaCha8Rng::seed_from_u64(seed));
            prop_assert!(times.is_sorted() && times.last().is_none_or(|last| *last <= 4_300_000_000));
            // Eight standard deviations of a Poisson count and of a binomial: fails by chance once in 10^15.
            let count = times.len() as f64;
            prop_assert!((count - all).abs() < 8.0 * all.sqrt(), "{count} arrivals, {all} expected");
            let share = inside / all;
            let spread = 8.0 * (count * share * (1.0 - share)).sqrt();
            let within = in_bursts(&times) as f64;
            prop_assert!((within - count * share).abs() < spread, "{within} of {count} in bursts, expected a share of {share}");
        }

        #[test]
        fn constant_arrivals_are_as_many_as_the_integral_says(
            (rate_per_s, from) in (0.5..5_000.0_f64, 0.0..1.0_f64),
            (duration_ms, ramp) in (1..3_000_u64, 0.0..1.0_f64),
            (every_ms, lasts, start_ms, factor) in (2..700_u64, 0.0..1.0_f64, 0..1_000_u64, 1.1..30.0_f64),
        ) {
            let duration = Duration::from_millis(duration_ms);
            let every = Duration::from_millis(every_ms);
            let load = OpenLoad {
                rate_per_s,
                from_per_s: rate_per_s * from.max(0.01),
                ramp: duration.mul_f64(ramp),
                burst: Some(Burst {
                    every,
                    lasts: every.mul_f64(lasts.clamp(0.01, 0.99)),
                    start: Duration::from_millis(start_ms),
                    height: BurstHeight::Times(factor),
                }),
                duration,
                ..load(Arrivals::Constant)
            };
            let times = arrivals(&load, &mut ChaCha8Rng::seed_from_u64(1));
            let expected = load.expected_arrivals();
            let count = times.len() as f64;
            prop_assert!(count <= expected + 1e-6 && count > expected - 1.0 - 1e-6, "{count} arrivals, {expected} expected");
            prop_assert!(times.is_sorted());
        }
    }
}
