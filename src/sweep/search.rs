//! The search for the knee: which rate to try next, and when it is over. It does no I/O and knows no time, so that it
//! can be tried out on any answers, noisy ones included.
//!
//! It climbs by doubling until a rate ends the climb, then halves the interval (on a logarithmic scale) until it is
//! narrow, and repeats both of its ends. What one try answers may be noise, so a rate is over only when most of its
//! tries say so; a broken promise is proved by its history and needs no second one. Every new rate splits a gap that is
//! wider than [`RESOLUTION`], and no rate is tried more often than was asked for: therefore it ends, whatever it is told.

/// The climb: each rate is so many times the one before.
const GROWTH: f64 = 2.0;

/// Two neighbouring rates whose quotient is at most this are near enough.
pub const RESOLUTION: f64 = 1.25;

/// What one try of a rate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything held.
    Held,
    /// Something broke that another try might not break: a limit, the rate itself.
    Broke,
    /// Something broke that is proved.
    Proved,
    /// The generator was the limit.
    Generator,
    /// It could not be decided.
    Open,
}

/// A rate, as a multiple of the scenario's, and what its tries came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// The multiple.
    pub factor: f64,
    /// Tries in which everything held.
    pub held: u32,
    /// Tries in which something broke.
    pub broke: u32,
    /// Of these, the ones in which it is proved.
    pub proved: u32,
    /// Tries in which the generator was the limit.
    pub generator: u32,
    /// Tries that could not be decided.
    pub open: u32,
}

/// Why no higher rate needs to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It breaks.
    Broke,
    /// The generator cannot go on.
    Generator,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Try this multiple of the scenario's rate.
    Try(f64),
    /// Nothing that one could try would tell more.
    Done,
}

/// The search on one design.
#[derive(Clone, Debug)]
pub struct Search {
    from: f64,
    to: f64,
    rounds: u32,
    /// By factor, ascending.
    tried: Vec<Tried>,
}

/// What a search has found so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Knee {
    /// The highest rate that held in all its tries.
    pub safe: Option<Tried>,
    /// The lowest rate that broke, or at which the generator was the limit.
    pub end: Option<(Tried, End)>,
    /// Rates below `safe`, or below `end` where nothing is safe, that did not hold in every try.
    pub unsteady: Vec<Tried>,
}

impl Tried {
    /// How often it was tried.
    #[must_use]
    pub fn tries(&self) -> u32 {
        self.held + self.broke + self.generator + self.open
    }

    /// Whether every try so far held.
    fn clean(&self) -> bool {
        self.held > 0 && self.held == self.tries()
    }

    /// Whether it ends the climb, of so many tries at the most.
    fn end(&self, rounds: u32) -> Option<End> {
        let most = rounds / 2 + 1;
        if self.proved > 0 || self.broke >= most {
            Some(End::Broke)
        } else if self.broke + self.generator >= most {
            Some(End::Generator)
        } else {
            None
        }
    }

    /// Whether one bad try is all that is known, and another may outvote it.
    fn unsettled(&self, rounds: u32) -> bool {
        self.broke + self.generator > 0 && self.end(rounds).is_none() && self.tries() < rounds
    }
}

impl Search {
    /// A search from one multiple to another, both above zero, with so many tries (at least one) at each end of the
    /// answer.
    #[must_use]
    pub fn new(from: f64, to: f64, rounds: u32) -> Search {
        Search { from, to: to.max(from), rounds: rounds.max(1), tried: Vec::new() }
    }

    /// Takes the answer of one try.
    pub fn answer(&mut self, factor: f64, answer: Answer) {
        let at = self.tried.partition_point(|tried| tried.factor < factor);
        if self.tried.get(at).is_none_or(|tried| tried.factor > factor) {
            self.tried.insert(at, Tried { factor, held: 0, broke: 0, proved: 0, generator: 0, open: 0 });
        }
        let tried = &mut self.tried[at];
        match answer {
            Answer::Held => tried.held += 1,
            Answer::Broke => tried.broke += 1,
            Answer::Proved => {
                tried.broke += 1;
                tried.proved += 1;
            }
            Answer::Generator => tried.generator += 1,
            Answer::Open => tried.open += 1,
        }
    }

