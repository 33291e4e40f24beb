//! Nothing is sent before its time, and everything is sent.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use stanchion::model::Pacer;
use stanchion::wire::{Clock, Reactor};

#[test]
fn no_pacer_wakes_anybody_early_or_forgets_one() {
    for pacer in Pacer::ALL {
        // Who first waits when the time has passed already is not woken at all: all must wait before the first is due.
        let in_time = [50, 500, 5_000].into_iter().any(|ahead_ms| all_are_woken_in_order(pacer, ahead_ms));
        assert!(in_time, "500 tasks did not begin to wait within 5 s");
    }
}

/// Whether all waited before the first was due, so many ms after they were made; then their order is held to.
fn all_are_woken_in_order(pacer: Pacer, ahead_ms: u64) -> bool {
    let reactor = Reactor::new(Clock::start(), pacer, 1_000_000).unwrap();
    let woken: Rc<RefCell<Vec<(u64, u64)>>> = Rc::default();
    let made_ns = reactor.now_ns();
    let begin_ns = made_ns + ahead_ms * 1_000_000;
    let mut due: Vec<u64> = (0..500_u64).map(|number| begin_ns + (number * 7919 % 500) * 40_000).collect();
    for at_ns in due.clone() {
        let (clock, woken) = (reactor.clone(), Rc::clone(&woken));
        reactor.spawn(async move {
            clock.wait_until(at_ns).await;
            woken.borrow_mut().push((at_ns, clock.now_ns()));
        });
    }
    let all = || woken.borrow().len() == due.len();
    let waiting_ns = reactor
        .block_on(async {
            // This is polled for the first time when all tasks have been.
            let waiting_ns = reactor.now_ns();
            while !all() {
                reactor.sleep(Duration::from_millis(1)).await;
            }
            waiting_ns
        })
        .unwrap();
    if waiting_ns >= begin_ns {
        return false;
    }
    let woken = woken.borrow();
    assert!(woken.iter().all(|(at_ns, now_ns)| now_ns >= at_ns), "{pacer:?} was early");
    due.sort_unstable();
    let mut times: Vec<u64> = woken.iter().map(|(at_ns, _)| *at_ns).collect();
    assert!(times.is_sorted(), "{pacer:?} let somebody overtake");
    times.sort_unstable();
    assert_eq!(times, due, "{pacer:?}");
    // A pacer that never spins has spun nothing, one that does nothing else has done so nearly all the time.
    let (spun_ns, took_ns) = (reactor.spun_ns(), reactor.now_ns() - made_ns);
    match pacer {
        Pacer::Sleep => assert_eq!(spun_ns, 0),
        Pacer::Hybrid => assert!(spun_ns > 0 && spun_ns < took_ns, "{spun_ns} of {took_ns}"),
        Pacer::Spin => assert!(spun_ns > took_ns / 2, "{spun_ns} of {took_ns}"),
    }
    true
}

#[test]
fn a_wait_ends_when_what_it_belongs_to_is_over() {
    let reactor = Reactor::new(Clock::start(), Pacer::Hybrid, 1_000_000).unwrap();
    let over = Rc::new(std::cell::Cell::new(false));
    let (ending, loop_) = (Rc::clone(&over), reactor.clone());
    reactor.spawn(async move {
        loop_.sleep(Duration::from_millis(5)).await;
        ending.set(true);
        loop_.poll_all();
    });
    let an_hour_ns = reactor.now_ns() + 3_600_000_000_000;
    assert!(!reactor.block_on(reactor.wait_until_or(an_hour_ns, || over.get())).unwrap());
    assert!(reactor.block_on(reactor.wait_until_or(0, || false)).unwrap());
}
