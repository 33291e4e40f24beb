//! The ways to make one score of a clock and a counter: as float64, as the designs do it, and exactly.

use schemars::JsonSchema;
use serde::Serialize;

use super::exact::Exact;

/// The bits of a float64's significand, the leading 1 that is not stored included (IEEE 754, binary64).
pub const SIGNIFICAND_BITS: u32 = 53;

/// The largest shift that is looked at: one more, and a counter alone fills a score.
pub const SHIFT_MAX: u32 = SIGNIFICAND_BITS - 1;

/// The latest time that is looked at, ms since 1970: the last that jiff can write as a date, in 9999. It has 48 bits, so a
/// float64 holds it.
pub const TS_MS_MAX: u64 = 253_402_207_200_999;

/// How clock and counter become one score. The arithmetic is that of `lua/push_composite.lua`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `ts × 2^bits + counter`; as integers `ts << bits | counter`.
    Shift {
        /// How far the clock is shifted, 0 to [`SHIFT_MAX`].
        bits: u32,
    },
    /// `ts + counter × 1e-6`.
    Decimal,
    /// `ts + counter × 0.01`.
    Centi,
    /// `(ts − epoch) × 2^bits + counter`.
    Rebased {
        /// Where the clock begins, ms since 1970; not after any `ts` that is asked about.
        epoch_ms: u64,
        /// How far the clock is shifted, 0 to [`SHIFT_MAX`].
        bits: u32,
    },
}

/// The name of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SchemeName {
    /// The clock shifted.
    Shift,
    /// Six decimal places for the counter.
    Decimal,
    /// Two decimal places for the counter.
    Centi,
    /// The clock since an epoch, shifted.
    Rebased,
}

impl SchemeName {
    /// As it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            SchemeName::Shift => "shift",
            SchemeName::Decimal => "decimal",
            SchemeName::Centi => "centi",
            SchemeName::Rebased => "rebased",
        }
    }

    /// The queue design that places its joins so.
    #[must_use]
    pub fn design(self) -> &'static str {
        match self {
            SchemeName::Shift => "composite-shift",
            SchemeName::Decimal => "composite-decimal",
            SchemeName::Centi => "composite-centi",
            SchemeName::Rebased => "composite-rebased",
        }
    }

    /// How many bits the clock is shifted by in that design; of the decimal ones none.
    #[must_use]
    pub fn design_bits(self) -> Option<u32> {
        match self {
            SchemeName::Shift => Some(24),
            SchemeName::Rebased => Some(20),
            SchemeName::Decimal | SchemeName::Centi => None,
        }
    }
}

impl SchemeName {
    /// The scheme, shifted by so many bits or else as its design does. Only `rebased` looks at the epoch.
    #[must_use]
    pub fn scheme(self, bits: Option<u32>, epoch_ms: u64) -> Scheme {
        let bits = bits.or(self.design_bits()).unwrap_or_default();
        match self {
            SchemeName::Shift => Scheme::Shift { bits },
            SchemeName::Decimal => Scheme::Decimal,
            SchemeName::Centi => Scheme::Centi,
            SchemeName::Rebased => Scheme::Rebased { epoch_ms, bits },
        }
    }
}

impl Scheme {
    /// Which it is.
    #[must_use]
    pub fn name(self) -> SchemeName {
        match self {
            Scheme::Shift { .. } => SchemeName::Shift,
            Scheme::Decimal => SchemeName::Decimal,
            Scheme::Centi => SchemeName::Centi,
            Scheme::Rebased { .. } => SchemeName::Rebased,
        }
    }

    /// The score as Lua, and every language with float64, computes it: each operation rounds.
    #[must_use]
    pub fn score(self, ts_ms: u64, counter: u64) -> f64 {
        let (ts, counter) = (nearest(ts_ms), nearest(counter));
        match self {
            Scheme::Shift { bits } => ts * power_of_two(bits) + counter,
            Scheme::Decimal => ts + counter * 1e-6,
            Scheme::Centi => ts + counter * 0.01,
            Scheme::Rebased { epoch_ms, bits } => (ts - nearest(epoch_ms)) * power_of_two(bits) + counter,
        }
    }

