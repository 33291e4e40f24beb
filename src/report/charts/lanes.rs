//! A counterexample, drawn as lanes: clients down, time across, operations as bars.
//!
//! Between a join and the admission that proves it wrong there may be seconds, and within each only microseconds. So time is
//! not drawn to scale: every moment at which something began or ended keeps its order, and the way between two of them grows
//! with the logarithm of the time. The times stand below.

use super::super::drawing::{Anchor, Ink, Scene, Stroke, Weight, fitting, width_px};
use super::numbers::ms_text;
use crate::checks::{Counterexample, Event};

const LEFT: f64 = 78.0;
const LANE: f64 = 46.0;
const TOP: f64 = 26.0;
const RIGHT: f64 = 24.0;

/// The picture, or nothing where the counterexample has no operations to draw.
pub fn lanes(counterexample: &Counterexample, about_order: bool, width: f64, id: &str) -> Option<Scene> {
    let events = &counterexample.events;
    let begin_ns = events.iter().map(|event| event.invoked_ns).min()?;
    let mut clients: Vec<u32> = events.iter().map(|event| event.client).collect();
    clients.sort_unstable();
    clients.dedup();
    // Operations of one client that overlap on the picture would cover each other: each goes to a row of its own.
    let rows = rows_of(events, &clients);
    let lanes = rows.iter().map(|(_, row)| row + 1).max().unwrap_or(1);
    let moments = Moments::of(events, (LEFT, width - RIGHT));
    let height = TOP + lanes as f64 * LANE + 40.0;
    let mut scene = Scene::new(width, height, format!("Violation {id}"), counterexample.story.clone());
    for (client, first, count) in client_rows(&rows, events, &clients) {
        let (y, tall) = (TOP + first as f64 * LANE, count as f64 * LANE);
        scene.rect((LEFT - 6.0, y + 2.0), (width - LEFT - RIGHT + 12.0, tall - 4.0), Ink::Panel, 1.0);
        scene.text((LEFT - 14.0, y + tall / 2.0 + 4.0), format!("client {client}"), 11.0, Anchor::End, Ink::Muted);
    }
    for (event, (_, row)) in events.iter().zip(&rows) {
        operation(&mut scene, event, TOP + *row as f64 * LANE, &moments, width);
    }
    margin(&mut scene, counterexample, &rows, &moments);
    if about_order {
        overtaken(&mut scene, events, &rows, &moments);
    }
    let axis = TOP + lanes as f64 * LANE + 14.0;
    let mut free = 0.0;
    for (at_ns, x) in &moments.places {
        scene.line((*x, TOP - 4.0), (*x, axis - 10.0), Stroke::dashed(Ink::Grid, 1.0));
        let words = format!("+{}", ms_text((at_ns - begin_ns) as f64 / 1e3));
        let half = width_px(&words, 11.0, Weight::Regular) / 2.0;
        if x - half >= free && x + half <= width {
            scene.text((*x, axis + 2.0), words, 11.0, Anchor::Middle, Ink::Muted);
            free = x + half + 8.0;
        }
    }
    let words = format!("since {} of the run; not to scale", ms_text(begin_ns as f64 / 1e3));
    scene.text((LEFT, axis + 20.0), words, 11.0, Anchor::Start, Ink::Muted);
    Some(scene)
}

/// For each event its client's index and its row.
fn rows_of(events: &[Event], clients: &[u32]) -> Vec<(usize, usize)> {
    let mut rows = vec![(0, 0); events.len()];
    let mut next = 0;
    for (index, client) in clients.iter().enumerate() {
        for (place, event) in events.iter().enumerate() {
            if event.client == *client {
                rows[place] = (index, next);
                next += 1;
            }
        }
    }
    rows
}

/// Each client with its first row and how many it has.
fn client_rows(rows: &[(usize, usize)], events: &[Event], clients: &[u32]) -> Vec<(u32, usize, usize)> {
    let of = |client: u32| rows.iter().zip(events).filter(move |(_, event)| event.client == client);
    clients
        .iter()
        .map(|client| {
            let first = of(*client).map(|((_, row), _)| *row).min().unwrap_or(0);
            (*client, first, of(*client).count())
        })
        .collect()
}

