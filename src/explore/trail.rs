//! One schedule, step by step: what each client sent, what the server did, and what the monitors were told.

use super::attempts::ReplyId;
use super::error::ExploreError;
use super::monitor::{Event, OpNumber};
use super::states::StateId;
use super::steps::{Action, Shape};
use super::wire_commands::CommandId;
use super::world::{GONE, Way, World};

/// One step of a schedule.
#[derive(Clone, Debug)]
pub(super) struct TrailStep {
    pub action: Action,
    /// The server before it.
    pub before: StateId,
    /// The server after it.
    pub after: StateId,
    /// The client's operation, and which attempt of it.
    pub operation: Option<(OpNumber, u8)>,
    /// Whether the attempt begins with this step.
    pub begins: bool,
    /// What was sent.
    pub command: Option<CommandId>,
    /// What the server answered, if it executed the command.
    pub reply: Option<ReplyId>,
    /// What the monitors are told.
    pub events: Vec<Event>,
}

/// Who lets everybody in at the end: a number above those of all clients.
pub(super) const DRAINER: u8 = u8::MAX;

/// Follows a schedule from its beginning.
pub(super) fn follow(
    begin: &[u32],
    shape: Shape,
    world: &mut World,
    actions: &[Action],
) -> Result<Vec<TrailStep>, ExploreError> {
    let mut walk = Walk::new(begin, shape);
    for &action in actions {
        if !walk.step(world, action)? {
            return Err(ExploreError::internal("a schedule cannot be followed"));
        }
    }
    walk.end(world)
}

/// A schedule that was followed as far as it goes.
pub(super) struct Followed {
    pub trail: Vec<TrailStep>,
    /// Steps that could not be made.
    pub left_out: u32,
    /// Steps at the end that the schedule does not have.
    pub added: u32,
}

/// Follows a schedule that was found with other commands: a step that cannot be made is left out, and at the end late requests
/// arrive and every client goes on until it is done.
pub(super) fn follow_as_far_as_it_goes(
    begin: &[u32],
    shape: Shape,
    world: &mut World,
    actions: &[Action],
) -> Result<Followed, ExploreError> {
    let mut walk = Walk::new(begin, shape);
    let (mut left_out, mut added) = (0, 0);
    for &action in actions {
        left_out += u32::from(!walk.step(world, action)?);
    }
    let rest = (0..shape.clients()).map(|client| Action::Client(client, Way::Run));
    let late = (0..shape.late_places()).map(|which| Action::Arrives(which as u8));
    for action in late.chain(rest) {
        while walk.step(world, action)? {
            added += 1;
        }
    }
    Ok(Followed { trail: walk.end(world)?, left_out, added })
}

/// A schedule on its way.
struct Walk {
    shape: Shape,
    server: StateId,
    clients: Vec<u32>,
    /// Late requests, in the order in which a packed state has them.
    late: Vec<CommandId>,
    trail: Vec<TrailStep>,
}

impl Walk {
    fn new(begin: &[u32], shape: Shape) -> Walk {
        let clients = (0..shape.clients()).map(|client| shape.client(begin, client)).collect();
        Walk { shape, server: shape.server(begin), clients, late: Vec::new(), trail: Vec::new() }
    }

    /// Makes a step; `false` where it cannot be made, and nothing happened.
    fn step(&mut self, world: &mut World, action: Action) -> Result<bool, ExploreError> {
        let step = match action {
            Action::Client(client, way) => self.client(world, client, way)?,
            Action::Arrives(which) => self.arrives(world, which)?,
            Action::Tick => Some(TrailStep {
                action,
                before: self.server,
                after: world.tick(self.server),
                operation: None,
                begins: false,
                command: None,
                reply: None,
                events: vec![Event::Tick],
            }),
        };
        let Some(step) = step else { return Ok(false) };
        self.server = step.after;
        self.trail.push(step);
        Ok(true)
    }

    fn client(&mut self, world: &mut World, client: u8, way: Way) -> Result<Option<TrailStep>, ExploreError> {
        let Some(place) = self.clients.get_mut(usize::from(client)) else { return Ok(None) };
        if way == Way::Delayed && self.late.len() >= self.shape.late_places() {
            return Ok(None);
        }
        let operation = world.operation_of(*place).map(|(op, _, attempt)| (op, attempt));
        let begins = world.begins(*place);
        let Some(edge) = world.edge(self.server, *place, way)? else { return Ok(None) };
        *place = edge.client;
        if way == Way::Delayed {
            self.late.extend(edge.command);
            self.late.sort_unstable_by_key(|command| std::cmp::Reverse(*command));
        }
        let executed = matches!(way, Way::Run | Way::ReplyLost);
        let reply = edge.command.filter(|_| executed).and_then(|command| world.reply(self.server, command));
        Ok(Some(TrailStep {
            action: Action::Client(client, way),
            before: self.server,
            after: edge.state,
            operation,
            begins,
            command: edge.command,
            reply,
            events: world.events(edge.events).to_vec(),
        }))
    }

    fn arrives(&mut self, world: &mut World, which: u8) -> Result<Option<TrailStep>, ExploreError> {
        // The empty places of a packed state come before those that are taken.
        let at = usize::from(which).checked_sub(self.shape.late_places() - self.late.len());
        let Some(at) = at.filter(|at| *at < self.late.len()) else { return Ok(None) };
        let command = self.late.remove(at);
        let after = world.arrive(self.server, command)?;
        Ok(Some(TrailStep {
            action: Action::Arrives(which),
            before: self.server,
            after,
            operation: None,
            begins: false,
            command: Some(command),
            reply: world.reply(self.server, command),
            events: Vec::new(),
        }))
    }

    /// Lets everybody in, where the program is over.
    fn end(mut self, world: &mut World) -> Result<Vec<TrailStep>, ExploreError> {
        if self.late.is_empty() && self.clients.iter().all(|client| *client == GONE) {
            drained(world, self.server, &mut self.trail)?;
        }
        Ok(self.trail)
    }
}

/// The drain, where the program is over.
fn drained(world: &mut World, server: StateId, trail: &mut Vec<TrailStep>) -> Result<(), ExploreError> {
    let mut steps = Vec::new();
    world.drain_steps(server, |before, operation, begins, edge, events| {
        steps.push((before, operation, begins, *edge, events.to_vec()));
    })?;
    for (before, op, begins, edge, events) in steps {
        let reply = edge.command.and_then(|command| world.reply(before, command));
        trail.push(TrailStep {
            action: Action::Client(DRAINER, Way::Run),
            before,
            after: edge.state,
            operation: Some((op, 0)),
            begins,
            command: edge.command,
            reply,
            events,
        });
    }
    if let Some(last) = trail.last_mut() {
        last.events.push(Event::End);
    } else {
        return Err(ExploreError::internal("a drain without a step"));
    }
    Ok(())
}
