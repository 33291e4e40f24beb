//! The operations of a counterexample as bars in lanes, one for each client, over one axis of time.
//!
//! Gaps between operations may be a thousand times as long as the operations. Where true proportions would put two
//! different times into one column, the times are therefore spaced evenly instead, in their order, and the
//! drawing says so: what overlaps and what comes first is what a proof is about.

use super::lines::{visible, wrapped};
use crate::checks::Event;

/// As wide as it gets where nobody knows the width of the terminal.
const WIDTH: u16 = 100;

/// Fewer columns of bars than this show nothing.
const COLUMNS_MIN: usize = 24;

/// So many columns after the last time show that an operation was never answered.
const TAIL: usize = 6;

/// Draws the events below each other; empty where there are none.
pub(super) fn lanes(events: &[Event], width: Option<u16>) -> String {
    let mut order: Vec<&Event> = events.iter().collect();
    // A lane begins where its first operation was sent.
    let first = |client: u32| events.iter().filter(|event| event.client == client).map(|event| event.invoked_ns).min();
    order.sort_by_key(|event| (first(event.client), event.client, event.invoked_ns));
    let label = |event: &Event| format!("client {}", event.client);
    let margin = order.iter().map(|event| label(event).len()).max().unwrap_or(0) + 2;
    let columns = usize::from(width.unwrap_or(WIDTH)).saturating_sub(margin).max(COLUMNS_MIN);
    let Some(axis) = Axis::over(events, columns) else { return String::new() };
    let mut out = axis.ruler(margin);
    let mut lane = None;
    for event in order {
        let name = if lane == Some(event.client) { String::new() } else { label(event) };
        lane = Some(event.client);
        for (row, line) in axis.operation(event).into_iter().enumerate() {
            let name = if row == 0 { name.as_str() } else { "" };
            out.push_str(format!("{name:<margin$}{line}").trim_end());
            out.push('\n');
        }
    }
    if axis.ranks.is_some() {
        let note = "The times are in their order, evenly spaced and not to scale.";
        out.push_str(&wrapped(note, width, 0));
        out.push('\n');
    }
    out
}

/// Times to columns.
struct Axis {
    begin_ns: u64,
    end_ns: u64,
    columns: usize,
    /// The column of the last time.
    last: usize,
    /// Every time there is, ascending, where each takes the place of its rank.
    ranks: Option<Vec<u64>>,
}

impl Axis {
    fn over(events: &[Event], columns: usize) -> Option<Axis> {
        let mut times: Vec<u64> = events.iter().flat_map(|e| [Some(e.invoked_ns), e.returned_ns]).flatten().collect();
        times.sort_unstable();
        times.dedup();
        let (begin_ns, end_ns) = (*times.first()?, *times.last()?);
        let tail = if events.iter().any(|event| event.returned_ns.is_none()) { TAIL } else { 0 };
        let mut axis = Axis { begin_ns, end_ns, columns, last: columns - 1 - tail, ranks: None };
        if times.windows(2).any(|pair| axis.column(pair[0]) == axis.column(pair[1])) {
            axis.ranks = Some(times);
        }
        Some(axis)
    }

    fn column(&self, at_ns: u64) -> usize {
        let last = self.last;
        let (place, of) = match &self.ranks {
            Some(ranks) => (ranks.partition_point(|other| *other < at_ns) as u128, (ranks.len() - 1) as u128),
            None => (u128::from(at_ns - self.begin_ns), u128::from(self.end_ns - self.begin_ns)),
        };
        // No more than `last`, since place is no more than `of`.
        usize::try_from((place * last as u128).checked_div(of).unwrap_or(0)).unwrap_or(last)
    }

    /// First and last time, at their ends of the axis.
    fn ruler(&self, margin: usize) -> String {
        let (begin, end) = (ms(self.begin_ns), ms(self.end_ns));
        let gap = (self.last + 1).saturating_sub(begin.chars().count() + end.chars().count()).max(1);
        format!("{:margin$}{begin}{}{end}\n", "", " ".repeat(gap))
    }

