//! The 64 bits of a score, each with what it is there for; and those of the meant score that have no place in it.

use schemars::JsonSchema;
use serde::Serialize;

use super::exact::digits;
use super::scheme::Scheme;

/// What a bit is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Above or below zero.
    Sign,
    /// Where the point stands.
    Exponent,
    /// Part of the clock.
    Timestamp,
    /// Part of the counter.
    Counter,
    /// Below the smallest counter: nothing needs it.
    Unused,
    /// Part of the counter (or the clock) for which the score has no place.
    Lost,
}

impl Role {
    /// All of them, as they stand in a score.
    pub const ALL: [Role; 6] = [Role::Sign, Role::Exponent, Role::Timestamp, Role::Counter, Role::Unused, Role::Lost];

    /// Its letter.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Role::Sign => 's',
            Role::Exponent => 'e',
            Role::Timestamp => 't',
            Role::Counter => 'c',
            Role::Unused => '-',
            Role::Lost => 'x',
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Sign => "sign",
            Role::Exponent => "exponent",
            Role::Timestamp => "timestamp",
            Role::Counter => "counter",
            Role::Unused => "unused",
            Role::Lost => "lost",
        }
    }
}

/// One bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cell {
    /// Its place in the 64, 63 being the sign; `null`: it has none, being lost, or the leading 1 that is not stored.
    pub index: Option<u8>,
    /// 0 or 1.
    pub value: u8,
    /// What it is there for.
    pub role: Role,
    /// It is worth 2^`power`; `null` of sign and exponent.
    pub power: Option<i32>,
}

/// A score, bit by bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drawing {
    /// The counter that it was made with.
    pub counter: u64,
    /// The score that was meant, in decimal digits; of `decimal` and `centi` with their decimal places.
    pub exact: String,
    /// The score that is stored, to its last decimal digit.
    pub stored: String,
    /// The 64 bits as 16 hexadecimal digits.
    pub hex: String,
    /// The 64 bits, sign first.
    pub bits: Vec<Cell>,
    /// The leading 1 that is not stored; `null` of zero, which has none.
    pub hidden: Option<Cell>,
    /// The bits of the meant score that have no place, in front of the smallest that tells two counters apart.
    pub lost: Vec<Cell>,
}

/// Bits of the fraction of a float64 (IEEE 754, binary64).
const FRACTION_BITS: u8 = 52;
/// What is added to the power of two in the exponent field.
const BIAS: i32 = 1023;

/// Draws the score of a clock and a counter.
#[must_use]
pub fn draw(scheme: Scheme, ts_ms: u64, counter: u64) -> Drawing {
    let (score, exact) = (scheme.score(ts_ms, counter), scheme.exact(ts_ms, counter));
    let bits = score.to_bits();
    let exponent = i32::try_from(bits >> FRACTION_BITS & 0x7ff).unwrap_or(0);
    // Exponent 0 is that of 1, without a leading 1.
    let leading_power = exponent.max(1) - BIAS;
    let role = |power| role(scheme, power);
    let cell = |index: u8| {
        let power = (index < FRACTION_BITS).then(|| leading_power - i32::from(FRACTION_BITS - index));
        let role = match power {
            Some(power) => role(power),
            None if index == 63 => Role::Sign,
            None => Role::Exponent,
        };
        Cell { index: Some(index), value: u8::from(bits >> index & 1 == 1), role, power }
    };
    let smallest_power = if scheme.whole() { 0 } else { -bits_behind_the_point(scheme) };
    let lost_powers = (smallest_power..leading_power - i32::from(FRACTION_BITS)).rev();
    let lost =
        lost_powers.map(|power| Cell { index: None, value: exact.bit(power), role: Role::Lost, power: Some(power) });
    Drawing {
        counter,
        exact: exact.text(),
        stored: digits(score),
        hex: format!("{bits:016x}"),
        bits: (0..=63).rev().map(cell).collect(),
        hidden: (exponent > 0).then(|| Cell {
            index: None,
            value: 1,
            role: role(leading_power),
            power: Some(leading_power),
        }),
        lost: lost.collect(),
    }
}

