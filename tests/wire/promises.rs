//! What the seam promises holds here as well: nothing is sent again, and a late answer is never taken for another's.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use redis::Value;
use stanchion::model::{Outcome, Refusal, UnknownCause};
use stanchion::queue::{CommandError, Commands, outcome_of};
use stanchion::target::Endpoint;
use stanchion::wire::{Dialer, Reactor, Wire};

use crate::support::{asking, hear, playing, reactor, say, server, wire, wire_within, within_a_minute};

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";

/// A server that answers one PING and closes.
fn answering_once() -> (Endpoint, JoinHandle<()>) {
    playing(|mut stream| {
        hear(&mut stream, PING.len());
        say(&mut stream, b"+PONG\r\n", 64);
    })
}

#[test]
fn after_a_time_out_nothing_is_sent_any_more_and_the_late_answer_is_nobodys() {
    let (endpoint, server) = playing(|mut stream| {
        let first = hear(&mut stream, PING.len());
        std::thread::sleep(Duration::from_millis(200));
        // The client may have closed by now, so that this fails.
        let _ = std::io::Write::write_all(&mut stream, b"+late\r\n");
        let mut rest = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut rest);
        (first, rest)
    });
    let reactor = reactor();
    let (timed_out, next) = reactor
        .block_on(async {
            let wire = wire_within(&reactor, &endpoint, Duration::from_millis(50)).await;
            let twin = wire.clone();
            let timed_out = wire.command(asking(&["PING"])).await.unwrap_err();
            assert!(twin.is_broken(), "clones share the connection");
            reactor.sleep(Duration::from_millis(200)).await;
            (timed_out, twin.command(asking(&["PING"])).await.unwrap_err())
        })
        .unwrap();
    assert_eq!(timed_out, CommandError::TimedOut { command: "PING".to_owned(), timeout_ms: 50 });
    assert!(matches!(next, CommandError::NotSent(_)), "{next:?}");
    assert_eq!(server.join().unwrap(), (PING.to_vec(), Vec::new()), "one request in all");
}

#[test]
fn a_connection_that_ends_is_unknown_for_what_was_in_flight() {
    for (said, why) in
        [("", "the server closed it"), ("+half a li", "the server closed it"), ("HTTP\r\n", "no kind of reply")]
    {
        let (endpoint, server) = playing(move |mut stream| {
            hear(&mut stream, PING.len());
            say(&mut stream, said.as_bytes(), 64);
        });
        let reactor = reactor();
        let lost = reactor.block_on(async { wire(&reactor, &endpoint).await.command(asking(&["PING"])).await });
        let lost = lost.unwrap().unwrap_err();
        assert!(
            matches!(&lost, CommandError::Lost { command, detail } if command == "PING" && detail.contains(why)),
            "{lost:?}"
        );
        assert_eq!(outcome_of(&lost, 1), Outcome::Unknown(UnknownCause::ConnectionLost));
        server.join().unwrap();
    }
}

#[test]
fn a_reply_that_nobody_asked_for_ends_the_connection() {
    let (endpoint, server) = playing(|mut stream| {
        hear(&mut stream, PING.len());
        say(&mut stream, b"+PONG\r\n+PONG\r\n", 64);
        stream
    });
    let reactor = reactor();
    let (first, second) = reactor
        .block_on(async {
            let wire = wire(&reactor, &endpoint).await;
            (wire.command(asking(&["PING"])).await, wire.command(asking(&["PING"])).await)
        })
        .unwrap();
    assert_eq!(first, Ok(Value::SimpleString("PONG".to_owned())));
    assert!(matches!(second, Err(CommandError::NotSent(_))), "{second:?}");
    drop(server.join().unwrap());
}

#[test]
fn a_request_that_is_given_up_closes_the_connection_so_that_its_reply_is_nobodys() {
    let target = server();
    let reactor = reactor();
    let next = reactor.block_on(async {
        let wire = wire(&reactor, target.endpoint()).await;
        let given_up = reactor.within(Duration::from_millis(20), wire.command(asking(&["BLPOP", "never", "0"]))).await;
        assert_eq!(given_up, None);
        wire.command(asking(&["PING"])).await
    });
    assert!(matches!(next.unwrap(), Err(CommandError::NotSent(_))));
}

#[test]
fn a_request_that_is_given_up_at_once_has_been_sent_all_the_same() {
    let target = server();
    let reactor = reactor();
    let waiting = reactor.block_on(async {
        let (first, second) = (wire(&reactor, target.endpoint()).await, wire(&reactor, target.endpoint()).await);
        let asked = first.command(asking(&["RPUSH", "line", "somebody"]));
        // Polled once, and dropped before the loop has had a turn.
        assert_eq!(futures_util::FutureExt::now_or_never(asked), None);
        assert!(first.is_broken());
        let mut waiting = Ok(Value::Int(0));
        for _ in 0..2_000 {
            if waiting != Ok(Value::Int(0)) {
                break;
            }
            reactor.sleep(Duration::from_millis(1)).await;
            waiting = second.command(asking(&["LLEN", "line"])).await;
        }
        waiting
    });
    assert_eq!(waiting.unwrap(), Ok(Value::Int(1)));
}

