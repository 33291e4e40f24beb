//! A text for every id of a history, for the formats that speak in texts.

use std::collections::{HashMap, HashSet};

use super::{History, Names};
use crate::model::{Operation, Outcome, Token, UserId};

/// A text for every id of a history, no two alike.
pub(super) struct Labels {
    pub users: HashMap<u64, String>,
    pub tokens: HashMap<u64, String>,
    pub keys: HashMap<u64, String>,
    pub batches: HashMap<u64, String>,
}

impl Labels {
    pub(super) fn of(history: &History) -> Labels {
        let Names { dedupe_keys, batches, .. } = &history.names;
        let named = |texts: &[String], id: u64, letter| {
            let text = usize::try_from(id).ok().and_then(|index| texts.get(index)).cloned();
            text.unwrap_or_else(|| format!("{letter}{id}"))
        };
        let [mut user_ids, mut token_ids, mut key_ids, mut batch_ids]: [Vec<u64>; 4] = Default::default();
        for record in &history.records {
            if let Some(entry) = record.call.entry() {
                user_ids.push(entry.user.0);
                token_ids.push(entry.token.0);
                key_ids.push(entry.dedupe.0);
            }
            match &record.call {
                Operation::Entries(user) => user_ids.push(user.0),
                Operation::Admit { batch, .. } => batch_ids.push(batch.0),
                _ => {}
            }
            match &record.outcome {
                Outcome::Admitted(tokens) | Outcome::Entries(tokens) => {
                    token_ids.extend(tokens.iter().map(|token| token.0));
                }
                Outcome::Duplicate(token) => token_ids.push(token.0),
                _ => {}
            }
        }
        Labels {
            users: distinct(user_ids, |id| history.names.user(UserId(id))),
            tokens: distinct(token_ids, |id| history.names.token(Token(id))),
            keys: distinct(key_ids, |id| named(dedupe_keys, id, 'd')),
            batches: distinct(batch_ids, |id| named(batches, id, 'b')),
        }
    }
}

/// A text for each id; where two ids would get the same text, the later one's is marked.
fn distinct(mut ids: Vec<u64>, text: impl Fn(u64) -> String) -> HashMap<u64, String> {
    ids.sort_unstable();
    ids.dedup();
    let mut taken = HashSet::new();
    ids.into_iter()
        .map(|id| {
            let mut label = text(id);
            while !taken.insert(label.clone()) {
                label.push('\'');
            }
            (id, label)
        })
        .collect()
}
