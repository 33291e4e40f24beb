//! All programs, the smallest first: so the first that breaks a promise is the smallest there is.

use super::program::{Program, TTL};
use crate::model::{BatchId, Dedupe, DedupeKey, Entry, Operation, Token, UserId};

/// Which programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The most operations in all.
    pub operations: usize,
    /// The most clients.
    pub clients: usize,
    /// Whether time passes: only then are there renewals and sweeps.
    pub expires: bool,
}

/// An operation before it is known which token it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Letter {
    /// The first user joins, each time with a new token.
    JoinFirst,
    /// Another user joins.
    JoinSecond,
    /// One is let in.
    Admit,
    /// The first token of the first user gives up its place.
    Leave,
    /// …asks how far it is.
    Position,
    /// …says that it is still here.
    Renew,
    /// What has expired is removed.
    Sweep,
}

impl Scope {
    fn letters(self) -> &'static [Letter] {
        use Letter::{Admit, JoinFirst, JoinSecond, Leave, Position, Renew, Sweep};
        if self.expires {
            &[JoinFirst, JoinSecond, Admit, Leave, Position, Renew, Sweep]
        } else {
            &[JoinFirst, JoinSecond, Admit, Leave, Position]
        }
    }

    /// All programs of the scope, those with fewer operations first. Programs that differ only in the order of their clients are
    /// one; a program in which somebody asks about a token that nobody joins with is left out, and so is one without a join.
    #[must_use]
    pub fn programs(self, dedupe: Dedupe) -> Vec<Program> {
        let mut clients: Vec<Vec<Letter>> = Vec::new();
        let mut longest: Vec<Vec<Letter>> = vec![Vec::new()];
        for _ in 0..self.operations {
            let longer = |short: &Vec<Letter>| {
                let short = short.clone();
                self.letters().iter().map(move |letter| short.iter().copied().chain([*letter]).collect())
            };
            longest = longest.iter().flat_map(longer).collect();
            clients.extend(longest.iter().cloned());
        }
        let mut found = Vec::new();
        choose(&clients, 0, (self.operations, self.clients), &mut Vec::new(), &mut found);
        found.sort_by_key(|chosen| chosen.iter().map(|client| clients[*client].len()).sum::<usize>());
        let programs =
            found.iter().map(|chosen| chosen.iter().map(|client| clients[*client].as_slice()).collect::<Vec<_>>());
        programs.filter(|letters| is_sensible(letters)).map(|letters| written(&letters, dedupe)).collect()
    }
}

/// Clients in the order of their numbers, so that each set of them comes once.
fn choose(
    clients: &[Vec<Letter>],
    from: usize,
    (operations, left): (usize, usize),
    chosen: &mut Vec<usize>,
    found: &mut Vec<Vec<usize>>,
) {
    if !chosen.is_empty() {
        found.push(chosen.clone());
    }
    if left == 0 {
        return;
    }
    for (at, client) in clients.iter().enumerate().skip(from) {
        if client.len() > operations {
            break;
        }
        chosen.push(at);
        choose(clients, at, (operations - client.len(), left - 1), chosen, found);
        chosen.pop();
    }
}

fn is_sensible(program: &[&[Letter]]) -> bool {
    let holds = |letter: Letter| program.iter().any(|client| client.contains(&letter));
    holds(Letter::JoinFirst)
}

/// Gives each join its token: those of the first user 1, 3, 5…, those of the other 2, 4, 6….
fn written(program: &[&[Letter]], dedupe: Dedupe) -> Program {
    let (mut joins, mut batches) = ([0u64; 2], 0u64);
    let entry = |user: u64, token: u64| Entry {
        user: UserId(user),
        token: Token(token),
        dedupe: DedupeKey(if dedupe == Dedupe::User { user } else { token }),
    };
    let mut join = |user: u64| {
        let joins = &mut joins[user as usize - 1];
        *joins += 1;
        Operation::Join(entry(user, 2 * (*joins - 1) + user))
    };
    let mut operation = |letter: &Letter| match letter {
        Letter::JoinFirst => join(1),
        Letter::JoinSecond => join(2),
        Letter::Admit => {
            batches += 1;
            Operation::Admit { count: 1, batch: BatchId(1_000_000 + batches) }
        }
        Letter::Leave => Operation::Leave(entry(1, 1)),
        Letter::Position => Operation::Position(entry(1, 1)),
        Letter::Renew => Operation::Renew(entry(1, 1)),
        Letter::Sweep => Operation::Sweep { max_age_ns: u64::try_from(TTL.as_nanos()).unwrap_or(u64::MAX) },
    };
    let clients = program.iter().map(|client| client.iter().map(&mut operation).collect()).collect();
    Program { dedupe, clients }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_program_comes_once_and_smaller_ones_first() {
        let scope = Scope { operations: 3, clients: 2, expires: false };
        let programs = scope.programs(Dedupe::User);
        let texts: HashSet<String> = programs.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), programs.len());
        assert_eq!(programs[0].to_string(), "join u1 t1");
        let sizes: Vec<usize> = programs.iter().map(|program| program.operations().count()).collect();
        assert!(sizes.is_sorted(), "{sizes:?}");
        assert!(texts.contains("join u1 t1 | join u1 t3; leave t1"), "{texts:?}");
        assert!(
            texts.contains("join u1 t1; join u2 t2 | admit 1") || texts.contains("admit 1 | join u1 t1; join u2 t2")
        );
    }

    #[test]
    fn all_of_a_small_scope_are_there() {
        // One client: J, JJ, J2J, AJ, LJ, PJ, JJ2, JA, JL, JP; two: J|J, J|J2, J|A, J|L, J|P.
        let scope = Scope { operations: 2, clients: 2, expires: false };
        assert_eq!(scope.programs(Dedupe::User).len(), 15);
    }
}
