//! What was found, in words: the sentences, and the tables that text and markdown share.

use serde::Serialize;

use super::document::{COUNTERS, Document, SchemeReport};
use super::limits::{Because, Decides, Limits, Pair, Unit};
use super::moment::Moment;
use super::questions::Live;
use super::scheme::SIGNIFICAND_BITS;
pub(super) use crate::model::grouped;

/// So many of a thing: `1 join`, `4,096 joins`.
pub(super) fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `one`, `one and two`, `one, two and three`.
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The finding on top.
pub(super) fn finding(ts: &Moment, schemes: &[SchemeReport]) -> String {
    let mut sentences = vec![format!("A score is a float64 and keeps {SIGNIFICAND_BITS} bits.")];
    let (lost, right): (Vec<_>, Vec<_>) = schemes.iter().partition(|scheme| !scheme.carries());
    let (one, some): (Vec<_>, Vec<_>) = lost.into_iter().partition(|scheme| scheme.distinct == 1);
    if !one.is_empty() {
        let needs: Vec<String> = one.iter().enumerate().map(|(at, scheme)| needs(scheme, at == 0)).collect();
        let counters = listed(&COUNTERS.map(|counter| counter.to_string()));
        sentences.push(format!(
            "{}: counters {counters} of ts {} get one score, and the bytes of the members decide who is first.",
            listed(&needs),
            ts.ms
        ));
    }
    for scheme in some {
        let limits = &scheme.limits;
        sentences.push(format!(
            "{}: {} of a millisecond have {}.",
            needs(scheme, true),
            counted(limits.counters_per_ms, "counter"),
            counted(limits.scores_per_ms, "score")
        ));
    }
    if !right.is_empty() {
        sentences.push(format!("Right: {}.", listed(&right.into_iter().map(carried).collect::<Vec<_>>())));
    }
    sentences.join(" ")
}

/// `shift by 24 needs 65`; `decimal 61` further on in a list.
fn needs(scheme: &SchemeReport, first: bool) -> String {
    let verb = if first { " needs" } else { "" };
    format!("{}{verb} {}", scheme.called(), scheme.limits.bits_needed)
}

/// How far a scheme carries that does.
fn carried(scheme: &SchemeReport) -> String {
    let limits = &scheme.limits;
    let end = if limits.breaks.utc.is_some() { "until " } else { "" };
    let day = limits.breaks.day();
    format!("{} up to {}/ms {end}{day}", scheme.called(), counted(limits.right_up_to, "join"))
}

impl SchemeReport {
    /// Its name with its shift.
    fn called(&self) -> String {
        let by = self.bits.map(|bits| format!(" by {bits}")).unwrap_or_default();
        format!("{}{by}", self.name.text())
    }

    /// Whether each counter of a millisecond has a score of its own.
    #[must_use]
    pub fn carries(&self) -> bool {
        self.limits.scores_per_ms == self.limits.counters_per_ms
    }
}

/// What comes of a scheme: its bits.
pub(super) fn bits(limits: &Limits) -> String {
    let mut sentence = format!("{} bits are needed, {} of them for the clock", limits.bits_needed, limits.clock_bits);
    if limits.bits_needed > SIGNIFICAND_BITS {
        let lost = limits.bits_needed - SIGNIFICAND_BITS;
        sentence.push_str(&format!(
            ": {lost} {} lost, and {} have {}",
            if lost == 1 { "is" } else { "are" },
            counted(limits.counters_per_ms, "counter"),
            counted(limits.scores_per_ms, "score"),
        ));
    }
    let unit = match limits.unit {
        Unit::Bits => "bits of shift",
        Unit::DecimalPlaces => "decimal places",
    };
    format!("{sentence}; up to {} {unit} would be exact", limits.largest_exact)
}

/// What comes of a scheme: who collides first, and who changes places first.
pub(super) fn pairs(limits: &Limits) -> String {
    let (shared, inverted) = (&limits.first_collision, &limits.first_inversion);
    let because = match shared.because {
        Because::Rounding => "by rounding",
        Because::Counters => "out of counters",
    };
    let decides = match inverted.decides {
        Decides::Member => format!("one score, and {} comes before {}", inverted.later.member, inverted.earlier.member),
        Decides::Score => format!("{} > {}", inverted.earlier.stored, inverted.later.stored),
    };
    format!(
        "first to share a score: {} ({because}); first inverted: {} ({decides})",
        counters(shared),
        counters(inverted)
    )
}

/// The counters of two joins.
fn counters(pair: &Pair) -> String {
    let later = if pair.later.ts_ms == pair.earlier.ts_ms { "" } else { " of the next ms" };
    format!("{} and {}{later}", grouped(pair.earlier.counter), grouped(pair.later.counter))
}

/// A table.
#[derive(Clone, Debug, Serialize)]
pub struct Columns {
    /// Its headings; some have two lines.
    pub headers: Vec<String>,
    /// Its rows, as many cells each.
    pub rows: Vec<Vec<String>>,
}

/// What pages of other rooms show.
impl Document {
    /// The schemes side by side.
    #[must_use]
    pub fn scheme_table(&self) -> Columns {
        schemes(self)
    }

    /// How that table is read.
    #[must_use]
    pub fn reading(&self) -> String {
        reading(self)
    }

    /// What is left for the counter, shift by shift.
    #[must_use]
    pub fn shift_table(&self) -> Option<Columns> {
        (!self.shifts.is_empty()).then(|| shifts(self))
    }

    /// What holds of any score, a sentence each.
    #[must_use]
    pub fn fact_lines(&self) -> Vec<String> {
        facts(self)
    }

