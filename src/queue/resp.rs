//! How long requests and replies are on the wire, computed without encoding them.
//! Source: the RESP specification, <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use redis::{Arg, Cmd, Value};

use super::{CommandError, Script};

/// The length of a request in bytes: `*N`, then each argument as `$len`, its bytes.
pub(super) fn request_bytes(cmd: &Cmd) -> u64 {
    let arguments = cmd.args_iter();
    header(arguments.len() as u64)
        + arguments
            .map(|argument| match argument {
                Arg::Simple(bytes) => bulk(bytes.len()),
                // The cursor of a scan that the `redis` crate drives itself; designs pass theirs as text.
                _ => bulk(1),
            })
            .sum::<u64>()
}

/// The length of a call of a script by its SHA1, in bytes.
#[inline]
pub(super) fn evalsha_bytes(script: &Script, keys: &[&str], args: &[&[u8]]) -> u64 {
    let all_keys = script.keys().len() + keys.len();
    let head = match script.bound_head(keys.len()) {
        Some(head) => head.len() as u64,
        None => {
            let first: u64 = script.keys().iter().map(|key| bulk(key.len())).sum();
            script.head().len() as u64 + bulk(digits(all_keys as u64) as usize) + first
        }
    };
    header(3 + (all_keys + args.len()) as u64)
        + head
        + keys.iter().map(|key| bulk(key.len())).sum::<u64>()
        + args.iter().map(|arg| bulk(arg.len())).sum::<u64>()
}

/// The length of a reply in bytes.
#[inline]
pub(super) fn reply_bytes(value: &Value) -> u64 {
    let all = |values: &[Value]| header(values.len() as u64) + values.iter().map(reply_bytes).sum::<u64>();
    let pairs = |pairs: &[(Value, Value)]| {
        header(pairs.len() as u64) + pairs.iter().map(|(key, value)| reply_bytes(key) + reply_bytes(value)).sum::<u64>()
    };
    match value {
        // RESP2 sends `$-1`; RESP3 would send `_`.
        Value::Nil => 5,
        Value::Int(number) => 3 + digits(number.unsigned_abs()) + u64::from(*number < 0),
        Value::BulkString(bytes) => bulk(bytes.len()),
        Value::Array(values) | Value::Set(values) => all(values),
        Value::Push { data, .. } => all(data),
        Value::SimpleString(text) => 3 + text.len() as u64,
        Value::Okay => 5,
        Value::Map(entries) => pairs(entries),
        Value::Attribute { data, attributes } => pairs(attributes) + reply_bytes(data),
        // Never in RESP2; a double's text is as long as the server made it, this is its usual form.
        Value::Double(number) => 3 + number.to_string().len() as u64,
        Value::Boolean(_) => 4,
        // A three-letter format and a colon go before the text.
        Value::VerbatimString { text, .. } => bulk(text.len() + 4),
        Value::BigNumber(bytes) => 3 + bytes.len() as u64,
        Value::ServerError(error) => error_text(error.code(), error.details().unwrap_or_default()),
        // The enum may grow: an unknown kind counts as its type byte and line end.
        _ => 3,
    }
}

/// The length of a result: its value, or the error line that stands for it.
#[inline]
pub(super) fn result_bytes(result: &Result<Value, CommandError>) -> u64 {
    match result {
        Ok(value) => reply_bytes(value),
        Err(error) => error_bytes(error),
    }
}

/// The length of the error line; where the server sent none, nothing was received.
pub(super) fn error_bytes(error: &CommandError) -> u64 {
    match error {
        CommandError::Server { code, message, .. } => error_text(code, message),
        _ => 0,
    }
}

fn error_text(code: &str, message: &str) -> u64 {
    let space = u64::from(!message.is_empty());
    3 + code.len() as u64 + space + message.len() as u64
}

/// A type byte, a count, a line end.
#[inline]
fn header(count: u64) -> u64 {
    3 + digits(count)
}

#[inline]
fn bulk(length: usize) -> u64 {
    header(length as u64) + length as u64 + 2
}

#[inline]
fn digits(number: u64) -> u64 {
    // Counted instead of branched: how long the words of a request are is not for the processor to guess.
    if number < 10_000 {
        return 1 + u64::from(number > 9) + u64::from(number > 99) + u64::from(number > 999);
    }
    u64::from(number.ilog10()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_as_long_as_it_is_written() {
        for number in (0..20).flat_map(|power| [10u64.pow(power) - 1, 10u64.pow(power)]).chain([u64::MAX]) {
            assert_eq!(digits(number), number.to_string().len() as u64);
        }
    }

    #[test]
    fn a_request_is_as_long_as_the_client_library_packs_it() {
        let mut cmd = redis::cmd("XADD");
        cmd.arg("stream").arg("*").arg("token").arg("t".repeat(1234)).arg("");
        assert_eq!(request_bytes(&cmd), cmd.get_packed_command().len() as u64);
    }

    #[test]
    fn a_call_of_a_script_is_as_long_as_the_client_library_packs_it() {
        let script = Script::new("test", "return 1");
        let keys = vec!["a", "a much longer key than that", "", "k4", "k5", "k6", "k7", "k8", "k9", "k10"];
        let long = "t".repeat(1234).into_bytes();
        for count in 0..=keys.len() {
            for args in [vec![], vec![b"".as_slice()], vec![b"x", &long]] {
                let packed = script.evalsha(&keys[..count], &args).get_packed_command();
                assert_eq!(evalsha_bytes(&script, &keys[..count], &args), packed.len() as u64);
            }
        }
    }

    #[test]
    fn a_reply_is_as_long_as_the_text_it_was_parsed_from() {
        for text in [
            "$-1\r\n",
            "$0\r\n\r\n",
            "$12\r\nhello, world\r\n",
            ":0\r\n",
            ":-1234567\r\n",
            ":10\r\n",
            "+OK\r\n",
            "+QUEUED\r\n",
            "*0\r\n",
            "*3\r\n:1\r\n*1\r\n$1\r\na\r\n$-1\r\n",
            "-NOSCRIPT No matching script. Please use EVAL.\r\n",
            "-OOM\r\n",
        ] {
            let value = redis::parse_redis_value(text.as_bytes()).unwrap();
            assert_eq!(reply_bytes(&value), text.len() as u64, "{text:?}");
        }
    }
}
