//! From an address to a connection that is let in.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, ConnectionAddr, ProtocolVersion};
use rustls::pki_types::ServerName;

use super::Wire;
use super::connection::Connection;
use super::reactor::Reactor;
use super::socket::Socket;
use crate::queue::Commands as _;
use crate::target::Endpoint;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no connection to {address}: {detail}")]
pub struct DialError {
    address: String,
    detail: String,
}

/// Makes connections to one endpoint. Names are looked up once, when it is made.
#[derive(Clone)]
pub struct Dialer {
    shown: String,
    route: Route,
    /// AUTH, HELLO and SELECT, as the address asks for them.
    greeting: Vec<Cmd>,
}

#[derive(Clone)]
enum Route {
    Tcp(Vec<SocketAddr>),
    Tls(Vec<SocketAddr>, ServerName<'static>, Arc<rustls::ClientConfig>),
    Unix(PathBuf),
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dialer").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl Dialer {
    /// For an endpoint. Nothing is connected yet.
    ///
    /// # Errors
    /// When its name is unknown, or TLS cannot be set up.
    pub fn new(endpoint: &Endpoint) -> Result<Dialer, DialError> {
        let shown = endpoint.shown().to_owned();
        let failed = |detail: String| DialError { address: shown.clone(), detail };
        let info = endpoint.connection_info();
        let resolve = |host: &str, port: u16| {
            (host, port).to_socket_addrs().map(Iterator::collect).map_err(|error| failed(error.to_string()))
        };
        let route = match info.addr() {
            ConnectionAddr::Tcp(host, port) => Route::Tcp(resolve(host, *port)?),
            ConnectionAddr::Unix(path) => Route::Unix(path.clone()),
            ConnectionAddr::TcpTls { host, port, insecure: false, .. } => {
                let name = ServerName::try_from(host.clone()).map_err(|error| failed(error.to_string()))?;
                Route::Tls(resolve(host, *port)?, name, tls_config().map_err(failed)?)
            }
            _ => {
                return Err(failed(
                    "an address of this kind cannot be connected to without checking certificates".to_owned(),
                ));
            }
        };
        Ok(Dialer { greeting: greeting(info.redis_settings()), shown, route })
    }

    /// A new connection, let in and at its database, within `timeout`. `timeout` is also how long each of its requests may take;
    /// `seed` feeds its random numbers.
    ///
    /// # Errors
    /// When nothing answers in time, or the server does not let us in.
    pub async fn dial(&self, reactor: &Reactor, timeout: Duration, seed: u64) -> Result<Wire, DialError> {
        let failed = |detail: String| DialError { address: self.shown.clone(), detail };
        let dialled = reactor.within(timeout, async {
            let connection = self.connect(reactor).await.map_err(|error| failed(error.to_string()))?;
            let wire = Wire::new(connection, timeout, seed);
            for cmd in &self.greeting {
                // The name of the command, never its arguments: a password may be among them.
                wire.command(cmd.clone()).await.map_err(|error| failed(error.to_string()))?;
            }
            Ok(wire)
        });
        dialled.await.unwrap_or_else(|| Err(failed(format!("nothing answered within {} ms", timeout.as_millis()))))
    }

    async fn connect(&self, reactor: &Reactor) -> io::Result<Connection> {
        let over = |socket: io::Result<Socket>| async {
            let connection = Connection::new(reactor, socket?)?;
            connection.connected().await?;
            Ok(connection)
        };
        let addresses = match &self.route {
            Route::Unix(path) => return over(Socket::unix(path)).await,
            Route::Tcp(addresses) | Route::Tls(addresses, ..) => addresses,
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            let socket = match &self.route {
                Route::Tls(_, name, config) => Socket::tls(*address, name, config),
                _ => Socket::tcp(*address),
            };
            match over(socket).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// What a server hears first.
fn greeting(settings: &redis::RedisConnectionInfo) -> Vec<Cmd> {
    let mut greeting = Vec::new();
    let credentials = settings.password().map(|password| (settings.username(), password));
    if settings.protocol() == ProtocolVersion::RESP3 {
        let mut hello = redis::cmd("HELLO");
        hello.arg(3);
        if let Some((user, password)) = credentials {
            hello.arg("AUTH").arg(user.unwrap_or("default")).arg(password);
        }
        greeting.push(hello);
    } else if let Some((user, password)) = credentials {
        let mut auth = redis::cmd("AUTH");
        if let Some(user) = user {
            auth.arg(user);
        }
        auth.arg(password);
        greeting.push(auth);
    }
    if settings.db() != 0 {
        let mut select = redis::cmd("SELECT");
        select.arg(settings.db());
        greeting.push(select);
    }
    greeting
}

/// The system's certificates, as for the reference client.
fn tls_config() -> Result<Arc<rustls::ClientConfig>, String> {
    let mut found = rustls_native_certs::load_native_certs();
    if let Some(error) = found.errors.pop() {
        return Err(format!("the system's certificates cannot be read: {error}"));
    }
    let mut roots = rustls::RootCertStore::empty();
    for certificate in found.certs {
        roots.add(certificate).map_err(|error| format!("a certificate of the system cannot be used: {error}"))?;
    }
    Ok(Arc::new(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}
