//! For pull requests.

use super::bits::{Cell, Role};
use super::document::{Document, SchemeReport};
use super::words::{self, Columns};

/// Renders the demonstration as GitHub-flavoured markdown.
#[must_use]
pub fn markdown(document: &Document) -> String {
    let mut out = format!("## Stanchion: precision\n\n**{}**\n", escaped(&document.sentence));
    let utc = document.ts.utc.as_deref().unwrap_or_default();
    let letters = Role::ALL.map(|role| format!("`{}` {}", role.letter(), role.name())).join(", ");
    out.push_str(&format!("\nThe 64 bits of the score of ts {} ({utc}): {letters}.\n", document.ts.ms));
    for scheme in &document.schemes {
        drawn(&mut out, scheme);
    }
    table(&mut out, &words::schemes(document));
    out.push_str(&format!("\n{}\n", escaped(&words::reading(document))));
    if !document.shifts.is_empty() {
        out.push_str("\n### What a shift leaves for the counter\n");
        table(&mut out, &words::shifts(document));
    }
    let facts = words::facts(document);
    if !facts.is_empty() {
        out.push_str("\n### Whatever the scheme\n\n");
        facts.iter().for_each(|line| out.push_str(&format!("- {}\n", escaped(line))));
    }
    if let Some(live) = &document.live {
        out.push_str(&format!("\n### On a server\n\n{}\n\n```text\n", escaped(&words::asked(live))));
        for asked in &live.commands {
            out.push_str(&format!("> {}\n{}\n", asked.command, asked.answer));
            if !asked.agrees {
                out.push_str(&format!("but computed: {}\n", asked.computed));
            }
        }
        out.push_str("```\n");
    }
    out
}

fn drawn(out: &mut String, scheme: &SchemeReport) {
    let Some(drawing) = scheme.drawn() else { return };
    let row = |shown: &dyn Fn(&Cell) -> char| {
        let fields = [&drawing.bits[..1], &drawing.bits[1..12], &drawing.bits[12..], &drawing.lost];
        let text = fields.map(|cells| cells.iter().map(shown).collect::<String>());
        text.join(" ").trim_end().to_owned()
    };
    let digits = row(&|cell| char::from(b'0' + cell.value));
    let letters = row(&|cell| cell.role.letter());
    let formula = escaped(&format!("{}, counter {}", scheme.formula, drawing.counter));
    out.push_str(&format!("\n### {}: {formula}\n\n```text\n{digits}\n{letters}\n```\n\n", scheme.name.text()));
    for line in [&scheme.meant_and_stored(drawing), &scheme.sentence, &scheme.pairs] {
        out.push_str(&format!("- {}\n", escaped(line)));
    }
}

fn table(out: &mut String, columns: &Columns) {
    let row =
        |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "));
    out.push('\n');
    out.push_str(&row(&columns.headers));
    out.push_str(&row(&vec!["---".to_owned(); columns.headers.len()]));
    columns.rows.iter().for_each(|cells| out.push_str(&row(cells)));
}

/// Nothing in a formula is a tag or an emphasis; a table's heading may have two lines.
fn escaped(text: &str) -> String {
    text.replace('\n', " ").replace('&', "&amp;").replace('<', "&lt;").replace('*', r"\*").replace('|', r"\|")
}
