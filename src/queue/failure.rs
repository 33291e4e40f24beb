//! What an error says about the operation: definitely no effect, or not known.

use crate::model::{Outcome, Refusal, UnknownCause};

use super::CommandError;

/// Turns the error of an operation into its outcome. `commands_sent` counts the commands that this
/// attempt sent, the failing one included; [`super::Counted`] knows it.
///
/// *Refused* is claimed only where it is certain: nothing was sent, or the first and only command was
/// turned away before it ran. In doubt it is *unknown*, since a refusal that had an effect would make the
/// judge blame the queue for it.
#[must_use]
pub fn outcome_of(error: &CommandError, commands_sent: u32) -> Outcome {
    match error {
        CommandError::NotSent(_) if commands_sent == 0 => Outcome::Refused(Refusal::NotSent),
        // An earlier command of the same operation went out before the connection broke.
        CommandError::NotSent(_) | CommandError::Lost { .. } => Outcome::Unknown(UnknownCause::ConnectionLost),
        CommandError::TimedOut { .. } => Outcome::Unknown(UnknownCause::TimedOut),
        CommandError::Crashed(0) => Outcome::Refused(Refusal::NotSent),
        CommandError::Crashed(_) => Outcome::Unknown(UnknownCause::ClientCrashed),
        CommandError::Unexpected { .. } => Outcome::Unknown(UnknownCause::FailedMidway),
        CommandError::Server { code, message, .. } => {
            // NOSCRIPT ran nothing, and the second command is its own cure.
            let first = commands_sent <= 1 || (code == "NOSCRIPT" && commands_sent == 2);
            if first && !may_follow_an_effect(code, message) {
                Outcome::Refused(refusal(code))
            } else {
                Outcome::Unknown(UnknownCause::FailedMidway)
            }
        }
    }
}

/// Whether a script may have written before this error. Redis names the script in such messages. It turns
/// a script away for lack of memory or for being a replica only before the script's first write (a script
/// that has written may finish), so those two are certain all the same.
fn may_follow_an_effect(code: &str, message: &str) -> bool {
    let in_script = message.contains("user_script") || message.contains(" script: ");
    // The scripts of `lua/` refuse with this word, and do so before they write.
    in_script && !matches!(code, "OOM" | "READONLY" | REFUSED)
}

/// The code with which a script of this crate says that it wrote nothing.
pub(super) const REFUSED: &str = "REFUSED";

fn refusal(code: &str) -> Refusal {
    match code {
        "OOM" => Refusal::OutOfMemory,
        "READONLY" => Refusal::ReadOnly,
        "LOADING" => Refusal::Loading,
        "NOAUTH" | "WRONGPASS" | "NOPERM" => Refusal::NotPermitted,
        "NOSCRIPT" => Refusal::NoScript,
        "CROSSSLOT" | "MOVED" | "ASK" | "CLUSTERDOWN" | "TRYAGAIN" => Refusal::Slot,
        _ => Refusal::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: &str, message: &str) -> CommandError {
        CommandError::Server { command: "EVALSHA".to_owned(), code: code.to_owned(), message: message.to_owned() }
    }

    #[test]
    fn only_what_certainly_had_no_effect_is_refused() {
        let refused = |error: &CommandError, sent, why| assert_eq!(outcome_of(error, sent), Outcome::Refused(why));
        refused(&CommandError::NotSent(String::new()), 0, Refusal::NotSent);
        refused(&CommandError::Crashed(0), 0, Refusal::NotSent);
        refused(&server("OOM", "command not allowed when used memory > 'maxmemory'."), 1, Refusal::OutOfMemory);
        refused(&server("OOM", "no memory. script: 12ab, on @user_script:3."), 1, Refusal::OutOfMemory);
        refused(&server("LOADING", "Redis is loading the dataset in memory"), 1, Refusal::Loading);
        refused(&server("NOPERM", "no permissions to run the 'evalsha' command"), 1, Refusal::NotPermitted);
        refused(&server("NOSCRIPT", "No matching script. Please use EVAL."), 2, Refusal::NoScript);
        refused(&server("CROSSSLOT", "Keys in request don't hash to the same slot"), 1, Refusal::Slot);
        refused(&server("REFUSED", "the epoch is used up script: 12ab, on @user_script:9."), 1, Refusal::Other);
        refused(&server("WRONGTYPE", "Operation against a key"), 1, Refusal::Other);
    }

    #[test]
    fn whatever_may_have_had_an_effect_is_unknown() {
        let unknown = |error: &CommandError, sent, why| assert_eq!(outcome_of(error, sent), Outcome::Unknown(why));
        let lua = server("ERR", "user_script:12: attempt to index a nil value script: 12ab, on @user_script:12.");
        unknown(&lua, 1, UnknownCause::FailedMidway);
        unknown(&server("WRONGTYPE", "against a key script: 12ab, on @user_script:7."), 1, UnknownCause::FailedMidway);
        unknown(&server("NOPERM", "no permissions script: 12ab, on @user_script:7."), 1, UnknownCause::FailedMidway);
        unknown(&server("OOM", "command not allowed"), 2, UnknownCause::FailedMidway);
        unknown(&CommandError::NotSent(String::new()), 1, UnknownCause::ConnectionLost);
        unknown(&CommandError::Crashed(1), 1, UnknownCause::ClientCrashed);
        let (command, timeout_ms) = ("EVALSHA".to_owned(), 100);
        unknown(&CommandError::TimedOut { command: command.clone(), timeout_ms }, 1, UnknownCause::TimedOut);
        let lost = CommandError::Lost { command: command.clone(), detail: String::new() };
        unknown(&lost, 1, UnknownCause::ConnectionLost);
        unknown(&CommandError::Unexpected { command, reply: String::new() }, 1, UnknownCause::FailedMidway);
    }
}
