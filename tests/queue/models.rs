//! Random programs on every design, on a real server: one client against a reference queue, several
//! clients against the invariants that hold in any interleaving. A program that fails is shrunk and printed.
//!
//! The same runs must find the race of `streams-naive` and the lost order of `composite-shift`: a search that
//! cannot find a known bug proves nothing where it finds none.

use std::cell::Cell;
use std::collections::HashMap;

use crate::support::program::{KEYS, Program, Step, concurrent, entry, sequential, user_of};
use crate::support::reference::{Order, Reference, compare};
use crate::support::{Stage, open};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use stanchion::model::{BatchId, Dedupe, DedupeKey, Entry, Outcome, Token, UserId};
use stanchion::queue::{AnyQueue, CommandError, Design, Live, WaitingQueue};

const CLIENTS: usize = 3;
const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

/// What each design claims of the order, by what joins are deduplicated.
fn claimed(design: Design, dedupe: Dedupe) -> Order {
    match design {
        Design::StreamShared | Design::ZsetSeq | Design::CompositeCenti | Design::CompositeRebased | Design::List => {
            Order::Exact
        }
        Design::Streams | Design::StreamsNaive => Order::PerUser,
        // They tie within a millisecond, in which one user may well join twice.
        Design::ZsetMs | Design::CompositeShift | Design::CompositeDecimal => match dedupe {
            Dedupe::User => Order::PerUser,
            Dedupe::Request => Order::Open,
        },
    }
}

/// What one client remembers: the tokens it used and its last batch.
struct Memory {
    dedupe: Dedupe,
    /// Tokens are numbered so that no two clients share one.
    next: u64,
    last: HashMap<u64, Token>,
    last_admission: (u32, BatchId),
}

