//! Which commands a design sends for an operation, told again afterwards: for the story of a violation.
//!
//! A run records operations and not their commands, which would be most of its size. But a design is a plain function of
//! the replies that it gets. So its own code is run once more, with made-up replies, until it comes to the answer that was
//! recorded after as many commands as were recorded. Most operations are one call of a script, which no reply changes.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use redis::{Arg, Cmd, Value};

use super::{AnyQueue, CommandError, Commands, Script, perform};
use crate::model::{Operation, Outcome, Token};

/// Tries, at most, to find replies that lead to the answer.
const TRIES_MAX: usize = 3_000;

/// Of an attempt with more commands than these only the first is told: replies in their thousands would lead to it.
const COMMANDS_MAX: usize = 8;

/// Pauses of one operation, at most.
const SLEEPS_MAX: u32 = 100;

/// An attempt as it was recorded.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What was asked.
    pub operation: &'a Operation,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// Redis commands that were sent.
    pub commands: u32,
    /// What its client's clock shows: nobody recorded that.
    pub now: Duration,
}

/// The commands of an attempt, as one would type them: all of them, or those that are certain with a last line that says how
/// many more there were.
#[must_use]
pub fn retell(queue: &AnyQueue, attempt: Attempt<'_>) -> Vec<String> {
    let count = attempt.commands as usize;
    if count == 0 {
        return Vec::new();
    }
    let unknown = matches!(attempt.outcome, Outcome::Unknown(_));
    let candidates = candidates(attempt.outcome);
    let mut open: Vec<Vec<Value>> = vec![Vec::new()];
    let mut certain: Option<Vec<String>> = None;
    for _ in 0..TRIES_MAX {
        let Some(replies) = open.pop() else { break };
        let told = tell(queue, attempt, &replies);
        // What the first command is no reply decides, and the reply to the last of an unknown operation nobody knows.
        let enough = told.outcome.as_ref() == Some(attempt.outcome) || count == 1 || unknown;
        if told.sent.len() == count && enough {
            return told.sent;
        }
        if told.wants_more && told.sent.len() <= count && count <= COMMANDS_MAX {
            // The likeliest is the next to be tried.
            open.extend(candidates.iter().rev().map(|reply| replies.iter().chain([reply]).cloned().collect()));
        }
        certain.get_or_insert(told.sent);
    }
    let mut shown = certain.unwrap_or_default();
    shown.truncate(count);
    match count - shown.len() {
        0 => {}
        1 => shown.push("… and 1 more".to_owned()),
        more => shown.push(format!("… and {more} more")),
    }
    shown
}

/// Replies that a command may have had, the likeliest first.
fn candidates(outcome: &Outcome) -> Vec<Value> {
    let bulk = |text: String| Value::BulkString(text.into_bytes());
    let token = |token: &Token| bulk(token.wire().as_str().to_owned());
    let mut values = match outcome {
        Outcome::Duplicate(standing) => vec![token(standing)],
        Outcome::Position(position) | Outcome::Swept(position) => {
            let position = i64::try_from(*position).unwrap_or(i64::MAX);
            vec![Value::Int(position), Value::Int(position - 1)]
        }
        Outcome::Admitted(tokens) | Outcome::Entries(tokens) => vec![Value::Array(tokens.iter().map(token).collect())],
        _ => Vec::new(),
    };
    values.extend([
        Value::Int(0),
        Value::Int(1),
        Value::Okay,
        bulk("1-0".to_owned()),
        Value::Nil,
        Value::Array(Vec::new()),
    ]);
    values
}

/// What a design did with some replies.
struct Told {
    sent: Vec<String>,
    outcome: Option<Outcome>,
    /// It asked for a reply beyond those.
    wants_more: bool,
}

fn tell(queue: &AnyQueue, attempt: Attempt<'_>, replies: &[Value]) -> Told {
    let teller = Teller {
        replies,
        next: Cell::new(0),
        sent: RefCell::default(),
        wants_more: Cell::new(false),
        slept: Cell::new(0),
        now: attempt.now,
    };
    let mut work = pin!(perform(queue, &teller, attempt.operation));
    // Every reply that is made up is there at once: what is still pending then waits for one more.
    let outcome = match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(outcome)) => Some(outcome),
        Poll::Ready(Err(_)) | Poll::Pending => None,
    };
    Told { sent: teller.sent.take(), outcome, wants_more: teller.wants_more.get() }
}

/// Writes down what is sent, and answers with replies that were made up.
struct Teller<'a> {
    replies: &'a [Value],
    next: Cell<usize>,
    sent: RefCell<Vec<String>>,
    wants_more: Cell<bool>,
    slept: Cell<u32>,
    now: Duration,
}

impl Teller<'_> {
    /// The next reply. Where none is made up it never comes: an error would have some designs try again and again.
    async fn reply(&self) -> Value {
        let next = self.next.replace(self.next.get() + 1);
        match self.replies.get(next) {
            Some(reply) => reply.clone(),
            None => {
                self.wants_more.set(true);
                std::future::pending().await
            }
        }
    }

    async fn all(&self, cmds: &[Cmd]) -> Vec<Result<Value, CommandError>> {
        self.sent.borrow_mut().extend(cmds.iter().map(line));
        let mut replies = Vec::with_capacity(cmds.len());
        for _ in cmds {
            replies.push(Ok(self.reply().await));
        }
        replies
    }
}