    /// The score that was meant.
    #[must_use]
    pub fn exact(self, ts_ms: u64, counter: u64) -> Exact {
        let units = u128::from(self.clock(ts_ms)) * u128::from(self.counters_per_ms()) + u128::from(counter);
        Exact { units, per_one: if self.whole() { 1 } else { self.counters_per_ms() } }
    }

    /// What stands in front of the counter: the clock, of `rebased` since its epoch. 0 before the epoch.
    #[must_use]
    pub fn clock(self, ts_ms: u64) -> u64 {
        match self {
            Scheme::Rebased { epoch_ms, .. } => ts_ms.saturating_sub(epoch_ms),
            _ => ts_ms,
        }
    }

    /// When the clock begins, ms since 1970.
    #[must_use]
    pub fn begins_ms(self) -> u64 {
        match self {
            Scheme::Rebased { epoch_ms, .. } => epoch_ms,
            _ => 0,
        }
    }

    /// How many counters the scheme has for one millisecond: the next one is the next millisecond's first.
    #[must_use]
    pub fn counters_per_ms(self) -> u64 {
        match self {
            Scheme::Shift { bits } | Scheme::Rebased { bits, .. } => 1 << bits.min(SHIFT_MAX),
            Scheme::Decimal => 1_000_000,
            Scheme::Centi => 100,
        }
    }

    /// Whether all its scores are whole numbers.
    #[must_use]
    pub fn whole(self) -> bool {
        matches!(self, Scheme::Shift { .. } | Scheme::Rebased { .. })
    }

    /// The bits that tell all counters of a millisecond apart: 2^`counter_bits` ≥ `counters_per_ms`.
    #[must_use]
    pub fn counter_bits(self) -> u32 {
        self.counters_per_ms().next_power_of_two().trailing_zeros()
    }

    /// The bits that the clock takes at this time.
    #[must_use]
    pub fn clock_bits(self, ts_ms: u64) -> u32 {
        u64::BITS - self.clock(ts_ms).leading_zeros()
    }

    /// The bits of a score that are left for the counter at this time.
    #[must_use]
    pub fn room_bits(self, ts_ms: u64) -> u32 {
        SIGNIFICAND_BITS.saturating_sub(self.clock_bits(ts_ms))
    }

    /// Whether each counter of this millisecond has a score of its own: exactly if clock and counter fit into 53 bits.
    #[must_use]
    pub fn tells_apart(self, ts_ms: u64) -> bool {
        self.clock_bits(ts_ms) + self.counter_bits() <= SIGNIFICAND_BITS
    }

    /// As a person writes it.
    #[must_use]
    pub fn formula(self) -> String {
        match self {
            Scheme::Shift { bits } => format!("ts × 2^{bits} + counter"),
            Scheme::Decimal => "ts + counter × 1e-6".to_owned(),
            Scheme::Centi => "ts + counter × 0.01".to_owned(),
            Scheme::Rebased { epoch_ms, bits } => format!("(ts − {epoch_ms}) × 2^{bits} + counter"),
        }
    }

    /// As a Lua expression of two numbers.
    #[must_use]
    pub fn lua(self, ts: &str, counter: &str) -> String {
        match self {
            Scheme::Shift { bits } => format!("{ts} * 2 ^ {bits} + {counter}"),
            Scheme::Decimal => format!("{ts} + {counter} * 1e-6"),
            Scheme::Centi => format!("{ts} + {counter} * 0.01"),
            Scheme::Rebased { epoch_ms, bits } => format!("({ts} - {epoch_ms}) * 2 ^ {bits} + {counter}"),
        }
    }
}

/// The float64 nearest to an integer.
#[expect(clippy::cast_precision_loss, reason = "what is lost is the subject here")]
pub(super) fn nearest(integer: u64) -> f64 {
    integer as f64
}