/// What a bit worth 2^`power` is there for.
fn role(scheme: Scheme, power: i32) -> Role {
    let behind = bits_behind_the_point(scheme);
    let clock_from = if scheme.whole() { behind } else { 0 };
    if power >= clock_from {
        Role::Timestamp
    } else if scheme.whole() && power < 0 {
        Role::Unused
    } else {
        // A decimal counter has no last binary digit.
        Role::Counter
    }
}

/// How many bits tell the counters of a millisecond apart; of the decimal schemes they stand behind the point.
fn bits_behind_the_point(scheme: Scheme) -> i32 {
    i32::try_from(scheme.counter_bits()).unwrap_or(i32::MAX)
}

impl Drawing {
    /// The score again, from its bits.
    #[must_use]
    pub fn score(&self) -> f64 {
        f64::from_bits(self.bits.iter().fold(0, |bits, cell| bits << 1 | u64::from(cell.value)))
    }

    /// How many of the 64 bits are there for this.
    #[must_use]
    pub fn count(&self, role: Role) -> usize {
        self.bits.iter().chain(&self.lost).filter(|cell| cell.role == role).count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::scores;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_bits_put_together_are_the_score((scheme, ts_ms, counter) in scores()) {
            let drawing = draw(scheme, ts_ms, counter);
            prop_assert_eq!(drawing.score().to_bits(), scheme.score(ts_ms, counter).to_bits());
            prop_assert_eq!(format!("{:016x}", drawing.score().to_bits()), drawing.hex);
            prop_assert_eq!(drawing.bits.iter().filter_map(|cell| cell.index).collect::<Vec<_>>(), (0..64).rev().collect::<Vec<u8>>());
        }

        #[test]
        fn the_powers_of_the_bits_add_up_to_the_score((scheme, ts_ms, counter) in scores()) {
            let drawing = draw(scheme, ts_ms, counter);
            let fraction = drawing.hidden.iter().chain(drawing.bits.iter().filter(|cell| cell.power.is_some()));
            // At most 53 bits in a row: no sum of them is rounded.
            let sum: f64 = fraction.map(|cell| f64::from(cell.value) * 2f64.powi(cell.power.unwrap())).sum();
            prop_assert_eq!(sum, scheme.score(ts_ms, counter));
        }

        /// What is stored and what is lost are together the number that was meant, but for the rounding.
        #[test]
        fn what_is_lost_of_an_integer_is_less_than_one_place((scheme, ts_ms, counter) in scores()) {
            prop_assume!(scheme.whole());
            let drawing = draw(scheme, ts_ms, counter);
            let place = 1_i128 << drawing.lost.len();
            let lost = drawing.lost.iter().fold(0_i128, |sum, cell| sum << 1 | i128::from(cell.value));
            let meant: i128 = drawing.exact.parse().unwrap();
            let stored: i128 = drawing.stored.parse().unwrap();
            let rounded_up = stored > meant;
            prop_assert_eq!(stored + lost - if rounded_up { place } else { 0 }, meant);
            // To the nearest: what is lost is the smaller part.
            let smaller = if rounded_up { place - lost } else { lost };
            prop_assert!(2 * smaller <= place);
        }

        #[test]
        fn bits_are_lost_exactly_where_clock_and_counter_do_not_fit((scheme, ts_ms, counter) in scores()) {
            let drawing = draw(scheme, ts_ms, counter);
            prop_assume!(scheme.clock(ts_ms) > 0);
            let whole_bits = scheme.clock_bits(ts_ms) + if scheme.whole() { scheme.counter_bits() } else { 0 };
            // Rounding up to the next power of two takes one more place.
            let carried = drawing.hidden.unwrap().power.unwrap() + 1 - i32::try_from(whole_bits).unwrap();
            prop_assert!(carried == 0 || carried == 1);
            let needed = i32::try_from(scheme.clock_bits(ts_ms) + scheme.counter_bits()).unwrap() + carried;
            prop_assert_eq!(i32::try_from(drawing.lost.len()).unwrap(), (needed - 53).max(0));
            prop_assert!(carried == 1 || drawing.lost.is_empty() == scheme.tells_apart(ts_ms));
        }
    }
}
