//! A real server for a test, clients on it, and a fresh event for every case.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod program;
pub mod reference;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stanchion::model::{BatchId, Dedupe, DedupeKey, Entry, Token, UserId};
use stanchion::queue::{AnyQueue, Design, Live, QueueSettings};
use stanchion::target::{Target, TargetChoice, TargetOptions};

/// Runs a test against a server of its own, which ends with it.
pub fn on_a_server(test: impl AsyncFnOnce(&Target)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let target = Target::start(&TargetChoice::Local, &TargetOptions::default()).await.unwrap();
        test(&target).await;
    });
}

/// A new connection. The time-out is generous: these tests are about answers, not about speed.
pub async fn client(target: &Target) -> Live {
    let connection = target.endpoint().connect(Duration::from_secs(10)).await.unwrap();
    Live::new(connection, Duration::from_secs(60), 7)
}

/// Settings for an event that no other case uses.
pub fn fresh(dedupe: Dedupe, ttl: Option<Duration>) -> QueueSettings {
    static EVENTS: AtomicU64 = AtomicU64::new(0);
    let event = format!("sale-{}", EVENTS.fetch_add(1, Ordering::Relaxed));
    QueueSettings { prefix: "test:".to_owned(), event, dedupe, ttl }
}

/// A queue of a fresh event.
pub fn open(design: Design, dedupe: Dedupe, ttl: Option<Duration>) -> AnyQueue {
    design.open(fresh(dedupe, ttl))
}

/// User `user` asks with token `token`, one place for each user.
pub fn by_user(user: u64, token: u64) -> Entry {
    Entry { user: UserId(user), token: Token(token), dedupe: DedupeKey(user) }
}

/// User `user` asks with token `token` under request number `request`.
pub fn by_request(user: u64, token: u64, request: u64) -> Entry {
    Entry { user: UserId(user), token: Token(token), dedupe: DedupeKey(request) }
}

/// A batch id.
pub fn batch(number: u64) -> BatchId {
    BatchId(number)
}

/// Runs programs against one server from a test that is not async itself, as a proptest runner is.
pub struct Stage {
    // Fields are dropped in this order: clients and server go while the runtime still lives.
    clients: Vec<Live>,
    _target: Target,
    local: tokio::task::LocalSet,
    runtime: tokio::runtime::Runtime,
}

impl Stage {
    /// A server of its own, and so many clients.
    pub fn new(clients: usize) -> Stage {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let local = tokio::task::LocalSet::new();
        let (target, clients) = local.block_on(&runtime, async {
            let target = Target::start(&TargetChoice::Local, &TargetOptions::default()).await.unwrap();
            let mut connected = Vec::new();
            for _ in 0..clients {
                connected.push(client(&target).await);
            }
            (target, connected)
        });
        Stage { clients, _target: target, local, runtime }
    }

    /// The clients, each with a connection of its own.
    pub fn clients(&self) -> &[Live] {
        &self.clients
    }

    /// Runs a program to its end.
    pub fn run<T>(&self, program: impl Future<Output = T>) -> T {
        self.local.block_on(&self.runtime, program)
    }
}
