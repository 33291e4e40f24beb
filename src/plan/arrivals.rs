//! Arrival times of an open loop.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::scenario::{Arrivals, OpenLoad};

/// Arrival times in ns since the load began, ascending.
///
/// The rate climbs linearly from `from_per_s` to `rate_per_s` over `ramp`, then stays. Arrival number k
/// falls where the integral of the rate reaches k (constant) or the sum of k unit exponentials (Poisson:
/// time rescaling of a unit-rate process, which gives the inhomogeneous Poisson process exactly).
pub(super) fn arrivals(load: &OpenLoad, rng: &mut ChaCha8Rng) -> Vec<u64> {
    let profile = Profile::new(load);
    let total = profile.expected_by(load.duration.as_secs_f64());
    let mut times = Vec::new();
    let mut mass = 0.0_f64;
    loop {
        mass += match load.arrivals {
            Arrivals::Constant => 1.0,
            Arrivals::Poisson => rng.sample::<f64, _>(rand_distr::Exp1),
        };
        if mass > total {
            return times;
        }
        times.push(nanos(profile.time_of(mass)));
    }
}

/// Joins per second offered, mean over the duration.
pub(super) fn offered_per_s(load: &OpenLoad) -> f64 {
    let seconds = load.duration.as_secs_f64();
    Profile::new(load).expected_by(seconds) / seconds
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of a run are far below 2^63 ns and positive"
)]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

/// The rate over time: a linear ramp, then a plateau.
struct Profile {
    from_per_s: f64,
    rate_per_s: f64,
    ramp_s: f64,
}

impl Profile {
    fn new(load: &OpenLoad) -> Profile {
        let ramp_s = load.ramp.min(load.duration).as_secs_f64();
        Profile { from_per_s: load.from_per_s, rate_per_s: load.rate_per_s, ramp_s }
    }

    fn ramp_mass(&self) -> f64 {
        (self.from_per_s + self.rate_per_s) / 2.0 * self.ramp_s
    }

    /// Arrivals expected until a time in seconds.
    fn expected_by(&self, time_s: f64) -> f64 {
        if time_s >= self.ramp_s {
            return self.ramp_mass() + (time_s - self.ramp_s) * self.rate_per_s;
        }
        let slope = (self.rate_per_s - self.from_per_s) / self.ramp_s;
        self.from_per_s * time_s + slope * time_s * time_s / 2.0
    }

    /// The inverse of [`Profile::expected_by`].
    fn time_of(&self, mass: f64) -> f64 {
        if mass >= self.ramp_mass() {
            return self.ramp_s + (mass - self.ramp_mass()) / self.rate_per_s;
        }
        let slope = (self.rate_per_s - self.from_per_s) / self.ramp_s;
        // slope/2 t² + from t − mass = 0, in the form that stays exact when the slope is near zero.
        2.0 * mass / (self.from_per_s + (self.from_per_s * self.from_per_s + 2.0 * slope * mass).max(0.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use std::time::Duration;

    fn load(arrivals: Arrivals) -> OpenLoad {
        OpenLoad {
            arrivals,
            rate_per_s: 3000.0,
            from_per_s: 100.0,
            ramp: Duration::from_secs(2),
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
        assert!((offered_per_s(&load(Arrivals::Constant)) - 2275.0).abs() < 1e-9);
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
}
