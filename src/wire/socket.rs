//! A socket to the server that never blocks: TCP, a unix socket, or TLS over TCP.
//!
//! Bytes go through `send` and `recv`: `write` and `read` of a socket take the way of files, which costs the system a twentieth more.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use mio::net::{TcpStream, UnixStream};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;

/// A connection that has ended is an error like any other, and no signal. Where there is no such flag, what the Rust runtime does
/// at the start of a program is enough: it ignores that signal.
#[cfg(target_os = "linux")]
const QUIETLY: SendFlags = SendFlags::NOSIGNAL;
#[cfg(not(target_os = "linux"))]
const QUIETLY: SendFlags = SendFlags::empty();

/// A socket.
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<Tls>),
}

pub(super) struct Tls {
    tcp: TcpStream,
    session: ClientConnection,
}

/// What a call on a socket found.
#[derive(Debug)]
pub(super) enum Found {
    /// So many bytes, and there may be more.
    More(usize),
    /// So many bytes, perhaps none, and no more for now.
    All(usize),
    /// The other side has closed.
    End,
}

impl Socket {
    pub(super) fn tcp(address: SocketAddr) -> io::Result<Socket> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Socket::Tcp(stream))
    }

    pub(super) fn unix(path: &Path) -> io::Result<Socket> {
        UnixStream::connect(path).map(Socket::Unix)
    }

    pub(super) fn tls(
        address: SocketAddr,
        name: &ServerName<'static>,
        config: &Arc<rustls::ClientConfig>,
    ) -> io::Result<Socket> {
        let tcp = TcpStream::connect(address)?;
        tcp.set_nodelay(true)?;
        let session = ClientConnection::new(Arc::clone(config), name.clone()).map_err(io::Error::other)?;
        Ok(Socket::Tls(Box::new(Tls { tcp, session })))
    }

    /// Whether a connection that was begun is there now; an error says why it will never be.
    pub(super) fn connected(&self) -> io::Result<bool> {
        let (error, peer) = match self {
            Socket::Tcp(stream) => (stream.take_error()?, stream.peer_addr().map(drop)),
            Socket::Tls(tls) => (tls.tcp.take_error()?, tls.tcp.peer_addr().map(drop)),
            Socket::Unix(stream) => (stream.take_error()?, stream.peer_addr().map(drop)),
        };
        match (error, peer) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(true),
            (None, Err(error)) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            (None, Err(error)) => Err(error),
        }
    }

    /// What the poller is given.
    pub(super) fn source(&mut self) -> &mut dyn mio::event::Source {
        match self {
            Socket::Tcp(stream) => stream,
            Socket::Unix(stream) => stream,
            Socket::Tls(tls) => &mut tls.tcp,
        }
    }

    /// Reads what is there, up to the length of the buffer.
    #[inline]
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Found> {
        let room = buffer.len();
        let read = match self {
            Socket::Tcp(stream) => recv(stream, &mut *buffer, RecvFlags::empty()).map(|(read, _)| read),
            Socket::Unix(stream) => recv(stream, &mut *buffer, RecvFlags::empty()).map(|(read, _)| read),
            Socket::Tls(tls) => return tls.read(buffer),
        };
        match read {
            Ok(0) => Ok(Found::End),
            // Less than there was room for: a stream has no more, and the poller tells when something comes (epoll(7)).
            Ok(count) if count < room => Ok(Found::All(count)),
            Ok(count) => Ok(Found::More(count)),
            Err(Errno::AGAIN) => Ok(Found::All(0)),
            Err(Errno::INTR) => Ok(Found::More(0)),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes as much as the system takes now.
    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match self {
            Socket::Tcp(stream) => send(stream, bytes, QUIETLY),
            Socket::Unix(stream) => send(stream, bytes, QUIETLY),
            Socket::Tls(tls) => return tls.write(bytes),
        };
        match written {
            Err(Errno::AGAIN | Errno::INTR) => Ok(0),
            result => Ok(result?),
        }
    }

    /// Whether something that was written has not gone out yet.
    #[inline]
    pub(super) fn holds_back(&self) -> bool {
        matches!(self, Socket::Tls(tls) if tls.session.wants_write())
    }

    /// Sends what was held back, as far as the system takes it now.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Tls(tls) => tls.send(),
            _ => Ok(()),
        }
    }
}

impl Tls {
    /// Hands records to the system until it takes no more.
    fn send(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.tcp) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The session buffers what it is given, up to its limit, and also before the handshake is over. What it holds goes first:
        // else it might take nothing, and nothing would be left of which the poller could tell that it can be written.
        self.send()?;
        let taken = self.session.writer().write(bytes)?;
        self.send()?;
        Ok(taken)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Found> {
        loop {
            match self.session.reader().read(buffer) {
                Ok(0) => return Ok(Found::End),
                // The session may hold more, of which the poller knows nothing.
                Ok(count) => return Ok(Found::More(count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            match self.session.read_tls(&mut self.tcp) {
                Ok(0) => return Ok(Found::End),
                Ok(_) => {
                    let processed = self.session.process_new_packets();
                    // An alert for the other side, or the next message of the handshake.
                    self.send()?;
                    processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Found::All(0)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
