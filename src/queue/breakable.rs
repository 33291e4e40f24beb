//! The seam, with a client that is held or ends between two requests.
//!
//! A command, a pipeline, a transaction and a script are one request each. Whatever stops a client stops it
//! right before its next request: what it does between two requests is its own and nobody sees it.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use redis::{Cmd, Value};

use super::{CommandError, Commands, Script};

/// Where a client stops in one operation. Requests are counted from the first of the operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaks {
    /// Waits so long, after so many answered requests.
    pub hold: Option<(u32, Duration)>,
    /// Ends, after so many answered requests.
    pub crash: Option<u32>,
}

/// Wraps any [`Commands`] for one operation and stops its client where it is told to.
#[derive(Debug)]
pub struct Breakable<'a, C> {
    inner: &'a C,
    breaks: Breaks,
    answered: Cell<u32>,
}

impl<'a, C: Commands> Breakable<'a, C> {
    /// For one operation.
    #[must_use]
    pub fn new(inner: &'a C, breaks: Breaks) -> Breakable<'a, C> {
        Breakable { inner, breaks, answered: Cell::new(0) }
    }

    /// Whether the client has ended: at a request it did not send any more, or after the last one.
    #[must_use]
    pub fn crashed(&self) -> bool {
        self.breaks.crash.is_some_and(|after| self.answered.get() >= after)
    }

    async fn before(&self) -> Result<(), CommandError> {
        if let Some((after, length)) = self.breaks.hold
            && after == self.answered.get()
        {
            self.inner.sleep(length).await;
        }
        if self.crashed() { Err(CommandError::Crashed(self.answered.get())) } else { Ok(()) }
    }

    async fn request<T>(&self, send: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
        self.before().await?;
        let answer = send.await;
        self.answered.set(self.answered.get() + 1);
        answer
    }
}

impl<C: Commands> Commands for Breakable<'_, C> {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        self.request(self.inner.command(cmd)).await
    }

    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        self.request(self.inner.pipeline(cmds)).await
    }

    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        self.request(self.inner.transaction(cmds)).await
    }

    async fn evalsha(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        self.request(self.inner.evalsha(script, keys, args)).await
    }

    async fn script(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        self.request(self.inner.script(script, keys, args)).await
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.inner.sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.inner.random()
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        self.inner.spawn(work);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Answers everything, and writes down what was asked and how long somebody slept.
    #[derive(Default)]
    struct Diary(RefCell<Vec<String>>);

    impl Commands for Diary {
        async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
            self.0.borrow_mut().push(String::from_utf8_lossy(&cmd.get_packed_command()[8..12]).into_owned());
            Ok(Value::Okay)
        }

        async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
            self.0.borrow_mut().push(format!("pipeline of {}", cmds.len()));
            Ok(Vec::new())
        }

        async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
            self.pipeline(cmds).await
        }

        fn now(&self) -> Duration {
            Duration::ZERO
        }

        async fn sleep(&self, duration: Duration) {
            self.0.borrow_mut().push(format!("slept {} ms", duration.as_millis()));
        }

        fn random(&self) -> u64 {
            0
        }

        fn spawn(&self, _: impl Future<Output = ()> + 'static) {}
    }

    /// PING, then a pipeline of two, then PING: what was heard of it, how it ended, and whether the client did.
    fn heard(breaks: Breaks) -> (Vec<String>, Result<(), CommandError>, bool) {
        let diary = Diary::default();
        let client = Breakable::new(&diary, breaks);
        let work = async {
            client.command(redis::cmd("PING")).await?;
            client.pipeline(vec![redis::cmd("PING"), redis::cmd("PING")]).await?;
            client.command(redis::cmd("PING")).await?;
            Ok(())
        };
        let ended = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work);
        let crashed = client.crashed();
        (diary.0.into_inner(), ended, crashed)
    }

    #[test]
    fn a_client_that_nothing_stops_sends_everything() {
        assert_eq!(
            heard(Breaks::default()),
            (vec!["PING".into(), "pipeline of 2".into(), "PING".into()], Ok(()), false)
        );
    }

    #[test]
    fn a_client_is_held_once_where_it_is_told() {
        let hold = |after| heard(Breaks { hold: Some((after, Duration::from_millis(7))), crash: None }).0;
        assert_eq!(hold(0), ["slept 7 ms", "PING", "pipeline of 2", "PING"]);
        assert_eq!(hold(1), ["PING", "slept 7 ms", "pipeline of 2", "PING"]);
        assert_eq!(hold(3), ["PING", "pipeline of 2", "PING"], "nothing is left to be held before");
    }

    #[test]
    fn a_client_that_ends_sends_nothing_more() {
        let crash = |after| heard(Breaks { hold: None, crash: Some(after) });
        assert_eq!(crash(0), (vec![], Err(CommandError::Crashed(0)), true));
        assert_eq!(crash(1), (vec!["PING".into()], Err(CommandError::Crashed(1)), true));
        let (all, ended, crashed) = crash(3);
        assert_eq!((all.len(), ended, crashed), (3, Ok(()), true), "the last answer was read before it ended");
        assert!(!crash(4).2, "it was done before");
    }
}
