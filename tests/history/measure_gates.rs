//! Each gate for an open loop shuts on a history that shows its fault, and stays open on one that does not.

use crate::history_arbitrary::own_history;
use stanchion::checks::judge;
use stanchion::history::{History, LoadFacts, MachineFacts, ServerCost, ServerSample, ServerSeries};
use stanchion::measure::{GeneratorHealth, measure};
use stanchion::model::{
    BatchId, ClientId, Limit, LoadKind, OpKind, Operation, Outcome, Pacer, Percentile, Promise, Terms, Token,
};
use stanchion::verdict::{Verdict, judge_cell};

const MS: u64 = 1_000_000;

fn facts() -> LoadFacts {
    LoadFacts {
        kind: LoadKind::Open,
        pacer: Pacer::Hybrid,
        threads: 1,
        connections: 2,
        spun_ns: 0,
        run_queue_ns: Some(0),
        machine: Some(MachineFacts {
            cores: 2,
            elapsed_ns: 1_000 * MS,
            steal_ns: 0,
            busy_ns: 600 * MS,
            generator_ns: 400 * MS,
            server_ns: Some(200 * MS),
        }),
        changes_until_ns: 0,
    }
}

/// A second of joins on two connections, each of which takes `service_us` and is sent when its connection is free; one is
/// due every `every_us`. The server used `server_ms` of CPU time, the generator `client_ms`.
fn open(every_us: u64, service_us: u64, server_ms: u64, client_ms: u64) -> History {
    let mut history = own_history(1_000_000 / every_us);
    history.header.load_ns = Some((0, 1_000 * MS));
    history.header.offered_joins_per_s = Some(1e6 / every_us as f64);
    history.header.load = Some(facts());
    let sample = |at_ns, cpu_ns| ServerSample { at_ns, cpu_ns, ..ServerSample::default() };
    let samples = vec![sample(0, 0), sample(1_000 * MS, server_ms * MS)];
    history.header.server_series = Some(ServerSeries { samples, ..ServerSeries::default() });
    history.header.server = Some(ServerCost { client_cpu_ns: client_ms * MS, ..ServerCost::default() });
    let mut free_ns = [0; 2];
    for (n, record) in (0..).zip(history.records.edit().iter_mut()) {
        let free_ns = &mut free_ns[n as usize % 2];
        record.client = ClientId(n as u32 % 2);
        record.intended_ns = Some(n * every_us * 1_000);
        record.sent_ns = (*free_ns).max(n * every_us * 1_000);
        *free_ns = record.sent_ns + service_us * 1_000;
        record.returned_ns = Some(*free_ns);
    }
    history
}

fn with(change: impl FnOnce(&mut LoadFacts)) -> GeneratorHealth {
    let mut history = open(1_000, 100, 200, 400);
    change(history.header.load.as_mut().unwrap());
    measure(&history).generator
}

fn machine(change: impl FnOnce(&mut MachineFacts)) -> GeneratorHealth {
    with(|load| change(load.machine.as_mut().unwrap()))
}

#[test]
fn a_load_about_which_nothing_is_remarkable_is_trusted() {
    let generator = with(|_| {});
    assert_eq!((generator.saturated, generator.note), (None, None));
    let driver = generator.driver.unwrap();
    assert_eq!((driver.kind, driver.pacer, driver.threads, driver.connections), (LoadKind::Open, Pacer::Hybrid, 1, 2));
    assert_eq!((generator.working_cpu_cores, generator.own_lag_share), (Some(0.4), Some(0.0)));
    let machine = generator.machine;
    assert_eq!((machine.cores, machine.server_cores), (Some(2), Some(0.2)));
    assert_eq!((machine.steal_share, machine.other_cores, machine.run_queue_share), (Some(0.0), Some(0.0), Some(0.0)));
    assert!(machine.reasons.is_empty(), "{machine:?}");
}

#[test]
fn too_few_connections_for_the_rate_are_no_slow_queue_unless_the_server_was_busy() {
    // Two connections that take 100 µs an operation carry 20,000 joins a second, and 50,000 are offered.
    let few = measure(&open(20, 100, 300, 400)).generator.saturated.unwrap();
    assert!(few.starts_with("the connections of the load were too few (20000 of 50001 joins/s achieved"), "{few}");
    assert!(
        few.contains("they carry 20000 at most") && few.ends_with("raise `connections` or lower the rate"),
        "{few}"
    );

    let busy = measure(&open(20, 100, 900, 400)).generator;
    assert!(busy.saturated.is_none() && busy.note.unwrap().contains("while the connections waited for replies"));

    let mut unknown = open(20, 100, 300, 400);
    unknown.header.server_series = None;
    assert_eq!(measure(&unknown).generator.saturated, None, "a server of which nothing is known may have been busy");
}

#[test]
fn a_stall_of_the_server_is_no_lack_of_connections() {
    let mut history = open(1_000, 100, 200, 400);
    // The last tenth of the joins waits for half a second.
    for record in history.records.edit().iter_mut().skip(900) {
        record.sent_ns = record.intended_ns.unwrap();
        record.returned_ns = Some(1_500 * MS);
        record.client = ClientId(record.op.0 as u32);
    }
    history.header.load_ns = Some((0, 1_500 * MS));
    let generator = measure(&history).generator;
    assert!(generator.saturated.is_none() && generator.note.is_some(), "{generator:?}");
}

