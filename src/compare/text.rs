//! For the terminal: the sentence first, then a table for each cell, then what differs, last how to repeat it.

use comfy_table::{Table, presets};

use super::document::{CellComparison, Comparison, Outcome, Way};
use super::figure::{Figure, percent};
use super::quantity::{Quantile, Quantity};
use super::sentence::counted;
use crate::report::{visible, wrapped};

/// What a missing figure looks like.
const NONE: &str = "–";

/// The heads of a cell's table.
pub(super) const HEADERS: [&str; 6] = ["", "A", "B", "B/A", "95 % interval", "B is"];

/// Renders a comparison for a terminal of this width (`None`: as wide as it gets). Colour is only put on top of words.
#[must_use]
pub fn text(comparison: &Comparison, width: Option<u16>, colour: bool) -> String {
    let style = match comparison.outcome {
        Outcome::NotWorse => "\u{1b}[32m",
        Outcome::Worse => "\u{1b}[31m",
        Outcome::CannotTell => "\u{1b}[33m",
    };
    let paragraph = |text: &str| wrapped(&visible(text), width, 0) + "\n";
    let sentence = wrapped(&visible(&comparison.sentence), width, 0);
    let mut out = if colour { format!("{style}{sentence}\u{1b}[0m\n") } else { format!("{sentence}\n") };
    out.push_str(&paragraph(&about(comparison)));
    if !comparison.unlike.is_empty() {
        out.push_str(&paragraph(&unlike(comparison)));
    }
    for cell in &comparison.cells {
        out.push('\n');
        out.push_str(&paragraph(&title(cell)));
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(HEADERS);
        table.add_rows(rows(cell));
        out.push_str(&format!("{table}\n"));
    }
    out.push_str(&paragraph(&legend(comparison)));
    for (title, lines) in lists(comparison) {
        out.push('\n');
        out.push_str(&paragraph(title));
        for line in lines {
            out.push_str(&wrapped(&format!("  • {}", visible(&line)), width, 4));
            out.push('\n');
        }
    }
    out.push('\n');
    if let Some(interleave) = &comparison.interleave {
        out.push_str(&format!("To tell more, let them take turns: {}\n", visible(interleave)));
    }
    out.push_str(&format!("Repeat with: {}\n", visible(&comparison.repeat)));
    out
}

/// Who is who, and how they were compared.
pub(super) fn about(comparison: &Comparison) -> String {
    let sides = format!("A: {}. B: {}.", comparison.a.what, comparison.b.what);
    let threshold = percent(comparison.threshold);
    match comparison.way {
        Way::Interleaved => {
            let rounds = comparison.rounds.unwrap_or_default();
            format!(
                "{sides} {rounds} rounds in turns on one server, after one that does not count; a difference counts beyond {threshold}."
            )
        }
        Way::Saved if comparison.drift == 0.0 => format!("{sides} A difference counts beyond {threshold}."),
        Way::Saved => format!(
            "{sides} They did not take turns, so the machine itself may have changed: besides its interval, {} are allowed for that \
             in everything but commands. A difference counts beyond {threshold}.",
            percent(comparison.drift)
        ),
    }
}

/// What makes the comparison doubtful, in one line.
pub(super) fn unlike(comparison: &Comparison) -> String {
    format!("Not alike, so that figures may differ for that reason: {}.", comparison.unlike.join("; "))
}

pub(super) fn title(cell: &CellComparison) -> String {
    let [a, b] = &cell.queues;
    if a == b { format!("{} on {a}", cell.scenario) } else { format!("{}: {a} and {b}", cell.scenario) }
}

/// A row for each figure.
pub(super) fn rows(cell: &CellComparison) -> Vec<[String; 6]> {
    cell.figures.iter().filter(|figure| is_shown(figure)).map(row).collect()
}

/// A percentile that neither side has takes no row.
fn is_shown(figure: &Figure) -> bool {
    figure.a.is_some() || figure.b.is_some() || !matches!(figure.quantity, Quantity::Latency(..))
}

