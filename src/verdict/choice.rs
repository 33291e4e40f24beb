//! Which design to take: a sentence that follows from the figures, or why none can be named.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::run::Standing;

/// With fewer scenarios in common than this nothing is known of how much a cost varies from one to the next.
const SCENARIOS_MIN: usize = 3;

/// Designs are then taken to cost alike within this factor: so much did server time vary from run to run on a shared machine.
const ALIKE: f64 = 1.4;

/// The 97.5 % points of Student's t with 2, 3, … degrees of freedom; with more than these the last.
const T: [f64; 11] = [4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179];

/// What the choice needs to know of a design, over all its cells.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// The design.
    pub queue: &'a str,
    /// How its promises stand, whatever was expected.
    pub promises: Standing,
    /// The promises that it broke.
    pub broken: Vec<&'a str>,
    /// Limits that it broke, or that could not be decided.
    pub limits_missed: usize,
    /// Something else about it could not be decided.
    pub undecided: bool,
    /// What its operations cost the server, µs each, by scenario; those in which it was not measured are left out.
    pub server_us_per_op: BTreeMap<&'a str, f64>,
}

/// Which design to take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    /// The design; several where the run does not tell them apart; none where it gives none to take.
    pub take: Vec<String>,
    /// The designs that kept every promise checked and every limit, the cheapest for the server first.
    pub kept: Vec<String>,
    /// What to take and why, or why nothing.
    pub sentence: String,
}

/// Names the design that kept everything and costs the server least, and those that one run cannot tell from it.
///
/// Server time of one cell is a total without an interval, and strays. So designs are compared scenario by scenario: the
/// logarithms of the ratios over the scenarios that all of them share have a mean and, by Student's t, a 95 % interval.
#[must_use]
pub fn choose(candidates: &[Candidate<'_>]) -> Choice {
    let good = |candidate: &&Candidate<'_>| {
        candidate.promises == Standing::Kept && candidate.limits_missed == 0 && !candidate.undecided
    };
    let kept: Vec<&Candidate<'_>> = candidates.iter().filter(good).collect();
    if kept.is_empty() {
        return Choice { take: Vec::new(), kept: Vec::new(), sentence: none(candidates) };
    }
    let mut costs: Vec<Cost<'_>> = Cost::all(&kept);
    costs.sort_by(|a, b| a.mean_ln.total_cmp(&b.mean_ln));
    let names = |of: &[Cost<'_>]| of.iter().map(|cost| cost.queue.to_owned()).collect::<Vec<_>>();
    let all_kept = names(&costs);
    // Whatever strays most may lie behind what certainly costs more, and still cost as little as the first.
    let dearer: Vec<bool> = costs.iter().map(|cost| cost.above(&costs[0]).is_certain()).collect();
    let mut dearer = dearer.into_iter();
    let (rest, take): (Vec<_>, Vec<_>) = costs.into_iter().partition(|_| dearer.next().unwrap_or(false));
    Choice { take: names(&take), kept: all_kept, sentence: sentence(&take, &rest, candidates.len()) }
}

/// What a design costs the server over the scenarios that all of them share.
struct Cost<'a> {
    queue: &'a str,
    /// The logarithm of µs an operation, scenario by scenario.
    ln: Vec<f64>,
    mean_ln: f64,
}

/// How much more one design costs than another.
struct Above {
    /// The factor that fits best.
    factor: f64,
    /// The lower and upper end of its interval.
    ends: [f64; 2],
}

impl Above {
    /// Whether it costs more, and not only by chance.
    fn is_certain(&self) -> bool {
        self.ends[0] > 1.0
    }
}

