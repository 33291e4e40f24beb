//! The decision table as a picture, for a slide.

use super::super::document::Document;
use super::super::drawing::{Anchor, Ink, Scene, Stroke, Weight, fitting};
use super::super::table;
use super::numbers::{figure, three};

const NAME: f64 = 176.0;
const COLUMN: f64 = 82.0;
const ROW: f64 = 30.0;
const HEAD: f64 = 44.0;

/// Designs by promises, with the figures that decide; the design to take is marked.
pub fn decision(document: &Document) -> Scene {
    let decided = table::decision(document);
    let figures = ["join p99", "server µs/op", "bytes/user"];
    // The table's own columns of latencies are too wide for a slide.
    let promises = decided.columns.headers.len().saturating_sub(1 + 3);
    let width = NAME + (promises + figures.len()) as f64 * COLUMN;
    let rows = decided.columns.rows.len();
    let height = HEAD + rows as f64 * ROW + 30.0;
    let mut scene = Scene::new(width, height, "Designs by promises", document.choice.sentence.clone());
    let column = |index: usize| NAME + index as f64 * COLUMN + COLUMN / 2.0;
    let headers = decided.columns.headers.iter().skip(1).take(promises).map(String::as_str).chain(figures);
    for (index, header) in headers.enumerate() {
        let (front, back) = header.rsplit_once(['-', ' ']).unwrap_or(("", header));
        let front = if header.contains('-') { format!("{front}-") } else { front.to_owned() };
        scene.text((column(index), 14.0), front, 12.0, Anchor::Middle, Ink::Muted);
        scene.text((column(index), 30.0), back, 12.0, Anchor::Middle, Ink::Muted);
    }
    for (row, cells) in decided.columns.rows.iter().enumerate() {
        let y = HEAD + row as f64 * ROW;
        let queue = cells.first().map_or("", String::as_str);
        let taken = document.choice.take.iter().any(|design| design == queue);
        if taken {
            scene.rect((0.0, y), (width, ROW), Ink::Main, 0.12);
        }
        scene.line((0.0, y), (width, y), Stroke::solid(Ink::Grid, 1.0));
        let name = fitting(queue, 14.0, Weight::Bold, NAME - 24.0);
        let base = y + 20.0;
        if taken {
            scene.bold((18.0, base), name, 14.0, Anchor::Start, Ink::Text);
            scene.bold((2.0, base), "→", 14.0, Anchor::Start, Ink::Main);
        } else {
            scene.text((18.0, base), name, 14.0, Anchor::Start, Ink::Text);
        }
        for (index, word) in cells.iter().skip(1).take(promises).enumerate() {
            let (symbol, ink) = symbol(word);
            scene.bold((column(index), base + 1.0), symbol, 15.0, Anchor::Middle, ink);
        }
        let timed =
            document.cells.iter().find(|cell| cell.queue == queue && Some(cell.scenario.as_str()) == decided.timed_in);
        let p99 = timed.and_then(table::join_p99_us);
        let shown = [
            p99.map(super::ms_text),
            timed.and_then(|cell| cell.cost.server_us_per_op).map(three),
            timed.and_then(|cell| cell.cost.bytes_per_user).map(figure),
        ];
        for (index, value) in shown.into_iter().enumerate() {
            let value = value.unwrap_or_else(|| "–".to_owned());
            scene.text((column(promises + index), base), value, 13.0, Anchor::Middle, Ink::Text);
        }
    }
    let words =
        "✓ holds   ✗ broken   ? not decided   – not checked   ! not as the scenarios expect   → the design to take";
    scene.text((0.0, height - 6.0), words, 12.0, Anchor::Start, Ink::Muted);
    scene
}

/// The table's word as a symbol.
fn symbol(word: &str) -> (String, Ink) {
    let ink = match word.chars().next() {
        Some('✓') => Ink::Good,
        Some('✗') => Ink::Bad,
        Some('?') => Ink::Open,
        _ => Ink::Muted,
    };
    let surprising = if word.ends_with('!') { " !" } else { "" };
    (format!("{}{surprising}", word.chars().next().unwrap_or('–')), ink)
}
