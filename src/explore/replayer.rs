//! Executes schedules beside the search, on a second server, so that neither waits for the other.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::again::{Again, execute};
use super::error::ExploreError;
use super::server::Server;
use super::world::Time;
use crate::queue::Script;

/// Batches that wait to be executed, at the most: then the search waits.
const WAITING_MAX: usize = 256;

/// A server and, while there is something to do, a thread.
pub(super) struct Replayer {
    time: Time,
    idle: Option<Server>,
    busy: Option<Busy>,
}

struct Busy {
    batches: SyncSender<Vec<Again>>,
    thread: JoinHandle<(Server, Result<(), ExploreError>)>,
}

impl Replayer {
    pub(super) fn new(time: Time) -> Replayer {
        Replayer { time, idle: None, busy: None }
    }

    /// Has a batch executed. A difference in an earlier one may come out here.
    pub(super) fn submit(&mut self, batch: Vec<Again>, scripts: &[&Script]) -> Result<(), ExploreError> {
        if self.busy.is_none() {
            let mut server = match self.idle.take() {
                Some(server) => server,
                None => Server::start(scripts, self.time)?,
            };
            let (batches, waiting) = sync_channel::<Vec<Again>>(WAITING_MAX);
            let work = move || {
                let done = waiting.iter().try_for_each(|batch| execute(&batch, &mut server));
                (server, done)
            };
            let thread = std::thread::Builder::new().name("replays".to_owned()).spawn(work);
            let thread = thread.map_err(|error| ExploreError::ServerLost(format!("no thread for replays: {error}")))?;
            self.busy = Some(Busy { batches, thread });
        }
        match &self.busy {
            Some(busy) if busy.batches.send(batch).is_ok() => Ok(()),
            // It has ended, and says why.
            _ => self.settle(),
        }
    }

    /// Writes to its server; known once everything was executed.
    pub(super) fn round_trips(&self) -> u64 {
        self.idle.as_ref().map_or(0, Server::round_trips)
    }

    /// Waits until everything was executed.
    pub(super) fn settle(&mut self) -> Result<(), ExploreError> {
        let Some(Busy { batches, thread }) = self.busy.take() else { return Ok(()) };
        drop(batches);
        let (server, done) =
            thread.join().map_err(|_| ExploreError::internal("the thread that replays schedules panicked"))?;
        self.idle = Some(server);
        done
    }
}
