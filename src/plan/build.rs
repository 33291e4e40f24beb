//! From a scenario to a plan.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::arrivals::{arrivals, offered_per_s};
use super::followups::{Crowd, nanos};
use super::steps::{ClientPlan, Periodic, Plan, PlannedFault, Program, Step, Until, When, op_id};
use crate::model::{BatchId, ClientId, Operation};
use crate::scenario::{ClosedLoad, Fault, FloodLoad, Load, OpenLoad, Scenario};

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
        Load::Open(load) => (open(load, &mut crowd, &mut arrivals_rng), Some(offered_per_s(load))),
        Load::Closed(load) => (closed(load, &mut crowd), None),
        Load::Flood(load) => (flood(load, &mut crowd), None),
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
        drop_share: 0.0,
        drop_ops: Vec::new(),
        offered_joins_per_s: offered,
        settle_ns: nanos(scenario.settle),
        hash: String::new(),
    };
    for fault in &scenario.faults {
        match fault {
            Fault::ScriptFlush { at } => plan.faults.push(PlannedFault::ScriptFlush { at_ns: nanos(*at) }),
            Fault::DropReply { share, ops } => {
                plan.drop_share = *share;
                plan.drop_ops.clone_from(ops);
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
fn open(load: &OpenLoad, crowd: &mut Crowd<'_>, rng: &mut ChaCha8Rng) -> Vec<Steps> {
    let connections = load.connections.max(1) as usize;
    let mut programs: Vec<Vec<(u64, Operation)>> = vec![Vec::new(); connections];
    for (index, arrival_ns) in arrivals(load, rng).into_iter().enumerate() {
        for action in crowd.actions(load.tokens_per_user) {
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

/// Users are dealt out to the clients; a client sees one user through before the next.
fn closed(load: &ClosedLoad, crowd: &mut Crowd<'_>) -> Vec<Steps> {
    let clients = load.clients.max(1) as usize;
    let mut programs: Vec<Vec<(When, Operation)>> = vec![Vec::new(); clients];
    let users = load.groups.iter().flat_map(|group| (0..group.users).map(|_| group.tokens_per_user));
    for (index, tokens) in users.enumerate() {
        let mut before_ns = 0;
        for (number, action) in crowd.actions(tokens).into_iter().enumerate() {
            let pause_ns = if number == 0 { nanos(load.think) } else { action.offset_ns - before_ns };
            before_ns = action.offset_ns;
            programs[index % clients].push((When::After(pause_ns), action.call));
        }
    }
    programs.into_iter().map(|steps| (Vec::new(), steps)).collect()
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
