//! The columns of one row group, put together into records.

use camino::Utf8Path;
use parquet::data_type::ByteArray;

use super::columns::Id;
use crate::history::{HistoryError, Record};
use crate::model::{
    BatchId, ClientId, DedupeKey, Entry, OpId, OpKind, Operation, Outcome, Phase, QueueStats, Refusal, Token,
    UnknownCause, UserId,
};

/// What one column of a row group holds, a cell a row.
pub(super) enum Cells {
    Ints(Vec<Option<i64>>),
    Names(Vec<Option<ByteArray>>),
    Flags(Vec<Option<bool>>),
    Lists(Vec<Option<Vec<i64>>>),
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        match self {
            Cells::Ints(cells) => cells.len(),
            Cells::Names(cells) => cells.len(),
            Cells::Flags(cells) => cells.len(),
            Cells::Lists(cells) => cells.len(),
        }
    }
}

/// The columns of one row group, in the order of the schema.
pub(super) struct Rows<'a> {
    pub path: &'a Utf8Path,
    /// The number of rows before this group.
    pub first: u64,
    pub cells: Vec<Cells>,
}

impl Rows<'_> {
    /// The record that a row holds.
    pub(super) fn record(&self, row: usize) -> Result<Record, HistoryError> {
        Ok(Record {
            op: OpId(self.int(row, Id::OpId)?),
            attempt: self.narrow(row, Id::Attempt)?,
            client: ClientId(self.narrow(row, Id::Client)?),
            phase: self.named(row, Id::Phase, Phase::from_name)?,
            intended_ns: self.maybe_int(row, Id::Intended),
            sent_ns: self.int(row, Id::Sent)?,
            returned_ns: self.maybe_int(row, Id::Returned),
            call: self.call(row)?,
            outcome: self.outcome(row)?,
            reply_dropped: match &self.cells[Id::ReplyDropped as usize] {
                Cells::Flags(flags) => flags[row].ok_or_else(|| self.null(row, Id::ReplyDropped))?,
                _ => return Err(self.null(row, Id::ReplyDropped)),
            },
            commands: self.narrow(row, Id::Commands)?,
            round_trips: self.narrow(row, Id::RoundTrips)?,
            bytes_sent: self.narrow(row, Id::BytesSent)?,
            bytes_received: self.narrow(row, Id::BytesReceived)?,
        })
    }

    fn call(&self, row: usize) -> Result<Operation, HistoryError> {
        let entry = || -> Result<Entry, HistoryError> {
            Ok(Entry {
                user: UserId(self.int(row, Id::User)?),
                token: Token(self.int(row, Id::Token)?),
                dedupe: DedupeKey(self.int(row, Id::Dedupe)?),
            })
        };
        Ok(match self.named(row, Id::Op, OpKind::from_name)? {
            OpKind::Join => Operation::Join(entry()?),
            OpKind::Position => Operation::Position(entry()?),
            OpKind::Leave => Operation::Leave(entry()?),
            OpKind::Renew => Operation::Renew(entry()?),
            OpKind::Admit => {
                Operation::Admit { count: self.narrow(row, Id::Count)?, batch: BatchId(self.int(row, Id::Batch)?) }
            }
            OpKind::Entries => Operation::Entries(UserId(self.int(row, Id::User)?)),
            OpKind::Sweep => Operation::Sweep { max_age_ns: self.int(row, Id::MaxAge)? },
            OpKind::Stats => Operation::Stats,
        })
    }

    fn outcome(&self, row: usize) -> Result<Outcome, HistoryError> {
        let name = self.name(row, Id::Outcome)?;
        Ok(match name {
            "joined" => Outcome::Joined,
            "duplicate" => Outcome::Duplicate(Token(self.int(row, Id::DuplicateOf)?)),
            "position" => Outcome::Position(self.int(row, Id::Position)?),
            "not-waiting" => Outcome::NotWaiting,
            "admitted" => Outcome::Admitted(self.tokens(row)?),
            "left" => Outcome::Left,
            "renewed" => Outcome::Renewed,
            "entries" => Outcome::Entries(self.tokens(row)?),
            "swept" => Outcome::Swept(self.int(row, Id::Swept)?),
            "stats" => Outcome::Stats(QueueStats {
                users: self.int(row, Id::StatsUsers)?,
                entries: self.int(row, Id::StatsEntries)?,
            }),
            "refused" => Outcome::Refused(self.named(row, Id::Reason, Refusal::from_name)?),
            "unknown" => Outcome::Unknown(self.named(row, Id::Reason, UnknownCause::from_name)?),
            other => return Err(self.refused(row, Id::Outcome, format!("no outcome is called `{other}`"))),
        })
    }

    fn maybe_int(&self, row: usize, id: Id) -> Option<u64> {
        match &self.cells[id as usize] {
            Cells::Ints(cells) => cells[row].map(i64::cast_unsigned),
            _ => None,
        }
    }

    fn int(&self, row: usize, id: Id) -> Result<u64, HistoryError> {
        self.maybe_int(row, id).ok_or_else(|| self.null(row, id))
    }

    /// A number of a smaller type: what does not fit into it was not written by a recorder.
    fn narrow<T: TryFrom<u64>>(&self, row: usize, id: Id) -> Result<T, HistoryError> {
        let value = self.int(row, id)?;
        T::try_from(value).map_err(|_| {
            let limit = (1_u128 << (8 * size_of::<T>())) - 1;
            self.refused(row, id, format!("{} is not between 0 and {limit}", value.cast_signed()))
        })
    }

    fn name(&self, row: usize, id: Id) -> Result<&str, HistoryError> {
        let Cells::Names(cells) = &self.cells[id as usize] else { return Err(self.null(row, id)) };
        let bytes = cells[row].as_ref().ok_or_else(|| self.null(row, id))?;
        str::from_utf8(bytes.data()).map_err(|_| self.refused(row, id, "not UTF-8".to_owned()))
    }

    fn named<T>(&self, row: usize, id: Id, from_name: fn(&str) -> Option<T>) -> Result<T, HistoryError> {
        let name = self.name(row, id)?;
        from_name(name).ok_or_else(|| self.refused(row, id, format!("`{name}` is not a known name")))
    }

    fn tokens(&self, row: usize) -> Result<Vec<Token>, HistoryError> {
        let Cells::Lists(cells) = &self.cells[Id::Tokens as usize] else { return Err(self.null(row, Id::Tokens)) };
        let tokens = cells[row].as_ref().ok_or_else(|| self.null(row, Id::Tokens))?;
        Ok(tokens.iter().map(|token| Token(token.cast_unsigned())).collect())
    }

    fn null(&self, row: usize, id: Id) -> HistoryError {
        self.refused(row, id, "null where this operation and outcome need a value".to_owned())
    }

    fn refused(&self, row: usize, id: Id, detail: String) -> HistoryError {
        HistoryError::Value { path: self.path.to_owned(), row: self.first + row as u64 + 1, column: id.name(), detail }
    }
}
