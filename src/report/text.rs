//! For the terminal: the sentence first, then one table, then what a person must know to decide.

use comfy_table::{Table, presets};

use super::document::Document;
use super::evidence::{decided, faults, overtaken};
use super::lines::{visible, wrapped};
use super::load_lines::load_lines;
use super::stories::{as_expected, caveats, notes, open_points, proofs, surprises};
use super::table::{Columns, costs, decision, limits};
use crate::verdict::Verdict;

/// Renders a run for a terminal of this width (`None`: as wide as it gets). Colour is only put on top of
/// symbol and word.
#[must_use]
pub fn text(document: &Document, width: Option<u16>, colour: bool) -> String {
    let mut page = Page { out: String::new(), width, colour };
    page.sentence(document);
    if !document.cells.is_empty() {
        page.paragraph(&document.choice.sentence);
    }
    let mut about = Vec::new();
    if !document.cells.is_empty() {
        let decision = decision(document);
        page.table(&decision.columns);
        page.paragraph(&decision.caption);
        page.paragraph("! marks what the scenarios do not expect; – was not checked or did not happen.");
        if let Some(costs) = costs(document, decision.timed_in) {
            page.table(&costs);
            page.paragraph("The same scenario: joins answered and offered, Redis commands and server time per operation, memory per waiting entry, who was certainly overtaken (and by how many at most), and the smallest k with which each admission let in one of the k oldest (1: an exact line).");
        }
        about = notes(document, decision.timed_in);
        about.extend(load_lines(document));
    }
    if let Some(decided) = decided(document) {
        page.paragraph(&decided);
    }
    if let Some(proofs) = proofs(document) {
        page.paragraph(&proofs);
    }
    if let Some(faults) = faults(document) {
        page.paragraph(&faults);
    }
    if let Some(limits) = limits(document) {
        page.table(&limits);
    }
    page.list("Not as expected, or not decided:", &open_points(document));
    page.list("How it broke:", &surprises(document).iter().map(|story| story.numbered()).collect::<Vec<_>>());
    let expected: Vec<String> = as_expected(document).iter().map(|story| story.numbered()).collect();
    page.list("Broken, as the scenarios expect:", &expected);
    page.list("Who was overtaken, at worst:", &overtaken(document));
    page.list("About the figures:", &about);
    page.out.push('\n');
    page.paragraph(&caveats(document));
    page.out
}

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const PLAIN: &str = "\u{1b}[0m";

struct Page {
    out: String,
    width: Option<u16>,
    colour: bool,
}

impl Page {
    fn sentence(&mut self, document: &Document) {
        let style = match document.verdict {
            Verdict::Pass => GREEN,
            Verdict::Fail => RED,
            Verdict::Inconclusive => YELLOW,
        };
        let sentence = wrapped(&visible(&document.sentence), self.width, 0);
        self.out.push_str(&self.painted(&sentence, style));
        self.out.push('\n');
    }

    fn paragraph(&mut self, text: &str) {
        self.out.push_str(&wrapped(&visible(text), self.width, 0));
        self.out.push('\n');
    }

    fn list(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.out.push('\n');
        self.paragraph(title);
        for line in lines {
            self.out.push_str(&wrapped(&format!("  • {}", visible(line)), self.width, 4));
            self.out.push('\n');
        }
    }

    /// One table where the terminal is wide enough, else several below each other: a table with its words cut
    /// to pieces is not read by anybody. Each part begins with the first column.
    fn table(&mut self, columns: &Columns) {
        let width = self.width.map_or(usize::MAX, usize::from);
        let all: Vec<usize> = (0..columns.headers.len()).collect();
        let whole = drawn(columns, &all, false);
        if breadth(&whole) <= width {
            return self.drawing(&whole);
        }
        let mut part = vec![0];
        for column in 1..columns.headers.len() {
            part.push(column);
            if part.len() > 2 && breadth(&drawn(columns, &part, true)) > width {
                part.pop();
                self.drawing(&drawn(columns, &part, true));
                part = vec![0, column];
            }
        }
        self.drawing(&drawn(columns, &part, true));
    }

