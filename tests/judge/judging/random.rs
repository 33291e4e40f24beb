//! Random small histories: a queue is simulated, each operation gets a span around its moment, and now and
//! then an answer lies. About as many come out legal as not.

use proptest::prelude::*;
use stanchion::checks::notation::NEVER;

use super::{Kind, Op, Users};

/// One step of the simulation; every field is a choice, so that shrinking makes histories simpler.
#[derive(Clone, Debug)]
pub struct Step {
    what: u8,
    which: u8,
    size: u8,
    before: u8,
    after: u8,
    /// Small numbers lie in one way or another.
    lie: u8,
}

/// Steps, users and the kinds that may occur.
pub fn steps(max: usize) -> impl Strategy<Value = Vec<Step>> {
    let reach = || prop_oneof![3 => 0u8..8, 1 => 0u8..40];
    let step = (any::<u8>(), any::<u8>(), 0u8..4, reach(), reach(), any::<u8>());
    let step = step.prop_map(|(what, which, size, before, after, lie)| Step { what, which, size, before, after, lie });
    prop::collection::vec(step, 3..max)
}

/// Users for the values.
pub fn users() -> impl Strategy<Value = Users> {
    prop::array::uniform8(0u8..3)
}

/// The operations of a simulated queue with these kinds besides joins and admissions.
pub fn simulate(steps: &[Step], kinds: &[Kind], same_class: impl Fn(u8, u8) -> bool) -> Vec<Op> {
    const VALUES: u8 = 5;
    let mut line: Vec<u8> = Vec::new();
    let mut joined = 0;
    let mut ops = Vec::new();
    for (step, at) in steps.iter().zip((1u64..).map(|n| 40 + 10 * n)) {
        let pick = |count: usize| usize::from(step.which) % count.max(1);
        let lies = step.lie < 60;
        let anybody = u8::try_from(pick(usize::from(joined))).unwrap_or(0);
        let kind = match step.what {
            0..110 if joined < VALUES => Kind::E,
            0..180 => Kind::B,
            other => kinds.get(usize::from(other) % kinds.len().max(1)).copied().unwrap_or(Kind::B),
        };
        let mut op = match kind {
            Kind::E => {
                joined += 1;
                line.push(joined - 1);
                Op::new(Kind::E, &[joined - 1], 0)
            }
            Kind::B => {
                swap_neighbours(&mut line, step, lies, &same_class);
                let asked = usize::from(step.size);
                let values: Vec<u8> = line.drain(..asked.min(line.len())).collect();
                // Told as full although it was short, or the other way round.
                let told =
                    if lies && step.lie % 2 == 0 { values.len() + usize::from(step.lie) % 3 } else { asked.max(1) };
                Op::new(Kind::B, &values, told)
            }
            Kind::L if !line.is_empty() => {
                let value = line.remove(pick(line.len()));
                Op::new(Kind::L, &[value], 0)
            }
            Kind::P => {
                let asked = usize::from(step.size).max(1);
                if step.lie < 190 {
                    line.drain(..asked.min(line.len()));
                }
                Op::new(Kind::P, &[], asked)
            }
            Kind::K => {
                if step.lie < 160 {
                    line.retain(|value| *value != anybody);
                }
                Op::new(Kind::K, &[anybody], 0)
            }
            Kind::F if !line.contains(&anybody) || lies => Op::new(Kind::F, &[anybody], 0),
            Kind::G if line.contains(&anybody) || lies => Op::new(Kind::G, &[anybody], 0),
            Kind::S if !line.is_empty() => {
                let at = pick(line.len());
                let told = if lies { usize::from(step.size) + 1 } else { at + 1 };
                Op::new(Kind::S, &[line[at]], told)
            }
            Kind::H if joined > 0 => Op::new(Kind::H, &[anybody], 0),
            _ => continue,
        };
        op.inv = at - u64::from(step.before);
        op.ret = at + u64::from(step.after);
        let unanswered = match op.kind {
            Kind::E => step.lie > 235,
            Kind::P => true,
            Kind::K => step.lie % 2 == 0,
            _ => false,
        };
        if unanswered {
            op.ret = NEVER;
        }
        ops.push(op);
    }
    ops
}

/// The same with a coarser clock: many timestamps become equal, and equal ones are concurrent.
pub fn coarse(ops: &[Op]) -> Vec<Op> {
    let tick = |ns: u64| if ns == NEVER { NEVER } else { ns / 6 };
    ops.iter().map(|op| Op { inv: tick(op.inv), ret: tick(op.ret), ..op.clone() }).collect()
}

/// Lets somebody pass: of another class always, of the same class as a lie.
fn swap_neighbours(line: &mut [u8], step: &Step, lies: bool, same_class: &impl Fn(u8, u8) -> bool) {
    for at in 1..line.len() {
        if lies && step.lie % 2 == 1 || !same_class(line[at - 1], line[at]) && step.which.is_multiple_of(2) {
            line.swap(at - 1, at);
        }
    }
}
