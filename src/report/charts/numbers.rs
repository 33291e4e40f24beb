//! Numbers for people, and for axes.

pub use crate::model::grouped;

/// A time given in µs, in the unit that suits it, with three digits.
pub fn ms_text(us: f64) -> String {
    let (value, unit) = match us {
        us if us < 0.9995 => (us * 1e3, "ns"),
        us if us < 999.5 => (us, "µs"),
        us if us < 999_500.0 => (us / 1e3, "ms"),
        us => (us / 1e6, "s"),
    };
    format!("{} {unit}", three(value))
}

/// Three significant digits, without zeros behind the point that say nothing; whole above 999.
pub(super) fn three(value: f64) -> String {
    let digits = match value.abs() {
        magnitude if magnitude < 9.995 => 2,
        magnitude if magnitude < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A range of times given in µs, the unit once where both have it.
pub fn range_text(low_us: f64, high_us: f64) -> String {
    let (low, high) = (ms_text(low_us), ms_text(high_us));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((value, unit)), Some((_, other))) if unit == other => format!("{value}–{high}"),
        _ => format!("{low} – {high}"),
    }
}

/// A figure with its thousands grouped.
pub(super) fn figure(value: f64) -> String {
    if value >= 999.5 { grouped(whole(value)) } else { three(value) }
}

/// The label of a tick on an axis of times given in µs: `100 µs`, `5 ms`.
pub(super) fn tick_time(us: f64) -> String {
    ms_text(us)
}

/// The label of a tick on an axis of counts: `1,500`, `20k`, `1.5M`.
pub(super) fn tick_count(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{}M", three(value / 1e6)),
        value if value >= 1e4 => format!("{}k", three(value / 1e3)),
        value if value >= 1e3 => grouped(whole(value)),
        value => three(value),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_figures_have_the_unit_that_suits_them() {
        assert_eq!(
            [0.25, 1.0, 999.4, 999.6, 12_345.0, 2_500_000.0].map(ms_text),
            ["250 ns", "1 µs", "999 µs", "1 ms", "12.3 ms", "2.5 s"]
        );
        assert_eq!(
            [(109.0, 148.2), (575.0, 13_400.0)].map(|(low, high)| range_text(low, high)),
            ["109–148 µs", "575 µs – 13.4 ms"]
        );
        assert_eq!([5.0, 999.6, 5014.7].map(figure), ["5", "1,000", "5,015"]);
        assert_eq!(
            [0.0, 1.5, 100.0, 1_500.0, 20_000.0, 1.5e6].map(tick_count),
            ["0", "1.5", "100", "1,500", "20k", "1.5M"]
        );
    }
}