    /// Colours the words of a finished table, so that no escape sequence counts as width.
    fn drawing(&mut self, table: &str) {
        let words = [("✓ holds", GREEN), ("✓ kept", GREEN), ("✗ broken", RED), ("? open", YELLOW)];
        let painted = words
            .into_iter()
            .fold(table.to_owned(), |table, (word, style)| table.replace(word, &self.painted(word, style)));
        self.out.push('\n');
        self.out.push_str(&painted);
        self.out.push('\n');
    }

    fn painted(&self, text: &str, style: &str) -> String {
        if self.colour { format!("{style}{text}{PLAIN}") } else { text.to_owned() }
    }
}

/// Some columns as a table; `narrow` breaks a heading at its last hyphen.
fn drawn(columns: &Columns, which: &[usize], narrow: bool) -> String {
    let heading = |text: &String| match text.rsplit_once('-') {
        Some((front, back)) if narrow => format!("{}-\n{}", visible(front), visible(back)),
        _ => visible(text),
    };
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(which.iter().map(|column| heading(&columns.headers[*column])));
    table
        .add_rows(columns.rows.iter().map(|row| which.iter().map(|column| visible(&row[*column])).collect::<Vec<_>>()));
    table.to_string()
}

/// How many columns of the terminal a table takes.
fn breadth(table: &str) -> usize {
    table.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::document::Run;
    use super::super::sample::{found, sample, sample_cell, sample_run};
    use super::*;
    use crate::model::{Promise, Terms};

    #[test]
    fn a_small_run_reads_as_a_page() {
        insta::assert_snapshot!("text_wide", text(&sample(), None, false));
    }

    #[test]
    fn a_narrow_terminal_gets_the_columns_below_each_other_with_their_words_whole() {
        insta::assert_snapshot!("text_48_columns", text(&sample(), Some(48), false));
    }

    #[test]
    fn colour_is_only_put_on_top() {
        let document = sample();
        for width in [None, Some(80), Some(30)] {
            let (plain, coloured) = (text(&document, width, false), text(&document, width, true));
            let mut bare = coloured.clone();
            for escape in [RED, GREEN, YELLOW, PLAIN] {
                bare = bare.replace(escape, "");
            }
            assert_eq!(bare, plain);
            for painted in ["\u{1b}[32mPASS", "\u{1b}[32m✓ holds\u{1b}[0m", "\u{1b}[31m✗ broken\u{1b}[0m"] {
                assert!(coloured.contains(painted), "{painted:?} in {coloured}");
            }
            assert!(!plain.contains('\u{1b}'));
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let promises: Vec<_> = Promise::ALL.into_iter().map(|promise| found(promise, '-')).collect();
        let cell = sample_cell("on-sale", "composite-decimal", promises, Terms::default(), (9, 123.0, Some(9.0)));
        let document = sample_run(vec![cell]);
        for width in [40_u16, 80, 120, 200] {
            let page = text(&document, Some(width), false);
            let widest = page.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(widest <= usize::from(width), "{widest} of {width}:\n{page}");
            assert_eq!(page.matches("✗ broken !").count(), 9);
        }
    }

    #[test]
    fn what_a_run_cannot_tell_depends_on_where_it_ran() {
        let on = |kind: &str| {
            let target = Some(serde_json::json!({ "kind": kind }));
            text(&Document::new(Run { target, ..Run::default() }, Vec::new()), None, false)
        };
        assert!(on("local").contains("on the same machine as its clients, no replica"));
        assert!(on("docker").contains("one server in a container, no replica"));
        // Of somebody else's server nothing is claimed that was not seen.
        assert!(
            on("url").contains("one server as it was found, no cluster, minutes") && !on("url").contains("replica")
        );
        let saved = text(&Document::new(Run::default(), Vec::new()), None, false);
        assert!(saved.contains("What histories cannot tell: anything that was not recorded"), "{saved}");
    }
}
