//! Progress: a bar on a terminal, a line every five seconds elsewhere, nothing when quiet.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::load::Control;
use crate::pipeline::Progress;

/// Shows how far a run got, on stderr.
pub(super) struct Watcher {
    mode: Mode,
    surprising_or_open: u64,
    now: Arc<Mutex<Now>>,
}

enum Mode {
    Quiet,
    Bar(ProgressBar),
    Lines,
}

/// What the run is at, for the thread that tells it while a cell takes long.
struct Now {
    /// What to say; `None` once the run is over.
    text: Option<String>,
    /// When something was last said.
    told: Instant,
}

/// Between two lines where stderr is not a terminal.
const PERIOD: Duration = Duration::from_secs(5);

/// How often the running cell is looked at.
const GLANCE: Duration = Duration::from_millis(200);

impl Watcher {
    /// Watches a run and, through `control`, the cell it is at.
    pub(super) fn new(quiet: bool, control: &Arc<Control>) -> Watcher {
        let now = Arc::new(Mutex::new(Now { text: Some(String::new()), told: Instant::now() }));
        let mode = if quiet {
            Mode::Quiet
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg} {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(GLANCE);
            Mode::Bar(bar)
        } else {
            Mode::Lines
        };
        let bar = if let Mode::Bar(bar) = &mode { Some(bar.clone()) } else { None };
        if !quiet {
            let (now, control) = (Arc::clone(&now), Arc::clone(control));
            // Without this thread a long cell is silent, and nothing else is lost.
            let _ = std::thread::Builder::new()
                .name("progress".to_owned())
                .spawn(move || tell(&now, &control, bar.as_ref()));
        }
        Watcher { mode, surprising_or_open: 0, now }
    }

    /// One line, whatever the progress.
    pub(super) fn note(&self, text: &str) {
        match &self.mode {
            Mode::Quiet => {}
            Mode::Bar(bar) => bar.println(text),
            Mode::Lines => output::say(text),
        }
    }

    pub(super) fn watch(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Begins(index, total, scenario, design) => {
                self.begin(index, total, &format!("{} on {}", scenario.name, design.name()));
            }
            Progress::Ended(cell) if !cell.as_expected => {
                self.surprising_or_open += 1;
                let why = cell.unexpected.iter().chain(&cell.undecided).next().cloned().unwrap_or_default();
                self.note(&format!("{} on {}: {why}", cell.scenario, cell.queue));
            }
            Progress::Ended(_) => {}
        }
    }

    fn begin(&mut self, index: usize, total: usize, cell: &str) {
        let odd = match self.surprising_or_open {
            0 => String::new(),
            odd => format!(", {odd} not as expected or not decided"),
        };
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.mode {
            Mode::Quiet => {}
            Mode::Bar(bar) => {
                bar.set_length(total as u64);
                bar.set_position(index as u64);
                now.text = Some(format!("{cell}{odd}"));
            }
            Mode::Lines => {
                let text = format!("{index} of {total} cells done{odd}; now {cell}");
                if index == 0 {
                    output::say(&text);
                    now.told = Instant::now();
                }
                now.text = Some(text);
            }
        }
    }

    pub(super) fn finish(&self) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).text = None;
        if let Mode::Bar(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }
}

/// Tells what the run is at until it is over.
fn tell(now: &Mutex<Now>, control: &Control, bar: Option<&ProgressBar>) {
    loop {
        std::thread::sleep(GLANCE);
        let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(text) = &now.text else { return };
        let text = format!("{text}, {} operations", control.attempts());
        match bar {
            Some(bar) => bar.set_message(text),
            None if now.told.elapsed() >= PERIOD => {
                output::say(&text);
                now.told = Instant::now();
            }
            None => {}
        }
    }
}
