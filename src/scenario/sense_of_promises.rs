//! Whether the promises of a scenario make sense: every promise has something that examines it,
//! every limit and fault something that it acts on. A scenario that would be green because nothing
//! happened is a problem of the file, found before anything is started.

use super::name::{Named, suggestion};
use super::problem::Found;
use super::raw::RawScenario;
use super::resolved::{Load, Scenario};
use crate::model::{OpKind, Promise};

/// Notes promises, limits, faults and expectations that nothing would examine, and unknown designs.
pub(super) fn promises_and_designs(raw: &RawScenario, scenario: &Scenario, known: &[&str], found: &mut Found) {
    designs(raw, known, found);
    promises(raw, scenario, found);
    nobody_does(raw, found);
    expectations(raw, scenario, known, found);
}

fn designs(raw: &RawScenario, known: &[&str], found: &mut Found) {
    for design in raw.designs.value().map(|designs| designs.items.as_slice()).unwrap_or_default() {
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

fn promises(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
    if raw.load.value().is_some_and(|load| !load.schedule.is_absent()) {
        // What happens is not known before the schedule is read; a check that examines nothing says so.
        return;
    }
    let Some(check) = raw.promises.value().and_then(|promises| promises.check.value()) else { return };
    for promise in &check.items {
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
                ops.is_none_or(|ops| ops.items.iter().any(|op| matches!(op.value.0, OpKind::Join | OpKind::Admit)));
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
        Promise::NoDuplicates
        | Promise::GlobalFifo
        | Promise::NoLoss
        | Promise::NoPhantoms
        | Promise::NoLeftovers
        | Promise::OneSlot => None,
    }
}

/// Whether nobody asks for a second token; `false` where that could not be read.
fn one_token_each(raw: &RawScenario, scenario: &Scenario) -> bool {
    let Some(load) = raw.load.value() else { return false };
    let broken = load.open.is_broken() || load.replay.is_broken() || load.closed.is_broken() || load.flood.is_broken();
    let groups = raw.population.value().map(|groups| groups.entries.as_slice()).unwrap_or_default();
    match &scenario.load {
        _ if broken || raw.population.is_broken() => false,
        Load::Open(open) => {
            open.tokens_per_user == 1 && !load.open.value().is_some_and(|o| o.tokens_per_user.is_broken())
        }
        Load::Replay(replay) => {
            replay.tokens_per_user == 1 && !load.replay.value().is_some_and(|r| r.tokens_per_user.is_broken())
        }
        Load::Closed(closed) => {
            closed.groups.iter().all(|group| group.tokens_per_user == 1)
                && !groups.iter().any(|(_, group)| group.tokens_per_user.is_broken())
        }
        Load::Flood(_) | Load::Schedule(_) => true,
    }
}

/// Limits and faults of operations that nobody carries out.
fn nobody_does(raw: &RawScenario, found: &mut Found) {
    let limits = raw.limits.value().map(|limits| limits.entries.as_slice()).unwrap_or_default();
    let limits = limits.iter().map(|(op, _)| (op.value, op, "a limit"));
    let faults = raw.faults.value();
    let dropped = faults.and_then(|faults| faults.drop_reply.value()).and_then(|drop| drop.ops.value());
    let held = faults.and_then(|faults| faults.hold.value()).and_then(|hold| hold.ops.value());
    let crashed = faults.and_then(|faults| faults.crash.value()).and_then(|crash| crash.ops.value());
    let faulty = [dropped, held, crashed].into_iter().flatten();
    for (op, span, subject) in limits
        .map(|(op, at, subject)| (op, at.place.span.clone(), subject))
        .chain(faulty.flat_map(|ops| ops.items.iter().map(|op| (op.value.0, op.place.span.clone(), "a fault"))))
    {
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
    let checked =
        raw.promises.value().and_then(|promises| promises.check.value()).is_some_and(|check| check.is_complete);
    let listed = scenario.designs.iter().all(|design| known.contains(&design.as_str()))
        && (raw.designs.is_absent() || raw.designs.value().is_some_and(|designs| designs.is_complete));
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
