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

    /// Where those that may go out before the others begin: at `from`, unless one of them is behind another on the same
    /// connection.
    pub(super) fn from_or_all(&self, from: usize) -> usize {
        let (before, these) = self.parts.split_at(from.min(self.parts.len()));
        let behind = |(channel, _): &(Rc<Channel>, usize)| before.iter().any(|(other, _)| Rc::ptr_eq(channel, other));
        if these.iter().any(behind) { 0 } else { from }
    }

    /// Gives the system all requests but for the first ones, each with the time at which it left, if somebody asked for that.
    /// What the system does not take is the connection's own business.
    #[inline]
    pub(super) fn hand_over(&mut self, reactor: &Reactor, from: usize) {
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