/// One bar with its words.
fn operation(scene: &mut Scene, event: &Event, y: f64, moments: &Moments, width: f64) {
    let from = moments.at(event.invoked_ns);
    let to = event.returned_ns.map_or(width - RIGHT, |returned_ns| moments.at(returned_ns)).max(from + 3.0);
    let ink = if event.returned_ns.is_some() { Ink::Main } else { Ink::Open };
    scene.rect((from, y + 24.0), (to - from, 12.0), ink, 1.0);
    if event.returned_ns.is_none() {
        scene.text((to, y + 20.0), "no answer", 11.0, Anchor::End, Ink::Open);
    }
    let room = width - RIGHT - LEFT;
    let text = fitting(&event.text, 12.0, Weight::Regular, room);
    let words = width_px(&text, 12.0, Weight::Regular);
    let x = from.min(width - RIGHT - words).max(LEFT);
    scene.text((x, y + 18.0), text, 12.0, Anchor::Start, Ink::Text);
}

/// The gap that proves it: from one answer to a request that was sent so much later.
fn margin(scene: &mut Scene, counterexample: &Counterexample, rows: &[(usize, usize)], moments: &Moments) {
    let events = &counterexample.events;
    let Some(margin_ns) = counterexample.margin_ns.filter(|margin_ns| *margin_ns > 0) else { return };
    let pairs = events
        .iter()
        .enumerate()
        .flat_map(|(a, one)| events.iter().enumerate().map(move |(b, other)| (a, one, b, other)));
    let gap = pairs
        .filter_map(|(a, one, b, other)| Some((a, one.returned_ns?, b, other.invoked_ns)))
        .find(|(_, returned_ns, _, invoked_ns)| invoked_ns.checked_sub(*returned_ns) == Some(margin_ns));
    let Some((a, returned_ns, b, invoked_ns)) = gap else { return };
    let y = |index: usize| TOP + rows[index].1 as f64 * LANE + 30.0;
    let ends = [(moments.at(returned_ns), y(a)), (moments.at(invoked_ns), y(b))];
    arrow(scene, ends, &format!("certainly before, by {}", ms_text(margin_ns as f64 / 1e3)));
}

/// Two admissions one after the other, which let in second who came first: that is where it was overtaken.
fn overtaken(scene: &mut Scene, events: &[Event], rows: &[(usize, usize)], moments: &Moments) {
    let mut admissions: Vec<(usize, &Event)> =
        events.iter().enumerate().filter(|(_, event)| event.text.starts_with("admit ")).collect();
    admissions.sort_by_key(|(_, event)| event.invoked_ns);
    let [(a, first), (b, second)] = admissions.as_slice() else { return };
    let Some(returned_ns) = first.returned_ns.filter(|returned_ns| *returned_ns <= second.invoked_ns) else { return };
    let y = |index: usize| TOP + rows[index].1 as f64 * LANE + 30.0;
    arrow(scene, [(moments.at(returned_ns), y(*a)), (moments.at(second.invoked_ns), y(*b))], "overtaken here");
}

/// An arrow, with its words at the top.
fn arrow(scene: &mut Scene, [from, to]: [(f64, f64); 2], words: &str) {
    scene.path(vec![from, to], Stroke::solid(Ink::Bad, 1.6));
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let wing = |side: f64| (to.0 - 9.0 * ux + side * 4.5 * uy, to.1 - 9.0 * uy - side * 4.5 * ux);
    scene.area(vec![to, wing(1.0), wing(-1.0)], Ink::Bad, 1.0);
    let half = width_px(words, 12.0, Weight::Bold) / 2.0;
    let x = f64::midpoint(from.0, to.0).clamp(LEFT + half, scene.width - RIGHT - half);
    scene.bold((x, 14.0), words, 12.0, Anchor::Middle, Ink::Bad);
}