    /// The bar of an operation with its text: beside it where there is room, else below.
    fn operation(&self, event: &Event) -> Vec<String> {
        let from = self.column(event.invoked_ns);
        let until = event.returned_ns.map(|returned_ns| self.column(returned_ns).max(from));
        let bar = match until {
            Some(until) if until == from => "│".to_owned(),
            Some(until) => format!("├{}┤", "─".repeat(until - from - 1)),
            // Nobody knows when it ended, or whether it did.
            None => format!("├{}", "┄".repeat(self.columns - from - 1)),
        };
        let end = until.unwrap_or(self.columns - 1) + 1;
        let when = match event.returned_ns {
            Some(returned_ns) => format!("{} to {}", ms(event.invoked_ns), ms(returned_ns)),
            None => format!("{}, no reply", ms(event.invoked_ns)),
        };
        let text = format!("{} ({when})", visible(&event.text));
        let length = text.chars().count();
        if end + 1 + length <= self.columns {
            return vec![format!("{:from$}{bar} {text}", "")];
        }
        if length < from {
            return vec![format!("{text:>width$} {bar}", width = from - 1)];
        }
        let indent = self.columns.saturating_sub(length).min(from);
        let mut lines = vec![format!("{:from$}{bar}", "")];
        let columns = u16::try_from(self.columns).ok();
        lines.extend(wrapped(&format!("{:indent$}{text}", ""), columns, indent).lines().map(str::to_owned));
        lines
    }
}

/// A time since the run began, exact to the microsecond, as the stories tell it.
fn ms(ns: u64) -> String {
    format!("{}.{:03} ms", ns / 1_000_000, ns % 1_000_000 / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(client: u32, invoked_ns: u64, returned_ns: Option<u64>, text: &str) -> Event {
        Event { record: 0, client, invoked_ns, returned_ns, text: text.to_owned(), commands: Vec::new() }
    }

    fn widest(drawing: &str) -> usize {
        drawing.lines().map(|line| line.chars().count()).max().unwrap_or(0)
    }

    fn sample() -> Vec<Event> {
        vec![
            event(3, 1_000_000, Some(3_000_000), "join u1 t1 → joined"),
            event(10, 2_000_000, Some(4_000_000), "join u1 t2 → joined"),
            event(3, 5_000_000, None, "leave t1 → unknown"),
        ]
    }

    #[test]
    fn a_client_is_a_lane_and_what_overlaps_stands_above_each_other() {
        insta::assert_snapshot!("lanes_100", lanes(&sample(), None));
        insta::assert_snapshot!("lanes_48", lanes(&sample(), Some(48)));
        assert_eq!(lanes(&[], None), "");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 40..200 {
            let drawing = lanes(&sample(), Some(width));
            assert!(widest(&drawing) <= usize::from(width), "{width}:\n{drawing}");
        }
    }

    #[test]
    fn what_came_before_stands_before_however_far_apart_the_rest_is() {
        // A microsecond between two of them, a second to the next.
        let times = [0, 1_000, 2_000, 1_000_000_000, 1_000_001_000, 9_000_000_000];
        let events: Vec<Event> = times.windows(2).map(|pair| event(1, pair[0], Some(pair[1]), "join")).collect();
        let axis = Axis::over(&events, 20).unwrap();
        let columns: Vec<usize> = times.iter().map(|at_ns| axis.column(*at_ns)).collect();
        assert_eq!(columns, [0, 3, 7, 11, 15, 19]);
        assert!(lanes(&events, None).ends_with("The times are in their order, evenly spaced and not to scale.\n"));
        let even = lanes(&sample(), Some(60));
        assert!(!even.contains("scale"), "{even}");
    }

    #[test]
    fn an_operation_of_no_length_and_one_that_is_alone_are_drawn() {
        let drawing = lanes(&[event(1, 5, Some(5), "join")], Some(60));
        assert!(drawing.contains("│ join (0.000 ms to 0.000 ms)"), "{drawing}");
    }
}
