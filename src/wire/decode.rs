//! Replies from bytes, as they come: split anywhere, or several at once.
//! Source: the RESP specification, <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
//!
//! What a waiting queue answers, nil, numbers, texts and arrays of them, is read here. Error lines and the rarer kinds of RESP3
//! are cut out here and handed to the `redis` crate's parser, which is also the reference that the tests compare with.

use redis::Value;

/// Deeper nesting is no reply of a Redis; the `redis` crate draws the line there, too.
const DEPTH_MAX: usize = 100;

/// The largest bulk that a server sends: `proto-max-bulk-len`, 512 MiB by default.
const BULK_BYTES_MAX: usize = 512 << 20;

/// A line that has not ended after so many bytes is no header; error lines are some hundred long.
const LINE_BYTES_MAX: usize = 1 << 20;

/// More elements are not reserved on a header's word alone.
const RESERVED_MAX: usize = 1024;

const NIL: &[u8] = b"$-1\r\n";
const OKAY: &[u8] = b"+OK\r\n";

/// What came is no RESP: the connection cannot be read any further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what came is no reply of a Redis: {0}")]
pub(super) struct Malformed(String);

/// Reads replies. What was understood of one whose end has not come yet is kept, and not read again.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    open: Vec<Open>,
}

/// An aggregate whose elements have not all come.
#[derive(Debug)]
struct Open {
    kind: u8,
    missing: usize,
    items: Vec<Value>,
}

/// One element at the front of the input.
enum Element {
    /// A value of so many bytes.
    Whole(Value, usize),
    /// The header of an aggregate with so many elements, of so many bytes.
    Begin(u8, usize, usize),
    /// Its end has not come.
    Partly,
}

impl Decoder {
    /// Takes the next reply from the front of `input`: how many bytes are done with, and the reply once it is whole.
    /// `None` means that more has to come; what was taken must not be shown again.
    #[inline(always)]
    pub(super) fn next(&mut self, input: &[u8]) -> Result<(usize, Option<Value>), Malformed> {
        if self.open.is_empty() {
            // What nearly all requests are answered with.
            if input.starts_with(NIL) {
                return Ok((NIL.len(), Some(Value::Nil)));
            }
            if input.starts_with(OKAY) {
                return Ok((OKAY.len(), Some(Value::Okay)));
            }
        }
        self.next_of_any_kind(input)
    }

    fn next_of_any_kind(&mut self, input: &[u8]) -> Result<(usize, Option<Value>), Malformed> {
        let mut at = 0;
        loop {
            match element(&input[at..])? {
                Element::Partly => return Ok((at, None)),
                Element::Begin(kind, elements, length) => {
                    at += length;
                    if elements > 0 {
                        if self.open.len() >= DEPTH_MAX {
                            return Err(Malformed(format!("more than {DEPTH_MAX} arrays in one another")));
                        }
                        let items = Vec::with_capacity(elements.min(RESERVED_MAX));
                        self.open.push(Open { kind, missing: elements, items });
                    } else if let Some(reply) = self.close(closed(kind, Vec::new())?)? {
                        return Ok((at, Some(reply)));
                    }
                }
                Element::Whole(value, length) => {
                    at += length;
                    if let Some(reply) = self.close(value)? {
                        return Ok((at, Some(reply)));
                    }
                }
            }
        }
    }

    /// Puts a value into the innermost open aggregate, and that one into the next if it was its last.
    fn close(&mut self, mut value: Value) -> Result<Option<Value>, Malformed> {
        while let Some(mut innermost) = self.open.pop() {
            innermost.items.push(value);
            innermost.missing -= 1;
            if innermost.missing > 0 {
                self.open.push(innermost);
                return Ok(None);
            }
            value = closed(innermost.kind, innermost.items)?;
        }
        Ok(Some(value))
    }
}

