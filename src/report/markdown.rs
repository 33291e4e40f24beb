//! For pull requests and step summaries.

use super::document::Document;
use super::evidence::{decided, faults, overtaken};
use super::lines::visible;
use super::load_lines::load_lines;
use super::stories::{as_expected, caveats, notes, open_points, proofs, surprises};
use super::table::{Columns, costs, decision, limits};

/// Renders a run as GitHub-flavoured markdown.
#[must_use]
pub fn markdown(document: &Document) -> String {
    let mut out = format!("## Stanchion\n\n**{}**\n", escaped(&document.sentence));
    let mut about = Vec::new();
    if !document.cells.is_empty() {
        out.push_str(&format!("\n{}\n", escaped(&document.choice.sentence)));
        let decision = decision(document);
        table(&mut out, &decision.columns);
        out.push_str(&format!("\n{} `!` marks what the scenarios do not expect.\n", escaped(&decision.caption)));
        if let Some(costs) = costs(document, decision.timed_in) {
            table(&mut out, &costs);
        }
        about = notes(document, decision.timed_in);
        about.extend(load_lines(document));
    }
    for line in [decided(document), proofs(document)].into_iter().flatten() {
        out.push_str(&format!("\n{}\n", escaped(&line)));
    }
    if let Some(faults) = faults(document) {
        out.push_str(&format!("\n{}\n", escaped(&faults)));
    }
    if let Some(limits) = limits(document) {
        table(&mut out, &limits);
    }
    list(&mut out, "Not as expected, or not decided", open_points(document));
    list(&mut out, "How it broke", surprises(document).iter().map(|story| story.numbered()).collect());
    list(
        &mut out,
        "Broken, as the scenarios expect",
        as_expected(document).iter().map(|story| story.numbered()).collect(),
    );
    list(&mut out, "Who was overtaken, at worst", overtaken(document));
    list(&mut out, "About the figures", about);
    let seed = document.seed.map(|seed| format!(" with seed {seed}")).unwrap_or_default();
    out.push_str(&format!("\n{}\n\nRepeat{seed}: {}\n", caveats(document), code(&document.repeat)));
    out
}

fn table(out: &mut String, columns: &Columns) {
    out.push('\n');
    row(out, &columns.headers);
    row(out, &vec!["---".to_owned(); columns.headers.len()]);
    for cells in &columns.rows {
        row(out, cells);
    }
}

fn row(out: &mut String, cells: &[String]) {
    out.push_str("| ");
    out.push_str(&cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "));
    out.push_str(" |\n");
}

fn list(out: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    out.push_str(&format!("\n### {title}\n\n"));
    for line in lines {
        out.push_str(&format!("- {}\n", escaped(&line)));
    }
}

/// Names come from files that anybody may write: nothing in them may end a table cell, begin a tag, a link
/// or an emphasis (GitHub Flavored Markdown, section 6.1: a backslash takes the meaning from punctuation).
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// A code span: fenced by more backticks than stand in a row inside it.
pub(crate) fn code(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{found, sample, sample_cell, sample_run};
    use super::*;
    use crate::model::{Promise, Terms};

    #[test]
    fn a_small_run_reads_as_a_page() {
        insta::assert_snapshot!("markdown", markdown(&sample()));
    }

    #[test]
    fn nothing_in_a_name_ends_a_cell_or_begins_a_tag_a_link_or_a_line() {
        assert_eq!(escaped("a|b\\<c>`*_[d](e)~&\nf\r\u{1b}"), r"a\|b\\&lt;c>\`\*\_\[d\](e)\~&amp;�f��");
        let name = "|<img src=x>\n# h";
        let cell = sample_cell(name, name, vec![found(Promise::NoLoss, '-')], Terms::default(), (1, 1.0, None));
        let page = markdown(&sample_run(vec![cell]));
        assert!(!page.contains("<img") && !page.contains("\n# h"), "{page}");
        let columns = |line: &&str| line.replace(r"\|", "").matches('|').count();
        let counts: Vec<usize> = page
            .lines()
            .skip_while(|line| !line.starts_with('|'))
            .take_while(|line| line.starts_with('|'))
            .map(|line| columns(&line))
            .collect();
        assert_eq!(counts, [6, 6, 6], "each row has as many cells as the head: {page}");
    }

    #[test]
    fn a_command_is_a_code_span_whatever_is_in_it() {
        assert_eq!(code("stanchion run a|b"), "`stanchion run a|b`");
        assert_eq!(code("run '`x``y'"), "``` run '`x``y' ```");
    }
}
