//! An effect with its interval, and what may be said of it.

use serde::Serialize;

/// A ratio B/A. The interval holds the true one in 95 of 100 comparisons made like this one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The ratio that fits best.
    pub ratio: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

impl Effect {
    /// From natural logarithms: the estimate, and how far the interval reaches to both sides.
    pub(super) fn from_log(log_ratio: f64, reach: f64) -> Effect {
        Effect { ratio: log_ratio.exp(), low: (log_ratio - reach).exp(), high: (log_ratio + reach).exp() }
    }

    /// The interval widened by an allowance: 0.2 stands for 20 % to both sides, as a factor.
    #[must_use]
    pub fn widened(self, allowance: f64) -> Effect {
        Effect { ratio: self.ratio, low: self.low / (1.0 + allowance), high: self.high * (1.0 + allowance) }
    }

    /// What may be said of it: larger or smaller when the whole interval lies beyond the threshold, the same when all of
    /// it lies within. 0.03 stands for 3 % to both sides, as a factor: 1/1.03 to 1.03.
    #[must_use]
    pub fn size(self, threshold: f64) -> Size {
        let edge = 1.0 + threshold;
        if self.low > edge {
            Size::Larger
        } else if self.high < 1.0 / edge {
            Size::Smaller
        } else if self.low >= 1.0 / edge && self.high <= edge {
            Size::Same
        } else {
            Size::Open
        }
    }
}

/// How B's figure compares with A's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Larger by more than the threshold.
    Larger,
    /// Smaller by more than the threshold.
    Smaller,
    /// Neither.
    Same,
    /// The interval leaves more than one of these.
    Open,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(low: f64, high: f64) -> Effect {
        Effect { ratio: (low * high).sqrt(), low, high }
    }

    #[test]
    fn a_difference_is_one_only_when_the_whole_interval_lies_beyond_the_threshold() {
        for (low, high, size) in [
            (1.04, 1.20, Size::Larger),
            (1.03, 1.20, Size::Open),
            (1.01, 1.05, Size::Open),
            (0.98, 1.02, Size::Same),
            (0.96, 1.02, Size::Open),
            (0.90, 1.10, Size::Open),
            (0.80, 0.97, Size::Smaller),
            (0.80, 0.98, Size::Open),
        ] {
            assert_eq!(effect(low, high).size(0.03), size, "{low} to {high}");
        }
        assert_eq!(Effect { ratio: 1.0, low: 1.0, high: 1.0 }.size(0.0), Size::Same);
    }

    #[test]
    fn an_allowance_takes_from_a_difference_and_from_sameness_alike() {
        assert_eq!(effect(1.15, 1.25).widened(0.20).size(0.03), Size::Open);
        assert_eq!(effect(1.30, 1.40).widened(0.20).size(0.03), Size::Larger);
        assert_eq!(effect(0.60, 0.70).widened(0.20).size(0.03), Size::Smaller);
        assert_eq!(effect(0.75, 0.85).widened(0.20).size(0.03), Size::Open);
        assert_eq!(effect(0.99, 1.01).widened(0.20).size(0.03), Size::Open);
    }
}
