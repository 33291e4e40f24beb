//! Scenario + seed → every intended operation and fault with its time. The plan's hash names the run.
//!
//! Planning is pure: no clock, no server, no thread's randomness. The same scenario and seed give the
//! same plan on any machine, so a run can be repeated and two designs see the same load.

mod arrivals;
mod build;
mod followups;
mod replay;
mod steps;

pub use build::plan;
pub use followups::nanos;
pub use steps::{ClientPlan, Crash, Hold, Periodic, Plan, PlannedFault, Program, Share, Step, Until, When, op_id};
