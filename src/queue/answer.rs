//! What a connection makes of the server's replies, whichever connection it is.

use redis::{Cmd, ServerError, Value};

use super::CommandError;
use super::reply::unexpected;

/// The first word of a command, for messages; never its arguments, which may hold a password.
#[must_use]
pub fn name_of_command(cmd: &Cmd) -> String {
    match cmd.args_iter().next() {
        Some(redis::Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    }
}

/// The reply to a command: an error reply is an `Err`.
///
/// # Errors
/// The server's error reply.
pub fn no_error(cmd: &Cmd, value: Value) -> Result<Value, CommandError> {
    match value {
        Value::ServerError(error) => Err(server_error(name_of_command(cmd), &error)),
        value => Ok(value),
    }
}

/// An error reply to a command of this name.
#[must_use]
pub fn server_error(command: String, error: &ServerError) -> CommandError {
    CommandError::Server {
        command,
        code: error.code().to_owned(),
        message: error.details().unwrap_or_default().to_owned(),
    }
}

/// The results of the commands between MULTI and EXEC, of which `sent` consists with those two, from all replies.
///
/// # Errors
/// What refused the transaction, in which case nothing ran.
pub fn transaction_results(
    sent: &[Cmd],
    mut replies: Vec<Value>,
) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
    match replies.pop() {
        Some(Value::Array(values)) if values.len() + 2 == sent.len() => {
            Ok(sent.iter().skip(1).zip(values).map(|(cmd, value)| no_error(cmd, value)).collect())
        }
        // EXECABORT: a command was refused while it was queued, and nothing ran. Its own error says why.
        Some(Value::ServerError(abort)) => {
            let refused = sent.iter().zip(replies).find_map(|(cmd, value)| no_error(cmd, value).err());
            Err(refused.unwrap_or_else(|| server_error("EXEC".to_owned(), &abort)))
        }
        other => Err(unexpected("EXEC", &other.unwrap_or_default())),
    }
}
