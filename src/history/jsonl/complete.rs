//! Lines into records: texts become ids in order of first appearance, and what a line left out is
//! filled in from the join that says it.

use std::collections::{HashMap, HashSet};

use super::record::{Answer, Line};
use crate::history::{Names, Record};
use crate::model::{BatchId, ClientId, Dedupe, DedupeKey, Entry, OpId, OpKind, Operation, Outcome, Token, UserId};

/// Gives each text the index of its first appearance.
#[derive(Default)]
struct Interner {
    ids: HashMap<String, u64>,
    texts: Vec<String>,
}

impl Interner {
    fn id(&mut self, text: &str) -> u64 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.texts.len() as u64;
        self.ids.insert(text.to_owned(), id);
        self.texts.push(text.to_owned());
        id
    }

    /// An id for something that has no text of its own.
    fn fresh(&mut self, mut text: String) -> u64 {
        while self.ids.contains_key(&text) {
            text.push('\'');
        }
        self.id(&text)
    }
}

/// Turns numbered lines into records, sorted by `sent_ns`.
///
/// `problem` is told of what only shows when all lines are known.
pub(super) fn complete(
    lines: &[(u64, Line)],
    dedupe: Dedupe,
    mut problem: impl FnMut(u64, String),
) -> (Vec<Record>, Names) {
    let mut joins: HashMap<&str, (u64, &Line)> = HashMap::new();
    let mut attempts: HashMap<(u64, u16), u64> = HashMap::new();
    for (number, line) in lines {
        if let (OpKind::Join, Some(token)) = (line.kind, &line.token) {
            let (earlier, first) = *joins.entry(token).or_insert((*number, line));
            if let (Some(user), Some(other)) = (&line.user, &first.user)
                && user != other
            {
                problem(
                    *number,
                    format!(
                        "field `token`: user `{user}` joins with `{token}`, and so did `{other}` on line {earlier}; a token is one place in line, so give each join one of its own"
                    ),
                );
            }
        }
        if let Some(op) = line.op_id
            && let Some(earlier) = attempts.insert((op, line.attempt), *number)
        {
            let attempt = line.attempt;
            problem(
                *number,
                format!(
                    "field `attempt`: op_id {op} has attempt {attempt} on line {earlier} already; count the attempts of an operation up from 0, or leave out `op_id` where each line is an operation of its own"
                ),
            );
        }
    }

    let taken: HashSet<u64> = lines.iter().filter_map(|(_, line)| line.op_id).collect();
    let mut free_ids = (0..).filter(|id| !taken.contains(id));
    let [mut users, mut tokens, mut keys, mut batches]: [Interner; 4] = Default::default();
    let mut records = Vec::with_capacity(lines.len());
    for (number, line) in lines {
        let entry = line.token.as_deref().map(|token| {
            let join = joins.get(token).map(|(_, join)| join);
            let user = line.user.as_deref().or_else(|| join?.user.as_deref()).unwrap_or_else(|| {
                let message = format!("field `user`: missing, and no join of this file has the token `{token}`");
                problem(*number, message);
                ""
            });
            let key = line.dedupe.as_deref().or_else(|| join?.dedupe.as_deref()).unwrap_or(match dedupe {
                Dedupe::User => user,
                Dedupe::Request => token,
            });
            Entry { user: UserId(users.id(user)), token: Token(tokens.id(token)), dedupe: DedupeKey(keys.id(key)) }
        });
        let call = match (line.kind, entry) {
            (OpKind::Join, Some(entry)) => Operation::Join(entry),
            (OpKind::Position, Some(entry)) => Operation::Position(entry),
            (OpKind::Leave, Some(entry)) => Operation::Leave(entry),
            (OpKind::Renew, Some(entry)) => Operation::Renew(entry),
            (OpKind::Admit, _) => {
                let batch = match &line.batch {
                    Some(batch) => batches.id(batch),
                    None => batches.fresh(format!("line {number}")),
                };
                Operation::Admit { count: line.count, batch: BatchId(batch) }
            }
            (OpKind::Entries, _) => Operation::Entries(UserId(users.id(line.user.as_deref().unwrap_or_default()))),
            (OpKind::Sweep, _) => Operation::Sweep { max_age_ns: line.max_age_ns },
            (OpKind::Stats, _) => Operation::Stats,
            // A line of these kinds without a token was refused before it came here.
            (OpKind::Join | OpKind::Position | OpKind::Leave | OpKind::Renew, None) => continue,
        };
        let mut list = |texts: &[String]| texts.iter().map(|text| Token(tokens.id(text))).collect();
        let outcome = match &line.answer {
            Answer::Joined => Outcome::Joined,
            Answer::Duplicate(token) => Outcome::Duplicate(Token(tokens.id(token))),
            Answer::Position(position) => Outcome::Position(*position),
            Answer::NotWaiting => Outcome::NotWaiting,
            Answer::Admitted(tokens) => Outcome::Admitted(list(tokens)),
            Answer::Left => Outcome::Left,
            Answer::Renewed => Outcome::Renewed,
            Answer::Entries(tokens) => Outcome::Entries(list(tokens)),
            Answer::Swept(swept) => Outcome::Swept(*swept),
            Answer::Stats(stats) => Outcome::Stats(*stats),
            Answer::Refused(refusal) => Outcome::Refused(*refusal),
            Answer::Unknown(cause) => Outcome::Unknown(*cause),
        };
        let [commands, round_trips, bytes_sent, bytes_received] = line.counts;
        records.push(Record {
            // There are more numbers than lines, so the search for a free one ends.
            op: OpId(line.op_id.or_else(|| free_ids.next()).unwrap_or_default()),
            attempt: line.attempt,
            client: ClientId(line.client),
            phase: line.phase,
            intended_ns: line.intended_ns,
            sent_ns: line.sent_ns,
            returned_ns: line.returned_ns,
            call,
            outcome,
            reply_dropped: line.reply_dropped,
            commands,
            round_trips,
            bytes_sent,
            bytes_received,
        });
    }
    records.sort_by_key(|record| record.sent_ns);
    let names = Names { users: users.texts, tokens: tokens.texts, dedupe_keys: keys.texts, batches: batches.texts };
    (records, names)
}