impl<'a> Cost<'a> {
    fn all(kept: &[&Candidate<'a>]) -> Vec<Cost<'a>> {
        let known = |scenario: &&str| {
            kept.iter().all(|candidate| candidate.server_us_per_op.get(*scenario).is_some_and(|us| *us > 0.0))
        };
        let shared: Vec<&str> = kept
            .first()
            .map(|first| first.server_us_per_op.keys().copied().filter(known).collect())
            .unwrap_or_default();
        kept.iter()
            .map(|candidate| {
                let ln: Vec<f64> = shared.iter().map(|scenario| candidate.server_us_per_op[scenario].ln()).collect();
                let mean_ln = ln.iter().sum::<f64>() / ln.len().max(1) as f64;
                Cost { queue: candidate.queue, ln, mean_ln }
            })
            .collect()
    }

    /// How much more it costs than another.
    fn above(&self, other: &Cost<'_>) -> Above {
        let differences: Vec<f64> = self.ln.iter().zip(&other.ln).map(|(one, other)| one - other).collect();
        let count = differences.len();
        let mean = self.mean_ln - other.mean_ln;
        let reach = if count < SCENARIOS_MIN {
            ALIKE.ln()
        } else {
            let squares = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>();
            let deviation = (squares / (count - 1) as f64).sqrt();
            T[(count - SCENARIOS_MIN).min(T.len() - 1)] * deviation / (count as f64).sqrt()
        };
        Above { factor: mean.exp(), ends: [(mean - reach).exp(), (mean + reach).exp()] }
    }
}

/// Why these. `rest` kept everything, too, and costs more.
fn sentence(take: &[Cost<'_>], rest: &[Cost<'_>], all: usize) -> String {
    const KEPT: &str = "kept every promise and limit that was checked";
    fn names<'a>(of: &[Cost<'a>]) -> Vec<&'a str> {
        of.iter().map(|cost| cost.queue).collect()
    }
    let scenarios = take.first().map_or(0, |first| first.ln.len());
    let over = if scenarios == 1 { "in one scenario".to_owned() } else { format!("over {scenarios} scenarios") };
    let percent = |factor: f64| format!("{:.0} %", (factor - 1.0) * 100.0);
    match (take, rest) {
        ([only], []) if all == 1 => {
            format!("Take {}: it {KEPT}; no other design was run to compare it with.", only.queue)
        }
        ([only], []) => format!("Take {}: of {all} designs the only one that {KEPT}.", only.queue),
        ([one], [next, ..]) => {
            let Above { factor, ends: [low, high] } = next.above(one);
            format!(
                "Take {}: like {} it {KEPT}, and it costs the server least: {over} {} takes {} more of its time (95 %: {} to {}).",
                one.queue,
                listed(&names(rest), "and"),
                next.queue,
                percent(factor),
                percent(low),
                percent(high)
            )
        }
        (several, rest) => {
            let designs = names(several);
            let like = match names(rest).as_slice() {
                [] => String::new(),
                others => format!(" (as did {}, at a higher cost)", listed(others, "and")),
            };
            let alike = if scenarios == 0 {
                "what they cost the server was not measured".to_owned()
            } else {
                let most = several.last().map_or(1.0, |last| last.above(&several[0]).factor);
                format!(
                    "they cost the server alike: {over} the differences, up to {}, are no larger than chance",
                    percent(most)
                )
            };
            format!(
                "Take {}: they {KEPT}{like}, and {alike}. How their cost grows with the line may tell them apart: stanchion sweep --depth 100..100000 --queue {}.",
                listed(&designs, "or"),
                designs.join(",")
            )
        }
    }
}

/// `a, b and c`
fn listed(names: &[&str], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [front @ .., last] => format!("{} {word} {last}", front.join(", ")),
    }
}

