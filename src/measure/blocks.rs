//! Saved runs: intervals from the samples themselves, by a block bootstrap.
//!
//! Latencies of one run hang together: a slow moment makes hundreds of them slow. A hundred thousand samples are therefore
//! not a hundred thousand witnesses, and an interval that takes them for independent is far too narrow. So a run is cut into
//! [`BLOCKS`] blocks that follow each other in time, each long against the moments that make samples alike; blocks are drawn
//! with replacement, the figure is computed of what was drawn, and that a thousand times. The spread of these figures is
//! the standard error of the figure, and t of so many blocks times that is the interval, on the logarithm.
//!
//! - **Blocks do not overlap**: E. Carlstein, *The use of subseries values for estimating the variance of a general statistic
//!   from a stationary sequence*, Annals of Statistics 14 (1986). That it holds for quantiles, too: S. Lahiri, *Resampling
//!   Methods for Dependent Data*, 2003.
//! - **Drawn, not averaged** (batch means): the 99th percentile of a block has few samples behind it and is biased; that of
//!   all blocks together is the figure itself.
//! - **t and √(b/(b−1))**: a bootstrap of few blocks is too narrow by that factor: T. Hesterberg, *What Teachers Should
//!   Know About the Bootstrap*, The American Statistician 69 (2015).
//! - **Where neighbouring blocks are still alike**, the interval is widened by √((1+ρ)/(1−ρ)), with ρ their correlation: the
//!   variance of a mean of a first-order autoregressive series.
//! - **Two runs of the same plan** draw the same blocks, since what the plan does to both (a ramp) is no noise.
//!
//! What is drawn comes from a generator with a fixed seed: the same runs give the same interval.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Blocks of a run.
pub const BLOCKS: usize = 25;

/// How often blocks are drawn.
const RESAMPLES: usize = 1_000;

/// The 97.5 % point of Student's t with 24 degrees of freedom, for [`BLOCKS`] blocks.
const T: f64 = 2.063_9;

/// Neighbouring blocks that are more alike than this are taken to be so far alike: the factor stays below 4.4.
const ALIKE_MAX: f64 = 0.9;

/// Every how many samples the counts of all blocks are written down.
const STEP: usize = 64;

/// How often each block was drawn.
type Weights = [u32; BLOCKS];

/// Samples in the order of their values, and how many of each block lie below.
struct Pool {
    /// Value and block, by value.
    sorted: Vec<(u64, u8)>,
    /// Row r: how many of the first `r * STEP` samples are of each block.
    counts: Vec<Weights>,
    sizes: Weights,
}

impl Pool {
    /// From values in the order of time.
    fn new(values: &[u64]) -> Pool {
        let mut sorted: Vec<(u64, u8)> =
            values.iter().enumerate().map(|(place, value)| (*value, block(place, values.len()))).collect();
        sorted.sort_unstable();
        let mut counts = Vec::with_capacity(sorted.len() / STEP + 1);
        let mut so_far = [0; BLOCKS];
        for (place, (_, block)) in sorted.iter().enumerate() {
            if place.is_multiple_of(STEP) {
                counts.push(so_far);
            }
            so_far[usize::from(*block)] += 1;
        }
        Pool { sorted, counts, sizes: so_far }
    }

    /// The smallest value that a share of what was drawn does not exceed, and its place.
    fn quantile(&self, weights: &Weights, share: f64) -> (u64, usize) {
        let weigh = |row: &Weights| {
            row.iter().zip(weights).map(|(count, weight)| u64::from(*count) * u64::from(*weight)).sum::<u64>()
        };
        let drawn = weigh(&self.sizes);
        let wanted = whole((drawn as f64 * share).ceil()).clamp(1, drawn.max(1));
        let row = self.counts.partition_point(|row| weigh(row) < wanted).saturating_sub(1);
        let mut below = self.counts.get(row).map_or(0, weigh);
        for (place, (value, block)) in self.sorted.iter().enumerate().skip(row * STEP) {
            below += u64::from(weights[usize::from(*block)]);
            if below >= wanted {
                return (*value, place);
            }
        }
        let last = self.sorted.len().saturating_sub(1);
        (self.sorted.get(last).map_or(0, |(value, _)| *value), last)
    }

