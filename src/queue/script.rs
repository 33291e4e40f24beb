//! Lua scripts: embedded in the binary, named by their SHA1, called by EVALSHA.

use std::sync::Arc;

use redis::Cmd;

/// A script of `lua/`.
#[derive(Clone, Debug)]
pub struct Script {
    /// The file's stem.
    pub name: &'static str,
    source: Arc<str>,
    sha1: String,
    /// `EVALSHA` and the SHA1 as every call begins with them on the wire, two bulk strings of RESP.
    head: String,
    bound: Option<Bound>,
}

/// What all calls for one queue have in common.
#[derive(Clone, Debug)]
struct Bound {
    /// The keys that come first.
    keys: Vec<String>,
    /// How many each call adds to them.
    more_keys: usize,
    /// How these calls begin on the wire: the head, the number of keys, the keys that come first.
    head: String,
}

impl Script {
    /// A script from its source; the SHA1 is what EVALSHA expects.
    #[must_use]
    pub fn new(name: &'static str, source: impl Into<Arc<str>>) -> Script {
        let source = source.into();
        let sha1 = redis::Script::new(&source).get_hash().to_owned();
        let head = format!("$7\r\nEVALSHA\r\n${}\r\n{sha1}\r\n", sha1.len());
        Script { name, source, sha1, head, bound: None }
    }

    /// The same script for one queue: each call names these keys first, and as many more as `more_keys`. That the keys are put
    /// together once, and not with every call, is what this is for.
    #[must_use]
    pub fn bound(&self, keys: Vec<String>, more_keys: usize) -> Script {
        let count = (keys.len() + more_keys).to_string();
        let mut head = format!("{}${}\r\n{count}\r\n", self.head, count.len());
        for key in &keys {
            head.push_str(&format!("${}\r\n{key}\r\n", key.len()));
        }
        Script { bound: Some(Bound { keys, more_keys, head }), ..self.clone() }
    }

    /// The keys that every call names first.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        self.bound.as_ref().map_or(&[], |bound| &bound.keys)
    }

    /// How a call by the SHA1 begins on the wire, behind the count of its words and up to the number of keys.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    /// How a call with so many keys of its own begins on the wire, behind the count of its words and up to those keys; `None`:
    /// it was not bound to be called so.
    #[inline]
    pub(crate) fn bound_head(&self, more_keys: usize) -> Option<&str> {
        self.bound.as_ref().filter(|bound| bound.more_keys == more_keys).map(|bound| bound.head.as_str())
    }

    /// The SHA1 in lower-case hex.
    #[must_use]
    pub fn sha1(&self) -> &str {
        &self.sha1
    }

    /// Calls the script by its SHA1.
    #[must_use]
    pub fn evalsha(&self, more_keys: &[&str], args: &[&[u8]]) -> Cmd {
        self.call("EVALSHA", &self.sha1, more_keys, args)
    }

    /// Sends the source along; the server remembers it.
    #[must_use]
    pub fn eval(&self, more_keys: &[&str], args: &[&[u8]]) -> Cmd {
        self.call("EVAL", &self.source, more_keys, args)
    }

    /// Asks the server to remember the script.
    #[must_use]
    pub fn load(&self) -> Cmd {
        let mut cmd = redis::cmd("SCRIPT");
        cmd.arg("LOAD").arg(self.source.as_ref());
        cmd
    }

    fn call(&self, verb: &str, script: &str, more_keys: &[&str], args: &[&[u8]]) -> Cmd {
        let mut cmd = redis::cmd(verb);
        cmd.arg(script).arg(self.keys().len() + more_keys.len());
        for key in self.keys().iter().map(String::as_str).chain(more_keys.iter().copied()) {
            cmd.arg(key);
        }
        for arg in args {
            cmd.arg(*arg);
        }
        cmd
    }
}
