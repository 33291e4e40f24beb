//! Reads replies: each shape that a design relies on, or an error that shows what came instead.

use redis::Value;

use super::CommandError;
use crate::model::Token;

/// An integer that counts something.
pub(super) fn count(command: &str, value: &Value) -> Result<u64, CommandError> {
    match value {
        Value::Int(number) => u64::try_from(*number).map_err(|_| unexpected(command, value)),
        other => Err(unexpected(command, other)),
    }
}

/// An integer, or nil.
pub(super) fn count_or_nil(command: &str, value: &Value) -> Result<Option<u64>, CommandError> {
    if *value == Value::Nil { Ok(None) } else { count(command, value).map(Some) }
}

/// A token, or nil.
pub(super) fn token_or_nil(command: &str, value: &Value) -> Result<Option<Token>, CommandError> {
    match value {
        Value::Nil => Ok(None),
        other => Ok(Some(Token::from_wire(text(command, other)?))),
    }
}

/// Tokens joined by commas, none for the empty text.
pub(super) fn tokens_joined(command: &str, value: &Value) -> Result<Vec<Token>, CommandError> {
    let joined = text(command, value)?;
    if joined.is_empty() {
        return Ok(Vec::new());
    }
    Ok(joined.split(|byte| *byte == b',').map(Token::from_wire).collect())
}

/// An array of tokens.
pub(super) fn tokens(command: &str, value: &Value) -> Result<Vec<Token>, CommandError> {
    array(command, value)?.iter().map(|item| Ok(Token::from_wire(text(command, item)?))).collect()
}

/// An array of keys.
pub(super) fn keys(command: &str, value: &Value) -> Result<Vec<String>, CommandError> {
    array(command, value)?.iter().map(|item| string(command, item)).collect()
}

/// What SCAN answers: the next cursor and a page of keys.
pub(super) fn scan_page(value: &Value) -> Result<(String, Vec<String>), CommandError> {
    match array("SCAN", value)? {
        [cursor, page] => Ok((string("SCAN", cursor)?, keys("SCAN", page)?)),
        _ => Err(unexpected("SCAN", value)),
    }
}

/// What a sweep script answers: how many went, and its cut-off in ms.
pub(super) fn swept(command: &str, value: &Value) -> Result<(u64, i64), CommandError> {
    match array(command, value)? {
        [removed, Value::Int(cutoff_ms)] => Ok((count(command, removed)?, *cutoff_ms)),
        _ => Err(unexpected(command, value)),
    }
}

/// The elements of an array.
pub(super) fn array<'v>(command: &str, value: &'v Value) -> Result<&'v [Value], CommandError> {
    match value {
        Value::Array(values) => Ok(values),
        other => Err(unexpected(command, other)),
    }
}

/// The bytes of a text.
pub(super) fn text<'v>(command: &str, value: &'v Value) -> Result<&'v [u8], CommandError> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.as_bytes()),
        other => Err(unexpected(command, other)),
    }
}

/// A text that must be UTF-8, as all names made by [`super::keys::Keys`] are.
pub(super) fn string(command: &str, value: &Value) -> Result<String, CommandError> {
    String::from_utf8(text(command, value)?.to_vec()).map_err(|_| unexpected(command, value))
}

/// The reply is not what the design relies on.
pub(super) fn unexpected(command: &str, value: &Value) -> CommandError {
    let reply = format!("{value:?}").chars().take(120).collect();
    CommandError::Unexpected { command: command.to_owned(), reply }
}