impl Memory {
    fn new(dedupe: Dedupe, client: u64) -> Memory {
        let first = client * 1_000;
        Memory { dedupe, next: first + 1, last: HashMap::new(), last_admission: (1, BatchId(first)) }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn newly(&mut self, who: u64) -> Entry {
        let token = Token(self.number());
        self.last.insert(who, token);
        entry(self.dedupe, who, token)
    }

    /// The last token used for a key; one that nobody knows if there is none.
    fn latest(&self, who: u64) -> Entry {
        let unknown = Token(900_000 + who);
        entry(self.dedupe, who, *self.last.get(&who).unwrap_or(&unknown))
    }

    /// The last join once more, or a first one.
    fn again(&mut self, who: u64) -> Entry {
        if self.last.contains_key(&who) { self.latest(who) } else { self.newly(who) }
    }

    fn admission(&mut self, count: u32) -> (u32, BatchId) {
        self.last_admission = (count, BatchId(self.number()));
        self.last_admission
    }
}

/// One client, step by step beside the reference.
async fn follow(queue: &AnyQueue, client: &Live, order: Order, dedupe: Dedupe, steps: &[Step]) -> Result<(), String> {
    let (mut reference, mut memory) = (Reference::default(), Memory::new(dedupe, 0));
    let drain = [Step::Admit(1_000), Step::Stats];
    for (nth, step) in steps.iter().chain(&drain).enumerate() {
        let (right, answered) = match *step {
            Step::Join(who) => {
                let entry = memory.newly(who);
                (reference.join(entry), queue.join(client, entry).await)
            }
            Step::JoinAgain(who) => {
                let entry = memory.again(who);
                (reference.join(entry), queue.join(client, entry).await)
            }
            Step::Position(who) => {
                let entry = memory.latest(who);
                (reference.position(entry), queue.position(client, entry).await)
            }
            Step::Leave(who) => {
                let entry = memory.latest(who);
                (reference.leave(entry), queue.leave(client, entry).await)
            }
            Step::Renew(who) => {
                let entry = memory.latest(who);
                (reference.renew(entry), queue.renew(client, entry).await)
            }
            Step::Entries(who) => {
                let user = user_of(dedupe, who);
                (reference.entries(user), queue.entries(client, user).await)
            }
            Step::Sweep(everybody) => {
                let age = if everybody { std::time::Duration::ZERO } else { HOUR };
                (reference.sweep(everybody), queue.sweep(client, age).await)
            }
            Step::Stats => (reference.stats(), queue.stats(client).await),
            Step::Admit(_) | Step::AdmitAgain => {
                let (count, batch) = match *step {
                    Step::Admit(count) => memory.admission(count),
                    _ => memory.last_admission,
                };
                let answered = queue.admit(client, count, batch).await;
                let Ok(Outcome::Admitted(tokens)) = &answered else {
                    return Err(format!("step {nth}, {step:?}: {answered:?} answered"));
                };
                reference
                    .admit(order, count, batch, tokens)
                    .map_err(|wrong| format!("step {nth}, {step:?}: {wrong}"))?;
                continue;
            }
        };
        let answered = answered.map_err(|error| format!("step {nth}, {step:?}: {error}"))?;
        compare(order, &right, &answered).map_err(|wrong| format!("step {nth}, {step:?}: {wrong}"))?;
    }
    Ok(())
}

/// One answered call of a concurrent program, by a clock that only counts.
struct Call {
    step: Step,
    entry: Option<Entry>,
    outcome: Outcome,
    sent: u64,
    returned: u64,
    batch: Option<BatchId>,
}

/// One of several clients, for one round.
async fn act(
    queue: &AnyQueue,
    client: &Live,
    memory: &mut Memory,
    steps: &[Step],
    clock: &Cell<u64>,
) -> Result<Vec<Call>, CommandError> {
    let tick = || clock.replace(clock.get() + 1);
    let mut calls = Vec::new();
    for step in steps {
        let (mut about, mut admission) = (None, None);
        let sent = tick();
        let outcome = match *step {
            Step::Join(who) => queue.join(client, *about.insert(memory.newly(who))).await?,
            Step::JoinAgain(who) => queue.join(client, *about.insert(memory.again(who))).await?,
            Step::Position(who) => queue.position(client, *about.insert(memory.latest(who))).await?,
            Step::Leave(who) => {
                let outcome = queue.leave(client, *about.insert(memory.latest(who))).await?;
                // A retry after leaving would be a new join under a used token: clients do not do that.
                memory.last.remove(&who);
                outcome
            }
            Step::Admit(count) => {
                let (count, batch) = memory.admission(count);
                queue.admit(client, count, *admission.insert(batch)).await?
            }
            Step::AdmitAgain => {
                let (count, batch) = memory.last_admission;
                queue.admit(client, count, *admission.insert(batch)).await?
            }
            Step::Renew(_) | Step::Entries(_) | Step::Sweep(_) | Step::Stats => {
                unreachable!("concurrent programs do not draw these")
            }
        };
        calls.push(Call { step: *step, entry: about, outcome, sent, returned: tick(), batch: admission });
    }
    Ok(calls)
}

/// Round after round, all clients of a round at once; then a drain.
async fn interleave(stage: &Stage, design: Design, dedupe: Dedupe, program: &Program) -> Result<(), String> {
    let (queue, clock) = (open(design, dedupe, None), Cell::new(0));
    let mut memories: Vec<Memory> = (1..=CLIENTS as u64).map(|client| Memory::new(dedupe, client)).collect();
    let mut calls = Vec::new();
    let drain = vec![vec![Step::Admit(10_000)]];
    for round in program.0.iter().chain([&drain]) {
        let clients = round.iter().zip(stage.clients()).zip(&mut memories);
        let all = clients.map(|((steps, client), memory)| act(&queue, client, memory, steps, &clock));
        let answered = futures_util::future::try_join_all(all).await.map_err(|error| error.to_string())?;
        calls.extend(answered.into_iter().flatten());
    }
    no_duplicates(&calls)?;
    per_user_fifo(&calls)
}

/// An admission's tokens; a repeated batch counts once, and must have had the same answer.
fn admissions(calls: &[Call]) -> Result<Vec<(&Call, &[Token])>, String> {
    let mut first: HashMap<BatchId, (&Call, &[Token])> = HashMap::new();
    for call in calls {
        if let (Some(batch), Outcome::Admitted(tokens)) = (call.batch, &call.outcome) {
            let (_, answer) = *first.entry(batch).or_insert((call, tokens));
            if answer != tokens {
                return Err(format!("batch {batch:?} was answered {answer:?} and then {tokens:?}"));
            }
        }
    }
    Ok(first.into_values().collect())
}

/// A dedupe key holds one entry at most, no token is let in twice, nobody is lost, and nobody appears who never joined.
fn no_duplicates(calls: &[Call]) -> Result<(), String> {
    let mut gone: HashMap<Token, u32> = HashMap::new();
    for token in admissions(calls)?.into_iter().flat_map(|(_, tokens)| tokens) {
        *gone.entry(*token).or_default() += 1;
    }
    let (mut joined, mut left) = (HashMap::<DedupeKey, Vec<Token>>::new(), HashMap::<DedupeKey, usize>::new());
    for call in calls {
        match (call.entry, &call.outcome) {
            (Some(entry), Outcome::Joined) => joined.entry(entry.dedupe).or_default().push(entry.token),
            (Some(entry), Outcome::Left) => {
                *left.entry(entry.dedupe).or_default() += 1;
                *gone.entry(entry.token).or_default() += 1;
            }
            _ => {}
        }
    }
    for (key, tokens) in &joined {
        let places_given_up = left.get(key).copied().unwrap_or(0);
        if tokens.len() > 1 + places_given_up {
            return Err(format!("{key:?} joined {} times and left {places_given_up} times: {tokens:?}", tokens.len()));
        }
        for token in tokens {
            match gone.remove(token) {
                Some(1) => {}
                Some(times) => return Err(format!("{token:?} went out {times} times")),
                None => return Err(format!("{token:?} joined and is lost")),
            }
        }
    }
    gone.keys().next().map_or(Ok(()), |token| Err(format!("{token:?} went out, but never joined")))
}

/// If a's join returned before b's was sent, both of one user, b is not let in before a.
fn per_user_fifo(calls: &[Call]) -> Result<(), String> {
    let mut out: HashMap<Token, (&Call, usize)> = HashMap::new();
    for (call, tokens) in admissions(calls)? {
        out.extend(tokens.iter().enumerate().map(|(nth, token)| (*token, (call, nth))));
    }
    let mut by_user: HashMap<UserId, Vec<(Token, &Call)>> = HashMap::new();
    for call in calls {
        if let (Some(entry), Outcome::Joined) = (call.entry, &call.outcome) {
            by_user.entry(entry.user).or_default().push((entry.token, call));
        }
    }
    for (user, joins) in by_user {
        for (a, a_joined) in &joins {
            for (b, b_joined) in joins.iter().filter(|(_, joined)| a_joined.returned < joined.sent) {
                let (Some((a_out, a_nth)), Some((b_out, b_nth))) = (out.get(a), out.get(b)) else { continue };
                let same_batch = a_out.batch == b_out.batch;
                if (same_batch && b_nth < a_nth) || (!same_batch && b_out.returned < a_out.sent) {
                    let (first, then) = (a_joined.step, b_joined.step);
                    return Err(format!(
                        "{user:?}: {a:?} ({first:?}) before {b:?} ({then:?}), let in the other way round"
                    ));
                }
            }
        }
    }
    Ok(())
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() }
}

