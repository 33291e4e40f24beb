//! Effects with their intervals, one below the other, against no difference.

use super::super::drawing::{Anchor, Axis, Ink, Mark, Scene, Stroke, Weight, fitting};

/// A ratio, its interval and what is said of it.
#[derive(Clone, Debug)]
pub struct ForestRow {
    /// What it is of.
    pub name: String,
    /// The ratio.
    pub ratio: f64,
    /// The interval, if there is one.
    pub interval: Option<[f64; 2]>,
    /// The word for it.
    pub word: String,
    /// Worse, better, or neither.
    pub worse: Option<bool>,
}

const LEFT: f64 = 220.0;
const RIGHT: f64 = 110.0;
const ROW: f64 = 26.0;

/// The picture; within `threshold` (0.03 is 3 %) a difference is none.
pub fn forest(title: &str, rows: &[ForestRow], threshold: f64, width: f64) -> Scene {
    let height = rows.len() as f64 * ROW + 50.0;
    let mut scene = Scene::new(width, height, title, "");
    let edge = 1.0 + threshold;
    let ends = rows.iter().flat_map(|row| row.interval.unwrap_or([row.ratio; 2]));
    let most = ends.map(|end| end.max(1.0 / end)).filter(|end| end.is_finite()).fold(edge * edge, f64::max).min(100.0);
    let axis = Axis::log((1.0 / most, most), (LEFT, width - RIGHT));
    let (top, base) = (16.0, 16.0 + rows.len() as f64 * ROW);
    scene.rect((axis.at(1.0 / edge), top), (axis.at(edge) - axis.at(1.0 / edge), base - top), Ink::Grid, 0.5);
    scene.line((axis.at(1.0), top), (axis.at(1.0), base), Stroke::solid(Ink::Muted, 1.0));
    let mut told = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let y = top + index as f64 * ROW + ROW / 2.0;
        let ink = match row.worse {
            Some(true) => Ink::Bad,
            Some(false) => Ink::Good,
            None => Ink::Main,
        };
        let name = fitting(&row.name, 12.0, Weight::Regular, LEFT - 14.0);
        scene.text((LEFT - 14.0, y + 4.0), name, 12.0, Anchor::End, Ink::Text);
        if let Some([low, high]) = row.interval {
            scene.line((axis.at(low), y), (axis.at(high).max(axis.at(low) + 1.0), y), Stroke::solid(ink, 2.0));
            told.push(format!("{} {:.3}, from {low:.3} to {high:.3}: {}", row.name, row.ratio, row.word));
        } else {
            told.push(format!("{} {:.3}: {}", row.name, row.ratio, row.word));
        }
        scene.dots(vec![(axis.at(row.ratio), y)], 3.5, ink, Mark::Point);
        scene.text((width - RIGHT + 12.0, y + 4.0), row.word.clone(), 12.0, Anchor::Start, ink);
    }
    for (value, label) in [
        (1.0 / most, format!("{:.2} ×", 1.0 / most)),
        (1.0, "no difference".to_owned()),
        (most, format!("{most:.2} ×")),
    ] {
        scene.text((axis.at(value), base + 16.0), label, 11.0, Anchor::Middle, Ink::Muted);
    }
    scene.description = told.join("; ");
    scene
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_is_drawn_however_large_and_told_with_its_interval() {
        let row = |ratio, interval, worse| ForestRow {
            name: "join".to_owned(),
            ratio,
            interval,
            word: "slower".to_owned(),
            worse,
        };
        let rows =
            [row(1.12, Some([1.1, 1.13]), Some(true)), row(f64::INFINITY, None, None), row(0.0, None, Some(false))];
        let scene = forest("t", &rows, 0.03, 800.0);
        assert!(scene.description.contains("join 1.120, from 1.100 to 1.130: slower"), "{}", scene.description);
        assert!(forest("t", &[], 0.03, 800.0).height > 0.0);
    }
}
