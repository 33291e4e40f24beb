//! Throughput, cost and the generator's health are computed as stated, and a missing figure says why.

use std::collections::BTreeMap;

use crate::history_arbitrary::own_history;
use stanchion::history::{CommandStat, History, ServerCost};
use stanchion::measure::measure;
use stanchion::model::{ClientId, OpId, Operation, Outcome, Phase, Refusal, UnknownCause, UserId};

/// So many joins, one every ms of 1 s, each sent `own_lag_us` late and served in 100 µs by a client of its own.
fn open(joins: u64, own_lag_us: u64) -> History {
    let mut history = own_history(joins);
    history.header.load_ns = Some((0, 1_000_000_000));
    history.header.offered_joins_per_s = Some(1_000.0);
    for (n, record) in (0..).zip(history.records.edit().iter_mut()) {
        record.client = ClientId(n as u32);
        record.intended_ns = Some(n * 1_000_000);
        record.sent_ns = n * 1_000_000 + own_lag_us * 1_000;
        record.returned_ns = Some(record.sent_ns + 100_000);
    }
    history
}

/// So many joins, one due every ms, but sent only every 1.2 ms although each client was free.
fn falling_behind(joins: u64) -> History {
    let mut history = open(joins, 0);
    for (n, record) in (0..).zip(history.records.edit().iter_mut()) {
        record.sent_ns = n * 1_200_000;
        record.returned_ns = Some(record.sent_ns + 100_000);
    }
    history
}

/// A server's cost with so many ms of client CPU.
fn cpu(ms: u64) -> Option<ServerCost> {
    Some(ServerCost { client_cpu_ns: ms * 1_000_000, ..ServerCost::default() })
}

fn stats(lines: &[(&str, u64, u64)]) -> BTreeMap<String, CommandStat> {
    lines.iter().map(|(name, calls, usec)| ((*name).to_owned(), CommandStat { calls: *calls, usec: *usec })).collect()
}

fn calls(lines: &[(&str, u64)]) -> BTreeMap<String, u64> {
    lines.iter().map(|(name, calls)| ((*name).to_owned(), *calls)).collect()
}

#[test]
fn rates_count_joins_until_the_last_was_due_and_until_the_last_was_answered() {
    let mut history = open(11, 0);
    // What comes after the last join is no part of either rate.
    history.header.load_ns = Some((0, 5_000_000_000));
    let throughput = measure(&history).throughput;
    let close = |rate: Option<f64>, expected: f64| assert!((rate.unwrap() - expected).abs() < 1e-6, "{rate:?}");
    close(throughput.offered_per_s, 11.0 / 0.010);
    close(throughput.achieved_per_s, 11.0 / 0.0101);
    assert_eq!(throughput.reason, None);
}

#[test]
fn a_closed_loop_and_an_empty_load_say_why_a_rate_is_missing() {
    let mut history = open(10, 0);
    history.header.offered_joins_per_s = None;
    let throughput = measure(&history).throughput;
    assert!(throughput.offered_per_s.is_none() && throughput.reason.unwrap().contains("names no offered rate"));
    history.records.edit().clear();
    let throughput = measure(&history).throughput;
    assert_eq!(
        (throughput.achieved_per_s, throughput.reason.unwrap().as_str()),
        (None, "no join was answered in the load phase")
    );
}

#[test]
fn a_foreign_history_is_measured_from_its_first_request_to_its_last_reply() {
    let mut history = open(11, 0);
    history.header.load_ns = None;
    let achieved = measure(&history).throughput.achieved_per_s.unwrap();
    assert!((achieved - 11.0 / 0.0101).abs() < 1e-6, "{achieved}");
}

#[test]
fn cost_is_counted_by_operation_and_not_by_attempt() {
    let mut history = open(4, 0);
    // Two operations of two attempts each.
    for (n, record) in (0..).zip(history.records.edit().iter_mut()) {
        record.op = OpId(n / 2);
        record.attempt = (n % 2) as u16;
        (record.commands, record.round_trips, record.bytes_sent, record.bytes_received) = (3, 2, 70, 5);
    }
    let cost = measure(&history).cost;
    assert_eq!(cost.commands_by_op["join"], 6.0);
    assert_eq!(cost.round_trips_by_op["join"], 4.0);
    assert_eq!(cost.wire_bytes_by_op["join"], 150.0);
}

#[test]
fn an_operation_without_counted_commands_has_no_cost_but_a_reason() {
    let mut history = open(2, 0);
    history.records.edit()[0].commands = 0;
    history.records.edit()[1].call = Operation::Entries(UserId(1));
    history.records.edit()[1].outcome = Outcome::Refused(Refusal::NotOffered);
    history.records.edit()[1].commands = 0;
    let cost = measure(&history).cost;
    assert!(cost.commands_by_op.is_empty());
    assert_eq!(cost.reasons["commands_by_op.join"], "the history counts no commands for this operation");
    assert_eq!(cost.reasons["commands_by_op.entries"], "the design does not offer this operation");
    assert_eq!(cost.reasons["server_us_per_op"], "the history does not say what the server spent");
}

