//! The line itself: order joined against order admitted.

use super::super::document::Cell;
use super::super::drawing::{Anchor, Axis, Ink, Mark, Scene, Stroke, Weight, fitting};
use super::numbers::{grouped, tick_count};
use crate::measure::{Line, Places};

/// What a picture of a line says in words.
pub fn order_words(line: &Line, max_overtakes: u64) -> String {
    let all = grouped(line.admitted);
    match line.overtaken {
        0 => format!("nobody of {all} was certainly overtaken"),
        one => {
            let share = one as f64 / line.admitted as f64 * 100.0;
            format!("{} of {all} overtaken ({share:.0} %), by up to {}", grouped(one), grouped(max_overtakes))
        }
    }
}

/// What the pictures of all designs say together.
pub fn order_finding(cells: &[&Cell]) -> String {
    let of = |wanted: bool| -> Vec<&str> {
        let known = cells.iter().filter_map(|cell| Some((cell.queue.as_str(), cell.line.as_ref()?)));
        known.filter(|(_, line)| (line.overtaken == 0) == wanted).map(|(queue, _)| queue).collect()
    };
    let (fair, unfair) = (of(true), of(false));
    match (fair.as_slice(), unfair.as_slice()) {
        ([], []) => "Nobody was admitted: there is no line to see.".to_owned(),
        (fair, []) => format!("The line is a line: {} let nobody be overtaken.", fair.join(", ")),
        ([], unfair) => format!("No design kept the line: {} let users be overtaken.", unfair.join(", ")),
        (fair, unfair) => {
            format!("A diagonal is a fair line: {}. Users were overtaken in {}.", fair.join(", "), unfair.join(", "))
        }
    }
}

/// One design: a part of its line closely, and the whole of it small.
pub fn order_panel(cell: &Cell, side: f64) -> Scene {
    let mut scene = Scene::new(LEFT + side + 8.0, TOP + side + 36.0, format!("The line of {}", cell.queue), "");
    scene.bold((LEFT, 14.0), fitting(&cell.queue, 14.0, Weight::Bold, side), 14.0, Anchor::Start, Ink::Text);
    scene.rect((LEFT, TOP), (side, side), Ink::Panel, 1.0);
    let Some(line) = &cell.line else {
        let why = cell.reasons.get("line").map_or("fewer than two tokens were admitted", String::as_str);
        scene.text((LEFT, 32.0), fitting(why, 12.0, Weight::Regular, side), 12.0, Anchor::Start, Ink::Muted);
        scene.description = format!("{}: {why}.", cell.queue);
        return scene;
    };
    let most = cell.fairness.as_ref().map_or(0, |fairness| fairness.max_overtakes);
    scene.description = format!("{}: {}.", cell.queue, order_words(line, most));
    let (short, ink) = match line.overtaken {
        0 => ("✓ nobody overtaken".to_owned(), Ink::Good),
        one => (format!("✗ {} overtaken, by ≤ {}", grouped(one), grouped(most)), Ink::Bad),
    };
    scene.text((LEFT, 33.0), fitting(&short, 12.0, Weight::Regular, side), 12.0, Anchor::Start, ink);

    let [from, to] = line.part_places;
    let ends = (from as f64, (to as f64).max(from as f64 + 1.0));
    let across = Axis::linear(ends, (LEFT + 5.0, LEFT + side - 5.0));
    let up = Axis::linear(ends, (TOP + side - 5.0, TOP + 5.0));
    scene.line((across.at(ends.0), up.at(ends.0)), (across.at(ends.1), up.at(ends.1)), Stroke::solid(Ink::Grid, 1.0));
    let radius = (side / line.part.joined.len().max(1) as f64).clamp(0.9, 2.0);
    points(&mut scene, &line.part, (&across, &up), radius);
    whole(&mut scene, line, side);

    let base = TOP + side;
    scene.text((LEFT, base + 15.0), grouped(from), 11.0, Anchor::Start, Ink::Muted);
    scene.text((LEFT + side, base + 15.0), grouped(to), 11.0, Anchor::End, Ink::Muted);
    scene.text((LEFT + side / 2.0, base + 31.0), "joined as →", 11.0, Anchor::Middle, Ink::Muted);
    scene.text((LEFT - 5.0, base - 2.0), tick_count(from as f64), 11.0, Anchor::End, Ink::Muted);
    scene.text((LEFT - 5.0, TOP + 10.0), tick_count(to as f64), 11.0, Anchor::End, Ink::Muted);
    scene.text((LEFT - 5.0, TOP + side / 2.0), "let in", 11.0, Anchor::End, Ink::Muted);
    scene.text((LEFT - 5.0, TOP + side / 2.0 + 14.0), "as ↑", 11.0, Anchor::End, Ink::Muted);
    scene
}

const LEFT: f64 = 48.0;
const TOP: f64 = 44.0;

/// The points of a part or the whole: who was overtaken as crosses.
fn points(scene: &mut Scene, places: &Places, (across, up): (&Axis, &Axis), radius: f64) {
    let of = |overtaken: bool| -> Vec<(f64, f64)> {
        let rows = places.joined.iter().zip(&places.admitted).zip(&places.overtaken_by);
        let rows = rows.filter(|(_, by)| (**by > 0) == overtaken);
        rows.map(|((joined, admitted), _)| (across.at(*joined as f64), up.at(*admitted as f64))).collect()
    };
    scene.dots(of(false), radius, Ink::Main, Mark::Point);
    scene.dots(of(true), radius * 1.3, Ink::Bad, Mark::Cross);
}

/// All of the line in the corner that a diagonal leaves free, with the part that is shown large.
fn whole(scene: &mut Scene, line: &Line, side: f64) {
    let [from, to] = line.part_places;
    if to - from + 1 >= line.admitted {
        return;
    }
    let (small, gap) = (side * 0.27, 7.0);
    let (x, y) = (LEFT + side - small - gap, TOP + side - small - gap - 13.0);
    scene.rect((x, y), (small, small), Ink::Ground, 1.0);
    let end = line.admitted.max(2) as f64;
    let across = Axis::linear((1.0, end), (x + 2.0, x + small - 2.0));
    let up = Axis::linear((1.0, end), (y + small - 2.0, y + 2.0));
    points(scene, &line.whole, (&across, &up), 0.6);
    let middle = f64::midpoint(from as f64, to as f64);
    let half = ((to - from) as f64 / end * small / 2.0).max(3.0);
    let (cx, cy) = (across.at(middle), up.at(middle));
    let frame = vec![
        (cx - half, cy - half),
        (cx + half, cy - half),
        (cx + half, cy + half),
        (cx - half, cy + half),
        (cx - half, cy - half),
    ];
    scene.path(frame, Stroke::solid(Ink::Text, 1.0));
    let words = format!("all {}", tick_count(line.admitted as f64));
    scene.text((x + small, y + small + 12.0), words, 10.0, Anchor::End, Ink::Muted);
}
