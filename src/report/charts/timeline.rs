//! One axis of time: what was offered and answered, who waited, how long it took, and what went wrong.

use super::super::document::Cell;
use super::super::drawing::{Anchor, Axis, Ink, Mark, Scene, Stroke, Weight, fitting};
use super::numbers::{grouped, ms_text, three, tick_count, tick_time};
use crate::measure::Series;

/// What there is to see, in one sentence.
pub fn timeline_finding(cell: &Cell) -> String {
    let Some(series) = &cell.series else { return format!("{}: no load, so nothing over time.", cell.queue) };
    let most = |column: &[u64]| column.iter().copied().max().unwrap_or(0);
    let per_s = 1e9 / series.every_ns as f64;
    let worst = series.p99_us.iter().flatten().copied().fold(0.0, f64::max);
    let waiting = series.waiting.as_ref().and_then(|waiting| waiting.entries.iter().flatten().max());
    let waited = waiting.map_or_else(String::new, |most| format!("; up to {} waited", grouped(*most)));
    format!(
        "{} was offered up to {} joins/s and answered up to {}; in the worst {} the p99 of its responses was {}{waited}.",
        cell.queue,
        tick_count(most(&series.offered) as f64 * per_s),
        tick_count(most(&series.answered) as f64 * per_s),
        ms_text(series.every_ns as f64 / 1e3),
        ms_text(worst)
    )
}

/// One row of the picture.
struct Row<'a> {
    name: &'a str,
    unit: &'a str,
    height: f64,
    lines: Vec<(&'a str, Vec<Option<f64>>, Stroke)>,
    log: bool,
    label: fn(f64) -> String,
}

/// The picture of one cell.
pub fn timeline(cell: &Cell, width: f64) -> Scene {
    let title = format!("{} on {} over time", cell.scenario, cell.queue);
    let Some(series) = &cell.series else {
        let mut scene = Scene::new(width, 24.0, title, "There was no load.");
        let why = cell.reasons.get("series").map_or("there was no load", String::as_str);
        scene.text((0.0, 16.0), why, 12.0, Anchor::Start, Ink::Muted);
        return scene;
    };
    let rows = rows(series);
    let (left, right) = (56.0, 110.0);
    let events = events(series);
    let height: f64 = rows.iter().map(|row| row.height + 34.0).sum::<f64>() + if events { 40.0 } else { 0.0 } + 30.0;
    let mut scene = Scene::new(width, height, title, timeline_finding(cell));
    let length_s = (series.end_ns - series.begin_ns) as f64 / 1e9;
    let time = Axis::linear((0.0, length_s), (left, width - right));
    let mut y = 0.0;
    for row in &rows {
        y += 20.0;
        draw(&mut scene, row, series, &time, (left, y, width - right - left));
        y += row.height + 14.0;
    }
    if events {
        y += 16.0;
        mishaps(&mut scene, series, &time, (left, y));
        y += 24.0;
    }
    for tick in time.ticks(8, three) {
        scene.text((time.at(tick.value), y + 14.0), format!("{} s", tick.label), 11.0, Anchor::Middle, Ink::Muted);
    }
    scene
}

fn rows(series: &Series) -> Vec<Row<'static>> {
    let per_s = 1e9 / series.every_ns as f64;
    let last = series.offered.len().saturating_sub(1);
    // The last bin may be cut short: its rate is of the time that it has.
    let rate = |column: &[u64]| -> Vec<Option<f64>> {
        let rate = |(bin, count): (usize, &u64)| {
            let span_ns = if bin == last {
                (series.end_ns - series.begin_ns) as f64 - bin as f64 * series.every_ns as f64
            } else {
                series.every_ns as f64
            };
            (span_ns > 0.3 * series.every_ns as f64).then(|| *count as f64 * per_s * series.every_ns as f64 / span_ns)
        };
        column.iter().enumerate().map(rate).collect()
    };
    let mut rows = vec![Row {
        name: "joins",
        unit: "/s",
        height: 90.0,
        lines: vec![
            ("offered", rate(&series.offered), Stroke::dashed(Ink::Second, 1.4)),
            ("answered", rate(&series.answered), Stroke::solid(Ink::Main, 1.6)),
        ],
        log: false,
        label: tick_count,
    }];
    rows.push(Row {
        name: "response time of joins, by when they were due",
        unit: "",
        height: 110.0,
        lines: vec![
            ("p50", series.p50_us.clone(), Stroke::solid(Ink::Main, 1.4)),
            ("p99", series.p99_us.clone(), Stroke::solid(Ink::Third, 1.6)),
        ],
        log: true,
        label: tick_time,
    });
    if let Some(waiting) = &series.waiting {
        let entries = waiting.entries.iter().map(|count| count.map(|count| count as f64)).collect();
        rows.push(Row {
            name: "waiting in line",
            unit: "",
            height: 70.0,
            lines: vec![("waiting", entries, Stroke::solid(Ink::Main, 1.6))],
            log: false,
            label: tick_count,
        });
    }
    if let Some(server) = &series.server {
        rows.push(Row {
            name: "cores used by the server",
            unit: "",
            height: 60.0,
            lines: vec![("server", server.cpu_cores.clone(), Stroke::solid(Ink::Second, 1.6))],
            log: false,
            label: three,
        });
    }
    rows
}

