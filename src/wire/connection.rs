//! One connection: requests go out at once, replies come back in order and find whoever waits for them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::Poll;

use redis::Value;

use super::decode::Decoder;
use super::reactor::{INCOMING_BYTES, Reactor, Readiness};
use super::socket::{Found, Socket};

/// Why a request has no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The connection was closed before; nothing was sent.
    Closed,
    /// No reply in time.
    TimedOut,
    /// The connection ended.
    Lost(String),
}

/// A connection. It is closed when it is dropped, and as soon as its state is in doubt: after a time-out, an error, or a
/// request that nobody waits for any more. A late reply can then never be taken for another's.
pub(super) struct Connection {
    reactor: Reactor,
    readiness: Rc<Readiness>,
    number: usize,
    state: RefCell<State>,
}

struct State {
    /// `None` once closed.
    socket: Option<Socket>,
    /// What the system did not take at once.
    outbox: Vec<u8>,
    /// Bytes of the outbox that are on their way.
    gone: usize,
    /// The poller is asked when the socket can be written.
    watching_writable: bool,
    /// A reply whose end has not come; it grows with the replies.
    inbox: Vec<u8>,
    /// The part of the inbox that has not been read yet.
    begin: usize,
    end: usize,
    replies: Replies,
    /// What ended the connection.
    failure: Option<Failure>,
}

/// What has come in answer to what was sent.
#[derive(Default)]
struct Replies {
    decoder: Decoder,
    /// Replies that nobody has taken yet; the first is that to request number `first`.
    waiting: VecDeque<Value>,
    first: u64,
    /// Requests sent so far.
    sent: u64,
}

impl Connection {
    /// Takes a socket that may still be connecting.
    pub(super) fn new(reactor: &Reactor, mut socket: Socket) -> io::Result<Connection> {
        let (number, readiness) = reactor.watch(&mut Source(&mut socket))?;
        Ok(Connection {
            reactor: reactor.clone(),
            readiness,
            number,
            state: RefCell::new(State {
                socket: Some(socket),
                outbox: Vec::new(),
                gone: 0,
                watching_writable: true,
                inbox: Vec::new(),
                begin: 0,
                end: 0,
                replies: Replies::default(),
                failure: None,
            }),
        })
    }

