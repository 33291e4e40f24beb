//! The command that comes to the same again: the last line of a result.

use camino::Utf8PathBuf;

use super::arguments::{CompareArguments, Depths, DrivingArguments, RunArguments, SweepArguments, TargetArguments};
use super::explore_arguments::{ClockChoice, DedupeChoice, ExploreArguments};
use crate::queue::Design;
use crate::target::{TargetChoice, TargetOptions, URL_VARIABLE};

/// The command that repeats a run. A URL that may hold a password is named, not printed.
pub(super) fn run(arguments: &RunArguments, target: &TargetChoice) -> String {
    let mut words = vec!["stanchion run".to_owned()];
    words.extend(paths(&arguments.paths));
    words.extend(queues(&arguments.queues));
    words.extend(redis(&arguments.target, target));
    words.extend(driving(&arguments.driving));
    if let Some(scale) = arguments.scale {
        words.push(format!("--scale {scale}"));
    }
    words.push(format!("--seed {}", arguments.seed));
    words.join(" ")
}

/// The command that repeats a sweep.
pub(super) fn sweep(arguments: &SweepArguments, target: &TargetChoice) -> String {
    let mut words = vec!["stanchion sweep".to_owned()];
    words.extend(paths(arguments.path.as_slice()));
    if let Some(Depths(depths)) = &arguments.depths {
        let (from, to) = (depths.first().unwrap_or(&0), depths.last().unwrap_or(&0));
        words.push(format!("--depth {from}..{to} --budget {}ms", arguments.budget.as_millis()));
    }
    words.extend(queues(&arguments.queues));
    words.extend(redis(&arguments.target, target));
    words.extend(
        arguments
            .limits
            .iter()
            .map(|limit| format!("--limit {}.{}={}ns", limit.op.name(), limit.percentile.name(), limit.max_ns)),
    );
    if arguments.depths.is_none() {
        words.extend(driving(&arguments.driving));
        words.push(format!("--from {}", arguments.from));
        words.extend(arguments.to.map(|to| format!("--to {to}")));
        words.push(format!("--rounds {} --seed {}", arguments.rounds, arguments.seed));
    }
    words.join(" ")
}

/// The command that repeats an exploration.
pub(super) fn explore(arguments: &ExploreArguments) -> String {
    let mut words = vec!["stanchion explore".to_owned()];
    words.extend(queues(&arguments.queues));
    match &arguments.program {
        Some(program) => words.push(format!("--program {}", quoted(program))),
        None => words.push(format!("--all --max-ops {} --clients {}", arguments.max_ops, arguments.clients)),
    }
    words.extend(arguments.faults.map(|faults| format!("--faults {faults}")));
    words.extend(arguments.ticks.map(|ticks| format!("--ticks {ticks}")));
    if arguments.ticks_a_life != 1 {
        words.push(format!("--ticks-a-life {}", arguments.ticks_a_life));
    }
    match arguments.clock {
        ClockChoice::Frozen => {}
        ClockChoice::Stepping => words.push("--clock stepping".to_owned()),
        ClockChoice::System => words.push("--clock system".to_owned()),
    }
    if matches!(arguments.dedupe, DedupeChoice::Request) {
        words.push("--dedupe request".to_owned());
    }
    words.push(format!("--seed {}", arguments.seed));
    words.join(" ")
}

fn queues(queues: &[Design]) -> Option<String> {
    let names: Vec<&str> = queues.iter().map(|queue| queue.name()).collect();
    (!names.is_empty()).then(|| format!("--queue {}", names.join(",")))
}

/// How the load was driven, as it was asked for.
fn driving(arguments: &DrivingArguments) -> Vec<String> {
    let pacer = arguments.driving().pacer.map(|pacer| format!("--pacer {}", pacer.name()));
    let threads = arguments.threads.map(|threads| format!("--threads {threads}"));
    pacer.into_iter().chain(threads).collect()
}

/// The server, as it was asked for.
fn redis(arguments: &TargetArguments, target: &TargetChoice) -> Vec<String> {
    let mut words = Vec::new();
    match target {
        TargetChoice::Auto => {}
        TargetChoice::Local => words.push("--redis local".to_owned()),
        TargetChoice::Docker => words.push("--redis docker".to_owned()),
        TargetChoice::Url(url) if holds_no_secret(url) => words.push(format!("--redis {}", quoted(url))),
        TargetChoice::Url(_) => words.push(format!("--redis \"${URL_VARIABLE}\"")),
    }
    if arguments.image != TargetOptions::DEFAULT_IMAGE {
        words.push(format!("--image {}", quoted(&arguments.image)));
    }
    if arguments.allow_non_empty {
        words.push("--allow-non-empty".to_owned());
    }
    words
}

