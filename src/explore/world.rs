//! What happens in one step: a client's command executed, lost, or answered in vain; time passing; a late request arriving.

use rustc_hash::FxHashMap;

use super::attempts::{Attempts, Hears, NodeId, Waits};
use super::error::ExploreError;
use super::intern::Interner;
use super::monitor::{Book, Event, Monitor, OpNumber};
use super::program::{Program, TTL};
use super::server::Server;
use super::states::{StateId, States};
use super::transitions::Transitions;
use super::wire_commands::{CommandId, WireCommands};
use crate::model::{BatchId, Dedupe, Operation, Outcome, Refusal};
use crate::queue::{Design, QueueSettings};
use crate::target::CLOCK_BEGIN;

/// A client's place in its program, by number.
pub(super) type ClientId = u32;
/// Nothing is left to do, or nobody to do it.
pub(super) const GONE: ClientId = 0;
/// A list of events, by number.
pub(super) type EventsId = u32;

/// How time passes between ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Time {
    /// Not at all: whatever orders by a clock meets ties everywhere.
    #[default]
    Frozen,
    /// By a microsecond with each command.
    Stepping,
    /// As it does: the server has the system's clock. Then no time to live can be made to pass, and nothing can be executed a
    /// second time with the same result.
    System,
}

/// How a client's next step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// As it should.
    Run,
    /// The request never arrives; the client hears nothing.
    RequestLost,
    /// The request is executed; the client hears nothing.
    ReplyLost,
    /// The client ends here, in the middle of an operation.
    Dies,
    /// The client hears nothing, and the request arrives later.
    Delayed,
}

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Client {
    list: u32,
    at: u8,
    attempt: u8,
    node: Option<NodeId>,
}

/// What a step leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub state: StateId,
    pub client: ClientId,
    pub events: EventsId,
    /// The command that was executed, lost or delayed.
    pub command: Option<CommandId>,
}

/// How many the drain admits at once: more than any program has.
const DRAINED_AT_ONCE: u32 = 32;
/// A drain that goes on and on is none.
const DRAINS_MAX: u64 = 6;

/// A design on a server, with everything that was learnt of the two.
pub(super) struct World {
    pub states: States,
    pub attempts: Attempts,
    pub commands: WireCommands,
    pub server: Server,
    pub transitions: Transitions,
    pub operations: Vec<Operation>,
    numbers: FxHashMap<(Operation, u8), OpNumber>,
    lists: Interner<Vec<OpNumber>>,
    clients: Interner<Option<Client>>,
    edges: FxHashMap<(StateId, ClientId, Way), Option<Edge>>,
    events: Interner<Vec<Event>>,
    drains: FxHashMap<StateId, EventsId>,
    ticks: FxHashMap<StateId, StateId>,
    arrivals: FxHashMap<(StateId, CommandId), StateId>,
    attempts_max: u8,
    tick_us: u64,
    /// How much later it is after each command.
    step_us: u64,
}

impl World {
    /// A design on a server of its own. An operation is tried again as often as faults can hit it.
    pub(super) fn new(
        design: Design,
        dedupe: Dedupe,
        faults: u8,
        ticks_a_life: u8,
        time: Time,
    ) -> Result<World, ExploreError> {
        let settings = QueueSettings {
            prefix: "x:".to_owned(),
            event: "e".to_owned(),
            dedupe,
            ttl: (ticks_a_life > 0).then_some(TTL),
        };
        let server = Server::start(&design.scripts(), time)?;
        let mut clients = Interner::default();
        clients.number(None);
        let mut events = Interner::default();
        events.number(Vec::new());
        // A little more than its share, so that a life is certainly over.
        let tick_us = TTL.as_micros() as u64 / u64::from(ticks_a_life.max(1)) + 1_000;
        let mut world = World {
            states: States::default(),
            attempts: Attempts::new(design.open(settings)),
            commands: WireCommands::default(),
            server,
            transitions: Transitions::default(),
            operations: Vec::new(),
            numbers: FxHashMap::default(),
            lists: Interner::default(),
            clients,
            edges: FxHashMap::default(),
            events,
            drains: FxHashMap::default(),
            ticks: FxHashMap::default(),
            arrivals: FxHashMap::default(),
            attempts_max: faults.saturating_add(1),
            tick_us,
            step_us: match time {
                Time::Frozen | Time::System => 0,
                Time::Stepping => 1,
            },
        };
        world.states.number(Vec::new(), CLOCK_BEGIN.as_micros() as u64);
        Ok(world)
    }

    /// The empty server.
    pub(super) const EMPTY: StateId = 0;

