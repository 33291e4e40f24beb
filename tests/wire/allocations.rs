//! A join allocates nothing on its way: neither the design, nor the seam, nor the transport, nor the record.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use stanchion::history::{Answer, Record, Recorder};
use stanchion::model::{
    ClientId, Dedupe, DedupeKey, Entry, OpId, Operation, Outcome, Phase, Token, UnknownCause, UserId,
};
use stanchion::queue::{Counted, Design, QueueSettings, WaitingQueue as _};

use crate::support::{reactor, server, wire};

/// Counts the allocations of each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn counted() {
    // A thread that is ending has no counter any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: everything is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        counted();
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        counted();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_join_allocates_nothing_on_its_way() {
    const JOINS: u64 = 1000;
    let target = server();
    let reactor = reactor();
    for design in [Design::ZsetSeq, Design::StreamShared, Design::List, Design::ZsetMs, Design::CompositeShift] {
        let settings = QueueSettings {
            prefix: format!("{}:", design.name()),
            event: "sale".to_owned(),
            dedupe: Dedupe::User,
            ttl: None,
        };
        let queue = design.open(settings);
        let allocations = reactor.block_on(async {
            let connection = Counted::new(wire(&reactor, target.endpoint()).await);
            let mut recorder = Recorder::with_capacity(2 * JOINS as usize);
            let join = async |recorder: &mut Recorder, number: u64| {
                let entry = Entry { user: UserId(number), token: Token(number), dedupe: DedupeKey(number) };
                let place = recorder.begin(Record {
                    op: OpId(number),
                    attempt: 0,
                    client: ClientId(1),
                    phase: Phase::Load,
                    intended_ns: None,
                    sent_ns: reactor.now_ns(),
                    returned_ns: None,
                    call: Operation::Join(entry),
                    outcome: Outcome::Unknown(UnknownCause::Interrupted),
                    reply_dropped: false,
                    commands: 0,
                    round_trips: 0,
                    bytes_sent: 0,
                    bytes_received: 0,
                });
                let outcome = queue.join(&connection, entry).await;
                assert_eq!(outcome, Ok(Outcome::Joined));
                let cost = connection.take();
                let unsent = Answer::unsent(Some(reactor.now_ns()), Outcome::Joined);
                recorder.end(place, Answer { commands: cost.commands, ..unsent });
            };
            // The first ones load the script and make room in the buffers.
            for number in 0..10 {
                join(&mut recorder, number).await;
            }
            let before = ALLOCATIONS.get();
            for number in 10..10 + JOINS {
                join(&mut recorder, number).await;
            }
            ALLOCATIONS.get() - before
        });
        assert_eq!(allocations.unwrap(), 0, "{} joins of {}", JOINS, design.name());
    }
}
