//! A schedule as it happened: who sent what, what came back, and where a promise broke.

use serde::{Deserialize, Serialize};

/// Who makes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A client of the program, from 1.
    Client(u8),
    /// A request that arrives late.
    Late,
    /// The clock.
    Time,
    /// Who lets everybody in when the program is over.
    Drain,
}

impl Actor {
    /// `client 1`, `late`, `time` or `drain`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Actor::Client(client) => format!("client {client}"),
            Actor::Late => "late".to_owned(),
            Actor::Time => "time".to_owned(),
            Actor::Drain => "drain".to_owned(),
        }
    }
}

/// One step of a story: at the most one command of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct StoryStep {
    /// Who.
    pub who: Actor,
    /// The operation, as a program's text has it, where this step begins it or an attempt of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What was sent, as one would type it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What came back, or what became of it.
    pub reply: String,
    /// What the operation was answered, where this step ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whether the promise breaks here: no order of the operations explains the answers so far.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub breaks: bool,
}

/// A schedule that was executed command by command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Schedule {
    /// The program: clients separated by `|`, their operations by `;`.
    pub program: String,
    /// How many clients it has.
    pub clients: u8,
    /// What happened.
    pub steps: Vec<StoryStep>,
    /// Steps that were asked for and could not be made, since the design sends other commands than the one that the schedule was
    /// found with.
    pub left_out: u32,
    /// Steps that were not asked for, made at the end so that everybody is done.
    pub added: u32,
}
