//! What is left of the figures where no time of a history says how fast anything was: on virtual time, which stands still while
//! a request is under way, and in a schedule, whose commands are executed one at a time. Order, commands, bytes and memory are
//! as always.

use super::{MachineHealth, Measurements, Steady, Throughput};
use crate::history::Header;

const VIRTUAL_TIME: &str = "time was virtual, on a local server of its own: it passed only when nothing was left to do, and says nothing of speed";
const SCHEDULE: &str =
    "commands were executed one at a time in a given order, on a local server of its own, which says nothing of speed";

/// All reasons why a history says nothing of speed.
pub const SPEEDLESS: [&str; 2] = [VIRTUAL_TIME, SCHEDULE];

/// Why this one says nothing of speed; `None` if it does.
#[must_use]
pub fn why_no_speed(header: &Header) -> Option<&'static str> {
    let on_virtual_time = header.load.as_ref().is_some_and(|load| load.virtual_time);
    let schedule = header.schedule.as_ref().map(|_| SCHEDULE);
    schedule.or(on_virtual_time.then_some(VIRTUAL_TIME))
}

/// Takes out what would be a speed.
pub(super) fn without_speed(mut measured: Measurements, why: &str) -> Measurements {
    let why = || why.to_owned();
    measured.latency.clear();
    measured.spectra.clear();
    measured.throughput = Throughput { offered_per_s: None, achieved_per_s: None, reason: Some(why()) };
    measured.release = Err(why());
    measured.series = Err(why());
    measured.steady = Steady { reached: None, from_ms: None, samples: None, reason: Some(why()) };
    // Commandstats counts in the server's own time, which stood still.
    measured.cost.server_us_per_op = None;
    measured.cost.reasons.insert("server_us_per_op".to_owned(), why());
    let generator = &mut measured.generator;
    let figures = [
        ("client_cpu_cores", &mut generator.client_cpu_cores),
        ("working_cpu_cores", &mut generator.working_cpu_cores),
        ("own_lag_share", &mut generator.own_lag_share),
        ("send_lag", &mut generator.send_lag_p50_us),
        ("send_lag", &mut generator.send_lag_p99_us),
    ];
    for (name, figure) in figures {
        *figure = None;
        generator.reasons.insert(name.to_owned(), why());
    }
    let machine = &mut generator.machine;
    *machine = MachineHealth::default();
    for name in ["cores", "steal_share", "other_cores", "idle_cores", "run_queue_share", "server_cores"] {
        machine.reasons.insert(name.to_owned(), why());
    }
    for trouble in [&mut generator.saturated, &mut generator.disturbed, &mut generator.undelivered] {
        *trouble = None;
    }
    generator.note = Some(why());
    measured
}
