//! How Lua 5.1, Redis' Lua, writes a number.

/// As `string.format('%.Ng', number)` writes it, for N from 1 to 17: N digits, without zeros at the end; an exponent where
/// the number has more than N digits in front of the point, or more than four zeros behind it (C99, 7.19.6.1).
#[must_use]
pub fn general(number: f64, digits: usize) -> String {
    if !number.is_finite() {
        return if number.is_nan() { "nan" } else { if number > 0.0 { "inf" } else { "-inf" } }.to_owned();
    }
    let behind = digits.saturating_sub(1);
    let scientific = format!("{number:.behind$e}");
    // Rust always writes the `e`.
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let width = i32::try_from(digits).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= width {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs());
    }
    let places = usize::try_from(width - 1 - exponent).unwrap_or(0);
    without_zeros(&format!("{number:.places$}")).to_owned()
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// As `tostring(number)` writes it: 14 digits (LUAI_NUMFFORMAT in Lua's luaconf.h).
#[must_use]
pub fn tostring(number: f64) -> String {
    general(number, 14)
}

/// As `string.format('%.17g', number)` writes it: 17 digits name each float64.
#[must_use]
pub fn exactly(number: f64) -> String {
    general(number, 17)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_lua_writes_them() {
        // What `redis-cli eval "return tostring(…)" 0` answers.
        for (number, text) in [
            (9_007_199_254_740_991.0, "9.007199254741e+15"),
            (99_999_999_999_999.0, "99999999999999"),
            (100_000_000_000_000.0, "1e+14"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-2.5, "-2.5"),
            (0.0, "0"),
            (1e300, "1e+300"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(tostring(number), text);
        }
        assert_eq!(exactly(0.1), "0.10000000000000001");
        assert_eq!(exactly(9_007_199_254_740_991.0), "9007199254740991");
    }

    proptest! {
        #[test]
        fn seventeen_digits_are_read_back_as_the_same_number(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(exactly(number).parse::<f64>().unwrap().to_bits(), bits);
        }
    }
}