#[test]
fn what_a_script_calls_is_not_billed_twice() {
    let mut history = open(10, 0);
    history.header.server = Some(ServerCost {
        // Ten joins by script; ZRANK was called twice as often by clients as by scripts; INFO was the harness' own.
        commands: stats(&[("evalsha", 10, 200), ("zadd", 10, 50), ("zrank", 30, 60), ("info", 2, 500)]),
        direct_calls: calls(&[("evalsha", 10), ("zrank", 20)]),
        ..ServerCost::default()
    });
    assert_eq!(measure(&history).cost.server_us_per_op, Some((200.0 + 40.0) / 10.0));
}

#[test]
fn without_a_count_of_direct_calls_only_designs_without_scripts_are_billed() {
    let mut history = open(10, 0);
    let server = |lines| Some(ServerCost { commands: stats(lines), ..ServerCost::default() });
    history.header.server = server(&[("zadd", 10, 50), ("get", 10, 10)]);
    assert_eq!(measure(&history).cost.server_us_per_op, Some(6.0));
    history.header.server = server(&[("exec", 10, 50), ("get", 10, 10)]);
    let cost = measure(&history).cost;
    assert!(cost.server_us_per_op.is_none() && cost.reasons["server_us_per_op"].contains("would count twice"));
}

#[test]
fn memory_needs_enough_waiting_entries() {
    let memory = |waiting_after, before, after| {
        let mut history = open(10, 0);
        history.header.server = Some(ServerCost {
            waiting_after: Some(waiting_after),
            used_memory_before_bytes: before,
            used_memory_after_bytes: Some(after),
            ..ServerCost::default()
        });
        let cost = measure(&history).cost;
        (cost.bytes_per_user, cost.reasons.contains_key("bytes_per_user"))
    };
    assert_eq!(memory(200, 1_000, 51_000), (Some(250.0), false));
    assert_eq!(memory(199, 1_000, 51_000), (None, true));
    assert_eq!(memory(200, 51_000, 1_000), (None, true));
}

#[test]
fn a_generator_that_keeps_its_rate_is_trusted() {
    let mut history = open(1_000, 10);
    history.header.server = cpu(990);
    let generator = measure(&history).generator;
    // A pacer that spins uses its core by design.
    assert_eq!((generator.client_cpu_cores, generator.saturated, generator.note), (Some(0.99), None, None));
    assert_eq!((generator.send_lag_p50_us, generator.send_lag_p99_us), (Some(10.0), Some(10.0)));
}

#[test]
fn a_generator_that_is_late_and_behind_is_saturated() {
    let generator = measure(&falling_behind(900)).generator;
    let why = generator.saturated.unwrap();
    assert!(
        why.starts_with("the generator sent late although its connections were free (834 of 1001 joins/s"),
        "{why}"
    );
}

#[test]
fn a_generator_without_cpu_to_spare_that_is_behind_is_saturated() {
    let mut history = falling_behind(900);
    history.header.server = cpu(950);
    let why = measure(&history).generator.saturated.unwrap();
    assert!(why.starts_with("the generator used 95 % of its core (834 of 1001 joins/s"), "{why}");
}

#[test]
fn lag_behind_a_busy_connection_is_the_queues_and_not_the_generators() {
    let mut history = open(900, 0);
    // One client; each join takes 1.2 ms, so all later ones leave late.
    let mut free_ns = 0;
    for record in history.records.edit().iter_mut() {
        record.client = ClientId(0);
        record.sent_ns = free_ns.max(record.intended_ns.unwrap());
        free_ns = record.sent_ns + 1_200_000;
        record.returned_ns = Some(free_ns);
    }
    let generator = measure(&history).generator;
    assert_eq!(generator.saturated, None);
    assert!(generator.note.unwrap().contains("the queue, the number of connections or a busy machine was the limit"));
}

#[test]
fn a_closed_loop_is_never_saturated_but_may_be_bound_by_its_cpu() {
    let mut history = open(100, 500);
    history.header.offered_joins_per_s = None;
    history.header.server = cpu(990);
    let generator = measure(&history).generator;
    assert_eq!(generator.saturated, None);
    assert!(generator.note.unwrap().starts_with("closed loop bound by its own CPU (99 % of a core)"));
}

#[test]
fn operations_that_were_never_answered_are_counted_once() {
    let mut history = open(6, 0);
    let unknown = || Outcome::Unknown(UnknownCause::TimedOut);
    for (record, (op, attempt, phase, outcome)) in history.records.edit().iter_mut().zip([
        (1, 0, Phase::WarmUp, unknown()),
        (1, 1, Phase::WarmUp, unknown()),
        (2, 0, Phase::Load, unknown()),
        (2, 1, Phase::Load, Outcome::Joined),
        (3, 0, Phase::Load, Outcome::Refused(Refusal::Loading)),
        (4, 0, Phase::Load, Outcome::Refused(Refusal::NotOffered)),
    ]) {
        (record.op, record.attempt, record.phase, record.outcome) = (OpId(op), attempt, phase, outcome);
    }
    let generator = measure(&history).generator;
    assert_eq!((generator.unknown, generator.refused), (1, 1));
}

#[test]
fn missing_figures_of_the_generator_say_why() {
    let mut history = open(1, 0);
    history.records.edit()[0].intended_ns = None;
    let generator = measure(&history).generator;
    assert_eq!((generator.client_cpu_cores, generator.send_lag_p50_us, generator.send_lag_p99_us), (None, None, None));
    let missing = ["client_cpu_cores", "driver", "own_lag_share", "send_lag", "working_cpu_cores"];
    assert_eq!(generator.reasons.keys().collect::<Vec<_>>(), missing);
}
