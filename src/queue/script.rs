//! Lua scripts: embedded in the binary, named by their SHA1, called by EVALSHA.

use std::borrow::Cow;

use redis::Cmd;

/// A script of `lua/`.
#[derive(Debug)]
pub struct Script {
    /// The file's stem.
    pub name: &'static str,
    source: Cow<'static, str>,
    sha1: String,
    /// `EVALSHA` and the SHA1 as every call begins with them on the wire, two bulk strings of RESP.
    head: String,
}

impl Script {
    /// A script from its source; the SHA1 is what EVALSHA expects.
    #[must_use]
    pub fn new(name: &'static str, source: impl Into<Cow<'static, str>>) -> Script {
        let source = source.into();
        let sha1 = redis::Script::new(&source).get_hash().to_owned();
        let head = format!("$7\r\nEVALSHA\r\n${}\r\n{sha1}\r\n", sha1.len());
        Script { name, source, sha1, head }
    }

    /// How a call by the SHA1 begins on the wire, behind the count of its words.
    pub(crate) fn head(&self) -> &str {
        &self.head
    }

    /// The SHA1 in lower-case hex.
    #[must_use]
    pub fn sha1(&self) -> &str {
        &self.sha1
    }

    /// Calls the script by its SHA1.
    #[must_use]
    pub fn evalsha(&self, keys: &[&str], args: &[&[u8]]) -> Cmd {
        Self::call("EVALSHA", &self.sha1, keys, args)
    }

    /// Sends the source along; the server remembers it.
    #[must_use]
    pub fn eval(&self, keys: &[&str], args: &[&[u8]]) -> Cmd {
        Self::call("EVAL", &self.source, keys, args)
    }

    /// Asks the server to remember the script.
    #[must_use]
    pub fn load(&self) -> Cmd {
        let mut cmd = redis::cmd("SCRIPT");
        cmd.arg("LOAD").arg(self.source.as_ref());
        cmd
    }

    fn call(verb: &str, script: &str, keys: &[&str], args: &[&[u8]]) -> Cmd {
        let mut cmd = redis::cmd(verb);
        cmd.arg(script).arg(keys.len());
        for key in keys {
            cmd.arg(*key);
        }
        for arg in args {
            cmd.arg(*arg);
        }
        cmd
    }
}
