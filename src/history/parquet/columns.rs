//! The schema: every column, its type, and how a record fills it. `docs/history.md` says what each means.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::errors::Result;
use parquet::schema::types::{Type, TypePtr};

use crate::history::Record;
use crate::model::{Operation, Outcome, Token};

/// How a column is filled from a record.
pub(super) enum Fill {
    /// INT64, never null. Unsigned numbers keep their bits, so that any number survives.
    Int(fn(&Record) -> u64),
    /// INT64 or null.
    MaybeInt(fn(&Record) -> Option<u64>),
    /// A name: UTF-8, dictionary-encoded, never null.
    Name(fn(&Record) -> &'static str),
    /// A name or null.
    MaybeName(fn(&Record) -> Option<&'static str>),
    /// BOOLEAN, never null.
    Flag(fn(&Record) -> bool),
    /// LIST of INT64, or null.
    MaybeTokens(fn(&Record) -> Option<&[Token]>),
}

/// One column.
pub(super) struct Column {
    pub name: &'static str,
    pub fill: Fill,
}

/// Indices into [`COLUMNS`], so that the reader finds a column without searching for its name.
macro_rules! columns {
    ($($id:ident $name:literal $fill:expr;)*) => {
        #[derive(Clone, Copy)]
        #[repr(usize)]
        pub(super) enum Place { $($id),* }

        /// Every column, in file order.
        pub(super) const COLUMNS: &[Column] = &[$(Column { name: $name, fill: $fill }),*];
    };
}

use Fill::{Flag, Int, MaybeInt, MaybeName, MaybeTokens, Name};

columns! {
    OpId "op_id" Int(|r| r.op.0);
    Attempt "attempt" Int(|r| r.attempt.into());
    Client "client" Int(|r| r.client.0.into());
    Phase "phase" Name(|r| r.phase.name());
    Op "op" Name(|r| r.call.kind().name());
    User "user" MaybeInt(|r| match &r.call {
        Operation::Entries(user) => Some(user.0),
        call => call.entry().map(|entry| entry.user.0),
    });
    Token "token" MaybeInt(|r| r.call.entry().map(|entry| entry.token.0));
    Dedupe "dedupe" MaybeInt(|r| r.call.entry().map(|entry| entry.dedupe.0));
    Count "count" MaybeInt(|r| match r.call { Operation::Admit { count, .. } => Some(count.into()), _ => None });
    Batch "batch" MaybeInt(|r| match r.call { Operation::Admit { batch, .. } => Some(batch.0), _ => None });
    MaxAge "max_age_ns" MaybeInt(|r| match r.call { Operation::Sweep { max_age_ns } => Some(max_age_ns), _ => None });
    Intended "intended_ns" MaybeInt(|r| r.intended_ns);
    Sent "sent_ns" Int(|r| r.sent_ns);
    Returned "returned_ns" MaybeInt(|r| r.returned_ns);
    Outcome "outcome" Name(|r| r.outcome.name());
    DuplicateOf "duplicate_of" MaybeInt(|r| match r.outcome { Outcome::Duplicate(token) => Some(token.0), _ => None });
    Position "position" MaybeInt(|r| match r.outcome { Outcome::Position(position) => Some(position), _ => None });
    Tokens "tokens" MaybeTokens(|r| match &r.outcome {
        Outcome::Admitted(tokens) | Outcome::Entries(tokens) => Some(tokens),
        _ => None,
    });
    Swept "swept" MaybeInt(|r| match r.outcome { Outcome::Swept(swept) => Some(swept), _ => None });
    StatsUsers "stats_users" MaybeInt(|r| match r.outcome { Outcome::Stats(stats) => Some(stats.users), _ => None });
    StatsEntries "stats_entries" MaybeInt(|r| match r.outcome { Outcome::Stats(stats) => Some(stats.entries), _ => None });
    Reason "reason" MaybeName(|r| match r.outcome {
        Outcome::Refused(refusal) => Some(refusal.name()),
        Outcome::Unknown(cause) => Some(cause.name()),
        _ => None,
    });
    ReplyDropped "reply_dropped" Flag(|r| r.reply_dropped);
    Commands "commands" Int(|r| r.commands.into());
    RoundTrips "round_trips" Int(|r| r.round_trips.into());
    BytesSent "bytes_sent" Int(|r| r.bytes_sent.into());
    BytesReceived "bytes_received" Int(|r| r.bytes_received.into());
}

impl Place {
    pub(super) fn name(self) -> &'static str {
        COLUMNS[self as usize].name
    }
}

impl Column {
    /// Whether the values repeat so often that a dictionary pays.
    pub(super) fn repeats(&self) -> bool {
        matches!(self.fill, Name(_) | MaybeName(_))
    }

    /// The type in words, for messages.
    pub(super) fn type_name(&self) -> &'static str {
        match self.fill {
            Int(_) | MaybeInt(_) => "a column of 64-bit integers",
            Name(_) | MaybeName(_) => "a column of strings",
            Flag(_) => "a column of booleans",
            MaybeTokens(_) => "a column of lists of 64-bit integers",
        }
    }

    fn schema(&self) -> Result<Type> {
        let leaf = |physical, repetition| Type::primitive_type_builder(self.name, physical).with_repetition(repetition);
        match self.fill {
            Int(_) => leaf(Physical::INT64, Repetition::REQUIRED).build(),
            MaybeInt(_) => leaf(Physical::INT64, Repetition::OPTIONAL).build(),
            Name(_) => {
                leaf(Physical::BYTE_ARRAY, Repetition::REQUIRED).with_logical_type(Some(LogicalType::String)).build()
            }
            MaybeName(_) => {
                leaf(Physical::BYTE_ARRAY, Repetition::OPTIONAL).with_logical_type(Some(LogicalType::String)).build()
            }
            Flag(_) => leaf(Physical::BOOLEAN, Repetition::REQUIRED).build(),
            // The three levels that the format's specification asks of a list:
            // https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists
            MaybeTokens(_) => {
                let element = Type::primitive_type_builder("element", Physical::INT64)
                    .with_repetition(Repetition::REQUIRED)
                    .build()?;
                let list = Type::group_type_builder("list")
                    .with_repetition(Repetition::REPEATED)
                    .with_fields(vec![Arc::new(element)])
                    .build()?;
                Type::group_type_builder(self.name)
                    .with_repetition(Repetition::OPTIONAL)
                    .with_logical_type(Some(LogicalType::List))
                    .with_fields(vec![Arc::new(list)])
                    .build()
            }
        }
    }
}

/// The schema of the file.
pub(super) fn schema() -> Result<TypePtr> {
    let fields = COLUMNS.iter().map(|column| column.schema().map(Arc::new)).collect::<Result<_>>()?;
    Ok(Arc::new(Type::group_type_builder("history").with_fields(fields).build()?))
}
