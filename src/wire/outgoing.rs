//! What tasks have written and the system has not been given yet.

use std::rc::Rc;

use super::channel::Channel;
use super::reactor::Reactor;

/// Requests in the order written, one behind the other: a buffer of each connection's own would be out of the cache whenever its
/// turn comes.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    /// Who wrote, and up to where.
    parts: Vec<(Rc<Channel>, usize)>,
}

impl Outgoing {
    /// Requests that wait.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Appends what goes out on a connection.
    #[inline]
    pub(super) fn write(&mut self, channel: &Rc<Channel>, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.parts.push((Rc::clone(channel), self.bytes.len()));
    }

    /// Gives the system all requests. What it does not take is the connection's own business.
    #[inline]
    pub(super) fn hand_over(&mut self, reactor: &Reactor) {
        self.hand_over_from(0, reactor);
    }

    /// Gives it those behind the first `waiting`, which go on waiting; or all, if one of them is behind another on the same
    /// connection.
    pub(super) fn overtake(&mut self, waiting: usize, reactor: &Reactor) {
        let (before, these) = self.parts.split_at(waiting.min(self.parts.len()));
        let behind = |(channel, _): &(Rc<Channel>, usize)| before.iter().any(|(other, _)| Rc::ptr_eq(channel, other));
        let from = if these.iter().any(behind) { 0 } else { waiting };
        self.hand_over_from(from, reactor);
    }

    #[inline]
    fn hand_over_from(&mut self, from: usize, reactor: &Reactor) {
        if self.parts.len() <= from {
            return;
        }
        let begin = from.checked_sub(1).map_or(0, |before| self.parts[before].1);
        let mut at = begin;
        for (channel, end) in self.parts.drain(from..) {
            channel.transmit(reactor, &self.bytes[at..end]);
            at = end;
        }
        self.bytes.truncate(begin);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use mio::net::UnixStream;

    use super::*;
    use crate::model::Pacer;
    use crate::wire::Clock;
    use crate::wire::socket::Socket;

    /// A connection, and the other end of it.
    fn pair(reactor: &Reactor) -> (Rc<Channel>, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let channel = Rc::new(Channel::new(Socket::Unix(ours)));
        reactor.watch(&channel).unwrap();
        (channel, theirs)
    }

    fn heard(mut stream: &UnixStream) -> String {
        let mut bytes = [0; 64];
        let count = stream.read(&mut bytes).unwrap_or_default();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }

    #[test]
    fn what_is_due_goes_out_before_what_waits_but_not_before_what_was_asked_on_the_same_connection() {
        let reactor = Reactor::new(Clock::start(), Pacer::Sleep, 1_000_000).unwrap();
        let ((first, of_first), (second, of_second)) = (pair(&reactor), pair(&reactor));
        let mut outgoing = Outgoing::default();
        let say =
            |outgoing: &mut Outgoing, channel, word: &str| outgoing.write(channel, |out| out.extend(word.bytes()));
        say(&mut outgoing, &first, "a");
        say(&mut outgoing, &first, "b");
        say(&mut outgoing, &second, "due");
        assert_eq!(outgoing.len(), 3);
        outgoing.overtake(2, &reactor);
        assert_eq!((outgoing.len(), heard(&of_first).as_str(), heard(&of_second).as_str()), (2, "", "due"));
        // Behind a and b on the same connection.
        say(&mut outgoing, &first, "c");
        say(&mut outgoing, &second, "d");
        outgoing.overtake(2, &reactor);
        assert_eq!((outgoing.len(), heard(&of_first).as_str(), heard(&of_second).as_str()), (0, "abc", "d"));
        say(&mut outgoing, &second, "e");
        outgoing.hand_over(&reactor);
        assert_eq!((outgoing.len(), heard(&of_second).as_str()), (0, "e"));
        outgoing.hand_over(&reactor);
        assert_eq!((heard(&of_first).as_str(), heard(&of_second).as_str()), ("", ""));
    }
}