/// An aggregate from its elements.
fn closed(kind: u8, mut items: Vec<Value>) -> Result<Value, Malformed> {
    let pairs = |items: Vec<Value>| {
        let mut items = items.into_iter();
        let mut pairs = Vec::with_capacity(items.len() / 2);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            pairs.push((key, value));
        }
        pairs
    };
    match kind {
        b'*' => Ok(Value::Array(items)),
        b'~' => Ok(Value::Set(items)),
        b'%' => Ok(Value::Map(pairs(items))),
        b'|' => {
            let data = items.pop().ok_or_else(|| Malformed("an attribute of nothing".to_owned()))?;
            Ok(Value::Attribute { data: Box::new(data), attributes: pairs(items) })
        }
        // What the server says unasked is not for whoever waits for a reply: which kind it is does not matter.
        _ => Ok(Value::Push { kind: redis::PushKind::Other(String::new()), data: items }),
    }
}

fn element(input: &[u8]) -> Result<Element, Malformed> {
    let Some(&kind) = input.first() else { return Ok(Element::Partly) };
    let Some(end) = line_end(input)? else { return Ok(Element::Partly) };
    if end == 0 {
        return Err(Malformed("an empty line".to_owned()));
    }
    let (line, after) = (&input[1..end], end + 2);
    match kind {
        b':' => Ok(Element::Whole(Value::Int(number(line)?), after)),
        b'+' if line == b"OK" => Ok(Element::Whole(Value::Okay, after)),
        b'+' => Ok(Element::Whole(Value::SimpleString(text(line)?.to_owned()), after)),
        b'$' if line == b"-1" => Ok(Element::Whole(Value::Nil, after)),
        b'$' => match length(line)? {
            None => Ok(Element::Whole(Value::Nil, after)),
            Some(length) => Ok(bulk(input, after, length)?.map_or(Element::Partly, |bytes| {
                Element::Whole(Value::BulkString(bytes.to_vec()), after + length + 2)
            })),
        },
        b'*' | b'~' | b'>' => Ok(match length(line)? {
            None if kind == b'>' => Element::Begin(kind, 0, after),
            None => Element::Whole(Value::Nil, after),
            Some(elements) => Element::Begin(kind, elements, after),
        }),
        b'%' | b'|' => {
            let pairs = length(line)?.ok_or_else(|| malformed("a negative number of pairs in", line))?;
            let elements = pairs.checked_mul(2).and_then(|elements| elements.checked_add((kind == b'|').into()));
            Ok(Element::Begin(kind, elements.ok_or_else(|| malformed("too many pairs in", line))?, after))
        }
        b'=' | b'!' => {
            let length = length(line)?.ok_or_else(|| malformed("a negative length in", line))?;
            match bulk(input, after, length)? {
                None => Ok(Element::Partly),
                Some(_) => by_reference(&input[..after + length + 2]),
            }
        }
        b'-' | b'_' | b',' | b'#' | b'(' => by_reference(&input[..after]),
        _ => Err(malformed("no kind of reply begins like", &input[..end])),
    }
}

/// Where the first line ends; `None`: not yet.
#[inline]
fn line_end(input: &[u8]) -> Result<Option<usize>, Malformed> {
    let mut from = 0;
    while let Some(found) = input[from..].iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n') {
        let at = from + found;
        if at > 0 && input[at - 1] == b'\r' {
            return Ok(Some(at - 1));
        }
        from = at + 1;
    }
    if input.len() > LINE_BYTES_MAX { Err(malformed("a line without an end:", &input[..20])) } else { Ok(None) }
}

/// The bytes of a bulk that begins at `begin`; `None`: they have not all come.
#[inline]
fn bulk(input: &[u8], begin: usize, length: usize) -> Result<Option<&[u8]>, Malformed> {
    if length > BULK_BYTES_MAX {
        return Err(Malformed(format!("a bulk of {length} bytes")));
    }
    match input.get(begin + length..begin + length + 2) {
        None => Ok(None),
        Some(b"\r\n") => Ok(Some(&input[begin..begin + length])),
        Some(other) => Err(malformed("no line end after a bulk, but", other)),
    }
}

/// One whole element, read by the `redis` crate.
fn by_reference(bytes: &[u8]) -> Result<Element, Malformed> {
    let value = redis::parse_redis_value(bytes).map_err(|error| Malformed(error.to_string()))?;
    Ok(Element::Whole(value, bytes.len()))
}

