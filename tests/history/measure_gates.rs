//! Each gate for an open loop shuts on a history that shows its fault, and stays open on one that does not.

use crate::history_arbitrary::own_history;
use stanchion::checks::judge;
use stanchion::history::{History, LoadFacts, MachineFacts, ServerCost, ServerSample, ServerSeries};
use stanchion::measure::{GeneratorHealth, measure};
use stanchion::model::{ClientId, Entry, Limit, LoadKind, OpKind, Operation, Pacer, Percentile, Promise, Terms, Token};
use stanchion::verdict::{Verdict, judge_cell};

const MS: u64 = 1_000_000;

fn facts() -> LoadFacts {
    LoadFacts {
        kind: LoadKind::Open,
        pacer: Pacer::Hybrid,
        virtual_time: false,
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
    assert!(busy.saturated.is_none() && busy.undelivered.unwrap().contains("while the connections waited for replies"));

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
    assert!(generator.saturated.is_none() && generator.undelivered.is_some(), "{generator:?}");
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
fn a_rate_that_the_generator_could_not_send_tells_nothing_of_the_queue() {
    // 10,000 of 50,000 a second were answered for 0.4 of a core: all of it carries 25,000.
    let beyond = |threads: u32| {
        let mut history = open(20, 200, 900, 400);
        history.header.load.as_mut().unwrap().threads = threads;
        measure(&history).generator
    };
    let why = beyond(1).saturated.unwrap();
    assert!(why.starts_with("the generator could not have kept this rate whatever the queue did"), "{why}");
    assert!(why.contains("its thread carried 25000 joins/s") && why.contains("raise --threads"), "{why}");
    let enough = beyond(2);
    assert!(enough.saturated.is_none() && enough.undelivered.is_some(), "{enough:?}");
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
    let why = waited.disturbed.unwrap();
    assert!(why.starts_with("the generator was ready to run and had no core for 30 % of the load"), "{why}");
    let threads = with(|load| (load.run_queue_ns, load.threads) = (Some(300 * MS), 2));
    assert_eq!((threads.disturbed, threads.machine.run_queue_share), (None, Some(0.15)));
    let unknown = with(|load| load.run_queue_ns = None);
    assert!(unknown.disturbed.is_none() && unknown.machine.reasons.contains_key("run_queue_share"));
}

#[test]
fn a_generator_without_a_core_that_fell_behind_is_saturated_and_one_that_did_not_only_disturbed() {
    let mut history = open(20, 100, 900, 400);
    history.header.load.as_mut().unwrap().run_queue_ns = Some(300 * MS);
    let behind = measure(&history).generator;
    assert!(behind.saturated.unwrap().contains("had no core for 30 % of the load") && behind.undelivered.is_none());
    let kept = with(|load| load.run_queue_ns = Some(300 * MS));
    assert_eq!((kept.saturated, kept.disturbed.is_some()), (None, true));
}

#[test]
fn a_disturbed_load_that_kept_its_limits_passes_and_one_that_broke_them_is_undecided() {
    let mut history = open(20, 100, 300, 400);
    // Kept its rate: the reply of each comes long before the next is due.
    for record in history.records.edit().iter_mut() {
        let intended_ns = record.op.0 * 10 * MS;
        (record.intended_ns, record.sent_ns) = (Some(intended_ns), intended_ns + 1_000);
        record.returned_ns = Some(intended_ns + 5 * MS);
    }
    history.header.load_ns = Some((0, 210 * MS));
    history.header.offered_joins_per_s = Some(100.0);
    history.header.load.as_mut().unwrap().run_queue_ns = Some(100 * MS);
    for (max_ns, verdict) in [(6 * MS, Verdict::Pass), (4 * MS, Verdict::Inconclusive)] {
        let limits = vec![Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns }];
        history.header.terms = Terms { promises: Vec::new(), limits, ..Terms::default() };
        let measured = measure(&history);
        assert!(measured.generator.disturbed.is_some() && measured.generator.saturated.is_none(), "{measured:?}");
        assert_eq!(judge_cell(&judge(&history), &measured, &history.header.terms, &[]).verdict, verdict, "{max_ns}");
    }
}

#[test]
fn a_machine_that_is_taken_away_measures_the_hypervisor() {
    let stolen = machine(|machine| machine.steal_ns = 400 * MS).disturbed.unwrap();
    assert!(stolen.starts_with("the hypervisor gave 20 % of the time of all cores to other machines"), "{stolen}");
    let little = machine(|machine| machine.steal_ns = 390 * MS);
    assert_eq!((little.disturbed, little.machine.steal_share), (None, Some(0.195)));
}

#[test]
fn other_programs_disturb_where_they_leave_no_core_over() {
    let crowded = machine(|machine| machine.busy_ns = 1_600 * MS).disturbed.unwrap();
    assert!(crowded.starts_with("other programs used 1.0 cores of this machine and left none over"), "{crowded}");
    let room = machine(|machine| (machine.busy_ns, machine.cores) = (1_600 * MS, 4));
    assert_eq!((room.disturbed, room.machine.other_cores, room.machine.idle_cores), (None, Some(1.0), Some(2.4)));
    let ours = machine(|machine| (machine.busy_ns, machine.generator_ns) = (1_600 * MS, 1_400 * MS));
    assert_eq!((ours.disturbed, ours.machine.other_cores), (None, Some(0.0)), "what is ours is no other's");
    let short = machine(|machine| (machine.busy_ns, machine.elapsed_ns) = (1_600 * MS, 499 * MS));
    assert!(short.disturbed.is_none() && short.machine.reasons.contains_key("other_cores"));
}

#[test]
fn no_gate_is_for_a_closed_loop() {
    let mut history = open(20, 100, 300, 990);
    history.header.offered_joins_per_s = None;
    let load = history.header.load.as_mut().unwrap();
    (load.kind, load.run_queue_ns) = (LoadKind::Closed, Some(900 * MS));
    let machine = load.machine.as_mut().unwrap();
    (machine.steal_ns, machine.busy_ns) = (900 * MS, 1_900 * MS);
    let generator = measure(&history).generator;
    assert_eq!((generator.saturated, generator.disturbed, generator.undelivered), (None, None, None));
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
    history.header.terms = Terms { promises: vec![Promise::NoDuplicates], ..Terms::default() };
    // The third joins under the dedupe key of the first, who has not left.
    let first = history.records.at(0).call.entry().unwrap();
    history.records.edit()[2].call = Operation::Join(Entry { token: Token(999_999), ..first });
    assert_eq!(verdict(&history).verdict, Verdict::Fail);
}
