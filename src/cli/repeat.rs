//! The command that comes to the same again: the last line of a result.

use camino::Utf8PathBuf;

use super::arguments::{CompareArguments, RunArguments, TargetArguments};
use crate::target::{TargetChoice, TargetOptions, URL_VARIABLE};

/// The command that repeats a run. A URL that may hold a password is named, not printed.
pub(super) fn run(arguments: &RunArguments, target: &TargetChoice) -> String {
    let mut words = vec!["stanchion run".to_owned()];
    words.extend(paths(&arguments.paths));
    if !arguments.queues.is_empty() {
        let names: Vec<&str> = arguments.queues.iter().map(|queue| queue.name()).collect();
        words.push(format!("--queue {}", names.join(",")));
    }
    words.extend(server(&arguments.target, target));
    if let Some(scale) = arguments.scale {
        words.push(format!("--scale {scale}"));
    }
    words.push(format!("--seed {}", arguments.seed));
    words.join(" ")
}

/// The words that choose the server.
fn server(arguments: &TargetArguments, target: &TargetChoice) -> Vec<String> {
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
        words.extend(server(&arguments.target, target));
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
fn quoted(word: &str) -> String {
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
