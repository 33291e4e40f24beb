//! How a cost grows with the length of the line: constant, log n, n, n log n or n².
//!
//! Each law `floor + slope × g(n)` is fitted by least squares on the *relative* error, `Σ ((y − fit) / y)²`, so that
//! the cheap short lines count as much as the dear long ones; neither part may be negative. The simplest law is taken
//! unless another clearly wins: it must miss by less than [`CLEARLY`] of what the simpler one misses by, and the simpler
//! one must miss by more than [`NOISE`], which measurements of one and the same thing do anyway.

use serde::Serialize;

/// A relative error (root mean square) that needs no explanation.
const NOISE: f64 = 0.15;

/// A law with more to it must be at least this much better.
const CLEARLY: f64 = 0.6;

/// With fewer depths any two laws can look alike.
pub const DEPTHS_MIN: usize = 3;

/// A cost in µs that a clock can have measured; anything else is a mistake, and squares of it may not be finite.
const MEASURABLE: std::ops::Range<f64> = 1e-9..1e18;

/// A law of growth, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Law {
    /// The same whatever the length.
    #[serde(rename = "constant")]
    Constant,
    /// As a search tree.
    #[serde(rename = "log n")]
    Logarithmic,
    /// As one pass over the line.
    #[serde(rename = "n")]
    Linear,
    /// As sorting it.
    #[serde(rename = "n log n")]
    Linearithmic,
    /// As a pass for each that waits.
    #[serde(rename = "n²")]
    Quadratic,
}

/// A law with its figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// The law.
    pub law: Law,
    /// What it comes to without anybody waiting, in the unit of the points.
    pub floor: f64,
    /// What one unit of the law's function of n adds; 0 for a constant.
    pub slope: f64,
    /// Root mean square of the relative errors: 0.1 is off by 10 %.
    pub error: f64,
}

impl Law {
    /// Every law, the simplest first.
    pub const ALL: [Law; 5] = [Law::Constant, Law::Logarithmic, Law::Linear, Law::Linearithmic, Law::Quadratic];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Law::Constant => "constant",
            Law::Logarithmic => "log n",
            Law::Linear => "n",
            Law::Linearithmic => "n log n",
            Law::Quadratic => "n²",
        }
    }

    fn of(self, n: f64) -> f64 {
        match self {
            Law::Constant => 0.0,
            Law::Logarithmic => n.ln(),
            Law::Linear => n,
            Law::Linearithmic => n * n.ln(),
            Law::Quadratic => n * n,
        }
    }

    /// The best figures of this law. Points are `(n, y)`, both above zero.
    fn fitted(self, points: &[(f64, f64)]) -> Growth {
        // With z = 1 / y and x = g(n) / y this is plain least squares of 1 = floor × z + slope × x.
        let (mut zz, mut zx, mut xx, mut z1, mut x1) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (n, y) in points {
            let (z, x) = (1.0 / y, self.of(*n) / y);
            zz += z * z;
            zx += z * x;
            xx += x * x;
            z1 += z;
            x1 += x;
        }
        let determinant = zz * xx - zx * zx;
        let both = (determinant > f64::EPSILON * zz * xx)
            .then(|| ((z1 * xx - x1 * zx) / determinant, (x1 * zz - z1 * zx) / determinant));
        let (floor, slope) = match both {
            Some((floor, slope)) if floor >= 0.0 && slope >= 0.0 => (floor, slope),
            // What would be negative is left out, and the other fitted alone.
            Some((floor, _)) if floor < 0.0 => (0.0, x1 / xx),
            _ => (z1 / zz, 0.0),
        };
        let mut growth = Growth { law: self, floor, slope, error: 0.0 };
        let squares: f64 = points.iter().map(|(n, y)| ((y - growth.at(*n)) / y).powi(2)).sum();
        growth.error = (squares / points.len() as f64).sqrt();
        growth
    }
}

impl Growth {
    /// What the law says of a line of this length.
    #[must_use]
    pub fn at(&self, n: f64) -> f64 {
        self.floor + self.slope * self.law.of(n)
    }
}

