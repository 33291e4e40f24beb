//! Figures: latency, throughput, fairness, cost and the generator's own health. Pure functions of a history.
//!
//! Every figure says in its file what it counts. One that cannot be told is `None`, with a reason; none is
//! ever NaN, and 0 means that zero was measured.

mod cost;
mod fairness;
mod figures;
mod generator;
mod hlog;
mod latency;
mod measurements;
mod throughput;
mod timed;

pub use fairness::{Fairness, Overtakes, OvertakesBand, WaitLost};
pub use figures::{Clock, Cost, GeneratorHealth, Latency, Measurements, Throughput};
pub use generator::{ACHIEVED_SHARE_MIN, CLIENT_CPU_CORES_MAX, OWN_LAG_SHARE_MAX};
pub use hlog::write_hlog;
pub use latency::histogram;
pub use measurements::measure;
pub use timed::{Timed, answers, command_counts, latencies};
