//! All runs, what they say together, and how that is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::Utf8Path;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::ours::Ours;
use super::request::{Way, Workload};
use super::server::Server;
use super::statistics::{Estimate, difference, median, ratio};

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub contender: String,
    pub workload: Workload,
    pub way: Way,
    /// Over the load, as the contender says it; `None` where it says nothing that can be read.
    pub ops_per_s: Option<f64>,
    /// Of the whole process, start-up included.
    pub cpu_us_per_op: f64,
    /// Of the thread that loads, while it does; `None` for peers, which do not tell.
    pub load_thread_cpu_us_per_op: Option<f64>,
    /// Of contenders that record.
    pub service_p50_us: Option<f64>,
    pub service_p99_us: Option<f64>,
    /// Why this is no measurement; it is left out of every figure then.
    pub objection: Option<String>,
}

impl Row {
    /// For the progress.
    pub fn shown(&self) -> String {
        let rate = self.ops_per_s.map_or("no".to_owned(), |rate| format!("{rate:.0}"));
        let objection = self.objection.as_ref().map(|why| format!(": NO MEASUREMENT: {why}")).unwrap_or_default();
        let (workload, way, cpu) = (self.workload.name(), self.way.name(), self.cpu_us_per_op);
        format!("{workload} over {way} by {}: {rate} ops/s, {cpu:.2} µs CPU/op{objection}", self.contender)
    }
}

/// A pair of contenders in one workload.
#[derive(Clone, Debug, Serialize)]
struct Comparison {
    workload: Workload,
    way: Way,
    ours: String,
    other: String,
    rounds: usize,
    /// Ours over the other's; `None` where fewer than two rounds have both.
    cpu_ratio: Option<Estimate>,
    throughput_ratio: Option<Estimate>,
    /// Ours less the other's, µs.
    cpu_difference_us: Option<Estimate>,
}

/// All runs of the comparison.
#[derive(Debug, Serialize)]
pub struct Results {
    server: String,
    rounds: u32,
    requests: u64,
    not_found: Vec<String>,
    runs: Vec<Row>,
}

