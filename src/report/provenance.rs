//! Where a run comes from: all that somebody needs who wants to see the same.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a run comes from, besides its seed and its server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The machine of the generator.
    pub machine: Machine,
    /// The Lua scripts of the designs that were run.
    pub scripts: Vec<LuaScript>,
    /// The scenarios, as their files had them.
    pub scenarios: Vec<ScenarioText>,
}

/// A machine. What is `null` the system does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The model of its processor.
    pub cpu: Option<String>,
    /// Cores that this program may use.
    pub cores: Option<u32>,
    /// Its memory, bytes.
    pub memory_bytes: Option<u64>,
    /// The kernel and its version.
    pub kernel: Option<String>,
    /// Why something above is `null`, by its name.
    pub reasons: BTreeMap<String, String>,
}

/// A Lua script, by the name that Redis has for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LuaScript {
    /// Its name.
    pub name: String,
    /// What EVALSHA calls it by: the SHA1 of its text, lower-case hex.
    pub sha1: String,
    /// The designs that call it.
    pub designs: Vec<String>,
}

/// A scenario file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioText {
    /// The scenario's name.
    pub name: String,
    /// What it shows, in one sentence.
    pub about: String,
    /// The scale that was applied to its numbers.
    pub scale: String,
    /// The text of the file.
    pub text: String,
}
