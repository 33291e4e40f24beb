//! A page of its own for what is not a run: a comparison, the float64 demonstration.

use serde::Serialize;

use super::super::table::Columns;
use super::{Lanes, PageError, render, style};

/// What such a page holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sheet {
    /// Who wrote it.
    pub tool: String,
    /// What it is called.
    pub title: String,
    /// Symbol and word of the answer.
    pub chip: String,
    /// How the answer is coloured: `pass`, `fail` or `inconclusive`.
    pub class: &'static str,
    /// The answer in a sentence.
    pub finding: String,
    /// Of what, a sentence each.
    pub about: Vec<String>,
    /// Section by section.
    #[serde(rename = "parts_of_it")]
    pub parts: Vec<Part>,
    /// The commands that repeat it.
    pub commands: Vec<String>,
}

/// A section. What is empty is not shown.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Part {
    /// Its heading.
    pub title: String,
    /// Paragraphs.
    pub lines: Vec<String>,
    /// A picture: SVG of this program's own making, which is put in as it is.
    pub picture: Option<String>,
    /// What the picture shows.
    pub caption: String,
    /// A table.
    pub table: Option<Columns>,
    /// What the table is of.
    pub table_caption: String,
    /// A schedule.
    pub lanes: Option<Lanes>,
    /// A list.
    pub points: Vec<String>,
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    sheet: &'a Sheet,
    style: String,
    script: &'static str,
}

/// The page.
///
/// # Errors
/// When the template does not fit: an error of this program.
pub fn sheet(sheet: &Sheet) -> Result<String, PageError> {
    render("sheet.html", &View { sheet, style: style(), script: include_str!("script.js") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_shows_its_parts_and_names_cannot_become_markup() {
        let part = Part {
            title: "A <part>".to_owned(),
            lines: vec!["a line".to_owned()],
            picture: Some("<svg></svg>".to_owned()),
            caption: "drawn".to_owned(),
            table: Some(Columns { headers: vec!["x".to_owned()], rows: vec![vec!["<b>".to_owned()]] }),
            table_caption: "figures".to_owned(),
            lanes: None,
            points: vec!["a point".to_owned()],
        };
        let page = sheet(&Sheet {
            tool: "stanchion".to_owned(),
            title: "t".to_owned(),
            chip: "✓ SAME".to_owned(),
            class: "pass",
            finding: "nothing changed".to_owned(),
            about: vec!["of two runs".to_owned()],
            parts: vec![part],
            commands: vec!["stanchion compare a b".to_owned()],
        });
        let page = page.unwrap();
        for shown in ["A &lt;part&gt;", "<svg></svg>", "&lt;b&gt;", "a point", "stanchion compare a b", "✓ SAME"] {
            assert!(page.contains(shown), "{shown}");
        }
    }
}
