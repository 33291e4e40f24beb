//! Latency histograms as an interval log, which the tools of the HdrHistogram family read.
//!
//! One line a group, tagged `join.load.response`: operation, phase, clock. Values are ns; the column of
//! maxima is ms, as those tools write it. Times count from the beginning of the run.

use std::io::{self, Write};
use std::time::Duration;

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};

use super::Clock;
use super::latency::samples;
use crate::history::History;
use crate::model::Phase;

/// Nanoseconds in a millisecond: what the family's own writers divide the column of maxima by.
const MAX_VALUE_DIVISOR: f64 = 1_000_000.0;

/// Writes every group of latencies, warm-up left out.
///
/// # Errors
/// What the writer says.
pub fn write_hlog(history: &History, mut writer: impl Write) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    let mut builder = IntervalLogWriterBuilder::new();
    builder
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(&format!("[{} on {}: latencies in ns]", history.header.scenario, history.header.queue))
        .with_max_value_divisor(MAX_VALUE_DIVISOR);
    let mut log = builder.begin_log_with(&mut writer, &mut serializer)?;
    for ((op, phase, clock), samples) in samples(history) {
        if phase == Phase::WarmUp {
            continue;
        }
        let (begin_ns, end_ns) = extent(history, phase);
        let tag = format!("{}.{}.{}", op.name(), phase.name(), clock.name());
        let (begin, length) = (Duration::from_nanos(begin_ns), Duration::from_nanos(end_ns.saturating_sub(begin_ns)));
        log.write_histogram(&samples.histogram, begin, length, Tag::new(&tag)).map_err(|error| match error {
            IntervalLogWriterError::IoError(error) => error,
            IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
        })?;
    }
    writer.flush()
}

/// From the first send of a phase to its last reply, in ns.
fn extent(history: &History, phase: Phase) -> (u64, u64) {
    let records = || history.records.rows().filter(|record| record.phase() == phase);
    let begin = records().map(|record| record.sent_ns()).min().unwrap_or(0);
    let end = records().filter_map(|record| record.returned_ns()).max().unwrap_or(begin);
    (begin, end)
}

impl Clock {
    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Clock::Response => "response",
            Clock::Service => "service",
            Clock::SendLag => "send_lag",
        }
    }
}
