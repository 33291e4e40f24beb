//! Whether entries that should go have a way and the time to.

use std::time::Duration;

use super::problem::Found;
use super::raw::RawScenario;
use super::resolved::{Load, Scenario};
use crate::model::Promise;

/// Notes what is wrong with expiry, clean-up, renewing and coming back.
pub(super) fn lifetimes(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
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
    let unread = raw.settle.is_broken()
        || raw.load.value().is_none_or(|load| load.open.value().is_some_and(|open| open.duration.is_broken()))
        // A file of a replay that could not be read has no length.
        || matches!(&scenario.load, Load::Replay(replay) if replay.times_ns.is_empty());
    let load = match &scenario.load {
        Load::Open(open) => open.duration,
        Load::Replay(replay) => replay.duration(),
        Load::Closed(_) | Load::Flood(_) | Load::Schedule(_) => Duration::ZERO,
    };
    if !unread && scenario.promises.contains(&Promise::Expiry) && load + scenario.settle < due {
        found.note(
            raw.settle.span().or(raw.ttl.span()).or(raw.cleanup.span()),
            "the settle is too short for anything to expire",
            format!("the first entry may be removed as late as {due:?} after its join"),
            format!("write settle = \"{:?}\" or more at the top, so that the drain comes after that", due - load),
        );
    }
}
