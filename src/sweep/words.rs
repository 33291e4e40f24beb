//! Numbers in words: rates, times and lengths as a person reads them.

pub(super) use crate::report::grouped;

/// Something per second: whole from ten on.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and far below 2^64")]
pub(super) fn rate(per_s: f64) -> String {
    if per_s < 9.95 { short(per_s) } else { grouped(per_s.round() as u64) }
}

/// A multiple, or any other number that three digits say enough of: `12`, `1.41`, `0.5`.
pub(super) fn short(number: f64) -> String {
    let digits = if number >= 99.5 {
        0
    } else if number >= 9.95 {
        1
    } else {
        2
    };
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time of so many µs in the unit that suits it.
pub(super) fn time(us: f64) -> String {
    if us < 99.5 {
        format!("{} µs", short(us))
    } else if us < 999_500.0 {
        format!("{} ms", short(us / 1e3))
    } else {
        format!("{} s", short(us / 1e6))
    }
}

/// `one`, `one and two`, `one, two and three`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_a_person_reads_them() {
        assert_eq!([0_u64, 999, 1_000, 18_000, 1_234_567].map(grouped), ["0", "999", "1,000", "18,000", "1,234,567"]);
        assert_eq!([0.25, 9.0, 16_970.56].map(rate), ["0.25", "9", "16,971"]);
        assert_eq!([1.0, 1.414, 11.31, 99.7, 2_048.0, 20.0].map(short), ["1", "1.41", "11.3", "100", "2048", "20"]);
        assert_eq!(
            [0.0, 31.4, 300.0, 61_000.0, 999_900.0, 1_234_567.0].map(time),
            ["0 µs", "31.4 µs", "0.3 ms", "61 ms", "1 s", "1.23 s"]
        );
        let words = |count: usize| listed(&["join", "position", "admit"].map(str::to_owned)[..count]);
        assert_eq!([0, 1, 2, 3].map(words), ["", "join", "join and position", "join, position and admit"]);
    }
}
