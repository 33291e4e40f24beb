//! From a scenario to a plan.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::arrivals::{arrivals, arrivals_per_s};
use super::followups::{Crowd, nanos};
use super::replay::{self, replayed};
use super::steps::{ClientPlan, Crash, Hold, Periodic, Plan, PlannedFault, Program, Share, Step, Until, When, op_id};
use crate::model::{BatchId, ClientId, Operation};
use crate::scenario::{ClosedLoad, Fault, FloodLoad, Load, Scenario};

/// Plans a scenario.
#[must_use]
pub fn plan(scenario: &Scenario, seed: u64) -> Plan {
    // Two streams of one seed: a change of the follow-ups leaves the arrivals alone.
    let mut arrivals_rng = ChaCha8Rng::seed_from_u64(seed);
    arrivals_rng.set_stream(1);
    let mut crowd_rng = ChaCha8Rng::seed_from_u64(seed);
    crowd_rng.set_stream(2);
    let mut crowd = Crowd::new(scenario, crowd_rng);

    let (mut programs, offered) = match &scenario.load {
        Load::Open(load) => {
            let times_ns = arrivals(load, &mut arrivals_rng);
            let offered = arrivals_per_s(load) * f64::from(load.tokens_per_user);
            (dealt_out(times_ns, load.connections, load.tokens_per_user, &mut crowd), Some(offered))
        }
        Load::Replay(load) => {
            let times_ns = replayed(load, &mut arrivals_rng);
            let offered = replay::arrivals_per_s(load).map(|per_s| per_s * f64::from(load.tokens_per_user));
            (dealt_out(times_ns, load.connections, load.tokens_per_user, &mut crowd), offered)
        }
        Load::Closed(load) => (closed(load, &mut crowd), None),
        Load::Flood(load) => (flood(load, &mut crowd), None),
        Load::Schedule(_) => (Vec::new(), None),
    };
    add_warm_up(&mut programs, scenario.warm_up_joins, &mut crowd);
    let mut clients: Vec<ClientPlan> = Vec::new();
    for (warm_up, load) in programs {
        let client = next_client(&clients);
        let mut number = 0;
        let mut numbered = |steps: Vec<(When, Operation)>| -> Vec<Step> {
            steps
                .into_iter()
                .map(|(when, call)| {
                    number += 1;
                    Step { op: op_id(client, number), when, call }
                })
                .collect()
        };
        let program = Program::Steps { warm_up: numbered(warm_up), load: numbered(load) };
        clients.push(ClientPlan { client, program });
    }
    for periodic in periodics(scenario) {
        clients.push(ClientPlan { client: next_client(&clients), program: Program::Periodic(periodic) });
    }

    let mut plan = Plan {
        seed,
        clients,
        faults: Vec::new(),
        drop_reply: None,
        hold: None,
        crash: None,
        offered_joins_per_s: offered,
        settle_ns: nanos(scenario.settle),
        skew_ns: nanos(scenario.clock.skew),
        schedule: match &scenario.load {
            Load::Schedule(schedule) => Some(schedule.text.to_string()),
            _ => None,
        },
        hash: String::new(),
    };
    for fault in &scenario.faults {
        match fault {
            Fault::ScriptFlush { at } => plan.faults.push(PlannedFault::ScriptFlush { at_ns: nanos(*at) }),
            Fault::DropReply { share, ops } => plan.drop_reply = Some(Share { share: *share, ops: ops.clone() }),
            Fault::Hold { share, ops, after, length } => {
                let of = Share { share: *share, ops: ops.clone() };
                plan.hold = Some(Hold { of, after: *after, for_ns: nanos(*length) });
            }
            Fault::Crash { share, ops, after, again } => {
                let of = Share { share: *share, ops: ops.clone() };
                plan.crash = Some(Crash { of, after: *after, again: *again });
            }
        }
    }
    plan.hash = hash_of(&plan);
    plan
}

/// A client's steps before the load and in it.
type Steps = (Vec<(When, Operation)>, Vec<(When, Operation)>);

fn next_client(clients: &[ClientPlan]) -> ClientId {
    ClientId(u32::try_from(clients.len()).expect("a scenario's clients are counted in u32"))
}

