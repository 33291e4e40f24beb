//! A client's side of a connection: requests are written, and replies come back in order and find whoever waits for them.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use redis::Value;

use super::channel::{Channel, Failure, State};
use super::reactor::Reactor;
use super::socket::Socket;

/// A connection. It is closed when it is dropped, and as soon as its state is in doubt: after a time-out, an error, or a
/// request that nobody waits for any more. A late reply can then never be taken for another's.
pub(super) struct Connection {
    reactor: Reactor,
    channel: Rc<Channel>,
}

impl Connection {
    /// Takes a socket that may still be connecting.
    pub(super) fn new(reactor: &Reactor, socket: Socket) -> io::Result<Connection> {
        let channel = Rc::new(Channel::new(socket));
        reactor.watch(&channel)?;
        Ok(Connection { reactor: reactor.clone(), channel })
    }

    pub(super) fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    /// Waits until the connection is there.
    pub(super) async fn connected(&self) -> io::Result<()> {
        poll_fn(|_| match self.channel.state().connected(&self.reactor) {
            Ok(true) => Poll::Ready(Ok(())),
            Ok(false) => {
                self.reactor.await_reply(&self.channel, u64::MAX);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        })
        .await
    }

    /// Whether it can be used no more.
    pub(super) fn is_closed(&self) -> bool {
        self.channel.state().socket.is_none()
    }

    /// Sends `requests` requests that `write` appends to what goes out; the number of the first. They leave when the task that
    /// asked for them waits, with those of others who got their replies together with it.
    #[inline]
    pub(super) fn send(&self, requests: u64, write: impl FnOnce(&mut Vec<u8>)) -> Result<u64, Failure> {
        let mut state = self.channel.state();
        if state.socket.is_none() {
            return Err(Failure::Closed);
        }
        let first = state.replies.sent;
        state.replies.sent += requests;
        drop(state);
        self.reactor.write(&self.channel, write);
        Ok(first)
    }

    /// See [`Channel::time_next`].
    #[inline]
    pub(super) fn time_next(&self) {
        self.channel.time_next();
    }

    /// See [`Channel::left_ns`].
    #[inline]
    pub(super) fn left_ns(&self) -> Option<u64> {
        self.channel.left_ns()
    }

    /// Waits for the reply to a request. The reply must come before `deadline_ns`, as the loop's time-outs go.
    #[inline]
    pub(super) fn reply(&self, request: u64, deadline_ns: u64) -> Reply<'_> {
        Reply { connection: self, request, deadline_ns, over: false }
    }

    /// A reply that is left may be another task's, which was asked while this one came first.
    #[inline]
    fn wake_others(&self, state: &State) {
        if state.replies.are_left() {
            self.reactor.wake(&self.channel);
        }
    }

    fn close(&self, failure: Failure) {
        // What was asked before has been asked.
        self.reactor.hand_over();
        self.channel.state().close(&self.reactor, failure);
        // Others may wait for replies on it, which will not come.
        self.reactor.wake(&self.channel);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close(Failure::Closed);
    }
}

/// The reply to a request. Whoever stops waiting for it leaves one behind that nobody is there for: the connection is closed.
pub(super) struct Reply<'a> {
    connection: &'a Connection,
    request: u64,
    deadline_ns: u64,
    over: bool,
}

impl Future for Reply<'_> {
    type Output = Result<Value, Failure>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<Value, Failure>> {
        let Connection { reactor, channel } = self.connection;
        let mut state = channel.state();
        if let Some(reply) = state.replies.take(self.request) {
            self.connection.wake_others(&state);
            self.over = true;
            return Poll::Ready(Ok(reply));
        }
        if state.socket.is_none() {
            self.over = true;
            return Poll::Ready(Err(state.failure.clone().unwrap_or(Failure::Closed)));
        }
        if reactor.seen_ns() >= self.deadline_ns {
            state.close(reactor, Failure::Lost("another request on it had no reply in time".to_owned()));
            self.over = true;
            return Poll::Ready(Err(Failure::TimedOut));
        }
        reactor.await_reply(channel, self.deadline_ns);
        Poll::Pending
    }
}

impl Drop for Reply<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.over {
            self.connection.close(Failure::Lost("a request on it was given up".to_owned()));
        }
    }
}
