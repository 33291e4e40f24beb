//! How a cost grows with the length of the line: constant, log n, n, n log n or n².
//!
//! Each law `floor + slope × g(n)` is fitted by least squares on a logarithmic scale, `Σ (ln y − ln fit)²`, so that the
//! cheap short lines count as much as the dear long ones, and half as much is as wrong as twice as much; neither part may
//! be negative. The simplest law is taken
//! unless another clearly wins: it must miss by less than [`CLEARLY`] of what the simpler one misses by, and the simpler
//! one must miss by more than [`NOISE`], which measurements of one and the same thing do anyway. A cost that does not
//! even grow by three fifths from the shortest line to the longest is called constant.

use schemars::JsonSchema;
use serde::Serialize;

/// An error (root mean square, on a logarithmic scale) that needs no explanation.
const NOISE: f64 = 0.15;

/// A law with more to it must be at least this much better.
const CLEARLY: f64 = 0.5;

/// A law under which the cost grows by less than this from the shortest line to the longest is none.
const GROWS_MIN: f64 = 1.6;

/// A law that misses by more is only roughly right.
const ROUGH: f64 = 0.3;

/// So many ratios of floor and slope are tried at first.
const RATIOS: i32 = 200;

/// With fewer depths any two laws can look alike.
pub const DEPTHS_MIN: usize = 3;

/// A cost in µs that a clock can have measured; anything else is a mistake, and squares of it may not be finite.
const MEASURABLE: std::ops::Range<f64> = 1e-9..1e18;

/// A law of growth, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Growth {
    /// The law.
    pub law: Law,
    /// What it comes to without anybody waiting, in the unit of the points.
    pub floor: f64,
    /// What one unit of the law's function of n adds; 0 for a constant.
    pub slope: f64,
    /// Root mean square of the errors on a logarithmic scale: 0.1 is off by about 10 %.
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
        if self == Law::Constant {
            return self.with(points, 1.0, 0.0);
        }
        // floor + slope × g = slope × (ratio + g): for a given ratio the slope follows, and the ratio is searched for,
        // from no floor at all to one that hides the law.
        let shapes = || points.iter().map(|(n, _)| self.of(*n)).filter(|shape| *shape > 0.0);
        let (low, high) = (shapes().fold(f64::MAX, f64::min) * 1e-3, shapes().fold(0.0, f64::max) * 1e3);
        let step = (high / low).powf(1.0 / f64::from(RATIOS));
        let ratios = (0..=RATIOS).map(|number| low * step.powi(number)).chain([0.0]);
        let better = |a: Growth, b: Growth| if b.error < a.error { b } else { a };
        let Some(mut best) = ratios.map(|ratio| self.with(points, ratio, 1.0)).reduce(better) else {
            return self.with(points, 1.0, 0.0);
        };
        // Finer and finer around the best of them.
        let mut width = step;
        while best.slope > 0.0 && width > 1.0 + 1e-6 {
            width = width.sqrt();
            let ratio = best.floor / best.slope;
            best = [ratio / width, ratio * width]
                .map(|ratio| self.with(points, ratio, 1.0))
                .into_iter()
                .fold(best, better);
        }
        best
    }

    /// The law `scale × (ratio + share × g(n))`, with the scale that fits best.
    fn with(self, points: &[(f64, f64)], ratio: f64, share: f64) -> Growth {
        let count = points.len() as f64;
        let off = |(n, y): &(f64, f64)| y.ln() - (ratio + share * self.of(*n)).ln();
        let mean = points.iter().map(off).sum::<f64>() / count;
        let squares: f64 = points.iter().map(|point| (off(point) - mean).powi(2)).sum();
        let error = (squares / count).sqrt();
        // Where a line of one has no cost at all under this law, its logarithm is infinite and the law is out.
        let error = if error.is_finite() { error } else { f64::MAX };
        Growth { law: self, floor: mean.exp() * ratio, slope: mean.exp() * share, error }
    }
}

impl Growth {
    /// What the law says of a line of this length.
    #[must_use]
    pub fn at(&self, n: f64) -> f64 {
        self.floor + self.slope * self.law.of(n)
    }

    /// What a line of `n` would cost: what the longest measured one did, times what the law says it grows by.
    #[must_use]
    pub fn beyond(&self, longest: (u64, f64), n: u64) -> f64 {
        longest.1 * self.at(n as f64) / self.at(longest.0 as f64)
    }