impl Commands for Teller<'_> {
    async fn command(&self, cmd: Cmd) -> Result<Value, CommandError> {
        self.sent.borrow_mut().push(line(&cmd));
        Ok(self.reply().await)
    }

    async fn pipeline(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        Ok(self.all(&cmds).await)
    }

    async fn transaction(&self, cmds: Vec<Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        self.sent.borrow_mut().push("MULTI".to_owned());
        let replies = self.all(&cmds).await;
        self.sent.borrow_mut().push("EXEC".to_owned());
        Ok(replies)
    }

    fn now(&self) -> Duration {
        self.now
    }

    async fn sleep(&self, _: Duration) {
        // Whoever only waits, waits for something that never comes.
        let slept = self.slept.replace(self.slept.get() + 1);
        if slept >= SLEEPS_MAX {
            std::future::pending::<()>().await;
        }
    }

    fn random(&self) -> u64 {
        0
    }

    fn spawn(&self, _: impl Future<Output = ()> + 'static) {}

    async fn evalsha(&self, script: &Script, keys: &[&str], args: &[&[u8]]) -> Result<Value, CommandError> {
        let call = line(&script.evalsha(keys, args));
        self.sent.borrow_mut().push(format!("{call}  (lua/{})", script.name));
        Ok(self.reply().await)
    }
}

/// A command as one types it into redis-cli.
fn line(cmd: &Cmd) -> String {
    let word = |arg: Arg<&[u8]>| match arg {
        Arg::Simple(bytes) => typed(bytes),
        _ => "…".to_owned(),
    };
    cmd.args_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A word, in quotes where it would not be one otherwise.
fn typed(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\');
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    format!("\"{}\"", bytes.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BatchId, Dedupe, DedupeKey, Entry, UserId};
    use crate::queue::{Design, QueueSettings};

    fn told(design: Design, operation: &Operation, outcome: &Outcome, commands: u32) -> Vec<String> {
        let settings = QueueSettings {
            prefix: "q:".to_owned(),
            event: "sale".to_owned(),
            dedupe: Dedupe::User,
            ttl: Some(Duration::from_secs(60)),
        };
        retell(&design.open(settings), Attempt { operation, outcome, commands, now: Duration::from_millis(12) })
    }

    fn join() -> Operation {
        Operation::Join(Entry { user: UserId(7), token: Token(9), dedupe: DedupeKey(7) })
    }

    #[test]
    fn a_call_of_a_script_is_told_with_its_keys_and_arguments() {
        let lines = told(Design::ZsetSeq, &join(), &Outcome::Joined, 1);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let sha1 = Design::ZsetSeq.scripts().into_iter().map(|script| script.sha1().to_owned());
        assert!(sha1.into_iter().any(|sha1| lines[0].starts_with(&format!("EVALSHA {sha1} "))), "{lines:?}");
        assert!(lines[0].contains("{sale}") && lines[0].contains("(lua/"), "{lines:?}");
    }

    #[test]
    fn commands_that_depend_on_replies_are_found_by_the_answer_and_their_number() {
        let lines = told(Design::StreamsNaive, &join(), &Outcome::Joined, 4);
        let names: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names, ["EXISTS", "XADD", "PEXPIRE", "PSETEX"], "{lines:?}");
        assert!(lines.iter().all(|line| !line.starts_with('…')), "{lines:?}");
    }

    #[test]
    fn what_cannot_be_told_again_is_counted() {
        let lines = told(Design::StreamsNaive, &join(), &Outcome::Left, 9);
        assert_eq!(lines.last().map(String::as_str), Some("… and 8 more"), "{lines:?}");
        let admit = Operation::Admit { count: 5, batch: BatchId(3) };
        assert_eq!(told(Design::List, &admit, &Outcome::Admitted(Vec::new()), 0), Vec::<String>::new());
    }

    #[test]
    fn every_design_is_told_for_every_operation_without_an_end() {
        let entry = Entry { user: UserId(7), token: Token(9), dedupe: DedupeKey(7) };
        let broken = crate::queue::Broken::all().into_iter().map(Design::Broken);
        for design in Design::ALL.iter().copied().chain(broken) {
            for operation in [
                join(),
                Operation::Position(entry),
                Operation::Admit { count: 2, batch: BatchId(1) },
                Operation::Leave(entry),
                Operation::Renew(entry),
                Operation::Entries(UserId(7)),
                Operation::Sweep { max_age_ns: 5 },
                Operation::Stats,
            ] {
                for outcome in [
                    Outcome::NotWaiting,
                    Outcome::Position(3),
                    Outcome::Admitted(vec![Token(1), Token(2)]),
                    Outcome::Entries(vec![Token(1)]),
                    Outcome::Swept(2),
                ] {
                    for commands in [1, 3, 40] {
                        let lines = told(design, &operation, &outcome, commands);
                        assert!(lines.len() <= commands as usize + 1, "{design:?} {operation:?}: {lines:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn words_are_quoted_where_they_would_not_be_one() {
        assert_eq!(
            [&b"plain:{x}"[..], b"", b"two words", b"\"\x00"].map(typed),
            ["plain:{x}", "\"\"", "\"two words\"", "\"\\\"\\x00\""]
        );
    }
}
