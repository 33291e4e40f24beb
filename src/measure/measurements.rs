//! All figures of a history.

use super::Measurements;
use super::cost::cost;
use super::fairness::fairness;
use super::generator::generator;
use super::joins::joins;
use super::latency::{figures, samples};
use super::release::release;
use super::series::series;
use super::spectrum::spectra;
use super::speedless::{why_no_speed, without_speed};
use super::steady::steady;
use super::throughput::{load_ns, throughput};
use super::timed::latencies;
use crate::history::History;
use crate::model::Phase;

/// Measures a history. The same history gives the same figures, today and next year.
#[must_use]
pub fn measure(history: &History) -> Measurements {
    let samples = samples(history);
    let throughput = throughput(history);
    let joins = joins(history);
    let begin_ns = load_ns(history).map_or(0, |(begin_ns, _)| begin_ns);
    let (fairness, line) = fairness(history).unzip();
    let warm_up = history.records.rows().filter(|record| record.phase() == Phase::WarmUp && record.attempt() == 0);
    let measured = Measurements {
        release: release(history).map_err(str::to_owned),
        steady: steady(history, &joins, begin_ns),
        series: series(history, &joins).map_err(str::to_owned),
        warm_up_operations: warm_up.count() as u64,
        latency: figures(&samples, &latencies(history)),
        spectra: spectra(&samples),
        fairness,
        line,
        cost: cost(history),
        generator: generator(history, &samples, &throughput),
        throughput,
    };
    match why_no_speed(&history.header) {
        Some(why) => without_speed(measured, why),
        None => measured,
    }
}
