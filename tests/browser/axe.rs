//! axe-core (<https://github.com/dequelabs/axe-core>) in a page: what keeps people from using it.
//!
//! It is not part of the repository: `scripts/axe.sh` fetches it into target/tools/, pinned by its hash.

use std::path::Path;

use crate::chromium::did_not_run;
use crate::page::Page;

/// axe-core's source; `None` where it was not fetched, which is said.
pub fn axe() -> Option<String> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools").join("axe.min.js");
    let source = std::fs::read_to_string(&file).ok();
    if source.is_none() {
        did_not_run(&format!("axe-core is not there ({}): scripts/axe.sh fetches it", file.display()));
    }
    source
}

/// What it finds wrong with the page as it is shown now, a line each: rule, impact, the elements, and what helps.
#[track_caller]
pub fn violations(page: &mut Page, axe: &str) -> Vec<String> {
    page.evaluate(&format!("{axe}; null"));
    let found = page.evaluate(
        "axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations.map(rule => \
         `${rule.id} (${rule.impact}): ${rule.nodes.map(node => node.target.join(' ')).join(', ')}: ${rule.help}`))",
    );
    let lines = found.as_array().unwrap_or_else(|| panic!("axe-core answered {found}"));
    lines.iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}
