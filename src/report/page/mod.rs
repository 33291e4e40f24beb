//! `report.html`: the run as one page that can be mailed, opened anywhere and decided on.
//!
//! One file, no network, readable without JavaScript. It shows nothing that result.json lacks, so a saved run gives the same
//! bytes again. [`view`] says what is on it, `page.html` where; pictures come from [`charts`](super::charts).

mod evidence;
mod figures;
mod precision;
mod schedules;
mod sheet;
mod view;
mod violations;

pub use schedules::Lanes;
pub use sheet::{Part, Sheet, sheet};

use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::document::Document;
use super::drawing::{Ink, fonts_base64};
use super::growth::DepthSweep;
pub use precision::precision_page;
use view::View;

/// Why a page cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be put together: {0}")]
pub struct PageError(#[from] minijinja::Error);

/// The page of a run, with the cost against depth where a sweep of it lies beside.
///
/// # Errors
/// When the templates and what they are given do not fit together: an error of this program.
pub fn page(document: &Document, sweep: Option<&DepthSweep>) -> Result<String, PageError> {
    render("page.html", &View::of(document, sweep))
}

/// Fills a template. Whatever is not marked as safe is escaped: names come from files that anybody may write.
fn render(name: &str, view: &impl Serialize) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page.html", include_str!("page.html"))?;
    environment.add_template("sheet.html", include_str!("sheet.html"))?;
    environment.add_template("head.html", include_str!("head.html"))?;
    environment.add_template("parts.html", include_str!("parts.html"))?;
    environment.add_template("precision.html", include_str!("precision.html"))?;
    environment.add_template("precision_page.html", include_str!("precision_page.html"))?;
    Ok(environment.get_template(name)?.render(minijinja::value::Serde(view))?)
}

/// The style sheet: colours and fonts from where pictures have theirs.
fn style() -> String {
    let colours = |theme: usize| -> String {
        Ink::ALL.iter().map(|ink| format!("--{}:#{:06x};", ink.name(), ink.colour()[theme])).collect()
    };
    let inks: String = Ink::ALL
        .iter()
        .map(|ink| format!(".s-{0}{{stroke:var(--{0})}}.f-{0}{{fill:var(--{0})}}", ink.name()))
        .collect();
    let [regular, bold] = fonts_base64();
    let face = |weight: u16, data: &str| {
        format!(
            "@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/otf;base64,{data}) format(\"opentype\")}}"
        )
    };
    let (light, dark) = (colours(0), colours(1));
    format!(
        "{}{}:root{{{light}}}:root[data-theme=dark]{{{dark}}}@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}@media print{{:root,:root[data-theme]{{{light}}}}}{inks}{}",
        face(400, &regular),
        face(600, &bold),
        include_str!("style.css"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::document::{Cell, Run};
    use super::super::sample::{drawn, found, sample, sample_cell};
    use super::*;
    use crate::checks::{CheckOutcome, Counterexample, Event, Finding};
    use crate::model::{Promise, Terms};

    /// What a browser would fetch, or open a connection for.
    fn outside(page: &str) -> Vec<&str> {
        let links = ["http:", "https:", "//", "src=", "@import", "url("];
        // The fonts are data; their base64 may hold any two letters.
        let style_ends = page.find("format(\"opentype\")").unwrap_or(0);
        let rest = &page[style_ends..];
        let body = rest.find("<body>").map_or(rest, |at| &rest[at..]);
        let script = body.find("<script>").unwrap_or(body.len());
        links.into_iter().filter(|link| body[..script].contains(link)).collect()
    }

    #[test]
    fn a_page_tells_the_verdict_and_the_choice_and_each_broken_promise_has_an_anchor() {
        let document = drawn();
        let page = page(&document, None).unwrap();
        for part in [
            "<span class=\"chip\">✓ PASS</span>",
            "Take <b>list</b>",
            "Of 2 designs the only one that kept every promise",
            "<a href=\"#violation-1\">✗ broken</a>",
            "id=\"violation-1\"",
            "u1 holds t1 and t2 at once",
            "stanchion run --seed 7",
            "<td>9</td>",
            "n = 50",
            "The line of list",
        ] {
            let shown = page.split("</style>").nth(1).unwrap_or_default();
            assert!(shown.contains(part), "{part} is missing in:\n{shown}");
        }
        assert_eq!(outside(&page), Vec::<&str>::new());
        assert_eq!(page.matches("url(").count(), page.matches("url(data:font/otf;base64,").count());
    }

    #[test]
    fn a_saved_run_gives_the_same_bytes_again() {
        let document = drawn();
        let again: Document = serde_json::from_str(&document.to_json()).unwrap();
        assert_eq!(page(&document, None).unwrap(), page(&again, None).unwrap());
    }

    #[test]
    fn names_of_a_foreign_history_cannot_become_markup() {
        const EVIL: &str = "<img src=x onerror=alert(1)>";
        let mut document = drawn();
        document.cells[1].queue = EVIL.to_owned();
        document.cells[1].scenario = format!("\"'{EVIL}");
        document.repeat = EVIL.to_owned();
        let page = page(&document, None).unwrap();
        assert!(!page.contains(EVIL));
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    }

    #[test]
    fn a_run_of_nothing_is_a_page_too() {
        let page = page(&Document::new(Run::default(), Vec::new()), None).unwrap();
        assert!(page.contains("INCONCLUSIVE") && page.contains("nothing to take"));
    }

    #[test]
    fn however_much_is_broken_the_page_stays_small() {
        let event = |record: u64| Event {
            record,
            client: 7,
            invoked_ns: record * 1_000,
            returned_ns: Some(record * 1_000 + 500),
            text: "join u12345678 t12345678 → joined".to_owned(),
            commands: Vec::new(),
        };
        let story =
            "u1's join of t1 returned 1.0 ms before u2's join of t2 was sent, yet t2 was admitted 2.0 ms before";
        let cell = |number: usize| -> Cell {
            let outcome = CheckOutcome::Violated {
                examined: 1_000_000.try_into().unwrap(),
                violations: 900_000.try_into().unwrap(),
                counterexample: Counterexample {
                    story: story.to_owned(),
                    events: (0..24).map(event).collect(),
                    margin_ns: Some(500),
                },
                listed: vec![story.to_owned(); Finding::LISTED],
            };
            let finding = Finding { promise: Promise::GlobalFifo, outcome };
            sample_cell(&format!("s{number}"), "list", vec![finding], Terms::default(), (50, 100.0, None))
        };
        let page = page(&Document::new(Run::default(), (0..300).map(cell).collect()), None).unwrap();
        assert!(page.len() < 2_000_000, "{}", page.len());
        assert!(page.contains("id=\"violation-300\"") && page.contains("The first 60 are drawn."));
        assert_eq!(page.matches("<svg class=\"chart\"").count(), 60 + 1, "and the costs");
    }

    #[test]
    fn what_was_not_expected_comes_first_and_is_unfolded() {
        let mut document = sample();
        document.cells.push(sample_cell(
            "late",
            "list",
            vec![found(Promise::NoLoss, '-')],
            Terms::default(),
            (0, 0.0, None),
        ));
        let page = page(&document, None).unwrap();
        let [surprise, expected] = ["id=\"violation-2\"", "id=\"violation-1\""].map(|id| page.find(id).unwrap());
        assert!(surprise < expected);
        assert!(page.contains("id=\"violation-2\" open"));
    }
}
