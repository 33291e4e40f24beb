//! What goes into the arena comes out of it, whether it fits in a slot or not.

use proptest::prelude::*;

use super::super::samples::small;
use super::*;
use crate::model::{DedupeKey, Entry, Operation, QueueStats, Refusal, Token, UnknownCause, UserId};

fn answer(outcome: Outcome) -> Answer {
    Answer {
        sent_ns: None,
        returned_ns: Some(u64::MAX / 2),
        outcome,
        reply_dropped: false,
        commands: 1,
        round_trips: 1,
        bytes_sent: 300,
        bytes_received: 5,
    }
}

#[test]
fn a_record_is_completed_where_it_was_begun_however_many_came_after_it() {
    let sample = small().records.at(0);
    for room in [0, 10, PIECE, 3 * PIECE] {
        let mut recorder = Recorder::with_capacity(room);
        assert!(recorder.is_empty());
        let places: Vec<Place> = (0..2 * PIECE as u64 + 5)
            .map(|number| recorder.begin(Record { sent_ns: number, outcome: Outcome::Left, ..sample.clone() }))
            .collect();
        let ended = [0, PIECE - 1, PIECE, 2 * PIECE + 4];
        for place in ended {
            recorder.end(places[place], answer(Outcome::Position(place as u64)));
        }
        assert_eq!(recorder.len(), 2 * PIECE + 5);
        let answered: Vec<usize> = recorder
            .records()
            .enumerate()
            .filter(|(index, record)| record.outcome == Outcome::Position(*index as u64))
            .map(|(index, _)| index)
            .collect();
        assert_eq!(answered, ended);
        let taken = recorder.take();
        assert!(taken.len() == 2 * PIECE + 5 && taken.is_sorted_by_key(|record| record.sent_ns));
        assert!(recorder.is_empty());
        recorder.end(places[3], answer(Outcome::Left));
        assert!(recorder.is_empty(), "the place is no more");
    }
}

/// Numbers that fit, that just fit and that do not.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..3u64, 250..260u64, 65_530..65_540u64, u64::from(u32::MAX) - 2..u64::from(u32::MAX) + 2, any::<u64>()]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Joined),
        number().prop_map(|number| Outcome::Duplicate(Token(number))),
        number().prop_map(Outcome::Position),
        number().prop_map(Outcome::Swept),
        prop::collection::vec(number().prop_map(Token), 0..3).prop_map(Outcome::Admitted),
        prop::collection::vec(number().prop_map(Token), 0..3).prop_map(Outcome::Entries),
        (number(), number()).prop_map(|(users, entries)| Outcome::Stats(QueueStats { users, entries })),
        Just(Outcome::Refused(Refusal::NotSent)),
        Just(Outcome::Unknown(UnknownCause::TimedOut)),
    ]
}

prop_compose! {
    fn ending()(
        sent_ns in prop::option::of(number()),
        returned_ns in prop::option::of(number()),
        outcome in outcome(),
        reply_dropped in any::<bool>(),
        [commands, round_trips, bytes_sent, bytes_received] in [number(), number(), number(), number()],
    ) -> Answer {
        let [commands, round_trips, bytes_sent, bytes_received] =
            [commands, round_trips, bytes_sent, bytes_received].map(|number| number as u32);
        Answer { sent_ns, returned_ns, outcome, reply_dropped, commands, round_trips, bytes_sent, bytes_received }
    }
}

proptest! {
    #[test]
    fn whatever_is_recorded_comes_back(
        attempts in prop::collection::vec(
            ([number(), number(), number(), number()], prop::option::of(number()), prop::collection::vec(ending(), 0..3)),
            1..20,
        ),
    ) {
        let sample = small().records.at(0);
        let (mut recorder, mut expected) = (Recorder::with_capacity(4), Vec::new());
        let mut places = Vec::new();
        for ([sent_ns, user, token, dedupe], intended_ns, _) in &attempts {
            let entry = Entry { user: UserId(*user), token: Token(*token), dedupe: DedupeKey(*dedupe) };
            let record = Record {
                attempt: *token as u16,
                sent_ns: *sent_ns,
                intended_ns: *intended_ns,
                returned_ns: None,
                call: Operation::Join(entry),
                ..sample.clone()
            };
            places.push(recorder.begin(record.clone()));
            expected.push(record);
        }
        for ((place, record), (_, _, endings)) in places.iter().zip(&mut expected).zip(&attempts) {
            for ending in endings {
                recorder.end(*place, ending.clone());
                let ending = ending.clone();
                record.sent_ns = ending.sent_ns.unwrap_or(record.sent_ns);
                record.returned_ns = ending.returned_ns;
                record.outcome = ending.outcome;
                record.reply_dropped = ending.reply_dropped;
                record.commands = ending.commands;
                record.round_trips = ending.round_trips;
                record.bytes_sent = ending.bytes_sent;
                record.bytes_received = ending.bytes_received;
            }
        }
        prop_assert_eq!(recorder.take(), expected);
    }
}