    /// By how many more samples of a block lie at or below a place than the share says: what this block does to the
    /// quantile there. As a share of all samples.
    fn pulls(&self, place: usize, share: f64) -> [f64; BLOCKS] {
        let mut below = [0_u32; BLOCKS];
        self.sorted.iter().take(place + 1).for_each(|(_, block)| below[usize::from(*block)] += 1);
        std::array::from_fn(|block| {
            (f64::from(below[block]) - share * f64::from(self.sizes[block])) / self.sorted.len() as f64
        })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of samples, positive, below 2^53")]
fn whole(count: f64) -> u64 {
    count as u64
}

/// The block of a sample: equally many in each, but for one.
#[expect(clippy::cast_possible_truncation, reason = "there are 25 blocks")]
fn block(place: usize, count: usize) -> u8 {
    (place * BLOCKS / count.max(1)) as u8
}

/// A quantile of A and of B, and how far the interval of their ratio reaches to both sides, on the natural logarithm. The
/// samples are in the order of time.
///
/// # Errors
/// Why there is no interval.
pub fn quantile_reach([a, b]: [&[u64]; 2], share: f64, same_plan: bool) -> Result<([f64; 2], f64), &'static str> {
    let pools = [Pool::new(a), Pool::new(b)];
    if pools.iter().any(|pool| pool.sizes.contains(&0)) {
        return Err("fewer samples than blocks");
    }
    let found = pools.each_ref().map(|pool| pool.quantile(&[1; BLOCKS], share));
    if found.iter().any(|(value, _)| *value == 0) {
        return Err("a latency of 0 has no ratio");
    }
    let pulls = [0, 1].map(|side: usize| pools[side].pulls(found[side].1, share));
    // A value below found is at least 1 ns where it is not 0, and one of 0 is as good as 1 here.
    let figure = |side: usize, weights: &Weights| (pools[side].quantile(weights, share).0.max(1) as f64).ln();
    let reach = reach(figure, pulls, same_plan);
    Ok((found.map(|(value, _)| value as f64), reach))
}

/// The 95 % interval of a quantile. The samples are in the order of time.
///
/// # Errors
/// Why there is none.
pub fn quantile_interval(values: &[u64], share: f64) -> Result<[f64; 2], &'static str> {
    let pool = Pool::new(values);
    if pool.sizes.contains(&0) {
        return Err("fewer samples than blocks");
    }
    let (found, place) = pool.quantile(&[1; BLOCKS], share);
    if found == 0 {
        return Err("a latency of 0 has no logarithm");
    }
    let figure = |weights: &Weights| (pool.quantile(weights, share).0.max(1) as f64).ln();
    let mut draw = drawing();
    let logs: Vec<f64> = (0..RESAMPLES).map(|_| figure(&draw())).collect();
    let reach = widened(variance(&logs) * alike(&pool.pulls(place, share))).exp();
    Ok([found as f64 / reach, found as f64 * reach])
}

/// Sums over blocks whose ratio is a figure: counts and times, commands and operations.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// What stands above the line, block by block.
    pub above: [f64; BLOCKS],
    /// What stands below it.
    pub below: [f64; BLOCKS],
}

impl Sums {
    /// From what each of some things in the order of time adds; `None` if they are fewer than the blocks.
    pub fn of(things: impl ExactSizeIterator<Item = (f64, f64)>) -> Option<Sums> {
        let count = things.len();
        let mut sums = Sums { above: [0.0; BLOCKS], below: [0.0; BLOCKS] };
        for (place, (above, below)) in things.enumerate() {
            let block = usize::from(block(place, count));
            sums.above[block] += above;
            sums.below[block] += below;
        }
        (count >= BLOCKS).then_some(sums)
    }

    fn drawn(&self, weights: &Weights) -> f64 {
        let sum =
            |of: &[f64; BLOCKS]| of.iter().zip(weights).map(|(value, weight)| value * f64::from(*weight)).sum::<f64>();
        sum(&self.above) / sum(&self.below)
    }
}

/// How far the interval of the ratio of two such figures reaches, on the logarithm.
///
/// # Errors
/// Why there is none.
pub fn sums_reach(sums: [&Sums; 2], same_plan: bool) -> Result<f64, &'static str> {
    let positive = |sums: &&Sums| sums.above.iter().chain(&sums.below).all(|value| *value > 0.0 && value.is_finite());
    if !sums.iter().all(positive) {
        return Err("in some block of time nothing happened");
    }
    let ratios = sums.map(|sums| sums.drawn(&[1; BLOCKS]));
    let pulls = [0, 1].map(|side: usize| {
        let whole: f64 = sums[side].above.iter().sum();
        std::array::from_fn(|block| (sums[side].above[block] - ratios[side] * sums[side].below[block]) / whole)
    });
    Ok(reach(|side, weights| sums[side].drawn(weights).ln(), pulls, same_plan))
}

