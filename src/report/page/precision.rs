//! The demonstration of what float64 loses: a section of a run's page, and a page of its own.

use serde::Serialize;

use super::{PageError, render, style};
use crate::precision::{Columns, Document, Role, SchemeReport, svg};

/// What the template is given.
#[derive(Serialize)]
pub(super) struct Shown {
    sentence: String,
    ts: String,
    legend: String,
    schemes: Vec<SchemeView>,
    reading: String,
    table: Columns,
    shifts: Option<Columns>,
    facts: Vec<String>,
    live: Option<String>,
    commands: Option<Columns>,
}

#[derive(Serialize)]
struct SchemeView {
    name: &'static str,
    head: String,
    words: String,
    picture: String,
}

impl Shown {
    pub(super) fn of(document: &Document) -> Shown {
        let utc = document.ts.utc.as_deref().unwrap_or_default();
        Shown {
            sentence: document.sentence.clone(),
            ts: format!("{} ({utc})", document.ts.ms),
            legend: Role::ALL.map(|role| format!("{} {}", role.letter(), role.name())).join(", "),
            schemes: document.schemes.iter().filter_map(scheme).collect(),
            reading: document.reading(),
            table: document.scheme_table(),
            shifts: document.shift_table(),
            facts: document.fact_lines(),
            live: document.live_sentence(),
            commands: document.live.as_ref().map(|live| Columns {
                headers: ["command", "answer", "as computed", "what it shows"].map(str::to_owned).to_vec(),
                rows: live
                    .commands
                    .iter()
                    .map(|asked| {
                        let computed =
                            if asked.agrees { "✓ yes".to_owned() } else { format!("✗ no: {}", asked.computed) };
                        let about = format!("{}: {}", asked.part, asked.about);
                        vec![asked.command.clone(), asked.answer.clone(), computed, about]
                    })
                    .collect(),
            }),
        }
    }
}

fn scheme(scheme: &SchemeReport) -> Option<SchemeView> {
    let drawing = scheme.drawn()?;
    Some(SchemeView {
        name: scheme.name.text(),
        head: format!("{}: {}, counter {}.", scheme.name.text(), scheme.formula, drawing.counter),
        words: format!("{}. {}; {}.", scheme.meant_and_stored(drawing), scheme.sentence, scheme.pairs),
        picture: svg(scheme, drawing),
    })
}

/// The page of the demonstration: one file, no network.
///
/// # Errors
/// When the templates and what they are given do not fit together: an error of this program.
pub fn precision_page(document: &Document) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct Page<'a> {
        tool: &'a str,
        style: String,
        script: &'static str,
        precision: Shown,
    }
    let page = Page {
        tool: &document.tool,
        style: style(),
        script: include_str!("script.js"),
        precision: Shown::of(document),
    };
    render("precision_page.html", &page)
}

#[cfg(test)]
mod tests {
    use super::super::super::sample::{drawn, sample};
    use super::super::page;
    use super::*;
    use crate::precision::Request;

    #[test]
    fn the_demonstration_is_a_page_of_its_own() {
        let document = Document::new(&Request::of_the_designs());
        let page = precision_page(&document).unwrap();
        assert!(page.replace("&#x2f;", "/").contains(&document.sentence));
        assert_eq!(page.matches("<svg class=\"bits\"").count(), 4);
        assert_eq!(page.matches("<rect ").count(), 4 * 64 + 12 + 8);
        for part in ["<td>1970-01-07</td>", "<li>Joined u1, u2, u10, one score", "stanchion precision --live"] {
            assert!(page.contains(part), "{part}");
        }
        let body = page.split("<body>").nth(1).unwrap().split("<script>").next().unwrap();
        assert!(!body.contains("//") && !body.contains("src=") && !body.contains("url("), "nothing is fetched");
    }

    #[test]
    fn a_run_shows_it_where_a_design_makes_one_float64_of_clock_and_counter() {
        let shown = "<section id=\"precision\"";
        let mut document = drawn();
        document.cells.retain(|cell| !cell.queue.starts_with("composite-"));
        assert!(!page(&document, None).unwrap().contains(shown));
        document.cells.extend(sample().cells.into_iter().take(1));
        document.cells[0].queue = "composite-shift".to_owned();
        let page = page(&document, None).unwrap();
        assert!(page.contains(shown) && page.contains("<a href=\"#precision\">float64</a>"));
    }
}
