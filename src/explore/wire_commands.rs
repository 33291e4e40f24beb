//! The commands that designs send, each packed once and known by its number.

use std::sync::Arc;

use redis::{Arg, Cmd, Value};
use rustc_hash::FxHashMap;

use super::error::ExploreError;

/// A command, by its number.
pub(super) type CommandId = u32;

/// What is sent in one go and executed with nobody in between: a command, or MULTI, commands and EXEC.
#[derive(Clone, Debug)]
pub(super) struct WireCommand {
    /// As it goes over the wire.
    pub bytes: Vec<u8>,
    /// How many replies come back; the last one is the reply.
    pub replies: usize,
    /// The words of each command.
    pub words: Vec<Vec<Vec<u8>>>,
}

impl WireCommand {
    /// The reply in the one form that is explored. In which order KEYS and SCAN name keys depends on the history of the server's
    /// hash table, which no state shows: they are put in the order of their names.
    pub(super) fn normal(&self, reply: Value) -> Value {
        let name = self.words.last().and_then(|words| words.first()).map(|name| name.to_ascii_uppercase());
        let by_name = |mut keys: Vec<Value>| {
            keys.sort_by_key(|key| format!("{key:?}"));
            Value::Array(keys)
        };
        match (name.as_deref(), reply) {
            (Some(b"KEYS"), Value::Array(keys)) => by_name(keys),
            (Some(b"SCAN"), Value::Array(mut page)) => {
                if let Some(Value::Array(keys)) = page.pop() {
                    page.push(by_name(keys));
                }
                Value::Array(page)
            }
            (_, reply) => reply,
        }
    }
}

/// All commands.
#[derive(Default)]
pub(super) struct WireCommands {
    all: Vec<Arc<WireCommand>>,
    numbers: FxHashMap<Vec<u8>, CommandId>,
}

impl WireCommands {
    pub(super) fn at(&self, number: CommandId) -> &WireCommand {
        &self.all[number as usize]
    }

    /// The same, for whoever outlives this.
    pub(super) fn shared(&self, number: CommandId) -> Arc<WireCommand> {
        Arc::clone(&self.all[number as usize])
    }

    /// The number of what is sent in one go. What cannot be explored is refused by its name.
    pub(super) fn number(&mut self, cmds: &[Cmd]) -> Result<CommandId, ExploreError> {
        let bytes: Vec<u8> = cmds.iter().flat_map(Cmd::get_packed_command).collect();
        if let Some(&number) = self.numbers.get(&bytes) {
            return Ok(number);
        }
        let words: Vec<Vec<Vec<u8>>> = cmds.iter().map(words_of).collect();
        words.iter().try_for_each(|words| refuse(words))?;
        let number = self.all.len() as CommandId;
        self.all.push(Arc::new(WireCommand { bytes: bytes.clone(), replies: cmds.len(), words }));
        self.numbers.insert(bytes, number);
        Ok(number)
    }
}

fn words_of(cmd: &Cmd) -> Vec<Vec<u8>> {
    let word = |arg: Arg<&[u8]>| match arg {
        Arg::Simple(bytes) => bytes.to_vec(),
        _ => b"0".to_vec(),
    };
    cmd.args_iter().map(word).collect()
}

/// What depends on more than the keys: the state of the connection, other clients waiting, the server's own settings.
const REFUSED: &[(&str, &str)] = &[
    ("WATCH", "it makes a transaction depend on the connection's past"),
    ("UNWATCH", "it makes a transaction depend on the connection's past"),
    ("BLPOP", "it blocks"),
    ("BRPOP", "it blocks"),
    ("BLMOVE", "it blocks"),
    ("BLMPOP", "it blocks"),
    ("BRPOPLPUSH", "it blocks"),
    ("BZPOPMIN", "it blocks"),
    ("BZPOPMAX", "it blocks"),
    ("BZMPOP", "it blocks"),
    ("WAIT", "it blocks"),
    ("SUBSCRIBE", "its messages are not in the keys"),
    ("PSUBSCRIBE", "its messages are not in the keys"),
    ("SSUBSCRIBE", "its messages are not in the keys"),
    ("SELECT", "it makes later commands depend on the connection"),
    ("SPOP", "its answer is chance"),
    ("SRANDMEMBER", "its answer is chance"),
    ("HRANDFIELD", "its answer is chance"),
    ("ZRANDMEMBER", "its answer is chance"),
    ("RANDOMKEY", "its answer is chance"),
    ("CONFIG", "it changes the server itself"),
    ("DEBUG", "it changes the server itself"),
    ("FLUSHALL", "it would empty the explorer's own server"),
    ("FLUSHDB", "it would empty the explorer's own server"),
    ("SHUTDOWN", "it would end the explorer's own server"),
    ("CLIENT", "it concerns the connection"),
    ("MONITOR", "it turns the connection into something else"),
];

fn refuse(words: &[Vec<u8>]) -> Result<(), ExploreError> {
    let upper = |word: &Vec<u8>| String::from_utf8_lossy(word).to_ascii_uppercase();
    let name = words.first().map(upper).unwrap_or_default();
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Err(ExploreError::Refused { what: format!("{name}: {why}") });
    }
    // XREAD [COUNT n] [BLOCK ms] STREAMS …: the options come before the keys.
    let options = words.iter().map(upper).take_while(|word| word != "STREAMS");
    if matches!(name.as_str(), "XREAD" | "XREADGROUP") && options.skip(1).any(|word| word == "BLOCK") {
        return Err(ExploreError::Refused { what: format!("{name} with BLOCK: it blocks") });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_commands_have_one_number() {
        let mut commands = WireCommands::default();
        let get = redis::cmd("GET").arg("a").to_owned();
        let first = commands.number(std::slice::from_ref(&get)).unwrap();
        assert_eq!(commands.number(std::slice::from_ref(&get)).unwrap(), first);
        assert_ne!(commands.number(&[get.clone(), get]).unwrap(), first);
        assert_eq!(commands.at(first).words, [[b"GET".to_vec(), b"a".to_vec()]]);
    }

    #[test]
    fn what_cannot_be_explored_is_refused_by_its_name() {
        let mut commands = WireCommands::default();
        for (text, name) in
            [("watch k", "WATCH"), ("BLPOP a 0", "BLPOP"), ("XREAD BLOCK 0 STREAMS s $", "XREAD with BLOCK")]
        {
            let mut words = text.split(' ');
            let mut cmd = redis::cmd(words.next().unwrap());
            words.for_each(|word| {
                cmd.arg(word);
            });
            let refused = commands.number(&[cmd]).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
        }
        let mut read = redis::cmd("XREAD");
        read.arg("STREAMS").arg("BLOCK").arg("0");
        assert!(commands.number(&[read]).is_ok(), "a stream may be called so");
    }
}
