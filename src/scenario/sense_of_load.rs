//! Whether the load of a scenario makes sense: exactly one, not empty, not too large, and nothing planned
//! for after its end.

use super::problem::Found;
use super::raw::{RawOpen, RawScenario};
use super::resolved::{Load, Scenario};
use super::toml_table::At;
use crate::model::Dedupe;

/// Joins of one cell: more would not fit the memory of the machines this is for.
const JOINS_MAX: u64 = 10_000_000;

/// Notes what is wrong with who joins, and when.
pub(super) fn load(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
    let Some(At { value: load, place }) = raw.load.given() else { return };
    let kinds = [
        ("[load.open]", load.open.is_absent(), load.open.span()),
        ("[load.closed]", load.closed.is_absent(), load.closed.span()),
        ("[load.flood]", load.flood.is_absent(), load.flood.span()),
    ];
    let given: Vec<_> = kinds.iter().filter(|(_, absent, _)| !absent).collect();
    match given.as_slice() {
        [] => found.note(
            place.span.clone(),
            "the load is missing",
            "nobody would join",
            "add one of [load.open], [load.closed] and [load.flood]",
        ),
        [_] => {}
        [(first, ..), others @ ..] => {
            for (other, _, span) in others {
                let what = format!("{other} and {first} are both given");
                found.note(
                    span.clone(),
                    what,
                    "a scenario has one load",
                    "keep one; put the other into a file of its own",
                );
            }
        }
    }
    population(raw, found);
    tokens(raw, scenario, found);
    if let Some(At { value: open, .. }) = load.open.given() {
        times_of_open(raw, open, scenario, found);
    }
    let joins = joins(scenario);
    if joins > JOINS_MAX {
        found.note(
            place.span.clone(),
            "too many joins for one cell",
            format!("about {joins} at scale {}, at most {JOINS_MAX}", scenario.scale),
            "lower the scale, the users, the rate or the duration",
        );
    }
}

fn population(raw: &RawScenario, found: &mut Found) {
    let Some(load) = raw.load.value() else { return };
    match raw.population.given() {
        Some(population) if load.closed.is_absent() => found.note(
            population.place.span.clone(),
            "[population] without [load.closed]",
            "only a closed load deals its users out by group",
            "remove [population], or use [load.closed]",
        ),
        Some(population) if population.value.is_empty => found.note(
            population.place.span.clone(),
            "[population] is empty",
            "nobody would join",
            "add a group: [population.buyers] with `users = 100`",
        ),
        None if raw.population.is_absent() && !load.closed.is_absent() => found.note(
            load.closed.span(),
            "[load.closed] without [population]",
            "nobody would join",
            "add a group: [population.buyers] with `users = 100`",
        ),
        _ => {}
    }
}

fn tokens(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
    if scenario.dedupe != Dedupe::User || raw.dedupe.is_broken() {
        return;
    }
    let open = raw.load.value().and_then(|load| load.open.value()).map(|open| &open.tokens_per_user);
    let groups = raw.population.value().map(|groups| groups.entries.as_slice()).unwrap_or_default();
    let fields = open.into_iter().chain(groups.iter().map(|(_, group)| &group.tokens_per_user));
    for tokens in fields.filter_map(|field| field.given()).filter(|tokens| tokens.value.0 > 1) {
        found.note(
            tokens.place.span.clone(),
            "several tokens per user, but a user may hold only one",
            "with dedupe = \"user\" every token after the first is a duplicate",
            "write dedupe = \"request\" at the top, or one token per user and [repeat] for double clicks",
        );
    }
}

fn times_of_open(raw: &RawScenario, open: &RawOpen, scenario: &Scenario, found: &mut Found) {
    let Load::Open(resolved) = &scenario.load else { return };
    let Some(duration) = open.duration.value().map(|duration| duration.0) else { return };
    if let Some(ramp) = open.ramp.value() {
        if resolved.from_per_s > resolved.rate_per_s && !open.rate.is_broken() {
            let why = "a ramp climbs from its start to `rate`";
            found.note(ramp.from.span(), "the ramp starts above the peak rate", why, "lower `from`, or raise `rate`");
        }
        if resolved.ramp > duration {
            let why = format!("joins arrive for {duration:?} only, so the peak is never reached");
            found.note(
                ramp.over.span(),
                "the ramp is longer than the load",
                why,
                "shorten `over`, or raise `duration`",
            );
        }
    }
    let starts = [
        raw.admit.value().and_then(|admit| admit.start.given()),
        raw.faults.value().and_then(|faults| faults.script_flush.value()).and_then(|flush| flush.at.given()),
    ];
    for start in starts.into_iter().flatten().filter(|start| start.value.0 >= duration) {
        found.note(
            start.place.span.clone(),
            format!("`{}` lies after the load", start.place.path),
            format!("joins arrive for {duration:?} only"),
            "choose an earlier time, or raise `load.open.duration`",
        );
    }
}

/// About how many joins the load plans, without repeats.
fn joins(scenario: &Scenario) -> u64 {
    match &scenario.load {
        Load::Open(open) => {
            let climb_s = open.ramp.min(open.duration).as_secs_f64();
            let mean_of_climb_per_s = f64::midpoint(open.from_per_s, open.rate_per_s);
            let peak_s = open.duration.as_secs_f64() - climb_s;
            (climb_s * mean_of_climb_per_s + peak_s * open.rate_per_s) as u64
        }
        Load::Closed(closed) => closed
            .groups
            .iter()
            .fold(0, |sum, group| group.users.saturating_mul(group.tokens_per_user.into()).saturating_add(sum)),
        Load::Flood(flood) => u64::from(flood.joins) * u64::from(flood.rounds),
    }
}
