//! Whether the parts of a scenario make sense together: every promise has something that examines it,
//! every limit and fault something that it acts on. A scenario that would be green because nothing
//! happened is a problem of the file, found before anything is started.

use std::time::Duration;

use super::name::{Named, suggestion};
use super::problem::Found;
use super::raw::{RawOpen, RawScenario};
use super::resolved::{Load, Scenario};
use super::toml_table::At;
use crate::model::{Dedupe, OpKind, Promise};

/// Joins of one cell: more would not fit the memory of the machines this is for.
pub(super) const JOINS_MAX: u64 = 10_000_000;

/// Notes what does not fit together.
pub(super) fn examine(raw: &RawScenario, scenario: &Scenario, known: &[&str], found: &mut Found) {
    load(raw, scenario, found);
    designs(raw, known, found);
    lifetimes(raw, scenario, found);
    promises(raw, scenario, found);
    nobody_does(raw, found);
    expectations(raw, scenario, known, found);
}

fn load(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
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
    if scenario.dedupe != Dedupe::User || matches!(raw.dedupe, super::toml_table::Field::Broken) {
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
        if resolved.from_per_s > resolved.rate_per_s {
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

fn designs(raw: &RawScenario, known: &[&str], found: &mut Found) {
    for design in raw.designs.value().map(|designs| designs.0.as_slice()).unwrap_or_default() {
        unknown_design(design.value.0.as_str(), design.place.span.clone(), known, found);
    }
}

fn unknown_design(name: &str, span: Option<std::ops::Range<usize>>, known: &[&str], found: &mut Found) -> bool {
    let unknown = !known.contains(&name);
    if unknown {
        found.note(span, format!("unknown design `{name}`"), "", suggestion(name, "design", known));
    }
    unknown
}

fn lifetimes(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
    if !raw.ttl.is_absent() && !raw.cleanup.is_absent() {
        found.note(
            raw.cleanup.span().or(raw.ttl.span()),
            "[ttl] and [cleanup] are both given",
            "it could not be told which of them removed an entry",
            "keep one; put the other into a file of its own",
        );
    }
    if !raw.renew.is_absent() && raw.ttl.is_absent() {
        let why = "there is no time to live to renew";
        found.note(raw.renew.span(), "[renew] without [ttl]", why, "add [ttl], or remove [renew]");
    }
    let goes = [raw.leave.is_absent(), raw.ttl.is_absent(), raw.cleanup.is_absent(), raw.admit.is_absent()];
    if !raw.rejoin.is_absent() && goes.into_iter().all(|absent| absent) {
        found.note(
            raw.rejoin.span(),
            "[rejoin] without anybody who went",
            "nobody leaves, expires or is admitted before",
            "add [leave], [ttl], [cleanup] or [admit]; for a double click while waiting use [repeat]",
        );
    }
    // What should expire must have the time to: the first entry is due at the latest after so long.
    let due = match (scenario.ttl, scenario.cleanup) {
        (Some(ttl), None) => ttl.after + ttl.sweep_every + ttl.tolerance,
        (None, Some(cleanup)) => cleanup.older_than + cleanup.every + cleanup.tolerance,
        _ => return,
    };
    let load = match &scenario.load {
        Load::Open(open) => open.duration,
        Load::Closed(_) | Load::Flood(_) => Duration::ZERO,
    };
    if scenario.promises.contains(&Promise::Expiry) && load + scenario.settle < due {
        found.note(
            raw.settle.span().or(raw.ttl.span()).or(raw.cleanup.span()),
            "the settle is too short for anything to expire",
            format!("the first entry may be removed as late as {due:?} after its join"),
            format!("write settle = \"{:?}\" or more at the top, so that the drain comes after that", due - load),
        );
    }
}

fn promises(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
    let Some(check) = raw.promises.value().and_then(|promises| promises.check.value()) else { return };
    for promise in &check.0 {
        if let Some((why, fix)) = unexamined(promise.value.0, raw, scenario) {
            let what = format!("nothing would examine `{}`", promise.value.0.text());
            found.note(promise.place.span.clone(), what, why, fix);
        }
    }
}

/// Why nothing would examine a promise, and what to add; `None` if something does.
fn unexamined(promise: Promise, raw: &RawScenario, scenario: &Scenario) -> Option<(&'static str, &'static str)> {
    let missing = |missing: bool, why, fix| missing.then_some((why, fix));
    match promise {
        Promise::Position => {
            missing(raw.poll.is_absent(), "nobody asks for a position", "add [poll], or remove the promise")
        }
        Promise::Expiry => missing(
            raw.ttl.is_absent() && raw.cleanup.is_absent(),
            "nothing expires",
            "add [ttl] or [cleanup], or remove the promise",
        ),
        Promise::Capacity => missing(
            raw.admit.is_absent() || raw.admit.value().is_some_and(|admit| admit.capacity.is_absent()),
            "nothing limits how many are let in",
            "add [admit] with `capacity`, or remove the promise",
        ),
        Promise::PerUserFifo => missing(
            one_token_each(raw, scenario),
            "nobody holds two tokens whose order could be wrong",
            "write dedupe = \"request\" and `tokens-per-user` above 1, or remove the promise",
        ),
        Promise::Idempotence => {
            let dropped = raw.faults.value().and_then(|faults| faults.drop_reply.value());
            let ops = dropped.and_then(|drop| drop.ops.value());
            let retried =
                ops.is_none_or(|ops| ops.0.iter().any(|op| matches!(op.value.0, OpKind::Join | OpKind::Admit)));
            let drops = !raw.faults.is_absent()
                && raw.faults.value().is_none_or(|faults| !faults.drop_reply.is_absent())
                && retried
                && scenario.attempts > 1;
            missing(
                raw.repeat.is_absent() && !drops,
                "no join or admission is ever repeated",
                "add [repeat], or [faults.drop-reply] with \"join\" or \"admit\" and attempts above 1",
            )
        }
        Promise::NoDuplicates | Promise::GlobalFifo | Promise::NoLoss | Promise::NoPhantoms => None,
    }
}

fn one_token_each(raw: &RawScenario, scenario: &Scenario) -> bool {
    match &scenario.load {
        _ if raw.load.value().is_none() => false,
        Load::Open(open) => open.tokens_per_user == 1,
        Load::Closed(closed) => closed.groups.iter().all(|group| group.tokens_per_user == 1),
        Load::Flood(_) => true,
    }
}

/// Limits and faults of operations that nobody carries out.
fn nobody_does(raw: &RawScenario, found: &mut Found) {
    let limits = raw.limits.value().map(|limits| limits.entries.as_slice()).unwrap_or_default();
    let limits = limits.iter().map(|(op, _)| (op.value, op, "a limit"));
    let dropped = raw.faults.value().and_then(|faults| faults.drop_reply.value()).and_then(|drop| drop.ops.value());
    for (op, span, subject) in limits.map(|(op, at, subject)| (op, at.place.span.clone(), subject)).chain(
        dropped.into_iter().flat_map(|ops| ops.0.iter().map(|op| (op.value.0, op.place.span.clone(), "a fault"))),
    ) {
        let missing = match op {
            OpKind::Join => None,
            OpKind::Position => raw.poll.is_absent().then_some("[poll]"),
            OpKind::Admit => raw.admit.is_absent().then_some("[admit]"),
            OpKind::Leave => raw.leave.is_absent().then_some("[leave]"),
            OpKind::Renew => raw.renew.is_absent().then_some("[renew]"),
            OpKind::Entries => raw.entries.is_absent().then_some("[entries]"),
            OpKind::Sweep => (raw.ttl.is_absent() && raw.cleanup.is_absent()).then_some("[ttl] or [cleanup]"),
            OpKind::Stats => raw.stats_every.is_absent().then_some("`stats-every`"),
        };
        if let Some(missing) = missing {
            let what = format!("{subject} on `{}`, which nobody does", op.name());
            found.note(span, what, format!("there is no {missing}"), format!("add {missing}, or remove this"));
        }
    }
}

fn expectations(raw: &RawScenario, scenario: &Scenario, known: &[&str], found: &mut Found) {
    let designs = raw.expect.value().map(|expect| expect.entries.as_slice()).unwrap_or_default();
    // With a broken list, what is checked or run is not known.
    let checked = raw.promises.value().is_some_and(|promises| promises.check.given().is_some());
    let listed = raw.designs.is_absent() || raw.designs.given().is_some();
    for (design, expected) in designs {
        let name = design.value.0.as_str();
        if !unknown_design(name, design.place.span.clone(), known, found)
            && listed
            && !scenario.designs.iter().any(|run| run == name)
        {
            let what = format!("an expectation of `{name}`, which is not run");
            found.note(
                design.place.span.clone(),
                what,
                "`designs` does not name it",
                "add it to `designs`, or remove this",
            );
        }
        for (promise, _) in
            expected.entries.iter().filter(|(promise, _)| checked && !scenario.promises.contains(&promise.value))
        {
            found.note(
                promise.place.span.clone(),
                format!("an expectation of `{}`, which is not checked", promise.value.name()),
                "`promises.check` does not name it",
                "add it to `promises.check`, or remove this",
            );
        }
    }
}
