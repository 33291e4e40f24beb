//! How long the benchmarks may take: in full, or short (`STANCHION_BENCH_SHORT=1`), where they show that they
//! run rather than how fast.

use std::time::Duration;

use criterion::Criterion;

/// Whether the short mode is asked for.
pub fn short() -> bool {
    std::env::var("STANCHION_BENCH_SHORT").is_ok_and(|value| !value.is_empty() && value != "0")
}

/// Samples of each benchmark, unless the command line says otherwise.
pub fn samples() -> u32 {
    if short() { 10 } else { 20 }
}

/// Criterion with this project's defaults. What the command line says comes last and wins, which is also why no
/// group sets times or sample sizes of its own.
pub fn criterion() -> Criterion {
    let (warm_up_ms, measurement_ms, resamples) = if short() { (50, 100, 5_000) } else { (500, 1_000, 20_000) };
    Criterion::default()
        .sample_size(samples() as usize)
        .warm_up_time(Duration::from_millis(warm_up_ms))
        .measurement_time(Duration::from_millis(measurement_ms))
        .nresamples(resamples)
        .configure_from_args()
}
