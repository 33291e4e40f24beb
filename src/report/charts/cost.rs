//! What a join costs, design by design: bars with their values.

use super::super::document::Cell;
use super::super::drawing::{Anchor, Ink, Scene, Stroke, Weight, fitting};
use super::grid;
use super::numbers::{figure as number, three};

/// One figure of a design.
type Figure = fn(&Cell) -> Option<f64>;

/// The figures: what they are called, their unit, and where they stand.
const FIGURES: [(&str, Figure); 4] = [
    ("server time, µs an operation", |cell| cell.cost.server_us_per_op),
    ("Redis commands an operation", |cell| cell.cost.commands_per_op),
    ("round trips of a join", |cell| cell.cost.round_trips_by_op.get("join").copied()),
    ("memory, bytes for each waiting", |cell| cell.cost.bytes_per_user),
];

/// What the bars say, in one sentence.
pub fn cost_finding(cells: &[&Cell]) -> String {
    let mut known: Vec<(&str, f64)> =
        cells.iter().filter_map(|cell| Some((cell.queue.as_str(), cell.cost.server_us_per_op?))).collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    match known.as_slice() {
        [] => "What the designs cost the server was not measured.".to_owned(),
        [(only, us)] => format!("{only} costs the server {} µs an operation.", three(*us)),
        [(least, few), .., (most, many)] => format!(
            "{least} costs the server least, {} µs an operation; {most} costs {}, {} times as much.",
            three(*few),
            three(*many),
            three(many / few)
        ),
    }
}

/// All figures of these cells.
pub fn cost(cells: &[&Cell]) -> Scene {
    let panels = FIGURES.iter().map(|(name, figure)| bars(name, *figure, cells)).collect();
    let mut scene = grid(panels, 2, 36.0, "What the designs cost");
    scene.description = cost_finding(cells);
    scene
}

fn bars(name: &str, figure: Figure, cells: &[&Cell]) -> Scene {
    const ROW: f64 = 22.0;
    let (width, left, top) = (420.0, 130.0, 26.0);
    let mut scene = Scene::new(width, top + cells.len() as f64 * ROW + 6.0, name, "");
    scene.bold((0.0, 13.0), name, 13.0, Anchor::Start, Ink::Text);
    let values: Vec<Option<f64>> = cells.iter().map(|cell| figure(cell)).collect();
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let room = width - left - 64.0;
    for (row, (cell, value)) in cells.iter().zip(values).enumerate() {
        let y = top + row as f64 * ROW;
        let queue = fitting(&cell.queue, 12.0, Weight::Regular, left - 8.0);
        scene.text((left - 8.0, y + 14.0), queue, 12.0, Anchor::End, Ink::Text);
        let Some(value) = value else {
            scene.text((left + 4.0, y + 14.0), "not measured", 12.0, Anchor::Start, Ink::Muted);
            continue;
        };
        let length = if most > 0.0 { value / most * room } else { 0.0 };
        scene.rect((left, y + 3.0), (length.max(1.0), ROW - 8.0), Ink::Main, 1.0);
        scene.text((left + length + 6.0, y + 14.0), number(value), 12.0, Anchor::Start, Ink::Text);
    }
    scene.line((left, top), (left, top + cells.len() as f64 * ROW), Stroke::solid(Ink::Grid, 1.0));
    scene
}
