//! The notation in which histories are judged: joins, removals, possible removals and reads, each with
//! the span of time in which it took effect.
//!
//! | | operation | here |
//! |---|---|---|
//! | E(v) | join | [`Value::join`] |
//! | B(v₁…v_k)/n | an admission that answered k values, asked for n | [`Removal`] with [`RemovalKind::Batch`] |
//! | L(v) | a leave that was answered "left" | [`Removal`] with [`RemovalKind::Leave`] |
//! | K(v) | removed if present, nobody knows: a lost leave, an expiry | [`Maybe`] |
//! | F(v) | "v is not waiting" | [`Read`] with [`ReadKind::Absent`] |
//! | G(v) | "v is waiting now" | [`Read`] with [`ReadKind::Waiting`] |
//! | H(v) | "v was accepted before" | [`Read`] with [`ReadKind::Accepted`] |
//! | P(n) | an admission whose reply was lost | [`LostAdmission`] |
//!
//! A *value* is one token's place in line. x is *before* y when x returned before y was invoked; anything
//! else, equal timestamps included, is concurrent.

mod numbers;
mod removals;
mod values;

pub use removals::{Removal, RemovalKind, Removals};
pub use values::{Acceptance, Value, Values};

/// The time of what never returned, and of what never happens.
pub const NEVER: u64 = u64::MAX;

/// The index of a value in [`Trace::values`].
pub type ValueId = u32;

/// The time in which an operation took effect: from its invocation to its reply, ns since the run began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Invocation.
    pub inv_ns: u64,
    /// Reply; [`NEVER`] if there was none.
    pub ret_ns: u64,
}

impl Span {
    /// Whether this certainly took effect before the other.
    #[must_use]
    pub fn before(self, other: Span) -> bool {
        self.ret_ns < other.inv_ns
    }
}

/// Why a value may have been removed without anybody being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaybeCause {
    /// A leave without a reply; its record.
    LostLeave(usize),
    /// The time to live ran out.
    Expiry,
    /// A sweep by age that removed something or got no reply; its record.
    Sweep(usize),
    /// Stands for a lost admission, in the relaxation that decides about those; its record.
    LostAdmission(usize),
}

/// Removed within the span if it was in line. With a span that ends, it is certainly gone afterwards;
/// with one that does not, it may never have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maybe {
    /// What.
    pub value: ValueId,
    /// When.
    pub span: Span,
    /// Not before the join took effect and so long a time passed: an expiry counts from there. 0 where
    /// nothing is known of the kind.
    pub after_join_ns: u64,
    /// Why.
    pub cause: MaybeCause,
}

/// What an answer says of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadKind {
    /// It is not in line.
    Absent,
    /// It is in line.
    Waiting,
    /// It was accepted at some time before.
    Accepted,
}

/// An answer that says something of one value and changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it says.
    pub kind: ReadKind,
    /// Of which value.
    pub value: ValueId,
    /// When.
    pub span: Span,
    /// The record that was answered.
    pub record: usize,
}

/// An admission that nobody saw the answer of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostAdmission {
    /// How many it asked for.
    pub asked: u32,
    /// When it was sent; it may take effect at any time after.
    pub inv_ns: u64,
    /// Its record.
    pub record: usize,
}

/// A history in the notation.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Every token that a request or an answer names.
    pub values: Values,
    /// Admissions and leaves that were answered.
    pub removals: Removals,
    /// Removals that nobody was told of.
    pub maybes: Vec<Maybe>,
    /// What answers say of values.
    pub reads: Vec<Read>,
    /// Admissions that were not answered.
    pub lost: Vec<LostAdmission>,
}

impl Trace {
    /// The value of this id.
    #[must_use]
    pub fn value(&self, id: ValueId) -> Value {
        self.values.at(id)
    }
}
