//! What a scenario file says, resolved: nothing left to look up, nothing left to default.
//!
//! Two stages: `Raw…` types hold what the user wrote, with spans that point at the text; [`Scenario`]
//! is what it means. All problems of a file are reported at once, each pointing at its text.

mod resolved;

pub use resolved::{
    Admissions, Arrivals, Cleanup, ClosedLoad, Expectation, Fault, FloodLoad, Group, Limit, Load, OpenLoad, Percentile,
    Polling, Repeats, Scenario, Share, Ttl,
};
