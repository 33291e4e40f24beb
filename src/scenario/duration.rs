//! Durations as text: numbers, each with its unit, such as `250ms`, `2s`, `1m30s` or `1.5s`.

use std::time::Duration;

/// The longest duration a file may name: a cell is meant to last seconds.
pub(super) const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What [`parse_duration`] accepts, as a regular expression (its upper bound apart).
pub(super) const DURATION_PATTERN: &str = "^([0-9]{1,15}(\\.[0-9]+)?(h|m|s|ms|us|µs|μs|ns))+$";

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DurationError {
    #[error("a duration cannot be negative")]
    Negative,
    #[error("a unit is missing after `{0}`")]
    NoUnit(String),
    #[error("`{0}` is not a unit")]
    UnknownUnit(String),
    #[error("a number is missing")]
    NoNumber,
    #[error("longer than 24 hours")]
    TooLong,
}

/// The duration that a text names.
///
/// # Errors
/// Says what is wrong with the text; never panics and never wraps.
pub(super) fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    match u64::try_from(parse_ns(text)?) {
        Ok(ns) if Duration::from_nanos(ns) <= DURATION_MAX => Ok(Duration::from_nanos(ns)),
        _ => Err(DurationError::TooLong),
    }
}

/// The same in ns, however long.
///
/// # Errors
/// As [`parse_duration`]; too long only where a number has more than 15 digits.
pub(super) fn parse_ns(text: &str) -> Result<u128, DurationError> {
    if text.trim_start().starts_with('-') {
        return Err(DurationError::Negative);
    }
    let mut rest = text;
    let mut total_ns = 0u128;
    loop {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        if number.is_empty() {
            return Err(DurationError::NoNumber);
        }
        let unit_ns = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            "" => return Err(DurationError::NoUnit(number.to_owned())),
            other => return Err(DurationError::UnknownUnit(other.escape_debug().to_string())),
        };
        // At most 10^15 × 3.6 × 10^12 for each part: the sum stays far below 2^128.
        total_ns = total_ns.saturating_add(times(number, unit_ns)?);
        if tail.is_empty() {
            return Ok(total_ns);
        }
        rest = tail;
    }
}

/// `1.5` times a unit, in whole nanoseconds.
fn times(number: &str, unit_ns: u128) -> Result<u128, DurationError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.len() > 15 {
        return Err(DurationError::TooLong);
    }
    let digits = |digits: &str| digits.parse::<u128>().map_err(|_| DurationError::NoNumber);
    // Even of an hour, what the digits after the 13th add is below a nanosecond.
    let fraction = fraction.get(..fraction.len().min(13)).unwrap_or(fraction);
    let scale = 10u128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    Ok(digits(whole)? * unit_ns + digits(fraction)? * unit_ns / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_duration_is_the_sum_of_its_parts() {
        let cases = [
            ("250ms", 250_000_000),
            ("2s", 2_000_000_000),
            ("1m30s", 90_000_000_000),
            ("500us", 500_000),
            ("500µs", 500_000),
            ("0ms", 0),
            ("1.5s", 1_500_000_000),
            ("1h", 3_600_000_000_000),
            ("7ns", 7),
        ];
        for (text, ns) in cases {
            assert_eq!(parse_duration(text), Ok(Duration::from_nanos(ns)), "{text}");
        }
    }

    #[test]
    fn a_bad_duration_says_what_is_wrong_with_it() {
        let cases = [
            ("-5s", DurationError::Negative),
            ("250", DurationError::NoUnit("250".to_owned())),
            ("1m30", DurationError::NoUnit("30".to_owned())),
            ("5 sec", DurationError::UnknownUnit(" sec".to_owned())),
            ("", DurationError::NoNumber),
            ("ms", DurationError::NoNumber),
            ("1.2.3s", DurationError::NoNumber),
            (".s", DurationError::NoNumber),
            ("25h", DurationError::TooLong),
            ("99999999999999999999999s", DurationError::TooLong),
        ];
        for (text, error) in cases {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_an_error(text in "[0-9.hmsuµn -]{0,30}|.{0,30}") {
            let _ = parse_duration(&text);
        }

        #[test]
        fn whole_nanoseconds_survive(ns in 0..86_400_000_000_000u64) {
            prop_assert_eq!(parse_duration(&format!("{ns}ns")), Ok(Duration::from_nanos(ns)));
        }

        #[test]
        fn what_debug_prints_is_read_back(ns in 0..86_400_000_000_000u64) {
            let duration = Duration::from_nanos(ns);
            prop_assert_eq!(parse_duration(&format!("{duration:?}")), Ok(duration));
        }
    }
}