fn power_of_two(bits: u32) -> f64 {
    nearest(1 << bits.min(SHIFT_MAX))
}

#[cfg(test)]
mod tests {
    use super::super::cases::{schemes, scores};
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    #[test]
    fn the_latest_time_is_the_last_that_has_a_date_and_a_float64_holds_it() {
        assert_eq!(i64::try_from(TS_MS_MAX), Ok(jiff::Timestamp::MAX.as_millisecond()));
        assert_eq!(nearest(TS_MS_MAX) as u64, TS_MS_MAX);
        assert_eq!(nearest(TS_MS_MAX + 1) as u64, TS_MS_MAX + 1);
    }

    #[test]
    fn the_seeds_case_counters_4_5_and_6_of_one_millisecond_get_one_score() {
        let score = |counter| Scheme::Shift { bits: 24 }.score(1_759_656_550_865, counter);
        assert_eq!(score(4).to_bits(), score(5).to_bits());
        assert_eq!(score(5).to_bits(), score(6).to_bits());
        let meant = [4, 5, 6].map(|counter| Scheme::Shift { bits: 24 }.exact(1_759_656_550_865, counter).units);
        assert_eq!(meant, [4, 5, 6].map(|counter| (1_759_656_550_865_u128 << 24) | counter));
    }

    proptest! {
        #[test]
        fn a_score_is_exact_exactly_if_it_needs_53_bits_at_most((scheme, ts_ms, counter) in scores()) {
            prop_assume!(scheme.whole());
            let exact = scheme.exact(ts_ms, counter);
            // Zeros at the end take no bit of the significand.
            let bits = exact.whole_bits() - if exact.units == 0 { 0 } else { exact.units.trailing_zeros() };
            let score = scheme.score(ts_ms, counter);
            prop_assert_eq!(exact.compare(score) == Some(Ordering::Equal), bits <= SIGNIFICAND_BITS);
        }

        #[test]
        fn every_counter_is_exact_exactly_if_clock_and_counter_have_53_bits_at_most((scheme, ts_ms) in schemes(SHIFT_MAX)) {
            prop_assume!(scheme.whole());
            let exact = |counter| scheme.exact(ts_ms, counter).compare(scheme.score(ts_ms, counter)) == Some(Ordering::Equal);
            let last = scheme.counters_per_ms() - 1;
            // The last counter is all ones: it needs every bit.
            let fits = scheme.exact(ts_ms, last).whole_bits() <= SIGNIFICAND_BITS;
            prop_assert_eq!(exact(last), fits);
            prop_assert_eq!(scheme.tells_apart(ts_ms), fits);
            if fits {
                prop_assert!((0..=last).step_by(usize::try_from(last / 100 + 1).unwrap()).all(exact));
            }
        }

        #[test]
        fn a_whole_score_is_the_float64_nearest_to_what_was_meant((scheme, ts_ms, counter) in scores()) {
            prop_assume!(scheme.whole());
            prop_assert_eq!(scheme.score(ts_ms, counter), scheme.exact(ts_ms, counter).units as f64);
        }

        #[test]
        fn a_decimal_score_is_less_than_one_place_off((scheme, ts_ms, counter) in scores()) {
            prop_assume!(!scheme.whole() && ts_ms > 0);
            let (exact, score) = (scheme.exact(ts_ms, counter), scheme.score(ts_ms, counter));
            prop_assert_eq!(exact.compare(score.next_up()), Some(Ordering::Less));
            prop_assert_eq!(exact.compare(score.next_down()), Some(Ordering::Greater));
        }

        #[test]
        fn a_later_counter_never_has_a_lower_score((scheme, ts_ms, counter) in scores()) {
            prop_assert!(scheme.score(ts_ms, counter) <= scheme.score(ts_ms, counter + 1));
            prop_assert!(scheme.score(ts_ms, counter) <= scheme.score(ts_ms + 1, counter));
        }
    }
}
