//! A line that has the same depth whenever a timed call begins.

use std::time::Duration;

use stanchion::queue::{Design, Live};
use stanchion::sweep::{Call, Line as Kept, LineError};

use crate::server::{PREFIX, Server};

/// A queue in which `depth` users wait, whenever a timed call begins.
pub struct Line<'a> {
    server: &'a Server,
    line: Kept<'a, Live>,
}

impl<'a> Line<'a> {
    /// Fills the line through the design's own join, so that the server holds what the design would.
    pub fn build(server: &'a Server, design: Design, depth: u64) -> Line<'a> {
        let mut line = Kept::new(server.target(), server.client(), design, PREFIX, depth);
        server.block_on(async {
            line.load_scripts().await.unwrap_or_else(unmeasurable);
            line.fill().await.unwrap_or_else(unmeasurable);
        });
        Line { server, line }
    }

    /// Carries out `calls` calls of this kind and adds up the time of these calls alone: not of what keeps the
    /// depth between them.
    pub fn time(&mut self, call: Call, calls: u64) -> Duration {
        let (server, line) = (self.server, &mut self.line);
        server.block_on(async {
            let mut total = Duration::ZERO;
            for _ in 0..calls {
                // Whoever joins leaves again: that wears out no line for the next who joins.
                if call != Call::Join && line.room(call) == 0 {
                    line.fill().await.unwrap_or_else(unmeasurable);
                }
                total += line.time(call).await.unwrap_or_else(unmeasurable);
                match call {
                    Call::Join => line.leave().await.unwrap_or_else(unmeasurable),
                    Call::Admit => drop(line.time(Call::Join).await.unwrap_or_else(unmeasurable)),
                    Call::Position => {}
                }
            }
            total
        })
    }
}

/// A wrong answer is no measurement: what it took says nothing about the call that was meant.
fn unmeasurable<T>(error: LineError) -> T {
    panic!("{error}")
}