    /// What to try next, after all answers so far.
    #[must_use]
    pub fn next(&self) -> Next {
        if let Some(unsettled) = self.tried.iter().find(|tried| tried.unsettled(self.rounds)) {
            return Next::Try(unsettled.factor);
        }
        let Some(top) = self.tried.last() else { return Next::Try(self.from) };
        let end = self.tried.iter().position(|tried| tried.end(self.rounds).is_some());
        if end.is_none() && top.factor < self.to {
            return Next::Try((top.factor * GROWTH).min(self.to));
        }
        let below = &self.tried[..end.unwrap_or(self.tried.len())];
        let safe = below.iter().rposition(Tried::clean);
        // On both sides: what is safe may lie higher, what breaks may lie lower.
        let above_safe = safe.and_then(|safe| Some((self.tried[safe].factor, self.tried.get(safe + 1)?.factor)));
        let below_end = end.and_then(|end| Some((below.last()?.factor, self.tried[end].factor)));
        for (low, high) in [above_safe, below_end].into_iter().flatten() {
            if high / low > RESOLUTION {
                return Next::Try((low * high).sqrt());
            }
        }
        match safe.map(|safe| self.tried[safe]) {
            Some(safe) if safe.tries() < self.rounds => Next::Try(safe.factor),
            _ => Next::Done,
        }
    }

    /// How often a rate was tried so far.
    #[must_use]
    pub fn tries_of(&self, factor: f64) -> u32 {
        self.tried.iter().find(|tried| tried.factor == factor).map_or(0, Tried::tries)
    }