/// Why no design is named.
fn none(candidates: &[Candidate<'_>]) -> String {
    let open: Vec<&str> = candidates
        .iter()
        .filter(|candidate| candidate.broken.is_empty() && candidate.promises != Standing::Unchecked)
        .map(|candidate| candidate.queue)
        .collect();
    if candidates.is_empty() {
        return "No design was run: there is nothing to take.".to_owned();
    }
    if !open.is_empty() {
        return format!(
            "Take none yet: no design kept everything for certain. Nothing broke of {}, but not all of it could be decided or a limit was missed.",
            open.join(", ")
        );
    }
    let checked = candidates.iter().filter(|candidate| !candidate.broken.is_empty());
    match checked.min_by_key(|candidate| candidate.broken.len()) {
        None => "No promise was checked: nothing can be said of which design to take.".to_owned(),
        Some(nearest) => {
            format!(
                "Take none of them as it is: each broke a promise. {} broke only {}.",
                nearest.queue,
                nearest.broken.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A design that kept everything and costs this much in three scenarios, a little more in each than in the one before.
    fn kept(queue: &str, us: Option<f64>) -> Candidate<'_> {
        let scenarios = [("a", 1.0), ("b", 1.02), ("c", 1.05)];
        let server_us_per_op = us.map(|us| scenarios.map(|(name, more)| (name, us * more)).into()).unwrap_or_default();
        Candidate {
            queue,
            promises: Standing::Kept,
            broken: Vec::new(),
            limits_missed: 0,
            undecided: false,
            server_us_per_op,
        }
    }

    fn broke<'a>(queue: &'a str, broken: &[&'a str]) -> Candidate<'a> {
        Candidate { promises: Standing::Broken, broken: broken.to_vec(), ..kept(queue, Some(1.0)) }
    }

    #[test]
    fn of_those_that_kept_everything_the_one_that_costs_the_server_least_is_taken() {
        let mut list = kept("list", Some(9.0));
        *list.server_us_per_op.get_mut("b").unwrap() = 9.6;
        let choice = choose(&[list, broke("ms", &["global-fifo"]), kept("seq", Some(6.0))]);
        assert_eq!((choice.take, choice.kept), (vec!["seq".to_owned()], vec!["seq".to_owned(), "list".to_owned()]));
        assert_eq!(
            choice.sentence,
            "Take seq: like list it kept every promise and limit that was checked, and it costs the server least: over 3 scenarios list takes 52 % more of its time (95 %: 43 % to 62 %)."
        );
    }

    #[test]
    fn designs_whose_costs_differ_by_no_more_than_chance_are_all_named() {
        let mut list = kept("list", Some(6.5));
        // Cheaper in one scenario, dearer in the others.
        *list.server_us_per_op.get_mut("b").unwrap() = 5.0;
        let choice = choose(&[list, kept("shared", Some(12.0)), kept("seq", Some(6.0))]);
        assert_eq!(choice.take, ["list", "seq"]);
        assert_eq!(
            choice.sentence,
            "Take list or seq: they kept every promise and limit that was checked (as did shared, at a higher cost), and they cost the server alike: over 3 scenarios the differences, up to 1 %, are no larger than chance. How their cost grows with the line may tell them apart: stanchion sweep --depth 100..100000 --queue list,seq."
        );
        let unknown = choose(&[kept("a", None), kept("b", None)]);
        assert_eq!(unknown.take, ["a", "b"]);
        assert!(unknown.sentence.contains("was not measured"), "{}", unknown.sentence);
    }

    #[test]
    fn only_what_certainly_costs_more_is_said_to() {
        let dearer = kept("dearer", Some(7.0));
        // Its mean is the highest, for one scenario alone.
        let mut straying = kept("straying", Some(6.0));
        *straying.server_us_per_op.get_mut("b").unwrap() = 20.0;
        let choice = choose(&[dearer, straying, kept("first", Some(6.0))]);
        assert_eq!(choice.take, ["first", "straying"]);
        assert_eq!(choice.kept, ["first", "dearer", "straying"]);
        assert!(choice.sentence.contains("(as did dearer, at a higher cost)"), "{}", choice.sentence);
    }

    #[test]
    fn with_too_few_scenarios_only_a_large_difference_counts() {
        let one = |queue, us| Candidate { server_us_per_op: BTreeMap::from([("a", us)]), ..kept(queue, None) };
        assert_eq!(choose(&[one("x", 6.0), one("y", 8.0)]).take, ["x", "y"]);
        let choice = choose(&[one("x", 6.0), one("y", 9.0)]);
        assert_eq!(choice.take, ["x"]);
        assert!(choice.sentence.contains("in one scenario y takes 50 % more"), "{}", choice.sentence);
    }

    #[test]
    fn costs_are_compared_in_the_scenarios_that_all_share() {
        let mut dear_elsewhere = kept("x", Some(6.0));
        dear_elsewhere.server_us_per_op.insert("only here", 900.0);
        assert_eq!(choose(&[dear_elsewhere, kept("y", Some(9.0))]).take, ["x"]);
    }

    #[test]
    fn a_design_that_missed_a_limit_or_is_not_decided_is_not_taken() {
        let missed = Candidate { limits_missed: 1, ..kept("fast", Some(1.0)) };
        let open = Candidate { promises: Standing::Open, ..kept("open", Some(1.0)) };
        let doubtful = Candidate { undecided: true, ..kept("doubtful", Some(1.0)) };
        let choice = choose(&[missed.clone(), open.clone(), doubtful, kept("seq", Some(6.0))]);
        assert_eq!(choice.take, ["seq"]);
        assert_eq!(
            choice.sentence,
            "Take seq: of 4 designs the only one that kept every promise and limit that was checked."
        );
        let choice = choose(&[missed, open]);
        assert!(choice.take.is_empty());
        assert!(
            choice.sentence.starts_with("Take none yet") && choice.sentence.contains("fast, open"),
            "{}",
            choice.sentence
        );
    }

    #[test]
    fn where_all_broke_something_the_nearest_is_named_and_none_is_taken() {
        let choice = choose(&[broke("a", &["no-loss", "position"]), broke("b", &["position"])]);
        assert_eq!((choice.take, choice.kept), (Vec::new(), Vec::<String>::new()));
        assert_eq!(choice.sentence, "Take none of them as it is: each broke a promise. b broke only position.");
        assert_eq!(choose(&[]).sentence, "No design was run: there is nothing to take.");
        let unchecked = Candidate { promises: Standing::Unchecked, ..kept("x", None) };
        assert!(choose(&[unchecked]).sentence.starts_with("No promise was checked"));
    }

    #[test]
    fn a_single_design_has_nothing_to_be_compared_with() {
        assert!(choose(&[kept("seq", None)]).sentence.contains("no other design was run"));
    }
}
