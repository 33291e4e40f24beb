//! What every design promises to one client at a time, on a real server.

use std::time::Duration;

use crate::support::{batch, by_request, by_user, client, fresh, on_a_server, open};
use redis::Value;
use stanchion::model::{Dedupe, Outcome, QueueStats, Refusal, Token, UserId};
use stanchion::queue::{CommandError, Commands, Counted, Design, Live, WaitingQueue, outcome_of};

/// Designs whose order is that of the joins even when they come within one millisecond.
const EXACT: [Design; 5] =
    [Design::StreamShared, Design::ZsetSeq, Design::CompositeCenti, Design::CompositeRebased, Design::List];

fn with_one_line(design: Design) -> bool {
    !matches!(design, Design::Streams | Design::StreamsNaive)
}

/// Lets the server's clock pass into another millisecond, so that designs ordered by it know who was first.
async fn tick() {
    tokio::time::sleep(Duration::from_millis(3)).await;
}

#[test]
fn a_join_stands_once_and_a_repeat_is_told_which_token_stands() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in Design::ALL {
            let queue = open(*design, Dedupe::User, None);
            assert_eq!(queue.join(&client, by_user(1, 10)).await, Ok(Outcome::Joined), "{design:?}");
            let repeated = Ok(Outcome::Duplicate(Token(10)));
            assert_eq!(queue.join(&client, by_user(1, 10)).await, repeated, "{design:?}: the same join again");
            assert_eq!(queue.join(&client, by_user(1, 11)).await, repeated, "{design:?}: another token");
            assert_eq!(queue.stats(&client).await, Ok(Outcome::Stats(QueueStats { users: 1, entries: 1 })));
        }
    });
}

#[test]
fn a_join_repeated_after_admission_does_not_enter_the_line_again() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in Design::ALL {
            let queue = open(*design, Dedupe::User, None);
            queue.join(&client, by_user(1, 10)).await.unwrap();
            assert_eq!(queue.admit(&client, 1, batch(1)).await, Ok(Outcome::Admitted(vec![Token(10)])), "{design:?}");
            assert_eq!(queue.join(&client, by_user(1, 10)).await, Ok(Outcome::Duplicate(Token(10))), "{design:?}");
            assert_eq!(queue.position(&client, by_user(1, 10)).await, Ok(Outcome::NotWaiting), "{design:?}");
            assert_eq!(queue.leave(&client, by_user(1, 10)).await, Ok(Outcome::NotWaiting), "{design:?}");
            assert_eq!(queue.renew(&client, by_user(1, 10)).await, Ok(Outcome::NotWaiting), "{design:?}");
            assert_eq!(queue.admit(&client, 1, batch(2)).await, Ok(Outcome::Admitted(vec![])), "{design:?}");
        }
    });
}

#[test]
fn a_batch_sent_twice_gets_the_first_answer() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in Design::ALL {
            let queue = open(*design, Dedupe::User, None);
            assert_eq!(queue.admit(&client, 3, batch(1)).await, Ok(Outcome::Admitted(vec![])), "{design:?}");
            for user in 1..=5 {
                queue.join(&client, by_user(user, user)).await.unwrap();
                tick().await;
            }
            let first_three = Ok(Outcome::Admitted(vec![Token(1), Token(2), Token(3)]));
            assert_eq!(queue.admit(&client, 3, batch(1)).await, Ok(Outcome::Admitted(vec![])), "{design:?}: empty");
            assert_eq!(queue.admit(&client, 3, batch(2)).await, first_three, "{design:?}");
            assert_eq!(queue.admit(&client, 3, batch(2)).await, first_three, "{design:?}: repeated");
            let rest = Ok(Outcome::Admitted(vec![Token(4), Token(5)]));
            assert_eq!(queue.admit(&client, 3, batch(3)).await, rest, "{design:?}: fewer wait than asked for");
        }
    });
}

