//! Sweeps: how far a design carries, by two questions.
//!
//! - **Rate**: the rate of an open scenario is raised until a limit or a promise breaks, joins are no longer answered
//!   as fast as they come, or the generator itself is the limit. `search` decides which rate is next, `rate` runs it,
//!   `step` judges it, `rate_report` tells it.
//! - **Depth**: join, position and admit are timed on lines of growing length, and the law that each cost follows is
//!   told. `line` keeps a line, `depth` times it, `growth` fits the laws, `depth_report` tells them.
//!
//! `schema` describes the document of either kind. `search`, `step` and `growth` touch nothing outside: they are
//! functions of what was measured.

mod depth;
mod depth_report;
mod depths;
mod growth;
mod line;
mod rate;
mod rate_report;
mod schema;
mod search;
mod shown;
mod step;
mod words;

pub use depth::{Depth, DepthFound, DepthOutcome, DepthRequest, LeftOut, Point, depth};
pub use depth_report::{DepthReport, DesignDepth, Finding, GrowthRow};
pub use depths::depths;
pub use growth::{DEPTHS_MIN, Growth, Law, growth};
pub use line::{Call, Line, LineError};
pub use rate::{RateFound, RateOutcome, RateRequest, SweepError, peak_per_s, rate, scaled};
pub use rate_report::{About, Bound, DesignRate, LimitRow, RateReport, RateRow, SCHEMA};
pub use schema::schema;
pub use search::{Answer, End, Knee, Next, RESOLUTION, Search, Tried};
pub use step::{Cause, Reason, Step, StepLatency, StepOutcome, UNANSWERED_SHARE_MAX};
