//! Progress: a bar on a terminal, a line every five seconds elsewhere, nothing when quiet.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::pipeline::Progress;

/// Shows how far a run got, on stderr.
pub(super) struct Watcher {
    mode: Mode,
    current: String,
    surprising_or_open: u64,
}

enum Mode {
    Quiet,
    Bar(ProgressBar),
    Lines { told: Instant },
}

/// Between two lines where stderr is not a terminal.
const PERIOD: Duration = Duration::from_secs(5);

impl Watcher {
    pub(super) fn new(quiet: bool) -> Watcher {
        let mode = if quiet {
            Mode::Quiet
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg} {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            Mode::Bar(bar)
        } else {
            Mode::Lines { told: Instant::now() }
        };
        Watcher { mode, current: String::new(), surprising_or_open: 0 }
    }

    /// One line, whatever the progress.
    pub(super) fn note(&self, text: &str) {
        match &self.mode {
            Mode::Quiet => {}
            Mode::Bar(bar) => bar.println(text),
            Mode::Lines { .. } => output::say(text),
        }
    }

    pub(super) fn watch(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Begins(index, total, scenario, design) => {
                self.current = format!("{} on {}", scenario.name, design.name());
                self.begin(index, total);
            }
            Progress::Ended(cell) if !cell.as_expected => {
                self.surprising_or_open += 1;
                let why = cell.unexpected.iter().chain(&cell.undecided).next().cloned().unwrap_or_default();
                self.note(&format!("{} on {}: {why}", cell.scenario, cell.queue));
            }
            Progress::Ended(_) => {}
        }
    }

    fn begin(&mut self, index: usize, total: usize) {
        let odd = match self.surprising_or_open {
            0 => String::new(),
            odd => format!(", {odd} not as expected or not decided"),
        };
        match &mut self.mode {
            Mode::Quiet => {}
            Mode::Bar(bar) => {
                bar.set_length(total as u64);
                bar.set_position(index as u64);
                bar.set_message(format!("{}{odd}", self.current));
            }
            Mode::Lines { told } => {
                if index == 0 || told.elapsed() >= PERIOD {
                    *told = Instant::now();
                    output::say(&format!("{index} of {total} cells done{odd}; now {}", self.current));
                }
            }
        }
    }

    pub(super) fn finish(&self) {
        if let Mode::Bar(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }
}
