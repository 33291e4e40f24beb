//! Medians, and what may be said of a ratio or a difference of two contenders that ran in the same rounds.

use serde::Serialize;

/// An estimate and the 95 % interval of what it estimates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        even if even % 2 == 0 => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
        _ => Some(sorted[middle]),
    }
}

/// The geometric mean of the ratios of pairs: Student's t on their logarithms. `None` of fewer than two pairs, or of
/// values that are not above zero.
pub fn ratio(pairs: &[(f64, f64)]) -> Option<Estimate> {
    let logs: Vec<f64> = pairs.iter().map(|(ours, theirs)| (ours / theirs).ln()).collect();
    let Estimate { estimate, low, high } = mean(&logs)?;
    Some(Estimate { estimate: estimate.exp(), low: low.exp(), high: high.exp() })
}

/// The mean of the differences of pairs, by Student's t. `None` of fewer than two pairs.
pub fn difference(pairs: &[(f64, f64)]) -> Option<Estimate> {
    mean(&pairs.iter().map(|(one, other)| one - other).collect::<Vec<_>>())
}

fn mean(values: &[f64]) -> Option<Estimate> {
    if values.len() < 2 || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let half = t_975(values.len() - 1) * (variance / count).sqrt();
    Some(Estimate { estimate: mean, low: mean - half, high: mean + half })
}

/// The 97.5 % quantile of Student's t (NIST/SEMATECH e-Handbook, 1.3.6.7.2). Above 30 degrees of freedom that of 30: an
/// interval at most 4 % too wide.
fn t_975(degrees: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];
    TABLE[degrees.clamp(1, TABLE.len()) - 1]
}