    pub(super) fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    /// Waits until the connection is there.
    pub(super) async fn connected(&self) -> io::Result<()> {
        poll_fn(|_| {
            let mut state = self.state.borrow_mut();
            let connected = state.socket.as_ref().map_or(Ok(false), Socket::connected);
            match connected {
                Ok(true) => Poll::Ready(self.stop_watching_writable(&mut state)),
                Ok(false) => {
                    self.reactor.when_readable(&self.readiness, u64::MAX);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            }
        })
        .await
    }

    /// Whether it can be used no more.
    pub(super) fn is_closed(&self) -> bool {
        self.state.borrow().socket.is_none()
    }

    /// Sends `requests` requests that `write` appends to what goes out; the number of the first.
    #[inline]
    pub(super) fn send(&self, requests: u64, write: impl FnOnce(&mut Vec<u8>)) -> Result<u64, Failure> {
        let mut state = self.state.borrow_mut();
        if state.socket.is_none() {
            return Err(Failure::Closed);
        }
        let first = state.replies.sent;
        state.replies.sent += requests;
        if let Err(error) = self.write(&mut state, write) {
            return Err(self.close(&mut state, lost(&error)));
        }
        Ok(first)
    }

    /// Hands over what `write` appends; what the system does not take is kept.
    #[inline]
    fn write(&self, state: &mut State, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let Some(socket) = state.socket.as_mut().filter(|_| state.outbox.is_empty()) else {
            write(&mut state.outbox);
            return self.flush(state);
        };
        let out = &mut *self.reactor.outgoing();
        out.clear();
        write(out);
        let written = socket.write(out)?;
        state.outbox.extend_from_slice(&out[written..]);
        self.flush(state)
    }

    /// Waits for the reply to a request. The reply must come before `deadline_ns`, as the loop's time-outs go.
    pub(super) async fn reply(&self, request: u64, deadline_ns: u64) -> Result<Value, Failure> {
        let mut waiting = Waiting { connection: self, over: false };
        let reply = poll_fn(|_| self.poll_reply(request, deadline_ns)).await;
        waiting.over = true;
        reply
    }

    fn poll_reply(&self, request: u64, deadline_ns: u64) -> Poll<Result<Value, Failure>> {
        let mut guard = self.state.borrow_mut();
        let state = &mut *guard;
        if let Some(reply) = self.take(state, request) {
            return Poll::Ready(Ok(reply));
        }
        if state.socket.is_none() {
            return Poll::Ready(Err(state.failure.clone().unwrap_or(Failure::Closed)));
        }
        let mut wanted = Wanted { request, reply: None };
        let read = self.flush(state).and_then(|()| self.fill(state, &mut wanted));
        if let Some(reply) = wanted.reply {
            self.wake_others(state);
            // What ended the connection after this reply is the next request's business.
            if let Err(error) = read {
                self.close(state, lost(&error));
            }
            return Poll::Ready(Ok(reply));
        }
        if let Err(error) = read {
            return Poll::Ready(Err(self.close(state, lost(&error))));
        }
        if self.reactor.seen_ns() >= deadline_ns {
            return Poll::Ready(Err(self.close(state, Failure::TimedOut)));
        }
        self.reactor.when_readable(&self.readiness, deadline_ns);
        Poll::Pending
    }

    /// The reply to a request, if it is there and those before it were taken.
    #[inline]
    fn take(&self, state: &mut State, request: u64) -> Option<Value> {
        let replies = &mut state.replies;
        let reply = if replies.first == request { replies.waiting.pop_front() } else { None }?;
        replies.first += 1;
        self.wake_others(state);
        Some(reply)
    }

    /// A reply that is left may be another task's, which was asked while this one came first.
    #[inline]
    fn wake_others(&self, state: &State) {
        if !state.replies.waiting.is_empty() {
            self.reactor.wake(&self.readiness);
        }
    }

    /// Hands out what waits to go out, as far as the system takes it.
    #[inline]
    fn flush(&self, state: &mut State) -> io::Result<()> {
        let Some(socket) = &mut state.socket else { return Ok(()) };
        while state.gone < state.outbox.len() {
            match socket.write(&state.outbox[state.gone..])? {
                0 => break,
                written => state.gone += written,
            }
        }
        if socket.holds_back() {
            socket.flush()?;
        }
        if state.gone == state.outbox.len() && !socket.holds_back() {
            state.outbox.clear();
            state.gone = 0;
            self.stop_watching_writable(state)
        } else if state.watching_writable {
            Ok(())
        } else {
            state.watching_writable = true;
            self.reactor.interest(&mut Source(socket), self.number, true)
        }
    }

    #[inline]
    fn stop_watching_writable(&self, state: &mut State) -> io::Result<()> {
        match &mut state.socket {
            Some(socket) if state.watching_writable => {
                state.watching_writable = false;
                self.reactor.interest(&mut Source(socket), self.number, false)
            }
            _ => Ok(()),
        }
    }

    /// Reads what has come and takes the replies out of it.
    fn fill(&self, state: &mut State, wanted: &mut Wanted) -> io::Result<()> {
        while self.readiness.readable.get() {
            let Some(socket) = &mut state.socket else { return Ok(()) };
            let found = if state.begin == state.end {
                let mut incoming = self.reactor.incoming();
                let found = socket.read(&mut incoming)?;
                let come = &incoming[..count(&found)];
                let taken = state.replies.read(come, wanted)?;
                keep(&mut state.inbox, &come[taken..]);
                (state.begin, state.end) = (0, come.len() - taken);
                found
            } else {
                if state.end == state.inbox.len() {
                    make_room(&mut state.inbox, &mut state.begin, &mut state.end);
                }
                let found = socket.read(&mut state.inbox[state.end..])?;
                state.end += count(&found);
                state.begin += state.replies.read(&state.inbox[state.begin..state.end], wanted)?;
                found
            };
            if !matches!(found, Found::More(_)) {
                self.readiness.readable.set(false);
            }
            if matches!(found, Found::End) {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it"));
            }
        }
        Ok(())
    }

    fn close(&self, state: &mut State, failure: Failure) -> Failure {
        if let Some(mut socket) = state.socket.take() {
            self.reactor.forget(&mut Source(&mut socket), self.number);
            state.failure = Some(match &failure {
                Failure::TimedOut => Failure::Lost("another request on it had no reply in time".to_owned()),
                other => other.clone(),
            });
        }
        failure
    }
}

/// The reply that somebody reads for.
struct Wanted {
    request: u64,
    reply: Option<Value>,
}

impl Replies {
    /// Takes every whole reply from the front of what came; so many bytes are done with. What the server says unasked is
    /// dropped.
    #[inline]
    fn read(&mut self, come: &[u8], wanted: &mut Wanted) -> io::Result<usize> {
        let mut begin = 0;
        while begin < come.len() {
            let read = self.decoder.next(&come[begin..]);
            let (taken, reply) = read.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            begin += taken;
            match reply {
                None => break,
                Some(Value::Push { .. }) => {}
                Some(_) if self.first + self.waiting.len() as u64 == self.sent => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a reply came that nobody asked for"));
                }
                // Whoever reads is nearly always the one who waits.
                Some(reply) if self.waiting.is_empty() && self.first == wanted.request => {
                    self.first += 1;
                    wanted.reply = Some(reply);
                }
                Some(reply) => self.waiting.push_back(reply),
            }
        }
        Ok(begin)
    }
}

