//! The decision table: designs as rows, promises and latencies as columns. Every renderer shows this one.

use super::document::{Cell, Document};
use crate::measure::{Clock, SPEEDLESS};
use crate::model::{Expectation, OpKind, Phase, Promise};
use crate::verdict::{LimitVerdict, Outcome};

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Columns {
    /// The heads of the columns.
    pub headers: Vec<String>,
    /// Row by row, as long as the heads.
    pub rows: Vec<Vec<String>>,
}

/// The table that decides, and what its figures are of.
pub(super) struct Decision<'a> {
    pub(super) columns: Columns,
    pub(super) timed_in: Option<&'a str>,
    pub(super) caption: String,
}

/// The operations whose latency the table shows.
const TIMED: [OpKind; 3] = [OpKind::Join, OpKind::Position, OpKind::Admit];

pub(super) fn decision(document: &Document) -> Decision<'_> {
    let promises: Vec<Promise> = Promise::EVERY
        .into_iter()
        .filter(|promise| {
            document.cells.iter().any(|cell| cell.checks.iter().any(|check| check.name == promise.name()))
        })
        .collect();
    let timed_in = timed_scenario(&document.cells);
    let mut headers = vec!["design".to_owned()];
    headers.extend(promises.iter().map(|promise| promise.name().to_owned()));
    headers.extend(TIMED.iter().map(|op| format!("{} ms", op.name())));
    let row = |queue: &str| {
        let cells: Vec<&Cell> = document.cells.iter().filter(|cell| cell.queue == queue).collect();
        let mut row = vec![queue.to_owned()];
        row.extend(promises.iter().map(|promise| standing(&cells, *promise)));
        let timed = cells.iter().find(|cell| Some(cell.scenario.as_str()) == timed_in);
        row.extend(TIMED.iter().map(|op| timed.map_or_else(|| NONE.to_owned(), |cell| latency(cell, *op))));
        row
    };
    let rows = document.queues().into_iter().map(row).collect();
    let caption = match timed_in {
        Some(scenario) => format!(
            "Latency: p50/p99/p99.9 in ms of scenario {scenario}, response clock (from the time an operation was due), load phase. \
             Fewer than 100 answers have no p99 (fewer than 1,000 no p99.9); then ≤ gives the largest."
        ),
        None => {
            let whys = document.cells.iter().filter_map(|cell| cell.reasons.get("latency"));
            let why = whys.map(String::as_str).find(|why| SPEEDLESS.contains(why));
            format!("Latency: {}.", why.unwrap_or("no scenario of this run answered a join under load"))
        }
    };
    Decision { columns: Columns { headers, rows }, timed_in, caption }
}

const NONE: &str = "–";

/// A promise on a design over all scenarios that checked it: the gravest counts.
fn standing(cells: &[&Cell], promise: Promise) -> String {
    let checks = || cells.iter().flat_map(|cell| &cell.checks).filter(|check| check.name == promise.name());
    let surprising = cells.iter().any(|cell| {
        cell.checks.iter().any(|check| {
            check.name == promise.name()
                && match check.expected {
                    None => check.outcome == Outcome::Violated,
                    Some(Expectation::Violated) => check.outcome == Outcome::Holds,
                    Some(Expectation::Either) => false,
                }
        })
    });
    let standing = if checks().any(|check| check.outcome == Outcome::Violated) {
        "✗ broken"
    } else if checks().any(|check| check.outcome == Outcome::Undecided) {
        "? open"
    } else if checks().next().is_some() {
        "✓ holds"
    } else {
        return NONE.to_owned();
    };
    if surprising { format!("{standing} !") } else { standing.to_owned() }
}

/// The scenario whose latencies the table shows: the one with the highest offered rate, since only an open
/// loop shows what users feel; without one, the one with the most joins.
pub(super) fn timed_scenario(cells: &[Cell]) -> Option<&str> {
    let joins = |cell: &Cell| {
        let of_join = cell.latency.iter().find(|row| row.op == OpKind::Join && row.phase == Phase::Load);
        of_join.map_or(0, |row| row.count)
    };
    let by_rate = cells.iter().filter_map(|cell| cell.throughput.offered_per_s.map(|rate| (rate, cell)));
    if let Some((_, cell)) = by_rate.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
        return Some(&cell.scenario);
    }
    cells.iter().filter(|cell| joins(cell) > 0).max_by_key(|cell| joins(cell)).map(|cell| cell.scenario.as_str())
}

/// A percentile says something when at least one sample in a hundred (a thousand) can lie beyond it.
const SAMPLES_MIN: [u64; 2] = [100, 1000];

/// The 99th percentile of joins under load on the response clock, µs, where enough of them were answered.
pub(super) fn join_p99_us(cell: &Cell) -> Option<f64> {
    let row = cell
        .latency
        .iter()
        .find(|row| row.op == OpKind::Join && row.phase == Phase::Load && row.clock == Clock::Response);
    row.filter(|row| row.count >= SAMPLES_MIN[0]).map(|row| row.p99_us)
}

