//! What differs between two sides besides their figures: first what makes it doubtful whether like was compared with
//! like, then what a reader must know to judge.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::report::{Cell, Document};
use crate::verdict::Outcome;

/// Of a target: what has no bearing on figures, or is told elsewhere.
const TARGET_ASIDE: [&str; 2] = ["address", "warnings"];

/// Seeds, plans, targets and versions that are not the same.
pub(super) fn unlike([a, b]: [&Document; 2]) -> Vec<String> {
    let mut found = Vec::new();
    if a.seed != b.seed {
        let seed = |run: &Document| run.seed.map_or_else(|| "none in common".to_owned(), |seed| seed.to_string());
        found.push(format!("seed: {} and {}", seed(a), seed(b)));
    }
    let mut scenarios: Vec<&str> = Vec::new();
    for cell in &a.cells {
        let other = b.cells.iter().find(|other| other.scenario == cell.scenario);
        let differs = other.is_some_and(|other| other.plan_hash != cell.plan_hash);
        if differs && !scenarios.contains(&cell.scenario.as_str()) {
            scenarios.push(&cell.scenario);
        }
    }
    if !scenarios.is_empty() {
        found.push(format!("the plan of {} (another seed, scale or scenario file)", scenarios.join(", ")));
    }
    if a.tool != b.tool {
        found.push(format!("program: {} and {}", a.tool, b.tool));
    }
    found.extend(targets([a.target.as_ref(), b.target.as_ref()]));
    found
}

fn targets(targets: [Option<&Value>; 2]) -> Vec<String> {
    let fields = targets.map(|target| target.and_then(Value::as_object));
    let [Some(a), Some(b)] = fields else {
        return if fields[0].is_none() && fields[1].is_none() {
            Vec::new()
        } else {
            vec!["one of the runs does not say on which server it ran".to_owned()]
        };
    };
    let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "not known".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let differing =
        names.into_iter().filter(|name| !TARGET_ASIDE.contains(&name.as_str()) && a.get(*name) != b.get(*name));
    differing.map(|name| format!("target's {name}: {} and {}", shown(a.get(name)), shown(b.get(name)))).collect()
}

/// What else a reader of two saved runs must know.
pub(super) fn of_runs(runs: [&Document; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    if let [Some(a), Some(b)] = runs.map(|run| run.started.as_deref())
        && a != b
    {
        notes.push(format!("A ran at {a}, B at {b}"));
    }
    for (side, run) in ["A", "B"].into_iter().zip(runs) {
        if let Some(why) = &run.ended_early {
            notes.push(format!("{side} ended early: {why}"));
        }
        for cell in &run.cells {
            let place = format!("{side}, {} on {}", cell.scenario, cell.queue);
            notes.extend(of_cells(&place, std::slice::from_ref(cell)));
        }
    }
    notes
}

/// What must be known of the cells of a side: promises broken or open, answers that stayed out, a generator that was
/// itself the limit. With several cells, in how many.
pub(super) fn of_cells(side: &str, cells: &[Cell]) -> Vec<String> {
    let all = cells.len();
    let mut promises: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for check in cells.iter().flat_map(|cell| &cell.checks).filter(|check| check.outcome != Outcome::Holds) {
        *promises.entry((&check.name, check.outcome == Outcome::Violated)).or_default() += 1;
    }
    let often = |count: usize| if all > 1 { format!(" in {count} of {all} rounds") } else { String::new() };
    let mut notes: Vec<String> = promises
        .into_iter()
        .map(|((name, broken), count)| {
            let what = if broken { "is broken" } else { "could not be decided" };
            format!("{side}: {name} {what}{}", often(count))
        })
        .collect();
    let sum = |of: fn(&Cell) -> u64| cells.iter().map(of).sum::<u64>();
    let (unknown, refused) = (sum(|cell| cell.generator.unknown), sum(|cell| cell.generator.refused));
    if unknown + refused > 0 {
        notes
            .push(format!("{side}: {unknown} operations were never answered, {refused} refused: they have no latency"));
    }
    let mut remarks: BTreeMap<&str, usize> = BTreeMap::new();
    for remark in cells.iter().filter_map(|cell| cell.generator.saturated.as_deref().map(kind_of_saturation)) {
        *remarks.entry(remark).or_default() += 1;
    }
    notes.extend(remarks.into_iter().map(|(remark, count)| format!("{side}: {remark}{}", often(count))));
    notes
}

/// The sentence of the generator's health holds figures of its own; rounds are counted by what it says.
fn kind_of_saturation(remark: &str) -> &str {
    remark.split_once(" (").map_or(remark, |(what, _)| what)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::Run;

    fn run(seed: u64, target: Value) -> Document {
        Document::new(Run { seed: Some(seed), target: Some(target), ..Run::default() }, Vec::new())
    }

    #[test]
    fn seeds_targets_and_versions_are_named_and_addresses_are_not() {
        let a = run(1, json!({"version": "7.0.15", "address": "redis://a", "io_threads": 1, "save": ""}));
        let mut b = run(2, json!({"version": "7.2.4", "address": "redis://b", "io_threads": 1, "save": "60 1"}));
        b.tool = "stanchion 9".to_owned();
        let tool = format!("program: {} and stanchion 9", a.tool);
        let expected = ["seed: 1 and 2", &tool, "target's save: none and 60 1", "target's version: 7.0.15 and 7.2.4"];
        assert_eq!(unlike([&a, &b]), expected);
        assert_eq!(unlike([&a, &a]), Vec::<String>::new());
        let mut silent = a.clone();
        silent.target = None;
        assert_eq!(unlike([&a, &silent]), ["one of the runs does not say on which server it ran"]);
    }
}