#[inline]
fn number(line: &[u8]) -> Result<i64, Malformed> {
    // Nearly all are lengths and counts of a few digits.
    if !line.is_empty() && line.len() < 18 && line.iter().all(u8::is_ascii_digit) {
        return Ok(line.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')));
    }
    text(line)?.trim().parse().map_err(|_| malformed("no number:", line))
}

/// A length or count; `None` where it is negative, which stands for nil.
#[inline]
fn length(line: &[u8]) -> Result<Option<usize>, Malformed> {
    Ok(usize::try_from(number(line)?).ok())
}

fn text(line: &[u8]) -> Result<&str, Malformed> {
    str::from_utf8(line).map_err(|_| malformed("no UTF-8:", line))
}

fn malformed(what: &str, bytes: &[u8]) -> Malformed {
    let shown: String = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).chars().take(40).collect();
    Malformed(format!("{what} {shown:?}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All replies of some bytes that come in pieces of these lengths, over and over.
    fn replies(bytes: &[u8], pieces: &[usize]) -> Result<Vec<Value>, Malformed> {
        let (mut decoder, mut replies) = (Decoder::default(), Vec::new());
        let (mut taken, mut come) = (0, 0);
        let mut pieces = pieces.iter().cycle();
        loop {
            let (length, reply) = decoder.next(&bytes[taken..come])?;
            taken += length;
            match reply {
                Some(reply) => replies.push(reply),
                None if come == bytes.len() => {
                    assert_eq!(taken, bytes.len(), "something is left");
                    return Ok(replies);
                }
                None => come = (come + pieces.next().expect("a cycle has no end").max(&1)).min(bytes.len()),
            }
        }
    }

    /// The text of a value, as a server writes it.
    fn written(value: &Value, out: &mut Vec<u8>) {
        let mut line = |text: String| out.extend_from_slice(format!("{text}\r\n").as_bytes());
        match value {
            Value::Nil => line("$-1".to_owned()),
            Value::Int(number) => line(format!(":{number}")),
            Value::Okay => line("+OK".to_owned()),
            Value::SimpleString(text) => line(format!("+{text}")),
            Value::Double(number) => line(format!(",{number}")),
            Value::Boolean(yes) => line(format!("#{}", if *yes { "t" } else { "f" })),
            Value::ServerError(error) => line(format!("-{} {}", error.code(), error.details().unwrap_or_default())),
            Value::BigNumber(digits) => line(format!("({}", String::from_utf8_lossy(digits))),
            Value::VerbatimString { text, .. } => line(format!("={}\r\ntxt:{text}", text.len() + 4)),
            Value::BulkString(bytes) => {
                line(format!("${}", bytes.len()));
                out.extend_from_slice(bytes);
                out.extend_from_slice(b"\r\n");
            }
            Value::Array(values) | Value::Set(values) => {
                let kind = if matches!(value, Value::Set(_)) { '~' } else { '*' };
                line(format!("{kind}{}", values.len()));
                values.iter().for_each(|value| written(value, out));
            }
            Value::Map(pairs) => {
                line(format!("%{}", pairs.len()));
                pairs.iter().for_each(|(key, value)| {
                    written(key, out);
                    written(value, out);
                });
            }
            Value::Attribute { data, attributes } => {
                line(format!("|{}", attributes.len()));
                attributes.iter().for_each(|(key, value)| {
                    written(key, out);
                    written(value, out);
                });
                written(data, out);
            }
            other => panic!("the strategy makes no {other:?}"),
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let error = "[A-Z]{2,9} [a-z ]{1,30}[a-z]";
        let leaf = prop_oneof![
            Just(Value::Nil),
            Just(Value::Okay),
            any::<i64>().prop_map(Value::Int),
            any::<bool>().prop_map(Value::Boolean),
            (-1e9..1e9_f64).prop_map(Value::Double),
            "[ -~]{0,20}"
                .prop_map(Value::SimpleString)
                .prop_filter("that is Okay", |value| { *value != Value::SimpleString("OK".to_owned()) }),
            prop::collection::vec(any::<u8>(), 0..70).prop_map(Value::BulkString),
            "[0-9]{20,40}".prop_map(|digits| Value::BigNumber(digits.into_bytes())),
            "[ -~]{0,20}".prop_map(|text| Value::VerbatimString { format: redis::VerbatimFormat::Text, text }),
            error.prop_map(|line| redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap()),
        ];
        leaf.prop_recursive(5, 60, 7, |inner| {
            let pairs = || prop::collection::vec((inner.clone(), inner.clone()), 0..4);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..7).prop_map(Value::Array),
                prop::collection::vec(inner.clone(), 0..7).prop_map(Value::Set),
                pairs().prop_map(Value::Map),
                (inner.clone(), pairs())
                    .prop_map(|(data, attributes)| Value::Attribute { data: Box::new(data), attributes }),
            ]
        })
    }

    fn is_push(value: Value) -> bool {
        matches!(value, Value::Push { .. })
    }

    proptest! {
        #[test]
        fn replies_are_the_same_however_they_are_split(
            values in prop::collection::vec(any_value(), 1..6),
            pieces in prop::collection::vec(1..40usize, 1..8),
        ) {
            let mut bytes = Vec::new();
            values.iter().for_each(|value| written(value, &mut bytes));
            prop_assert_eq!(&replies(&bytes, &pieces).unwrap(), &values);
            prop_assert_eq!(&replies(&bytes, &[1]).unwrap(), &values);
            prop_assert_eq!(&replies(&bytes, &[bytes.len()]).unwrap(), &values);
        }

        #[test]
        fn a_reply_is_what_the_reference_reads(value in any_value()) {
            let mut bytes = Vec::new();
            written(&value, &mut bytes);
            prop_assert_eq!(replies(&bytes, &[7]).unwrap(), vec![redis::parse_redis_value(&bytes).unwrap()]);
        }

        /// Bytes that look like RESP, most of them broken: what the reference reads is read the same, and what it refuses
        /// is refused or not yet whole.
        #[test]
        fn whatever_comes_is_read_as_the_reference_reads_it_or_refused(
            bytes in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(b"+-:$*%~>|_,#(=!0123456789-\r\n".to_vec()),
                    any::<u8>(),
                ],
                0..24,
            ),
            end in any::<bool>(),
        ) {
            let mut bytes = bytes;
            if end {
                bytes.extend_from_slice(b"\r\n");
            }
            let ours = Decoder::default().next(&bytes);
            match (redis::parse_redis_value(&bytes), ours) {
                (Ok(Value::Push { .. }), Ok((_, read))) => prop_assert!(read.is_some_and(is_push)),
                (Ok(value), Ok((_, read))) => prop_assert_eq!(read, Some(value)),
                (Ok(value), Err(error)) => prop_assert!(false, "{:?} was refused: {}", value, error),
                // A push is never looked into, and what follows the first reply is left for the next.
                (Err(_), Ok((_, Some(read)))) => {
                    prop_assert!(is_push(read.clone()), "{:?} is no reply to the reference", read);
                }
                (Err(_), _) => {}
            }
        }
    }

    #[test]
    fn a_large_reply_is_read_once_and_not_again_with_each_packet() {
        // A million elements in packets of 1,000 bytes: reading from the front each time would take hours.
        let mut bytes = b"*1000000\r\n".to_vec();
        bytes.extend(b":7\r\n".repeat(1_000_000));
        let read = replies(&bytes, &[1000]).unwrap();
        assert!(matches!(&read[..], [Value::Array(items)] if items.len() == 1_000_000));
        let megabytes = vec![b'x'; 3 << 20];
        let mut bytes = format!("${}\r\n", megabytes.len()).into_bytes();
        bytes.extend(&megabytes);
        bytes.extend(b"\r\n");
        assert_eq!(replies(&bytes, &[65_536]).unwrap(), [Value::BulkString(megabytes)]);
    }

    #[test]
    fn what_no_server_sends_is_refused_in_words() {
        let nested = b"*1\r\n".repeat(101);
        for (bytes, why) in [
            (b"HTTP/1.1 400 Bad Request\r\n".as_slice(), "no kind of reply begins like"),
            (b":many\r\n", "no number"),
            (b"$3\r\nabcdef", "no line end after a bulk"),
            (b"$999999999999\r\n", "a bulk of 999999999999 bytes"),
            (&nested, "more than 100 arrays in one another"),
            (b"%-1\r\n", "a negative number of pairs"),
        ] {
            let error = Decoder::default().next(bytes).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_header_alone_reserves_no_memory_for_what_it_promises() {
        assert_eq!(Decoder::default().next(b"*2147483647\r\n").unwrap(), (13, None));
    }
}