#[test]
fn one_task_may_ask_on_several_connections_before_it_waits() {
    let target = server();
    let reactor = reactor();
    let answers = reactor.block_on(async {
        let (first, second) = (wire(&reactor, target.endpoint()).await, wire(&reactor, target.endpoint()).await);
        let echo = |wire: &Wire, word: &'static str| {
            let wire = wire.clone();
            async move { wire.command(asking(&["ECHO", word])).await }
        };
        futures_util::future::join_all([echo(&first, "a"), echo(&second, "b"), echo(&first, "c"), echo(&second, "d")])
            .await
    });
    let said = |word: &str| Ok(Value::BulkString(word.as_bytes().to_vec()));
    assert_eq!(answers.unwrap(), ["a", "b", "c", "d"].map(said));
}

#[test]
fn what_the_server_closed_while_nobody_asked_was_not_sent() {
    let (endpoint, server) = answering_once();
    let reactor = reactor();
    let (answer, next) = reactor
        .block_on(async {
            let wire = wire(&reactor, &endpoint).await;
            let answer = wire.command(asking(&["PING"])).await;
            within_a_minute(&reactor, || wire.is_broken()).await;
            (answer, wire.command(asking(&["PING"])).await)
        })
        .unwrap();
    server.join().unwrap();
    assert_eq!(answer, Ok(Value::SimpleString("PONG".to_owned())));
    assert!(
        matches!(&next, Err(error @ CommandError::NotSent(_)) if outcome_of(error, 0) == Outcome::Refused(Refusal::NotSent)),
        "{next:?}"
    );
}

/// Keeps the loop from looking at its sockets for a while, and then asks it to poll everybody.
fn hold_up(reactor: &Reactor) {
    std::thread::sleep(Duration::from_millis(100));
    reactor.poll_all();
}

#[test]
fn an_end_that_came_together_with_the_last_reply_is_seen() {
    let (endpoint, server) = answering_once();
    let reactor = reactor();
    let (answer, broken) = reactor
        .block_on(async {
            let wire = wire(&reactor, &endpoint).await;
            let (asking_wire, answer, busy) = (wire.clone(), Rc::new(RefCell::new(None)), reactor.clone());
            let answered = Rc::clone(&answer);
            // Tasks are polled in the order made: the loop is held up when the request has left.
            reactor.spawn(async move { *answered.borrow_mut() = Some(asking_wire.command(asking(&["PING"])).await) });
            reactor.spawn(async move { hold_up(&busy) });
            within_a_minute(&reactor, || answer.borrow().is_some() && wire.is_broken()).await;
            (answer.take(), wire.is_broken())
        })
        .unwrap();
    server.join().unwrap();
    assert_eq!((answer, broken), (Some(Ok(Value::SimpleString("PONG".to_owned()))), true));
}

