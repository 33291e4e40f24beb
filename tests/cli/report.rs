//! Pages and pictures of saved runs.

use std::collections::BTreeMap;
use std::path::Path;

use crate::shell::{Desk, SMALL};

/// The pages and pictures of a folder, with their bytes.
fn rendered(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let shown = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "html" || end == "png");
    let named = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(&path).unwrap())
    };
    files.filter(shown).map(named).collect()
}

#[test]
fn a_run_ends_with_a_page_and_pictures_and_a_saved_run_gives_the_same_bytes_again() {
    let desk = Desk::with("small", SMALL);
    desk.run(&["run", "small.toml", "--redis", "local", "--out", "o", "--queue", "list,zset-seq"]).exits(0);
    let first = rendered(&desk.path("o"));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    for name in ["report.html", "decision.png", "order.png", "percentiles.png", "cost.png"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let page = String::from_utf8(first["report.html"].clone()).unwrap();
    for part in ["✓ PASS", "zset-seq", "Provenance", "EVALSHA", "stanchion run small.toml", "[load."] {
        assert!(page.contains(part), "{part} is not on the page");
    }

    desk.run(&["report", "o"]).exits(0).tells(&["rendered o/report.html"]);
    assert_eq!(rendered(&desk.path("o")), first);
    desk.run(&["report", "o/result.json", "--out", "elsewhere/deep"]).exits(0);
    assert_eq!(rendered(&desk.path("elsewhere/deep")), first);
}

#[test]
fn the_example_in_the_repository_is_what_this_version_renders() {
    let desk = Desk::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example");
    desk.run(&["report", example.to_str().unwrap(), "--out", "again"]).exits(0);
    let (kept, again) = (rendered(&example), rendered(&desk.path("again")));
    let names: Vec<&String> = kept.keys().collect();
    assert_eq!(names, again.keys().collect::<Vec<_>>());
    let stale: Vec<&String> = kept.keys().filter(|name| kept[*name] != again[*name]).collect();
    assert!(stale.is_empty(), "stanchion report reports/example renders these anew: {stale:?}");
}

#[test]
fn a_sweep_of_the_depth_in_a_runs_folder_shows_in_its_report() {
    let desk = Desk::with("small", SMALL);
    desk.run(&["run", "small.toml", "--redis", "local", "--out", "o", "--queue", "list"]).exits(0);
    let page = || std::fs::read_to_string(desk.path("o/report.html")).unwrap();
    assert!(!page().contains("Cost against depth"));
    let sweep =
        ["sweep", "--depth", "10..1000", "--queue", "list", "--redis", "local", "--out", "o", "--budget", "200ms"];
    desk.run(&sweep).exits(0);
    desk.run(&["report", "o"]).exits(0);
    assert!(page().contains("Cost against depth"));

    std::fs::write(desk.path("o/sweep.json"), "{\"kind\": \"depth\"}").unwrap();
    desk.run(&["report", "o"]).exits(4).tells(&["o/sweep.json is not a result that this version can read"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_the_way_out() {
    let desk = Desk::with("small", SMALL);
    desk.run(&["run", "small.toml", "--redis", "local", "--out", "o", "--queue", "list"]).exits(0);
    desk.write("file", "");
    desk.run(&["report", "o", "--out", "file/below"]).exits(4).tells(&["cannot make file/below", "with --out"]);
}

#[test]
fn a_comparison_has_a_page_of_its_own() {
    let desk = Desk::with("small", SMALL);
    for out in ["a", "b"] {
        desk.run(&["run", "small.toml", "--redis", "local", "--out", out, "--queue", "list"]).exits(0);
    }
    let done = desk.run(&["compare", "a", "b", "--out", "c"]);
    done.tells(&["written: c/compare.html"]);
    let page = std::fs::read_to_string(desk.path("c/compare.html")).unwrap();
    assert!(page.contains("stanchion compare a b") && page.contains("no difference"));
}
