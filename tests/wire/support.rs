//! A loop with connections of our own, to a real server or to one that plays a part.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use redis::Cmd;
use stanchion::model::Pacer;
use stanchion::target::{Endpoint, Target, TargetChoice, TargetOptions};
use stanchion::wire::{Clock, Dialer, Reactor, Wire};

/// A server of its own for a test.
pub fn server() -> Target {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Target::start(&TargetChoice::Local, &TargetOptions::default())).unwrap()
}

/// A loop whose time-outs are kept to a millisecond.
pub fn reactor() -> Reactor {
    Reactor::new(Clock::start(), Pacer::Sleep, 1_000_000).unwrap()
}

/// A connection that waits a minute for each reply: these tests are about answers, not about speed.
pub async fn wire(reactor: &Reactor, endpoint: &Endpoint) -> Wire {
    wire_within(reactor, endpoint, Duration::from_secs(60)).await
}

pub async fn wire_within(reactor: &Reactor, endpoint: &Endpoint, timeout: Duration) -> Wire {
    Dialer::new(endpoint).unwrap().dial(reactor, timeout, 7).await.unwrap()
}

pub fn asking(words: &[&str]) -> Cmd {
    let mut asked = redis::cmd(words[0]);
    for word in &words[1..] {
        asked.arg(*word);
    }
    asked
}

/// A server that plays a part with the first client that comes, on a thread of its own.
pub fn playing<T: Send + 'static>(part: impl FnOnce(TcpStream) -> T + Send + 'static) -> (Endpoint, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from_url(&format!("redis://{}", listener.local_addr().unwrap())).unwrap();
    (endpoint, std::thread::spawn(move || part(listener.accept().unwrap().0)))
}

/// Reads a request of this many bytes.
pub fn hear(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut heard = vec![0; bytes];
    stream.read_exact(&mut heard).unwrap();
    heard
}

/// Sends bytes in pieces, each in a packet of its own.
pub fn say(stream: &mut TcpStream, bytes: &[u8], piece: usize) {
    stream.set_nodelay(true).unwrap();
    for piece in bytes.chunks(piece) {
        stream.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Waits for something, for a minute at the most.
pub async fn within_a_minute(reactor: &Reactor, done: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if done() {
            break;
        }
        reactor.sleep(Duration::from_millis(1)).await;
    }
}
