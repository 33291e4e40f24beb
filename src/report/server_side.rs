//! What the server said of a load, besides its samples.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history::{CommandLatency, ServerSeries, Slowlog};

/// What the server said of the load besides its samples, which are part of the series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerSide {
    /// How long commands took by the server's own measure, by command in lower case.
    pub latency: Option<BTreeMap<String, CommandLatency>>,
    /// Commands that it found slow.
    pub slowlog: Option<Slowlog>,
    /// Questions that it was asked for all this.
    pub asked: u64,
    /// Server time that such questions took over the load, µs, by whomever they were asked.
    pub cost_us: Option<u64>,
    /// Why something above is `null`, by its name; `samples` says why those of the series end early.
    pub reasons: BTreeMap<String, String>,
}

impl ServerSide {
    pub(super) fn of(series: &ServerSeries) -> ServerSide {
        let mut reasons = series.reasons.clone();
        if let Some(why) = reasons.remove("cost_usec") {
            reasons.insert("cost_us".to_owned(), why);
        }
        ServerSide {
            latency: series.latency.clone(),
            slowlog: series.slowlog.clone(),
            asked: series.asked,
            cost_us: series.cost_usec,
            reasons,
        }
    }
}