    /// The clients of a program, before their first step.
    pub(super) fn clients_of(&mut self, program: &Program) -> Vec<ClientId> {
        let mut seen: Vec<Operation> = Vec::new();
        let mut begin = |operations: &Vec<Operation>| {
            let mut list = Vec::new();
            for operation in operations {
                let serial = seen.iter().filter(|other| *other == operation).count() as u8;
                seen.push(*operation);
                list.push(self.op_number(*operation, serial));
            }
            let list = self.lists.number(list);
            self.clients.number(Some(Client { list, at: 0, attempt: 0, node: None }))
        };
        program.clients.iter().map(&mut begin).collect()
    }

    fn op_number(&mut self, operation: Operation, serial: u8) -> OpNumber {
        *self.numbers.entry((operation, serial)).or_insert_with(|| {
            self.operations.push(operation);
            // Programs have a few operations over a few tokens.
            self.operations.len() as OpNumber - 1
        })
    }

    /// The operation that a client is at.
    pub(super) fn operation_of(&self, client: ClientId) -> Option<(OpNumber, &Operation, u8)> {
        let client = (*self.clients.at(client))?;
        let op = self.lists.at(client.list)[usize::from(client.at)];
        Some((op, &self.operations[usize::from(op)], client.attempt))
    }

    /// Whether a client is about to ask again, or in the middle of it.
    pub(super) fn repeats(&self, client: ClientId) -> bool {
        self.clients.at(client).is_some_and(|client| client.attempt > 0)
    }

    /// Whether a client's next step begins an attempt.
    pub(super) fn begins(&self, client: ClientId) -> bool {
        self.clients.at(client).is_some_and(|client| client.node.is_none())
    }

    /// The reply to a command that was executed in this state before.
    pub(super) fn reply(&self, state: StateId, command: CommandId) -> Option<u32> {
        self.transitions.known(state, command).map(|(reply, _)| reply)
    }

    pub(super) fn events(&self, number: EventsId) -> &[Event] {
        self.events.at(number)
    }

    /// The client's next step; `None` where it cannot go this way.
    pub(super) fn edge(&mut self, state: StateId, client: ClientId, way: Way) -> Result<Option<Edge>, ExploreError> {
        if let Some(known) = self.edges.get(&(state, client, way)) {
            return Ok(*known);
        }
        let edge = self.find_edge(state, client, way)?;
        self.edges.insert((state, client, way), edge);
        Ok(edge)
    }

    fn execute(&mut self, state: StateId, command: CommandId) -> Result<(u32, StateId), ExploreError> {
        let World { states, attempts, commands, server, transitions, .. } = self;
        let (reply, after) = transitions.execute((state, command), states, attempts, commands, server)?;
        let after = if self.step_us == 0 { after } else { self.states.later(after, self.step_us) };
        Ok((reply, after))
    }

    fn find_edge(&mut self, state: StateId, number: ClientId, way: Way) -> Result<Option<Edge>, ExploreError> {
        let Some(client) = *self.clients.at(number) else { return Ok(None) };
        let op = self.lists.at(client.list)[usize::from(client.at)];
        let clock_us = self.states.at(state).clock_us;
        let mut events = Vec::new();
        let node = match client.node {
            Some(_) if way == Way::Dies => {
                let events = self.events.number(events);
                return Ok(Some(Edge { state, client: GONE, events, command: None }));
            }
            Some(node) => node,
            None => {
                events.push(Event::Begin(op));
                let operation = self.operations[usize::from(op)];
                self.attempts.begin(&operation, clock_us, &mut self.commands)?
            }
        };
        let (mut after, mut sent) = (state, None);
        let next = match (self.attempts.waits(node), way) {
            (_, Way::Dies) => return Ok(None),
            (Waits::Ended(_), Way::Run) => node,
            (Waits::Pause, Way::Run) => self.attempts.hear(node, Hears::PauseOver, clock_us, &mut self.commands)?,
            (Waits::Ended(_) | Waits::Pause, _) => return Ok(None),
            (Waits::Reply { last: false, .. }, Way::ReplyLost | Way::Delayed) => return Ok(None),
            (Waits::Reply { command, .. }, way) => {
                sent = Some(command);
                let mut hears = Hears::Nothing;
                if matches!(way, Way::Run | Way::ReplyLost) {
                    let (reply, state) = self.execute(state, command)?;
                    after = state;
                    if way == Way::Run {
                        hears = Hears::Reply(reply);
                    } else {
                        let would = self.attempts.hear(node, Hears::Reply(reply), clock_us, &mut self.commands)?;
                        events.extend(self.unheard(op, would));
                    }
                }
                self.attempts.hear(node, hears, clock_us, &mut self.commands)?
            }
        };
        let client = self.after(client, op, next, &mut events);
        let (client, events) = (self.clients.number(client), self.events.number(events));
        Ok(Some(Edge { state: after, client, events, command: sent }))
    }

    /// What only the explorer knows of an attempt whose last reply was lost.
    fn unheard(&self, op: OpNumber, would: NodeId) -> Option<Event> {
        match self.attempts.waits(would) {
            Waits::Ended(outcome) if !gives_no_answer(self.attempts.outcome(outcome)) => {
                Some(Event::Answer { op, outcome, heard: false })
            }
            _ => None,
        }
    }

