//! What can happen next in a state of the search.

use super::error::ExploreError;
use super::monitor::{BEGIN, BROKEN, Monitor};
use super::program::Program;
use super::world::{GONE, Way, World};

/// How far the search goes beyond the order of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adversity {
    /// Requests and replies lost, clients ended, requests that arrive late: so many in all, at the most.
    pub faults: u8,
    /// So many times a time to live (or the share that [`Adversity::ticks_a_life`] says) passes, at the most.
    pub ticks: u8,
    /// So many ticks end a time to live; 0 stands for 1.
    pub ticks_a_life: u8,
}

impl Adversity {
    /// So many ticks end a time to live; 0: time does not pass, and nothing expires.
    pub(super) fn lives_ticks(self) -> u8 {
        if self.ticks == 0 { 0 } else { self.ticks_a_life.max(1) }
    }
}

/// One step of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Action {
    /// A client's next step, going this way.
    Client(u8, Way),
    /// The late request of this number arrives.
    Arrives(u8),
    /// Time passes.
    Tick,
}

/// Where the parts of a packed state lie: the server's state, the monitor's, what may still go wrong, late requests, clients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    late: usize,
    clients: usize,
}

const SERVER: usize = 0;
const MONITOR: usize = 1;
const LEFT: usize = 2;
const LATE: usize = 3;

/// No late request.
const NOTHING: u32 = u32::MAX;

const FAULTS: [Way; 4] = [Way::RequestLost, Way::ReplyLost, Way::Dies, Way::Delayed];

impl Shape {
    pub(super) fn new(program: &Program, adversity: Adversity) -> Shape {
        Shape { late: usize::from(adversity.faults), clients: program.clients.len() }
    }

    pub(super) fn width(self) -> usize {
        LATE + self.late + self.clients
    }

    /// Before the first step.
    pub(super) fn begin(self, world: &mut World, program: &Program, adversity: Adversity) -> Vec<u32> {
        let left = u32::from(adversity.faults) << 8 | u32::from(adversity.ticks);
        let mut state = vec![World::EMPTY, BEGIN, left];
        state.extend(std::iter::repeat_n(NOTHING, self.late));
        state.extend(world.clients_of(program));
        state
    }

    pub(super) fn server(self, state: &[u32]) -> u32 {
        state[SERVER]
    }

    pub(super) fn clients(self) -> u8 {
        self.clients as u8
    }

    pub(super) fn late_places(self) -> usize {
        self.late
    }

    pub(super) fn client(self, state: &[u32], client: u8) -> u32 {
        state[LATE + self.late + usize::from(client)]
    }

    pub(super) fn is_broken(self, state: &[u32]) -> bool {
        state[MONITOR] == BROKEN
    }

    /// Whether the program is over here: nobody has anything left to do, and no request is on its way.
    pub(super) fn is_over(self, state: &[u32]) -> bool {
        let clients = &state[LATE + self.late..];
        clients.iter().all(|client| *client == GONE)
            && state[LATE..LATE + self.late].iter().all(|late| *late == NOTHING)
    }

    /// Everything that can happen next, with the state that it leads to.
    pub(super) fn steps(
        self,
        state: &[u32],
        world: &mut World,
        monitor: &mut Monitor,
        mut found: impl FnMut(Action, &[u32]),
    ) -> Result<(), ExploreError> {
        let mut next = state.to_vec();
        let (server, before) = (state[SERVER], state[MONITOR]);
        let (faults, ticks) = (state[LEFT] >> 8, state[LEFT] & 0xff);
        for client in 0..self.clients {
            let at = LATE + self.late + client;
            if state[at] == GONE {
                continue;
            }
            let ways = std::iter::once(Way::Run).chain(FAULTS.into_iter().filter(|_| faults > 0));
            for way in ways {
                let Some(edge) = world.edge(server, state[at], way)? else { continue };
                next.copy_from_slice(state);
                next[SERVER] = edge.state;
                next[at] = edge.client;
                next[MONITOR] = world.observe(monitor, before, edge.events);
                if way != Way::Run {
                    next[LEFT] -= 1 << 8;
                }
                if let (Way::Delayed, Some(command)) = (way, edge.command) {
                    let late = &mut next[LATE..LATE + self.late];
                    // NOTHING is the largest: it comes first, and what is on its way is in one order.
                    late[0] = command;
                    late.sort_unstable_by_key(|late| std::cmp::Reverse(*late));
                }
                found(Action::Client(client as u8, way), &next);
            }
        }
        let mut waiting = false;
        for which in 0..self.late {
            let command = state[LATE + which];
            if command == NOTHING {
                continue;
            }
            waiting = true;
            next.copy_from_slice(state);
            next[SERVER] = world.arrive(server, command)?;
            next[LATE + which] = NOTHING;
            next[LATE..LATE + self.late].sort_unstable_by_key(|late| std::cmp::Reverse(*late));
            found(Action::Arrives(which as u8), &next);
        }
        // No request is on its way for as long as a time to live, and no client waits so long before it asks again.
        let patient = |client: &u32| world.repeats(*client);
        if ticks > 0 && !waiting && !state[LATE + self.late..].iter().any(patient) {
            next.copy_from_slice(state);
            next[SERVER] = world.tick(server);
            next[MONITOR] = world.observe_tick(monitor, before);
            next[LEFT] -= 1;
            found(Action::Tick, &next);
        }
        Ok(())
    }

    /// Whether the promises hold when everything ends here.
    pub(super) fn holds_at_end(
        self,
        state: &[u32],
        world: &mut World,
        monitor: &mut Monitor,
    ) -> Result<bool, ExploreError> {
        if state[MONITOR] == BROKEN {
            return Ok(false);
        }
        let drained = world.drain(state[SERVER])?;
        Ok(world.observe(monitor, state[MONITOR], drained) != BROKEN)
    }
}
