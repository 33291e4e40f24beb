//! What is left of the figures where time was virtual: it stood still while a request was under way, and jumped where
//! nobody had anything to do. So nothing is said of speed; order, commands, bytes and memory are as always.

use super::{MachineHealth, Measurements, Steady, Throughput};

/// Why there are no figures of speed.
pub const VIRTUAL_TIME: &str = "time was virtual, on a local server of its own: it passed only when nothing was left to do, and says nothing of speed";

/// Takes out what would be a speed.
pub(super) fn without_speed(mut measured: Measurements) -> Measurements {
    let why = || VIRTUAL_TIME.to_owned();
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