/// The command that compares again.
pub(super) fn compare(arguments: &CompareArguments, target: &TargetChoice) -> String {
    let mut words = vec!["stanchion compare".to_owned(), quoted(&arguments.a), quoted(&arguments.b)];
    if arguments.interleave {
        words.push("--interleave".to_owned());
        words.extend(arguments.scenario.as_ref().map(|file| format!("--scenario {}", quoted(file.as_str()))));
        words.extend(arguments.queue.map(|queue| format!("--queue {}", queue.name())));
        words.push(format!("--rounds {} --seed {}", arguments.rounds, arguments.seed));
        words.extend(redis(&arguments.target, target));
    } else {
        words.push(format!("--drift {}", arguments.drift));
    }
    words.push(format!("--threshold {}", arguments.threshold));
    words.join(" ")
}

/// The command that judges histories again.
pub(super) fn check(histories: &[Utf8PathBuf], certificate: bool) -> String {
    let mut words = vec!["stanchion check".to_owned()];
    words.extend(certificate.then(|| "--certificate".to_owned()));
    words.extend(paths(histories));
    words.join(" ")
}

fn paths(paths: &[Utf8PathBuf]) -> impl Iterator<Item = String> {
    paths.iter().map(|path| quoted(path.as_str()))
}

/// Whether a URL has neither user nor password: both may stand before the host, and for a socket in the query.
fn holds_no_secret(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| url.username().is_empty() && url.password().is_none() && url.query().is_none())
}

/// A word for a POSIX shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::arguments::{Arguments, Command};
    use super::*;

    fn repeated(words: &[&str]) -> String {
        let arguments = Arguments::try_parse_from(["stanchion", "run"].iter().chain(words)).unwrap();
        let Command::Run(arguments) = arguments.command else { panic!("{words:?} is no run") };
        run(&arguments, &arguments.target.choice().unwrap())
    }

    #[test]
    fn what_bears_on_the_result_is_repeated_and_what_does_not_is_not() {
        assert_eq!(repeated(&["--out", "o", "--quiet", "--format", "json"]), "stanchion run --seed 1");
        assert_eq!(
            repeated(&["a.toml", "it's here/", "--queue", "list,zset-seq", "--scale", "0.25", "--seed", "7"]),
            r"stanchion run a.toml 'it'\''s here/' --queue list,zset-seq --scale 0.25 --seed 7"
        );
        assert_eq!(
            repeated(&["--redis", "docker", "--image", "valkey/valkey:8", "--allow-non-empty"]),
            "stanchion run --redis docker --image valkey/valkey:8 --allow-non-empty --seed 1"
        );
    }

    #[test]
    fn a_sweep_is_repeated_with_the_figures_that_decide_it() {
        let repeated = |words: &[&str]| {
            let arguments = Arguments::try_parse_from(["stanchion", "sweep"].iter().chain(words)).unwrap();
            let Command::Sweep(arguments) = arguments.command else { panic!("{words:?} is no sweep") };
            sweep(&arguments, &arguments.target.choice().unwrap())
        };
        assert_eq!(repeated(&["--quiet"]), "stanchion sweep --from 1 --rounds 3 --seed 1");
        assert_eq!(
            repeated(&["a.toml", "--to", "8", "--limit", "join.p99=5ms", "--queue", "list", "--redis", "local"]),
            "stanchion sweep a.toml --queue list --redis local --limit join.p99=5000000ns --from 1 --to 8 --rounds 3 --seed 1"
        );
        let depth = "stanchion sweep --depth 10..1000 --budget 20000ms --queue list";
        assert_eq!(repeated(&["--depth", "10..1000", "--queue", "list"]), depth);
        // Typed again it is understood.
        Arguments::try_parse_from(depth.split(' ')).unwrap();
    }

    #[test]
    fn a_url_is_repeated_unless_it_may_hold_a_secret() {
        for url in ["redis://127.0.0.1:7000/2", "unix:///run/redis.sock"] {
            assert_eq!(repeated(&["--redis", url]), format!("stanchion run --redis {url} --seed 1"));
        }
        for url in ["redis://:pw@db", "redis://alice@db:7000", "unix:///run/redis.sock?pass=pw", "rediss://a:pw@db"] {
            assert_eq!(repeated(&["--redis", url]), "stanchion run --redis \"$STANCHION_REDIS_URL\" --seed 1");
        }
    }

    #[test]
    fn the_histories_of_a_check_are_words_of_a_shell() {
        assert_eq!(
            check(&["a.jsonl".into(), "my run/b.parquet".into()], false),
            "stanchion check a.jsonl 'my run/b.parquet'"
        );
        assert_eq!(check(&["a.jsonl".into()], true), "stanchion check --certificate a.jsonl");
    }
}
