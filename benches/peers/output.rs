//! What peers print.

/// Operations a second from the CSV of `redis-benchmark` and `valkey-benchmark`, whose fields are all in quotes:
/// a line of names, then `"TEST","RPS",…`, the name of the test being the command.
pub fn csv_ops_per_s(text: &str) -> Result<f64, String> {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'))
        .map(|line| line.split("\",\"").collect())
        .collect();
    let [names, row] = rows.as_slice() else {
        return Err(format!("a line of names and one of numbers were expected as CSV, this was printed: {text:?}"));
    };
    let column = names.iter().position(|name| *name == "rps").ok_or(format!("there is no column rps in {names:?}"))?;
    row.get(column)
        .and_then(|rps| rps.parse().ok())
        .filter(|rps: &f64| rps.is_finite() && *rps > 0.0)
        .ok_or(format!("the column rps of {row:?} holds no number above 0"))
}

/// Operations a second from the JSON file of `memtier_benchmark`.
pub fn json_ops_per_s(text: &str) -> Result<f64, String> {
    let report: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("memtier_benchmark's file is no JSON: {error}"))?;
    report
        .pointer("/ALL STATS/Totals/Ops~1sec")
        .and_then(serde_json::Value::as_f64)
        .filter(|rate| rate.is_finite() && *rate > 0.0)
        .ok_or("memtier_benchmark's file names no \"Ops/sec\" above 0 under \"ALL STATS\", \"Totals\"".to_owned())
}

/// The line in which a peer says that the server refused something. It may go on after that, and count refusals as done.
pub fn error_line(text: &str) -> Option<&str> {
    text.lines().find(|line| line.contains("Error from server") || line.contains("handle error response"))
}
