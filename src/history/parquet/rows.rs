//! The columns of one row group, put together into records.

use camino::Utf8Path;
use parquet::data_type::ByteArray;

use super::columns::Place;
use crate::history::{HistoryError, Record};
use crate::model::{
    BatchId, ClientId, DedupeKey, Entry, OpId, OpKind, Operation, Outcome, Phase, QueueStats, Refusal, Token,
    UnknownCause, UserId,
};

/// What one column of a row group holds, a cell a row.
pub(super) enum Cells {
    /// So many nulls.
    Nothing(usize),
    Ints(Flat<i64>),
    Names(Named),
    Flags(Flat<bool>),
    Lists(Lists),
}

impl Cells {
    pub(super) fn len(&self) -> usize {
        match self {
            Cells::Nothing(rows) => *rows,
            Cells::Ints(cells) => cells.values.len(),
            Cells::Names(cells) => cells.codes.values.len(),
            Cells::Flags(cells) => cells.values.len(),
            Cells::Lists(cells) => cells.ends.len(),
        }
    }
}

/// A value a row; where it is null any value stands.
pub(super) struct Flat<T> {
    pub values: Vec<T>,
    /// Which are not null; `None`: all.
    pub there: Option<Vec<bool>>,
}

impl<T: Copy> Flat<T> {
    fn at(&self, row: usize) -> Option<T> {
        if self.there.as_ref().is_some_and(|there| !there[row]) { None } else { Some(self.values[row]) }
    }
}

/// Names, of which there are few: each is looked at once.
pub(super) struct Named {
    /// `None`: not UTF-8.
    names: Vec<Option<String>>,
    codes: Flat<usize>,
}

impl Named {
    /// What each of the names means; `None`: nothing.
    fn meanings<T>(&self, meaning: impl Fn(&str) -> Option<T>) -> Vec<Option<T>> {
        self.names.iter().map(|name| name.as_deref().and_then(&meaning)).collect()
    }

    pub(super) fn new(cells: Flat<ByteArray>) -> Named {
        let mut names: Vec<ByteArray> = Vec::new();
        let mut last = 0;
        let there = cells.there;
        let is_there = |row: usize| there.as_ref().is_none_or(|there| there[row]);
        let code = |(row, name): (usize, ByteArray)| {
            // A null has no data.
            if !is_there(row) || names.get(last).is_some_and(|known| same(known, &name)) {
                return last;
            }
            last = names.iter().position(|known| same(known, &name)).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            last
        };
        let values = cells.values.into_iter().enumerate().map(code).collect();
        let text = |name: &ByteArray| str::from_utf8(name.data()).ok().map(str::to_owned);
        let names = names.iter().map(text).collect();
        Named { names, codes: Flat { values, there } }
    }
}

/// Names from one dictionary are mostly one piece of memory.
fn same(one: &ByteArray, other: &ByteArray) -> bool {
    let (one, other) = (one.data(), other.data());
    one.len() == other.len() && (one.as_ptr() == other.as_ptr() || one == other)
}

/// Lists of numbers, one after the other.
pub(super) struct Lists {
    pub values: Vec<i64>,
    /// Where the list of each row ends.
    pub ends: Vec<usize>,
    /// Which rows have one.
    pub there: Vec<bool>,
}

