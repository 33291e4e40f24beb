//! The client that watches: it loads the scripts, counts who waits when the load is over, and drains the line.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::client::Client;
use super::control::Control;
use super::drain;
use super::engine::HEARTBEAT;
use super::shared::{Common, Shared};
use super::worker::overdue_every_ns;
use crate::history::{Record, Recorder};
use crate::model::{ClientId, Operation, Outcome, Pacer, Phase};
use crate::plan::op_id;
use crate::queue::{CallTally, Commands as _, Script, WaitingQueue};
use crate::wire::Reactor;

/// A client with a loop of its own, on the thread that watches over the cell.
pub(super) struct Warden<Q> {
    id: ClientId,
    shared: Rc<Shared<Q>>,
    recorder: Rc<RefCell<Recorder>>,
    client: Client<Q>,
}

impl<Q: WaitingQueue> Warden<Q> {
    pub(super) fn new(common: &Arc<Common>, queue: Q, id: ClientId) -> std::io::Result<Warden<Q>> {
        let reactor = Reactor::new(common.clock.clone(), Pacer::Sleep, overdue_every_ns(common.timeout))?;
        common.hear(&reactor);
        let shared = Rc::new(Shared {
            common: Arc::clone(common),
            reactor,
            queue,
            load_start_ns: Cell::new(0),
            tally: Rc::new(CallTally::default()),
            at_the_barrier: Cell::new(0),
            of_the_flood: 0,
        });
        let recorder = Rc::new(RefCell::new(Recorder::default()));
        let client = Client::new(id, Rc::clone(&shared), Rc::clone(&recorder));
        Ok(Warden { id, shared, recorder, client })
    }

    /// Whether there is a connection.
    pub(super) fn connect(&mut self) -> std::io::Result<bool> {
        self.shared.reactor.block_on(self.client.connect())
    }

    /// Makes the server remember a script.
    pub(super) fn load(&mut self, script: &Script) -> Result<(), String> {
        let Some(commands) = self.client.commands() else { return Ok(()) };
        let loaded =
            self.shared.reactor.block_on(commands.command(script.load())).map_err(|error| error.to_string())?;
        commands.take();
        loaded.map(drop).map_err(|error| error.to_string())
    }

    /// How many entries wait; `None` where the design cannot count them, or nobody answered.
    pub(super) fn waiting(&mut self, control: &Control) -> Option<u64> {
        let (id, reactor) = (self.id, self.shared.reactor.clone());
        let now_ns = reactor.now_ns();
        let asking = self.client.operate(op_id(id, 1), &Operation::Stats, Phase::Drain, now_ns);
        match unless_ended(&reactor, &self.shared.common, control, asking)? {
            Outcome::Stats(stats) => Some(stats.entries),
            _ => None,
        }
    }

    /// Admits until nobody waits; whether it came to that.
    pub(super) fn drain(&mut self, joins_max: u64, control: &Control) -> bool {
        let (id, reactor) = (self.id, self.shared.reactor.clone());
        let draining = drain::drain(&mut self.client, id, 2, joins_max, || reactor.now_ns());
        unless_ended(&reactor, &self.shared.common, control, draining).unwrap_or(false)
    }

    /// What it recorded.
    pub(super) fn take(&self) -> Vec<Record> {
        self.recorder.borrow_mut().take()
    }
}

/// Runs a future to its end, or gives it up when the cell is to end: `None`.
fn unless_ended<T>(reactor: &Reactor, common: &Common, control: &Control, work: impl Future<Output = T>) -> Option<T> {
    let ended = async {
        while !control.interrupted() && !common.is_stopped() {
            let pause_ns = reactor.now_ns() + crate::plan::nanos(HEARTBEAT);
            // On virtual time the pause may take as long as the work.
            reactor.wait_until_or(pause_ns, || common.is_stopped() || control.interrupted()).await;
        }
    };
    let first = async {
        match futures_util::future::select(std::pin::pin!(work), std::pin::pin!(ended)).await {
            futures_util::future::Either::Left((value, _)) => Some(value),
            futures_util::future::Either::Right(_) => None,
        }
    };
    // A poller that fails here ends the cell as if nobody had answered.
    reactor.block_on(first).ok().flatten()
}