/// Whose percentiles take no row, on either clock.
fn not_shown(cell: &CellComparison) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let hidden = |at: Quantile| {
        cell.figures.iter().filter(|figure| !is_shown(figure)).filter_map(move |figure| match figure.quantity {
            Quantity::Latency(op, _, found) if found == at => Some(op.name()),
            _ => None,
        })
    };
    for op in hidden(Quantile::P99) {
        let whole = hidden(Quantile::P50).any(|other| other == op);
        let name = if whole { op.to_owned() } else { format!("p99 of {op}") };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn row(figure: &Figure) -> [String; 6] {
    let value = |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |value| figure.quantity.shown(value));
    let interval = match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{low:.3} to {high:.3}"),
        _ => NONE.to_owned(),
    };
    let ratio = figure.ratio.map_or_else(|| NONE.to_owned(), |ratio| format!("{ratio:.3}"));
    let unit = figure.unit.map_or_else(String::new, |unit| format!(", {unit}"));
    let name = format!("{}{unit}{}", figure.name, if figure.primary { " !" } else { "" });
    [visible(&name), value(figure.a), value(figure.b), ratio, interval, figure.word.text().to_owned()]
}

pub(super) fn legend(comparison: &Comparison) -> String {
    let values = if comparison.way == Way::Interleaved {
        " A and B are medians over the rounds; B/A is estimated from the pairs, so that it need not be their quotient."
    } else {
        ""
    };
    format!("! marks the primary figures, on which the outcome hangs; – is not known, and why stands below.{values}")
}

/// What is left to say, list by list; none is empty.
pub(super) fn lists(comparison: &Comparison) -> Vec<(&'static str, Vec<String>)> {
    let several = comparison.cells.len() > 1;
    let figures = || comparison.cells.iter().flat_map(|cell| cell.figures.iter().map(move |figure| (cell, figure)));
    let shown = || figures().filter(|(_, figure)| is_shown(figure));
    let mut reasons: Vec<&str> = Vec::new();
    for why in shown().filter_map(|(_, figure)| figure.why.as_deref()) {
        if !reasons.contains(&why) {
            reasons.push(why);
        }
    }
    let whose = |why: &str| counted(shown().filter(|(_, figure)| figure.why.as_deref() == Some(why)), several);
    let mut whys: Vec<String> = reasons.into_iter().filter_map(|why| Some(format!("{}: {why}", whose(why)?))).collect();
    whys.extend(comparison.cells.iter().filter_map(|cell| {
        let place = if several { format!("{}, ", title(cell)) } else { String::new() };
        let names = not_shown(cell);
        (!names.is_empty()).then(|| format!("{place}not shown, for too few answers: {}", names.join(", ")))
    }));
    let mut differences = comparison.unlike.clone();
    differences.extend(comparison.notes.iter().cloned());
    differences.extend(comparison.only_a.iter().map(|cell| format!("only A has {cell}")));
    differences.extend(comparison.only_b.iter().map(|cell| format!("only B has {cell}")));
    let lists = [("What is missing or cannot be told:", whys), ("What differs, and what to know:", differences)];
    lists.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::quantity::{Quantile, Quantity};
    use super::super::sample::{cell, comparison, effect};
    use super::*;
    use crate::compare::markdown;
    use crate::measure::Clock;
    use crate::model::OpKind;

    fn sample() -> Comparison {
        let service = |at| Quantity::Latency(OpKind::Join, Clock::Service, at);
        let mut sample = comparison(vec![cell(vec![
            effect(Quantity::ServerTime, 20.0, 23.2, (1.14, 1.18)),
            effect(service(Quantile::P50), 58.1, 61.0, (1.01, 1.09)),
            effect(service(Quantile::P99), 158.0, 158.0, (0.8, 1.25)),
            effect(Quantity::Memory, 457.0, 457.0, (1.0, 1.0)),
        ])]);
        sample.a.what = "the design list".to_owned();
        sample.b.what = "the design zset|seq".to_owned();
        sample.unlike = vec!["seed: 1 and 2".to_owned()];
        sample.notes = vec!["B: no-loss is broken in 3 of 20 rounds".to_owned()];
        sample.repeat = "stanchion compare list zset --interleave".to_owned();
        sample
    }

    #[test]
    fn a_comparison_reads_as_a_page() {
        insta::assert_snapshot!("text", text(&sample(), Some(100), false));
        insta::assert_snapshot!("markdown", markdown(&sample()));
    }

    #[test]
    fn colour_is_only_put_on_top() {
        let plain = text(&sample(), None, false);
        let coloured = text(&sample(), None, true);
        assert!(coloured.contains("\u{1b}[31m"));
        assert_eq!(coloured.replace("\u{1b}[31m", "").replace("\u{1b}[0m", ""), plain);
    }
}
