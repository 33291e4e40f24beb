//! What an exploration found, as one document: `explore --format json` is it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::explorer::{Broken, Explored, KeyTrouble};
use super::replays::Replays;
use crate::model::{Promise, StoryStep, schema_of};

/// The version of the document's format.
pub const EXPLORE_SCHEMA: u32 = 1;

/// What the programs of a scope came to on one design.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// [`EXPLORE_SCHEMA`].
    pub schema: u32,
    /// The design.
    pub queue: String,
    /// The server that was asked.
    pub server_version: String,
    /// The promises that were asked about.
    pub promises: Vec<Promise>,
    /// Programs that were explored.
    pub programs: u64,
    /// Those of them that break a promise.
    pub programs_broken: u64,
    /// Schedules; a lower bound unless `complete`.
    pub schedules: u128,
    /// Those of them that break a promise.
    pub schedules_violating: u128,
    /// States of the search.
    pub states: u64,
    /// Commands asked of the server, each in a state.
    pub asked: u64,
    /// Writes to the server, those of replays included.
    pub round_trips: u64,
    /// Why time was the system's, so that no time to live passed and nothing was executed a second time; `null`: the clock was the
    /// explorer's own.
    pub without_clock: Option<String>,
    /// Whether somebody ended it before a bound did.
    pub interrupted: bool,
    /// Whether everything was covered.
    pub complete: bool,
    /// Schedules that were executed for real, without a difference.
    pub replayed: u64,
    /// Replies that were compared in them.
    pub replies_compared: u64,
    /// Verdicts of monitors that were compared with those of the checks.
    pub verdicts_compared: u64,
    /// Each promise that is broken, with the smallest program and schedule that does it.
    pub broken: Vec<BrokenPromise>,
    /// Keys that scripts touched without declaring them.
    pub undeclared_keys: Vec<String>,
    /// Keys without the event's hash tag.
    pub untagged_keys: Vec<String>,
    /// Search, without starting the server, and replays, seconds.
    pub took_s: f64,
}

/// A promise that is broken.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BrokenPromise {
    /// Which; several where only all together are.
    pub promises: Vec<Promise>,
    /// How many programs break it.
    pub programs: u64,
    /// The first of them, which is the smallest.
    pub program: String,
    /// In how many of its schedules.
    pub schedules: u128,
    /// Of how many.
    pub schedules_of: u128,
    /// Whether there may be more of them.
    pub at_least: bool,
    /// What happens, in one sentence.
    pub sentence: String,
    /// Clients of the program.
    pub clients: usize,
    /// The smallest schedule, step by step.
    pub story: Vec<StoryStep>,
}

impl Summary {
    /// Adds a program; says which promises it is the first to break.
    pub fn add<'a>(&mut self, explored: &'a Explored) -> Vec<&'a Broken> {
        let Replays { schedules, replies, verdicts, .. } = explored.replays;
        self.programs += 1;
        self.programs_broken += u64::from(!explored.broken.is_empty());
        self.schedules = self.schedules.saturating_add(explored.counts.schedules);
        self.schedules_violating = self.schedules_violating.saturating_add(explored.counts.violating);
        self.states += explored.counts.states as u64;
        self.complete &= explored.counts.complete;
        self.replayed += schedules;
        self.replies_compared += replies;
        self.verdicts_compared += verdicts;
        let mut first = Vec::new();
        for broken in &explored.broken {
            if let Some(known) = self.broken.iter_mut().find(|known| known.promises == broken.promises) {
                known.programs += 1;
                continue;
            }
            first.push(broken);
            self.broken.push(BrokenPromise {
                promises: broken.promises.clone(),
                programs: 1,
                program: explored.program.to_string(),
                schedules: broken.schedules,
                schedules_of: explored.counts.schedules,
                at_least: broken.at_least,
                sentence: broken.sentence.clone(),
                clients: explored.program.clients.len(),
                story: broken.story.clone(),
            });
        }
        first
    }

    /// What scripts did with keys.
    pub fn set_keys(&mut self, trouble: KeyTrouble) {
        (self.undeclared_keys, self.untagged_keys) = (trouble.undeclared, trouble.untagged);
    }

    /// Whether a promise, or a rule of clusters, is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        // Where the bound came before the story was found, the schedules that break something are counted all the same.
        self.schedules_violating > 0
            || !self.broken.is_empty()
            || !self.undeclared_keys.is_empty()
            || !self.untagged_keys.is_empty()
    }
}

/// The schema of what this version writes, an array with a summary a design, in draft 7: committed as `docs/explore.schema.json`.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Vec<Summary>>("What stanchion explore --format json prints")
}