#[test]
fn positions_count_from_one_and_leave_no_holes() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in Design::ALL.iter().copied().filter(|design| with_one_line(*design)) {
            let queue = open(design, Dedupe::User, None);
            for user in 1..=12 {
                queue.join(&client, by_user(user, user)).await.unwrap();
                tick().await;
            }
            for gone in [5, 1, 6, 12] {
                assert_eq!(queue.leave(&client, by_user(gone, gone)).await, Ok(Outcome::Left), "{design:?}");
                assert_eq!(queue.leave(&client, by_user(gone, gone)).await, Ok(Outcome::NotWaiting), "{design:?}");
            }
            let admitted = queue.admit(&client, 2, batch(1)).await;
            assert_eq!(admitted, Ok(Outcome::Admitted(vec![Token(2), Token(3)])), "{design:?}");
            for (position, user) in (1..).zip([4, 7, 8, 9, 10, 11]) {
                let asked = queue.position(&client, by_user(user, user)).await;
                assert_eq!(asked, Ok(Outcome::Position(position)), "{design:?}: user {user}");
            }
            // Who left may join again, at the end.
            assert_eq!(queue.join(&client, by_user(5, 50)).await, Ok(Outcome::Joined), "{design:?}");
            assert_eq!(queue.position(&client, by_user(5, 50)).await, Ok(Outcome::Position(7)), "{design:?}");
        }
    });
}

#[test]
fn another_token_neither_sees_nor_removes_nor_renews_an_entry() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in Design::ALL {
            let queue = open(*design, Dedupe::User, None);
            queue.join(&client, by_user(1, 10)).await.unwrap();
            let other = by_user(1, 11);
            assert_eq!(queue.position(&client, other).await, Ok(Outcome::NotWaiting), "{design:?}");
            assert_eq!(queue.leave(&client, other).await, Ok(Outcome::NotWaiting), "{design:?}");
            assert_eq!(queue.renew(&client, other).await, Ok(Outcome::NotWaiting), "{design:?}");
            assert_eq!(queue.position(&client, by_user(1, 10)).await, Ok(Outcome::Position(1)), "{design:?}");
        }
    });
}

#[test]
fn designs_with_a_sequence_keep_the_order_within_a_millisecond() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in EXACT {
            let queue = open(design, Dedupe::User, None);
            // No pause between them: dozens fall into one millisecond. Not enough for `composite-centi`'s limit.
            for user in 0..300 {
                queue.join(&client, by_user(user, user)).await.unwrap();
            }
            let expected: Vec<Token> = (0..300).map(Token).collect();
            assert_eq!(queue.admit(&client, 1000, batch(1)).await, Ok(Outcome::Admitted(expected)), "{design:?}");
        }
    });
}

#[test]
fn an_admission_larger_than_lua_can_unpack_at_once_loses_nobody() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in EXACT {
            let queue = open(design, Dedupe::User, None);
            let joins = (0..9_000).map(|user| queue.join(&client, by_user(user, user)));
            for outcome in futures_util::future::join_all(joins).await {
                assert_eq!(outcome, Ok(Outcome::Joined), "{design:?}");
            }
            let Ok(Outcome::Admitted(tokens)) = queue.admit(&client, 10_000, batch(1)).await else {
                panic!("{design:?}: not admitted")
            };
            let distinct: std::collections::HashSet<Token> = tokens.iter().copied().collect();
            assert_eq!((tokens.len(), distinct.len()), (9_000, 9_000), "{design:?}");
        }
    });
}

