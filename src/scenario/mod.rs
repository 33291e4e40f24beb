//! What a scenario file says, resolved: nothing left to look up, nothing left to default.
//!
//! Two stages: `Raw…` types hold what the user wrote, with spans that point at the text; [`Scenario`]
//! is what it means. All problems of a file are reported at once, each pointing at its text.
//!
//! ```text
//! text ──> tree with spans ──> Raw… tables ──> Scenario ──> makes sense? ──> Ok(Scenario)
//!                 └── syntax        └── keys, types, bounds      └── nothing examined, nobody does it
//! ```
//!
//! Read in this order: `resolved` (what a scenario means), `raw` (what a file may say), `resolve` (from the
//! one to the other), `sense_of_…` (what does not fit together); `toml_table`, `collection`, `name`, `quantity`
//! and `duration` read values, `arrivals_file` the times of a replay, `problem` shows what is wrong with them.
//! `profile` is the rate of an open loop over time, `places` finds the lines that a verdict is about.

mod arrivals_file;
mod beside;
mod collection;
mod duration;
mod files;
mod limit;
mod name;
mod parse;
mod places;
mod problem;
mod profile;
mod quantity;
mod raw;
mod resolve;
mod resolved;
mod schedule_file;
mod schema;
mod sense_of_arrivals;
mod sense_of_clock;
mod sense_of_lifetimes;
mod sense_of_load;
mod sense_of_promises;
mod sense_of_schedules;
mod toml_table;

pub use files::{load, load_shipped, shipped};
pub use limit::{parse_limit, parse_time};
pub use parse::parse;
pub use places::{Place, place_of_expectation, place_of_limit, place_of_promise};
pub use problem::{Problem, Problems};
pub use profile::{Piece, Pieces};
pub use resolved::{
    Admissions, Arrivals, Burst, BurstHeight, Cleanup, Clock, ClosedLoad, Expectation, Fault, FloodLoad, Group, Limit,
    Load, OpenLoad, Percentile, Polling, Repeats, ReplayLoad, Scenario, ScheduleLoad, Share, Ttl,
};
pub use schema::schema;