    /// What the server said, in a sentence.
    #[must_use]
    pub fn live_sentence(&self) -> Option<String> {
        self.live.as_ref().map(asked)
    }
}

/// The schemes side by side.
pub(super) fn schemes(document: &Document) -> Columns {
    let at = format!("of {}\nshare", grouped(document.joins_per_ms));
    // In two lines, so that all of it fits into 80 columns.
    let headers =
        ["scheme", "bits", "scores\n/ms", "right\nup to", "first\nshared", "first\ninverted", "right\nuntil", &at];
    let row = |scheme: &SchemeReport| {
        let limits = &scheme.limits;
        vec![
            scheme.name.text().to_owned(),
            limits.bits_needed.to_string(),
            short(limits.scores_per_ms),
            format!("{}/ms", short(limits.right_up_to)),
            both(&limits.first_collision),
            both(&limits.first_inversion),
            limits.breaks.day(),
            grouped(scheme.at_rate.sharing),
        ]
    };
    Columns { headers: headers.map(str::to_owned).to_vec(), rows: document.schemes.iter().map(row).collect() }
}

/// Two joins of a table: `0, 1`, or `100, +0` where the second is the next millisecond's.
fn both(pair: &Pair) -> String {
    let next = if pair.later.ts_ms == pair.earlier.ts_ms { "" } else { "+" };
    format!("{}, {next}{}", short(pair.earlier.counter), short(pair.later.counter))
}

/// A number for a table: a power, or one more than a power, where that is shorter.
fn short(number: u64) -> String {
    const LONG: u64 = 5_000;
    let power = |number: u64| match number {
        LONG.. if number.is_power_of_two() => Some(format!("2^{}", number.trailing_zeros())),
        LONG.. if 10_u64.pow(number.ilog10()) == number => Some(format!("10^{}", number.ilog10())),
        _ => None,
    };
    let one_more = || power(number.saturating_sub(1)).map(|text| text + "+1");
    power(number).or_else(one_more).unwrap_or_else(|| grouped(number))
}

/// What is left for the counter, shift by shift.
pub(super) fn shifts(document: &Document) -> Columns {
    let headers = ["shift", "counters\n/ms", "scores\n/ms now", "right\nuntil", "with an epoch:\nright for"];
    let rows = document.shifts.iter().map(|row| {
        vec![
            row.bits.to_string(),
            short(row.counters_per_ms),
            short(row.scores_per_ms),
            row.breaks.day(),
            days(row.rebased_days),
        ]
    });
    Columns { headers: headers.map(str::to_owned).to_vec(), rows: rows.collect() }
}

fn days(days: f64) -> String {
    const PER_YEAR: f64 = 365.2425;
    if days < 2.0 * PER_YEAR { format!("{days:.1} days") } else { format!("{:.1} years", days / PER_YEAR) }
}

/// The general facts, a line each.
pub(super) fn facts(document: &Document) -> Vec<String> {
    let Some(facts) = &document.facts else { return Vec::new() };
    let (beyond, lua, overflow, ties) = (&facts.beyond, &facts.lua, &facts.overflow, &facts.ties);
    let mut lines = vec![
        format!("ZADD of {} (2^{SIGNIFICAND_BITS} + 1) stores {}, without a word.", beyond.given, beyond.stored),
        format!(
            "Lua's tostring({}) is {}: {} off. string.format('%.17g', …) is {}. A script that returns {} answers {}.",
            lua.number, lua.tostring, lua.off_by, lua.exactly, lua.returned, lua.arrives
        ),
        format!("Joined {}, one score: the set says {}.", ties.joined.join(", "), ties.ordered.join(", ")),
    ];
    let fits = if overflow.overflows {
        format!(
            "overflows: it gives {}, and {} in a row have one score; on {} it falls to its smallest, and who joins then stands in front of everybody",
            overflow.wrapped,
            counted(overflow.counters_per_score, "counter"),
            overflow.falls.day()
        )
    } else {
        format!("fits still: {}", overflow.wrapped)
    };
    lines.push(format!(
        "ts << {} in a signed 64-bit integer {fits}. At this time the first shift that overflows is {}.",
        overflow.bits, overflow.overflows_from
    ));
    lines
}

/// How the table of the schemes is read.
pub(super) fn reading(document: &Document) -> String {
    format!(
        "Joins are counted from 0 in each millisecond; +0 is the first of the next. Shared: one score, so that the bytes of the members decide. Inverted: the later one stands in front, by its score or, where that is shared, by its member (u1 joined first). Last: how many of {} in each millisecond share their score.",
        counted(document.joins_per_ms, "join")
    )
}

/// What a server said, in a sentence.
pub(super) fn asked(live: &Live) -> String {
    let (agree, all) = (live.commands.iter().filter(|asked| asked.agrees).count(), live.commands.len());
    format!("The same on {}: {agree} of {all} answers are what was computed. Paste them into redis-cli:", live.server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_a_person_reads_them() {
        assert_eq!([0_u64, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 2].map(|joins| counted(joins, "join")), ["1 join", "2 joins"]);
        assert_eq!(
            [4_096, 4_097, 8_192, 1_048_577, 1_000_000, 1_000_001, 10_002].map(short),
            ["4,096", "4,097", "2^13", "2^20+1", "10^6", "10^6+1", "10,002"]
        );
        assert_eq!([30.0, 729.9, 730.485, 25_451.0].map(days), ["30.0 days", "729.9 days", "2.0 years", "69.7 years"]);
    }
}
