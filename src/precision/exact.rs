//! Numbers without rounding: what a score was meant to be, and what a float64 says to the last digit.

use std::cmp::Ordering;

/// A score that was meant: so many units, `per_one` of which make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact {
    /// The units.
    pub units: u128,
    /// 1 of whole numbers, else a power of ten.
    pub per_one: u64,
}

impl Exact {
    /// The binary digit worth 2^`power`.
    #[must_use]
    pub fn bit(self, power: i32) -> u8 {
        let digit = match u32::try_from(power) {
            // Shifted out of 128 bits, nothing is left.
            Ok(power) => (self.units / u128::from(self.per_one)).checked_shr(power).unwrap_or(0),
            Err(_) => {
                let places = power.unsigned_abs().min(64);
                // The part behind the point is below `per_one`, 20 bits: no product here reaches 2^84.
                ((self.units % u128::from(self.per_one)) << places) / u128::from(self.per_one)
            }
        };
        u8::from(digit & 1 == 1)
    }

    /// How many binary digits stand in front of the point.
    #[must_use]
    pub fn whole_bits(self) -> u32 {
        u128::BITS - (self.units / u128::from(self.per_one)).leading_zeros()
    }

    /// Holds it against a float64, without rounding either. `None`: that one is no number, negative, or beyond 2^127.
    #[must_use]
    pub fn compare(self, score: f64) -> Option<Ordering> {
        let (significand, power) = parts(score)?;
        // score = significand × 2^power; both sides are multiplied by `per_one` and brought to whole numbers.
        let score = u128::from(significand) * u128::from(self.per_one);
        if power >= 0 {
            let shifted = score.checked_shl(power.unsigned_abs()).filter(|shifted| shifted >> power == score);
            return shifted.map(|score| self.units.cmp(&score));
        }
        let places = power.unsigned_abs();
        if places >= u128::BITS {
            return None;
        }
        let (whole, rest) = (score >> places, score & ((1 << places) - 1));
        Some(self.units.cmp(&whole).then(if rest == 0 { Ordering::Equal } else { Ordering::Less }))
    }

    /// As decimal digits.
    #[must_use]
    pub fn text(self) -> String {
        let per_one = u128::from(self.per_one);
        let places = self.per_one.ilog10() as usize;
        let whole = self.units / per_one;
        if places == 0 { whole.to_string() } else { format!("{whole}.{:0places$}", self.units % per_one) }
    }
}

/// A float64 that is not negative as an odd integer (or 0) times a power of two. `None`: it is negative or no number.
fn parts(score: f64) -> Option<(u64, i32)> {
    if !score.is_finite() || score < 0.0 {
        return None;
    }
    let bits = score.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    // IEEE 754: exponent 0 has no hidden 1.
    let (significand, power) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    if significand == 0 {
        return Some((0, 0));
    }
    let zeros = significand.trailing_zeros();
    Some((significand >> zeros, power + zeros.cast_signed()))
}

/// All decimal digits of a float64: nothing rounded, nothing left out.
#[must_use]
pub fn digits(score: f64) -> String {
    // 2^-n has n decimal places, so so many are enough.
    let places = parts(score.abs()).map_or(0, |(_, power)| usize::try_from(-power).unwrap_or(0));
    if score == 0.0 { "0".to_owned() } else { format!("{score:.places$}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_float64_is_told_to_its_last_digit() {
        assert_eq!(digits(9_007_199_254_740_992.0), "9007199254740992");
        // Rust's own Display would show 1180591620717411300000.
        assert_eq!(digits(2f64.powi(70)), "1180591620717411303424");
        assert_eq!(digits(0.1), "0.1000000000000000055511151231257827021181583404541015625");
        assert_eq!([0.0, -0.0, 1.5, -7.0].map(digits), ["0", "0", "1.5", "-7"]);
    }

    #[test]
    fn a_decimal_is_written_and_cut_into_bits() {
        let score = Exact { units: 5_750_000, per_one: 1_000_000 };
        assert_eq!(score.text(), "5.750000");
        assert_eq!([2, 1, 0, -1, -2, -3].map(|power| score.bit(power)), [1, 0, 1, 1, 1, 0]);
        assert_eq!(score.whole_bits(), 3);
        assert_eq!(Exact { units: 7, per_one: 100 }.text(), "0.07");
        assert_eq!(Exact { units: 7, per_one: 1 }.text(), "7");
    }

    #[test]
    fn what_cannot_be_compared_is_not() {
        let one = Exact { units: 1, per_one: 1 };
        assert_eq!([f64::NAN, -1.0, f64::INFINITY, 2f64.powi(200)].map(|score| one.compare(score)), [None; 4]);
    }

    proptest! {
        #[test]
        fn an_integer_is_compared_as_integers_are(units in any::<u64>(), other in any::<u64>()) {
            let score = other as f64;
            // Every float64 up to 2^64 is a u128.
            let expected = u128::from(units).cmp(&(score as u128));
            prop_assert_eq!(Exact { units: u128::from(units), per_one: 1 }.compare(score), Some(expected));
        }

        #[test]
        fn a_decimal_is_compared_by_its_digits(units in 1..u64::MAX / 2, ulps in -3..=3_i64) {
            let exact = Exact { units: u128::from(units), per_one: 1_000_000 };
            let near: f64 = exact.text().parse().unwrap();
            let score = f64::from_bits(near.to_bits().saturating_add_signed(ulps));
            // The same digits with zeros behind them are in the order of text.
            let pad = |text: String| {
                let (whole, places) = text.split_once('.').map_or((text.as_str(), ""), |(whole, places)| (whole, places));
                format!("{whole:0>30}.{places:0<1100}")
            };
            prop_assert_eq!(exact.compare(score), Some(pad(exact.text()).cmp(&pad(digits(score)))));
        }
    }
}
