//! Cost against depth: why a design that is quick today must not go live.

use super::super::drawing::{Anchor, Axis, Ink, Scene, Stroke, Weight, fitting};
use super::super::growth::DepthSweep;
use super::numbers::{tick_count, tick_time};
use crate::model::OpKind;

/// The operations that a sweep of the depth times.
pub const GROWING: [OpKind; 3] = [OpKind::Join, OpKind::Position, OpKind::Admit];

/// A median that grew by more than this factor is drawn as one that grows.
const GROWS: f64 = 5.0;

/// What the panels say together: which operation of which design climbs.
pub fn growth_finding(sweep: &DepthSweep) -> String {
    let climbs = |op: OpKind| -> Vec<&str> {
        let grown = |design: &&super::super::growth::DesignGrowth| grows(&DepthSweep::medians(design, op));
        sweep.designs.iter().filter(grown).map(|design| design.design.as_str()).collect()
    };
    let found: Vec<(OpKind, Vec<&str>)> =
        GROWING.into_iter().map(|op| (op, climbs(op))).filter(|(_, designs)| !designs.is_empty()).collect();
    let level: Vec<&str> = sweep
        .designs
        .iter()
        .map(|design| design.design.as_str())
        .filter(|design| found.iter().all(|(_, climbing)| !climbing.contains(design)))
        .collect();
    let climbing: Vec<String> =
        found.iter().map(|(op, designs)| format!("{} climbs with {}", op.name(), designs.join(", "))).collect();
    match (climbing.as_slice(), level.as_slice()) {
        ([], _) => "No operation of any design takes longer with a longer line.".to_owned(),
        (climbing, []) => format!("With a longer line {}.", climbing.join("; ")),
        (climbing, level) => {
            format!("With a longer line {}; nothing does with {}.", climbing.join("; "), level.join(", "))
        }
    }
}

/// Whether the last median is so much above the first.
fn grows(points: &[(f64, f64)]) -> bool {
    points.first().zip(points.last()).is_some_and(|(first, last)| last.1 > first.1 * GROWS)
}

/// One operation, all designs. Both axes are logarithmic: what is constant is level, what grows with n rises by a decade each.
pub fn growth_panel(sweep: &DepthSweep, op: OpKind, (width, height): (f64, f64)) -> Scene {
    let (top, left, bottom, right) = (28.0, 58.0, 36.0, 140.0);
    let title = format!("{} against the number waiting", op.name());
    let mut scene = Scene::new(left + width + right, top + height + bottom, title, "");
    scene.bold((left, 14.0), op.name(), 14.0, Anchor::Start, Ink::Text);
    scene.rect((left, top), (width, height), Ink::Panel, 1.0);
    let lines: Vec<(&str, Vec<(f64, f64)>)> =
        sweep.designs.iter().map(|design| (design.design.as_str(), DepthSweep::medians(design, op))).collect();
    let all = || lines.iter().flat_map(|(_, points)| points);
    let range = |pick: fn(&(f64, f64)) -> f64| {
        all().map(pick).fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (depths, times) = (range(|point| point.0), range(|point| point.1));
    if !depths.0.is_finite() {
        scene.text((left + 8.0, top + 20.0), "not measured", 12.0, Anchor::Start, Ink::Muted);
        return scene;
    }
    let across = Axis::log(depths, (left + 4.0, left + width - 4.0));
    let up = Axis::log(times, (top + height - 6.0, top + 8.0));
    for tick in up.ticks(5, tick_time) {
        let y = up.at(tick.value);
        scene.line((left, y), (left + width, y), Stroke::solid(Ink::Grid, 1.0));
        scene.text((left - 6.0, y + 4.0), tick.label, 11.0, Anchor::End, Ink::Muted);
    }
    for tick in across.ticks(6, tick_count) {
        let x = across.at(tick.value);
        scene.line((x, top), (x, top + height), Stroke::solid(Ink::Grid, 1.0));
        scene.text((x, top + height + 15.0), tick.label, 11.0, Anchor::Middle, Ink::Muted);
    }
    scene.text((left + width / 2.0, top + height + 31.0), "waiting →", 11.0, Anchor::Middle, Ink::Muted);
    let mut ends: Vec<End<'_>> = Vec::new();
    let mut told = Vec::new();
    for (design, points) in &lines {
        let Some(last) = points.last() else { continue };
        let (ink, width) = if grows(points) { (Ink::Bad, 2.0) } else { (Ink::Main, 1.4) };
        scene.path(
            points.iter().map(|(depth, us)| (across.at(*depth), up.at(*us))).collect(),
            Stroke::solid(ink, width),
        );
        ends.push(((across.at(last.0), up.at(last.1)), design, ink));
        told.push(format!("{design} {} at {}", tick_time(last.1), tick_count(last.0)));
    }
    scene.description = format!("{}: {}.", op.name(), told.join(", "));
    for ((x, y), words, ink) in labels(ends, top + height) {
        let words = fitting(&words, 11.0, Weight::Regular, scene.width - x - 10.0);
        scene.text((x + 9.0, y + 4.0), words, 11.0, Anchor::Start, ink);
    }
    scene
}

/// The end of a line, its name and ink.
type End<'a> = ((f64, f64), &'a str, Ink);

/// The names beside the ends of their lines: those that lie too close together share a label.
fn labels(mut ends: Vec<End<'_>>, lowest: f64) -> Vec<((f64, f64), String, Ink)> {
    const APART: f64 = 13.0;
    ends.sort_by(|((x, y), ..), ((other_x, other_y), ..)| x.total_cmp(other_x).then(y.total_cmp(other_y)));
    let mut groups: Vec<Vec<End<'_>>> = Vec::new();
    for end in ends {
        match groups.last_mut() {
            Some(group) if end.0.0 == group[0].0.0 && end.0.1 - group[0].0.1 < APART => group.push(end),
            _ => groups.push(vec![end]),
        }
    }
    let mut labels: Vec<((f64, f64), String, Ink)> = Vec::new();
    for group in groups {
        let ((x, y), first, ink) = group[0];
        let words = match group.len() {
            1 => first.to_owned(),
            more => format!("{first} +{}", more - 1),
        };
        let above = labels.last().filter(|((other_x, _), ..)| *other_x == x);
        let above = above.map_or(f64::NEG_INFINITY, |((_, y), ..)| y + APART);
        labels.push(((x, y.max(above).min(lowest)), words, ink));
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_end_together_share_a_label_and_none_covers_another() {
        let end = |y: f64, name: &'static str| ((9.0, y), name, Ink::Main);
        let labels =
            labels(vec![end(50.0, "a"), end(10.0, "b"), end(52.0, "c"), end(55.0, "d"), end(80.0, "e")], 100.0);
        let words: Vec<&str> = labels.iter().map(|(_, words, _)| words.as_str()).collect();
        assert_eq!(words, ["b", "a +2", "e"]);
        assert!(labels.windows(2).all(|pair| pair[1].0.1 - pair[0].0.1 >= 13.0), "{labels:?}");
    }
}
