//! Other tools read what is written, as `docs/history.md` shows it.
//!
//! These tests run `python3`. Where it is missing, or has neither `pyarrow` nor `duckdb`, they say so and
//! examine nothing of that part; `python3 -m pip install pyarrow duckdb` makes them whole, and with
//! `STANCHION_TEST_READERS=required` in the environment a missing reader is a failure.

use std::process::Command;

use crate::history_arbitrary::{history, own_history};
use camino::Utf8Path;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use stanchion::history::{History, read, write_parquet};
use stanchion::model::{Outcome, Token};

/// Runs a script with arguments; `None` if there is no Python or it lacks one of the modules.
fn python(modules: &[&str], script: &str, arguments: &[&str]) -> Option<String> {
    let imports: String = modules.iter().map(|module| format!("import {module}\n")).collect();
    match Command::new("python3").args(["-c", &imports]).output() {
        Ok(output) if output.status.success() => {}
        _ => {
            let required = std::env::var("STANCHION_TEST_READERS").is_ok_and(|value| value == "required");
            assert!(!required, "a python3 with {modules:?} is required and not here");
            eprintln!("not examined: there is no python3 with {modules:?} here");
            return None;
        }
    }
    let output = Command::new("python3").args(["-c", &(imports + script)]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// A written file with a bit of everything, and what is in it.
fn written() -> (tempfile::TempDir, String, History) {
    let history = history(200..300).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("history.parquet");
    write_parquet(&path, &history).unwrap();
    (folder, path.into_string(), history)
}

/// Rows, answered tokens (their count and sum), rows without a reply, known sent times: what two readers
/// can only agree on if they mean the same.
fn digest(history: &History) -> String {
    let listed = |outcome: &Outcome| match outcome {
        Outcome::Admitted(tokens) | Outcome::Entries(tokens) => tokens.clone(),
        _ => Vec::new(),
    };
    let tokens: Vec<_> = history.records.iter().flat_map(|record| listed(&record.outcome)).collect();
    let sum: i128 = tokens.iter().map(|token| i128::from(token.0.cast_signed())).sum();
    let unanswered = history.records.iter().filter(|record| record.returned_ns.is_none()).count();
    let swept = history.records.iter().filter(|record| matches!(record.outcome, Outcome::Swept(_))).count();
    format!("{} {} {sum} {unanswered} {swept}", history.records.len(), tokens.len())
}

#[test]
fn pyarrow_reads_a_written_history() {
    let (_folder, path, history) = written();
    let script = r#"
import sys, json, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
rows = table.to_pylist()
tokens = [token for row in rows for token in row["tokens"] or []]
header = json.loads(table.schema.metadata[b"stanchion.header"])
assert header["schema"] == 1, header
print(len(rows), len(tokens), sum(tokens), sum(row["returned_ns"] is None for row in rows),
      sum(row["outcome"] == "swept" for row in rows))
"#;
    if let Some(told) = python(&["pyarrow"], script, &[&path]) {
        assert_eq!(told, digest(&history));
    }
}

#[test]
fn duckdb_reads_a_written_history() {
    let (_folder, path, history) = written();
    let script = r#"
import sys
rows, missing, swept = duckdb.sql(f"""SELECT count(*), count(*) FILTER (returned_ns IS NULL),
    count(*) FILTER (outcome = 'swept') FROM '{sys.argv[1]}'""").fetchall()[0]
tokens = duckdb.sql(f"SELECT unnest(tokens) FROM '{sys.argv[1]}'").fetchall()
print(rows, len(tokens), sum(token for token, in tokens), missing, swept)
"#;
    if let Some(told) = python(&["duckdb"], script, &[&path]) {
        assert_eq!(told, digest(&history));
    }
}

#[test]
fn a_history_that_pyarrow_wrote_anew_is_read_as_before() {
    let (folder, path, history) = written();
    let again = Utf8Path::from_path(folder.path()).unwrap().join("again.parquet");
    let script = "
import sys, pyarrow.parquet as pq
pq.write_table(pq.read_table(sys.argv[1]), sys.argv[2])
";
    if python(&["pyarrow"], script, &[&path, again.as_str()]).is_some() {
        assert_eq!(read(&again).unwrap(), history);
    }
}

/// The first fenced block of the page in this language that contains the text.
fn block(language: &str, containing: &str) -> String {
    let page = include_str!("../../docs/history.md");
    let blocks = page.split("```").skip(1).step_by(2);
    let mut matching =
        blocks.filter_map(|block| block.strip_prefix(language)).filter(|block| block.contains(containing));
    matching.next().unwrap().to_owned()
}

#[test]
fn the_queries_of_the_documentation_run() {
    let (folder, path, _) = written();
    // Arbitrary times overflow when subtracted; these are as a run has them.
    let mut history = own_history(50);
    history.records.edit()[49].outcome = Outcome::Admitted(vec![Token(1), Token(2)]);
    write_parquet(Utf8Path::new(&path), &history).unwrap();
    let queries = block("sql", "SELECT");
    let script = "
import os, sys
os.chdir(sys.argv[1])
for query in sys.argv[2].split(';'):
    if 'SELECT' in query:
        print(len(duckdb.sql(query).fetchall()))
";
    if let Some(told) = python(&["duckdb"], script, &[folder.path().to_str().unwrap(), &queries]) {
        assert_eq!(told, "2\n2", "two kinds of rows, two admitted tokens");
    }
}

#[test]
fn the_header_of_the_documentation_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("h.jsonl");
    let line = r#"{"op":"stats","sent_ns":1,"outcome":"unknown"}"#;
    fs_err::write(&path, format!("{}\n{line}", block("json", "stanchion").trim())).unwrap();
    assert_eq!(read(&path).unwrap().header.terms.promises.len(), 2);
}
