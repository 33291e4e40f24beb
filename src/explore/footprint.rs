//! Which keys a command touches: those that it declares, and those that MONITOR shows it to have touched besides.
//!
//! A script that makes up the name of a key works on one server and fails in a cluster, which looks at declared keys alone.
//! The explorer sees it and says so.

use std::collections::BTreeSet;

use redis::{Connection, Value, cmd};
use rustc_hash::FxHashMap;

use super::error::ExploreError;
use super::server::Server;
use super::states::{KeyId, States};
use super::wire_commands::{CommandId, WireCommand};

/// What an execution touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touched {
    /// No more than what it declares.
    Declared,
    /// Other keys as well, or all of them.
    More,
}

/// Commands that touch no key and depend on none.
const KEYLESS: &[&str] = &["TIME", "PING", "ECHO", "SCRIPT", "REPLICATE_COMMANDS"];

/// What is known of the keys of commands.
#[derive(Default)]
pub(super) struct Footprints {
    /// By command; `None`: it may touch any key.
    declared: FxHashMap<CommandId, Option<Box<[KeyId]>>>,
    /// First key, last key and step of each command by its name in upper case; `None`: no keys, or they move.
    places: FxHashMap<String, Option<(i64, i64, i64)>>,
    monitor: Option<Connection>,
    watched: u64,
    marks: [String; 2],
    undeclared: BTreeSet<String>,
}

impl Footprints {
    /// The keys that a command declares; `None`: it may touch any key.
    pub(super) fn declared(
        &mut self,
        number: CommandId,
        command: &WireCommand,
        states: &mut States,
        server: &mut Server,
    ) -> Result<Option<Box<[KeyId]>>, ExploreError> {
        if let Some(known) = self.declared.get(&number) {
            return Ok(known.clone());
        }
        let mut keys = Some(BTreeSet::new());
        for words in &command.words {
            match (self.keys_of(words, server)?, &mut keys) {
                (Some(more), Some(keys)) => keys.extend(more.into_iter().map(|key| states.key(key))),
                (None, keys) => *keys = None,
                (Some(_), None) => {}
            }
        }
        let keys: Option<Box<[KeyId]>> = keys.map(|keys| keys.into_iter().collect());
        self.declared.insert(number, keys.clone());
        Ok(keys)
    }

    /// The names of the keys among a command's words; `None`: it may touch any key.
    fn keys_of(&mut self, words: &[Vec<u8>], server: &mut Server) -> Result<Option<Vec<Vec<u8>>>, ExploreError> {
        let name = words.first().map(|name| String::from_utf8_lossy(name).to_ascii_uppercase()).unwrap_or_default();
        if KEYLESS.contains(&name.as_str()) || matches!(name.as_str(), "MULTI" | "EXEC") {
            return Ok(Some(Vec::new()));
        }
        let places = match self.places.get(&name) {
            Some(known) => *known,
            None => {
                let places = places(&server.ask_fact(cmd("COMMAND").arg("INFO").arg(&name))?);
                self.places.insert(name.clone(), places);
                places
            }
        };
        if let Some((first, last, step)) = places {
            let end = if last < 0 { words.len() as i64 + last } else { last };
            let at = (first..=end).step_by(usize::try_from(step.max(1)).unwrap_or(1));
            return Ok(Some(at.filter_map(|at| words.get(usize::try_from(at).ok()?).cloned()).collect()));
        }
        let mut question = cmd("COMMAND");
        question.arg("GETKEYS");
        words.iter().for_each(|word| {
            question.arg(word.as_slice());
        });
        match server.ask_fact(&question)? {
            Value::Array(keys) => Ok(Some(keys.into_iter().filter_map(bulk).collect())),
            // "The command has no key arguments": a script without keys declares none, KEYS and SCAN see all.
            _ if matches!(name.as_str(), "EVALSHA" | "EVAL" | "FCALL") => Ok(Some(Vec::new())),
            _ => Ok(None),
        }
    }

    /// The marks to put around an execution that is to be watched; `None`: it need not be, since only scripts can touch what they
    /// do not declare.
    pub(super) fn begin_watching(
        &mut self,
        command: &WireCommand,
        server: &mut Server,
    ) -> Result<Option<[&str; 2]>, ExploreError> {
        let is_script = |words: &Vec<Vec<u8>>| {
            words.first().is_some_and(|name| {
                let name = String::from_utf8_lossy(name).to_ascii_uppercase();
                name.starts_with("EVAL") || name.starts_with("FCALL")
            })
        };
        if !command.words.iter().any(is_script) {
            return Ok(None);
        }
        if self.monitor.is_none() {
            self.monitor = Some(server.monitor()?);
        }
        self.watched += 1;
        self.marks = ["begin", "end"].map(|side| format!("stanchion {side} {}", self.watched));
        Ok(Some([&self.marks[0], &self.marks[1]]))
    }

