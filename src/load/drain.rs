//! The final drain: admit until nobody waits, so that loss is decided and not guessed.

use super::client::Client;
use crate::model::{BatchId, ClientId, Operation, Outcome, Phase};
use crate::plan::op_id;
use crate::queue::WaitingQueue;

/// How many one batch of the drain lets in. Small enough that a script that pops them one by one does
/// not hold the server for long.
const BATCH: u32 = 500;

/// Admits until an answer is empty. Whether it came to that: `false` when an answer stayed out, or when
/// more batches than could be needed were answered (a queue that admits the same tokens for ever).
pub(super) async fn drain<Q: WaitingQueue>(
    client: &mut Client<Q>,
    id: ClientId,
    first_op: u64,
    joins_max: u64,
    now_ns: impl Fn() -> u64,
) -> bool {
    // Every batch that is not empty takes one entry at the least.
    for number in 0..=joins_max {
        let op = op_id(id, first_op + number);
        let call = Operation::Admit { count: BATCH, batch: BatchId(op.0) };
        match client.operate(op, &call, Phase::Drain, now_ns()).await {
            Outcome::Admitted(tokens) if tokens.is_empty() => return true,
            Outcome::Admitted(_) => {}
            _ => return false,
        }
    }
    false
}