#[test]
fn several_tokens_of_one_user_are_admitted_in_the_order_joined() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in EXACT.into_iter().chain([Design::Streams, Design::StreamsNaive]) {
            let queue = open(design, Dedupe::Request, None);
            for request in 0..30 {
                queue.join(&client, by_request(request % 3, request, request)).await.unwrap();
            }
            if with_one_line(design) {
                let entries = queue.entries(&client, UserId(1)).await;
                assert_eq!(entries, Ok(Outcome::Refused(Refusal::NotOffered)), "{design:?}");
            } else {
                let own: Vec<Token> = (0..10).map(|nth| Token(3 * nth + 1)).collect();
                assert_eq!(queue.entries(&client, UserId(1)).await, Ok(Outcome::Entries(own)), "{design:?}");
                let stats = Ok(Outcome::Stats(QueueStats { users: 3, entries: 30 }));
                assert_eq!(queue.stats(&client).await, stats, "{design:?}");
            }
            let mut admitted = Vec::new();
            for number in 0.. {
                match queue.admit(&client, 7, batch(number)).await.unwrap() {
                    Outcome::Admitted(tokens) if tokens.is_empty() => break,
                    Outcome::Admitted(tokens) => admitted.extend(tokens),
                    other => panic!("{design:?}: {other:?}"),
                }
            }
            assert_eq!(admitted.len(), 30, "{design:?}");
            for user in 0..3 {
                let own: Vec<u64> = admitted.iter().map(|token| token.0).filter(|token| token % 3 == user).collect();
                assert!(own.is_sorted(), "{design:?}: {own:?}");
            }
        }
    });
}

#[test]
fn a_script_flush_in_the_middle_loses_nothing() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in Design::ALL {
            let queue = open(*design, Dedupe::User, None);
            for user in 1..=20 {
                if user % 5 == 0 {
                    client.command(redis::cmd("SCRIPT").arg("FLUSH").take()).await.unwrap();
                }
                assert_eq!(queue.join(&client, by_user(user, user)).await, Ok(Outcome::Joined), "{design:?}");
            }
            client.command(redis::cmd("SCRIPT").arg("FLUSH").take()).await.unwrap();
            let Ok(Outcome::Admitted(mut tokens)) = queue.admit(&client, 20, batch(1)).await else {
                panic!("{design:?}: not admitted")
            };
            tokens.sort_by_key(|token| token.0);
            assert_eq!(tokens, (1..=20).map(Token).collect::<Vec<_>>(), "{design:?}");
        }
    });
}

#[test]
fn loading_a_designs_scripts_spares_every_first_call_its_second_round_trip() {
    on_a_server(async |target| {
        let counted = Counted::new(client(target).await);
        for design in Design::ALL.iter().copied().filter(|design| *design != Design::StreamsNaive) {
            for script in design.scripts() {
                counted.command(script.load()).await.unwrap();
            }
            let queue = open(design, Dedupe::User, None);
            counted.take();
            queue.join(&counted, by_user(1, 1)).await.unwrap();
            assert_eq!(counted.take().commands, 1, "{design:?}: join");
            queue.renew(&counted, by_user(1, 1)).await.unwrap();
            assert_eq!(counted.take().commands, 1, "{design:?}: renew");
            queue.leave(&counted, by_user(1, 1)).await.unwrap();
            assert_eq!(counted.take().commands, 1, "{design:?}: leave");
            queue.admit(&counted, 1, batch(1)).await.unwrap();
            assert_eq!(counted.take().commands, 1, "{design:?}: admit");
        }
    });
}

