//! How costs grow with the line: what a sweep of the depth found, as far as a report shows it.

use serde::{Deserialize, Serialize};

use crate::model::OpKind;

/// The part of a `sweep.json` of kind `depth` that is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepthSweep {
    /// `depth`: a sweep of a rate has no depths.
    pub kind: String,
    /// The answer in a sentence.
    pub sentence: String,
    /// The command that repeats it.
    pub repeat: String,
    /// Design by design.
    pub designs: Vec<DesignGrowth>,
}

/// What was found of one design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DesignGrowth {
    /// The design.
    pub design: String,
    /// Line by line.
    pub depths: Vec<DepthPoints>,
    /// How it grows, in words.
    pub sentences: Vec<String>,
}

/// One line of one design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepthPoints {
    /// How many wait.
    pub depth: u64,
    /// Operation by operation.
    pub points: Vec<DepthPoint>,
}

/// One operation on one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepthPoint {
    /// The operation.
    pub op: OpKind,
    /// How many calls were timed.
    pub calls: u64,
    /// Median of the time that the client waited, µs.
    pub p50_us: f64,
}

impl DepthSweep {
    /// The medians of an operation: how many waited, and µs.
    #[must_use]
    pub fn medians(design: &DesignGrowth, op: OpKind) -> Vec<(f64, f64)> {
        let at = |line: &DepthPoints| {
            let point = line.points.iter().find(|point| point.op == op)?;
            Some((line.depth as f64, point.p50_us))
        };
        design.depths.iter().filter_map(at).collect()
    }
}
