//! An attempt as it lies in the arena: one line of the cache.

use super::Answer;
use crate::history::Record;
use crate::history::codes;
use crate::model::{ClientId, OpId, OpKind, Operation, Outcome, Phase};

/// A record whose numbers are as small as nearly all are, or the place of one whose numbers are not.
///
/// 64 bytes on a line of their own: an attempt is written when it is sent and again when its reply has come, and by then the
/// requests of all other clients have passed through the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Slot {
    /// The operation's number; the place of an odd record among the odd ones.
    op: u64,
    sent_ns: u64,
    /// The first two numbers of the call.
    call: [u64; 2],
    /// What the answer says, if it says a number; the third number of the call is 0 then. Else that.
    number: u64,
    /// How much later than intended, ns; [`NONE`]: nobody planned.
    late_ns: u32,
    /// How long it took, ns; [`NONE`]: no reply.
    took_ns: u32,
    client: u32,
    bytes_sent: u16,
    bytes_received: u16,
    attempt: u8,
    phase: Phase,
    kind: OpKind,
    outcome: u8,
    commands: u8,
    round_trips: u8,
    holds: Holds,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// A record.
    Record,
    /// A record whose reply was dropped.
    Dropped,
    /// The place of a record.
    Odd,
}

const NONE: u32 = u32::MAX;

const _: () = assert!(size_of::<Slot>() == 64);

impl Slot {
    /// The slot of an attempt that is about to be sent; `None`: it does not fit.
    #[inline]
    pub(super) fn of(record: &Record) -> Option<Slot> {
        let [first, second, third] = codes::operands(&record.call);
        let mut slot = Slot {
            op: record.op.0,
            sent_ns: record.sent_ns,
            call: [first, second],
            number: third,
            late_ns: record.intended_ns.map_or(Some(NONE), |ns| narrow(record.sent_ns, ns))?,
            took_ns: NONE,
            client: record.client.0,
            bytes_sent: 0,
            bytes_received: 0,
            attempt: u8::try_from(record.attempt).ok()?,
            phase: record.phase,
            kind: record.call.kind(),
            outcome: 0,
            commands: 0,
            round_trips: 0,
            holds: Holds::Record,
        };
        slot.answer(
            &record.outcome,
            record.sent_ns,
            record.returned_ns,
            record.reply_dropped,
            [record.commands, record.round_trips],
            [record.bytes_sent, record.bytes_received],
        )?;
        Some(slot)
    }

    /// The place of a record that does not fit.
    pub(super) fn odd(index: usize) -> Slot {
        Slot {
            op: index as u64,
            sent_ns: 0,
            call: [0; 2],
            number: 0,
            late_ns: NONE,
            took_ns: NONE,
            client: 0,
            bytes_sent: 0,
            bytes_received: 0,
            attempt: 0,
            phase: Phase::Load,
            kind: OpKind::Stats,
            outcome: 0,
            commands: 0,
            round_trips: 0,
            holds: Holds::Odd,
        }
    }

    /// Where the record is that does not fit; `None`: it is here.
    #[inline]
    pub(super) fn index(&self) -> Option<usize> {
        (self.holds == Holds::Odd).then_some(self.op as usize)
    }

    /// Writes the answer down; `None`: it does not fit, and nothing has changed.
    #[inline]
    pub(super) fn complete(&mut self, answer: &Answer) -> Option<()> {
        self.answer(
            &answer.outcome,
            answer.sent_ns.unwrap_or(self.sent_ns),
            answer.returned_ns,
            answer.reply_dropped,
            [answer.commands, answer.round_trips],
            [answer.bytes_sent, answer.bytes_received],
        )
    }

    #[inline]
    fn answer(
        &mut self,
        outcome: &Outcome,
        sent_ns: u64,
        returned_ns: Option<u64>,
        dropped: bool,
        [commands, round_trips]: [u32; 2],
        [bytes_sent, bytes_received]: [u32; 2],
    ) -> Option<()> {
        let third = if codes::has_number(self.outcome) { 0 } else { self.number };
        let number = match outcome {
            Outcome::Admitted(_) | Outcome::Entries(_) | Outcome::Stats(_) => return None,
            Outcome::Duplicate(_) | Outcome::Position(_) | Outcome::Swept(_) if third != 0 => return None,
            Outcome::Duplicate(token) => token.0,
            Outcome::Position(number) | Outcome::Swept(number) => *number,
            _ => third,
        };
        let fits = self.holds != Holds::Odd;
        let took_ns = returned_ns.map_or(Some(NONE), |ns| narrow(ns, sent_ns)).filter(|_| fits)?;
        let late_ns = match self.late_ns {
            NONE => NONE,
            late_ns => narrow(sent_ns, self.sent_ns)?.checked_add(late_ns).filter(|ns| *ns != NONE)?,
        };
        let requests = (u8::try_from(commands).ok()?, u8::try_from(round_trips).ok()?);
        let bytes = (u16::try_from(bytes_sent).ok()?, u16::try_from(bytes_received).ok()?);
        // All of it or nothing.
        (self.number, self.outcome, self.took_ns) = (number, codes::code(outcome), took_ns);
        (self.sent_ns, self.late_ns) = (sent_ns, late_ns);
        (self.commands, self.round_trips) = requests;
        (self.bytes_sent, self.bytes_received) = bytes;
        self.holds = if dropped { Holds::Dropped } else { Holds::Record };
        Some(())
    }

    /// The record that it holds.
    #[inline]
    pub(super) fn record(&self) -> Record {
        let of_answer = codes::has_number(self.outcome);
        let operand = |index: usize| match index {
            2 if of_answer => 0,
            2 => self.number,
            _ => self.call[index],
        };
        let call: Operation = codes::call(self.kind, operand);
        Record {
            op: OpId(self.op),
            attempt: self.attempt.into(),
            client: ClientId(self.client),
            phase: self.phase,
            intended_ns: (self.late_ns != NONE).then(|| self.sent_ns - u64::from(self.late_ns)),
            sent_ns: self.sent_ns,
            returned_ns: (self.took_ns != NONE).then(|| self.sent_ns + u64::from(self.took_ns)),
            call,
            outcome: codes::outcome(self.outcome, |_| self.number, Vec::new),
            reply_dropped: self.holds == Holds::Dropped,
            commands: self.commands.into(),
            round_trips: self.round_trips.into(),
            bytes_sent: self.bytes_sent.into(),
            bytes_received: self.bytes_received.into(),
        }
    }
}

/// How much later one time is than the other, if that is less than four seconds.
#[inline]
fn narrow(later_ns: u64, earlier_ns: u64) -> Option<u32> {
    later_ns.checked_sub(earlier_ns).and_then(|ns| u32::try_from(ns).ok()).filter(|ns| *ns != NONE)
}
