//! Whether the arrivals of an open loop make sense: ramps climb, bursts rise above the rate and fall into the load, a replay
//! has a length, and nothing is planned for after the end.

use std::time::Duration;

use super::duration::DURATION_MAX;
use super::problem::Found;
use super::profile::BURSTS_MAX;
use super::raw::{RawBurst, RawOpen, RawReplay, RawScenario};
use super::resolved::{Load, OpenLoad, Scenario};
use super::toml_table::At;

/// Notes what is wrong with when joins arrive.
pub(super) fn arrivals(raw: &RawScenario, scenario: &Scenario, found: &mut Found) {
    let Some(load) = raw.load.value() else { return };
    match &scenario.load {
        Load::Open(resolved) => {
            let Some(open) = load.open.value() else { return };
            let duration = open.duration.value().map(|duration| duration.0);
            if let Some(duration) = duration {
                ramp(open, resolved, duration, found);
                nothing_after(raw, duration, "choose an earlier time, or raise `load.open.duration`", found);
            }
            if let Some(given) = open.burst.given() {
                burst(open, given, resolved, duration, found);
            }
        }
        Load::Replay(resolved) => {
            // Where the file could not be read, its problems say so.
            let Some(replay) = load.replay.value().filter(|_| !resolved.times_ns.is_empty()) else { return };
            let duration = resolved.duration();
            length_of_replay(replay, duration, found);
            if !duration.is_zero() {
                nothing_after(raw, duration, "choose an earlier time, or replay a longer file", found);
            }
        }
        Load::Closed(_) | Load::Flood(_) | Load::Schedule(_) => {}
    }
}

fn ramp(open: &RawOpen, resolved: &OpenLoad, duration: Duration, found: &mut Found) {
    let Some(ramp) = open.ramp.value() else { return };
    if resolved.from_per_s > resolved.rate_per_s && !open.rate.is_broken() {
        let why = "a ramp climbs from its start to `rate`";
        found.note(ramp.from.span(), "the ramp starts above the peak rate", why, "lower `from`, or raise `rate`");
    }
    if resolved.ramp > duration {
        let why = format!("joins arrive for {duration:?} only, so the peak is never reached");
        found.note(ramp.over.span(), "the ramp is longer than the load", why, "shorten `over`, or raise `duration`");
    }
}

fn burst(open: &RawOpen, given: &At<RawBurst>, resolved: &OpenLoad, duration: Option<Duration>, found: &mut Found) {
    let burst = &given.value;
    if burst.rate.is_absent() && burst.factor.is_absent() {
        let why = "nothing says how high it is";
        let fix = "add `rate`, joins per second, or `factor`, how many times the rate outside of bursts";
        found.note(given.place.span.clone(), "the burst has no height", why, fix);
    }
    if !burst.rate.is_absent() && !burst.factor.is_absent() {
        let span = burst.factor.span().or(burst.rate.span());
        found.note(span, "`rate` and `factor` are both given", "a burst has one height", "keep one of them");
    }
    // As the file says them: a scale that brings both to the lowest rate there is changes no meaning.
    if let (Some(height), Some(rate)) = (burst.rate.value(), open.rate.value())
        && height.0 <= rate.0
    {
        let why = format!("`load.open.rate` is {}", rate.0);
        let fix = "raise it above `load.open.rate`, or remove the burst";
        found.note(burst.rate.span(), "the burst is no higher than the rate outside of it", why, fix);
    }
    if let Some(factor) = burst.factor.value().filter(|factor| factor.0 <= 1.0) {
        let why = format!("the rate outside of it times {}", factor.0);
        let fix = "raise it above 1, or remove the burst";
        found.note(burst.factor.span(), "the burst is no higher than the rate outside of it", why, fix);
    }
    let (Some(every), Some(lasts)) = (burst.every.value(), burst.lasts.value()) else { return };
    if lasts.0 >= every.0 {
        let why = format!("the next one begins after {:?}", every.0);
        let fix = "shorten `lasts`, or raise `every`; a rate that stays is `load.open.rate`";
        found.note(burst.lasts.span(), "the burst never ends", why, fix);
    }
    let Some(duration) = duration else { return };
    let start = burst.start.given().map_or(every.0, |start| start.value.0);
    if start >= duration && !burst.start.is_broken() {
        let why = format!("the first would begin after {start:?}, and joins arrive for {duration:?} only");
        let fix = "choose an earlier `start` or a shorter `every`, or raise `load.open.duration`";
        found.note(burst.start.span().or(burst.every.span()), "no burst falls into the load", why, fix);
    }
    if resolved.bursts() > BURSTS_MAX {
        let why = format!("{} of them, at most {BURSTS_MAX}", resolved.bursts());
        let fix = "raise `every`; what comes so often is a rate that stays: `load.open.rate`";
        found.note(burst.every.span(), "too many bursts for one load", why, fix);
    }
}

fn length_of_replay(replay: &RawReplay, duration: Duration, found: &mut Found) {
    if duration.is_zero() {
        let why = "from the first to the last passes no time, so they have no rate";
        let fix = "name a file with later times, or lower `speed`; for joins at one moment use [load.flood]";
        found.note(replay.file.span(), "all arrivals fall on one moment", why, fix);
    }
    if duration > DURATION_MAX {
        let why = format!("its arrivals take {duration:?}, and a load may last 24 hours");
        let fix = "cut a part out of the file, or raise `load.replay.speed`";
        found.note(replay.file.span(), "the replay is too long", why, fix);
    }
}

/// What is planned for a moment must find the load still there.
fn nothing_after(raw: &RawScenario, duration: Duration, fix: &str, found: &mut Found) {
    let starts = [
        raw.admit.value().and_then(|admit| admit.start.given()),
        raw.faults.value().and_then(|faults| faults.script_flush.value()).and_then(|flush| flush.at.given()),
    ];
    for start in starts.into_iter().flatten().filter(|start| start.value.0 >= duration) {
        found.note(
            start.place.span.clone(),
            format!("`{}` lies after the load", start.place.path),
            format!("joins arrive for {duration:?} only"),
            fix,
        );
    }
}
