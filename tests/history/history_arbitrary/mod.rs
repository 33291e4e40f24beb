//! Arbitrary histories: every type's whole range for the files that must keep everything, and sound
//! histories (as a recorder makes them) for the formats that judge what they read.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use stanchion::history::{
    CommandLatency, CommandStat, Header, History, LoadFacts, MachineFacts, Names, Record, RunEnd, SCHEMA, ServerCost,
    ServerSample, ServerSeries, Slowlog, SlowlogEntry,
};
use stanchion::model::{
    Actor, BatchId, ClientId, Dedupe, DedupeKey, DuplicateMeans, Entry, Expectation, Limit, LoadKind, OpId, OpKind,
    Operation, Outcome, Pacer, Percentile, Phase, PositionTolerance, Promise, QueueStats, Refusal, Schedule, StoryStep,
    Terms, Token, UnknownCause, UserId,
};

/// Any history whatever, sensible or not.
pub fn history(records: Range<usize>) -> impl Strategy<Value = History> {
    (header(), vec(record(), records), names()).prop_map(|(header, records, names)| History {
        header,
        records: records.into(),
        names,
    })
}

/// A short, sensible history of joins, all answered.
pub fn own_history(joins: u64) -> History {
    let header = Header {
        schema: SCHEMA,
        tool: "stanchion 0.1.0".to_owned(),
        scenario: "sample".to_owned(),
        queue: "zset-seq".to_owned(),
        seed: 7,
        plan_hash: String::new(),
        terms: Terms::default(),
        end: RunEnd::Complete,
        notes: Vec::new(),
        drained: true,
        load_ns: Some((0, 1_000_000)),
        offered_joins_per_s: None,
        server: None,
        load: None,
        server_series: None,
        schedule: None,
    };
    let records = (0..joins)
        .map(|n| Record {
            op: OpId(n),
            attempt: 0,
            client: ClientId(1),
            phase: Phase::Load,
            intended_ns: Some(n * 1_000),
            sent_ns: n * 1_000 + 10,
            returned_ns: Some(n * 1_000 + 500),
            call: Operation::Join(Entry { user: UserId(n), token: Token(n), dedupe: DedupeKey(n) }),
            outcome: Outcome::Joined,
            reply_dropped: false,
            commands: 1,
            round_trips: 1,
            bytes_sent: 120,
            bytes_received: 4,
        })
        .collect();
    History { header, records, names: Names::default() }
}

pub fn header() -> impl Strategy<Value = Header> {
    let texts = ("[ -~]{0,12}", "\\PC{0,12}", "[a-z-]{0,12}", "[0-9a-f]{0,8}", vec("\\PC{0,12}", 0..3));
    let end = prop_oneof![Just(RunEnd::Complete), Just(RunEnd::Interrupted), Just(RunEnd::ServerLost)];
    let rest = (any::<u64>(), terms(), end, any::<bool>(), any::<Option<(u64, u64)>>(), option::of(finite()));
    let load = (option::of(load_facts()), option::of(server_series()), option::of(schedule()));
    (texts, rest, option::of(server()), load).prop_map(
        |(
            (tool, scenario, queue, plan_hash, notes),
            (seed, terms, end, drained, load_ns, offered_joins_per_s),
            server,
            (load, server_series, schedule),
        )| {
            let schema = SCHEMA;
            Header {
                schema,
                tool,
                scenario,
                queue,
                seed,
                plan_hash,
                terms,
                end,
                notes,
                drained,
                load_ns,
                offered_joins_per_s,
                server,
                load,
                server_series,
                schedule,
            }
        },
    )
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let who =
        prop_oneof![any::<u8>().prop_map(Actor::Client), Just(Actor::Late), Just(Actor::Time), Just(Actor::Drain)];
    let text = || option::of("\\PC{0,12}");
    let step = (who, text(), text(), "\\PC{0,12}", text(), any::<bool>()).prop_map(
        |(who, operation, command, reply, answer, breaks)| StoryStep { who, operation, command, reply, answer, breaks },
    );
    ("\\PC{0,12}", any::<u8>(), vec(step, 0..4), any::<[u32; 2]>())
        .prop_map(|(program, clients, steps, [left_out, added])| Schedule { program, clients, steps, left_out, added })
}