/// Moments in order, and their places.
struct Moments {
    places: Vec<(u64, f64)>,
}

impl Moments {
    fn of(events: &[Event], (left, right): (f64, f64)) -> Moments {
        let mut at_ns: Vec<u64> =
            events.iter().flat_map(|event| [Some(event.invoked_ns), event.returned_ns]).flatten().collect();
        at_ns.sort_unstable();
        at_ns.dedup();
        let ways: Vec<f64> = at_ns.windows(2).map(|pair| ((pair[1] - pair[0]) as f64 / 1e3).ln_1p() + 1.0).collect();
        let whole: f64 = ways.iter().sum::<f64>().max(1.0);
        let mut places = Vec::with_capacity(at_ns.len());
        let mut x = left;
        for (index, at_ns) in at_ns.into_iter().enumerate() {
            places.push((at_ns, x));
            x += ways.get(index).map_or(0.0, |way| way / whole * (right - left));
        }
        Moments { places }
    }

    fn at(&self, at_ns: u64) -> f64 {
        let place = self.places.partition_point(|(moment_ns, _)| *moment_ns < at_ns);
        self.places.get(place).or(self.places.last()).map_or(LEFT, |(_, x)| *x)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::drawing::Item;
    use super::*;

    fn event(client: u32, invoked_ns: u64, returned_ns: Option<u64>) -> Event {
        Event {
            record: 0,
            client,
            invoked_ns,
            returned_ns,
            text: format!("join of client {client}"),
            commands: Vec::new(),
        }
    }

    fn words(scene: &Scene) -> Vec<String> {
        let texts = scene.items.iter().filter_map(|item| match item {
            Item::Text { text, .. } => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn every_operation_has_its_words_and_the_gap_that_proves_it_an_arrow() {
        let events = vec![event(7, 1_000, Some(2_000)), event(9, 5_000, Some(9_000)), event(7, 2_000_000_000, None)];
        let counterexample = Counterexample { story: "told".to_owned(), events, margin_ns: Some(3_000) };
        let scene = lanes(&counterexample, false, 800.0, "1").unwrap();
        let words = words(&scene);
        for expected in [
            "join of client 7",
            "join of client 9",
            "client 7",
            "client 9",
            "certainly before, by 3 µs",
            "no answer",
            "+0 ns",
        ] {
            assert!(words.iter().any(|word| word == expected), "{expected}: {words:?}");
        }
        let none = Counterexample { story: String::new(), events: Vec::new(), margin_ns: None };
        assert!(lanes(&none, true, 800.0, "1").is_none());
    }

    #[test]
    fn where_someone_was_overtaken_is_marked_between_the_two_admissions() {
        let admit = |client, invoked_ns, returned_ns| Event {
            text: "admit 1 → t1".to_owned(),
            ..event(client, invoked_ns, Some(returned_ns))
        };
        let marked = |first_returned_ns, about_order| {
            let events = vec![event(1, 0, Some(5)), admit(2, 10, first_returned_ns), admit(3, 30, 40)];
            let counterexample = Counterexample { story: String::new(), events, margin_ns: None };
            words(&lanes(&counterexample, about_order, 800.0, "1").unwrap()).contains(&"overtaken here".to_owned())
        };
        assert!(marked(20, true));
        assert!(!marked(35, true), "admissions that overlap have no order");
        assert!(!marked(20, false), "other promises are not about order");
    }

    #[test]
    fn moments_keep_their_order_however_far_apart_they_are() {
        let events = [event(1, 0, Some(1)), event(2, 500, Some(3_600_000_000_000)), event(3, 501, Some(502))];
        let moments = Moments::of(&events, (100.0, 700.0));
        assert!(moments.places.is_sorted_by(|a, b| a.0 < b.0 && a.1 + 5.0 < b.1), "{:?}", moments.places);
        assert!((moments.places.last().unwrap().1 - 700.0).abs() < 1e-6);
    }
}
