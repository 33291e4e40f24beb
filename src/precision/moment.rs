//! A time as a number and as a date.

use schemars::JsonSchema;
use serde::Serialize;

/// A time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub ms: u64,
    /// As a date (RFC 3339, UTC); `null`: beyond the year 9999, for which there is no notation.
    pub utc: Option<String>,
}

impl Moment {
    /// So many milliseconds after 1970 began.
    #[must_use]
    pub fn at_ms(ms: u64) -> Moment {
        let timestamp = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        Moment { ms, utc: timestamp.map(|timestamp| timestamp.to_string()) }
    }

    /// The day, or that it is far away.
    #[must_use]
    pub fn day(&self) -> String {
        let day = self.utc.as_ref().and_then(|utc| utc.split_once('T')).map(|(day, _)| day.to_owned());
        day.unwrap_or_else(|| "after 9999".to_owned())
    }
}