/// How many bytes were found.
#[inline]
fn count(found: &Found) -> usize {
    match *found {
        Found::More(count) | Found::All(count) => count,
        Found::End => 0,
    }
}

/// Puts the beginning of a reply, no longer than what is read at once, to the front of an inbox that is free.
#[inline]
fn keep(inbox: &mut Vec<u8>, beginning: &[u8]) {
    if !beginning.is_empty() {
        if inbox.len() < INCOMING_BYTES {
            inbox.resize(INCOMING_BYTES, 0);
        }
        inbox[..beginning.len()].copy_from_slice(beginning);
    }
}

/// Moves what has not been read to the front, or doubles the room where that frees less than half of it.
fn make_room(inbox: &mut Vec<u8>, begin: &mut usize, end: &mut usize) {
    inbox.copy_within(*begin..*end, 0);
    (*begin, *end) = (0, *end - *begin);
    if *end > inbox.len() / 2 {
        inbox.resize(inbox.len() * 2, 0);
    }
}

fn lost(error: &io::Error) -> Failure {
    Failure::Lost(error.to_string())
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(mut socket) = self.state.get_mut().socket.take() {
            self.reactor.forget(&mut Source(&mut socket), self.number);
        }
    }
}

/// Whoever stops waiting for a reply leaves one behind that nobody is there for: the connection is closed.
struct Waiting<'a> {
    connection: &'a Connection,
    over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.over {
            let why = Failure::Lost("a request on it was given up".to_owned());
            self.connection.close(&mut self.connection.state.borrow_mut(), why);
        }
    }
}

/// A socket for the poller, whatever kind it is.
struct Source<'a>(&'a mut Socket);

impl mio::event::Source for Source<'_> {
    fn register(&mut self, registry: &mio::Registry, token: mio::Token, interests: mio::Interest) -> io::Result<()> {
        self.0.source().register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &mio::Registry, token: mio::Token, interests: mio::Interest) -> io::Result<()> {
        self.0.source().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &mio::Registry) -> io::Result<()> {
        self.0.source().deregister(registry)
    }
}