/// Arrivals are dealt out to the connections by user, so that a user's requests stay in order.
fn dealt_out(times_ns: Vec<u64>, connections: u32, tokens_per_user: u32, crowd: &mut Crowd<'_>) -> Vec<Steps> {
    let connections = connections.max(1) as usize;
    let mut programs: Vec<Vec<(u64, Operation)>> = vec![Vec::new(); connections];
    for (index, arrival_ns) in times_ns.into_iter().enumerate() {
        for action in crowd.actions(tokens_per_user) {
            programs[index % connections].push((arrival_ns + action.offset_ns, action.call));
        }
    }
    programs
        .into_iter()
        .map(|mut steps| {
            steps.sort_by_key(|(at_ns, _)| *at_ns);
            (Vec::new(), steps.into_iter().map(|(at_ns, call)| (When::At(at_ns), call)).collect())
        })
        .collect()
}

/// Users are dealt out to the clients. A client lets its users join one after the other, `think` apart, and
/// sees to what they do later when its time has come: nobody's waiting keeps the next from joining.
/// The times are nominal. The client waits for each answer, so what it does in truth comes later. Clients
/// begin one after the other within the first `think`: in step, they would only ever join at once.
fn closed(load: &ClosedLoad, crowd: &mut Crowd<'_>) -> Vec<Steps> {
    let clients = load.clients.max(1) as usize;
    let mut programs: Vec<Vec<(u64, Operation)>> = vec![Vec::new(); clients];
    let users = load.groups.iter().flat_map(|group| (0..group.users).map(|_| group.tokens_per_user));
    for (index, tokens) in users.enumerate() {
        let turn = (index / clients) as u64;
        let begun_ns = nanos(load.think) / clients as u64 * (index % clients) as u64;
        let joined_ns = begun_ns + turn.saturating_mul(nanos(load.think));
        let actions = crowd.actions(tokens).into_iter();
        programs[index % clients].extend(actions.map(|action| (joined_ns + action.offset_ns, action.call)));
    }
    let paced = |mut steps: Vec<(u64, Operation)>| {
        // Stable: at equal times the order of the users, and of what each does, stays.
        steps.sort_by_key(|(nominal_ns, _)| *nominal_ns);
        let mut before_ns = 0;
        let pause = |(nominal_ns, call)| {
            let pause_ns = nominal_ns - before_ns;
            before_ns = nominal_ns;
            (When::After(pause_ns), call)
        };
        (Vec::new(), steps.into_iter().map(pause).collect())
    };
    programs.into_iter().map(paced).collect()
}

/// One client a join; each waits at the barrier of the round, joins, and follows up.
fn flood(load: &FloodLoad, crowd: &mut Crowd<'_>) -> Vec<Steps> {
    let mut programs: Vec<Vec<(When, Operation)>> = vec![Vec::new(); load.joins as usize];
    for round in 0..load.rounds {
        let shared = crowd.user();
        let shared_key = crowd.entry(shared).dedupe;
        for program in &mut programs {
            let user = if load.same_key { shared } else { crowd.user() };
            let mut entry = crowd.entry(user);
            if load.same_key {
                entry.dedupe = shared_key;
            }
            program.push((When::Round(round), Operation::Join(entry)));
        }
    }
    programs.into_iter().map(|steps| (Vec::new(), steps)).collect()
}

fn add_warm_up(programs: &mut [Steps], joins: u64, crowd: &mut Crowd<'_>) {
    let clients = programs.len();
    for index in 0..joins {
        let user = crowd.user();
        let entry = crowd.entry(user);
        let client = usize::try_from(index).unwrap_or(usize::MAX) % clients;
        programs[client].0.push((When::After(0), Operation::Join(entry)));
    }
}

/// Admissions, sweeps and counts run beside the joining clients, each on a client of its own.
fn periodics(scenario: &Scenario) -> Vec<Periodic> {
    let mut periodics = Vec::new();
    if let Some(admit) = scenario.admit {
        let every_ns = nanos(admit.every).max(1);
        for number in 0..u64::from(admit.clients) {
            // The capacity is dealt out beforehand: clients that shared a counter would have to agree first.
            let share = admit.capacity.map(|capacity| {
                capacity / u64::from(admit.clients) + u64::from(number < capacity % u64::from(admit.clients))
            });
            let remainder = share.map(|share| share % u64::from(admit.batch));
            periodics.push(Periodic {
                call: Operation::Admit { count: admit.batch, batch: BatchId(0) },
                // Staggered, so that several admitting clients do not knock at once.
                start_ns: nanos(admit.start) + every_ns * number / u64::from(admit.clients),
                every_ns,
                times_max: share.map(|share| share.div_ceil(u64::from(admit.batch))),
                last_count: remainder.filter(|rest| *rest > 0).and_then(|rest| u32::try_from(rest).ok()),
                until: Until::LoadEnd,
            });
        }
    }
    let sweeps = [
        scenario.ttl.map(|ttl| (ttl.sweep_every, ttl.after)),
        scenario.cleanup.map(|cleanup| (cleanup.every, cleanup.older_than)),
    ];
    for (every, max_age) in sweeps.into_iter().flatten() {
        periodics.push(endless(every, Operation::Sweep { max_age_ns: nanos(max_age) }, Until::SettleEnd));
    }
    if let Some(every) = scenario.stats_every {
        periodics.push(endless(every, Operation::Stats, Until::LoadEnd));
    }
    periodics
}