    /// Where a client is when its attempt has come to this node.
    fn after(&self, client: Client, op: OpNumber, node: NodeId, events: &mut Vec<Event>) -> Option<Client> {
        let Waits::Ended(outcome) = self.attempts.waits(node) else {
            return Some(Client { node: Some(node), ..client });
        };
        let answered = !gives_no_answer(self.attempts.outcome(outcome));
        if answered {
            events.push(Event::Answer { op, outcome, heard: true });
        } else if !events.iter().any(|event| matches!(event, Event::Answer { .. })) {
            events.push(Event::Lost(op));
        }
        if !answered && client.attempt + 1 < self.attempts_max {
            return Some(Client { attempt: client.attempt + 1, node: None, ..client });
        }
        let next = Client { at: client.at + 1, attempt: 0, node: None, ..client };
        (usize::from(next.at) < self.lists.at(client.list).len()).then_some(next)
    }

    /// The state a tick later.
    pub(super) fn tick(&mut self, state: StateId) -> StateId {
        let World { ticks, states, tick_us, .. } = self;
        *ticks.entry(state).or_insert_with(|| states.later(state, *tick_us))
    }

    /// How long a tick is, µs.
    pub(super) fn tick_us(&self) -> u64 {
        self.tick_us
    }

    /// The state when a late request arrives.
    pub(super) fn arrive(&mut self, state: StateId, command: CommandId) -> Result<StateId, ExploreError> {
        if let Some(&known) = self.arrivals.get(&(state, command)) {
            return Ok(known);
        }
        let (_, after) = self.execute(state, command)?;
        self.arrivals.insert((state, command), after);
        Ok(after)
    }

    /// What a client hears that lets everybody in, one batch after the other, until nobody waits.
    pub(super) fn drain(&mut self, state: StateId) -> Result<EventsId, ExploreError> {
        if let Some(&known) = self.drains.get(&state) {
            return Ok(known);
        }
        let mut events = Vec::new();
        self.drain_steps(state, |_, _, _, _, told| events.extend_from_slice(told))?;
        events.push(Event::End);
        let number = self.events.number(events);
        self.drains.insert(state, number);
        Ok(number)
    }

    /// The steps of the drain: the server's state before each, its operation, whether it begins an attempt, where it leads, and
    /// what the monitors are told.
    pub(super) fn drain_steps(
        &mut self,
        state: StateId,
        mut tell: impl FnMut(StateId, OpNumber, bool, &Edge, &[Event]),
    ) -> Result<(), ExploreError> {
        let mut state = state;
        for round in 0..DRAINS_MAX {
            let admission = Operation::Admit { count: DRAINED_AT_ONCE, batch: BatchId(2_000_000 + round) };
            let op = self.op_number(admission, 0);
            let list = self.lists.number(vec![op]);
            let mut client = self.clients.number(Some(Client { list, at: 0, attempt: 0, node: None }));
            let mut answer = None;
            while client != GONE {
                let edge = self.edge(state, client, Way::Run)?;
                let edge = edge.ok_or_else(|| ExploreError::internal("the drain does not go on"))?;
                let events = self.events.at(edge.events).clone();
                tell(state, op, self.begins(client), &edge, &events);
                answer = events.iter().find_map(|event| match event {
                    Event::Answer { outcome, .. } => Some(*outcome),
                    _ => None,
                });
                if answer.is_some() {
                    state = edge.state;
                    break;
                }
                (state, client) = (edge.state, edge.client);
            }
            match answer.map(|answer| self.attempts.outcome(answer)) {
                Some(Outcome::Admitted(tokens)) if tokens.len() < DRAINED_AT_ONCE as usize => return Ok(()),
                Some(Outcome::Admitted(_)) => {}
                other => {
                    return Err(ExploreError::Refused {
                        what: format!("an admission that fails when the program is over ({other:?})"),
                    });
                }
            }
        }
        Err(ExploreError::Refused { what: format!("admissions that let {DRAINED_AT_ONCE} in again and again") })
    }

    /// A monitor's state after a list of events.
    pub(super) fn observe(&self, monitor: &mut Monitor, mut situation: u32, events: EventsId) -> u32 {
        let book = Book { operations: &self.operations, attempts: &self.attempts };
        for event in self.events.at(events) {
            situation = monitor.step(situation, *event, &book);
        }
        situation
    }

    /// A monitor's state after a tick.
    pub(super) fn observe_tick(&self, monitor: &mut Monitor, situation: u32) -> u32 {
        monitor.step(situation, Event::Tick, &Book { operations: &self.operations, attempts: &self.attempts })
    }
}

/// Whether a client that gets this does not know how its operation ended, and tries again.
fn gives_no_answer(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown(_) | Outcome::Refused(Refusal::NotSent))
}
