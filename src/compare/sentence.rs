//! A comparison in words: what got worse, what got better, what is the same, what cannot be told.

use super::document::{CellComparison, Comparison, Outcome};
use super::figure::{Figure, Word, percent};
use super::quantity::Quantity;

/// So many effects are told; the others are counted.
const TOLD_MAX: usize = 3;

pub(super) fn sentence(comparison: &Comparison) -> String {
    let several = comparison.cells.len() > 1;
    let figures = || comparison.cells.iter().flat_map(|cell| cell.figures.iter().map(move |figure| (cell, figure)));
    let primary = |wanted: fn(Word) -> bool| {
        figures().filter(|(_, figure)| figure.primary && wanted(figure.word)).collect::<Vec<_>>()
    };
    let mut parts = Vec::new();
    parts.extend(told(primary(Word::is_worse), several));
    parts.extend(told(primary(Word::is_better), several));
    let threshold = percent(comparison.threshold);
    let names =
        |wanted: Word| counted(figures().filter(|(_, figure)| figure.primary && figure.word == wanted), several);
    parts.extend(names(Word::Same).map(|names| format!("no difference larger than {threshold} in {names}")));
    parts.extend(names(Word::CannotTell).map(|names| format!("cannot tell in {names}")));
    // Of the other figures only what is counted: of half a dozen that swing, one lies outside of its interval often enough.
    let counts = |figure: &Figure| !figure.primary && !figure.quantity.is_speed();
    let besides: Vec<_> = figures().filter(|(_, figure)| counts(figure) && figure.word.is_worse()).collect();
    if !besides.is_empty() {
        let (shown, more) = (besides.iter().take(TOLD_MAX), besides.len().saturating_sub(TOLD_MAX));
        let mut shown: Vec<String> = shown.map(|(cell, figure)| beside(cell, figure, several)).collect();
        if more > 0 {
            shown.push(format!("{more} more"));
        }
        parts.push(format!("worse, but not decisive: {}", shown.join(", ")));
    }
    let verdict = match comparison.outcome {
        Outcome::Worse => "WORSE",
        Outcome::NotWorse => "NOT WORSE",
        Outcome::CannotTell => "CANNOT TELL",
    };
    if parts.is_empty() {
        parts.push("nothing was compared".to_owned());
    }
    format!("{verdict}: {}.", parts.join("; "))
}

/// The largest effects in a clause each.
fn told(mut effects: Vec<(&CellComparison, &Figure)>, several: bool) -> Vec<String> {
    let size = |figure: &Figure| figure.ratio.map_or(0.0, |ratio| ratio.ln().abs());
    effects.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    let more = effects.len().saturating_sub(TOLD_MAX);
    let better = effects.first().is_some_and(|(_, figure)| figure.word.is_better());
    let mut clauses: Vec<String> =
        effects.into_iter().take(TOLD_MAX).map(|(cell, figure)| clause(cell, figure, several)).collect();
    if more > 0 {
        clauses.push(format!("{more} more primary figures are {}", if better { "better" } else { "worse" }));
    }
    clauses
}

/// "B's join is 12 % slower than A's (p50 service 41 → 46 µs, 95 % interval 9–15 %)".
fn clause(cell: &CellComparison, figure: &Figure, several: bool) -> String {
    let worse = figure.word.is_worse();
    let by = figure.ratio.map_or_else(String::new, |ratio| percent((ratio - 1.0).abs()));
    let [a, b] =
        [figure.a, figure.b].map(|value| value.map_or_else(|| "?".to_owned(), |value| figure.quantity.shown(value)));
    let interval = match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("95 % interval {}", range(low, high)),
        _ => "one reading each".to_owned(),
    };
    let place = if several { place(cell) } else { String::new() };
    let what = if cell.only_joins { "join costs" } else { "operations cost" };
    match figure.quantity {
        Quantity::ServerTime => {
            format!(
                "B's {what} the server {by} {}{place} ({a} → {b} µs, {interval})",
                if worse { "more" } else { "less" }
            )
        }
        Quantity::Latency(op, ..) => {
            let than = if worse { "slower" } else { "faster" };
            format!("B's {} is {by} {than} than A's{place} (p50 service {a} → {b} µs, {interval})", op.name())
        }
        _ => format!("B's {} is {by} {}{place} ({a} → {b}, {interval})", figure.name, figure.word.text()),
    }
}

