//! Where a Redis listens, how to connect to it, and what a failure to do so means.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{ConnectionAddr, ErrorKind, RedisError, ServerErrorKind};

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
    /// From a URL: `redis://`, `rediss://` (TLS), `redis+unix://` or `unix://`. Nothing is connected yet.
    ///
    /// # Errors
    /// [`TargetError::BadUrl`] when it is not such a URL.
    pub fn from_url(url: &str) -> Result<Endpoint, TargetError> {
        // rustls wants one provider a process. Somebody else's choice stands: an Err says just that.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = redis::Client::open(url).map_err(|error| TargetError::BadUrl { detail: reason(&error) })?;
        let shown = shown(client.get_connection_info());
        Ok(Endpoint { client, shown })
    }

    /// The address without user and password, for people.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Address and credentials, for whoever connects by other means. Its text form may hold the password.
    pub(crate) fn connection_info(&self) -> &redis::ConnectionInfo {
        self.client.get_connection_info()
    }

    /// Whether the address lies on this machine: a unix socket or a loopback address. What listens there may still be the
    /// end of a tunnel.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            }
            ConnectionAddr::Unix(_) => true,
            _ => false,
        }
    }

    /// A new connection. It never re-sends a command; replies are waited for without a limit of its own.
    ///
    /// # Errors
    /// When nothing answers within `timeout`, what answers is not a Redis, or it does not let us in.
    pub async fn connect(&self, timeout: Duration) -> Result<MultiplexedConnection, TargetError> {
        let config = redis::AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        // One limit over all steps: the client's own covers the socket but not the greeting that follows.
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        match tokio::time::timeout(timeout, connecting).await {
            Ok(connection) => connection.map_err(|error| self.explain(&error)),
            Err(_) => Err(TargetError::Silent { address: self.shown.clone(), waited_s: timeout.as_secs().max(1) }),
        }
    }

    /// Opens a connection that blocks its thread while it waits.
    ///
    /// # Errors
    /// When nothing answers within `timeout`, or not as a Redis would.
    pub fn connect_blocking(&self, timeout: Duration) -> Result<redis::Connection, TargetError> {
        self.client.get_connection_with_timeout(timeout).map_err(|error| self.explain(&error))
    }

    /// What an error of the client library means to the person who gave the address.
    pub(super) fn explain(&self, error: &RedisError) -> TargetError {
        let address = self.shown.clone();
        match (error.kind(), error.code().unwrap_or_default()) {
            (_, "NOAUTH") => TargetError::PasswordNeeded { address },
            (_, "WRONGPASS") | (ErrorKind::AuthenticationFailed, _) => TargetError::PasswordWrong { address },
            (ErrorKind::Server(ServerErrorKind::BusyLoading), _) => TargetError::Loading { address },
            (ErrorKind::Server(ServerErrorKind::NoPerm), _) => {
                TargetError::Forbidden { address, detail: reason(error) }
            }
            (ErrorKind::Server(_) | ErrorKind::Extension, _) => {
                TargetError::Refused { address, detail: server_words(error) }
            }
            (ErrorKind::InvalidClientConfig, _) => TargetError::BadUrl { detail: reason(error) },
            (ErrorKind::Parse, _) => TargetError::NotRedis { address },
            _ if tls_failed(error) => TargetError::Tls { address, detail: reason(error) },
            _ if error.is_connection_refusal() => TargetError::Unreachable { address, detail: reason(error) },
            _ if error.is_connection_dropped() => TargetError::Closed { address, detail: reason(error) },
            _ => TargetError::Unreachable { address, detail: reason(error) },
        }
    }
}

/// Built from the parts that are no secret, so that no form of a URL can smuggle one out.
fn shown(info: &redis::ConnectionInfo) -> String {
    let db = info.redis_settings().db();
    let host = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    match info.addr() {
        ConnectionAddr::Tcp(name, port) if db == 0 => format!("redis://{}:{port}", host(name)),
        ConnectionAddr::Tcp(name, port) => format!("redis://{}:{port}/{db}", host(name)),
        ConnectionAddr::TcpTls { host: name, port, .. } if db == 0 => format!("rediss://{}:{port}", host(name)),
        ConnectionAddr::TcpTls { host: name, port, .. } => format!("rediss://{}:{port}/{db}", host(name)),
        ConnectionAddr::Unix(path) if db == 0 => format!("unix://{}", path.display()),
        ConnectionAddr::Unix(path) => format!("unix://{}?db={db}", path.display()),
        _ => "an address of another kind".to_owned(),
    }
}

/// The error in words, without the client library's own name for its kind.
fn reason(error: &RedisError) -> String {
    let text = error.to_string();
    text.split(" - InvalidClientConfig").next().unwrap_or(&text).trim_end_matches('.').to_owned()
}

/// The error reply as the server wrote it: `ERR unknown command`.
fn server_words(error: &RedisError) -> String {
    format!("{} {}", error.code().unwrap_or("ERR"), error.detail().unwrap_or_default()).trim_end().to_owned()
}

/// Whether the TLS library failed: its error is wrapped in an I/O error, and that one in an [`Arc`].
fn tls_failed(error: &RedisError) -> bool {
    std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>())
        .and_then(|shared| shared.downcast_ref::<std::io::Error>()?.get_ref())
        .is_some_and(|cause| cause.is::<rustls::Error>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_address_never_holds_user_or_password() {
        for (url, shown) in [
            ("redis://user:secret@db:7000/3", "redis://db:7000/3"),
            ("redis://:secret@db", "redis://db:6379"),
            ("rediss://user@db:7000", "rediss://db:7000"),
            ("redis://user:s%40cret@[::1]:7000", "redis://[::1]:7000"),
            ("unix:///run/redis.sock?user=user&pass=secret&db=2", "unix:///run/redis.sock?db=2"),
            ("redis+unix:///run/redis.sock?pass=secret", "unix:///run/redis.sock"),
        ] {
            let endpoint = Endpoint::from_url(url).unwrap();
            assert_eq!(endpoint.shown(), shown);
            assert!(!format!("{endpoint:?}").contains("cret"));
        }
    }

    #[test]
    fn sockets_and_loopback_addresses_are_here_and_others_elsewhere() {
        for (url, here) in [
            ("redis://127.0.0.1:7000", true),
            ("redis://localhost", true),
            ("rediss://[::1]:7000", true),
            ("unix:///run/redis.sock", true),
            ("redis://10.0.0.7:6379", false),
            ("redis://db.example:6379", false),
        ] {
            assert_eq!(Endpoint::from_url(url).unwrap().is_here(), here, "{url}");
        }
    }

    #[test]
    fn what_is_no_redis_url_says_why_and_what_to_write() {
        for (url, why) in [
            ("http://db:80", "did not parse"),
            ("redis://", "Missing hostname"),
            ("redis://db/first", "Invalid database number"),
            ("rediss://db/#insecure", ""),
        ] {
            match Endpoint::from_url(url) {
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.contains(why), "{message}");
                    assert!(message.contains("Write redis://HOST:PORT"), "{message}");
                }
                Ok(endpoint) => assert!(why.is_empty(), "{endpoint:?}"),
            }
        }
    }
}
