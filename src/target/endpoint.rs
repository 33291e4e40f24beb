//! Where a Redis listens, and how to connect to it.

use std::time::Duration;

use redis::aio::MultiplexedConnection;

use super::TargetError;

/// An address to connect to, with the credentials that it takes.
#[derive(Clone)]
pub struct Endpoint {
    client: redis::Client,
    shown: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// From a URL: `redis://`, `rediss://`, `redis+unix://` or `unix://`.
    ///
    /// # Errors
    /// When it is not such a URL.
    pub fn from_url(url: &str) -> Result<Endpoint, TargetError> {
        let shown = without_password(url);
        let client = redis::Client::open(url)
            .map_err(|error| TargetError::Connect { url: shown.clone(), detail: error.to_string() })?;
        Ok(Endpoint { client, shown })
    }

    /// The address without any password, for people.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// A new connection. It never re-sends a command; replies are waited for without a limit of its own.
    ///
    /// # Errors
    /// When nothing answers within `timeout`.
    pub async fn connect(&self, timeout: Duration) -> Result<MultiplexedConnection, TargetError> {
        let config =
            redis::AsyncConnectionConfig::new().set_connection_timeout(Some(timeout)).set_response_timeout(None);
        self.client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| TargetError::Connect { url: self.shown.clone(), detail: error.to_string() })
    }
}

fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) => {
            if parsed.password().is_some() {
                let _ = parsed.set_password(Some("***"));
            }
            parsed.to_string()
        }
        Err(_) => "(not a URL)".to_owned(),
    }
}