fn beside(cell: &CellComparison, figure: &Figure, several: bool) -> String {
    let by = figure.ratio.map_or_else(|| "?".to_owned(), signed);
    format!("{} {by}{}", figure.name, if several { place(cell) } else { String::new() })
}

fn place(cell: &CellComparison) -> String {
    format!(" in {} on {}", cell.scenario, cell.queues[0])
}

/// "9–15 %", both as the size of the difference.
fn range(low: f64, high: f64) -> String {
    let ends = [low, high].map(|end| (end - 1.0).abs() * 100.0);
    let (first, last) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    let digits = usize::from(first < 9.95);
    format!("{first:.digits$}–{last:.digits$} %")
}

/// "+22 %".
pub(super) fn signed(ratio: f64) -> String {
    let sign = if ratio < 1.0 { "−" } else { "+" };
    format!("{sign}{}", percent((ratio - 1.0).abs()))
}

/// Names of figures, with the number of cells where there are several.
pub(super) fn counted<'a>(
    figures: impl Iterator<Item = (&'a CellComparison, &'a Figure)>,
    several: bool,
) -> Option<String> {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for (_, figure) in figures {
        let name = figure.name.as_str();
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => names.push((name, 1)),
        }
    }
    let shown = |(name, count): &(&str, usize)| {
        let plural = if *count == 1 { "cell" } else { "cells" };
        if several { format!("{name} ({count} {plural})") } else { (*name).to_owned() }
    };
    (!names.is_empty()).then(|| names.iter().map(shown).collect::<Vec<_>>().join(" and "))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{cell, comparison, effect};
    use super::*;
    use crate::compare::Quantile;
    use crate::measure::Clock;
    use crate::model::OpKind;

    const SERVICE: Quantity = Quantity::Latency(OpKind::Join, Clock::Service, Quantile::P50);

    #[test]
    fn what_got_worse_comes_first_with_values_and_interval() {
        let figures = vec![
            effect(SERVICE, 41.0, 46.0, (1.09, 1.15)),
            effect(Quantity::ServerTime, 20.0, 20.1, (0.99, 1.02)),
            effect(Quantity::Memory, 300.0, 400.0, (1.30, 1.36)),
        ];
        let said = comparison(vec![cell(figures)]).sentence;
        assert_eq!(
            said,
            "WORSE: B's join is 12 % slower than A's (p50 service 41.0 → 46.0 µs, 95 % interval 9.0–15.0 %); \
             no difference larger than 3 % in server µs per join; worse, but not decisive: bytes per user +33 %."
        );
    }

    #[test]
    fn what_is_open_is_said_to_be_open() {
        let figures =
            vec![effect(SERVICE, 41.0, 42.0, (0.95, 1.12)), effect(Quantity::ServerTime, 20.0, 15.0, (0.70, 0.80))];
        let said = comparison(vec![cell(figures)]).sentence;
        assert_eq!(
            said,
            "CANNOT TELL: B's join costs the server 25 % less (20.0 → 15.0 µs, 95 % interval 20–30 %); \
             cannot tell in join service p50."
        );
        assert_eq!(comparison(Vec::new()).sentence, "CANNOT TELL: nothing was compared.");
    }

    #[test]
    fn of_many_cells_the_largest_effects_are_told_and_the_others_counted() {
        let worse = |percent: f64| cell(vec![effect(SERVICE, 10.0, 10.0 * percent, (percent - 0.01, percent + 0.01))]);
        let cells = [1.1, 1.5, 1.2, 1.3, 1.4].map(worse).to_vec();
        let said = comparison(cells).sentence;
        assert!(said.starts_with("WORSE: B's join is 50 % slower than A's in steady on list ("), "{said}");
        assert!(said.ends_with("; 2 more primary figures are worse."), "{said}");
        let same = cell(vec![effect(SERVICE, 10.0, 10.0, (0.99, 1.01))]);
        let said = comparison(vec![same.clone(), same]).sentence;
        assert_eq!(said, "NOT WORSE: no difference larger than 3 % in join service p50 (2 cells).");
    }
}