#[test]
fn every_key_of_an_event_carries_its_hash_tag_and_the_run_prefix() {
    on_a_server(async |target| {
        let client = client(target).await;
        for design in Design::ALL {
            for event in ["sale", "}x", "", "{", "a*?[b]\\"] {
                client.command(redis::cmd("FLUSHALL")).await.unwrap();
                let queue = design.open(stanchion::queue::QueueSettings {
                    event: event.to_owned(),
                    ..fresh(Dedupe::User, Some(Duration::from_secs(100)))
                });
                for user in 1..=4 {
                    queue.join(&client, by_user(user, user)).await.unwrap();
                }
                queue.renew(&client, by_user(1, 1)).await.unwrap();
                queue.leave(&client, by_user(2, 2)).await.unwrap();
                queue.position(&client, by_user(3, 3)).await.unwrap();
                assert_ne!(
                    queue.admit(&client, 1, batch(1)).await,
                    Ok(Outcome::Admitted(vec![])),
                    "{design:?} {event}"
                );
                queue.sweep(&client, Duration::from_secs(50)).await.unwrap();
                queue.stats(&client).await.unwrap();
                let Value::Array(keys) = client.command(redis::cmd("KEYS").arg("*").take()).await.unwrap() else {
                    panic!("KEYS answers an array")
                };
                assert!(keys.len() >= 3, "{design:?} {event}: {keys:?}");
                let mut tags = std::collections::BTreeSet::new();
                for key in keys {
                    let Value::BulkString(key) = key else { panic!("a key is a text") };
                    let key = String::from_utf8(key).unwrap();
                    assert!(key.starts_with("test:"), "{design:?}: {key}");
                    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
                    assert!(tag.is_some_and(|tag| !tag.is_empty()), "{design:?}: no hash tag in {key}");
                    tags.insert(tag.unwrap().to_owned());
                }
                assert_eq!(tags.len(), 1, "{design:?} {event}: {tags:?}");
            }
        }
    });
}

#[test]
fn of_a_hundred_joins_at_once_under_one_key_exactly_one_succeeds() {
    on_a_server(async |target| {
        let mut clients = Vec::new();
        for _ in 0..100 {
            clients.push(client(target).await);
        }
        for design in Design::ALL.iter().copied().filter(|design| *design != Design::StreamsNaive) {
            let queue = open(design, Dedupe::User, None);
            let joins = (0..).zip(&clients).map(|(token, client)| queue.join(client, by_user(7, token)));
            let outcomes: Vec<Outcome> = futures_util::future::try_join_all(joins).await.unwrap();
            let winners: Vec<usize> = (0..100).filter(|nth| outcomes[*nth] == Outcome::Joined).collect();
            let [winner] = winners[..] else { panic!("{design:?}: {winners:?} all joined") };
            let told = outcomes.iter().filter(|outcome| **outcome == Outcome::Duplicate(Token(winner as u64))).count();
            assert_eq!(told, 99, "{design:?}: the others are told who won");
        }
    });
}

#[test]
fn admissions_at_once_let_nobody_in_twice() {
    on_a_server(async |target| {
        let clients = [client(target).await, client(target).await, client(target).await];
        // Five times each: admissions may happen not to overlap.
        for design in Design::ALL.iter().flat_map(|design| [design; 5]) {
            let queue = open(*design, Dedupe::User, None);
            for user in 0..50 {
                queue.join(&clients[0], by_user(user, user)).await.unwrap();
            }
            let admissions = (0..).zip(&clients).map(|(number, client)| queue.admit(client, 20, batch(number)));
            let mut admitted = Vec::new();
            for outcome in futures_util::future::try_join_all(admissions).await.unwrap() {
                let Outcome::Admitted(tokens) = outcome else { panic!("{design:?}: {outcome:?}") };
                admitted.extend(tokens);
            }
            admitted.sort_by_key(|token| token.0);
            assert_eq!(admitted, (0..50).map(Token).collect::<Vec<_>>(), "{design:?}: each once, and all of them");
        }
    });
}

