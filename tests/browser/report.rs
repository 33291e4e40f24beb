//! The report's page in a browser: what a reader sees first, and that everybody can use it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::axe::{axe, violations};
use crate::page::{DESK, Key, Medium, PHONE, Page, Scheme};

/// The page of the run that comes with the sources.
fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/example/report.html")
}

/// Whether all of an element is within the window without scrolling.
fn within(page: &mut Page, selector: &str) -> bool {
    let expression = format!(
        "(box => box.width > 0 && box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth)\
         (document.querySelector({selector:?}).getBoundingClientRect())"
    );
    page.evaluate(&expression) == json!(true)
}

/// Whether the page is wider than the window, so that a reader has to scroll to the side.
fn is_too_wide(page: &mut Page) -> bool {
    page.evaluate("document.documentElement.scrollWidth > innerWidth") == json!(true)
}

#[test]
fn the_verdict_the_choice_and_what_was_not_tested_are_seen_without_scrolling() {
    let Some(mut page) = Page::open(&example()) else { return };
    for part in ["#verdict", ".take", ".answers div:nth-child(2)", ".answers div:nth-child(3)"] {
        assert!(within(&mut page, part), "{part} is not on the first screen of a desktop");
    }
    assert!(!is_too_wide(&mut page));
    page.screenshot("report-desk-light");
    page.show(Scheme::Dark, Medium::Screen);
    page.screenshot("report-desk-dark");
    page.show(Scheme::Light, Medium::Screen);
    page.viewport(PHONE);
    for part in ["#verdict", ".take"] {
        assert!(within(&mut page, part), "{part} is not on the first screen of a telephone");
    }
    assert!(!is_too_wide(&mut page), "a telephone has to scroll to the side");
    page.screenshot("report-phone-light");
}

/// The other pages that the program writes: those of float64, of a comparison, of an exploration, and of a run of what that found.
fn others(folder: &Path) -> [PathBuf; 4] {
    let ran = folder.join("ran");
    let run_into = |arguments: &[&str], folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stanchion"));
        let done = command.args(arguments).args(["--out", folder.to_str().unwrap()]).output().unwrap();
        // What a comparison comes to is another matter.
        assert!(matches!(done.status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let run = |arguments: &[&str]| run_into(arguments, folder);
    run(&["precision"]);
    run(&["explore", "--queue", "streams-naive", "--program", "join u1 t1 | join u1 t2", "--faults", "1"]);
    run_into(&["run", "docs/examples/two-tabs.toml", "--quiet"], &ran);
    run(&["compare", "zset-seq", "list", "--interleave", "--rounds", "6", "--redis", "local", "--quiet"]);
    ["precision.html", "compare.html", "explore.html", "ran/report.html"].map(|name| folder.join(name))
}

#[test]
fn no_page_says_anything_on_the_console_asks_for_anything_or_keeps_people_from_using_it() {
    let folder = tempfile::tempdir().unwrap();
    for file in [example()].into_iter().chain(others(folder.path())) {
        let Some(mut page) = Page::open(&file) else { return };
        page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)");
        assert_eq!(page.complaints(), Vec::<String>::new(), "{}", file.display());
        assert_eq!(page.requests(), Vec::<String>::new(), "{}", file.display());
        let Some(axe) = axe() else { return };
        assert_eq!(violations(&mut page, &axe), Vec::<String>::new(), "{}", file.display());
        page.screenshot(&format!("page-{}", file.file_stem().unwrap().to_string_lossy()));
    }
}

#[test]
fn nothing_keeps_people_from_using_the_page_in_any_of_its_looks() {
    let Some(mut page) = Page::open(&example()) else { return };
    let Some(axe) = axe() else { return };
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)");
    for scheme in [Scheme::Light, Scheme::Dark] {
        page.show(scheme, Medium::Screen);
        for size in [DESK, PHONE] {
            page.viewport(size);
            assert_eq!(violations(&mut page, &axe), Vec::<String>::new(), "{scheme:?} at {size:?}");
        }
    }
}

#[test]
fn a_link_to_a_violation_unfolds_it_and_keys_lead_there() {
    let Some(mut page) = Page::open(&example()) else { return };
    let link = "document.querySelector('.m-bad a')";
    let open = "document.querySelector(location.hash || 'main').open === true";
    assert_eq!(page.evaluate(open), json!(false));
    // The first stop of the tabulator skips to the verdict.
    page.press(Key::Tab);
    assert_eq!(page.evaluate("document.activeElement.className"), json!("skip"));
    page.evaluate(&format!("{link}.focus()"));
    page.press(Key::Enter);
    assert_eq!(page.evaluate("location.hash.startsWith('#violation-')"), json!(true));
    assert_eq!(page.evaluate(open), json!(true), "what was folded is unfolded");
    assert_eq!(
        page.evaluate("(box => box.top < innerHeight && box.bottom > 0)(document.querySelector(location.hash).getBoundingClientRect())"),
        json!(true),
        "and in sight"
    );
    page.screenshot("report-violation");
    let drawn = "document.querySelector(location.hash).querySelectorAll('svg.chart').length";
    assert_eq!(page.evaluate(drawn), json!(1));
}

#[test]
fn the_switch_between_light_and_dark_works_by_keys_and_prints_are_light() {
    let Some(mut page) = Page::open(&example()) else { return };
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = page.evaluate(ground);
    page.evaluate("document.getElementById('theme').focus()");
    page.press(Key::Enter);
    let dark = page.evaluate(ground);
    assert_ne!(light, dark);
    assert_eq!(page.evaluate("document.getElementById('theme').textContent"), json!("Light"));
    page.show(Scheme::Light, Medium::Paper);
    assert_eq!(page.evaluate(ground), light, "paper is white");
    page.screenshot("report-paper");
}
