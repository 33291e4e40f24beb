//! Deletes what a run has written, and nothing else.

use std::time::Duration;

use super::info::ask;
use super::{Endpoint, TargetError};

/// Keys looked at in one SCAN step: enough to be quick, little enough not to hold up other clients.
pub(super) const STEP: u32 = 1_000;

/// Deletes the keys that begin with `prefix`; returns how many.
///
/// SCAN promises every key that is there from its beginning to its end; a key that is written meanwhile
/// may stay. UNLINK frees the memory beside the server's main thread.
pub(super) async fn wipe(endpoint: &Endpoint, prefix: &str) -> Result<u64, TargetError> {
    if prefix.is_empty() {
        return Err(TargetError::EmptyPrefix);
    }
    let mut connection = endpoint.connect(Duration::from_secs(5)).await?;
    let pattern = format!("{}*", escape(prefix));
    let (mut cursor, mut deleted) = (0u64, 0u64);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(STEP);
        let (next, keys): (u64, Vec<Vec<u8>>) = ask(endpoint, &mut connection, &scan).await?;
        if !keys.is_empty() {
            let mut unlink = redis::cmd("UNLINK");
            unlink.arg(&keys);
            deleted += ask::<u64>(endpoint, &mut connection, &unlink).await?;
        }
        if next == 0 {
            return Ok(deleted);
        }
        cursor = next;
    }
}

/// Empties the whole server.
pub(super) async fn flush(endpoint: &Endpoint) -> Result<(), TargetError> {
    let mut connection = endpoint.connect(Duration::from_secs(5)).await?;
    ask(endpoint, &mut connection, &redis::cmd("FLUSHALL")).await
}

/// Redis' glob style gives `* ? [ ] \` a meaning, and `^ -` inside brackets; a backslash takes it away.
pub(super) fn escape(prefix: &str) -> String {
    prefix.chars().flat_map(|c| "*?[]\\^-".contains(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_taken_literally() {
        assert_eq!(escape("run:7:"), "run:7:");
        assert_eq!(escape("a*b?[c]\\"), "a\\*b\\?\\[c\\]\\\\");
    }
}