/// How far the interval reaches, from a figure (its logarithm) of a side and of how often its blocks were drawn.
fn reach(figure: impl Fn(usize, &Weights) -> f64, pulls: [[f64; BLOCKS]; 2], same_plan: bool) -> f64 {
    let mut draw = drawing();
    let mut logs = [Vec::with_capacity(RESAMPLES), Vec::with_capacity(RESAMPLES)];
    for _ in 0..RESAMPLES {
        let first = draw();
        let second = if same_plan { first } else { draw() };
        logs[0].push(figure(0, &first));
        logs[1].push(figure(1, &second));
    }
    let variance = if same_plan {
        let differences: Vec<f64> = logs[1].iter().zip(&logs[0]).map(|(b, a)| b - a).collect();
        let pulls: [f64; BLOCKS] = std::array::from_fn(|block| pulls[1][block] - pulls[0][block]);
        variance(&differences) * alike(&pulls)
    } else {
        variance(&logs[0]) * alike(&pulls[0]) + variance(&logs[1]) * alike(&pulls[1])
    };
    widened(variance)
}

/// Draws as many blocks as there are, with replacement; always the same ones.
fn drawing() -> impl FnMut() -> Weights {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    move || {
        let mut weights = [0; BLOCKS];
        (0..BLOCKS).for_each(|_| weights[rng.random_range(0..BLOCKS)] += 1);
        weights
    }
}

