//! Figures: latency, throughput, fairness, cost and the generator's own health. Pure functions of a history.
//!
//! Every figure says in its file what it counts. One that cannot be told is `None`, with a reason; none is
//! ever NaN, and 0 means that zero was measured.

mod blocks;
mod cost;
mod fairness;
mod figures;
mod gates;
mod generator;
mod hlog;
mod intervals;
mod joins;
mod latency;
mod machine;
mod measurements;
mod release;
#[cfg(test)]
mod samples;
mod series;
mod server_columns;
mod spectrum;
mod speedless;
mod steady;
mod throughput;
mod timed;
mod waiting;

pub use blocks::{BLOCKS, Sums, quantile_interval, quantile_reach, sums_reach};
pub use cost::{WAITING_MIN, server_us};
pub use fairness::{Fairness, Line, Overtakes, OvertakesBand, Places, WaitLost};
pub use figures::{
    Clock, Cost, Driver, GeneratorHealth, Latency, MachineHealth, Measurements, Release, Steady, Throughput,
};
pub use gates::{
    ACHIEVED_SHARE_MIN, BEYOND_CPU, CLIENT_CPU_CORES_MAX, IDLE_CORES_MIN, OTHER_CORES_NOTED, OTHER_LOAD_SHARE_MAX,
    OWN_LAG_SHARE_MAX, RUN_QUEUE_SHARE_MAX, RUN_QUEUE_SHARE_NOTED, SERVER_CPU_CORES_BUSY, STEAL_SHARE_MAX,
    STEAL_SHARE_NOTED,
};
pub use hlog::write_hlog;
pub use latency::histogram;
pub use measurements::measure;
pub use series::Series;
pub use server_columns::ServerColumns;
pub use spectrum::Spectrum;
pub use speedless::{SPEEDLESS, why_no_speed};
pub use timed::{Timed, answers, command_counts, latencies};
pub use waiting::{Waiting, WaitingSource};
