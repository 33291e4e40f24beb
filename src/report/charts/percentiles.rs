//! The percentile spectrum on the HDR axis: response and service clock together.

use super::super::document::Cell;
use super::super::drawing::{Anchor, Axis, Ink, Scene, Stroke, Weight, fitting, width_px};
use super::numbers::{grouped, ms_text, tick_time};
use crate::measure::{Clock, Spectrum};
use crate::model::OpKind;

/// The two spectra of an operation.
fn spectra(cell: &Cell, op: OpKind) -> [Option<&Spectrum>; 2] {
    [Clock::Response, Clock::Service]
        .map(|clock| cell.spectra.iter().find(|spectrum| spectrum.op == op && spectrum.clock == clock))
}

/// What the pictures say together: who was quickest where one in a hundred is slower.
pub fn percentiles_finding(cells: &[&Cell], op: OpKind) -> String {
    let p99 = |cell: &Cell| {
        let response = cell
            .latency
            .iter()
            .find(|row| row.op == op && row.clock == Clock::Response && row.phase == crate::model::Phase::Load)?;
        (response.count >= 100).then_some(response.p99_us)
    };
    let mut known: Vec<(&str, f64)> = cells.iter().filter_map(|cell| Some((cell.queue.as_str(), p99(cell)?))).collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    match known.as_slice() {
        [] => format!("No design answered a hundred {}s under load.", op.name()),
        [(only, us)] => format!("99 % of {}s were answered within {} by {only}.", op.name(), ms_text(*us)),
        [(quickest, quick_us), .., (slowest, slow_us)] => format!(
            "99 % of {}s were answered within {} by {quickest}, within {} by {slowest}.",
            op.name(),
            ms_text(*quick_us),
            ms_text(*slow_us)
        ),
    }
}

/// The range of times that a row of panels has in common, µs.
pub fn range(cells: &[&Cell], op: OpKind) -> (f64, f64) {
    let all = || cells.iter().flat_map(|cell| spectra(cell, op)).flatten().flat_map(|spectrum| &spectrum.us);
    let low = all().copied().fold(f64::INFINITY, f64::min);
    let high = all().copied().fold(0.0, f64::max);
    if low.is_finite() && high > 0.0 { (low.max(1.0), high.max(2.0)) } else { (1.0, 10.0) }
}

/// One design; `among` are those whose panels stand beside it, on the same axis.
pub fn percentiles_panel(cell: &Cell, op: OpKind, among: &[&Cell], (width, height): (f64, f64)) -> Scene {
    let (top, left, bottom, right) = (24.0, 52.0, 34.0, 10.0);
    let title = format!("Latency of {}s with {}", op.name(), cell.queue);
    let mut scene = Scene::new(left + width + right, top + height + bottom, title, "");
    scene.bold((left, 14.0), fitting(&cell.queue, 14.0, Weight::Bold, width), 14.0, Anchor::Start, Ink::Text);
    scene.rect((left, top), (width, height), Ink::Panel, 1.0);
    let [response, service] = spectra(cell, op);
    let Some(first) = response.or(service) else {
        let why = format!("no {} was answered under load", op.name());
        scene.text(
            (left + 8.0, top + 20.0),
            fitting(&why, 12.0, Weight::Regular, width - 16.0),
            12.0,
            Anchor::Start,
            Ink::Muted,
        );
        scene.description = format!("{}: {why}.", cell.queue);
        return scene;
    };
    let times = Axis::log(range(among, op), (top + height - 4.0, top + 18.0));
    let shares = Axis::percentile(99.99, (left, left + width));
    for tick in times.ticks(5, tick_time) {
        let y = times.at(tick.value);
        scene.line((left, y), (left + width, y), Stroke::solid(Ink::Grid, 1.0));
        scene.text((left - 6.0, y + 4.0), tick.label, 11.0, Anchor::End, Ink::Muted);
    }
    // From the end, where it matters; what has no room is left out.
    let mut free = scene.width;
    for tick in shares.ticks(5, |percentile| format!("{percentile}")).into_iter().rev() {
        let x = shares.at(tick.value);
        scene.line((x, top), (x, top + height), Stroke::solid(Ink::Grid, 1.0));
        let half = width_px(&tick.label, 11.0, Weight::Regular) / 2.0;
        let middle = x.min(scene.width - half);
        if middle + half <= free {
            scene.text((middle, top + height + 15.0), tick.label, 11.0, Anchor::Middle, Ink::Muted);
            free = middle - half - 5.0;
        }
    }
    limits(&mut scene, cell, op, &times, (left, width));
    let mut told = Vec::new();
    for (spectrum, name, stroke) in
        [(service, "service", Stroke::dashed(Ink::Second, 1.6)), (response, "response", Stroke::solid(Ink::Main, 1.8))]
    {
        let Some(spectrum) = spectrum else { continue };
        let points = spectrum.percentile.iter().zip(&spectrum.us);
        scene.path(points.map(|(percentile, us)| (shares.at(*percentile), times.at(*us))).collect(), stroke);
        let last = spectrum.us.last().copied().unwrap_or_default();
        told.push(format!("{name} up to {}", ms_text(last)));
    }
    labels(&mut scene, [response, service], &times, left + width);
    let n = format!("n = {}, percentile →", grouped(first.count));
    scene.text((left, top + height + 30.0), n, 11.0, Anchor::Start, Ink::Muted);
    scene.description = format!("{}, {} {}s: {}.", cell.queue, grouped(first.count), op.name(), told.join(", "));
    scene
}

/// Names the two lines at their ends, where they are furthest apart: response is never below service.
fn labels(scene: &mut Scene, spectra: [Option<&Spectrum>; 2], times: &Axis, right: f64) {
    let end = |spectrum: Option<&Spectrum>| spectrum.and_then(|spectrum| spectrum.us.last()).map(|us| times.at(*us));
    let [response, service] = spectra.map(end);
    if let Some(y) = response {
        scene.text((right - 4.0, y - 7.0), "response", 11.0, Anchor::End, Ink::Main);
    }
    if let Some(y) = service {
        scene.text((right - 4.0, y.max(response.unwrap_or(y)) + 15.0), "service", 11.0, Anchor::End, Ink::Second);
    }
}

/// The limits on this operation, each as a line with its words.
fn limits(scene: &mut Scene, cell: &Cell, op: OpKind, times: &Axis, (left, width): (f64, f64)) {
    for limit in cell.limits.iter().filter(|limit| limit.op == op) {
        let y = times.at(limit.max_us);
        let ink = if limit.kept == Some(true) { Ink::Good } else { Ink::Bad };
        scene.line((left, y), (left + width, y), Stroke::dashed(ink, 1.2));
        let words = format!("{} ≤ {}", limit.percentile.name(), ms_text(limit.max_us));
        scene.text((left + 6.0, y - 5.0), words, 11.0, Anchor::Start, ink);
    }
}
