//! For pull requests and step summaries.

use super::document::Document;
use super::stories::{LIMITS, as_expected, open_points, surprises};
use super::table::decision;

/// Renders a run as GitHub-flavoured markdown.
#[must_use]
pub fn markdown(document: &Document) -> String {
    let mut out = format!("## Stanchion\n\n**{}**\n", escaped(&document.sentence));
    if !document.cells.is_empty() {
        let decision = decision(document);
        out.push('\n');
        row(&mut out, &decision.headers);
        row(&mut out, &vec!["---".to_owned(); decision.headers.len()]);
        for cells in &decision.rows {
            row(&mut out, cells);
        }
        out.push_str(&format!("\n{} `!` marks what the scenarios do not expect.\n", escaped(&decision.caption)));
    }
    list(&mut out, "Not as expected, or not decided", open_points(document));
    list(&mut out, "How it broke", surprises(document).iter().map(|story| story.line()).collect());
    list(&mut out, "Broken, as the scenarios expect", as_expected(document).iter().map(|story| story.line()).collect());
    out.push_str(&format!("\n{LIMITS}\n\nRepeat with seed {}: `{}`\n", document.seed, document.repeat));
    out
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

/// Names come from files that anybody may write: nothing in them may end a table cell or begin a tag.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
