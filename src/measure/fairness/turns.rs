//! The admitted tokens of a history, in the order of their admission.

use crate::history::History;
use crate::model::{Operation, Outcome, Token, UserId};

/// One admitted token whose join is known.
pub(super) struct Turn {
    pub(super) user: UserId,
    /// When the first attempt of its join that may have been the accepted one was sent.
    pub(super) join_sent_ns: u64,
    /// When it was first known to be accepted; `None`: never answered.
    pub(super) joined_ns: Option<u64>,
    /// When the admission that brought it was first sent.
    pub(super) admit_sent_ns: u64,
    /// When the first answer that lists it came; `u64::MAX`: it never did, though it was read later.
    pub(super) admitted_ns: u64,
    /// The record of that answer.
    pub(super) answer: u32,
    /// Its place in that answer.
    pub(super) place: u32,
}

/// What one record says of a token's join; `u64::MAX` where it says nothing.
struct Heard {
    token: Token,
    user: Option<UserId>,
    sent_ns: u64,
    joined_ns: u64,
}

/// Where an answer lists a token.
struct Listed {
    token: Token,
    admitted_ns: u64,
    answer: u32,
    place: u32,
}

/// The admitted tokens in the order of their admission: by answer, then by place in it. What is said of one token, or one
/// batch, is brought together by sorting: a million tokens in a hash map take several times as long.
pub(super) fn turns(history: &History) -> Vec<Turn> {
    let (mut heard, mut listed, mut batches) = (Vec::new(), Vec::new(), Vec::new());
    for (answer, record) in history.records.rows().enumerate() {
        match record.call() {
            Operation::Join(entry) => {
                let outcome = record.outcome();
                // What a "duplicate" names was accepted earlier, maybe by an attempt whose reply was lost.
                let accepted = match outcome {
                    Outcome::Joined => Some(entry.token),
                    Outcome::Duplicate(standing) => Some(standing),
                    _ => None,
                };
                let joined_ns = record.returned_ns().filter(|_| accepted.is_some()).unwrap_or(u64::MAX);
                let own = accepted == Some(entry.token);
                if own || matches!(outcome, Outcome::Unknown(_)) {
                    let (token, user) = (entry.token, Some(entry.user));
                    heard.push(Heard { token, user, sent_ns: record.sent_ns(), joined_ns });
                }
                if let Some(token) = accepted.filter(|_| !own && joined_ns < u64::MAX) {
                    heard.push(Heard { token, user: None, sent_ns: u64::MAX, joined_ns });
                }
            }
            Operation::Admit { batch, .. } => {
                batches.push((batch, record.sent_ns()));
                let Some(tokens) = record.admitted() else { continue };
                let admitted_ns = record.returned_ns().unwrap_or(u64::MAX);
                // Numbers fit: the judge takes fewer than 2^32 records and removed tokens.
                let answer = answer as u32;
                let listing = |(place, token)| Listed { token, admitted_ns, answer, place };
                listed.extend((0..).zip(tokens).map(listing));
            }
            _ => {}
        }
    }
    // Of a batch the first sending, of a token the first answer.
    batches.sort_unstable();
    batches.dedup_by_key(|(batch, _)| *batch);
    listed.sort_unstable_by_key(|listed| (listed.token, listed.admitted_ns, listed.answer, listed.place));
    listed.dedup_by_key(|listed| listed.token);
    // In the order recorded among those of one token.
    heard.sort_by_key(|heard| heard.token);
    let mut joins = heard.chunk_by(|a, b| a.token == b.token).peekable();
    let turn = |listed: Listed| {
        while joins.next_if(|join| join[0].token < listed.token).is_some() {}
        let join = joins.next_if(|join| join[0].token == listed.token)?;
        let Operation::Admit { batch, .. } = history.records.row(listed.answer as usize).call() else { return None };
        let batch = batches.binary_search_by_key(&batch, |(batch, _)| *batch).ok()?;
        let joined_ns = join.iter().map(|heard| heard.joined_ns).min().filter(|ns| *ns < u64::MAX);
        Some(Turn {
            user: join.iter().find_map(|heard| heard.user)?,
            join_sent_ns: join.iter().map(|heard| heard.sent_ns).min()?,
            joined_ns,
            admit_sent_ns: batches[batch].1,
            admitted_ns: listed.admitted_ns,
            answer: listed.answer,
            place: listed.place,
        })
    };
    let mut turns: Vec<Turn> = listed.into_iter().filter_map(turn).collect();
    drop(heard);
    turns.sort_unstable_by_key(|turn| (turn.admitted_ns, turn.answer, turn.place));
    turns
}