/// The law that points `(length of the line, cost)` follow; `None` with fewer than [`DEPTHS_MIN`] different lengths.
/// Lengths of nothing, and costs outside [`MEASURABLE`], are left out.
#[must_use]
pub fn growth(points: &[(u64, f64)]) -> Option<Growth> {
    let good = points.iter().filter(|(n, y)| *n > 0 && MEASURABLE.contains(y));
    let points: Vec<(f64, f64)> = good.map(|(n, y)| (*n as f64, *y)).collect();
    let mut lengths: Vec<f64> = points.iter().map(|(n, _)| *n).collect();
    lengths.sort_by(f64::total_cmp);
    lengths.dedup();
    if lengths.len() < DEPTHS_MIN {
        return None;
    }
    let mut best = Law::Constant.fitted(&points);
    for law in &Law::ALL[1..] {
        let other = law.fitted(&points);
        // Without a slope it is the constant under another name.
        if best.error > NOISE && other.error < CLEARLY * best.error && other.slope > 0.0 {
            best = other;
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A law at these depths, each point off by up to 10 %.
    fn noisy(depths: &[u64], noise: &[f64], law: impl Fn(f64) -> f64) -> Vec<(u64, f64)> {
        depths.iter().zip(noise).map(|(n, noise)| (*n, law(*n as f64) * (1.0 + noise))).collect()
    }

    const DEPTHS: [u64; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

    fn noise() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-0.1..0.1_f64, 5)
    }

    proptest! {
        #[test]
        fn a_law_is_recognised_through_ten_per_cent_of_noise(
            noise in noise(), scale in 1e-3..1e6_f64, depths in 3_usize..=5,
        ) {
            let depths = &DEPTHS[..depths];
            let law = |of: &dyn Fn(f64) -> f64| growth(&noisy(depths, &noise, |n| scale * of(n))).unwrap().law;
            prop_assert_eq!(law(&|_| 1.0), Law::Constant);
            prop_assert_eq!(law(&|n| n.ln()), Law::Logarithmic);
            prop_assert_eq!(law(&|n| n), Law::Linear);
            prop_assert_eq!(law(&|n| n * n), Law::Quadratic);
        }

        #[test]
        fn sorting_is_told_from_a_pass_where_there_are_five_depths(noise in noise(), scale in 1e-3..1e6_f64) {
            let law = growth(&noisy(&DEPTHS, &noise, |n| scale * n * n.ln())).unwrap().law;
            prop_assert_eq!(law, Law::Linearithmic);
        }

        #[test]
        fn a_linear_law_is_never_called_constant_once_it_triples_the_floor(
            noise in noise(), floor in 1.0..1e3_f64, times in 2.0..1e6_f64, depths in 3_usize..=5,
        ) {
            let depths = &DEPTHS[..depths];
            let slope = floor * times / depths[depths.len() - 1] as f64;
            let found = growth(&noisy(depths, &noise, |n| floor + slope * n)).unwrap();
            prop_assert!(found.law > Law::Constant, "{found:?}");
        }

        #[test]
        fn what_the_fit_says_of_the_measured_depths_is_near_what_was_measured(
            noise in noise(), floor in 0.0..1e3_f64, slope in 1e-3..10.0_f64,
        ) {
            for (n, y) in noisy(&DEPTHS, &noise, |n| floor + slope * n) {
                let found = growth(&noisy(&DEPTHS, &noise, |n| floor + slope * n)).unwrap();
                prop_assert!((found.at(n as f64) / y - 1.0).abs() < 0.6, "{found:?} at {n}: {y}");
            }
        }

        #[test]
        fn whatever_the_points_nothing_is_negative_or_not_a_number(
            points in prop::collection::vec((0_u64..u64::MAX, prop::num::f64::ANY), 0..8),
        ) {
            if let Some(found) = growth(&points) {
                prop_assert!(found.floor >= 0.0 && found.slope >= 0.0, "{found:?}");
            }
        }
    }

    #[test]
    fn two_depths_tell_nothing_and_three_must_differ() {
        assert_eq!(growth(&[(100, 1.0), (1_000, 1.0)]), None);
        assert_eq!(growth(&[(100, 1.0), (100, 1.1), (1_000, 1.0)]), None);
        assert_eq!(growth(&[(100, 0.0), (1_000, 1.0), (10_000, 1.0)]), None);
        assert_eq!(growth(&[(100, 1.0), (1_000, 1.1), (10_000, 1.0)]).unwrap().law, Law::Constant);
    }

    #[test]
    fn a_cost_that_falls_with_the_depth_is_no_growth() {
        assert_eq!(growth(&[(100, 9.0), (1_000, 3.0), (10_000, 1.0)]).unwrap().law, Law::Constant);
    }

    /// Position of `list` as docs/benchmarks.md has it, in µs: a floor that hides the line until it is long.
    #[test]
    fn a_floor_hides_no_growth() {
        let found = growth(&[(100, 41.0), (10_000, 83.0), (100_000, 716.0)]).unwrap();
        assert_eq!(found.law, Law::Linear);
        assert!((5_000.0..9_000.0).contains(&found.at(1e6)), "{found:?}");
    }
}
