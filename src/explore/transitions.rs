//! The server's side of the memory: what a command does in a state. The server is asked only what was never asked.
//!
//! A command is remembered by the values of the keys that it touches rather than by the whole state, since it does the same
//! wherever these are the same. Which keys it touches is known: those that it declares. A script could touch others; what it
//! did in one execution is seen by MONITOR, and such an execution is remembered for the whole state alone. (An execution that
//! stayed within its keys will do so again when they hold the same: its path depends on nothing else but the time, which is
//! part of what it is remembered by.)

use rustc_hash::FxHashMap;

use super::attempts::{Attempts, ReplyId};
use super::error::ExploreError;
use super::footprint::{Footprints, Touched};
use super::server::Server;
use super::states::{ContentId, KeyId, StateId, States};
use super::wire_commands::{CommandId, WireCommands};

/// Stands for a key that is not there.
const ABSENT: ContentId = ContentId::MAX;

/// What a command did to the keys that it touches.
#[derive(Clone, Debug)]
struct Local {
    reply: ReplyId,
    after: Box<[ContentId]>,
}

/// All transitions that are known.
#[derive(Default)]
pub(super) struct Transitions {
    whole: FxHashMap<(StateId, CommandId), (ReplyId, StateId)>,
    local: FxHashMap<(CommandId, u64, Box<[ContentId]>), Local>,
    footprints: Footprints,
    asked: u64,
}

impl Transitions {
    /// What this command answers in this state, and the state afterwards.
    pub(super) fn execute(
        &mut self,
        (state, command): (StateId, CommandId),
        states: &mut States,
        attempts: &mut Attempts,
        commands: &WireCommands,
        server: &mut Server,
    ) -> Result<(ReplyId, StateId), ExploreError> {
        if let Some(&known) = self.whole.get(&(state, command)) {
            return Ok(known);
        }
        let wire = commands.at(command);
        let declared = self.footprints.declared(command, wire, states, server)?;
        let values = declared.as_ref().map(|keys| values_of(states, state, keys));
        let clock_us = states.at(state).clock_us;
        if let (Some(keys), Some(values)) = (&declared, values.clone())
            && let Some(local) = self.local.get(&(command, clock_us, values))
        {
            let after = with(states, state, keys, &local.after);
            let known = (local.reply, after);
            self.whole.insert((state, command), known);
            return Ok(known);
        }
        self.asked += 1;
        let marks = self.footprints.begin_watching(wire, server)?;
        let watched = marks.is_some();
        let executed = server.execute(states, state, wire, marks)?;
        let after = states.number(executed.keys, clock_us);
        server.is_in(after);
        let reply = attempts.reply_number(executed.reply);
        let touched = if watched { self.footprints.touched(command, states, server)? } else { Touched::Declared };
        if let (Some(keys), Some(values), Touched::Declared) = (&declared, values, touched) {
            if !alike_beyond(states, state, after, keys) {
                return Err(ExploreError::internal(format!(
                    "{} changed a key that it neither declares nor was seen to touch",
                    String::from_utf8_lossy(&wire.words[0][0])
                )));
            }
            let local = Local { reply, after: values_of(states, after, keys) };
            self.local.insert((command, clock_us, values), local);
        }
        self.whole.insert((state, command), (reply, after));
        Ok((reply, after))
    }

    /// What is known of a command in a state.
    pub(super) fn known(&self, state: StateId, command: CommandId) -> Option<(ReplyId, StateId)> {
        self.whole.get(&(state, command)).copied()
    }

    /// Questions put to the server.
    pub(super) fn asked(&self) -> u64 {
        self.asked
    }

    /// Before many commands that nobody has to watch.
    pub(super) fn stop_watching(&mut self) {
        self.footprints.stop_watching();
    }

    /// Undeclared keys and keys of different slots that were seen.
    pub(super) fn footprints(&self) -> &Footprints {
        &self.footprints
    }
}

fn content(states: &States, state: StateId, key: KeyId) -> ContentId {
    let keys = &states.at(state).keys;
    keys.binary_search_by_key(&key, |(key, _)| *key).map_or(ABSENT, |at| keys[at].1)
}

fn values_of(states: &States, state: StateId, keys: &[KeyId]) -> Box<[ContentId]> {
    keys.iter().map(|key| content(states, state, *key)).collect()
}

/// The state with these keys holding these values.
fn with(states: &mut States, state: StateId, keys: &[KeyId], values: &[ContentId]) -> StateId {
    let before = states.at(state);
    let clock_us = before.clock_us;
    let mut after: Vec<_> = before.keys.iter().filter(|(key, _)| !keys.contains(key)).copied().collect();
    after.extend(keys.iter().copied().zip(values.iter().copied()).filter(|(_, value)| *value != ABSENT));
    states.number(after, clock_us)
}

/// Whether two states differ in no other key than these.
fn alike_beyond(states: &States, one: StateId, other: StateId, keys: &[KeyId]) -> bool {
    let rest = |state: StateId| states.at(state).keys.iter().filter(|(key, _)| !keys.contains(key));
    rest(one).eq(rest(other))
}
