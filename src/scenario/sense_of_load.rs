//! Whether the load of a scenario makes sense: exactly one, not empty and not too large.

use super::problem::Found;
use super::profile::BURSTS_MAX;
use super::raw::RawScenario;
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
        ("[load.replay]", load.replay.is_absent(), load.replay.span()),
        ("[load.closed]", load.closed.is_absent(), load.closed.span()),
        ("[load.flood]", load.flood.is_absent(), load.flood.span()),
        ("[load.schedule]", load.schedule.is_absent(), load.schedule.span()),
    ];
    let given: Vec<_> = kinds.iter().filter(|(_, absent, _)| !absent).collect();
    match given.as_slice() {
        [] => found.note(
            place.span.clone(),
            "the load is missing",
            "nobody would join",
            "add one of [load.open], [load.replay], [load.closed], [load.flood] and [load.schedule]",
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
    let joins = joins(scenario);
    if joins > JOINS_MAX {
        found.note(
            place.span.clone(),
            "too many joins for one cell",
            format!("about {joins} at scale {}, at most {JOINS_MAX}", scenario.scale),
            match scenario.load {
                Load::Replay(_) => "lower the scale or the tokens of each, or shorten the file",
                _ => "lower the scale, the users, the rate or the duration",
            },
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
    let load = raw.load.value();
    let open = load.and_then(|load| load.open.value()).map(|open| &open.tokens_per_user);
    let replay = load.and_then(|load| load.replay.value()).map(|replay| &replay.tokens_per_user);
    let groups = raw.population.value().map(|groups| groups.entries.as_slice()).unwrap_or_default();
    let fields = open.into_iter().chain(replay).chain(groups.iter().map(|(_, group)| &group.tokens_per_user));
    for tokens in fields.filter_map(|field| field.given()).filter(|tokens| tokens.value.0 > 1) {
        found.note(
            tokens.place.span.clone(),
            "several tokens per user, but a user may hold only one",
            "with dedupe = \"user\" every token after the first is a duplicate",
            "write dedupe = \"request\" at the top, or one token per user and [repeat] for double clicks",
        );
    }
}

/// About how many joins the load plans, without repeats.
fn joins(scenario: &Scenario) -> u64 {
    match &scenario.load {
        // Too many bursts are a problem of their own, and adding them up would take too long.
        Load::Open(open) if open.bursts() > BURSTS_MAX => 0,
        Load::Open(open) => (open.expected_arrivals() as u64).saturating_mul(open.tokens_per_user.into()),
        Load::Replay(replay) => replay.arrivals().saturating_mul(replay.tokens_per_user.into()),
        Load::Closed(closed) => closed
            .groups
            .iter()
            .fold(0, |sum, group| group.users.saturating_mul(group.tokens_per_user.into()).saturating_add(sum)),
        Load::Flood(flood) => u64::from(flood.joins) * u64::from(flood.rounds),
        Load::Schedule(_) => 0,
    }
}
