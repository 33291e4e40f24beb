//! What every design promises about time: entries expire, renewals count, sweeps take the old and no others.
//!
//! These tests run against the clock. Each runs at a pace that grows until this machine keeps up with
//! it: a machine that stalls makes a test slower, never red.

use std::time::{Duration, Instant};

use crate::support::{batch, by_request, by_user, client, on_a_server, open};
use stanchion::model::{Dedupe, Outcome, QueueStats, Token};
use stanchion::queue::{AnyQueue, Design, WaitingQueue};

/// A clock in units of the test's pace.
struct Pace {
    unit: Duration,
    start: Instant,
}

/// The machine stalled: what was answered says nothing.
struct Late;

impl Pace {
    fn start(unit: Duration) -> Pace {
        Pace { unit, start: Instant::now() }
    }

    /// Waits until so many units have passed.
    async fn reach(&self, units: u32) {
        tokio::time::sleep((self.start + self.unit * units).saturating_duration_since(Instant::now())).await;
    }

    /// Everything so far happened before so many units had passed.
    fn before(&self, units: u32) -> Result<(), Late> {
        if self.start.elapsed() < self.unit * units { Ok(()) } else { Err(Late) }
    }
}

async fn at_a_pace_the_machine_keeps(scenario: impl AsyncFn(Duration) -> Result<(), Late>) {
    for unit_ms in [50, 200, 800, 3_200] {
        if scenario(Duration::from_millis(unit_ms)).await.is_ok() {
            return;
        }
    }
    panic!("this machine stalls for seconds on end: nothing was tested");
}

fn with_one_line(design: Design) -> bool {
    !matches!(design, Design::Streams | Design::StreamsNaive)
}

fn opened(designs: &[Design], dedupe: Dedupe, ttl: Option<Duration>) -> Vec<(Design, AnyQueue)> {
    designs.iter().map(|design| (*design, open(*design, dedupe, ttl))).collect()
}

#[test]
fn an_entry_expires_unless_renewed_and_may_join_again_then() {
    on_a_server(async |target| {
        let client = client(target).await;
        at_a_pace_the_machine_keeps(async |unit| {
            let queues = opened(Design::ALL, Dedupe::User, Some(unit * 8));
            let pace = Pace::start(unit);
            for (_, queue) in &queues {
                queue.join(&client, by_user(1, 1)).await.unwrap();
                queue.join(&client, by_user(2, 2)).await.unwrap();
            }
            pace.before(1)?;

            pace.reach(4).await;
            for (design, queue) in &queues {
                let renewed = queue.renew(&client, by_user(2, 2)).await;
                pace.before(6)?;
                assert_eq!(renewed, Ok(Outcome::Renewed), "{design:?}: halfway");
            }

            pace.reach(10).await;
            for (design, queue) in &queues {
                let gone = Ok(Outcome::NotWaiting);
                assert_eq!(queue.position(&client, by_user(1, 1)).await, gone, "{design:?}: expired");
                assert_eq!(queue.renew(&client, by_user(1, 1)).await, gone, "{design:?}: expired");
                assert_eq!(queue.leave(&client, by_user(1, 1)).await, gone, "{design:?}: expired");
                let renewed = queue.position(&client, by_user(2, 2)).await;
                let again = queue.join(&client, by_user(1, 100)).await;
                pace.before(12)?;
                if with_one_line(*design) {
                    assert_eq!(renewed, Ok(Outcome::Position(1)), "{design:?}: the expired head no longer counts");
                } else {
                    assert!(matches!(renewed, Ok(Outcome::Position(_))), "{design:?}: {renewed:?}");
                }
                assert_eq!(again, Ok(Outcome::Joined), "{design:?}: the mark expired with the entry");
            }

            pace.reach(15).await;
            for (design, queue) in &queues {
                let admitted = queue.admit(&client, 10, batch(1)).await;
                pace.before(18)?;
                let youngest = Ok(Outcome::Admitted(vec![Token(100)]));
                assert_eq!(admitted, youngest, "{design:?}: the renewed one has expired as well");
            }
            Ok(())
        })
        .await;
    });
}

#[test]
fn a_token_that_expires_beside_a_younger_one_of_its_user_is_gone_alone() {
    on_a_server(async |target| {
        let client = client(target).await;
        at_a_pace_the_machine_keeps(async |unit| {
            // Not `streams-naive`: its entries live as long as the stream they share.
            let designs: Vec<_> = Design::ALL.iter().copied().filter(|d| *d != Design::StreamsNaive).collect();
            let queues = opened(&designs, Dedupe::Request, Some(unit * 8));
            let (old, young) = (by_request(1, 10, 10), by_request(1, 11, 11));
            let pace = Pace::start(unit);
            for (_, queue) in &queues {
                for entry in [old, by_request(1, 20, 20), by_request(1, 30, 30)] {
                    queue.join(&client, entry).await.unwrap();
                }
            }
            pace.before(1)?;
            pace.reach(5).await;
            for (_, queue) in &queues {
                queue.join(&client, young).await.unwrap();
            }
            pace.reach(10).await;
            for (design, queue) in &queues {
                assert_eq!(queue.position(&client, old).await, Ok(Outcome::NotWaiting), "{design:?}");
                let again = queue.join(&client, by_request(1, 12, 10)).await;
                // One at a time: the expired lie before those who wait.
                let admitted = [queue.admit(&client, 1, batch(1)).await, queue.admit(&client, 5, batch(2)).await];
                pace.before(13)?;
                assert_eq!(again, Ok(Outcome::Joined), "{design:?}");
                let right = [Ok(Outcome::Admitted(vec![Token(11)])), Ok(Outcome::Admitted(vec![Token(12)]))];
                assert_eq!(admitted, right, "{design:?}");
            }
            Ok(())
        })
        .await;
    });
}

