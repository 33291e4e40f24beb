//! Which design to take: a sentence that follows from the figures, or why none can be named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::run::Standing;

/// Costs that differ by less than this share are not told apart by one run: server time has no interval there.
const ALIKE: f64 = 0.1;

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
    /// What its operations cost the server in the scenario that decides, µs each; `None`: not measured there.
    pub server_us_per_op: Option<f64>,
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
#[must_use]
pub fn choose(candidates: &[Candidate<'_>]) -> Choice {
    let good = |candidate: &&Candidate<'_>| {
        candidate.promises == Standing::Kept && candidate.limits_missed == 0 && !candidate.undecided
    };
    let mut kept: Vec<&Candidate<'_>> = candidates.iter().filter(good).collect();
    // Whose cost is not known comes last.
    let cost = |candidate: &Candidate<'_>| candidate.server_us_per_op.unwrap_or(f64::INFINITY);
    kept.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    let Some(least_us) = kept.first().map(|first| cost(first)) else {
        return Choice { take: Vec::new(), kept: Vec::new(), sentence: none(candidates) };
    };
    let alike = kept.iter().take_while(|candidate| cost(candidate) <= least_us * (1.0 + ALIKE)).count();
    let (take, rest) = kept.split_at(alike);
    let names = |of: &[&Candidate<'_>]| of.iter().map(|candidate| candidate.queue.to_owned()).collect::<Vec<_>>();
    Choice { take: names(take), kept: names(&kept), sentence: sentence(take, rest, candidates.len()) }
}

/// Why these. `rest` kept everything, too, and costs more.
fn sentence(take: &[&Candidate<'_>], rest: &[&Candidate<'_>], all: usize) -> String {
    const KEPT: &str = "kept every promise and limit that was checked";
    fn names<'a>(of: &[&Candidate<'a>]) -> Vec<&'a str> {
        of.iter().map(|candidate| candidate.queue).collect()
    }
    let costs: Vec<String> = take.iter().filter_map(|one| one.server_us_per_op).map(|us| format!("{us:.1}")).collect();
    match (take, rest) {
        ([only], []) if all == 1 => {
            format!("Take {}: it {KEPT}; no other design was run to compare it with.", only.queue)
        }
        ([only], []) => format!("Take {}: of {all} designs the only one that {KEPT}.", only.queue),
        ([one], [next, ..]) => {
            let like = listed(&names(rest), "and");
            let why = match (one.server_us_per_op, next.server_us_per_op) {
                (Some(us), Some(other_us)) => format!(
                    "{us:.1} µs an operation, {:.0} % less than {} ({other_us:.1} µs)",
                    (1.0 - us / other_us) * 100.0,
                    next.queue
                ),
                (Some(us), None) => format!("{us:.1} µs an operation; of the others it was not measured"),
                (None, _) => "what that is was not measured".to_owned(),
            };
            format!("Take {}: like {like} it {KEPT}, and it costs the server least: {why}.", one.queue)
        }
        (several, rest) => {
            let several = names(several);
            let like = match names(rest).as_slice() {
                [] => String::new(),
                others => format!(" (as did {}, at a higher cost)", listed(others, "and")),
            };
            let alike = match costs.as_slice() {
                [] => "what they cost the server was not measured".to_owned(),
                costs => format!(
                    "they cost the server alike ({} µs an operation), which one run does not tell apart",
                    costs.join(", ")
                ),
            };
            format!(
                "Take {}: they {KEPT}{like}, and {alike}. How they grow with the line may: stanchion sweep --depth 100..100000 --queue {}.",
                listed(&several, "or"),
                several.join(",")
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

    fn kept(queue: &str, server_us_per_op: Option<f64>) -> Candidate<'_> {
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
        let choice = choose(&[kept("list", Some(9.0)), broke("ms", &["global-fifo"]), kept("seq", Some(6.0))]);
        assert_eq!((choice.take, choice.kept), (vec!["seq".to_owned()], vec!["seq".to_owned(), "list".to_owned()]));
        assert_eq!(
            choice.sentence,
            "Take seq: like list it kept every promise and limit that was checked, and it costs the server least: 6.0 µs an operation, 33 % less than list (9.0 µs)."
        );
    }

    #[test]
    fn designs_that_one_run_cannot_tell_apart_are_all_named() {
        let choice = choose(&[kept("list", Some(6.5)), kept("shared", Some(9.0)), kept("seq", Some(6.0))]);
        assert_eq!(choice.take, ["seq", "list"]);
        assert_eq!(
            choice.sentence,
            "Take seq or list: they kept every promise and limit that was checked (as did shared, at a higher cost), and they cost the server alike (6.0, 6.5 µs an operation), which one run does not tell apart. How they grow with the line may: stanchion sweep --depth 100..100000 --queue seq,list."
        );
        let unknown = choose(&[kept("a", None), kept("b", None)]);
        assert_eq!(unknown.take, ["a", "b"]);
        assert!(unknown.sentence.contains("was not measured"), "{}", unknown.sentence);
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
