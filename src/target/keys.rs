//! The keys that a run has written, by name.

use std::time::Duration;

use redis::aio::MultiplexedConnection;

use super::info::ask;
use super::wipe::{STEP, escape};
use super::{Endpoint, TargetError};

impl Endpoint {
    /// The keys that begin with `prefix`, in order of their names.
    ///
    /// # Errors
    /// When the server cannot be asked within `timeout`.
    pub async fn keys(&self, prefix: &str, timeout: Duration) -> Result<Vec<String>, TargetError> {
        scan(self, &mut self.connect(timeout).await?, prefix).await
    }

    /// Those of them that have no time to live.
    ///
    /// # Errors
    /// When the server cannot be asked within `timeout`.
    pub async fn lasting_keys(&self, prefix: &str, timeout: Duration) -> Result<Vec<String>, TargetError> {
        let mut connection = self.connect(timeout).await?;
        let mut lasting = Vec::new();
        for key in scan(self, &mut connection, prefix).await? {
            let mut pttl = redis::cmd("PTTL");
            pttl.arg(&key);
            // -1: the key is there and has none; -2: it is gone.
            if ask::<i64>(self, &mut connection, &pttl).await? == -1 {
                lasting.push(key);
            }
        }
        Ok(lasting)
    }
}

async fn scan(
    endpoint: &Endpoint,
    connection: &mut MultiplexedConnection,
    prefix: &str,
) -> Result<Vec<String>, TargetError> {
    let pattern = format!("{}*", escape(prefix));
    let (mut cursor, mut found) = (0u64, Vec::new());
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(STEP);
        let (next, keys): (u64, Vec<Vec<u8>>) = ask(endpoint, connection, &scan).await?;
        found.extend(keys.iter().map(|key| String::from_utf8_lossy(key).into_owned()));
        if next == 0 {
            break;
        }
        cursor = next;
    }
    // SCAN may name a key twice.
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
