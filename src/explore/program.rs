//! What a program is: a few clients, each with a few operations, written as `join u1 t1 | join u1 t2; leave t2 | admit 2`.

use std::fmt;
use std::time::Duration;

use crate::model::{BatchId, Dedupe, DedupeKey, Entry, Operation, Token, UserId};

/// The time to live of every entry that is explored. How long it is changes nothing: a tick ends it.
pub const TTL: Duration = Duration::from_secs(30);

/// The most clients and operations of a program: more could not be explored anyway.
pub const CLIENTS_MAX: usize = 8;
/// See [`CLIENTS_MAX`].
pub const OPERATIONS_MAX: usize = 16;

/// A small concurrent program over a waiting queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What joins are deduplicated by.
    pub dedupe: Dedupe,
    /// The operations of each client, in its order.
    pub clients: Vec<Vec<Operation>>,
}

/// Why a text is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct ProgramError {
    /// Which part of the text.
    pub place: String,
    /// What is wrong with it, and what to write instead.
    pub what: String,
}

const HOW_TO: &str = "write `join u1 t1`, `position t1`, `leave t1`, `renew t1`, `admit 2`, `entries u1`, `sweep` or `stats`; `;` \
                      separates the operations of a client and `|` the clients";

impl Program {
    /// Reads a program. Tokens and users are numbered as the text has them; an admission has a batch id of its own unless it
    /// names one (`admit 2 b1`).
    ///
    /// # Errors
    /// What is wrong with the first part that is not understood.
    pub fn parse(text: &str, dedupe: Dedupe) -> Result<Program, ProgramError> {
        let parts: Vec<Vec<&str>> = text
            .split('|')
            .map(|client| client.split(';').map(str::trim).filter(|part| !part.is_empty()).collect())
            .collect();
        let whole = |what: String| ProgramError { place: format!("the program `{}`", text.trim()), what };
        if parts.iter().any(Vec::is_empty) {
            return Err(whole(format!("a client has no operation; {HOW_TO}")));
        }
        size(parts.iter().map(Vec::len)).map_err(whole)?;
        let mut reader = Reader { dedupe, owners: Vec::new(), batches: 0 };
        for part in parts.iter().flatten() {
            reader.note_owner(part)?;
        }
        let clients = parts.iter().map(|client| client.iter().map(|part| reader.operation(part)).collect());
        Ok(Program { dedupe, clients: clients.collect::<Result<_, _>>()? })
    }

    /// Whether it is small enough to be explored, and each join has a token of its own.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), ProgramError> {
        let whole = |what: String| ProgramError { place: format!("the program `{self}`"), what };
        size(self.clients.iter().map(Vec::len)).map_err(whole)?;
        let mut tokens: Vec<Token> = self
            .operations()
            .filter(|call| matches!(call, Operation::Join(_)))
            .filter_map(Operation::entry)
            .map(|entry| entry.token)
            .collect();
        let joins = tokens.len();
        tokens.sort_unstable();
        tokens.dedup();
        if tokens.len() < joins { Err(whole("two joins have one token".to_owned())) } else { Ok(()) }
    }

    /// All operations, client by client.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.clients.iter().flatten()
    }
}

/// Whether a program of clients with so many operations each is small enough.
fn size(operations: impl ExactSizeIterator<Item = usize>) -> Result<(), String> {
    let (clients, count) = (operations.len(), operations.sum::<usize>());
    if clients > CLIENTS_MAX || count > OPERATIONS_MAX {
        return Err(format!(
            "it has {clients} clients and {count} operations; no more than {CLIENTS_MAX} and {OPERATIONS_MAX} can be explored"
        ));
    }
    Ok(())
}

struct Reader {
    dedupe: Dedupe,
    owners: Vec<(Token, UserId)>,
    batches: u64,
}

fn wrong(part: &str, what: impl Into<String>) -> ProgramError {
    ProgramError { place: format!("`{part}`"), what: what.into() }
}

fn number(part: &str, word: &str, prefix: &str) -> Result<u64, ProgramError> {
    let digits = word.strip_prefix(prefix).and_then(|digits| digits.parse().ok());
    // Larger numbers would be tokens that no plan gives out.
    digits.filter(|number| *number < 1_000_000).ok_or_else(|| {
        let sort = match prefix {
            "u" => "a user is written u1, u2…",
            "t" => "a token is written t1, t2…",
            "b" => "a batch is written b1, b2…",
            _ => "a number is missing",
        };
        wrong(part, format!("`{word}` is not understood: {sort}"))
    })
}

impl Reader {
    fn note_owner(&mut self, part: &str) -> Result<(), ProgramError> {
        let words: Vec<&str> = part.split_whitespace().collect();
        if let ["join", user, token] = words[..] {
            let (user, token) = (UserId(number(part, user, "u")?), Token(number(part, token, "t")?));
            if self.owners.iter().any(|(known, _)| *known == token) {
                return Err(wrong(part, "another join has this token; give each join a token of its own"));
            }
            self.owners.push((token, user));
        }
        Ok(())
    }

    fn entry(&self, user: UserId, token: Token) -> Entry {
        let dedupe = match self.dedupe {
            Dedupe::User => DedupeKey(user.0),
            Dedupe::Request => DedupeKey(token.0),
        };
        Entry { user, token, dedupe }
    }

