//! Some thousand records, in columns.

use super::packed::{Packed, Sparse};
use crate::history::Record;
use crate::history::codes::{self, ADMITTED, ENTRIES};
use crate::model::{ClientId, OpId, OpKind, Operation, Outcome, Phase, Token};

/// Records in a chunk, unless it is the last of its kind.
pub(in crate::history) const ROWS: usize = 4096;

/// Records in columns. Times are kept as what passed since the request was sent.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::history) struct Chunk {
    len: usize,
    op: Packed,
    /// The client stands in the upper bits of each operation's number, as plans have it, and is left out there.
    op_by_client: bool,
    attempt: Packed,
    client: Packed,
    phase: Packed,
    planned_before_ns: Sparse,
    sent_ns: Packed,
    took_ns: Sparse,
    kind: Packed,
    call: [Packed; 3],
    outcome: Packed,
    answer: [Packed; 2],
    tokens: Packed,
    dropped: Packed,
    commands: Packed,
    round_trips: Packed,
    bytes_sent: Packed,
    bytes_received: Packed,
}

impl Chunk {
    pub(in crate::history) fn new(records: &[Record]) -> Chunk {
        let mut column = Vec::with_capacity(records.len());
        let mut packed = |of: &dyn Fn(&Record) -> u64| {
            column.clear();
            column.extend(records.iter().map(of));
            Packed::new(&column)
        };
        let sparse = |of: &dyn Fn(&Record) -> Option<u64>| Sparse::new(&records.iter().map(of).collect::<Vec<_>>());
        let mut tokens: Vec<u64> = Vec::new();
        let answers: Vec<[u64; 2]> = records.iter().map(|record| answer(&record.outcome, &mut tokens)).collect();
        let [whole, without_client] =
            [false, true].map(|by_client| packed(&|record| record.op.0.wrapping_sub(upper(by_client, record.client))));
        let op_by_client = without_client.bytes_each() < whole.bytes_each();
        Chunk {
            len: records.len(),
            op: if op_by_client { without_client } else { whole },
            op_by_client,
            attempt: packed(&|record| record.attempt.into()),
            client: packed(&|record| record.client.0.into()),
            phase: packed(&|record| record.phase as u64),
            planned_before_ns: sparse(&|record| record.intended_ns.map(|ns| record.sent_ns.wrapping_sub(ns))),
            sent_ns: packed(&|record| record.sent_ns),
            took_ns: sparse(&|record| record.returned_ns.map(|ns| ns.wrapping_sub(record.sent_ns))),
            kind: packed(&|record| record.call.kind() as u64),
            call: [0, 1, 2].map(|index| packed(&|record| codes::operands(&record.call)[index])),
            outcome: packed(&|record| codes::code(&record.outcome).into()),
            answer: [0, 1].map(|index| Packed::new(&answers.iter().map(|answer| answer[index]).collect::<Vec<_>>())),
            tokens: Packed::new(&tokens),
            dropped: packed(&|record| record.reply_dropped.into()),
            commands: packed(&|record| record.commands.into()),
            round_trips: packed(&|record| record.round_trips.into()),
            bytes_sent: packed(&|record| record.bytes_sent.into()),
            bytes_received: packed(&|record| record.bytes_received.into()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// One record, read from its columns as far as it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub(super) chunk: &'a Chunk,
    pub(super) place: usize,
}

/// Numbers are cut to the width that they had when they were put in.
impl<'a> Row<'a> {
    /// See [`Record::op`].
    #[inline]
    #[must_use]
    pub fn op(self) -> OpId {
        let upper = upper(self.chunk.op_by_client, self.client());
        OpId(self.chunk.op.at(self.place).wrapping_add(upper))
    }

    /// See [`Record::attempt`].
    #[inline]
    #[must_use]
    pub fn attempt(self) -> u16 {
        self.chunk.attempt.at(self.place) as u16
    }

    /// See [`Record::client`].
    #[inline]
    #[must_use]
    pub fn client(self) -> ClientId {
        ClientId(self.chunk.client.at(self.place) as u32)
    }

    /// See [`Record::phase`].
    #[inline]
    #[must_use]
    pub fn phase(self) -> Phase {
        Phase::ALL[self.chunk.phase.at(self.place) as usize]
    }

    /// See [`Record::intended_ns`].
    #[inline]
    #[must_use]
    pub fn intended_ns(self) -> Option<u64> {
        self.chunk.planned_before_ns.at(self.place).map(|ns| self.sent_ns().wrapping_sub(ns))
    }

    /// See [`Record::sent_ns`].
    #[inline]
    #[must_use]
    pub fn sent_ns(self) -> u64 {
        self.chunk.sent_ns.at(self.place)
    }

    /// See [`Record::returned_ns`].
    #[inline]
    #[must_use]
    pub fn returned_ns(self) -> Option<u64> {
        self.chunk.took_ns.at(self.place).map(|ns| self.sent_ns().wrapping_add(ns))
    }

    /// See [`Record::reply_dropped`].
    #[inline]
    #[must_use]
    pub fn reply_dropped(self) -> bool {
        self.chunk.dropped.at(self.place) != 0
    }

    /// See [`Record::commands`].
    #[inline]
    #[must_use]
    pub fn commands(self) -> u32 {
        self.chunk.commands.at(self.place) as u32
    }

    /// See [`Record::round_trips`].
    #[inline]
    #[must_use]
    pub fn round_trips(self) -> u32 {
        self.chunk.round_trips.at(self.place) as u32
    }

    /// See [`Record::bytes_sent`].
    #[inline]
    #[must_use]
    pub fn bytes_sent(self) -> u32 {
        self.chunk.bytes_sent.at(self.place) as u32
    }

    /// See [`Record::bytes_received`].
    #[inline]
    #[must_use]
    pub fn bytes_received(self) -> u32 {
        self.chunk.bytes_received.at(self.place) as u32
    }

    /// What kind of operation was asked for.
    #[inline]
    #[must_use]
    pub fn kind(self) -> OpKind {
        OpKind::ALL[self.chunk.kind.at(self.place) as usize]
    }

    /// See [`Record::call`].
    #[inline]
    #[must_use]
    pub fn call(self) -> Operation {
        codes::call(self.kind(), |index| self.chunk.call[index].at(self.place))
    }

    /// The tokens that were admitted, without making a list of them; `None` for any other answer.
    #[inline]
    #[must_use]
    pub fn admitted(self) -> Option<impl ExactSizeIterator<Item = Token> + Clone + 'a> {
        self.tokens().filter(|_| self.code() == ADMITTED)
    }

    /// The tokens that were admitted or listed, without making a list of them.
    #[inline]
    #[must_use]
    pub fn tokens(self) -> Option<impl ExactSizeIterator<Item = Token> + Clone + 'a> {
        let (chunk, place) = (self.chunk, self.place);
        matches!(self.code(), ADMITTED | ENTRIES).then(|| {
            let (begin, count) = (chunk.answer[0].at(place) as usize, chunk.answer[1].at(place) as usize);
            (begin..begin + count).map(|place| Token(chunk.tokens.at(place)))
        })
    }

    /// See [`Record::outcome`].
    #[inline]
    #[must_use]
    pub fn outcome(self) -> Outcome {
        let number = |index: usize| self.chunk.answer[index].at(self.place);
        codes::outcome(self.code(), number, || self.tokens().into_iter().flatten().collect())
    }

    #[inline]
    fn code(self) -> u8 {
        self.chunk.outcome.at(self.place) as u8
    }

    /// All of it.
    #[must_use]
    pub fn record(self) -> Record {
        Record {
            op: self.op(),
            attempt: self.attempt(),
            client: self.client(),
            phase: self.phase(),
            intended_ns: self.intended_ns(),
            sent_ns: self.sent_ns(),
            returned_ns: self.returned_ns(),
            call: self.call(),
            outcome: self.outcome(),
            reply_dropped: self.reply_dropped(),
            commands: self.commands(),
            round_trips: self.round_trips(),
            bytes_sent: self.bytes_sent(),
            bytes_received: self.bytes_received(),
        }
    }
}

/// What a plan adds to the number of an operation among those of its client.
fn upper(by_client: bool, client: ClientId) -> u64 {
    u64::from(by_client) * (u64::from(client.0) << 40)
}

fn answer(outcome: &Outcome, pool: &mut Vec<u64>) -> [u64; 2] {
    match outcome {
        Outcome::Duplicate(token) => [token.0, 0],
        Outcome::Position(number) | Outcome::Swept(number) => [*number, 0],
        Outcome::Admitted(tokens) | Outcome::Entries(tokens) => {
            let begin = pool.len();
            pool.extend(tokens.iter().map(|token| token.0));
            [begin as u64, tokens.len() as u64]
        }
        Outcome::Stats(stats) => [stats.users, stats.entries],
        _ => [0; 2],
    }
}
