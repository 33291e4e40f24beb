//! A schedule as a history, so that it can be judged by the same checks as a run.

use super::monitor::{Event, OpNumber};
use super::steps::Action;
use super::trail::{DRAINER, TrailStep};
use super::world::{Way, World};
use crate::history::{Header, History, Names, Record, RunEnd, SCHEMA};
use crate::model::{ClientId, OpId, Outcome, Phase, Terms, UnknownCause};

/// A step takes so long, half of it under way: what returned in one step certainly came before what is sent in the next.
const STEP_NS: u64 = 1_000;

/// The time of the end of each step, ns.
pub(super) fn end_ns(step: usize, ticks: u64, tick_us: u64) -> u64 {
    ticks * tick_us * 1_000 + step as u64 * STEP_NS + STEP_NS / 2
}

/// The history of a schedule.
pub(super) fn recorded(trail: &[TrailStep], world: &World, queue: &str, terms: Terms) -> History {
    let mut records: Vec<Record> = Vec::new();
    // The record under way of each operation.
    let mut under_way: Vec<(OpNumber, usize)> = Vec::new();
    let mut ticks = 0;
    for (at, step) in trail.iter().enumerate() {
        let ended_ns = end_ns(at, ticks, world.tick_us());
        let Action::Client(client, way) = step.action else {
            ticks += u64::from(step.action == Action::Tick);
            continue;
        };
        let Some((op, attempt)) = step.operation else { continue };
        if step.begins {
            under_way.retain(|(other, _)| *other != op);
            under_way.push((op, records.len()));
            records.push(Record {
                op: OpId(u64::from(op)),
                attempt: u16::from(attempt),
                client: ClientId(u32::from(client)),
                phase: if client == DRAINER { Phase::Drain } else { Phase::Load },
                intended_ns: None,
                sent_ns: ended_ns - STEP_NS / 2,
                returned_ns: None,
                call: world.operations[usize::from(op)],
                outcome: Outcome::Unknown(UnknownCause::TimedOut),
                reply_dropped: false,
                commands: 0,
                round_trips: 0,
                bytes_sent: 0,
                bytes_received: 0,
            });
        }
        let Some(&(_, place)) = under_way.iter().find(|(other, _)| *other == op) else { continue };
        let record = &mut records[place];
        if let Some(command) = step.command {
            record.commands += 1;
            record.round_trips += 1;
            record.bytes_sent += u32::try_from(world.commands.at(command).bytes.len()).unwrap_or(u32::MAX);
        }
        if way == Way::Dies {
            record.outcome = Outcome::Unknown(UnknownCause::ClientCrashed);
        }
        for event in &step.events {
            if let Event::Answer { outcome, heard, .. } = event {
                record.outcome = world.attempts.outcome(*outcome).clone();
                record.returned_ns = Some(ended_ns);
                record.reply_dropped = !heard;
            }
        }
    }
    let drained = trail.last().is_some_and(|step| step.events.contains(&Event::End));
    let header = Header {
        schema: SCHEMA,
        tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
        scenario: "explore".to_owned(),
        queue: queue.to_owned(),
        seed: 0,
        plan_hash: String::new(),
        terms,
        end: RunEnd::Complete,
        notes: Vec::new(),
        drained,
        load_ns: None,
        offered_joins_per_s: None,
        server: None,
        load: None,
        server_series: None,
        schedule: None,
    };
    History { header, records: records.into(), names: Names::default() }
}
