//! The loop's side of a connection: the socket, what is on its way in either direction, and who waits for it.
//!
//! The loop itself reads and writes: before it polls the task that a reply is for, and after that task has asked for the next
//! one. A task is a dozen calls deep where it asks; where the kernel's measures against speculation leave nothing of what the
//! processor had noted of the callers, a system call from there is followed by as many mispredicted returns.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::VecDeque;
use std::io;

use redis::Value;

use super::decode::Decoder;
use super::reactor::{INCOMING_BYTES, Reactor, TaskId};
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

/// A socket that the loop watches.
pub(super) struct Channel {
    state: RefCell<State>,
    /// Who is polled when something came.
    tasks: RefCell<Vec<TaskId>>,
    /// When the earliest reply that somebody waits for is overdue.
    overdue_ns: Cell<Option<u64>>,
    left: Cell<Left>,
}

/// When a request left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Nobody asked.
    Unasked,
    /// The next one is to be timed.
    Asked,
    /// By the loop's clock, ns, right before it was handed over.
    At(u64),
}

/// What is known of the other side and owed to it.
pub(super) struct State {
    /// `None` once closed.
    pub(super) socket: Option<Socket>,
    /// The socket's number in its loop.
    number: usize,
    /// Until the connection is there, nothing is read: that would take away the reason why it never will be.
    connecting: bool,
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
    pub(super) replies: Replies,
    /// What ended the connection.
    pub(super) failure: Option<Failure>,
}

/// What has come in answer to what was sent.
#[derive(Default)]
pub(super) struct Replies {
    decoder: Decoder,
    /// Replies that nobody has taken yet; the first is that to request number `first`.
    waiting: VecDeque<Value>,
    first: u64,
    /// Requests written so far.
    pub(super) sent: u64,
}

impl Channel {
    /// Of a socket that may still be connecting.
    pub(super) fn new(socket: Socket) -> Channel {
        Channel {
            state: RefCell::new(State {
                socket: Some(socket),
                number: 0,
                connecting: true,
                outbox: Vec::new(),
                gone: 0,
                watching_writable: true,
                inbox: Vec::new(),
                begin: 0,
                end: 0,
                replies: Replies::default(),
                failure: None,
            }),
            tasks: RefCell::default(),
            overdue_ns: Cell::default(),
            left: Cell::new(Left::Unasked),
        }
    }

    /// The request that leaves next is to be timed.
    #[inline]
    pub(super) fn time_next(&self) {
        self.left.set(Left::Asked);
    }

    /// When the request left that was to be timed, ns; `None`: none did.
    #[inline]
    pub(super) fn left_ns(&self) -> Option<u64> {
        match self.left.get() {
            Left::At(at_ns) => Some(at_ns),
            Left::Unasked | Left::Asked => None,
        }
    }

    #[inline]
    pub(super) fn state(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    /// A task waits for what comes here, until `overdue_ns`.
    #[inline]
    pub(super) fn awaited_by(&self, task: TaskId, overdue_ns: u64) {
        let mut tasks = self.tasks.borrow_mut();
        if tasks.last() != Some(&task) {
            tasks.push(task);
        }
        self.overdue_ns.set(Some(self.overdue_ns.get().map_or(overdue_ns, |earlier| earlier.min(overdue_ns))));
    }

    /// Until when somebody waits for a reply; `u64::MAX`: for a connection. `None`: nobody waits.
    pub(super) fn awaited_until_ns(&self) -> Option<u64> {
        self.overdue_ns.get().filter(|_| !self.tasks.borrow().is_empty())
    }

    /// How many tasks wait.
    #[inline]
    pub(super) fn awaiting(&self) -> usize {
        self.tasks.borrow().len()
    }

    /// The task that has waited longest; it waits no more.
    #[inline]
    pub(super) fn next_task(&self) -> Option<TaskId> {
        let mut tasks = self.tasks.borrow_mut();
        // Nearly always there is one.
        if tasks.len() < 2 { tasks.pop() } else { Some(tasks.remove(0)) }
    }

    /// Whether somebody's time is up; it is told once.
    pub(super) fn is_overdue(&self, now_ns: u64) -> bool {
        let overdue = self.overdue_ns.get().is_some_and(|overdue_ns| overdue_ns <= now_ns);
        if overdue {
            self.overdue_ns.set(None);
        }
        overdue
    }

    /// Reads what has come and takes the replies out of it, and sends what was kept back. `ended`: the other side sends no more.
    #[inline]
    pub(super) fn receive(&self, reactor: &Reactor, ended: bool) {
        let state = &mut *self.state();
        if state.connecting {
            return;
        }
        if let Err(error) =
            state.flush(reactor).and_then(|()| state.fill(reactor, ended)).and_then(|()| state.flush(reactor))
        {
            state.close(reactor, lost(&error));
        }
    }

    /// Hands over what was written; what the system does not take is kept.
    #[inline]
    pub(super) fn transmit(&self, reactor: &Reactor, bytes: &[u8]) {
        if self.left.get() == Left::Asked {
            self.left.set(Left::At(reactor.now_ns()));
        }
        let state = &mut *self.state();
        if let Err(error) = state.transmit(reactor, bytes) {
            state.close(reactor, lost(&error));
            // Whoever waits for the reply hears that there will be none.
            reactor.wake(self);
        }
    }
}

impl State {
    /// The number under which the loop watches the socket.
    pub(super) fn watched_as(&mut self, number: usize) {
        self.number = number;
    }

