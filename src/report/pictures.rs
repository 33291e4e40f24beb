//! The pictures for slides: each says by itself what it shows, of which run, and what the verdict was.

use super::charts::{
    Framed, GROWING, bits, cells_of, cost, cost_finding, decision, framed, framed_alone, grid, growth_finding,
    growth_panel, order_finding, order_panel, percentiles_finding, percentiles_panel, timeline, timeline_finding,
};
use super::document::{Cell, Document};
use super::drawing::{PictureError, Scene, png};
use super::growth::DepthSweep;
use super::table::timed_scenario;
use crate::model::OpKind;
use crate::precision;

/// A picture: the name of its file, and its bytes.
pub type Picture = (&'static str, Vec<u8>);

/// All pictures of a run that it has something to show for.
///
/// # Errors
/// When one cannot be drawn.
pub fn pictures(document: &Document, sweep: Option<&DepthSweep>) -> Result<Vec<Picture>, PictureError> {
    scenes(document, sweep).into_iter().map(|(name, scene)| Ok((name, png(&scene)?))).collect()
}

fn scenes(document: &Document, sweep: Option<&DepthSweep>) -> Vec<(&'static str, Scene)> {
    let timed_in = timed_scenario(&document.cells);
    let timed: Vec<&Cell> = timed_in.map_or_else(Vec::new, |scenario| cells_of(document, scenario));
    let mut scenes = Vec::new();
    if !document.cells.is_empty() {
        // What to do next is for those who read; on a slide stands what was found.
        let choice = &document.choice.sentence;
        let finding = choice.find(". How ").map_or(choice.as_str(), |end| &choice[..=end]);
        let words = Framed { finding, caption: &document.sentence };
        scenes.push(("decision.png", framed(document, &words, decision(document))));
    }
    if let Some((scenario, cells)) = line_cells(document) {
        let panels = cells.iter().map(|cell| order_panel(cell, 190.0)).collect();
        let caption = format!(
            "{scenario}: across the place in the order in which joins were sent, up the place in the order of admission, large for the part where most were overtaken, small for all. A cross is a user who was certainly overtaken."
        );
        let words = Framed { finding: &order_finding(&cells), caption: &caption };
        scenes.push((
            "order.png",
            framed(document, &words, grid(panels, 5, 20.0, "Order joined against order admitted")),
        ));
    }
    if let Some(shown) = precision_of(document) {
        let words = Framed { finding: &shown.sentence, caption: PRECISION_CAPTION };
        scenes.push(("precision.png", framed(document, &words, bits(&shown))));
    }
    let Some(scenario) = timed_in else { return scenes };
    let panels = timed.iter().map(|cell| percentiles_panel(cell, OpKind::Join, &timed, (190.0, 150.0))).collect();
    let caption = format!(
        "{scenario}: joins under load at every percentile, each nine as broad as the one before. Response counts from the time a join was due, service from when it was sent."
    );
    let words = Framed { finding: &percentiles_finding(&timed, OpKind::Join), caption: &caption };
    scenes.push(("percentiles.png", framed(document, &words, grid(panels, 5, 20.0, "Latency by percentile"))));
    let chosen = document.choice.take.first().map(String::as_str);
    let shown = timed.iter().find(|cell| Some(cell.queue.as_str()) == chosen).or(timed.first());
    if let Some(cell) = shown.filter(|cell| cell.series.is_some()) {
        let caption = format!("{} in {scenario}: response times stand where their joins were due.", cell.queue);
        let words = Framed { finding: &timeline_finding(cell), caption: &caption };
        scenes.push(("timeline.png", framed(document, &words, timeline(cell, 1080.0))));
    }
    if let Some(sweep) = sweep {
        let panels = GROWING.into_iter().map(|op| growth_panel(sweep, op, (240.0, 190.0))).collect();
        let caption = "Median time of one client against how many wait; both axes are logarithmic, so what is constant is level and what grows with the line climbs.";
        let words = Framed { finding: &growth_finding(sweep), caption };
        scenes.push(("cost.png", framed(document, &words, grid(panels, 3, 16.0, "Cost against depth"))));
        return scenes;
    }
    let caption = format!("{scenario}, all operations of the load together; server time by INFO commandstats.");
    let words = Framed { finding: &cost_finding(&timed), caption: &caption };
    scenes.push(("cost.png", framed(document, &words, cost(&timed))));
    scenes
}

/// The picture of the demonstration of what float64 loses.
///
/// # Errors
/// When it cannot be drawn.
pub fn precision_picture(document: &precision::Document) -> Result<Vec<u8>, PictureError> {
    let of = format!("ts {} ({})", document.ts.ms, document.ts.utc.as_deref().unwrap_or_default());
    let words = Framed { finding: &document.sentence, caption: PRECISION_CAPTION };
    png(&framed_alone(&words, bits(document), &document.tool, &of))
}

const PRECISION_CAPTION: &str = "The 64 bits of the score that each scheme makes of a clock and a counter: sign, exponent, fraction; behind them what was meant and has no place.";

/// The demonstration for a run in which a design makes one float64 of clock and counter; `None` if none does.
pub(super) fn precision_of(document: &Document) -> Option<precision::Document> {
    let request = precision::Request::of_the_designs();
    let composite = |cell: &Cell| request.schemes.iter().any(|scheme| scheme.name().design() == cell.queue);
    document.cells.iter().any(composite).then(|| precision::Document::new(&request))
}

/// The cells whose line is shown: those of the scenario that admitted most.
pub(super) fn line_cells(document: &Document) -> Option<(&str, Vec<&Cell>)> {
    let admitted = |cell: &&Cell| cell.line.as_ref().map_or(0, |line| line.admitted);
    // The first of those that are equal.
    let most = document.cells.iter().rev().max_by_key(admitted).filter(|cell| admitted(cell) > 0)?;
    Some((&most.scenario, cells_of(document, &most.scenario)))
}

#[cfg(test)]
mod tests {
    use super::super::document::Run;
    use super::super::sample::drawn;
    use super::*;

    #[test]
    fn a_run_has_a_picture_of_everything_that_it_measured_and_a_run_of_nothing_none() {
        let pictures = pictures(&drawn(), None).unwrap();
        let names: Vec<&str> = pictures.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["decision.png", "order.png", "percentiles.png", "timeline.png", "cost.png"]);
        for (name, bytes) in pictures {
            assert!(bytes.starts_with(b"\x89PNG"), "{name}");
        }
        assert!(super::pictures(&Document::new(Run::default(), Vec::new()), None).unwrap().is_empty());
    }

    #[test]
    fn each_picture_carries_its_finding_the_run_and_the_verdict() {
        for (name, scene) in scenes(&drawn(), None) {
            let words: Vec<String> = scene
                .items
                .iter()
                .filter_map(|item| match item {
                    super::super::drawing::Item::Text { text, .. } => Some(text.clone()),
                    _ => None,
                })
                .collect();
            assert!(words.contains(&"✓ PASS".to_owned()), "{name}: {words:?}");
            assert!(words.iter().any(|word| word.contains("run 2026-01-02T03:04:05 · plan ")), "{name}: {words:?}");
        }
    }

    #[test]
    fn no_words_are_cut_off_at_the_edges() {
        use super::super::drawing::{Anchor, Item, width_px};
        for (name, scene) in scenes(&drawn(), None) {
            for item in &scene.items {
                let Item::Text { at: (x, y), text, size, anchor, weight, .. } = item else { continue };
                let width = width_px(text, *size, *weight);
                let left = match anchor {
                    Anchor::Start => *x,
                    Anchor::Middle => x - width / 2.0,
                    Anchor::End => x - width,
                };
                assert!(
                    left >= 0.0 && left + width <= scene.width + 0.5,
                    "{name}: {text} from {left} in {}",
                    scene.width
                );
                assert!(*y - size >= -1.0 && *y <= scene.height, "{name}: {text} at {y}");
            }
        }
    }
}
