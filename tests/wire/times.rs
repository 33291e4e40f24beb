//! What is said of when a request left and a reply came.

use std::cell::Cell;
use std::io::{Read as _, Write as _};
use std::rc::Rc;

use stanchion::model::Pacer;
use stanchion::queue::Commands as _;
use stanchion::target::Endpoint;
use stanchion::wire::{Clock, Reactor};

use crate::support::{asking, reactor, server, wire, within_a_minute};

#[test]
fn a_request_left_after_it_was_asked_for_and_before_its_reply_came() {
    const CLIENTS: u32 = 40;
    const REQUESTS: u32 = 100;
    let target = server();
    let reactor = reactor();
    let done = Rc::new(Cell::new(0));
    // Of those who got their replies together, the later ones wait for the requests of the others.
    let waited = Rc::new(Cell::new(0));
    let all = reactor.block_on(async {
        for _ in 0..CLIENTS {
            let wire = wire(&reactor, target.endpoint()).await;
            let (reactor, done, waited) = (reactor.clone(), Rc::clone(&done), Rc::clone(&waited));
            reactor.clone().spawn(async move {
                assert_eq!(wire.left_ns(), None, "nobody has asked");
                for _ in 0..REQUESTS {
                    let asked_ns = reactor.seen_ns();
                    wire.time_next();
                    assert_eq!(wire.left_ns(), None, "none has left since");
                    // Several requests: the first one counts.
                    wire.command(asking(&["PING"])).await.unwrap();
                    let (first_ns, came_ns) = (wire.left_ns().unwrap(), reactor.seen_ns());
                    assert!(asked_ns <= first_ns && first_ns <= came_ns, "{asked_ns} {first_ns} {came_ns}");
                    wire.command(asking(&["PING"])).await.unwrap();
                    assert_eq!(wire.left_ns(), Some(first_ns));
                    waited.set(waited.get() + u32::from(first_ns > asked_ns));
                }
                done.set(done.get() + 1);
            });
        }
        within_a_minute(&reactor, || done.get() == CLIENTS).await;
    });
    all.unwrap();
    assert_eq!((reactor.take_panic(), done.get()), (None, CLIENTS));
    assert!(waited.get() > 0);
}

#[test]
fn the_loop_has_read_the_clock_since_a_reply_came() {
    const CLIENTS: usize = 16;
    const ROUNDS: u32 = 3_000;
    let clock = Clock::start();
    let server_clock = clock.clone();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from_url(&format!("redis://{}", listener.local_addr().unwrap())).unwrap();
    // The beginnings of all replies wake the loop. Their ends, which say when they were sent, come while it reads them.
    let server = std::thread::spawn(move || {
        let mut streams: Vec<_> = (0..CLIENTS).map(|_| listener.accept().unwrap().0).collect();
        let mut heard = [0; 14];
        for round in 0..ROUNDS {
            for stream in &mut streams {
                stream.set_nodelay(true).unwrap();
                stream.read_exact(&mut heard).unwrap();
            }
            streams.iter_mut().for_each(|stream| stream.write_all(b"$20\r\n").unwrap());
            let begun_ns = server_clock.now_ns();
            while server_clock.now_ns() < begun_ns + u64::from(round % 500) * 100 {}
            for stream in streams.iter_mut().rev() {
                stream.write_all(format!("{:020}\r\n", server_clock.now_ns()).as_bytes()).unwrap();
            }
        }
    });
    let reactor = Reactor::new(clock, Pacer::Sleep, 1_000_000).unwrap();
    let done = Rc::new(Cell::new(0));
    reactor
        .block_on(async {
            for _ in 0..CLIENTS {
                let (wire, seen, done) = (wire(&reactor, &endpoint).await, reactor.clone(), Rc::clone(&done));
                reactor.spawn(async move {
                    for _ in 0..ROUNDS {
                        let reply = wire.command(asking(&["PING"])).await.unwrap();
                        let seen_ns = seen.seen_ns();
                        let sent_ns: u64 = redis::from_redis_value(reply).unwrap();
                        assert!(sent_ns <= seen_ns, "sent at {sent_ns}, and the clock was last read at {seen_ns}");
                    }
                    done.set(done.get() + 1);
                });
            }
            within_a_minute(&reactor, || done.get() == CLIENTS).await;
        })
        .unwrap();
    assert_eq!((reactor.take_panic(), done.get()), (None, CLIENTS));
    server.join().unwrap();
}