    /// The law for a table; `~` marks one that is only roughly right.
    #[must_use]
    pub fn mark(&self) -> String {
        let rough = if self.law != Law::Constant && self.error > ROUGH { "~ " } else { "" };
        format!("{rough}{}", self.law.name())
    }

    /// `grows like n`, or what else is to be said of it.
    #[must_use]
    pub fn words(&self) -> String {
        match self.law {
            Law::Constant => "is constant".to_owned(),
            law if self.error > ROUGH => format!("grows roughly like {}", law.name()),
            law => format!("grows like {}", law.name()),
        }
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
    // There are three at the least.
    let (shortest, longest) = (lengths[0], lengths[lengths.len() - 1]);
    let all = Law::ALL.map(|law| law.fitted(&points));
    let wins = |other: &Growth, simpler: &Growth| {
        let grows = other.at(longest) >= GROWS_MIN * other.at(shortest);
        grows && simpler.error > NOISE && other.error < CLEARLY * simpler.error
    };
    let unbeaten = |simpler: &&Growth| !all.iter().any(|other| other.law > simpler.law && wins(other, simpler));
    all.iter().find(unbeaten).copied()
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
        fn whatever_the_noise_a_linear_law_over_three_decades_is_not_constant(
            noise in prop::collection::vec(-0.5..1.0_f64, 5), slope in 1e-3..1e3_f64,
        ) {
            let found = growth(&noisy(&DEPTHS, &noise, |n| slope * n)).unwrap();
            prop_assert!(found.law > Law::Logarithmic, "{found:?}");
        }

        #[test]
        fn what_the_fit_says_of_the_measured_depths_is_near_what_was_measured(
            noise in noise(), floor in 0.0..1e3_f64, slope in 1e-3..10.0_f64,
        ) {
            let points = noisy(&DEPTHS, &noise, |n| floor + slope * n);
            let found = growth(&points).unwrap();
            for (n, y) in points {
                prop_assert!((found.at(n as f64) / y).ln().abs() < 0.5, "{found:?} at {n}: {y}");
            }
        }

        #[test]
        fn whatever_the_points_nothing_is_negative_or_not_a_number(
            points in prop::collection::vec((0_u64..u64::MAX, prop::num::f64::ANY), 0..8),
        ) {
            if let Some(found) = growth(&points) {
                prop_assert!(found.floor >= 0.0 && found.slope >= 0.0 && found.error >= 0.0, "{found:?}");
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

    /// Server time of a position in a sorted set, in µs, on a machine that was busy with something else at the end.
    #[test]
    fn growth_by_little_is_none() {
        assert_eq!(growth(&[(100, 6.3), (1_000, 5.5), (10_000, 9.1)]).unwrap().law, Law::Constant);
        assert_eq!(growth(&[(100, 6.3), (1_000, 6.4), (10_000, 19.1)]).unwrap().law, Law::Linear);
    }

    /// Server time of a position in a sorted set, in µs: a search in a tree under a floor. A line would fit as well, but
    /// not clearly better.
    #[test]
    fn of_two_laws_that_fit_alike_the_simpler_is_told() {
        let found = growth(&[(100, 6.1), (1_000, 4.82), (10_000, 7.74), (100_000, 10.74)]).unwrap();
        assert_eq!(found.law, Law::Logarithmic, "{found:?}");
    }

    /// Admission of `streams`, in µs, on a machine that was so busy that single figures mean nothing.
    #[test]
    fn no_noise_makes_a_cost_constant_that_grows_a_hundredfold() {
        let found = growth(&[(100, 460.0), (1_000, 36_700.0), (10_000, 194_000.0)]).unwrap();
        assert_eq!((found.law, found.words().as_str()), (Law::Linear, "grows roughly like n"));
    }

    #[test]
    fn a_longer_line_is_told_from_the_longest_that_was_measured() {
        let found = growth(&[(100, 130.0), (1_000, 1_300.0), (10_000, 43_000.0)]).unwrap();
        assert_eq!((found.law, found.words().as_str()), (Law::Linear, "grows roughly like n"));
        assert_eq!(found.mark(), "~ n");
        let beyond = found.beyond((10_000, 43_000.0), 100_000);
        assert!((400_000.0..=430_001.0).contains(&beyond), "{beyond}");
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
