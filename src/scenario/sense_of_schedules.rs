//! Whether a scenario leaves to its schedule what that says.

use super::problem::Found;
use super::raw::RawScenario;

/// Notes what is given beside a schedule, which says everything that happens.
pub(super) fn schedules(raw: &RawScenario, found: &mut Found) {
    if raw.load.value().is_none_or(|load| load.schedule.is_absent()) {
        return;
    }
    let others = [
        ("dedupe", raw.dedupe.is_absent(), raw.dedupe.span()),
        ("timeout", raw.timeout.is_absent(), raw.timeout.span()),
        ("attempts", raw.attempts.is_absent(), raw.attempts.span()),
        ("settle", raw.settle.is_absent(), raw.settle.span()),
        ("warm-up-joins", raw.warm_up_joins.is_absent(), raw.warm_up_joins.span()),
        ("stats-every", raw.stats_every.is_absent(), raw.stats_every.span()),
        ("repeat", raw.repeat.is_absent(), raw.repeat.span()),
        ("poll", raw.poll.is_absent(), raw.poll.span()),
        ("leave", raw.leave.is_absent(), raw.leave.span()),
        ("renew", raw.renew.is_absent(), raw.renew.span()),
        ("rejoin", raw.rejoin.is_absent(), raw.rejoin.span()),
        ("entries", raw.entries.is_absent(), raw.entries.span()),
        ("admit", raw.admit.is_absent(), raw.admit.span()),
        ("clock", raw.clock.is_absent(), raw.clock.span()),
        ("ttl", raw.ttl.is_absent(), raw.ttl.span()),
        ("cleanup", raw.cleanup.is_absent(), raw.cleanup.span()),
        ("limits", raw.limits.is_absent(), raw.limits.span()),
        ("faults", raw.faults.is_absent(), raw.faults.span()),
    ];
    for (name, absent, span) in others {
        if !absent {
            found.note(
                span,
                format!("`{name}` beside [load.schedule]"),
                "the schedule says everything that happens",
                format!("remove `{name}`, or use another load"),
            );
        }
    }
}
