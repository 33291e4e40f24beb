//! In a job of GitHub Actions: summary and marks, beside a result that stays as it is.
use crate::shell::{Desk, Done, SMALL, done};

/// Runs as a step of a job would, whose repository is the desk.
fn step(desk: &Desk, words: &[&str]) -> Done {
    let mut command = desk.stanchion(words);
    command.env("GITHUB_ACTIONS", "true");
    command.env("GITHUB_STEP_SUMMARY", desk.path("summary.md"));
    command.env("GITHUB_WORKSPACE", desk.path("").canonicalize().unwrap());
    done(command)
}

fn marks(done: &Done) -> Vec<&str> {
    done.stderr.lines().filter(|line| line.starts_with("::")).collect()
}

#[test]
fn a_broken_limit_is_marked_on_its_line_and_told_in_the_summary_of_the_step() {
    let text = format!("{SMALL}[limits.join]\np50 = \"1ns\"\n");
    let desk = Desk::with("small", &text);
    let line = text.lines().position(|line| line.starts_with("p50")).unwrap() + 1;
    let words = ["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "o", "--format", "json"];
    let run = step(&desk, &words).exits(1);
    let marked = format!("::error file=small.toml,line={line},col=7,title=small on list::p50 of join was ");
    assert!(matches!(marks(&run)[..], [mark] if mark.starts_with(&marked)), "{run:#?}");
    assert_eq!(run.stdout, std::fs::read_to_string(desk.path("o/result.json")).unwrap(), "the result is as it was");
    let summary = || std::fs::read_to_string(desk.path("summary.md")).unwrap();
    let first = summary();
    assert!(first.starts_with("## Stanchion\n\n**FAIL: 1 of 1 cell") && first.ends_with("\n\n"), "{first}");

    let check = step(&desk, &["check", "o"]).exits(1);
    assert!(
        matches!(marks(&check)[..], [mark] if mark.starts_with("::error title=small on list::p50 of")),
        "{check:#?}"
    );
    let compared = step(&desk, &["compare", "o", "o", "--format", "markdown"]);
    let all = summary();
    assert!(all.starts_with(&first), "summaries of one step follow each other");
    assert_eq!(all.matches("## Stanchion\n").count(), 2, "{all}");
    assert!(all.ends_with(&format!("{}\n\n", compared.stdout.trim_end())), "the comparison, too: {all}");
}

#[test]
fn outside_of_a_job_nothing_is_marked_or_summed_up() {
    let desk = Desk::with("small", &format!("{SMALL}[limits.join]\np50 = \"1ns\"\n"));
    let done = desk.run(&["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "o"]).exits(1);
    assert_eq!(marks(&done), Vec::<&str>::new());
    assert_eq!(marks(&step(&desk, &["list", "runs"])), Vec::<&str>::new());
    assert!(!desk.path("summary.md").exists());
}

#[test]
fn a_summary_that_cannot_be_written_fails_nothing() {
    let desk = Desk::with("small", SMALL);
    std::fs::create_dir(desk.path("summary.md")).unwrap();
    let words = ["run", "small.toml", "--redis", "local", "--queue", "list", "--out", "o"];
    step(&desk, &words).exits(0).tells(&["cannot write the summary of this step"]);
}