impl Results {
    pub fn new(server: &Server, rounds: u32, requests: u64, not_found: Vec<String>) -> Results {
        Results { server: server.shown(), rounds, requests, not_found, runs: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        self.runs.push(row);
    }

    /// Whether every run is a measurement.
    pub fn is_sound(&self) -> bool {
        self.runs.iter().all(|row| row.objection.is_none())
    }

    /// The runs of a contender in a workload, one a round, `None` where it was no measurement.
    fn of(&self, workload: Workload, way: Way, contender: &str) -> Vec<Option<&Row>> {
        let rows = self.runs.iter().filter(|row| (row.workload, row.way) == (workload, way));
        rows.filter(|row| row.contender == contender)
            .map(|row| Some(row).filter(|row| row.objection.is_none()))
            .collect()
    }

    /// The contenders of each workload, in the order in which they first ran.
    fn cases(&self) -> BTreeMap<(Way, Workload), Vec<&str>> {
        let mut cases: BTreeMap<(Way, Workload), Vec<&str>> = BTreeMap::new();
        for row in &self.runs {
            let contenders = cases.entry((row.way, row.workload)).or_default();
            if !contenders.contains(&row.contender.as_str()) {
                contenders.push(&row.contender);
            }
        }
        cases
    }

    fn comparisons(&self) -> Vec<Comparison> {
        let mut comparisons = Vec::new();
        for ((way, workload), contenders) in self.cases() {
            let ours = Ours::ALL.iter().filter(|ours| contenders.contains(&ours.name()));
            let is_ours = |name: &str| Ours::ALL.iter().any(|ours| ours.name() == name);
            for ours in ours {
                let peers = contenders.iter().copied().filter(|name| !is_ours(name));
                for other in peers.chain(ours.unrecorded().map(Ours::name)) {
                    comparisons.push(self.compare(workload, way, ours.name(), other));
                }
            }
        }
        comparisons
    }

    fn compare(&self, workload: Workload, way: Way, ours: &str, other: &str) -> Comparison {
        let pairs: Vec<(&Row, &Row)> = self
            .of(workload, way, ours)
            .into_iter()
            .zip(self.of(workload, way, other))
            .filter_map(|(ours, other)| ours.zip(other))
            .collect();
        let cpu: Vec<_> = pairs.iter().map(|(ours, other)| (ours.cpu_us_per_op, other.cpu_us_per_op)).collect();
        let rates: Vec<_> = pairs.iter().filter_map(|(ours, other)| ours.ops_per_s.zip(other.ops_per_s)).collect();
        Comparison {
            workload,
            way,
            ours: ours.to_owned(),
            other: other.to_owned(),
            rounds: pairs.len(),
            cpu_ratio: ratio(&cpu),
            throughput_ratio: ratio(&rates),
            cpu_difference_us: difference(&cpu),
        }
    }

    /// Medians by contender, then every comparison, as Markdown; and what was wrong.
    pub fn table(&self) -> String {
        let mut medians =
            table(&["workload", "way", "contender", "ops/s", "client µs CPU/op", "of the load thread"], 3);
        for ((way, workload), contenders) in self.cases() {
            for contender in contenders {
                let rows: Vec<&Row> = self.of(workload, way, contender).into_iter().flatten().collect();
                let of = |value: &dyn Fn(&Row) -> Option<f64>, digits: usize| {
                    let values: Vec<f64> = rows.iter().filter_map(|row| value(row)).collect();
                    median(&values).map_or("–".to_owned(), |median| format!("{median:.digits$}"))
                };
                medians.add_row([
                    workload.name().to_owned(),
                    way.name().to_owned(),
                    contender.to_owned(),
                    of(&|row| row.ops_per_s, 0),
                    of(&|row| Some(row.cpu_us_per_op), 2),
                    of(&|row| row.load_thread_cpu_us_per_op, 2),
                ]);
            }
        }
        let names = ["workload", "way", "ours", "against", "CPU/op, ratio", "ops/s, ratio", "CPU/op, difference µs"];
        let mut compared = table(&names, 4);
        for comparison in self.comparisons() {
            let of = |estimate: Option<Estimate>| {
                let shown = |e: Estimate| format!("{:.3} [{:.3}, {:.3}]", e.estimate, e.low, e.high);
                estimate.map_or("too few rounds".to_owned(), shown)
            };
            compared.add_row([
                comparison.workload.name().to_owned(),
                comparison.way.name().to_owned(),
                comparison.ours.clone(),
                comparison.other.clone(),
                of(comparison.cpu_ratio),
                of(comparison.throughput_ratio),
                of(comparison.cpu_difference_us),
            ]);
        }
        let mut page = format!(
            "{}; {} rounds of {} requests over 50 connections, one thread, no pipelining\n\nMedians:\n\n{medians}\n\n\
             Ours over the other's in the same round, geometric mean, with a 95 % interval:\n\n{compared}\n",
            self.server, self.rounds, self.requests
        );
        for name in &self.not_found {
            // Writing to a string cannot fail.
            let _ = writeln!(page, "\n{name} was not found on the PATH and is left out.");
        }
        for row in self.runs.iter().filter(|row| row.objection.is_some()) {
            let _ = writeln!(page, "\nLeft out of every figure: {}", row.shown());
        }
        page
    }

    /// Writes runs and comparisons as JSON.
    pub fn save(&self, path: &Utf8Path) -> Result<(), String> {
        #[derive(Serialize)]
        struct Document<'r> {
            #[serde(flatten)]
            results: &'r Results,
            comparisons: Vec<Comparison>,
        }
        let document = Document { results: self, comparisons: self.comparisons() };
        let text = serde_json::to_string_pretty(&document).map_err(|error| format!("no JSON can be made: {error}"))?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_str().is_empty()) {
            fs_err::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        fs_err::write(path, text + "\n").map_err(|error| format!("{error}; name another file with --json"))
    }
}

fn table(names: &[&str], texts: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(names);
    for column in table.column_iter_mut().skip(texts) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
