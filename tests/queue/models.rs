//! Random programs on every design, on a real server: one client against a reference queue, and in
//! [`concurrent`] several clients against the judge. A program that fails is shrunk and printed.
//!
//! The same searches must find the race of `streams-naive` and the lost order of `composite-shift`: a search
//! that cannot find a known bug proves nothing where it finds none.

mod concurrent;

use crate::support::memory::Memory;
use crate::support::program::{KEYS, Step, sequential};
use crate::support::reference::{Order, Reference, claimed, compare};
use crate::support::search::{find, hold};
use crate::support::{Stage, open};
use stanchion::model::{Dedupe, Operation, Outcome};
use stanchion::queue::{AnyQueue, Design, Live, WaitingQueue, perform};

/// One client, step by step beside the reference.
async fn follow(queue: &AnyQueue, client: &Live, order: Order, dedupe: Dedupe, steps: &[Step]) -> Result<(), String> {
    let (mut reference, mut memory) = (Reference::of(queue.facts().name), Memory::new(dedupe, 0));
    let drain = [Step::Admit(1_000), Step::Stats];
    for (nth, step) in steps.iter().chain(&drain).enumerate() {
        let at = |wrong: String| format!("step {nth}, {step:?}: {wrong}");
        let call = memory.request(*step).call;
        let answered = perform(queue, client, &call).await.map_err(|error| at(error.to_string()))?;
        let right = match call {
            Operation::Join(entry) => reference.join(entry),
            Operation::Position(entry) => reference.position(entry),
            Operation::Leave(entry) => reference.leave(entry),
            Operation::Renew(entry) => reference.renew(entry),
            Operation::Entries(user) => reference.entries(user),
            Operation::Sweep { max_age_ns } => reference.sweep(max_age_ns == 0),
            Operation::Stats => reference.stats(),
            Operation::Admit { count, batch } => {
                let Outcome::Admitted(tokens) = &answered else { return Err(at(format!("{answered:?} answered"))) };
                reference.admit(order, count, batch, tokens).map_err(at)?;
                continue;
            }
        };
        compare(order, &right, &answered).map_err(at)?;
    }
    Ok(())
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
fn the_lost_order_of_composite_shift_is_found_and_shrunk_to_two_joins() {
    let stage = Stage::new(1);
    let (reason, program) = find(&sequential(), |program| {
        let queue = open(Design::CompositeShift, Dedupe::User, None);
        stage.run(follow(&queue, &stage.clients()[0], Order::Exact, Dedupe::User, &program.steps()))
    });
    println!("{reason}{program:?}");
    let joins = program.joining();
    // The drain shows the order; at most one step more where a position shows it first.
    assert!(joins.len() == 2 && program.steps().len() <= 3, "{reason}{program:?}");
    assert!(format!("u{}", joins[0]) > format!("u{}", joins[1]), "the tie is ordered by member bytes: {program:?}");
    assert!(joins.iter().all(|who| *who < KEYS));
}
