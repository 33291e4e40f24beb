//! What an operation costs: commands, round trips, bytes on the wire, server time, memory.
//!
//! **Server time.** Redis' INFO commandstats counts a command that a script or EXEC runs twice: under its
//! own name, and within the time of the script. Measured on 7.0.15: one EVAL that ran 20,000 SETs left
//! `set: calls=20000, usec=5606` and `eval: calls=1, usec=23225`; a MULTI/EXEC of 2,000 SADDs left `sadd:
//! calls=2000, usec=361` and `exec: calls=1, usec=562`. Adding all lines would bill the inner calls twice.
//! So a command is billed for the calls that the clients themselves sent, at its mean time per call:
//! `Σ usec(c) × direct(c) / calls(c)`. A command that only clients send, or only scripts, is billed
//! exactly; one that both send is billed at the mean of both. Inside MULTI a command is answered
//! `QUEUED`, and its time is EXEC's.

use std::collections::{BTreeMap, HashSet};

use super::Cost;
use crate::history::{History, ServerCost};
use crate::model::{OpKind, Outcome, Phase, Refusal};

/// Commands whose time includes that of other commands in the same statistics.
const CONTAINERS: [&str; 7] = ["eval", "eval_ro", "evalsha", "evalsha_ro", "exec", "fcall", "fcall_ro"];

/// Fewer waiting entries than this say nothing about memory: the server's own noise is as large.
pub const WAITING_MIN: u64 = 200;

/// The cost over the load phase.
#[expect(clippy::cast_precision_loss, reason = "no counter of a run reaches 2^53")]
pub(super) fn cost(history: &History) -> Cost {
    let mut cost = Cost::default();
    let (mut operations, mut commands) = (0, 0);
    for kind in OpKind::ALL {
        let of_kind = || {
            let load = history.records.rows().filter(|record| record.phase() == Phase::Load);
            load.filter(move |record| record.kind() == kind)
        };
        if of_kind().next().is_none() {
            continue;
        }
        // An operation that was refused before anything was sent cost nothing and says nothing.
        let sent = || of_kind().filter(|record| record.commands() > 0);
        let count = sent().map(|record| record.op()).collect::<HashSet<_>>().len();
        if count == 0 {
            let not_offered = Outcome::Refused(Refusal::NotOffered);
            let why = if of_kind().all(|record| record.outcome() == not_offered) {
                "the design does not offer this operation"
            } else {
                "the history counts no commands for this operation"
            };
            cost.reasons.insert(format!("commands_by_op.{}", kind.name()), why.to_owned());
            continue;
        }
        operations += count;
        let mean = |sum: u64| sum as f64 / count as f64;
        let name = || kind.name().to_owned();
        let sum = sent().map(|record| u64::from(record.commands())).sum();
        commands += sum;
        cost.commands_by_op.insert(name(), mean(sum));
        cost.round_trips_by_op.insert(name(), mean(sent().map(|record| u64::from(record.round_trips())).sum()));
        let bytes = |sent: u32, received: u32| u64::from(sent) + u64::from(received);
        let bytes = sent().map(|record| bytes(record.bytes_sent(), record.bytes_received())).sum();
        cost.wire_bytes_by_op.insert(name(), mean(bytes));
    }
    let commands_per_op = match operations {
        0 => Err("no operation with counted commands in the load phase"),
        operations => Ok(commands as f64 / operations as f64),
    };
    cost.commands_per_op = told(commands_per_op, "commands_per_op", &mut cost.reasons);
    let server = history.header.server.as_ref().ok_or("the history does not say what the server spent");
    let server_us = server.and_then(server_us).and_then(|us| match operations {
        0 => Err("no operation with counted commands in the load phase"),
        operations => Ok(us / operations as f64),
    });
    cost.server_us_per_op = told(server_us, "server_us_per_op", &mut cost.reasons);
    cost.bytes_per_user = told(server.and_then(bytes_per_user), "bytes_per_user", &mut cost.reasons);
    cost
}

fn told(figure: Result<f64, &'static str>, name: &str, reasons: &mut BTreeMap<String, String>) -> Option<f64> {
    figure.map_err(|why| reasons.insert(name.to_owned(), why.to_owned())).ok()
}

/// Server time of what the clients sent, in µs, without counting twice what scripts called: every command that they
/// sent, at its mean time per call.
///
/// # Errors
/// Why it cannot be told.
#[expect(clippy::cast_precision_loss, reason = "no counter of a run reaches 2^53")]
pub fn server_us(server: &ServerCost) -> Result<f64, &'static str> {
    if server.commands.values().all(|stat| stat.calls == 0) {
        return Err("the server's INFO commandstats shows no calls");
    }
    if server.direct_calls.is_empty() {
        // Without containers every call is a direct one.
        let nested = server.commands.iter().any(|(name, stat)| stat.calls > 0 && CONTAINERS.contains(&name.as_str()));
        return if nested {
            Err("nobody counted which commands the clients sent, and what scripts call would count twice")
        } else {
            Ok(server.commands.values().map(|stat| stat.usec as f64).sum())
        };
    }
    let mut us = 0.0;
    for (name, direct) in &server.direct_calls {
        match server.commands.get(name) {
            Some(stat) if stat.calls > 0 => us += stat.usec as f64 * *direct as f64 / stat.calls as f64,
            _ if *direct == 0 => {}
            _ => return Err("the server counted no calls of a command that the clients sent"),
        }
    }
    Ok(us)
}

#[expect(clippy::cast_precision_loss, reason = "no memory reaches 2^53 bytes")]
fn bytes_per_user(server: &ServerCost) -> Result<f64, &'static str> {
    let waiting = server.waiting_after.ok_or("the design cannot count its entries under this dedupe key")?;
    if waiting < WAITING_MIN {
        return Err("fewer than 200 entries waited at the end of the load: the server's own noise is as large");
    }
    let after = server.used_memory_after_bytes.ok_or("the server did not say how much memory it used")?;
    after
        .checked_sub(server.used_memory_before_bytes)
        .map(|bytes| bytes as f64 / waiting as f64)
        .ok_or("the server used less memory at the end of the load than before the first join")
}
