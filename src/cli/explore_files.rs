//! What `stanchion explore --out` leaves: for each broken promise a replay file and a scenario that runs it, and a page.

use camino::Utf8Path;

use super::exit::{Error, Exit};
use super::output;
use crate::explore::{ReplayFile, Summary};
use crate::model::{Schedule, grouped};
use crate::queue::Design;
use crate::report::{Lanes, Part, Sheet, sheet};
use crate::run_folder;

/// The page's name.
const PAGE: &str = "explore.html";

/// Writes a schedule that broke a promise: as a file, and as a scenario that keeps asking whether it still does.
pub(super) fn save(folder: &Utf8Path, file: &ReplayFile, sentence: &str) -> Result<(), Error> {
    let promise = file.promises.first().map_or("together", |promise| promise.name());
    let stem = format!("{}.{promise}", file.queue);
    let name = format!("{stem}.replay.json");
    let json = serde_json::to_string_pretty(file);
    let json = json.map_err(|error| Error::new(Exit::Environment, format!("the replay is no JSON: {error}")))?;
    fs_err::create_dir_all(folder)?;
    run_folder::write_whole(folder, &name, (json + "\n").as_bytes())?;
    output::say(&format!("Saved: {}", folder.join(&name)));
    let scenario = format!("{}-{promise}.toml", file.queue);
    run_folder::write_whole(folder, &scenario, text_of(file, &name, sentence).as_bytes())?;
    // A broken design of the self-test runs only where somebody asks for it.
    let usual = Design::from_name(&file.queue).is_some_and(|design| design.is_usual());
    let queue = if usual { String::new() } else { format!(" --queue {}", file.queue) };
    output::say(&format!("As a test: stanchion run {}{queue}", folder.join(scenario)));
    Ok(())
}

/// The scenario: the design is mended when it passes.
fn text_of(file: &ReplayFile, name: &str, sentence: &str) -> String {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let promises: Vec<String> = file.promises.iter().map(|promise| text(promise.name())).collect();
    let usual = Design::from_name(&file.queue).is_some_and(|design| design.is_usual());
    let designs = if usual { format!("designs = [{}]\n", text(&file.queue)) } else { String::new() };
    let about = format!("{} on {}: {sentence}.", file.program, file.queue);
    format!(
        "# One schedule that `stanchion explore` found, as a test: it fails as long as {} breaks {}.\nabout = {}\n{designs}\n[load.schedule]\nfile = {}\n\n[promises]\ncheck = [{}]\n",
        file.queue,
        promises.join(" and "),
        text(&about),
        text(name),
        promises.join(", ")
    )
}

/// Writes the page of what was explored.
pub(super) fn save_page(folder: &Utf8Path, summaries: &[(Summary, String)], command: String) -> Result<(), Error> {
    let broken = summaries.iter().any(|(summary, _)| summary.is_broken());
    let complete = summaries.iter().all(|(summary, _)| summary.complete);
    let (chip, class) = match (broken, complete) {
        (true, _) => ("✗ FAIL", "fail"),
        (false, true) => ("✓ PASS", "pass"),
        (false, false) => ("? INCONCLUSIVE", "inconclusive"),
    };
    let verdicts: Vec<&str> = summaries.iter().filter_map(|(_, text)| text.lines().next()).collect();
    let without_word = |line: &str| line.split_once(": ").map_or(line, |(_, rest)| rest).to_owned();
    let parts = summaries.iter().flat_map(|(summary, text)| {
        let stories = summary.broken.iter().map(|broken| {
            let names: Vec<&str> = broken.promises.iter().map(|promise| promise.name()).collect();
            let schedule = Schedule {
                program: broken.program.clone(),
                clients: u8::try_from(broken.clients).unwrap_or(u8::MAX),
                steps: broken.story.clone(),
                left_out: 0,
                added: 0,
            };
            let head = format!(
                "{} of {} schedules of {}",
                grouped(broken.schedules),
                grouped(broken.schedules_of),
                broken.program
            );
            Part {
                title: format!("{} breaks {}", summary.queue, names.join(" and ")),
                lanes: Some(Lanes::of(head, format!("{}.", broken.sentence), true, &schedule)),
                ..Part::default()
            }
        });
        let closing = text.lines().skip_while(|line| !line.starts_with(&format!("{}: ", summary.queue)));
        let figures = Part {
            title: format!("What was explored of {}", summary.queue),
            lines: closing.filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            ..Part::default()
        };
        stories.chain([figures]).collect::<Vec<_>>()
    });
    let page = Sheet {
        tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
        title: "explore".to_owned(),
        chip: chip.to_owned(),
        class,
        finding: verdicts.iter().map(|line| without_word(line)).collect::<Vec<_>>().join(" "),
        about: vec![
            "Every order in which the commands of small programs can reach the server, executed on a private Redis."
                .to_owned(),
        ],
        parts: parts.collect(),
        commands: vec![command],
    };
    let page = sheet(&page).map_err(|error| Error::new(Exit::Environment, error.to_string()))?;
    run_folder::write_page(folder, PAGE, &page)?;
    output::say(&format!("Page: {}", folder.join(PAGE)));
    Ok(())
}
