//! Requests as bytes: RESP arrays of bulk strings, written into the connection's buffer.
//! Source: the RESP specification, <https://redis.io/docs/latest/develop/reference/protocol-spec/>.

use redis::{Arg, Cmd};

use crate::queue::Script;

/// Appends a command.
pub(super) fn command(out: &mut Vec<u8>, cmd: &Cmd) {
    let arguments = cmd.args_iter();
    header(out, b'*', arguments.len());
    for argument in arguments {
        match argument {
            Arg::Simple(bytes) => bulk(out, bytes),
            // The cursor of a scan that the `redis` crate drives itself: a design passes its own as text.
            _ => bulk(out, b"0"),
        }
    }
}

/// Appends EVALSHA without anything in between: this is what a join is made of, thousands of times a second.
#[inline]
pub(super) fn evalsha(out: &mut Vec<u8>, script: &Script, keys: &[&str], args: &[&[u8]]) {
    let all_keys = script.keys().len() + keys.len();
    header(out, b'*', 3 + all_keys + args.len());
    if let Some(head) = script.bound_head(keys.len()) {
        out.extend_from_slice(head.as_bytes());
    } else {
        out.extend_from_slice(script.head().as_bytes());
        bulk(out, itoa::Buffer::new().format(all_keys).as_bytes());
        script.keys().iter().for_each(|key| bulk(out, key.as_bytes()));
    }
    for key in keys {
        bulk(out, key.as_bytes());
    }
    for arg in args {
        bulk(out, arg);
    }
}

#[inline(always)]
fn bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    header(out, b'$', bytes.len());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

#[inline(always)]
fn header(out: &mut Vec<u8>, kind: u8, count: usize) {
    let digit = |number: usize| b'0' + (number % 10) as u8;
    match count {
        // One or two digits are what nearly all headers have: written at once, with one look at the room that is left.
        0..10 => out.extend_from_slice(&[kind, digit(count), b'\r', b'\n']),
        10..100 => out.extend_from_slice(&[kind, digit(count / 10), digit(count), b'\r', b'\n']),
        _ => {
            out.push(kind);
            out.extend_from_slice(itoa::Buffer::new().format(count).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_command_is_packed_as_the_reference_packs_it(words in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..30)) {
            let mut cmd = Cmd::new();
            for word in &words {
                cmd.arg(word.as_slice());
            }
            let mut packed = b"before".to_vec();
            command(&mut packed, &cmd);
            prop_assert_eq!(&packed[6..], cmd.get_packed_command());
        }

        #[test]
        fn a_script_is_packed_as_the_reference_packs_it(
            bound in prop::option::of((prop::collection::vec("[ -~]{0,40}", 0..14), 0..14_usize)),
            keys in prop::collection::vec("[ -~]{0,40}", 0..14),
            args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..14),
        ) {
            let script = Script::new("test", "return 1");
            let script = bound.map_or(script.clone(), |(first, more)| script.bound(first, more));
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            let mut packed = Vec::new();
            evalsha(&mut packed, &script, &keys, &args);
            prop_assert_eq!(packed, script.evalsha(&keys, &args).get_packed_command());
        }
    }
}
