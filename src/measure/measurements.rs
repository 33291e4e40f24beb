//! All figures of a history.

use super::Measurements;
use super::cost::cost;
use super::fairness::fairness;
use super::generator::generator;
use super::latency::{figures, samples};
use super::throughput::throughput;
use crate::history::History;

/// Measures a history. The same history gives the same figures, today and next year.
#[must_use]
pub fn measure(history: &History) -> Measurements {
    let samples = samples(history);
    let throughput = throughput(history);
    Measurements {
        latency: figures(&samples),
        fairness: fairness(history),
        cost: cost(history),
        generator: generator(history, &samples, &throughput),
        throughput,
    }
}
