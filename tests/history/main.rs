//! Histories on disk, and what is measured of them.
#![allow(clippy::unwrap_used, reason = "what cannot be prepared ends a test, and the error says why")]

mod exports;
mod history_arbitrary;
mod jsonl;
mod measure_commandstats;
mod measure_fairness;
mod measure_gates;
mod measure_health;
mod measure_latency;
mod parquet;
mod readable;
mod schema;
