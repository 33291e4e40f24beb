//! A Redis to run against: one that this program starts, owns and stops (a local process, a container),
//! or one that somebody else runs and that a URL names.
//!
//! [`Target::start`] is the one door. What it hands out is a guard: whoever owns the [`Target`] owns the
//! server, and dropping it (on the way out, on an error, on a panic) ends the server. A killed program
//! drops nothing; then a watchdog ends the local server, and [`cleanup()`] removes the
//! containers that are left.
//!
//! Read in this order: `choice`, `survey` (which one `auto` takes), `running`, then one
//! file for each kind: `local`, `container`, `given`.

mod choice;
mod cleanup;
mod clock;
#[cfg(feature = "containers")]
mod container;
mod endpoint;
#[cfg(feature = "containers")]
mod engine;
mod error;
mod facts;
mod given;
mod info;
mod keys;
mod local;
mod owner;
mod probe;
mod programs;
mod pulse;
mod running;
mod settings;
mod slowness;
mod survey;
mod version;
mod watchdog;
mod wipe;

pub use choice::{TargetChoice, TargetOptions, URL_VARIABLE};
pub use cleanup::{Cleaned, cleanup};
pub use clock::{CLOCK_BEGIN, ServerClock};
pub use endpoint::Endpoint;
pub use error::TargetError;
pub use facts::{TargetFacts, TargetKind};
pub use probe::{CommandCost, ServerSnapshot};
pub use programs::Program;
pub use pulse::{Pulse, PulseReader};
pub use running::Target;
pub use slowness::{LatencyBuckets, SlowCommand, SlowLog};
pub use survey::{AutoChoice, Finding, Image, Survey, SurveyRow, survey};
pub use version::ServerVersion;
