//! The commands that README and docs show are commands that the program and the Makefile know.
#![allow(clippy::unwrap_used, reason = "a test that cannot read the docs has nothing to say")]

use std::path::Path;
use std::process::Command;

/// The lines of fenced `sh` blocks in README, CONTRIBUTING and docs/, comments cut off, with where they stand.
fn shown() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    pages.extend(std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    let mut commands = Vec::new();
    for page in pages.iter().filter(|page| page.extension().is_some_and(|extension| extension == "md")) {
        let text = std::fs::read_to_string(page).unwrap();
        let mut in_shell = false;
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("```") {
                in_shell = !in_shell && matches!(line, "```sh" | "```bash");
            } else if in_shell {
                let command = line.split(" #").next().unwrap_or_default().trim();
                let place = format!("{}:{}", page.file_name().unwrap().to_string_lossy(), number + 1);
                commands.push((place, command.to_owned()));
            }
        }
    }
    commands
}

/// The words of a command as a shell would have them: what stands in double quotes is one.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in command.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_stanchion_command_shown_is_understood() {
    let commands: Vec<_> = shown().into_iter().filter(|(_, command)| command.starts_with("stanchion ")).collect();
    assert!(commands.len() >= 5, "the docs show {} commands", commands.len());
    for (place, command) in commands {
        // With --help last, everything before it is parsed and nothing is run.
        let words = words(&command).into_iter().skip(1).chain(["--help".to_owned()]);
        let done = Command::new(env!("CARGO_BIN_EXE_stanchion")).args(words).output().unwrap();
        assert!(done.status.success(), "{place}: {command}\n{}", String::from_utf8_lossy(&done.stderr));
    }
}

#[test]
fn every_make_target_shown_exists() {
    let makefile = include_str!("../Makefile");
    let targets: Vec<_> = shown().into_iter().filter(|(_, command)| command.starts_with("make ")).collect();
    assert!(targets.len() >= 2, "the docs show {} targets", targets.len());
    for (place, command) in targets {
        for target in command.split_whitespace().skip(1) {
            assert!(makefile.contains(&format!("\n{target}:")), "{place}: there is no target {target}");
        }
    }
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut dead = Vec::new();
    let mut seen = 0;
    for page in ["README.md", "CONTRIBUTING.md"].map(str::to_owned).into_iter().chain(docs(root)) {
        let text = std::fs::read_to_string(root.join(&page)).unwrap();
        let folder = root.join(&page).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            seen += 1;
            if !folder.join(path).exists() {
                dead.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(seen > 10, "only {seen} links were found");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

fn docs(root: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    entries.map(|name| format!("docs/{}", name.to_string_lossy())).filter(|name| name.ends_with(".md"))
}
