//! What the server counted: whether a contender did what it was asked, and how much of it was refused.

/// Asks for all that INFO says.
pub fn info() -> redis::Cmd {
    let mut info = redis::cmd("INFO");
    info.arg("all");
    info
}

/// What INFO was answered.
pub fn text(answer: &redis::Value) -> Result<String, String> {
    match answer {
        redis::Value::BulkString(text) => Ok(String::from_utf8_lossy(text).into_owned()),
        redis::Value::VerbatimString { text, .. } => Ok(text.clone()),
        other => Err(format!("INFO was answered {other:?}")),
    }
}

/// What one command came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Calls that were carried out, those that failed included.
    pub calls: u64,
    /// Of them: those that failed, and those that were refused before.
    pub failed: u64,
}

/// What INFO says of a command in its section `commandstats`.
pub fn counted(info: &str, command: &str) -> Counted {
    let prefix = format!("cmdstat_{command}:");
    let Some(row) = info.lines().find_map(|line| line.trim_end().strip_prefix(&prefix)) else {
        return Counted::default();
    };
    let field = |name: &str| {
        let mut pairs = row.split(',').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
    };
    Counted { calls: field("calls"), failed: field("failed_calls") + field("rejected_calls") }
}

/// Error replies of any kind, from the section `errorstats`.
pub fn error_replies(info: &str) -> u64 {
    let counts = info
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("errorstat_")?.split_once(":count=")?.1.parse::<u64>().ok());
    counts.sum()
}

/// Why a run is no measurement, by what the server counted; `None` if it is one.
pub fn objection(asked: u64, counted: Counted, error_replies: u64) -> Option<String> {
    if counted.failed > 0 || error_replies > 0 {
        return Some(format!("{} of {} calls failed, {error_replies} error replies", counted.failed, counted.calls));
    }
    (counted.calls != asked).then(|| format!("the server counted {} calls, asked were {asked}", counted.calls))
}
