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
    let mut server = shape.server(begin);
    let mut clients: Vec<u32> = (0..shape.clients()).map(|client| shape.client(begin, client)).collect();
    let mut late: Vec<CommandId> = Vec::new();
    let mut trail = Vec::new();
    let lost = || ExploreError::internal("a schedule cannot be followed");
    for &action in actions {
        let step = match action {
            Action::Client(client, way) => {
                let place = clients.get_mut(usize::from(client)).ok_or_else(lost)?;
                let operation = world.operation_of(*place).map(|(op, _, attempt)| (op, attempt));
                let begins = world.begins(*place);
                let edge = world.edge(server, *place, way)?.ok_or_else(lost)?;
                *place = edge.client;
                if way == Way::Delayed {
                    late.extend(edge.command);
                    // In the order in which a packed state has them.
                    late.sort_unstable_by_key(|command| std::cmp::Reverse(*command));
                }
                let executed = matches!(way, Way::Run | Way::ReplyLost);
                let reply = edge.command.filter(|_| executed).and_then(|command| world.reply(server, command));
                TrailStep {
                    action,
                    before: server,
                    after: edge.state,
                    operation,
                    begins,
                    command: edge.command,
                    reply,
                    events: world.events(edge.events).to_vec(),
                }
            }
            Action::Arrives(which) => {
                // The empty places of a packed state come before those that are taken.
                let at = usize::from(which).checked_sub(shape.late_places() - late.len());
                let command = at.filter(|at| *at < late.len()).map(|at| late.remove(at)).ok_or_else(lost)?;
                let after = world.arrive(server, command)?;
                let reply = world.reply(server, command);
                TrailStep {
                    action,
                    before: server,
                    after,
                    operation: None,
                    begins: false,
                    command: Some(command),
                    reply,
                    events: Vec::new(),
                }
            }
            Action::Tick => TrailStep {
                action,
                before: server,
                after: world.tick(server),
                operation: None,
                begins: false,
                command: None,
                reply: None,
                events: vec![Event::Tick],
            },
        };
        server = step.after;
        trail.push(step);
    }
    if late.is_empty() && clients.iter().all(|client| *client == GONE) {
        drained(world, server, &mut trail)?;
    }
    Ok(trail)
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
