//! Runs a program with several clients at once and records it as a history, ready for the judge.

use std::time::{Duration, Instant};

use super::memory::{Memory, Request};
use super::open;
use super::program::{Program, Step};
use stanchion::history::{Header, History, Names, Record, RunEnd, SCHEMA};
use stanchion::model::{ClientId, Outcome, Phase, Terms};
use stanchion::queue::{AnyQueue, CommandError, Design, Live, perform};

/// One client of a program, and what it recorded.
struct Actor<'a> {
    queue: &'a AnyQueue,
    connection: &'a Live,
    id: ClientId,
    /// When the run began: one monotonic clock for all clients.
    began: Instant,
    memory: Memory,
    records: Vec<Record>,
}

impl Actor<'_> {
    fn now_ns(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap()
    }

    async fn take(&mut self, step: Step, phase: Phase) -> Result<Outcome, CommandError> {
        let Request { op, attempt, call } = self.memory.request(step);
        let sent_ns = self.now_ns();
        let outcome = perform(self.queue, self.connection, &call).await?;
        let returned_ns = Some(self.now_ns());
        if let Step::Leave(who) = step {
            // Joining again after leaving under the old token: clients do not do that.
            self.memory.forget(who);
        }
        self.records.push(Record {
            op,
            attempt,
            client: self.id,
            phase,
            intended_ns: None,
            sent_ns,
            returned_ns,
            call,
            outcome: outcome.clone(),
            reply_dropped: false,
            // What it cost is not what is tested here.
            commands: 0,
            round_trips: 0,
            bytes_sent: 0,
            bytes_received: 0,
        });
        Ok(outcome)
    }

    async fn act(&mut self, steps: &[Step]) -> Result<(), CommandError> {
        for step in steps {
            self.take(*step, Phase::Load).await?;
        }
        Ok(())
    }

    /// Admits until nobody waits; `false` if there is no end to it.
    async fn drain(&mut self, batches_max: usize) -> Result<bool, CommandError> {
        for _ in 0..batches_max {
            if self.take(Step::Admit(1_000), Phase::Drain).await? == Outcome::Admitted(Vec::new()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Round after round, all clients of a round at once; then a drain by the first. On an event of its own.
pub async fn record(
    design: Design,
    connections: &[Live],
    terms: Terms,
    program: &Program,
) -> Result<History, CommandError> {
    let queue = open(design, terms.dedupe, terms.ttl_ns.map(Duration::from_nanos));
    let began = Instant::now();
    let actor = |(id, connection)| Actor {
        queue: &queue,
        connection,
        id: ClientId(id),
        began,
        memory: Memory::new(terms.dedupe, u64::from(id)),
        records: Vec::new(),
    };
    let mut actors: Vec<Actor<'_>> = (1..).zip(connections).map(actor).collect();
    for round in &program.0 {
        assert!(round.len() <= actors.len(), "a program of more clients than there are connections");
        let all = actors.iter_mut().zip(round).map(|(actor, steps)| actor.act(steps));
        futures_util::future::try_join_all(all).await?;
    }
    // Every batch that is not empty takes one entry at the least.
    let drained = actors[0].drain(program.steps().len() + 1).await?;
    let mut records: Vec<Record> = actors.into_iter().flat_map(|actor| actor.records).collect();
    records.sort_by_key(|record| record.sent_ns);
    let header = Header {
        schema: SCHEMA,
        tool: "model tests".to_owned(),
        scenario: "a random program".to_owned(),
        queue: design.name().to_owned(),
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
    Ok(History { header, records: records.into(), names: Names::default() })
}
