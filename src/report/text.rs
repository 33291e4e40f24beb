//! For the terminal: the sentence first, then one table, then what a person must know to decide.

use comfy_table::{ContentArrangement, Table, presets};

use super::document::Document;
use super::stories::{LIMITS, as_expected, open_points, surprises};
use super::table::decision;
use crate::verdict::Verdict;

/// Renders a run for a terminal of this width (`None`: as wide as it gets). Colour is only put on top of
/// symbol and word.
#[must_use]
pub fn text(document: &Document, width: Option<u16>, colour: bool) -> String {
    let mut out = String::new();
    let sentence_style = match document.verdict {
        Verdict::Pass => GREEN,
        Verdict::Fail => RED,
        Verdict::Inconclusive => YELLOW,
    };
    paragraph(&mut out, &paint(&document.sentence, sentence_style, colour));
    if !document.cells.is_empty() {
        let decision = decision(document);
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_header(decision.headers).add_rows(decision.rows);
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        out.push('\n');
        out.push_str(&painted_table(&table.to_string(), colour));
        out.push('\n');
        paragraph(&mut out, &decision.caption);
        paragraph(&mut out, "! marks what the scenarios do not expect; – was not checked or did not happen.");
    }
    list(&mut out, "Not as expected, or not decided:", open_points(document));
    list(&mut out, "How it broke:", surprises(document).iter().map(|story| story.line()).collect());
    list(
        &mut out,
        "Broken, as the scenarios expect:",
        as_expected(document).iter().map(|story| story.line()).collect(),
    );
    out.push('\n');
    paragraph(&mut out, LIMITS);
    out
}

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const PLAIN: &str = "\u{1b}[0m";

fn paint(text: &str, style: &str, colour: bool) -> String {
    if colour { format!("{style}{text}{PLAIN}") } else { text.to_owned() }
}

/// Colours the words of a finished table, so that no escape sequence counts as width.
fn painted_table(table: &str, colour: bool) -> String {
    if !colour {
        return table.to_owned();
    }
    [("✓ holds", GREEN), ("✗ broken", RED), ("? open", YELLOW)]
        .into_iter()
        .fold(table.to_owned(), |table, (word, style)| table.replace(word, &paint(word, style, true)))
}

fn paragraph(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn list(out: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    out.push('\n');
    paragraph(out, title);
    for line in lines {
        paragraph(out, &format!("  • {line}"));
    }
}
