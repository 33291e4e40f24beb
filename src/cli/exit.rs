//! Exit codes, in one place. They are binding.

use std::process::ExitCode;

use super::output;
use crate::explore::ExploreError;
use crate::history::HistoryError;
use crate::load::{LoadError, Trouble};
use crate::pipeline::{CheckError, Failure};
use crate::run_folder::{FolderError, OrderError};
use crate::sweep::SweepError;
use crate::target::TargetError;
use crate::verdict::Verdict;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// As expected.
    Expected = 0,
    /// A promise or a limit broken, or an expectation not met.
    Broken = 1,
    /// The command line or a scenario file is wrong.
    Usage = 2,
    /// Something could not be decided.
    Inconclusive = 3,
    /// No Redis, no Docker, no room on the disk, the server died.
    Environment = 4,
    /// Interrupted: what was recorded is saved.
    Interrupted = 130,
}

/// Why a subcommand ended without a result.
#[derive(Debug)]
pub(super) struct Error {
    exit: Exit,
    message: String,
    /// Whether the message says itself that it is an error.
    marked: bool,
}

impl Error {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Error {
        Error { exit, message: message.into(), marked: false }
    }

    /// A page of problems, each of which is marked as an error.
    pub(super) fn page(exit: Exit, page: String) -> Error {
        Error { exit, message: page, marked: true }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Exit {
        match verdict {
            Verdict::Pass => Exit::Expected,
            Verdict::Fail => Exit::Broken,
            Verdict::Inconclusive => Exit::Inconclusive,
        }
    }
}

impl From<&Failure> for Exit {
    fn from(failure: &Failure) -> Exit {
        match failure {
            Failure::Trouble(Trouble::Interrupted) => Exit::Interrupted,
            Failure::Schedule(error) => error.into(),
            Failure::Load(
                LoadError::Target(_) | LoadError::Dial(_) | LoadError::Scripts { .. } | LoadError::Runtime(_),
            )
            | Failure::Trouble(Trouble::ServerLost(_) | Trouble::ClientFailed(_))
            | Failure::Target(_)
            | Failure::Folder(_) => Exit::Environment,
        }
    }
}

impl From<&ExploreError> for Exit {
    fn from(error: &ExploreError) -> Exit {
        match error {
            ExploreError::Program(_) => Exit::Usage,
            ExploreError::Refused { .. } | ExploreError::NotFollowed(_) => Exit::Inconclusive,
            _ => Exit::Environment,
        }
    }
}

impl From<ExploreError> for Error {
    fn from(error: ExploreError) -> Error {
        Error::new(Exit::from(&error), error.to_string())
    }
}

impl From<&SweepError> for Exit {
    fn from(error: &SweepError) -> Exit {
        match error {
            SweepError::Cell(failure) => failure.into(),
            SweepError::Scaled { .. } => Exit::Usage,
        }
    }
}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Error {
        Error::new(Exit::Environment, error.to_string())
    }
}

impl From<FolderError> for Error {
    fn from(error: FolderError) -> Error {
        let exit = if matches!(error, FolderError::Format { .. } | FolderError::Occupied { .. }) {
            Exit::Usage
        } else {
            Exit::Environment
        };
        Error::new(exit, error.to_string())
    }
}

impl From<CheckError> for Error {
    fn from(error: CheckError) -> Error {
        match error {
            CheckError::History(error) => error.into(),
            CheckError::TooLarge { .. } => Error::new(Exit::Environment, error.to_string()),
            CheckError::Order(OrderError::Folder(error)) => error.into(),
            CheckError::Order(error @ OrderError::Text { .. }) => Error::new(Exit::Usage, error.to_string()),
            CheckError::Order(error @ OrderError::Flawed { .. }) => Error::new(Exit::Broken, error.to_string()),
        }
    }
}

impl From<HistoryError> for Error {
    fn from(error: HistoryError) -> Error {
        Error::new(Exit::Usage, error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::new(Exit::Environment, format!("cannot write the output: {error}"))
    }
}

/// Ends the program; an error is one message on stderr.
pub(super) fn finish(done: Result<Exit, Error>) -> ExitCode {
    let exit = done.unwrap_or_else(|error| {
        if error.marked {
            output::say(error.message.trim_end());
        } else {
            output::error(&error.message);
        }
        error.exit
    });
    ExitCode::from(exit as u8)
}

/// What clap found wrong (or help and version, which are no error).
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { Exit::Usage } else { Exit::Expected };
    // A closed pipe is the reader's choice.
    let _ = error.print();
    ExitCode::from(code as u8)
}
