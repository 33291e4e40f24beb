//! What was found, in words: the sentences, and the tables that text and markdown share.

use super::document::{COUNTERS, Document, SchemeReport};
use super::limits::{Because, Decides, Limits, Pair, Unit};
use super::moment::Moment;
use super::questions::Live;
use super::scheme::{SIGNIFICAND_BITS, SchemeName};

/// A whole number with a comma between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

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
    let counters = listed(&COUNTERS.map(|counter| counter.to_string()));
    let mut sentence = format!("A score is a float64 of {SIGNIFICAND_BITS} bits.");
    let names = |holds: &dyn Fn(&&SchemeReport) -> bool| {
        listed(&schemes.iter().filter(holds).map(|scheme| needs(scheme)).collect::<Vec<_>>())
    };
    let one = names(&|scheme| scheme.distinct == 1);
    if !one.is_empty() {
        sentence.push_str(&format!(
            " The joins {counters} of one millisecond ({}) get one score from {one}; who of them is first, the bytes of their names decide.",
            ts.ms
        ));
    }
    let some = names(&|scheme| scheme.distinct > 1 && !scheme.carries());
    if !some.is_empty() {
        sentence.push_str(&format!(" Not every counter of a millisecond has a score in {some}."));
    }
    let right: Vec<String> = schemes.iter().filter(|scheme| scheme.carries()).map(right).collect();
    if !right.is_empty() {
        sentence.push_str(&format!(" Right: {}.", listed(&right)));
    }
    sentence
}

/// A scheme and the bits that it needs.
fn needs(scheme: &SchemeReport) -> String {
    let with = scheme.bits.map(|bits| format!(" by {bits}")).unwrap_or_default();
    format!("{}{with} (needs {} bits)", scheme.name.text(), scheme.limits.bits_needed)
}

fn right(scheme: &SchemeReport) -> String {
    let limits = &scheme.limits;
    let up_to = counted(limits.right_up_to, "join");
    format!("{} up to {up_to} a millisecond, until {}", scheme.name.text(), limits.breaks.day())
}

impl SchemeReport {
    /// Whether each counter of a millisecond has a score of its own.
    #[must_use]
    pub fn carries(&self) -> bool {
        self.limits.scores_per_ms == self.limits.counters_per_ms
    }
}

/// What comes of a scheme.
pub(super) fn carries(name: SchemeName, limits: &Limits, ts_ms: u64) -> String {
    let (needed, clock) = (limits.bits_needed, limits.clock_bits);
    let mut sentence = format!("{} needs {needed} bits, {clock} of them for the clock", name.text());
    if needed > SIGNIFICAND_BITS {
        sentence.push_str(&format!(
            ": {} lost, and {} have {}",
            match needed - SIGNIFICAND_BITS {
                1 => "1 is".to_owned(),
                lost => format!("{lost} are"),
            },
            counted(limits.counters_per_ms, "counter"),
            counted(limits.scores_per_ms, "score"),
        ));
    }
    let breaks = if limits.breaks.ms <= ts_ms { "it has been broken since" } else { "it breaks on" };
    let day = limits.breaks.day();
    let when = if limits.breaks.utc.is_some() {
        format!("{breaks} {day}")
    } else {
        "it breaks after the year 9999".to_owned()
    };
    let unit = match limits.unit {
        Unit::Bits => "bits of shift",
        Unit::DecimalPlaces => "decimal places",
    };
    sentence.push_str(&format!(
        ". Right up to {} a millisecond; {when}; up to {} {unit} are exact now.",
        counted(limits.right_up_to, "join"),
        limits.largest_exact,
    ));
    sentence
}

/// A pair of joins: who, and what went wrong.
pub(super) fn pair(pair: &Pair) -> String {
    let place = |ts_ms: u64, counter: u64| {
        let later = if ts_ms == pair.earlier.ts_ms { "" } else { " of the next ms" };
        format!("{}{later}", grouped(counter))
    };
    let (earlier, later) = (&pair.earlier, &pair.later);
    let score = match pair.decides {
        Decides::Member => "one score".to_owned(),
        Decides::Score => format!("{} > {}", earlier.stored, later.stored),
    };
    let because = match pair.because {
        Because::Rounding => "rounded",
        Because::Counters => "out of counters",
    };
    format!("{} and {}: {score} ({because})", place(earlier.ts_ms, earlier.counter), place(later.ts_ms, later.counter))
}

/// A table: its headings and its rows.
pub(super) struct Columns {
    pub(super) headers: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// The schemes side by side.
pub(super) fn schemes(document: &Document) -> Columns {
    let at = format!("share of {}", grouped(document.joins_per_ms));
    let headers = ["scheme", "bits", "scores/ms", "right up to", "first shared", "first inverted", "breaks", &at];
    let row = |scheme: &SchemeReport| {
        let limits = &scheme.limits;
        vec![
            scheme.name.text().to_owned(),
            limits.bits_needed.to_string(),
            grouped(limits.scores_per_ms),
            format!("{}/ms", grouped(limits.right_up_to)),
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
    format!("{}, {next}{}", grouped(pair.earlier.counter), grouped(pair.later.counter))
}

/// What is left for the counter, shift by shift.
pub(super) fn shifts(document: &Document) -> Columns {
    let headers = ["shift", "counters/ms", "scores/ms now", "exact until", "with an epoch: exact for"];
    let rows = document.shifts.iter().map(|row| {
        vec![
            row.bits.to_string(),
            grouped(row.counters_per_ms),
            grouped(row.scores_per_ms),
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
            "overflows: it gives {}, of which {} in a row have one score; whoever joins from {} on, when it falls, stands in front of everybody",
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
        "Joins are counted from 0 in each millisecond; +0 is the first of the next one. Shared: one score, so that the bytes of the names decide. Inverted: the later one stands in front (by its score, or by its name: u1 joined first). The last column: of {} in each millisecond so many share their score.",
        counted(document.joins_per_ms, "join")
    )
}

/// What a server said, in a sentence.
pub(super) fn asked(live: &Live) -> String {
    let (agree, all) = (live.commands.iter().filter(|asked| asked.agrees).count(), live.commands.len());
    format!("The same on {}: {agree} of {all} answers are what was computed. Paste them into redis-cli:", live.server)
}