fn finite() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("JSON has finite numbers only", |number| number.is_finite())
}

pub fn terms() -> impl Strategy<Value = Terms> {
    let promises = prop::sample::subsequence(Promise::ALL.to_vec(), 1..=Promise::ALL.len());
    let dedupe = prop_oneof![Just(Dedupe::User), Just(Dedupe::Request)];
    let means = prop_oneof![Just(DuplicateMeans::WaitingNow), Just(DuplicateMeans::AcceptedBefore)];
    let ttl = (any::<Option<u64>>(), any::<u64>(), any::<u64>(), any::<bool>());
    let rules = (vec(limit(), 0..3), expectations());
    (promises, dedupe, means, ttl, any::<u64>(), finite(), any::<Option<u64>>(), rules).prop_map(
        |(promises, dedupe, duplicate_means, ttl, absolute, relative, capacity, (limits, expect))| Terms {
            promises,
            dedupe,
            duplicate_means,
            ttl_ns: ttl.0,
            ttl_tolerance_ns: ttl.1,
            ttl_lag_ns: ttl.2,
            ttl_from_join_only: ttl.3,
            position_tolerance: PositionTolerance { absolute, relative: relative.abs() },
            capacity,
            limits,
            expect,
        },
    )
}

fn limit() -> impl Strategy<Value = Limit> {
    (prop::sample::select(&OpKind::ALL), prop::sample::select(&Percentile::ALL), any::<u64>())
        .prop_map(|(op, percentile, max_ns)| Limit { op, percentile, max_ns })
}

fn expectations() -> impl Strategy<Value = BTreeMap<Promise, Expectation>> {
    let expectation = prop_oneof![Just(Expectation::Violated), Just(Expectation::Either)];
    prop::collection::btree_map(prop::sample::select(&Promise::ALL), expectation, 0..3)
}

fn load_facts() -> impl Strategy<Value = LoadFacts> {
    let kind = prop_oneof![Just(LoadKind::Open), Just(LoadKind::Closed), Just(LoadKind::Flood)];
    let pacer = prop_oneof![Just(Pacer::Sleep), Just(Pacer::Hybrid), Just(Pacer::Spin)];
    let machine = (any::<u32>(), any::<[u64; 4]>(), any::<Option<u64>>()).prop_map(
        |(cores, [elapsed_ns, steal_ns, busy_ns, generator_ns], server_ns)| MachineFacts {
            cores,
            elapsed_ns,
            steal_ns,
            busy_ns,
            generator_ns,
            server_ns,
        },
    );
    (kind, pacer, any::<[u32; 2]>(), any::<[u64; 2]>(), any::<Option<u64>>(), option::of(machine), any::<bool>())
        .prop_map(
            |(
                kind,
                pacer,
                [threads, connections],
                [spun_ns, changes_until_ns],
                run_queue_ns,
                machine,
                virtual_time,
            )| LoadFacts {
                kind,
                pacer,
                threads,
                connections,
                spun_ns,
                run_queue_ns,
                machine,
                changes_until_ns,
                virtual_time,
            },
        )
}

fn server_series() -> impl Strategy<Value = ServerSeries> {
    let sample = (any::<[u64; 5]>(), any::<Option<u64>>()).prop_map(
        |([at_ns, used_memory_bytes, cpu_ns, commands_processed, connected_clients], keys)| ServerSample {
            at_ns,
            used_memory_bytes,
            cpu_ns,
            commands_processed,
            connected_clients,
            keys,
        },
    );
    let latency = any::<[u64; 4]>().prop_map(|[calls, p50_us, p99_us, p999_us]| CommandLatency {
        calls,
        p50_us,
        p99_us,
        p999_us,
    });
    let entry = (any::<[u64; 3]>(), "\\PC{0,12}").prop_map(|([id, at_unix_s, took_us], command)| SlowlogEntry {
        id,
        at_unix_s,
        took_us,
        command,
    });
    let slowlog = (any::<Option<i64>>(), any::<u64>(), vec(entry, 0..3))
        .prop_map(|(over_us, added, entries)| Slowlog { over_us, added, entries });
    let latency = option::of(prop::collection::btree_map("[a-z|]{1,8}", latency, 0..3));
    let reasons = prop::collection::btree_map("[a-z_]{1,8}", "\\PC{0,12}", 0..3);
    let counts = (any::<[u64; 2]>(), any::<Option<u64>>());
    (counts, vec(sample, 0..4), latency, option::of(slowlog), reasons).prop_map(
        |(([every_ns, asked], cost_usec), samples, latency, slowlog, reasons)| ServerSeries {
            every_ns,
            samples,
            latency,
            slowlog,
            asked,
            cost_usec,
            reasons,
        },
    )
}