#[test]
fn what_came_while_the_loop_was_about_to_end_is_there_when_it_goes_on() {
    let target = server();
    let reactor = reactor();
    let wire = reactor.block_on(wire_within(&reactor, target.endpoint(), Duration::from_secs(1))).unwrap();
    let answer = Rc::new(RefCell::new(None));
    let answered = Rc::clone(&answer);
    reactor.spawn(async move { *answered.borrow_mut() = Some(wire.command(asking(&["ECHO", "here"])).await) });
    let busy = reactor.clone();
    reactor.spawn(async move { hold_up(&busy) });
    // Polled a second time it is over, while the reply stands behind it in the loop's list.
    let mut polls = 0;
    let twice = std::future::poll_fn(|_| {
        polls += 1;
        if polls < 2 { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    });
    reactor.block_on(twice).unwrap();
    reactor.block_on(within_a_minute(&reactor, || answer.borrow().is_some())).unwrap();
    assert_eq!(answer.take(), Some(Ok(Value::BulkString(b"here".to_vec()))));
}

#[test]
fn who_waits_on_a_connection_that_somebody_else_gave_up_hears_of_it() {
    let target = server();
    let reactor = reactor();
    let (answer, given_up) = reactor
        .block_on(async {
            let wire = wire(&reactor, target.endpoint()).await;
            let (other, answer) = (wire.clone(), Rc::new(RefCell::new(None)));
            let answered = Rc::clone(&answer);
            reactor
                .spawn(async move { *answered.borrow_mut() = Some(other.command(asking(&["BLPOP", "a", "0"])).await) });
            let asked = wire.command(asking(&["BLPOP", "b", "0"]));
            let given_up = reactor.within(Duration::from_millis(20), asked).await;
            within_a_minute(&reactor, || answer.borrow().is_some()).await;
            (answer.take(), given_up)
        })
        .unwrap();
    assert_eq!(given_up, None);
    assert!(matches!(&answer, Some(Err(CommandError::Lost { .. }))), "{answer:?}");
}

#[test]
fn requests_of_several_tasks_on_one_connection_each_get_their_own_reply() {
    let target = server();
    let reactor = reactor();
    type Heard = Vec<(usize, Result<Value, CommandError>)>;
    let heard: Rc<RefCell<Heard>> = Rc::default();
    reactor
        .block_on(async {
            let wire = wire(&reactor, target.endpoint()).await;
            for number in 0..100 {
                let (wire, heard) = (wire.clone(), Rc::clone(&heard));
                reactor.spawn(async move {
                    let answer = wire.command(asking(&["ECHO", &number.to_string()])).await;
                    heard.borrow_mut().push((number, answer));
                });
            }
            while heard.borrow().len() < 100 {
                reactor.sleep(Duration::from_millis(1)).await;
            }
        })
        .unwrap();
    for (number, answer) in heard.borrow().iter() {
        assert_eq!(*answer, Ok(Value::BulkString(number.to_string().into_bytes())));
    }
}

#[test]
fn nobody_there_is_said_with_the_address_and_a_wrong_password_without_it() {
    let reactor = reactor();
    let dial = |url: &str| {
        let dialer = Dialer::new(&Endpoint::from_url(url).unwrap()).unwrap();
        reactor.block_on(async { dialer.dial(&reactor, Duration::from_secs(5), 1).await.map(drop) }).unwrap()
    };
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = dial(&format!("redis://{free}")).unwrap_err().to_string();
    assert!(refused.contains(&format!("no connection to redis://{free}")) && refused.contains("refused"), "{refused}");
    let nowhere = dial("unix:///nowhere/redis.sock").unwrap_err().to_string();
    assert!(nowhere.contains("No such file"), "{nowhere}");
    let target = server();
    let address = target.endpoint().shown().trim_start_matches("redis://").to_owned();
    let wrong = dial(&format!("redis://:hunter2@{address}")).unwrap_err().to_string();
    assert!(wrong.contains("AUTH") && !wrong.contains("hunter2"), "{wrong}");
}

#[test]
fn the_database_and_the_protocol_are_those_of_the_address() {
    let target = server();
    let reactor = reactor();
    let address = target.endpoint().shown().to_owned();
    let (zero, three, map) = reactor
        .block_on(async {
            let at = async |path: &str| wire(&reactor, &Endpoint::from_url(&format!("{address}{path}")).unwrap()).await;
            let (zero, three) = (at("").await, at("/3").await);
            three.command(asking(&["SET", "k", "three"])).await.unwrap();
            let resp3 = at("/3?protocol=resp3").await;
            let map = resp3.command(asking(&["HGETALL", "none"])).await.unwrap();
            (zero.command(asking(&["GET", "k"])).await, resp3.command(asking(&["GET", "k"])).await, map)
        })
        .unwrap();
    assert_eq!((zero, three), (Ok(Value::Nil), Ok(Value::BulkString(b"three".to_vec()))));
    assert_eq!(map, Value::Map(Vec::new()));
}

#[test]
fn a_task_that_panics_is_told_of_and_the_others_go_on() {
    let reactor = reactor();
    let went_on = Rc::new(RefCell::new(false));
    let other = Rc::clone(&went_on);
    reactor.spawn(async { panic!("on purpose") });
    let sleeper = reactor.clone();
    reactor.spawn(async move {
        sleeper.sleep(Duration::from_millis(1)).await;
        *other.borrow_mut() = true;
    });
    reactor.block_on(reactor.sleep(Duration::from_millis(20))).unwrap();
    assert_eq!((reactor.take_panic().as_deref(), *went_on.borrow()), (Some("on purpose"), true));
    assert_eq!(reactor.take_panic(), None);
}

#[test]
fn futures_that_know_nothing_of_the_loop_are_woken_by_their_wakers() {
    let reactor = reactor();
    let (sender, receiver) = futures_util::future::join(async { 1 }, async {
        // Yields once, and wakes itself.
        let mut asked = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut asked, true) {
                return std::task::Poll::Ready(2);
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await
    })
    .pipe(|both| reactor.block_on(both).unwrap());
    assert_eq!((sender, receiver), (1, 2));
}

trait Pipe: Sized {
    fn pipe<T>(self, function: impl FnOnce(Self) -> T) -> T {
        function(self)
    }
}

impl<T> Pipe for T {}

#[test]
fn another_thread_can_ask_for_attention() {
    let reactor = reactor();
    let said = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (waker, saying) = (reactor.waker(), std::sync::Arc::clone(&said));
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(10));
        saying.store(true, std::sync::atomic::Ordering::Release);
        waker.wake().unwrap();
    });
    reactor.block_on(reactor.until(|| said.load(std::sync::atomic::Ordering::Acquire))).unwrap();
    thread.join().unwrap();
}