    fn known(&self, part: &str, word: &str) -> Result<Entry, ProgramError> {
        let token = Token(number(part, word, "t")?);
        let owner = self.owners.iter().find(|(known, _)| *known == token);
        let (token, user) = owner.ok_or_else(|| wrong(part, format!("nobody joins with {word} in this program")))?;
        Ok(self.entry(*user, *token))
    }

    fn operation(&mut self, part: &str) -> Result<Operation, ProgramError> {
        let words: Vec<&str> = part.split_whitespace().collect();
        Ok(match words[..] {
            ["join", user, token] => {
                Operation::Join(self.entry(UserId(number(part, user, "u")?), Token(number(part, token, "t")?)))
            }
            ["position", token] => Operation::Position(self.known(part, token)?),
            ["leave", token] => Operation::Leave(self.known(part, token)?),
            ["renew", token] => Operation::Renew(self.known(part, token)?),
            ["entries", user] => Operation::Entries(UserId(number(part, user, "u")?)),
            ["admit", count] => {
                self.batches += 1;
                Operation::Admit { count: count_of(part, count)?, batch: BatchId(1_000_000 + self.batches) }
            }
            ["admit", count, batch] => {
                Operation::Admit { count: count_of(part, count)?, batch: BatchId(number(part, batch, "b")?) }
            }
            ["sweep"] => Operation::Sweep { max_age_ns: u64::try_from(TTL.as_nanos()).unwrap_or(u64::MAX) },
            ["stats"] => Operation::Stats,
            _ => return Err(wrong(part, format!("this is no operation; {HOW_TO}"))),
        })
    }
}

fn count_of(part: &str, word: &str) -> Result<u32, ProgramError> {
    let count = u32::try_from(number(part, word, "")?).unwrap_or(u32::MAX);
    if count == 0 { Err(wrong(part, "an admission of nobody does nothing; admit at least 1")) } else { Ok(count) }
}

/// An operation as a program's text has it.
#[must_use]
pub fn operation_text(operation: &Operation) -> String {
    match operation {
        Operation::Join(entry) => format!("join u{} t{}", entry.user.0, entry.token.0),
        Operation::Position(entry) => format!("position t{}", entry.token.0),
        Operation::Leave(entry) => format!("leave t{}", entry.token.0),
        Operation::Renew(entry) => format!("renew t{}", entry.token.0),
        Operation::Admit { count, batch } if batch.0 < 1_000_000 => format!("admit {count} b{}", batch.0),
        Operation::Admit { count, .. } => format!("admit {count}"),
        Operation::Entries(user) => format!("entries u{}", user.0),
        Operation::Sweep { .. } => "sweep".to_owned(),
        Operation::Stats => "stats".to_owned(),
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let client = |operations: &Vec<Operation>| operations.iter().map(operation_text).collect::<Vec<_>>().join("; ");
        f.write_str(&self.clients.iter().map(client).collect::<Vec<_>>().join(" | "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        Program::parse(text, Dedupe::User).unwrap_err().to_string()
    }

    #[test]
    fn a_program_is_read_and_written_alike() {
        let text =
            "join u1 t1; leave t1 | join u2 t2; position t2; renew t2 | admit 2; admit 1 b7; sweep; stats | entries u1";
        let program = Program::parse(text, Dedupe::User).unwrap();
        assert_eq!(program.to_string(), text);
        assert_eq!(program.clients.len(), 4);
        let Operation::Leave(entry) = program.clients[0][1] else { panic!("{program:?}") };
        assert_eq!((entry.user, entry.token, entry.dedupe), (UserId(1), Token(1), DedupeKey(1)));
    }

    #[test]
    fn by_request_each_join_has_a_key_of_its_own() {
        let program = Program::parse("join u1 t1; join u1 t2", Dedupe::Request).unwrap();
        let keys: Vec<_> = program.operations().filter_map(Operation::entry).map(|entry| entry.dedupe.0).collect();
        assert_eq!(keys, [1, 2]);
    }

    #[test]
    fn two_admissions_have_two_batches() {
        let program = Program::parse("admit 1 | admit 1", Dedupe::User).unwrap();
        assert_ne!(program.clients[0], program.clients[1]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert!(problem("jion u1 t1").contains("`jion u1 t1`: this is no operation; write `join u1 t1`"));
        assert!(problem("join u1 t1 | ").contains("a client has no operation"));
        assert!(problem("leave t9").contains("nobody joins with t9"));
        assert!(problem("join 1 t1").contains("`1` is not understood: a user is written u1"));
        assert!(problem("join u1 t1 | join u2 t1").contains("another join has this token"));
        assert!(problem("admit 0").contains("admit at least 1"));
        assert!(problem("admit x").contains("a number is missing"));
        assert!(problem(&vec!["stats"; 17].join(";")).contains("17 operations"));
        let mut twice = Program::parse("join u1 t1 | join u1 t2", Dedupe::User).unwrap();
        assert_eq!(twice.check(), Ok(()));
        twice.clients[1] = twice.clients[0].clone();
        assert!(twice.check().unwrap_err().to_string().contains("two joins have one token"));
        assert!(problem("join u99999999999999999999 t1").contains("not understood"));
    }
}