fn server() -> impl Strategy<Value = ServerCost> {
    let stat = any::<(u64, u64)>().prop_map(|(calls, usec)| CommandStat { calls, usec });
    let commands = prop::collection::btree_map("[a-z|]{1,8}", stat, 0..3);
    let maybe = any::<[Option<u64>; 2]>();
    (commands, any::<[u64; 3]>(), maybe).prop_map(
        |(commands, [before, calls, client_cpu_ns], [after, waiting_after])| ServerCost {
            keys: None,
            commands,
            direct_calls: BTreeMap::from([("get".to_owned(), calls)]),
            used_memory_before_bytes: before,
            used_memory_after_bytes: after,
            waiting_after,
            client_cpu_ns,
        },
    )
}

fn names() -> impl Strategy<Value = Names> {
    let texts = || vec("\\PC{0,6}", 0..4);
    (texts(), texts(), texts(), texts()).prop_map(|(users, tokens, dedupe_keys, batches)| Names {
        users,
        tokens,
        dedupe_keys,
        batches,
    })
}

pub fn phase() -> impl Strategy<Value = Phase> {
    prop_oneof![Just(Phase::WarmUp), Just(Phase::Load), Just(Phase::Drain)]
}

fn record() -> impl Strategy<Value = Record> {
    let who = (any::<u64>(), any::<u16>(), any::<u32>(), phase());
    let when = (any::<Option<u64>>(), any::<u64>(), any::<Option<u64>>());
    (who, when, operation(), outcome(), any::<bool>(), any::<[u32; 4]>()).prop_map(
        |((op, attempt, client, phase), (intended_ns, sent_ns, returned_ns), call, outcome, reply_dropped, counts)| {
            let [commands, round_trips, bytes_sent, bytes_received] = counts;
            let (op, client) = (OpId(op), ClientId(client));
            Record {
                op,
                attempt,
                client,
                phase,
                intended_ns,
                sent_ns,
                returned_ns,
                call,
                outcome,
                reply_dropped,
                commands,
                round_trips,
                bytes_sent,
                bytes_received,
            }
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    any::<(u64, u64, u64)>().prop_map(|(user, token, dedupe)| Entry {
        user: UserId(user),
        token: Token(token),
        dedupe: DedupeKey(dedupe),
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        entry().prop_map(Operation::Join),
        entry().prop_map(Operation::Position),
        entry().prop_map(Operation::Leave),
        entry().prop_map(Operation::Renew),
        any::<(u32, u64)>().prop_map(|(count, batch)| Operation::Admit { count, batch: BatchId(batch) }),
        any::<u64>().prop_map(|user| Operation::Entries(UserId(user))),
        any::<u64>().prop_map(|max_age_ns| Operation::Sweep { max_age_ns }),
        Just(Operation::Stats),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let tokens = || vec(any::<u64>().prop_map(Token), 0..5);
    prop_oneof![
        Just(Outcome::Joined),
        any::<u64>().prop_map(|token| Outcome::Duplicate(Token(token))),
        any::<u64>().prop_map(Outcome::Position),
        Just(Outcome::NotWaiting),
        tokens().prop_map(Outcome::Admitted),
        Just(Outcome::Left),
        Just(Outcome::Renewed),
        tokens().prop_map(Outcome::Entries),
        any::<u64>().prop_map(Outcome::Swept),
        any::<(u64, u64)>().prop_map(|(users, entries)| Outcome::Stats(QueueStats { users, entries })),
        prop::sample::select(Refusal::ALL).prop_map(Outcome::Refused),
        prop::sample::select(UnknownCause::ALL).prop_map(Outcome::Unknown),
    ]
}

/// A history as a recorder makes it: outcomes that fit the operation, replies after requests, sorted by
/// the time of sending, few ids so that they meet again.
pub fn sound_history(records: Range<usize>) -> impl Strategy<Value = History> {
    (header(), vec(sound_record(), records), names()).prop_map(|(header, mut records, names)| {
        records.sort_by_key(|record| record.sent_ns);
        let mut joined = std::collections::HashMap::new();
        for (index, record) in records.iter_mut().enumerate() {
            // Pairs of attempts.
            record.op = OpId(index as u64 / 2 * 7);
            record.attempt = (index % 2) as u16;
            // A token is joined by one user.
            if let Operation::Join(entry) = &mut record.call {
                entry.user = *joined.entry(entry.token).or_insert(entry.user);
            }
        }
        History { header, records: records.into(), names }
    })
}

fn sound_record() -> impl Strategy<Value = Record> {
    let entry = || {
        (0..5_u64, prop_oneof![0..8_u64, Token::ALIEN..Token::ALIEN + 2], 0..5_u64).prop_map(|(user, token, dedupe)| {
            Entry { user: UserId(user), token: Token(token), dedupe: DedupeKey(dedupe) }
        })
    };
    let token = || prop_oneof![0..8_u64, Token::ALIEN..Token::ALIEN + 2].prop_map(Token);
    let tokens = move || vec(token(), 0..4);
    let call_and_answer = prop_oneof![
        entry().prop_map(|entry| (Operation::Join(entry), Outcome::Joined)),
        (entry(), token()).prop_map(|(entry, token)| (Operation::Join(entry), Outcome::Duplicate(token))),
        (entry(), any::<u64>()).prop_map(|(entry, k)| (Operation::Position(entry), Outcome::Position(k))),
        entry().prop_map(|entry| (Operation::Position(entry), Outcome::NotWaiting)),
        (any::<u32>(), 0..4_u64, tokens()).prop_map(|(count, batch, tokens)| {
            (Operation::Admit { count, batch: BatchId(batch) }, Outcome::Admitted(tokens))
        }),
        entry().prop_map(|entry| (Operation::Leave(entry), Outcome::Left)),
        entry().prop_map(|entry| (Operation::Renew(entry), Outcome::Renewed)),
        (0..5_u64, tokens()).prop_map(|(user, tokens)| (Operation::Entries(UserId(user)), Outcome::Entries(tokens))),
        any::<(u64, u64)>().prop_map(|(max_age_ns, n)| (Operation::Sweep { max_age_ns }, Outcome::Swept(n))),
        any::<(u64, u64)>()
            .prop_map(|(users, entries)| (Operation::Stats, Outcome::Stats(QueueStats { users, entries }))),
        (operation(), prop::sample::select(Refusal::ALL)).prop_map(|(call, why)| (call, Outcome::Refused(why))),
        (operation(), prop::sample::select(UnknownCause::ALL)).prop_map(|(call, why)| (call, Outcome::Unknown(why))),
    ];
    let when = (option::of(0..1_000_u64), 0..1_000_000_u64, option::of(0..1_000_u64));
    (call_and_answer, when, any::<u32>(), phase(), any::<bool>(), any::<[u32; 4]>()).prop_map(
        |((call, outcome), (lag_ns, sent_ns, service_ns), client, phase, dropped, counts)| {
            let answered = !matches!(outcome, Outcome::Refused(_) | Outcome::Unknown(_));
            let [commands, round_trips, bytes_sent, bytes_received] = counts;
            Record {
                op: OpId(0),
                attempt: 0,
                client: ClientId(client),
                phase,
                intended_ns: lag_ns.map(|lag| sent_ns.saturating_sub(lag)),
                sent_ns,
                returned_ns: service_ns.map(|service| sent_ns + service),
                call,
                reply_dropped: dropped || (answered && service_ns.is_none()),
                outcome,
                commands,
                round_trips,
                bytes_sent,
                bytes_received,
            }
        },
    )
}
