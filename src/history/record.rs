//! One attempt of one operation, as it is recorded.

use crate::model::{ClientId, OpId, Operation, Outcome, Phase};

/// One attempt of an operation: its invocation and its answer. Times in ns since the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The planned operation; its attempts share it, the judge takes the first attempt's invocation.
    pub op: OpId,
    /// 0 for the first attempt.
    pub attempt: u16,
    /// Who asked.
    pub client: ClientId,
    /// The part of the run.
    pub phase: Phase,
    /// When the plan wanted it sent; `None` where nobody planned (foreign histories).
    pub intended_ns: Option<u64>,
    /// Just before the first byte of the request was handed over. Of an attempt that the end of the run interrupted it may be when
    /// the client began it, some µs before that. Never after, so that nothing is taken to be earlier than it was.
    pub sent_ns: u64,
    /// After the reply was read, with those that came together with it; `None`: no reply.
    pub returned_ns: Option<u64>,
    /// What was asked.
    pub call: Operation,
    /// What the server answered, as this harness read it.
    pub outcome: Outcome,
    /// The harness read the reply and kept it from the client, which took it for lost.
    pub reply_dropped: bool,
    /// Redis commands sent, those inside a pipeline or MULTI counted one by one.
    pub commands: u32,
    /// Times the client waited for the server.
    pub round_trips: u32,
    /// Bytes sent, as RESP.
    pub bytes_sent: u32,
    /// Bytes received, as RESP.
    pub bytes_received: u32,
}