#[test]
fn what_a_pacer_spins_is_no_work() {
    // Behind, and the core was used up, but most of it by spinning.
    let behind = |spun_ms: u64| {
        let mut history = open(20, 100, 900, 990);
        history.header.load.as_mut().unwrap().spun_ns = spun_ms * MS;
        measure(&history).generator
    };
    let worked = behind(0);
    assert!(worked.saturated.unwrap().starts_with("the generator used 99 % of its core (20000 of 50001 joins/s"));
    let spun = behind(600);
    assert_eq!(
        (spun.saturated.as_deref(), spun.working_cpu_cores.map(|cores| (cores * 100.0).round())),
        (None, Some(39.0))
    );
}

#[test]
fn a_generator_of_several_threads_has_as_many_cores() {
    let mut history = open(20, 100, 900, 990);
    history.header.load.as_mut().unwrap().threads = 2;
    assert_eq!(measure(&history).generator.saturated, None);
    history.header.server.as_mut().unwrap().client_cpu_ns = 1_900 * MS;
    let why = measure(&history).generator.saturated.unwrap();
    assert!(why.starts_with("the generator used 95 % of its 2 cores"), "{why}");
}

#[test]
fn a_generator_that_waits_for_a_core_measures_the_scheduler() {
    let waited = with(|load| load.run_queue_ns = Some(300 * MS));
    let why = waited.saturated.unwrap();
    assert!(why.starts_with("the generator was ready to run and had no core for 30 % of the load"), "{why}");
    let threads = with(|load| (load.run_queue_ns, load.threads) = (Some(300 * MS), 2));
    assert_eq!((threads.saturated, threads.machine.run_queue_share), (None, Some(0.15)));
    let unknown = with(|load| load.run_queue_ns = None);
    assert!(unknown.saturated.is_none() && unknown.machine.reasons.contains_key("run_queue_share"));
}

#[test]
fn a_machine_that_is_taken_away_measures_the_hypervisor() {
    let stolen = machine(|machine| machine.steal_ns = 400 * MS).saturated.unwrap();
    assert!(stolen.starts_with("the hypervisor gave 20 % of the time of all cores to other machines"), "{stolen}");
    let little = machine(|machine| machine.steal_ns = 390 * MS);
    assert_eq!((little.saturated, little.machine.steal_share), (None, Some(0.195)));
}

#[test]
fn other_programs_disturb_where_they_leave_no_core_over() {
    let crowded = machine(|machine| machine.busy_ns = 1_600 * MS).saturated.unwrap();
    assert!(crowded.starts_with("other programs used 1.0 cores of this machine and left none over"), "{crowded}");
    let room = machine(|machine| (machine.busy_ns, machine.cores) = (1_600 * MS, 4));
    assert_eq!((room.saturated, room.machine.other_cores, room.machine.idle_cores), (None, Some(1.0), Some(2.4)));
    let ours = machine(|machine| (machine.busy_ns, machine.generator_ns) = (1_600 * MS, 1_400 * MS));
    assert_eq!((ours.saturated, ours.machine.other_cores), (None, Some(0.0)), "what is ours is no other's");
    let short = machine(|machine| (machine.busy_ns, machine.elapsed_ns) = (1_600 * MS, 499 * MS));
    assert!(short.saturated.is_none() && short.machine.reasons.contains_key("other_cores"));
}

#[test]
fn no_gate_is_for_a_closed_loop() {
    let mut history = open(20, 100, 300, 990);
    history.header.offered_joins_per_s = None;
    let load = history.header.load.as_mut().unwrap();
    (load.kind, load.run_queue_ns) = (LoadKind::Closed, Some(900 * MS));
    let machine = load.machine.as_mut().unwrap();
    (machine.steal_ns, machine.busy_ns) = (900 * MS, 1_900 * MS);
    assert_eq!(measure(&history).generator.saturated, None);
}

#[test]
fn a_rate_far_too_high_neither_breaks_nor_keeps_a_limit_but_a_broken_promise_still_fails() {
    let mut history = open(20, 100, 300, 400);
    let verdict = |history: &History| {
        let terms = &history.header.terms;
        judge_cell(&judge(history), &measure(history), terms, &[])
    };
    for max_ns in [1, u64::MAX] {
        let limits = vec![Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns }];
        history.header.terms = Terms { promises: Vec::new(), limits, ..Terms::default() };
        assert_eq!(verdict(&history).verdict, Verdict::Inconclusive, "{max_ns} ns");
    }
    history.header.terms = Terms { promises: vec![Promise::NoPhantoms], ..Terms::default() };
    assert_eq!(verdict(&history).verdict, Verdict::Inconclusive);
    let mut records = history.records.edit();
    let last = records.last_mut().unwrap();
    last.call = Operation::Admit { count: 1, batch: BatchId(1) };
    last.outcome = Outcome::Admitted(vec![Token(1_000_000_007)]);
    drop(records);
    assert_eq!(verdict(&history).verdict, Verdict::Fail);
}
