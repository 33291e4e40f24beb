//! Why an exploration ended without an answer.

use super::program::ProgramError;
use crate::target::TargetError;

/// Why an exploration ended without an answer. Every message says what, where, why and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExploreError {
    /// The program is none.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// There is no server to ask.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The server stopped answering.
    #[error("the explorer's server stopped answering: {0}. Run it again; if it stops again, look at the server's log")]
    ServerLost(String),
    /// The server is too old.
    #[error(
        "exploring needs a server that knows PEXPIRETIME and COMMAND GETKEYS (Redis 7.0): {0}. Install a younger one"
    )]
    TooOld(String),
    /// The design does something that the search cannot take back and do again.
    #[error(
        "this design cannot be explored, since it uses {what}. Use it in scenarios, or give the design another way"
    )]
    Refused {
        /// What it does.
        what: String,
    },
    /// A schedule of a file does not fit the design.
    #[error("the schedule cannot be followed any more: {0}. Explore the program again")]
    NotFollowed(String),
    /// What was remembered is not what the server does: a fault of the explorer, which must not be hidden.
    #[error(
        "internal error of the explorer: {0}. What it found so far is not to be trusted; please report this with the command \
         line and the server's version"
    )]
    Internal(String),
}

impl ExploreError {
    pub(super) fn internal(what: impl Into<String>) -> ExploreError {
        ExploreError::Internal(what.into())
    }
}

impl From<redis::RedisError> for ExploreError {
    fn from(error: redis::RedisError) -> Self {
        ExploreError::ServerLost(error.to_string())
    }
}