    /// Whether the connection is there now; an error says why it will never be.
    pub(super) fn connected(&mut self, reactor: &Reactor) -> io::Result<bool> {
        let connected = self.socket.as_ref().map_or(Ok(false), Socket::connected)?;
        if connected {
            self.connecting = false;
            self.stop_watching_writable(reactor)?;
        }
        Ok(connected)
    }

    #[inline]
    fn transmit(&mut self, reactor: &Reactor, bytes: &[u8]) -> io::Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        let written = if self.outbox.is_empty() { socket.write(bytes)? } else { 0 };
        if written < bytes.len() {
            self.outbox.extend_from_slice(&bytes[written..]);
        }
        self.flush(reactor)
    }

    /// Hands out what waits to go out, as far as the system takes it.
    #[inline]
    fn flush(&mut self, reactor: &Reactor) -> io::Result<()> {
        match &self.socket {
            Some(socket) if !self.outbox.is_empty() || socket.holds_back() => self.flush_now(reactor),
            _ => self.stop_watching_writable(reactor),
        }
    }

    #[cold]
    fn flush_now(&mut self, reactor: &Reactor) -> io::Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        while self.gone < self.outbox.len() {
            match socket.write(&self.outbox[self.gone..])? {
                0 => break,
                written => self.gone += written,
            }
        }
        if socket.holds_back() {
            socket.flush()?;
        }
        if self.gone == self.outbox.len() && !socket.holds_back() {
            self.outbox.clear();
            self.gone = 0;
            self.stop_watching_writable(reactor)
        } else if self.watching_writable {
            Ok(())
        } else {
            self.watching_writable = true;
            reactor.interest(&mut Source(socket), self.number, true)
        }
    }

    #[inline]
    fn stop_watching_writable(&mut self, reactor: &Reactor) -> io::Result<()> {
        match &mut self.socket {
            Some(socket) if self.watching_writable => {
                self.watching_writable = false;
                reactor.interest(&mut Source(socket), self.number, false)
            }
            _ => Ok(()),
        }
    }

    /// Reads until nothing is left: the poller tells only of what comes anew.
    #[inline]
    fn fill(&mut self, reactor: &Reactor, ended: bool) -> io::Result<()> {
        loop {
            let Some(socket) = &mut self.socket else { return Ok(()) };
            let found = if self.begin == self.end {
                let mut incoming = reactor.incoming();
                let found = socket.read(&mut incoming)?;
                let come = &incoming[..count(&found)];
                let taken = self.replies.read(come)?;
                keep(&mut self.inbox, &come[taken..]);
                (self.begin, self.end) = (0, come.len() - taken);
                found
            } else {
                if self.end == self.inbox.len() {
                    make_room(&mut self.inbox, &mut self.begin, &mut self.end);
                }
                let found = socket.read(&mut self.inbox[self.end..])?;
                self.end += count(&found);
                self.begin += self.replies.read(&self.inbox[self.begin..self.end])?;
                found
            };
            match found {
                // The end comes behind the last bytes, and the poller has told of it already.
                Found::All(1..) if ended => {}
                Found::All(_) => return Ok(()),
                Found::More(_) => {}
                Found::End => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it")),
            }
        }
    }

    /// Closes it, if it is not closed yet; later requests hear what ended it.
    pub(super) fn close(&mut self, reactor: &Reactor, failure: Failure) {
        if let Some(mut socket) = self.socket.take() {
            reactor.forget(&mut Source(&mut socket), self.number);
            self.failure = Some(failure);
        }
    }

    /// What the poller is given.
    pub(super) fn source(&mut self) -> Option<impl mio::event::Source + '_> {
        self.socket.as_mut().map(Source)
    }
}

impl Replies {
    /// The reply to a request, if it is there and those before it were taken.
    #[inline]
    pub(super) fn take(&mut self, request: u64) -> Option<Value> {
        let reply = if self.first == request { self.waiting.pop_front() } else { None }?;
        self.first += 1;
        Some(reply)
    }

    /// Whether replies are left that nobody has taken.
    #[inline]
    pub(super) fn are_left(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes every whole reply from the front of what came; so many bytes are done with. What the server says unasked is
    /// dropped.
    #[inline]
    fn read(&mut self, come: &[u8]) -> io::Result<usize> {
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