/// The columns of one row group, in the order of the schema.
pub(super) struct Rows<'a> {
    pub path: &'a Utf8Path,
    /// The number of rows before this group.
    pub first: u64,
    pub cells: Vec<Cells>,
    /// What the names of the two columns mean that every row has.
    kinds: Vec<Option<OpKind>>,
    phases: Vec<Option<Phase>>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(path: &'a Utf8Path, first: u64, cells: Vec<Cells>) -> Rows<'a> {
        let (mut kinds, mut phases) = (Vec::new(), Vec::new());
        if let Cells::Names(names) = &cells[Place::Op as usize] {
            kinds = names.meanings(OpKind::from_name);
        }
        if let Cells::Names(names) = &cells[Place::Phase as usize] {
            phases = names.meanings(Phase::from_name);
        }
        Rows { path, first, cells, kinds, phases }
    }

    /// The record that a row holds.
    pub(super) fn record(&self, row: usize) -> Result<Record, HistoryError> {
        Ok(Record {
            op: OpId(self.int(row, Place::OpId)?),
            attempt: self.narrow(row, Place::Attempt)?,
            client: ClientId(self.narrow(row, Place::Client)?),
            phase: self.meaning(row, Place::Phase, &self.phases)?,
            intended_ns: self.maybe_int(row, Place::Intended),
            sent_ns: self.int(row, Place::Sent)?,
            returned_ns: self.maybe_int(row, Place::Returned),
            call: self.call(row)?,
            outcome: self.outcome(row)?,
            reply_dropped: match &self.cells[Place::ReplyDropped as usize] {
                Cells::Flags(flags) => flags.at(row).ok_or_else(|| self.null(row, Place::ReplyDropped))?,
                _ => return Err(self.null(row, Place::ReplyDropped)),
            },
            commands: self.narrow(row, Place::Commands)?,
            round_trips: self.narrow(row, Place::RoundTrips)?,
            bytes_sent: self.narrow(row, Place::BytesSent)?,
            bytes_received: self.narrow(row, Place::BytesReceived)?,
        })
    }

    fn call(&self, row: usize) -> Result<Operation, HistoryError> {
        let entry = || -> Result<Entry, HistoryError> {
            Ok(Entry {
                user: UserId(self.int(row, Place::User)?),
                token: Token(self.int(row, Place::Token)?),
                dedupe: DedupeKey(self.int(row, Place::Dedupe)?),
            })
        };
        Ok(match self.meaning(row, Place::Op, &self.kinds)? {
            OpKind::Join => Operation::Join(entry()?),
            OpKind::Position => Operation::Position(entry()?),
            OpKind::Leave => Operation::Leave(entry()?),
            OpKind::Renew => Operation::Renew(entry()?),
            OpKind::Admit => Operation::Admit {
                count: self.narrow(row, Place::Count)?,
                batch: BatchId(self.int(row, Place::Batch)?),
            },
            OpKind::Entries => Operation::Entries(UserId(self.int(row, Place::User)?)),
            OpKind::Sweep => Operation::Sweep { max_age_ns: self.int(row, Place::MaxAge)? },
            OpKind::Stats => Operation::Stats,
        })
    }

    fn outcome(&self, row: usize) -> Result<Outcome, HistoryError> {
        let name = self.name(row, Place::Outcome)?;
        Ok(match name {
            "joined" => Outcome::Joined,
            "duplicate" => Outcome::Duplicate(Token(self.int(row, Place::DuplicateOf)?)),
            "position" => Outcome::Position(self.int(row, Place::Position)?),
            "not-waiting" => Outcome::NotWaiting,
            "admitted" => Outcome::Admitted(self.tokens(row)?),
            "left" => Outcome::Left,
            "renewed" => Outcome::Renewed,
            "entries" => Outcome::Entries(self.tokens(row)?),
            "swept" => Outcome::Swept(self.int(row, Place::Swept)?),
            "stats" => Outcome::Stats(QueueStats {
                users: self.int(row, Place::StatsUsers)?,
                entries: self.int(row, Place::StatsEntries)?,
            }),
            "refused" => Outcome::Refused(self.named(row, Place::Reason, Refusal::from_name)?),
            "unknown" => Outcome::Unknown(self.named(row, Place::Reason, UnknownCause::from_name)?),
            other => return Err(self.refused(row, Place::Outcome, format!("no outcome is called `{other}`"))),
        })
    }

    fn maybe_int(&self, row: usize, id: Place) -> Option<u64> {
        match &self.cells[id as usize] {
            Cells::Ints(cells) => cells.at(row).map(i64::cast_unsigned),
            _ => None,
        }
    }

    fn int(&self, row: usize, id: Place) -> Result<u64, HistoryError> {
        self.maybe_int(row, id).ok_or_else(|| self.null(row, id))
    }

    /// A number of a smaller type: what does not fit into it was not written by a recorder.
    fn narrow<T: TryFrom<u64>>(&self, row: usize, id: Place) -> Result<T, HistoryError> {
        let value = self.int(row, id)?;
        T::try_from(value).map_err(|_| {
            let limit = (1_u128 << (8 * size_of::<T>())) - 1;
            self.refused(row, id, format!("{} is not between 0 and {limit}", value.cast_signed()))
        })
    }

    fn name(&self, row: usize, id: Place) -> Result<&str, HistoryError> {
        let Cells::Names(cells) = &self.cells[id as usize] else { return Err(self.null(row, id)) };
        let name = &cells.names[cells.codes.at(row).ok_or_else(|| self.null(row, id))?];
        name.as_deref().ok_or_else(|| self.refused(row, id, "not UTF-8".to_owned()))
    }

    fn named<T>(&self, row: usize, id: Place, from_name: fn(&str) -> Option<T>) -> Result<T, HistoryError> {
        let name = self.name(row, id)?;
        from_name(name).ok_or_else(|| self.unknown_name(row, id, name))
    }

    /// The same, where it is known already what each name of the column means.
    fn meaning<T: Copy>(&self, row: usize, id: Place, meanings: &[Option<T>]) -> Result<T, HistoryError> {
        let Cells::Names(cells) = &self.cells[id as usize] else { return Err(self.null(row, id)) };
        let code = cells.codes.at(row).ok_or_else(|| self.null(row, id))?;
        match meanings[code] {
            Some(meaning) => Ok(meaning),
            None => Err(self.unknown_name(row, id, self.name(row, id)?)),
        }
    }

    fn unknown_name(&self, row: usize, id: Place, name: &str) -> HistoryError {
        self.refused(row, id, format!("`{name}` is not a known name"))
    }

    fn tokens(&self, row: usize) -> Result<Vec<Token>, HistoryError> {
        let Cells::Lists(cells) = &self.cells[Place::Tokens as usize] else {
            return Err(self.null(row, Place::Tokens));
        };
        if !cells.there[row] {
            return Err(self.null(row, Place::Tokens));
        }
        let begin = row.checked_sub(1).map_or(0, |before| cells.ends[before]);
        Ok(cells.values[begin..cells.ends[row]].iter().map(|token| Token(token.cast_unsigned())).collect())
    }

    fn null(&self, row: usize, id: Place) -> HistoryError {
        self.refused(row, id, "null where this operation and outcome need a value".to_owned())
    }

    fn refused(&self, row: usize, id: Place, detail: String) -> HistoryError {
        HistoryError::Value { path: self.path.to_owned(), row: self.first + row as u64 + 1, column: id.name(), detail }
    }
}
