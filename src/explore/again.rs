//! A schedule to be executed a second time, from an empty server, with all that must come of it. Nothing of it belongs to the
//! search, so it may be executed beside that, on a server of its own.

use std::sync::Arc;

use redis::Value;

use super::error::ExploreError;
use super::server::{Named, SIDE_BY_SIDE, Server};
use super::trail::TrailStep;
use super::wire_commands::WireCommand;
use super::world::World;

/// A schedule and what must come of it.
pub(super) struct Again {
    /// What is executed when (µs since the epoch), and its reply.
    pub commands: Vec<(u64, Arc<WireCommand>, Value)>,
    /// The time at its end: expired keys go when they are looked at.
    pub end_us: u64,
    /// What is left then.
    keys: Named,
}

impl Again {
    /// A schedule that the search followed.
    pub(super) fn of(trail: &[TrailStep], world: &World) -> Again {
        let World { states, commands, attempts, .. } = world;
        let executed = trail.iter().filter_map(|step| Some((step.before, step.command?, step.reply?)));
        let commands = executed.map(|(before, command, reply)| {
            (states.at(before).clock_us, commands.shared(command), attempts.reply(reply).clone())
        });
        let end = states.at(trail.last().map_or(World::EMPTY, |step| step.after));
        let keys = end.keys.iter().map(|(key, content)| (states.name(*key).to_vec(), states.content(*content).clone()));
        let mut keys: Named = keys.collect();
        keys.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Again { commands: commands.collect(), end_us: end.clock_us, keys }
    }

    /// Every time at which something is to be done.
    pub(super) fn times_us(&self) -> impl Iterator<Item = u64> {
        self.commands.iter().map(|(at_us, ..)| *at_us).chain([self.end_us])
    }

    fn compare(&self, told: Vec<Value>, keys: &Named) -> Result<(), ExploreError> {
        if told.len() != self.commands.len() {
            return Err(differs(format!("{} replies to {} commands", told.len(), self.commands.len())));
        }
        for (at, (reply, (_, command, expected))) in told.into_iter().zip(&self.commands).enumerate() {
            let reply = command.normal(reply);
            if reply != *expected {
                let words = command.words[0].iter().map(|word| word.escape_ascii().to_string());
                let words = words.collect::<Vec<_>>().join(" ");
                return Err(differs(format!(
                    "step {at}, {words}: the server says {reply:?}, remembered is {expected:?}"
                )));
            }
        }
        if *keys == self.keys { Ok(()) } else { Err(differs("other keys are left at the end".to_owned())) }
    }
}

fn differs(what: String) -> ExploreError {
    ExploreError::internal(format!("a replay differs: {what}"))
}

/// Executes schedules and compares each reply and the keys at the end with what must come.
///
/// # Panics
/// With more of them than [`SIDE_BY_SIDE`].
pub(super) fn execute(schedules: &[Again], server: &mut Server) -> Result<(), ExploreError> {
    assert!(schedules.len() <= SIDE_BY_SIDE, "a server has {SIDE_BY_SIDE} databases");
    let all = server.replay(schedules)?;
    schedules.iter().zip(all).try_for_each(|(schedule, (told, keys))| schedule.compare(told, &keys))
}
