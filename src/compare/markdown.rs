//! For pull requests and step summaries.

use super::document::Comparison;
use super::text::{HEADERS, about, legend, lists, rows, title, unlike};
use crate::report::{code, escaped};

/// Renders a comparison as GitHub-flavoured markdown.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let mut out = format!("## Stanchion compare\n\n**{}**\n", escaped(&comparison.sentence));
    out.push_str(&format!("\n{}\n", escaped(&about(comparison))));
    if !comparison.unlike.is_empty() {
        out.push_str(&format!("\n{}\n", escaped(&unlike(comparison))));
    }
    for cell in &comparison.cells {
        out.push_str(&format!(
            "\n### {}\n\n| {} |\n|{}\n",
            escaped(&title(cell)),
            HEADERS.join(" | "),
            " --- |".repeat(6)
        ));
        for row in rows(cell) {
            out.push_str(&format!("| {} |\n", row.map(|text| escaped(&text)).join(" | ")));
        }
    }
    out.push_str(&format!("\n{}\n", escaped(&legend(comparison))));
    for (title, lines) in lists(comparison) {
        out.push_str(&format!("\n### {}\n\n", title.trim_end_matches(':')));
        lines.iter().for_each(|line| out.push_str(&format!("- {}\n", escaped(line))));
    }
    out.push('\n');
    if let Some(interleave) = &comparison.interleave {
        out.push_str(&format!("To tell more, let them take turns: {}\n\n", code(interleave)));
    }
    out.push_str(&format!("Repeat with: {}\n", code(&comparison.repeat)));
    out
}
