//! The page of a comparison: the answer, each effect with its interval drawn, and the table.

use super::document::{CellComparison, Comparison, Outcome};
use super::text::{HEADERS, about, legend, lists, rows, title, unlike};
use crate::report::{Columns, ForestRow, PageError, Part, Sheet, forest_svg, sheet};

/// Renders a comparison as a page of its own.
///
/// # Errors
/// When the template does not fit: an error of this program.
pub fn page(comparison: &Comparison) -> Result<String, PageError> {
    let (chip, class) = match comparison.outcome {
        Outcome::NotWorse => ("✓ NOT WORSE", "pass"),
        Outcome::Worse => ("✗ WORSE", "fail"),
        Outcome::CannotTell => ("? CANNOT TELL", "inconclusive"),
    };
    let mut lines = vec![about(comparison)];
    if !comparison.unlike.is_empty() {
        lines.push(unlike(comparison));
    }
    let cells = comparison.cells.iter().enumerate().map(|(index, cell)| part(comparison, cell, index));
    let rest = lists(comparison).into_iter().map(|(heading, points)| Part {
        title: heading.trim_end_matches(':').to_owned(),
        points,
        ..Part::default()
    });
    sheet(&Sheet {
        tool: comparison.tool.clone(),
        title: format!("{} and {}", comparison.a.name, comparison.b.name),
        chip: chip.to_owned(),
        class,
        // Its first word is the chip's.
        finding: comparison.sentence.split_once(": ").map_or(comparison.sentence.as_str(), |(_, rest)| rest).to_owned(),
        about: lines,
        parts: cells.chain(rest).collect(),
        commands: comparison.interleave.iter().chain([&comparison.repeat]).cloned().collect(),
    })
}

fn part(comparison: &Comparison, cell: &CellComparison, index: usize) -> Part {
    let effects: Vec<ForestRow> = cell
        .figures
        .iter()
        .filter_map(|figure| {
            let unit = figure.unit.map_or_else(String::new, |unit| format!(", {unit}"));
            Some(ForestRow {
                name: format!("{}{unit}{}", figure.name, if figure.primary { " !" } else { "" }),
                ratio: figure.ratio?,
                interval: figure.low.zip(figure.high).map(|(low, high)| [low, high]),
                word: figure.word.text().to_owned(),
                worse: match figure.word {
                    word if word.is_worse() => Some(true),
                    word if word.is_better() => Some(false),
                    _ => None,
                },
            })
        })
        .collect();
    let heading = title(cell);
    Part {
        picture: (!effects.is_empty())
            .then(|| forest_svg(&heading, &effects, comparison.threshold, &format!("forest-{index}"))),
        caption: "B against A: the point is the ratio that fits best, the line its 95 % interval; within the band a difference counts as none.".to_owned(),
        table: Some(Columns {
            // A screen reader says the head of a column; the terminal can do without.
            headers: HEADERS.map(|head| if head.is_empty() { "figure" } else { head }.to_owned()).to_vec(),
            rows: rows(cell).into_iter().map(|row| row.to_vec()).collect(),
        }),
        table_caption: legend(comparison),
        title: heading,
        ..Part::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::quantity::Quantity;
    use super::super::sample::{cell, comparison, effect};
    use super::*;

    #[test]
    fn the_page_tells_the_answer_and_draws_every_effect() {
        let comparison = comparison(vec![cell(vec![
            effect(Quantity::ServerTime, 20.0, 23.2, (1.14, 1.18)),
            effect(Quantity::Memory, 457.0, 457.0, (1.0, 1.0)),
        ])]);
        let page = page(&comparison).unwrap();
        assert!(page.contains("class=\"chip\"") && page.contains("<svg class=\"chart\""));
        let effects = comparison.cells.iter().flat_map(|cell| &cell.figures).filter(|figure| figure.ratio.is_some());
        for figure in effects {
            assert!(page.contains(&figure.name), "{}", figure.name);
        }
    }
}
