//! Wing and Gong's method: a history is legal if its operations have *some* order that respects real time
//! and that a queue could have answered. Here every order is tried. Slow, short and obviously right.

use std::collections::HashSet;

use stanchion::checks::sweep::FifoClass;

use super::{Kind, Op, Users};

/// Whether the operations are a legal history of a queue that keeps order within each class.
pub fn is_legal(ops: &[Op], class: FifoClass, users: &Users) -> bool {
    let required: u32 = ops.iter().enumerate().filter(|(_, op)| !op.optional()).map(|(index, _)| 1 << index).sum();
    let same_class = |a: u8, b: u8| match class {
        FifoClass::Everyone => true,
        FifoClass::User => users[usize::from(a)] == users[usize::from(b)],
        FifoClass::Token => a == b,
    };
    let mut seen = HashSet::new();
    // What was done, and who waits, oldest first.
    let mut open: Vec<(u32, Vec<u8>)> = vec![(0, Vec::new())];
    while let Some((done, line)) = open.pop() {
        if !seen.insert((done, line.clone())) {
            continue;
        }
        if done & required == required {
            return true;
        }
        let undone = || ops.iter().enumerate().filter(|(index, _)| done >> index & 1 == 0);
        let first_reply = undone().map(|(_, op)| op.ret).min().unwrap_or(u64::MAX);
        for (index, op) in undone().filter(|(_, op)| op.inv <= first_reply) {
            let joined = |value: u8| {
                ops.iter().enumerate().any(|(at, op)| op.kind == Kind::E && op.values == [value] && done >> at & 1 == 1)
            };
            if let Some(next) = apply(op, &line, joined, same_class) {
                open.push((done | 1 << index, next));
            }
        }
    }
    false
}

/// The line after an operation; `None` if the queue could not have answered so.
fn apply(op: &Op, line: &[u8], joined: impl Fn(u8) -> bool, same_class: impl Fn(u8, u8) -> bool) -> Option<Vec<u8>> {
    let mut line = line.to_vec();
    let place = |line: &[u8], value: u8| line.iter().position(|other| *other == value);
    match op.kind {
        Kind::E => line.push(op.values[0]),
        Kind::B => {
            for &value in &op.values {
                let at = place(&line, value)?;
                if line[..at].iter().any(|other| same_class(*other, value)) {
                    return None;
                }
                line.remove(at);
            }
            if op.values.len() < op.asked && !line.is_empty() {
                return None;
            }
        }
        Kind::L => {
            line.remove(place(&line, op.values[0])?);
        }
        Kind::K => line.retain(|value| *value != op.values[0]),
        Kind::F => return place(&line, op.values[0]).is_none().then_some(line),
        Kind::G => return place(&line, op.values[0]).map(|_| line),
        Kind::H => return joined(op.values[0]).then_some(line),
        Kind::S => return (place(&line, op.values[0])? + 1 == op.asked).then_some(line),
        Kind::P => {
            line.drain(..op.asked.min(line.len()));
        }
    }
    Some(line)
}
