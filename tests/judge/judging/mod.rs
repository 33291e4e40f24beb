//! What the tests of the judge share: a short way to write histories, and an oracle that decides them by
//! trying everything.
//!
//! Each test binary uses its own part of it.
#![allow(dead_code, reason = "every test binary compiles this module and uses a part of it")]

pub mod oracle;
pub mod random;
pub mod recorded;
pub mod simulated;

use stanchion::checks::notation::{
    Acceptance, LostAdmission, Maybe, MaybeCause, NEVER, Read, ReadKind, Removal, RemovalKind, Span, Trace, Value,
};
use stanchion::model::{DedupeKey, Token, UserId};

/// The kinds of operation, by the letters of `docs/checking.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    E,
    B,
    L,
    K,
    F,
    G,
    H,
    P,
    /// "Your place is …", held in `asked`.
    S,
}

/// One operation of a constructed history.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    pub kind: Kind,
    pub values: Vec<u8>,
    /// What an admission asked for.
    pub asked: usize,
    pub inv: u64,
    pub ret: u64,
}

impl Op {
    pub fn new(kind: Kind, values: &[u8], asked: usize) -> Op {
        Op { kind, values: values.to_vec(), asked, inv: 0, ret: NEVER }
    }

    /// Whether it may never have happened.
    pub fn optional(&self) -> bool {
        self.ret == NEVER && matches!(self.kind, Kind::E | Kind::K | Kind::P)
    }
}

/// Reads `E0[0,2] B0.1/2[4,5] K0[1,inf]`: kind, values, how many were asked for, invocation, reply.
pub fn parse(text: &str) -> Vec<Op> {
    text.split_whitespace().map(parse_op).collect()
}

/// Writes what [`parse`] reads, in order of invocation.
pub fn show(ops: &[Op]) -> String {
    let mut ops: Vec<&Op> = ops.iter().collect();
    ops.sort_by_key(|op| op.inv);
    let word = |op: &&Op| {
        let values = op.values.iter().map(u8::to_string).collect::<Vec<_>>().join(".");
        let asked =
            if matches!(op.kind, Kind::B | Kind::P | Kind::S) { format!("/{}", op.asked) } else { String::new() };
        let ret = if op.ret == NEVER { "inf".to_owned() } else { op.ret.to_string() };
        format!("{:?}{values}{asked}[{},{ret}]", op.kind, op.inv)
    };
    ops.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn parse_op(word: &str) -> Op {
    let (what, times) = word.trim_end_matches(']').split_once('[').expect("a span");
    let (inv, ret) = times.split_once(',').expect("two times");
    let (kind, rest) = what.split_at(1);
    let (values, asked) = rest.split_once('/').unwrap_or((rest, "0"));
    let kind = match kind {
        "E" => Kind::E,
        "B" => Kind::B,
        "L" => Kind::L,
        "K" => Kind::K,
        "F" => Kind::F,
        "G" => Kind::G,
        "H" => Kind::H,
        "P" => Kind::P,
        other => panic!("no kind {other}"),
    };
    Op {
        kind,
        values: values
            .split('.')
            .filter(|value| !value.is_empty())
            .map(|value| value.parse().expect("a value"))
            .collect(),
        asked: asked.parse().expect("how many were asked for"),
        inv: inv.parse().expect("a time"),
        ret: if ret == "inf" { NEVER } else { ret.parse().expect("a time") },
    }
}

/// The users of values 0 to 7.
pub type Users = [u8; 8];
/// Everybody is one user.
pub const ONE_USER: Users = [0; 8];

/// The operations in the judge's notation. Value v is token v; a value that is only named never joined.
pub fn trace(ops: &[Op], users: &Users) -> Trace {
    let mut trace = Trace::default();
    for (token, user) in (0u64..).zip(users) {
        let joins = || ops.iter().enumerate().filter(|(_, op)| op.kind == Kind::E && op.values == [token as u8]);
        let join = joins().next();
        trace.values.push(Value {
            token: Token(token),
            user: Some(UserId(u64::from(*user))),
            dedupe: Some(DedupeKey(token)),
            acceptance: match join {
                None => Acceptance::Never,
                Some((_, op)) if op.ret == NEVER => Acceptance::Unknown,
                Some(_) => Acceptance::Accepted,
            },
            join: join.map_or(Span { inv_ns: NEVER, ret_ns: NEVER }, |(_, op)| span(op)),
            record: join.map(|(index, _)| index),
        });
    }
    for (record, op) in ops.iter().enumerate() {
        let span = span(op);
        let values = || op.values.iter().map(|value| u32::from(*value)).collect::<Vec<_>>();
        let read = |kind| Read { kind, value: u32::from(op.values[0]), span, record };
        match op.kind {
            Kind::E => {}
            Kind::B => {
                let kind = RemovalKind::Batch { short: op.values.len() < op.asked };
                trace.removals.push(Removal { kind, values: &values(), span, record });
            }
            Kind::L => trace.removals.push(Removal { kind: RemovalKind::Leave, values: &values(), span, record }),
            Kind::K => {
                let cause = if op.ret == NEVER { MaybeCause::LostLeave(record) } else { MaybeCause::Expiry };
                trace.maybes.push(Maybe { value: u32::from(op.values[0]), span, after_join_ns: 0, cause });
            }
            Kind::F => trace.reads.push(read(ReadKind::Absent)),
            Kind::G | Kind::S => trace.reads.push(read(ReadKind::Waiting)),
            Kind::H => trace.reads.push(read(ReadKind::Accepted)),
            Kind::P => trace.lost.push(LostAdmission { asked: op.asked as u32, inv_ns: op.inv, record }),
        }
    }
    trace
}

fn span(op: &Op) -> Span {
    Span { inv_ns: op.inv, ret_ns: op.ret }
}