fn draw(scene: &mut Scene, row: &Row<'_>, series: &Series, time: &Axis, (left, top, width): (f64, f64, f64)) {
    let all = || row.lines.iter().flat_map(|(_, column, _)| column).flatten().copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    scene.bold((left, top - 6.0), format!("{}{}", row.name, row.unit), 12.0, Anchor::Start, Ink::Text);
    scene.rect((left, top), (width, row.height), Ink::Panel, 1.0);
    if !low.is_finite() {
        scene.text((left + 8.0, top + 18.0), "not known", 12.0, Anchor::Start, Ink::Muted);
        return;
    }
    let places = (top + row.height - 2.0, top + 6.0);
    let axis = if row.log { Axis::log((low, high), places) } else { Axis::linear((0.0, high.max(1e-3)), places) };
    for tick in axis.ticks(if row.height > 80.0 { 4 } else { 3 }, row.label) {
        let y = axis.at(tick.value);
        scene.line((left, y), (left + width, y), Stroke::solid(Ink::Grid, 1.0));
        scene.text((left - 6.0, y + 4.0), tick.label, 11.0, Anchor::End, Ink::Muted);
    }
    let mut taken: Vec<f64> = Vec::new();
    for (name, column, stroke) in &row.lines {
        let mut end = None;
        for part in runs(column) {
            let points: Vec<(f64, f64)> =
                part.iter().map(|(bin, value)| (time.at(middle_s(series, *bin)), axis.at(*value))).collect();
            end = points.last().copied().or(end);
            match points.as_slice() {
                [only] => scene.dots(vec![*only], 1.2, stroke.ink, Mark::Point),
                _ => scene.path(points, *stroke),
            }
        }
        if let Some((x, y)) = end {
            let mut y = y + 4.0;
            if let Some(near) = taken.iter().find(|near| (**near - y).abs() < 13.0) {
                y = if y >= *near { near + 13.0 } else { near - 13.0 };
            }
            taken.push(y);
            let name = fitting(name, 11.0, Weight::Regular, 100.0);
            scene.text((x + 6.0, y), name, 11.0, Anchor::Start, stroke.ink);
        }
    }
}

/// The middle of a bin, s since the load began.
fn middle_s(series: &Series, bin: usize) -> f64 {
    (bin as f64 + 0.5) * series.every_ns as f64 / 1e9
}

/// Stretches without a gap, each value with its bin.
fn runs(column: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs: Vec<Vec<(usize, f64)>> = Vec::new();
    let mut open = false;
    for (bin, value) in column.iter().enumerate() {
        match value {
            Some(value) => {
                if !open {
                    runs.push(Vec::new());
                }
                if let Some(run) = runs.last_mut() {
                    run.push((bin, *value));
                }
                open = true;
            }
            None => open = false,
        }
    }
    runs
}

/// Whether there is anything to mark.
fn events(series: &Series) -> bool {
    series.swept.iter().chain(&series.faults).any(|count| *count > 0)
}

/// Expiries and faults as marks below.
fn mishaps(scene: &mut Scene, series: &Series, time: &Axis, (left, y): (f64, f64)) {
    for (row, (name, column, ink, mark)) in [
        ("expired, removed by a clean-up", &series.swept, Ink::Open, Mark::Point),
        ("requests without an answer", &series.faults, Ink::Bad, Mark::Cross),
    ]
    .into_iter()
    .enumerate()
    {
        let sum: u64 = column.iter().sum();
        if sum == 0 {
            continue;
        }
        let y = y + row as f64 * 16.0;
        let bins = column.iter().enumerate().filter(|(_, count)| **count > 0);
        scene.dots(bins.map(|(bin, _)| (time.at(middle_s(series, bin)), y - 4.0)).collect(), 2.5, ink, mark);
        let words = format!("{} {name}", grouped(sum));
        let end = time.at(f64::INFINITY);
        scene.text((end + 6.0, y), fitting(&words, 11.0, Weight::Regular, 104.0), 11.0, Anchor::Start, ink);
        scene.line((left, y - 4.0), (end, y - 4.0), Stroke::solid(Ink::Grid, 0.5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_where_nothing_is_known() {
        let column = [Some(1.0), None, None, Some(2.0), Some(3.0), None];
        assert_eq!(runs(&column), [vec![(0, 1.0)], vec![(3, 2.0), (4, 3.0)]]);
        assert!(runs(&[None, None]).is_empty());
    }
}
