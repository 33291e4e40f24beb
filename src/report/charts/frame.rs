//! What stands around a picture that goes out alone: the finding above, the run and its verdict below.

use super::super::document::Document;
use super::super::drawing::{Anchor, Ink, Scene, Stroke, Weight, fitting, lines_of};
use crate::verdict::Verdict;

/// From the edge to what is drawn, px.
const MARGIN: f64 = 32.0;

/// The words around a picture.
pub struct Framed<'a> {
    /// What there is to see, in one sentence.
    pub finding: &'a str,
    /// Of what, and how to read it.
    pub caption: &'a str,
}

/// What a run is called: when it began and the begin of its plan's hash.
pub fn run_id(document: &Document) -> String {
    let hash = document.plan_hash.get(..8).unwrap_or(&document.plan_hash);
    match &document.started {
        Some(started) => {
            format!("{} · plan {hash}", started.split('.').next().unwrap_or(started).trim_end_matches('Z'))
        }
        None => format!("saved histories · plan {hash}"),
    }
}

/// Symbol and word of a verdict, and the ink.
pub fn verdict_words(verdict: Verdict) -> (&'static str, Ink) {
    match verdict {
        Verdict::Pass => ("✓ PASS", Ink::Good),
        Verdict::Fail => ("✗ FAIL", Ink::Bad),
        Verdict::Inconclusive => ("? INCONCLUSIVE", Ink::Open),
    }
}

/// The picture with its words.
pub fn framed(document: &Document, words: &Framed<'_>, body: Scene) -> Scene {
    surrounded(words, body, verdict_words(document.verdict), &about(document))
}

/// The same around a picture that is of no run: what it is of stands in the place of the run.
pub fn framed_alone(words: &Framed<'_>, body: Scene, tool: &str, of: &str) -> Scene {
    surrounded(words, body, (tool, Ink::Muted), of)
}

fn surrounded(words: &Framed<'_>, body: Scene, (word, ink): (&str, Ink), about: &str) -> Scene {
    let room = body.width.max(560.0);
    let finding = lines_of(words.finding, 20.0, Weight::Bold, room, 3);
    let caption = lines_of(words.caption, 13.0, Weight::Regular, room, 3);
    let above = MARGIN + finding.len() as f64 * 26.0 + caption.len() as f64 * 18.0 + 16.0;
    let height = above + body.height + 56.0;
    let mut scene = Scene::new(room + 2.0 * MARGIN, height, body.title.clone(), body.description.clone());
    let mut y = MARGIN;
    for line in finding {
        y += 20.0;
        scene.bold((MARGIN, y), line, 20.0, Anchor::Start, Ink::Text);
        y += 6.0;
    }
    for line in caption {
        y += 14.0;
        scene.text((MARGIN, y), line, 13.0, Anchor::Start, Ink::Muted);
        y += 4.0;
    }
    scene.place(body, (MARGIN, above));
    let foot = height - 18.0;
    scene.line((MARGIN, foot - 20.0), (MARGIN + room, foot - 20.0), Stroke::solid(Ink::Grid, 1.0));
    scene.bold((MARGIN, foot), word, 12.0, Anchor::Start, ink);
    let about = fitting(about, 12.0, Weight::Regular, room - 150.0);
    scene.text((MARGIN + room, foot), about, 12.0, Anchor::End, Ink::Muted);
    scene
}

/// Run, seed, server.
fn about(document: &Document) -> String {
    let fact = |name: &str| document.target.as_ref().and_then(|target| target.get(name)?.as_str());
    let server = fact("server").zip(fact("version")).map(|(server, version)| format!(" · {server} {version}"));
    let kind = fact("kind").map(|kind| format!(" ({kind})"));
    let seed = document.seed.map(|seed| format!(" · seed {seed}")).unwrap_or_default();
    format!(
        "{} · run {}{seed}{}{}",
        document.tool,
        run_id(document),
        server.unwrap_or_default(),
        kind.unwrap_or_default()
    )
}

/// Panels side by side, so many in a row.
pub fn grid(panels: Vec<Scene>, columns: usize, gap: f64, title: &str) -> Scene {
    let columns = columns.clamp(1, panels.len().max(1));
    let (width, height) =
        panels.iter().fold((0.0_f64, 0.0_f64), |(w, h), panel| (w.max(panel.width), h.max(panel.height)));
    let rows = panels.len().div_ceil(columns);
    let size = |count: usize, length: f64| count as f64 * (length + gap) - gap;
    let description = panels.iter().map(|panel| panel.description.as_str()).collect::<Vec<_>>().join(" ");
    let mut scene = Scene::new(size(columns, width).max(1.0), size(rows, height).max(1.0), title, description);
    for (index, panel) in panels.into_iter().enumerate() {
        let (column, row) = ((index % columns) as f64, (index / columns) as f64);
        scene.place(panel, (column * (width + gap), row * (height + gap)));
    }
    scene
}
