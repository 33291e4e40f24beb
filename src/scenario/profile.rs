//! The rate of an open loop over time, in pieces that each rise or stay in a straight line.

use std::time::Duration;

use super::resolved::{Burst, BurstHeight, OpenLoad};

/// Bursts of one load: more would only be a rate that nobody can tell from a steady one.
pub(super) const BURSTS_MAX: u64 = 1_000_000;

/// A part of the load in which the rate is a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Seconds since the load began.
    pub begin_s: f64,
    /// Seconds since the load began; later than its begin.
    pub end_s: f64,
    /// Arrivals per second at its begin.
    pub from_per_s: f64,
    /// Arrivals per second at its end.
    pub to_per_s: f64,
    /// Whether it belongs to a burst.
    pub in_burst: bool,
}

impl Piece {
    /// Arrivals expected in it: the integral of the rate.
    #[must_use]
    pub fn mass(&self) -> f64 {
        (self.from_per_s + self.to_per_s) / 2.0 * (self.end_s - self.begin_s)
    }

    /// When so many of its arrivals are expected to have come, in seconds since the load began; never after its end.
    #[must_use]
    pub fn time_of(&self, mass: f64) -> f64 {
        let slope = (self.to_per_s - self.from_per_s) / (self.end_s - self.begin_s);
        let since_begin_s = if slope == 0.0 {
            mass / self.from_per_s
        } else {
            // slope/2 t² + from t − mass = 0, in the form that stays exact when the slope is near zero.
            let root = (self.from_per_s * self.from_per_s + 2.0 * slope * mass).max(0.0).sqrt();
            2.0 * mass / (self.from_per_s + root)
        };
        (self.begin_s + since_begin_s).min(self.end_s)
    }
}

impl OpenLoad {
    /// The pieces of the load, one after the other without a gap, from its begin to its end.
    #[must_use]
    pub fn pieces(&self) -> Pieces<'_> {
        Pieces { load: self, at_ns: 0 }
    }

    /// Arrivals expected in the whole load: the integral of its rate.
    #[must_use]
    pub fn expected_arrivals(&self) -> f64 {
        self.pieces().map(|piece| piece.mass()).sum()
    }

    /// How many bursts begin within the load.
    #[must_use]
    pub fn bursts(&self) -> u64 {
        let Some(burst) = &self.burst else { return 0 };
        nanos(self.duration).saturating_sub(nanos(burst.start)).div_ceil(nanos(burst.every).max(1))
    }

    /// The rate without bursts.
    fn base_per_s(&self, at_ns: u64) -> f64 {
        let ramp_ns = nanos(self.ramp);
        if at_ns >= ramp_ns {
            return self.rate_per_s;
        }
        self.from_per_s + (self.rate_per_s - self.from_per_s) * (at_ns as f64 / ramp_ns as f64)
    }
}

/// The pieces of a load, from [`OpenLoad::pieces`].
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    load: &'a OpenLoad,
    at_ns: u64,
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let (load, begin_ns) = (self.load, self.at_ns);
        let duration_ns = nanos(load.duration);
        if begin_ns >= duration_ns {
            return None;
        }
        let ramp_ns = nanos(load.ramp);
        let mut end_ns = if begin_ns < ramp_ns { ramp_ns.min(duration_ns) } else { duration_ns };
        let mut height = None;
        if let Some(burst) = &load.burst {
            let (in_burst, edge_ns) = burst.at(begin_ns);
            end_ns = end_ns.min(edge_ns);
            height = in_burst.then_some(burst.height);
        }
        self.at_ns = end_ns;
        let in_height = |base_per_s: f64| match height {
            None => base_per_s,
            Some(BurstHeight::PerS(per_s)) => per_s,
            Some(BurstHeight::Times(factor)) => base_per_s * factor,
        };
        Some(Piece {
            begin_s: seconds(begin_ns),
            end_s: seconds(end_ns),
            from_per_s: in_height(load.base_per_s(begin_ns)),
            to_per_s: in_height(load.base_per_s(end_ns)),
            in_burst: height.is_some(),
        })
    }
}

