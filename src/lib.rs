//! Stanchion proves, before a rollout, that a Redis-backed waiting queue keeps its line: nobody gets in
//! twice, nobody is overtaken, nobody is lost; and it says how fast the queue is.
//!
//! # The flow
//!
//! ```text
//! scenario ──> plan ──> load ──> HISTORY ──> checks  ──┐
//!              target ──> queue ──┘   │                ├──> verdict ──> report
//!                                     └────> measure ──┘
//! ```
//!
//! Data flows one way. What lies right of the history is a pure function of a saved run: judging last
//! month's run again gives the same bytes.

pub mod checks;
pub mod history;
pub mod measure;
pub mod model;
pub mod plan;
pub mod queue;
pub mod report;
pub mod scenario;
pub mod target;
pub mod verdict;