/// Runs programs, a random seed each time; a failure prints the smallest program that fails.
fn hold(cases: u32, programs: &impl Strategy<Value = Program>, run: impl Fn(&Program) -> Result<(), String>) {
    let mut runner = TestRunner::new(config(cases));
    let examined = Cell::new(0);
    let result = runner.run(programs, |program| {
        examined.set(examined.get() + program.steps().len());
        run(&program).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => assert!(examined.get() > cases as usize, "programs of {} steps in all prove nothing", examined.get()),
        Err(TestError::Fail(reason, program)) => panic!("{reason}\nthe smallest program found:{program:?}"),
        Err(TestError::Abort(reason)) => panic!("proptest gave up: {reason}"),
    }
}

/// Runs programs from a fixed seed until one fails, and shrinks it. The race may spare a run, so each
/// program gets ten chances: what is found must be a bug, what is missed may be luck.
fn find(programs: &impl Strategy<Value = Program>, run: impl Fn(&Program) -> Result<(), String>) -> (String, Program) {
    let mut runner = TestRunner::new_with_rng(config(500), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(programs, |program| (0..10).try_for_each(|_| run(&program)).map_err(TestCaseError::fail));
    match result {
        Err(TestError::Fail(reason, program)) => (reason.message().to_owned(), program),
        Ok(()) => panic!("500 programs, and none showed a bug that is known to be there"),
        Err(TestError::Abort(reason)) => panic!("proptest gave up: {reason}"),
    }
}

/// Whom the program lets join, in order.
fn joined(program: &Program) -> Vec<u64> {
    let joins = program.steps().into_iter().filter_map(|step| match step {
        Step::Join(who) | Step::JoinAgain(who) => Some(who),
        _ => None,
    });
    joins.collect()
}

#[test]
fn one_client_sees_what_the_reference_queue_answers() {
    let stage = Stage::new(1);
    for design in Design::ALL {
        for dedupe in [Dedupe::User, Dedupe::Request] {
            hold(150, &sequential(), |program| {
                let queue = open(*design, dedupe, None);
                let order = claimed(*design, dedupe);
                stage
                    .run(follow(&queue, &stage.clients()[0], order, dedupe, &program.steps()))
                    .map_err(|wrong| format!("{}, {dedupe:?}: {wrong}", design.name()))
            });
        }
    }
}

#[test]
fn several_clients_at_once_make_no_duplicate_and_keep_each_users_order() {
    let stage = Stage::new(CLIENTS);
    for design in Design::ALL.iter().copied().filter(|design| *design != Design::StreamsNaive) {
        for dedupe in [Dedupe::User, Dedupe::Request] {
            if claimed(design, dedupe) == Order::Open {
                continue; // two requests of one user may tie
            }
            hold(150, &concurrent(CLIENTS), |program| {
                stage
                    .run(interleave(&stage, design, dedupe, program))
                    .map_err(|wrong| format!("{}, {dedupe:?}: {wrong}", design.name()))
            });
        }
    }
}

#[test]
fn the_race_of_streams_naive_is_found_and_shrunk_to_two_joins() {
    let stage = Stage::new(CLIENTS);
    let (reason, program) = find(&concurrent(CLIENTS), |program| {
        stage.run(interleave(&stage, Design::StreamsNaive, Dedupe::User, program))
    });
    println!("{reason}{program:?}");
    assert!(reason.contains("joined 2 times and left 0 times"), "{reason}{program:?}");
    let joins = joined(&program).len();
    assert_eq!((program.steps().len(), joins), (2, 2), "{reason}{program:?}");
}

#[test]
fn the_lost_order_of_composite_shift_is_found_and_shrunk_to_two_joins() {
    let stage = Stage::new(1);
    let (reason, program) = find(&sequential(), |program| {
        let queue = open(Design::CompositeShift, Dedupe::User, None);
        stage.run(follow(&queue, &stage.clients()[0], Order::Exact, Dedupe::User, &program.steps()))
    });
    println!("{reason}{program:?}");
    let joins = joined(&program);
    // The drain shows the order; at most one step more where a position shows it first.
    assert!(joins.len() == 2 && program.steps().len() <= 3, "{reason}{program:?}");
    assert!(format!("u{}", joins[0]) > format!("u{}", joins[1]), "the tie is ordered by member bytes: {program:?}");
    assert!(joins.iter().all(|who| *who < KEYS));
}