/// How far an interval reaches, from the variance of what was drawn.
fn widened(variance: f64) -> f64 {
    let few = BLOCKS as f64 / (BLOCKS as f64 - 1.0);
    T * (variance * few).sqrt()
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// By what the variance grows because neighbouring blocks are alike; at least 1.
fn alike(pulls: &[f64; BLOCKS]) -> f64 {
    let mean = pulls.iter().sum::<f64>() / BLOCKS as f64;
    let spread: f64 = pulls.iter().map(|pull| (pull - mean).powi(2)).sum();
    let together: f64 = pulls.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if spread <= 0.0 {
        return 1.0;
    }
    // The estimate lies too low by about (1 + 3ρ)/b: F. Marriott, J. Pope, Biometrika 41 (1954).
    let found = together / spread;
    let correlation = (found + (1.0 + 3.0 * found) / BLOCKS as f64).clamp(0.0, ALIKE_MAX);
    (1.0 + correlation) / (1.0 - correlation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_distr::{Distribution as _, StandardNormal};

    use super::*;

    /// Latencies whose logarithms hang together: each is this share of the one before, plus noise.
    fn latencies(rng: &mut ChaCha8Rng, count: usize, share: f64, factor: f64) -> Vec<u64> {
        let mut log = 0.0;
        let noise = (1.0 - share * share).sqrt();
        let values = (0..count).map(|_| {
            let normal: f64 = StandardNormal.sample(rng);
            log = share * log + noise * normal;
            whole(100_000.0 * factor * (0.5 * log).exp())
        });
        values.collect()
    }

    /// In how many of some hundred comparisons of runs with this true ratio the interval holds it.
    fn covered(count: usize, share: f64, quantile: f64, same_plan: bool) -> f64 {
        const COMPARISONS: u64 = 400;
        let holds = (0..COMPARISONS).filter(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(*seed);
            let [a, b] = [1.0, 1.25].map(|factor| latencies(&mut rng, count, share, factor));
            let ([in_a, in_b], reach) = quantile_reach([&a, &b], quantile, same_plan).unwrap();
            (in_b / in_a / 1.25).ln().abs() <= reach
        });
        holds.count() as f64 / COMPARISONS as f64
    }

    #[test]
    fn the_interval_holds_the_true_ratio_although_samples_hang_together() {
        for (share, quantile, same_plan) in
            [(0.0, 0.5, false), (0.9, 0.5, false), (0.98, 0.5, false), (0.98, 0.5, true), (0.9, 0.99, false)]
        {
            let covered = covered(5_000, share, quantile, same_plan);
            assert!((0.92..=0.995).contains(&covered), "{covered}: p{quantile} at {share}, same plan: {same_plan}");
        }
    }

    #[test]
    fn the_interval_of_one_quantile_holds_the_true_one_although_samples_hang_together() {
        const RUNS: u64 = 400;
        for (share, quantile, normal) in [(0.0, 0.5, 0.0), (0.9, 0.5, 0.0), (0.9, 0.99, 2.326_35)] {
            let truth = 100_000.0 * (0.5_f64 * normal).exp();
            let holds = (0..RUNS).filter(|seed| {
                let run = latencies(&mut ChaCha8Rng::seed_from_u64(*seed), 5_000, share, 1.0);
                let [low, high] = quantile_interval(&run, quantile).unwrap();
                low <= truth && truth <= high
            });
            let covered = holds.count() as f64 / RUNS as f64;
            assert!((0.90..=0.995).contains(&covered), "{covered}: p{quantile} at {share}");
        }
        assert_eq!(quantile_interval(&[7; 24], 0.5), Err("fewer samples than blocks"));
        assert_eq!(quantile_interval(&[0; 100], 0.5), Err("a latency of 0 has no logarithm"));
    }

    #[test]
    fn samples_taken_for_independent_would_be_believed_far_too_much() {
        // What the blocks are for: the spread of the median if samples were independent, against what they are.
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let [a, b] = [1.0, 1.0].map(|factor| latencies(&mut rng, 5_000, 0.98, factor));
        let (_, reach) = quantile_reach([&a, &b], 0.5, false).unwrap();
        let independent = 1.96 * (2.0_f64).sqrt() * 0.5 * 1.253 / 5_000_f64.sqrt();
        assert!(reach > 3.0 * independent);
    }

    #[test]
    fn the_same_recording_is_the_same_without_any_doubt() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let run = latencies(&mut rng, 3_000, 0.5, 1.0);
        let ([in_a, in_b], reach) = quantile_reach([&run, &run], 0.99, true).unwrap();
        assert_eq!((in_a, reach), (in_b, 0.0));
        let sums = Sums::of(run.iter().map(|value| (1.0, *value as f64))).unwrap();
        assert_eq!(sums_reach([&sums, &sums], true), Ok(0.0));
    }

    #[test]
    fn the_quantile_of_all_blocks_is_the_quantile_of_the_samples() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for count in [25, 26, 63, 64, 65, 1_000, 4_321] {
            let values = latencies(&mut rng, count, 0.5, 1.0);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            for share in [0.01, 0.5, 0.99, 1.0] {
                let expected = sorted[whole((count as f64 * share).ceil()).max(1) as usize - 1];
                assert_eq!(Pool::new(&values).quantile(&[1; BLOCKS], share).0, expected, "{share} of {count}");
                assert_eq!(Pool::new(&values).quantile(&[3; BLOCKS], share).0, expected, "{share} of {count}");
            }
        }
    }

    #[test]
    fn rates_have_an_interval_that_holds_the_true_ratio() {
        const COMPARISONS: u64 = 400;
        let holds = (0..COMPARISONS).filter(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(*seed);
            let [a, b] = [1.0, 1.1].map(|factor| {
                Sums::of(latencies(&mut rng, 5_000, 0.9, factor).into_iter().map(|gap| (1.0, gap as f64))).unwrap()
            });
            let log_ratio = (b.drawn(&[1; BLOCKS]) / a.drawn(&[1; BLOCKS])).ln();
            (log_ratio + 1.1_f64.ln()).abs() <= sums_reach([&a, &b], false).unwrap()
        });
        let covered = holds.count() as f64 / COMPARISONS as f64;
        assert!((0.92..=0.995).contains(&covered), "{covered}");
    }

    #[test]
    fn what_cannot_bear_an_interval_says_why() {
        assert_eq!(quantile_reach([&[1; 24], &[1; 100]], 0.5, false), Err("fewer samples than blocks"));
        assert_eq!(quantile_reach([&[], &[]], 0.5, true), Err("fewer samples than blocks"));
        assert_eq!(quantile_reach([&[0; 100], &[1; 100]], 0.5, false), Err("a latency of 0 has no ratio"));
        assert_eq!(Sums::of((0..24).map(|_| (1.0, 1.0))), None);
        let idle = Sums::of((0..50).map(|place| (f64::from(place % 50 / 2), 1.0))).unwrap();
        assert_eq!(sums_reach([&idle, &idle], false), Err("in some block of time nothing happened"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn swapping_a_and_b_turns_the_effect_over(
            a in prop::collection::vec(1..1_000_u64, 25..200),
            b in prop::collection::vec(1..1_000_u64, 25..200),
        ) {
            let (values, there) = quantile_reach([&a, &b], 0.5, true).unwrap();
            let (swapped, back) = quantile_reach([&b, &a], 0.5, true).unwrap();
            prop_assert_eq!([values[1], values[0]], swapped);
            prop_assert!((there - back).abs() < 1e-9, "{} {}", there, back);
        }
    }
}