fn endless(every: std::time::Duration, call: Operation, until: Until) -> Periodic {
    let every_ns = nanos(every).max(1);
    Periodic { call, start_ns: every_ns, every_ns, times_max: None, last_count: None, until }
}

fn hash_of(plan: &Plan) -> String {
    let mut hasher = blake3::Hasher::new();
    serde_json::to_writer(&mut hasher, plan).expect("a plan is plain data, and a hasher takes any bytes");
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Dedupe, OpKind, Promise};
    use crate::scenario::{Admissions, Arrivals, Clock, Group, OpenLoad, Polling, Repeats, ReplayLoad, Share};

    fn scenario(load: Load) -> Scenario {
        Scenario {
            name: "test".to_owned(),
            about: String::new(),
            text: String::new(),
            path: None,
            designs: vec!["zset-seq".to_owned()],
            scale: 1.0,
            dedupe: Dedupe::User,
            load,
            repeat: Some(Repeats { share: 0.2, after: Duration::from_millis(3) }),
            poll: Some(Polling { share: 0.5, every: Duration::from_millis(10), times: 3 }),
            leave: Some(Share { share: 0.1, after: Duration::from_millis(15) }),
            renew: None,
            rejoin: None,
            entries: None,
            stats_every: None,
            admit: Some(Admissions {
                batch: 8,
                every: Duration::from_millis(5),
                clients: 3,
                start: Duration::ZERO,
                capacity: Some(100),
            }),
            ttl: None,
            cleanup: None,
            settle: Duration::ZERO,
            clock: Clock::default(),
            warm_up_joins: 7,
            timeout: Duration::from_secs(1),
            attempts: 2,
            promises: Promise::ALL.to_vec(),
            position_tolerance: crate::model::PositionTolerance::default(),
            limits: Vec::new(),
            expect: BTreeMap::new(),
            faults: vec![Fault::DropReply { share: 0.1, ops: vec![OpKind::Join] }],
        }
    }

    fn closed_load(clients: u32, users: u64) -> Load {
        let groups = vec![Group { name: "all".to_owned(), users, tokens_per_user: 1 }];
        Load::Closed(ClosedLoad { clients, groups, think: Duration::ZERO })
    }

    fn open_load() -> Load {
        Load::Open(OpenLoad {
            arrivals: Arrivals::Poisson,
            rate_per_s: 2000.0,
            from_per_s: 100.0,
            ramp: Duration::from_millis(500),
            burst: None,
            duration: Duration::from_secs(1),
            connections: 8,
            tokens_per_user: 1,
        })
    }

    fn steps(plan: &Plan) -> impl Iterator<Item = &Step> {
        plan.clients.iter().flat_map(|client| match &client.program {
            Program::Steps { warm_up, load } => warm_up.iter().chain(load).collect::<Vec<_>>(),
            Program::Periodic(_) => Vec::new(),
        })
    }

    #[test]
    fn the_same_seed_gives_the_same_plan_and_another_seed_another() {
        let scenario = scenario(open_load());
        assert_eq!(plan(&scenario, 5), plan(&scenario, 5));
        assert_ne!(plan(&scenario, 5).hash, plan(&scenario, 6).hash);
    }

    #[test]
    fn no_capacity_is_lost_or_gained_when_it_is_dealt_out() {
        let plan = plan(&scenario(closed_load(4, 10)), 1);
        let mut asked = 0;
        for client in &plan.clients {
            let Program::Periodic(periodic) = &client.program else { continue };
            for number in 0.. {
                let Some((_, call)) = periodic.nth(op_id(client.client, number + 1), number) else { break };
                let Operation::Admit { count, .. } = call else { panic!("unexpected {call:?}") };
                asked += count;
            }
        }
        assert_eq!(asked, 100);
    }

    #[test]
    fn a_flood_with_one_key_shares_it_within_a_round_and_not_between_rounds() {
        let flood = Load::Flood(FloodLoad { joins: 10, rounds: 3, same_key: true });
        let plan = plan(&Scenario { warm_up_joins: 0, ..scenario(flood) }, 1);
        let mut keys: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
        for step in steps(&plan) {
            let When::Round(round) = step.when else { panic!("a flood step without a round") };
            keys.entry(round).or_default().insert(step.call.entry().unwrap().dedupe.0);
        }
        assert_eq!(keys.len(), 3);
        assert!(keys.values().all(|keys| keys.len() == 1));
        assert_eq!(keys.values().flatten().collect::<BTreeSet<_>>().len(), 3);
    }

    fn due_ns(plan: &Plan) -> Vec<u64> {
        let mut times: Vec<u64> = steps(plan)
            .filter(|step| step.call.kind() == OpKind::Join)
            .filter_map(|step| match step.when {
                When::At(at_ns) => Some(at_ns),
                _ => None,
            })
            .collect();
        times.sort_unstable();
        times
    }

    #[test]
    fn a_replay_is_planned_at_its_times_which_are_part_of_the_hash() {
        let replay = |times_ns: &[u64]| {
            Load::Replay(ReplayLoad { times_ns: times_ns.into(), scale: 1.0, connections: 3, tokens_per_user: 2 })
        };
        let bare = |load| Scenario { repeat: None, poll: None, leave: None, ..scenario(load) };
        let plan_of = |times_ns: &[u64]| plan(&bare(replay(times_ns)), 1);
        let first = plan_of(&[0, 5, 5, 1_000_000_000]);
        assert_eq!(due_ns(&first), [0, 0, 5, 5, 5, 5, 1_000_000_000, 1_000_000_000]);
        assert_eq!(first.offered_joins_per_s, Some(8.0));
        assert_ne!(first.hash, plan_of(&[0, 5, 6, 1_000_000_000]).hash);
    }

    #[test]
    fn an_open_loop_offers_every_token_of_every_user() {
        let Load::Open(open) = open_load() else { panic!("another load") };
        let offered = |tokens_per_user| plan(&scenario(Load::Open(OpenLoad { tokens_per_user, ..open.clone() })), 1);
        // Half a second from 100 to 2,000, half a second at 2,000.
        assert_eq!(offered(1).offered_joins_per_s, Some(1_525.0));
        assert_eq!(offered(3).offered_joins_per_s, Some(4_575.0));
    }

    proptest! {
        #[test]
        fn ids_and_tokens_are_given_out_once(seed in any::<u64>(), users in 1..200u64, clients in 1..20u32) {
            let plan = plan(&scenario(closed_load(clients, users)), seed);
            let ops: Vec<_> = steps(&plan).map(|step| step.op).collect();
            prop_assert_eq!(ops.iter().collect::<BTreeSet<_>>().len(), ops.len());
            let tokens: Vec<_> = steps(&plan)
                .filter(|step| step.call.kind() == OpKind::Join)
                .map(|step| step.call.entry().unwrap().token)
                .collect();
            prop_assert_eq!(tokens.iter().collect::<BTreeSet<_>>().len(), tokens.len());
            let joining: BTreeSet<_> = steps(&plan)
                .filter(|step| step.call.kind() == OpKind::Join)
                .map(|step| step.call.entry().unwrap().user)
                .collect();
            prop_assert_eq!(joining.len() as u64, users + 7);
        }

        #[test]
        fn an_open_plan_is_in_order_of_time_for_each_client(seed in any::<u64>()) {
            let plan = plan(&scenario(open_load()), seed);
            for client in &plan.clients {
                if let Program::Steps { load, .. } = &client.program {
                    let ordered = load.is_sorted_by_key(|step| match step.when { When::At(at_ns) => at_ns, _ => 0 });
                    prop_assert!(ordered);
                }
            }
            let dropped = steps(&plan).filter(|step| plan.drops_reply(step.op, step.call.kind())).count();
            let joins = steps(&plan).filter(|step| step.call.kind() == OpKind::Join).count();
            // Ten standard deviations of the binomial: fails by chance once in 10^23.
            let spread = 10.0 * (joins as f64 * 0.09).sqrt();
            prop_assert!((dropped as f64 - joins as f64 * 0.1).abs() < spread, "{dropped} of {joins}");
        }
    }
}
