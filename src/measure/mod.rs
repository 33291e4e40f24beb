//! Figures: histograms, series, fairness, cost and the generator's own health. Pure functions of a history.

mod figures;

pub use figures::{Clock, Cost, Fairness, GeneratorHealth, Latency, Measurements, Throughput};