    /// What the execution touched that was just watched.
    pub(super) fn touched(
        &mut self,
        number: CommandId,
        states: &mut States,
        server: &mut Server,
    ) -> Result<Touched, ExploreError> {
        let lines = self.watched_lines()?;
        let declared = self.declared.get(&number).cloned().flatten().unwrap_or_default();
        let mut touched = Touched::Declared;
        for words in lines {
            match self.keys_of(&words, server)? {
                Some(keys) => {
                    for key in keys {
                        let number = states.key(key.clone());
                        if !declared.contains(&number) {
                            self.undeclared.insert(String::from_utf8_lossy(&key).into_owned());
                            touched = Touched::More;
                        }
                    }
                }
                // KEYS, SCAN and the like look at everything.
                None => touched = Touched::More,
            }
        }
        Ok(touched)
    }

    /// What scripts called between the two marks.
    fn watched_lines(&mut self) -> Result<Vec<Vec<Vec<u8>>>, ExploreError> {
        let monitor = self.monitor.as_mut().ok_or_else(|| ExploreError::internal("nobody watches"))?;
        let (mut lines, mut inside) = (Vec::new(), false);
        loop {
            let line = match monitor.recv_response()? {
                Value::SimpleString(line) => line.into_bytes(),
                Value::BulkString(line) => line,
                Value::Okay => continue,
                other => return Err(ExploreError::internal(format!("MONITOR says {other:?}"))),
            };
            let (from_script, words) = parse_line(&line);
            match &words[..] {
                [echo, mark] if echo == b"ECHO" && *mark == self.marks[0].as_bytes() => inside = true,
                [echo, mark] if echo == b"ECHO" && *mark == self.marks[1].as_bytes() => return Ok(lines),
                _ if inside && from_script => lines.push(words),
                _ => {}
            }
        }
    }

    /// Closes the ears: a server that tells somebody of every command is a slow one.
    pub(super) fn stop_watching(&mut self) {
        self.monitor = None;
    }

    /// Keys that scripts made up.
    pub(super) fn undeclared(&self) -> &BTreeSet<String> {
        &self.undeclared
    }
}

fn bulk(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}

/// First key, last key and step from COMMAND INFO; `None` where there are no keys, or they are not at fixed places.
fn places(info: &Value) -> Option<(i64, i64, i64)> {
    let Value::Array(commands) = info else { return None };
    let Value::Array(facts) = commands.first()? else { return None };
    let [_, _, flags, Value::Int(first), Value::Int(last), Value::Int(step), ..] = &facts[..] else { return None };
    let movable = format!("{flags:?}").contains("movablekeys");
    (*first > 0 && !movable).then_some((*first, *last, *step))
}

/// A line of MONITOR: `TIME [DB lua] "word" "word"…`. Whether a script called it, and its words.
fn parse_line(line: &[u8]) -> (bool, Vec<Vec<u8>>) {
    let begin = line.iter().position(|byte| *byte == b'[').unwrap_or(0);
    let end = begin + line[begin..].iter().position(|byte| *byte == b']').unwrap_or(0);
    let from_script = line[begin..end].ends_with(b"lua");
    let (mut words, mut word, mut inside) = (Vec::new(), Vec::new(), false);
    let mut rest = line[end..].iter().copied();
    while let Some(byte) = rest.next() {
        match (byte, inside) {
            (b'"', true) => {
                words.push(std::mem::take(&mut word));
                inside = false;
            }
            (b'"', false) => inside = true,
            (b'\\', true) => match rest.next() {
                Some(b'n') => word.push(b'\n'),
                Some(b'r') => word.push(b'\r'),
                Some(b't') => word.push(b'\t'),
                Some(b'a') => word.push(7),
                Some(b'b') => word.push(8),
                Some(b'x') => {
                    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16)).unwrap_or(0);
                    let (high, low) = (digit(rest.next()), digit(rest.next()));
                    word.push((high * 16 + low) as u8);
                }
                Some(other) => word.push(other),
                None => {}
            },
            (byte, true) => word.push(byte),
            _ => {}
        }
    }
    (from_script, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_monitor_is_read() {
        let (from_script, words) = parse_line(br#"1893456000.000000 [0 lua] "SET" "k]\x00\"" "a\nb""#);
        assert!(from_script);
        assert_eq!(words, [b"SET".to_vec(), b"k]\0\"".to_vec(), b"a\nb".to_vec()]);
        assert!(!parse_line(br#"1.0 [0 unix:/tmp/s] "PING""#).0);
    }
}
