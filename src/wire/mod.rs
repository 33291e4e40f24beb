//! Bytes to and from the server, and the loop that waits for them.
//!
//! A load generator is measured by what it adds: CPU time an operation, and how late it sends. This room has a loop of its own,
//! one a thread, that knows exactly three things to wait for: a socket, the time, another thread. An operation is two
//! system calls, a send and a receive, and its share of a third, the wait for all sockets together; nothing is allocated or locked
//! on the way. `docs/benchmarks.md` has the comparison with the `redis` crate on tokio and with other load generators.
//!
//! The crate's own connection stays the reference: commands and replies are its types, and tests hold this room against it.

mod channel;
mod clock;
mod commands;
mod connection;
mod decode;
mod dial;
mod encode;
mod outgoing;
mod pacer;
mod reactor;
mod sleep;
mod socket;
mod virtual_time;

pub use clock::Clock;
pub use commands::Wire;
pub use dial::{DialError, Dialer};
pub use reactor::Reactor;
pub use virtual_time::VirtualTime;