#[test]
fn of_more_that_expire_at_once_than_one_call_removes_none_is_let_in() {
    on_a_server(async |target| {
        let client = client(target).await;
        at_a_pace_the_machine_keeps(async |unit| {
            for design in [Design::ZsetSeq, Design::List, Design::StreamShared, Design::Streams] {
                // Every call lets go of 500 at most: the last of these is still there when it is asked about.
                let queues = opened(&[design; 4], Dedupe::User, Some(unit * 4));
                for ((_, queue), users) in queues.iter().zip([700, 700, 700, 1_300]) {
                    let joins = (0..users).map(|user| queue.join(&client, by_user(user, user)));
                    futures_util::future::try_join_all(joins).await.unwrap();
                }
                let pace = Pace::start(unit);
                pace.reach(5).await;
                let last = by_user(699, 699);
                let [(_, asked), (_, renewed), (_, left), (_, admitted)] = &queues[..] else { unreachable!("four") };
                assert_eq!(asked.position(&client, last).await, Ok(Outcome::NotWaiting), "{design:?}");
                assert_eq!(renewed.renew(&client, last).await, Ok(Outcome::NotWaiting), "{design:?}");
                assert_eq!(left.leave(&client, last).await, Ok(Outcome::NotWaiting), "{design:?}");
                let again = admitted.join(&client, by_user(1_299, 2_000)).await;
                let let_in = admitted.admit(&client, 3, batch(1)).await;
                pace.before(9)?;
                assert_eq!(again, Ok(Outcome::Joined), "{design:?}");
                assert_eq!(let_in, Ok(Outcome::Admitted(vec![Token(2_000)])), "{design:?}: past those that expired");
            }
            Ok(())
        })
        .await;
    });
}

#[test]
fn a_sweep_removes_the_old_keeps_the_young_and_releases_the_marks() {
    on_a_server(async |target| {
        let client = client(target).await;
        at_a_pace_the_machine_keeps(async |unit| {
            let queues = opened(Design::ALL, Dedupe::User, None);
            for (_, queue) in &queues {
                // More than one chunk of a sweep.
                let joins = (0..700).map(|user| queue.join(&client, by_user(user, user)));
                futures_util::future::try_join_all(joins).await.unwrap();
            }
            let pace = Pace::start(unit);
            pace.reach(8).await;
            let young = by_user(1_000, 1_000);
            for (_, queue) in &queues {
                queue.join(&client, young).await.unwrap();
            }
            let mut swept = Vec::new();
            for (_, queue) in &queues {
                swept.push([queue.sweep(&client, unit * 6).await, queue.sweep(&client, unit * 6).await]);
            }
            pace.before(14)?;
            for ((design, queue), swept) in queues.iter().zip(swept) {
                assert_eq!(swept, [Ok(Outcome::Swept(700)), Ok(Outcome::Swept(0))], "{design:?}");
                let stats = queue.stats(&client).await;
                assert_eq!(stats, Ok(Outcome::Stats(QueueStats { users: 1, entries: 1 })), "{design:?}");
                assert_eq!(queue.join(&client, by_user(3, 2_000)).await, Ok(Outcome::Joined), "{design:?}: released");
                let standing = queue.join(&client, by_user(1_000, 2_001)).await;
                assert_eq!(standing, Ok(Outcome::Duplicate(young.token)), "{design:?}: not released");
            }
            Ok(())
        })
        .await;
    });
}

#[test]
fn a_sweep_does_not_undo_a_renewal_and_takes_what_has_expired_however_old_too_old_is() {
    on_a_server(async |target| {
        let client = client(target).await;
        at_a_pace_the_machine_keeps(async |unit| {
            let queues = opened(Design::ALL, Dedupe::User, Some(unit * 20));
            let pace = Pace::start(unit);
            for (_, queue) in &queues {
                queue.join(&client, by_user(1, 1)).await.unwrap();
            }
            pace.reach(6).await;
            let mut answers = Vec::new();
            for (_, queue) in &queues {
                let renewed = queue.renew(&client, by_user(1, 1)).await;
                let swept = queue.sweep(&client, unit * 5).await;
                answers.push((renewed, swept, queue.position(&client, by_user(1, 1)).await));
            }
            pace.before(11)?;
            for ((design, _), answer) in queues.iter().zip(answers) {
                let right = (Ok(Outcome::Renewed), Ok(Outcome::Swept(0)), Ok(Outcome::Position(1)));
                assert_eq!(answer, right, "{design:?}");
            }
            pace.reach(32).await;
            for (design, queue) in &queues {
                let swept = queue.sweep(&client, Duration::from_secs(3_600)).await;
                // With streams, the keys have expired by themselves.
                let right = if with_one_line(*design) { 1 } else { 0 };
                assert_eq!(swept, Ok(Outcome::Swept(right)), "{design:?}");
                let stats = queue.stats(&client).await;
                assert_eq!(stats, Ok(Outcome::Stats(QueueStats::default())), "{design:?}");
            }
            Ok(())
        })
        .await;
    });
}