fn latency(cell: &Cell, op: OpKind) -> String {
    let row = cell.latency.iter().find(|row| row.op == op && row.phase == Phase::Load && row.clock == Clock::Response);
    let Some(row) = row else { return NONE.to_owned() };
    let known = |us: f64, least: u64| if row.count >= least { ms(us) } else { NONE.to_owned() };
    let percentiles =
        format!("{}/{}/{}", ms(row.p50_us), known(row.p99_us, SAMPLES_MIN[0]), known(row.p999_us, SAMPLES_MIN[1]));
    if row.count >= SAMPLES_MIN[0] { percentiles } else { format!("{percentiles} ≤{}", ms(row.max_us)) }
}

/// What a design costs and how fair it was, in the scenario that the latencies are of.
pub(super) fn costs(document: &Document, timed_in: Option<&str>) -> Option<Columns> {
    let headers = [
        "design",
        "joins/s",
        "offered/s",
        "commands/op",
        "server µs/op",
        "bytes/user",
        "users overtaken",
        "most by",
        "k-FIFO",
    ];
    let number = |figure: Option<f64>, digits: usize| {
        figure.map_or_else(|| NONE.to_owned(), |figure| format!("{figure:.digits$}"))
    };
    let count = |figure: Option<u64>| figure.map_or_else(|| NONE.to_owned(), |figure| figure.to_string());
    let row = |cell: &Cell| {
        let fairness = cell.fairness.as_ref();
        vec![
            cell.queue.clone(),
            number(cell.throughput.achieved_per_s, 0),
            number(cell.throughput.offered_per_s, 0),
            number(cell.cost.commands_per_op, 1),
            number(cell.cost.server_us_per_op, 1),
            number(cell.cost.bytes_per_user, 0),
            count(fairness.map(|fairness| fairness.overtaken_users)),
            count(fairness.map(|fairness| fairness.max_overtakes)),
            count(fairness.and_then(|fairness| fairness.k_fifo)),
        ]
    };
    let rows: Vec<Vec<String>> =
        document.cells.iter().filter(|cell| Some(cell.scenario.as_str()) == timed_in).map(row).collect();
    (!rows.is_empty()).then(|| Columns { headers: headers.map(str::to_owned).to_vec(), rows })
}

