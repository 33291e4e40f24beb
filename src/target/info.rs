//! The INFO reply: lines of `field:value`, sections opened by `#`.

use std::time::Duration;

use redis::aio::MultiplexedConnection;

use super::{Endpoint, TargetError};

/// How long a question about the server itself may take. A busy server answers within milliseconds; one
/// that does not answer at all must not hold a run up for ever.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// One parsed reply.
#[derive(Debug, Default)]
pub(super) struct Info(String);

impl Info {
    /// Asks for everything but the module sections.
    pub(super) async fn read(endpoint: &Endpoint, connection: &mut MultiplexedConnection) -> Result<Info, TargetError> {
        Self::of(endpoint, connection, &["all"]).await
    }

    /// Asks for these sections; for the server's own choice if none is named. Only Redis 7.0 and later take several.
    pub(super) async fn of(
        endpoint: &Endpoint,
        connection: &mut MultiplexedConnection,
        sections: &[&str],
    ) -> Result<Info, TargetError> {
        let mut cmd = redis::cmd("INFO");
        cmd.arg(sections);
        ask(endpoint, connection, &cmd).await.map(Info)
    }

    /// A field's value.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.fields().find_map(|(name, value)| (name == field).then_some(value))
    }

    /// A field's value as a whole number.
    pub(super) fn number(&self, field: &str) -> Option<u64> {
        self.text(field)?.parse().ok()
    }

    /// All fields in the server's order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().filter_map(|line| line.trim_end().split_once(':'))
    }

    #[cfg(test)]
    pub(super) fn from_text(text: &str) -> Info {
        Info(text.to_owned())
    }
}

/// Sends one command and waits for its reply, but not for ever; an error becomes a sentence.
pub(super) async fn ask<T: redis::FromRedisValue>(
    endpoint: &Endpoint,
    connection: &mut MultiplexedConnection,
    cmd: &redis::Cmd,
) -> Result<T, TargetError> {
    match tokio::time::timeout(PATIENCE, cmd.query_async(connection)).await {
        Ok(reply) => reply.map_err(|error| endpoint.explain(&error)),
        Err(_) => Err(TargetError::Silent { address: endpoint.shown().to_owned(), waited_s: PATIENCE.as_secs() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whole_and_values_may_hold_colons() {
        let info =
            Info::from_text("# Server\r\nredis_version:7.0.15\r\nos:Linux 6:1 x\r\n\r\n# Memory\r\nused_memory:12\r\n");
        assert_eq!(info.text("redis_version"), Some("7.0.15"));
        assert_eq!(info.text("os"), Some("Linux 6:1 x"));
        assert_eq!(info.number("used_memory"), Some(12));
        assert_eq!(info.text("version"), None, "a part of a name is not the name");
        assert_eq!(info.number("os"), None);
    }
}