#[test]
fn streams_leaves_no_empty_stream_behind() {
    on_a_server(async |target| {
        let client = client(target).await;
        let queue = open(Design::Streams, Dedupe::User, None);
        for user in 0..6 {
            queue.join(&client, by_user(user, user)).await.unwrap();
        }
        let streams = async || client.command(redis::cmd("KEYS").arg("test:stream:*").take()).await;
        let count = async || match streams().await {
            Ok(Value::Array(keys)) => keys.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!(count().await, 6);
        queue.leave(&client, by_user(5, 5)).await.unwrap();
        assert_eq!(count().await, 5);
        queue.admit(&client, 3, batch(1)).await.unwrap();
        assert_eq!(count().await, 2);
        queue.sweep(&client, Duration::ZERO).await.unwrap();
        assert_eq!(count().await, 0);
    });
}

#[test]
fn composite_rebased_refuses_joins_once_its_epoch_is_used_up() {
    on_a_server(async |target| {
        let client = client(target).await;
        let settings = fresh(Dedupe::User, None);
        let epoch = format!("test:epoch:event:{{{}}}", settings.event);
        let queue = Design::CompositeRebased.open(settings);
        queue.join(&client, by_user(1, 1)).await.unwrap();
        let Ok(Value::BulkString(stored)) = client.command(redis::cmd("GET").arg(&epoch).take()).await else {
            panic!("no epoch")
        };
        let stored: u128 = String::from_utf8(stored).unwrap().parse().unwrap();
        let now = client.now().as_millis();
        assert_eq!((stored % 86_400_000, now - stored < 2 * 86_400_000), (0, true), "a recent midnight");

        let hundred_days_ago = now - 100 * 86_400_000;
        client.command(redis::cmd("SET").arg(&epoch).arg(hundred_days_ago.to_string()).take()).await.unwrap();
        let refused = queue.join(&client, by_user(2, 2)).await.unwrap_err();
        assert_eq!(outcome_of(&refused, 1), Outcome::Refused(Refusal::Other), "{refused}");
        assert!(refused.to_string().contains("99 days"), "{refused}");
        assert_eq!(queue.stats(&client).await, Ok(Outcome::Stats(QueueStats { users: 1, entries: 1 })));
    });
}

#[test]
fn the_scores_of_the_composites_are_the_float64_their_teams_would_compute() {
    on_a_server(async |target| {
        let client = client(target).await;
        // 1,000 joins of one millisecond: how many distinct scores are left of them?
        let distinct = async |way: Design| {
            let (settings, frozen) = (fresh(Dedupe::User, None), Frozen(&client));
            let line = format!("test:queue:event:{{{}}}", settings.event);
            let queue = way.open(settings);
            for user in 0..1_000 {
                queue.join(&frozen, by_user(user, user)).await.unwrap();
            }
            let all = client.command(redis::cmd("ZRANGE").arg(&line).arg(0).arg(-1).arg("WITHSCORES").take()).await;
            let Ok(Value::Array(all)) = all else { panic!("a sorted set") };
            all.chunks(2).map(|pair| format!("{:?}", pair[1])).collect::<std::collections::HashSet<_>>().len()
        };
        assert_eq!(distinct(Design::ZsetMs).await, 1);
        assert_eq!(distinct(Design::CompositeShift).await, 1, "the step of a float64 near 2^65 is 4,096");
        assert_eq!(distinct(Design::CompositeDecimal).await, 5, "the step of a float64 near the clock is 2^-12");
        assert_eq!(distinct(Design::CompositeCenti).await, 1_000, "distinct, but the 101st lies in the next ms");
        assert_eq!(distinct(Design::CompositeRebased).await, 1_000);
    });
}

/// A client whose clock stands still.
struct Frozen<'a>(&'a Live);

impl Commands for Frozen<'_> {
    async fn command(&self, cmd: redis::Cmd) -> Result<Value, CommandError> {
        self.0.command(cmd).await
    }

    async fn pipeline(&self, cmds: Vec<redis::Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        self.0.pipeline(cmds).await
    }

    async fn transaction(&self, cmds: Vec<redis::Cmd>) -> Result<Vec<Result<Value, CommandError>>, CommandError> {
        self.0.transaction(cmds).await
    }

    fn now(&self) -> Duration {
        Duration::from_millis(1_759_622_400_123) // 2025-10-05
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.0.random()
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        self.0.spawn(work);
    }
}