    /// What is known so far; it may be asked at any time.
    #[must_use]
    pub fn knee(&self) -> Knee {
        let end = self.tried.iter().find_map(|tried| tried.end(self.rounds).map(|end| (*tried, end)));
        let below = || self.tried.iter().filter(|tried| end.is_none_or(|(end, _)| tried.factor < end.factor));
        let safe = below().rfind(|tried| tried.clean()).copied();
        let unsteady = below().filter(|tried| {
            let bad = tried.broke + tried.generator > 0;
            bad && safe.is_none_or(|safe| tried.factor < safe.factor)
        });
        Knee { safe, end, unsteady: unsteady.copied().collect() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs a search on whatever answers; gives the knee and what was tried.
    fn search(from: f64, to: f64, rounds: u32, mut answers: impl FnMut(f64) -> Answer) -> (Knee, Vec<f64>) {
        let mut search = Search::new(from, to, rounds);
        let mut asked = Vec::new();
        while let Next::Try(factor) = search.next() {
            asked.push(factor);
            assert!(asked.len() <= tries_max(from, to, rounds), "it never ends: {asked:?}");
            search.answer(factor, answers(factor));
        }
        (search.knee(), asked)
    }

    /// Every gap but the last of the climb is wider than the root of the resolution.
    fn tries_max(from: f64, to: f64, rounds: u32) -> usize {
        let rates = 2.0 * (to / from).ln() / RESOLUTION.ln() + 4.0;
        rates as usize * rounds as usize
    }

    fn any_answer() -> impl Strategy<Value = Answer> {
        use Answer::{Broke, Generator, Held, Open, Proved};
        prop::sample::select(vec![Held, Held, Broke, Proved, Generator, Open])
    }

    proptest! {
        #[test]
        fn a_clear_knee_is_enclosed_as_narrowly_as_promised(
            from in 0.1..10.0_f64, span in 1.0..500.0_f64, at in 0.0..1.0_f64, rounds in 1_u32..5,
            generator in any::<bool>(),
        ) {
            let (to, knee) = (from * span, from * span.powf(at) * 1.000_001);
            let bad = if generator { Answer::Generator } else { Answer::Broke };
            let (found, _) = search(from, to, rounds, |rate| if rate < knee { Answer::Held } else { bad });
            let safe = found.safe.expect("the first rate held");
            prop_assert!(safe.factor < knee);
            prop_assert_eq!(safe.held, rounds, "the answer was repeated");
            match found.end {
                Some((end, kind)) => {
                    prop_assert_eq!(kind, if generator { End::Generator } else { End::Broke });
                    prop_assert!(end.factor >= knee && end.factor / safe.factor <= RESOLUTION);
                    prop_assert!(end.broke + end.generator > rounds / 2);
                }
                None => prop_assert!(knee > to && safe.factor == to),
            }
            prop_assert!(found.unsteady.is_empty());
        }

        #[test]
        fn it_ends_whatever_it_is_told_and_repeats_no_rate_more_often_than_asked(
            from in 0.1..10.0_f64, span in 1.0..1000.0_f64, rounds in 1_u32..6,
            answers in prop::collection::vec(any_answer(), 1..60),
        ) {
            let mut told = answers.iter().cycle();
            let (found, asked) = search(from, from * span, rounds, |_| *told.next().unwrap());
            for rate in &asked {
                prop_assert!(asked.iter().filter(|other| *other == rate).count() <= rounds as usize);
                prop_assert!((from..=from * span).contains(rate));
            }
            if let (Some(safe), Some((end, _))) = (found.safe, found.end) {
                prop_assert!(safe.factor < end.factor);
            }
            prop_assert!(found.safe.is_none_or(|safe| safe.held == rounds));
        }
    }

    #[test]
    fn one_bad_try_among_good_ones_does_not_end_the_climb() {
        let mut first_at_4 = true;
        let (found, _) = search(1.0, 64.0, 3, |rate| match rate {
            4.0 if std::mem::take(&mut first_at_4) => Answer::Broke,
            rate if rate < 20.0 => Answer::Held,
            _ => Answer::Broke,
        });
        assert!(found.safe.unwrap().factor > 16.0, "{found:?}");
        let unsteady: Vec<(f64, u32, u32)> = found.unsteady.iter().map(|t| (t.factor, t.broke, t.held)).collect();
        assert_eq!(unsteady, [(4.0, 1, 2)], "but it is told");
    }

    #[test]
    fn a_proof_needs_no_second_try() {
        let (found, asked) = search(1.0, 64.0, 3, |_| Answer::Proved);
        assert_eq!((asked, found.safe), (vec![1.0], None));
        assert_eq!(found.end.map(|(end, kind)| (end.factor, kind)), Some((1.0, End::Broke)));
    }

    #[test]
    fn what_breaks_at_the_first_rate_is_tried_again_and_nothing_below_it_is() {
        let (found, asked) = search(2.0, 64.0, 3, |_| Answer::Broke);
        assert_eq!((asked, found.safe), (vec![2.0, 2.0], None));
    }

    #[test]
    fn a_rate_that_breaks_when_it_is_repeated_is_not_called_safe() {
        let mut tries = std::collections::BTreeMap::new();
        let (found, _) = search(1.0, 64.0, 3, |rate| {
            let tries = tries.entry(rate.to_bits()).or_insert(0);
            *tries += 1;
            // Whatever held at the first try breaks later, above 3.
            if rate > 10.0 || (rate > 3.0 && *tries > 1) { Answer::Broke } else { Answer::Held }
        });
        let safe = found.safe.unwrap();
        assert!(safe.factor <= 3.0 && safe.held == 3, "{found:?}");
        assert!(found.end.unwrap().0.factor > 3.0, "{found:?}");
    }

    #[test]
    fn what_cannot_be_decided_is_neither_safe_nor_broken() {
        let (found, asked) = search(1.0, 8.0, 3, |_| Answer::Open);
        assert_eq!((asked, found.safe, found.end), (vec![1.0, 2.0, 4.0, 8.0], None, None));
        let (found, _) = search(1.0, 8.0, 3, |rate| if rate < 2.0 { Answer::Open } else { Answer::Held });
        assert_eq!(found.safe.unwrap().factor, 8.0);
    }

    #[test]
    fn where_no_rate_held_in_every_try_the_unsteady_ones_are_told() {
        let mut first = true;
        let (found, _) = search(1.0, 8.0, 3, |rate| {
            let bad = rate > 1.0 || std::mem::take(&mut first);
            if bad { Answer::Broke } else { Answer::Held }
        });
        assert_eq!(found.safe, None);
        assert_eq!(found.unsteady.iter().map(|tried| (tried.factor, tried.held)).collect::<Vec<_>>(), [(1.0, 2)]);
        assert!(found.end.unwrap().0.factor > 1.0);
    }

    #[test]
    fn what_is_known_can_be_asked_in_the_middle() {
        let mut search = Search::new(1.0, 64.0, 3);
        assert_eq!(search.knee(), Knee { safe: None, end: None, unsteady: Vec::new() });
        search.answer(1.0, Answer::Held);
        search.answer(2.0, Answer::Proved);
        let knee = search.knee();
        assert_eq!((knee.safe.unwrap().tries(), knee.end.unwrap().0.factor), (1, 2.0));
    }
}