/// Each limit with what came of it and how much of it was left; `None` when no cell has one.
pub(super) fn limits(document: &Document) -> Option<Columns> {
    let row = |cell: &Cell, limit: &LimitVerdict| {
        let kept = match limit.kept {
            Some(true) => "✓ kept",
            // A generator that was the limit itself breaks none.
            Some(false) if cell.generator.saturated.is_none() => "✗ broken",
            Some(false) | None => "? open",
        };
        let percent = |margin: f64| format!("{:+.0} %", margin * 100.0);
        vec![
            cell.scenario.clone(),
            cell.queue.clone(),
            format!("{} {} ≤ {} ms", limit.op.name(), limit.percentile.name(), ms(limit.max_us)),
            limit.actual_us.map_or_else(|| NONE.to_owned(), |us| format!("{} ms", ms(us))),
            limit.margin.map_or_else(|| NONE.to_owned(), percent),
            kept.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> =
        document.cells.iter().flat_map(|cell| cell.limits.iter().map(move |limit| row(cell, limit))).collect();
    let headers = ["scenario", "design", "limit", "actual", "margin", "verdict"].map(str::to_owned).to_vec();
    (!rows.is_empty()).then_some(Columns { headers, rows })
}

/// Milliseconds with three significant digits.
fn ms(us: f64) -> String {
    let ms = us / 1e3;
    if ms >= 99.95 {
        format!("{ms:.0}")
    } else if ms >= 9.995 {
        format!("{ms:.1}")
    } else {
        format!("{ms:.2}")
    }
}

#[cfg(test)]
mod tests {

    use super::super::sample::{expecting, found, sample, sample_cell, sample_run};
    use super::*;
    use crate::model::{Limit, Percentile, Terms};

    const PROMISE: Promise = Promise::NoDuplicates;

    /// The table's word for a design that came to these marks, each in a scenario of its own.
    fn word(marks: &[(char, Option<Expectation>)]) -> String {
        let cell = |(number, (mark, expected)): (usize, &(char, Option<Expectation>))| {
            let terms = expected.map_or_else(Terms::default, |expected| expecting(PROMISE, expected));
            sample_cell(&format!("s{number}"), "list", vec![found(PROMISE, *mark)], terms, (0, 0.0, None))
        };
        let document = sample_run(marks.iter().enumerate().map(cell).collect());
        decision(&document).columns.rows[0][1].clone()
    }

    #[test]
    fn the_gravest_outcome_over_all_scenarios_counts() {
        let (holds, broken, open) = (('+', None), ('-', Some(Expectation::Violated)), ('?', None));
        assert_eq!(word(&[holds, holds]), "✓ holds");
        assert_eq!(word(&[holds, open]), "? open");
        assert_eq!(word(&[open, holds]), "? open");
        assert_eq!(word(&[broken, holds, open]), "✗ broken");
        assert_eq!(word(&[open, broken]), "✗ broken");
    }

    #[test]
    fn what_is_not_expected_is_marked() {
        use Expectation::{Either, Violated};
        assert_eq!(word(&[('-', None)]), "✗ broken !");
        assert_eq!(word(&[('-', Some(Violated))]), "✗ broken");
        assert_eq!(word(&[('-', Some(Either))]), "✗ broken");
        assert_eq!(word(&[('+', Some(Violated))]), "✓ holds !");
        assert_eq!(word(&[('+', Some(Either))]), "✓ holds");
        assert_eq!(word(&[('?', Some(Violated))]), "? open");
        // Broken as expected here, but holding there where it should break.
        assert_eq!(word(&[('-', Some(Violated)), ('+', Some(Violated))]), "✗ broken !");
    }

    #[test]
    fn a_promise_that_a_design_was_not_held_to_is_a_dash_and_one_that_nobody_was_has_no_column() {
        let document = sample();
        let columns = decision(&document).columns;
        assert_eq!(columns.headers, ["design", "no-duplicates", "no-loss", "join ms", "position ms", "admit ms"]);
        assert_eq!(columns.rows[0][..3], ["list", "✓ holds", "✓ holds"]);
        assert_eq!(columns.rows[1][..3], ["naive", "✗ broken", "–"]);
    }

    #[test]
    fn a_percentile_is_shown_from_as_many_answers_on_as_it_takes() {
        let shown = |count| {
            let mut document = sample();
            document.cells.iter_mut().flat_map(|cell| &mut cell.latency).for_each(|row| row.count = count);
            decision(&document).columns.rows[0][3].clone()
        };
        assert_eq!([99, 100, 999, 1000].map(shown), ["1.00/–/– ≤200", "1.00/10.0/–", "1.00/10.0/–", "1.00/10.0/100"]);
    }

    #[test]
    fn latencies_are_of_the_highest_offered_rate_on_the_response_clock_of_the_load() {
        let document = sample();
        let decision = decision(&document);
        assert_eq!(decision.timed_in, Some("sale"), "although more joins were answered in the other");
        assert!(decision.caption.contains("of scenario sale, response clock"), "{}", decision.caption);
        assert_eq!(decision.columns.rows[0][3..], ["1.00/–/– ≤200", "–", "–"], "too few for a p99");
        assert_eq!(decision.columns.rows[1][3..], ["–", "–", "–"], "it did not run there");
    }

    #[test]
    fn without_an_offered_rate_the_scenario_with_most_joins_is_shown_and_without_joins_none() {
        let of = |scenario, count| {
            sample_cell(scenario, "list", vec![found(PROMISE, '+')], Terms::default(), (count, 100.0, None))
        };
        let document = sample_run(vec![of("few", 3), of("many", 30), of("some", 10)]);
        assert_eq!(decision(&document).timed_in, Some("many"));
        let document = sample_run(vec![of("none", 0)]);
        assert_eq!(decision(&document).caption, "Latency: no scenario of this run answered a join under load.");
    }

    #[test]
    fn three_digits_are_shown_of_a_latency() {
        for (us, shown) in [(0.4, "0.00"), (9_994.0, "9.99"), (9_996.0, "10.0"), (99_940.0, "99.9"), (99_960.0, "100")]
        {
            assert_eq!(ms(us), shown);
        }
    }

    #[test]
    fn a_limit_is_shown_with_its_actual_value_and_margin_and_a_saturated_generator_breaks_none() {
        let limit = |op, max_ms: u64| Limit { op, percentile: Percentile::P99, max_ns: max_ms * 1_000_000 };
        let limits = vec![limit(OpKind::Join, 5), limit(OpKind::Join, 20), limit(OpKind::Leave, 5)];
        let terms = Terms { limits, ..Terms::default() };
        let mut document = sample_run(vec![sample_cell("sale", "list", Vec::new(), terms, (9, 1000.0, None))]);
        let rows = |document: &Document| super::limits(document).map(|columns| columns.rows).unwrap_or_default();
        assert_eq!(rows(&document)[0], ["sale", "list", "join p99 ≤ 5.00 ms", "10.0 ms", "-100 %", "✗ broken"]);
        assert_eq!(rows(&document)[1][3..], ["10.0 ms", "+50 %", "✓ kept"]);
        assert_eq!(rows(&document)[2][2..], ["leave p99 ≤ 5.00 ms", "–", "–", "? open"]);
        document.cells[0].generator.saturated = Some("busy".to_owned());
        assert_eq!(rows(&document)[0][5], "? open");
        assert!(super::limits(&sample()).is_none());
    }
}
