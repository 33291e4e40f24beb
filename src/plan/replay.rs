//! Arrival times of a replay.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::scenario::ReplayLoad;

/// Arrival times in ns since the load began, ascending.
///
/// At scale 1 they are those of the file. A smaller scale draws which of them stay, a larger one how many are made of each:
/// as many of all as the scale, the others of some that are drawn. The first of them arrives when the file says, the further
/// ones at drawn times before the next arrival of the file, so that a steep rise stays where it is.
pub(super) fn replayed(load: &ReplayLoad, rng: &mut ChaCha8Rng) -> Vec<u64> {
    let of_file = &load.times_ns;
    let in_file = of_file.len() as u64;
    let (each, more) = (load.arrivals() / in_file.max(1), load.arrivals() % in_file.max(1));
    let (mut left, mut more_left) = (in_file, more);
    let mut times = Vec::with_capacity(usize::try_from(load.arrivals()).unwrap_or(0));
    for (index, &time_ns) in of_file.iter().enumerate() {
        // Selection sampling (Knuth, TAOCP 3.4.2, algorithm S): every choice of so many has the same probability.
        let drawn = more_left > 0 && rng.random_range(0..left) < more_left;
        left -= 1;
        more_left -= u64::from(drawn);
        let copies = each + u64::from(drawn);
        let next_ns = of_file.get(index + 1).copied().unwrap_or(time_ns);
        let begin = times.len();
        times.extend((0..copies).map(|copy| {
            let alone = copy == 0 || next_ns <= time_ns;
            if alone { time_ns } else { rng.random_range(time_ns..next_ns) }
        }));
        times[begin..].sort_unstable();
    }
    times
}

/// Arrivals per second, mean from the first of the file to the last; `None` if no time passes between them.
pub(super) fn arrivals_per_s(load: &ReplayLoad) -> Option<f64> {
    let seconds = load.duration().as_secs_f64();
    (seconds > 0.0).then(|| load.arrivals() as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;

    use super::*;

    fn load(times_ns: Vec<u64>, scale: f64) -> ReplayLoad {
        ReplayLoad { times_ns: times_ns.into(), scale, connections: 4, tokens_per_user: 1 }
    }

    fn planned(load: &ReplayLoad, seed: u64) -> Vec<u64> {
        replayed(load, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    fn times() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(0..2_000_000_000_u64, 1..300).prop_map(|mut times| {
            times.sort_unstable();
            times
        })
    }

    proptest! {
        #[test]
        fn a_replay_at_scale_1_has_exactly_the_times_of_the_file(times in times(), seed in any::<u64>()) {
            prop_assert_eq!(planned(&load(times.clone(), 1.0), seed), times);
        }

        #[test]
        fn a_smaller_scale_keeps_as_many_arrivals_as_it_says_and_makes_up_none(
            times in times(), scale in 0.001..1.0_f64, seed in any::<u64>(),
        ) {
            let thinned = load(times.clone(), scale);
            let kept = planned(&thinned, seed);
            prop_assert_eq!(kept.len() as u64, thinned.arrivals());
            prop_assert_eq!(thinned.arrivals(), ((times.len() as f64 * scale).round() as u64).max(1));
            // A subsequence: each one that stayed is one of the file, in order, and none stayed twice.
            let mut of_file = times.iter();
            prop_assert!(kept.iter().all(|time| of_file.any(|of_file| of_file == time)));
            prop_assert_eq!(&kept, &planned(&thinned, seed), "the seed decides, and nothing else");
        }

        #[test]
        fn a_larger_scale_keeps_every_arrival_and_adds_as_many_before_the_next(
            times in times(), scale in 1.0..6.0_f64, seed in any::<u64>(),
        ) {
            let multiplied = load(times.clone(), scale);
            let made = planned(&multiplied, seed);
            prop_assert_eq!(made.len() as u64, multiplied.arrivals());
            prop_assert!(made.is_sorted());
            for pair in times.windows(2).filter(|pair| pair[0] < pair[1]) {
                let same = times.iter().filter(|time| **time == pair[0]).count();
                let between = made.iter().filter(|time| (pair[0]..pair[1]).contains(*time)).count();
                let (least, most) = (same * scale.floor() as usize, same * scale.ceil() as usize);
                prop_assert!((least..=most).contains(&between), "{} of {} made {}", same, pair[0], between);
                prop_assert!(made.contains(&pair[0]));
            }
        }
    }

    #[test]
    fn thinning_draws_from_all_of_the_file_alike() {
        let tenth = load((0..10_000).collect(), 0.1);
        let halves = planned(&tenth, 3).iter().filter(|time| **time < 5_000).count();
        // Eight standard deviations of the hypergeometric distribution.
        assert!(
            (halves as f64 - 500.0).abs() < 8.0 * (1000.0_f64 * 0.25 * 0.9).sqrt(),
            "{halves} of 1000 in the first half"
        );
    }

    #[test]
    fn a_replay_offers_its_arrivals_over_the_length_of_the_file() {
        assert_eq!(arrivals_per_s(&load(vec![0, 500_000_000, 2_000_000_000], 1.0)), Some(1.5));
        assert_eq!(arrivals_per_s(&load(vec![0, 500_000_000, 2_000_000_000], 2.0)), Some(3.0));
        assert_eq!(arrivals_per_s(&load(vec![0, 0], 1.0)), None);
    }
}
