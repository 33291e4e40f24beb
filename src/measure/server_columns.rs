//! The server's samples, put on the bins of the client's side.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::series::Bins;
use crate::history::{History, ServerSample};

/// What the server said of itself, a value for each bin. Rates are differences of counters, which are taken to grow evenly
/// between two samples; `null` where the samples do not reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerColumns {
    /// The period of the samples, ns.
    pub sampled_every_ns: u64,
    /// Cores that its process used, user and system.
    pub cpu_cores: Vec<Option<f64>>,
    /// Commands carried out per second; what scripts call counts, too.
    pub commands_per_s: Vec<Option<f64>>,
    /// Memory in use by data and overhead at the end of the bin, by the last sample in it, bytes.
    pub memory_bytes: Vec<Option<u64>>,
    /// Connected clients, likewise.
    pub connected_clients: Vec<Option<u64>>,
    /// Keys in all databases, likewise.
    pub keys: Vec<Option<u64>>,
}

/// The columns, or why there are none.
pub(super) fn server_columns(history: &History, bins: &Bins) -> Result<ServerColumns, String> {
    let series = history.header.server_series.as_ref();
    let series = series.ok_or("the history does not say how the server was doing")?;
    if series.samples.is_empty() {
        let why = series.reasons.get("samples").map_or("no sample was taken", String::as_str);
        return Err(why.to_owned());
    }
    let samples = &series.samples;
    let rate = |counter: fn(&ServerSample) -> u64, unit: f64| -> Vec<Option<f64>> {
        let of_bin = |bin| {
            let (begin_ns, end_ns) = bins.span_ns(bin);
            let grown = at(samples, end_ns, counter)? - at(samples, begin_ns, counter)?;
            // Counters that went back: a restart.
            (grown >= 0.0 && end_ns > begin_ns).then(|| grown * unit / (end_ns - begin_ns) as f64)
        };
        (0..bins.count).map(of_bin).collect()
    };
    let gauge = |value: fn(&ServerSample) -> Option<u64>| {
        let mut column = vec![None; bins.count];
        for sample in samples {
            if let Some(bin) = bins.of(sample.at_ns) {
                column[bin] = value(sample);
            }
        }
        column
    };
    Ok(ServerColumns {
        sampled_every_ns: series.every_ns,
        cpu_cores: rate(|sample| sample.cpu_ns, 1.0),
        commands_per_s: rate(|sample| sample.commands_processed, 1e9),
        memory_bytes: gauge(|sample| Some(sample.used_memory_bytes)),
        connected_clients: gauge(|sample| Some(sample.connected_clients)),
        keys: gauge(|sample| sample.keys),
    })
}

/// A counter at a time, on the straight line between the samples around it.
#[expect(clippy::cast_precision_loss, reason = "no counter of a run reaches 2^53")]
fn at(samples: &[ServerSample], at_ns: u64, counter: fn(&ServerSample) -> u64) -> Option<f64> {
    let after = samples.partition_point(|sample| sample.at_ns < at_ns);
    let upper = samples.get(after)?;
    if upper.at_ns == at_ns {
        return Some(counter(upper) as f64);
    }
    let lower = samples.get(after.checked_sub(1)?)?;
    let way = (at_ns - lower.at_ns) as f64 / (upper.at_ns - lower.at_ns) as f64;
    let (from, to) = (counter(lower) as f64, counter(upper) as f64);
    Some(from + (to - from) * way)
}

/// Cores that the server used over its samples; `None` where there are fewer than two, or its counter went back.
#[expect(clippy::cast_precision_loss, reason = "2^53 ns are 104 days")]
pub(super) fn server_cores(history: &History) -> Option<f64> {
    let [first, .., last] = history.header.server_series.as_ref()?.samples.as_slice() else { return None };
    let (cpu_ns, ns) = (last.cpu_ns.checked_sub(first.cpu_ns)?, last.at_ns.checked_sub(first.at_ns)?);
    (ns > 0).then(|| cpu_ns as f64 / ns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::ServerSeries;

    const MS: u64 = 1_000_000;

    fn sampled(samples: &[(u64, u64, u64)]) -> History {
        let mut history = crate::measure::samples::history();
        let sample = |(at_ms, cpu_ms, commands): &(u64, u64, u64)| ServerSample {
            at_ns: at_ms * MS,
            cpu_ns: cpu_ms * MS,
            commands_processed: *commands,
            used_memory_bytes: 1_000 + at_ms,
            connected_clients: 5,
            keys: Some(*commands),
        };
        let samples = samples.iter().map(sample).collect();
        history.header.server_series = Some(ServerSeries { every_ns: 100 * MS, samples, ..ServerSeries::default() });
        history
    }

    fn close(column: &[Option<f64>], expected: &[Option<f64>]) {
        assert_eq!(column.len(), expected.len());
        for (value, expected) in column.iter().zip(expected) {
            let same = match (value, expected) {
                (Some(value), Some(expected)) => (value - expected).abs() < 1e-9,
                (value, expected) => value == expected,
            };
            assert!(same, "{column:?}");
        }
    }

    #[test]
    fn counters_become_rates_and_gauges_are_the_last_of_their_bin() {
        let bins = Bins::over(1_000 * MS, 1_300 * MS).unwrap();
        let history = sampled(&[(990, 0, 0), (1_100, 110, 1_100), (1_150, 110, 1_100), (1_310, 190, 4_300)]);
        let columns = server_columns(&history, &bins).unwrap();
        close(&columns.cpu_cores, &[Some(1.0), Some(0.25), Some(0.5)]);
        close(&columns.commands_per_s, &[Some(10_000.0), Some(10_000.0), Some(20_000.0)]);
        assert_eq!(columns.memory_bytes, [None, Some(2_150), None]);
        assert!((server_cores(&history).unwrap() - 190.0 / 320.0).abs() < 1e-12);
    }

    #[test]
    fn where_samples_do_not_reach_or_a_counter_went_back_there_is_no_rate() {
        let bins = Bins::over(0, 300 * MS).unwrap();
        let history = sampled(&[(50, 10, 10), (200, 5, 5), (250, 6, 6)]);
        close(&server_columns(&history, &bins).unwrap().cpu_cores, &[None, None, None]);
        assert_eq!(server_cores(&history), None);
        assert_eq!(server_cores(&sampled(&[(50, 10, 10)])), None);
    }

    #[test]
    fn without_samples_it_says_why() {
        let bins = Bins::over(0, 300 * MS).unwrap();
        let mut history = sampled(&[]);
        assert_eq!(server_columns(&history, &bins), Err("no sample was taken".to_owned()));
        let series = history.header.server_series.as_mut().unwrap();
        series.reasons.insert("samples".to_owned(), "no server".to_owned());
        assert_eq!(server_columns(&history, &bins), Err("no server".to_owned()));
    }
}