impl Burst {
    /// Whether a moment lies in a burst, and when that changes next.
    fn at(&self, at_ns: u64) -> (bool, u64) {
        let Some(since_first_ns) = at_ns.checked_sub(nanos(self.start)) else { return (false, nanos(self.start)) };
        // A period of zero was refused when it was read.
        let every_ns = nanos(self.every).max(1);
        let begun_ns = at_ns - since_first_ns % every_ns;
        let over_ns = begun_ns.saturating_add(nanos(self.lasts));
        if at_ns < over_ns { (true, over_ns) } else { (false, begun_ns.saturating_add(every_ns)) }
    }
}

/// A scenario's durations are a day at the most.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn seconds(ns: u64) -> f64 {
    Duration::from_nanos(ns).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Arrivals;

    fn load() -> OpenLoad {
        OpenLoad {
            arrivals: Arrivals::Constant,
            rate_per_s: 100.0,
            from_per_s: 100.0,
            ramp: Duration::ZERO,
            burst: None,
            duration: Duration::from_millis(3_250),
            connections: 4,
            tokens_per_user: 1,
        }
    }

    fn burst(height: BurstHeight) -> Option<Burst> {
        let ms = Duration::from_millis;
        Some(Burst { every: ms(1_000), lasts: ms(500), start: ms(1_000), height })
    }

    fn shown(load: &OpenLoad) -> Vec<(f64, f64, f64, f64, bool)> {
        load.pieces()
            .map(|piece| (piece.begin_s, piece.end_s, piece.from_per_s, piece.to_per_s, piece.in_burst))
            .collect()
    }

    #[test]
    fn bursts_come_every_period_and_the_end_of_the_load_cuts_the_last_one_off() {
        let bursting = OpenLoad { burst: burst(BurstHeight::PerS(700.0)), ..load() };
        let expected = [
            (0.0, 1.0, 100.0, 100.0, false),
            (1.0, 1.5, 700.0, 700.0, true),
            (1.5, 2.0, 100.0, 100.0, false),
            (2.0, 2.5, 700.0, 700.0, true),
            (2.5, 3.0, 100.0, 100.0, false),
            (3.0, 3.25, 700.0, 700.0, true),
        ];
        assert_eq!(shown(&bursting), expected);
        assert!((bursting.expected_arrivals() - (200.0 + 875.0)).abs() < 1e-9);
    }

    #[test]
    fn a_factor_climbs_with_the_ramp_and_a_rate_does_not() {
        let ramped = OpenLoad { from_per_s: 20.0, ramp: Duration::from_secs(2), ..load() };
        let times = OpenLoad { burst: burst(BurstHeight::Times(3.0)), ..ramped.clone() };
        let expected = [
            (0.0, 1.0, 20.0, 60.0, false),
            (1.0, 1.5, 180.0, 240.0, true),
            (1.5, 2.0, 80.0, 100.0, false),
            (2.0, 2.5, 300.0, 300.0, true),
            (2.5, 3.0, 100.0, 100.0, false),
            (3.0, 3.25, 300.0, 300.0, true),
        ];
        assert_eq!(shown(&times), expected);
        let fixed = OpenLoad { burst: burst(BurstHeight::PerS(700.0)), ..ramped };
        assert_eq!(shown(&fixed)[1], (1.0, 1.5, 700.0, 700.0, true));
    }

    #[test]
    fn a_burst_that_spans_the_end_of_a_ramp_is_two_pieces() {
        let from = Duration::from_millis(1_250);
        let load = OpenLoad { from_per_s: 50.0, ramp: from, burst: burst(BurstHeight::Times(2.0)), ..load() };
        let pieces = shown(&load);
        assert_eq!(pieces[1], (1.0, 1.25, 180.0, 200.0, true));
        assert_eq!(pieces[2], (1.25, 1.5, 200.0, 200.0, true));
    }
}
