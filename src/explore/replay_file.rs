//! A schedule as a file, so that what was found once can be run again for good.

use serde::{Deserialize, Serialize};

use super::explorer::Options;
use super::program::Program;
use super::steps::{Action, Adversity};
use super::world::{Time, Way};
use crate::model::{Dedupe, Promise, StoryStep};

/// The version of the file's format.
pub const REPLAY_SCHEMA: u32 = 1;

/// A schedule that broke a promise: what to run, and what happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayFile {
    /// [`REPLAY_SCHEMA`].
    pub schema: u32,
    /// The design.
    pub queue: String,
    /// The program, as text.
    pub program: String,
    /// What joins are deduplicated by.
    pub dedupe: Dedupe,
    /// So many faults were allowed.
    pub faults: u8,
    /// So many ticks were allowed.
    pub ticks: u8,
    /// So many ticks end a time to live.
    pub ticks_a_life: u8,
    /// Whether time passes with each command, and not by ticks alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stepping: bool,
    /// What broke.
    pub promises: Vec<Promise>,
    /// The schedule, step by step: `1` client 1 goes on; `1 request-lost`, `1 reply-lost`, `1 dies`, `1 delayed`; `arrives 1`
    /// the first late request arrives; `tick`.
    pub schedule: Vec<String>,
    /// What happened, for whoever reads the file; not read back.
    #[serde(default)]
    pub story: Vec<StoryStep>,
}

impl ReplayFile {
    /// How to explore, so that its schedule can be followed: with what was allowed to go wrong, and time as it passed.
    #[must_use]
    pub fn options(&self, promises: Vec<Promise>) -> Options {
        Options {
            dedupe: self.dedupe,
            adversity: Adversity { faults: self.faults, ticks: self.ticks, ticks_a_life: self.ticks_a_life },
            time: if self.stepping { Time::Stepping } else { Time::Frozen },
            promises: Some(promises),
            ..Options::default()
        }
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<ReplayFile, String> {
        let file: ReplayFile = serde_json::from_str(text).map_err(|error| format!("it is no replay file: {error}"))?;
        if file.schema != REPLAY_SCHEMA {
            return Err(format!("its schema is {} and this program reads {REPLAY_SCHEMA}", file.schema));
        }
        Ok(file)
    }

    /// The program that the text says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn program(&self) -> Result<Program, String> {
        Program::parse(&self.program, self.dedupe).map_err(|error| error.to_string())
    }

    pub(super) fn actions(&self) -> Result<Vec<Action>, String> {
        self.schedule
            .iter()
            .map(|text| read(text).ok_or_else(|| format!("`{text}` is no step of a schedule")))
            .collect()
    }
}

const WAYS: [(Way, &str); 5] = [
    (Way::Run, ""),
    (Way::RequestLost, "request-lost"),
    (Way::ReplyLost, "reply-lost"),
    (Way::Dies, "dies"),
    (Way::Delayed, "delayed"),
];

/// A step as a file has it.
pub(super) fn written(action: Action) -> String {
    match action {
        Action::Tick => "tick".to_owned(),
        Action::Arrives(which) => format!("arrives {}", u32::from(which) + 1),
        Action::Client(client, way) => {
            let name = WAYS.iter().find(|(known, _)| *known == way).map_or("", |(_, name)| name);
            format!("{} {name}", u32::from(client) + 1).trim_end().to_owned()
        }
    }
}

fn read(text: &str) -> Option<Action> {
    let from_one = |text: &str| text.parse::<u8>().ok()?.checked_sub(1);
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    match first {
        "tick" if rest.is_empty() => Some(Action::Tick),
        "arrives" => Some(Action::Arrives(from_one(rest)?)),
        client => {
            let way = WAYS.iter().find(|(_, name)| *name == rest)?.0;
            Some(Action::Client(from_one(client)?, way))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_read_as_it_was_written() {
        let ways = WAYS.iter().map(|(way, _)| Action::Client(2, *way));
        for action in ways.chain([Action::Tick, Action::Arrives(1)]) {
            assert_eq!(read(&written(action)), Some(action), "{}", written(action));
        }
        for text in ["", "0", "x", "1 faints", "arrives", "arrives 0", "tick tock", "300"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
