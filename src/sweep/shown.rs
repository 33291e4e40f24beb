//! Sweeps for people: one table, then a sentence for each design, as text or as markdown.

use super::depth_report::{DepthReport, DesignDepth};
use super::rate_report::{Bound, DesignRate, RateReport};
use super::step::Step;
use super::words::{grouped, rate, short, time};
use crate::model::OpKind;

/// What stands where there is nothing to show.
const NONE: &str = "–";

/// A table and the lines around it.
pub(super) struct Page {
    title: String,
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
    caption: String,
    sentences: Vec<String>,
}

impl Page {
    fn text(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(&self.headers);
        table.add_rows(&self.rows);
        let table: Vec<String> = table.to_string().lines().map(|line| line.trim_end().to_owned()).collect();
        let sentences: String = self.sentences.iter().map(|line| format!("• {line}\n")).collect();
        format!("{}\n\n{}\n\n{}\n\n{sentences}", self.title, table.join("\n"), self.caption)
    }

    fn markdown(&self) -> String {
        let escaped = |text: &str| text.replace('|', r"\|").replace('<', "&lt;");
        let row = |cells: &[String]| {
            format!("| {} |\n", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "))
        };
        let rules = vec!["---".to_owned(); self.headers.len()];
        let rows: String = self.rows.iter().map(|cells| row(cells)).collect();
        let sentences: String = self.sentences.iter().map(|line| format!("- {}\n", escaped(line))).collect();
        format!(
            "## Stanchion: sweep\n\n**{}**\n\n{}{}{rows}\n{}\n\n{sentences}",
            escaped(&self.title),
            row(&self.headers),
            row(&rules),
            escaped(&self.caption)
        )
    }
}

impl RateReport {
    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        self.page().text()
    }

    /// For pull requests.
    #[must_use]
    pub fn markdown(&self) -> String {
        self.page().markdown()
    }

    fn page(&self) -> Page {
        let headers =
            ["design", "safe to joins/s", "×", "ends at joins/s", "ended by", "join p99", "position p99", "tries"];
        let limits: Vec<String> = self
            .limits
            .iter()
            .map(|limit| format!("{} of {} ≤ {}", limit.percentile.name(), limit.op.name(), time(limit.max_us)))
            .collect();
        let early =
            self.about.ended_early.as_ref().map(|why| format!(" The sweep ended early: {why}.")).unwrap_or_default();
        Page {
            title: format!(
                "How far {} carries: its rate was raised from {} to at most {} times its peak of {} joins/s.{early}",
                self.scenario,
                short(self.from),
                short(self.to),
                rate(self.peak_per_s)
            ),
            headers: headers.map(str::to_owned).to_vec(),
            rows: self.designs.iter().map(rate_row).collect(),
            caption: format!(
                "Limits ({}): {}. The rates are peaks; latencies are those of the highest rate that held, the worst of its tries, \
                 from the time an operation was due.",
                self.limits_from,
                limits.join(", ")
            ),
            sentences: self.designs.iter().map(|design| design.sentence.clone()).collect(),
        }
    }
}

fn rate_row(design: &DesignRate) -> Vec<String> {
    let none = || NONE.to_owned();
    let at_safe = |step: &&Step| design.safe.as_ref().is_some_and(|safe| safe.factor == step.factor);
    let worst = |op| {
        let p99 = design.steps.iter().filter(at_safe).filter_map(|step| step.p99_us(op));
        p99.max_by(f64::total_cmp).map_or_else(none, time)
    };
    let ended_by = match design.bound {
        Bound::Broke => {
            let reason = design.end.as_ref().and_then(|end| end.reason.as_ref());
            reason.map_or_else(none, |reason| reason.text.split(" (").next().unwrap_or_default().to_owned())
        }
        Bound::Generator => "the generator".to_owned(),
        Bound::NotReached => "nothing up to --to".to_owned(),
        Bound::Unknown => "not known".to_owned(),
    };
    vec![
        design.design.clone(),
        design.safe.as_ref().map_or_else(none, |safe| rate(safe.peak_per_s)),
        design.safe.as_ref().map_or_else(none, |safe| short(safe.factor)),
        design.end.as_ref().map_or_else(none, |end| rate(end.peak_per_s)),
        ended_by,
        worst(OpKind::Join),
        worst(OpKind::Position),
        design.steps.len().to_string(),
    ]
}

impl DepthReport {
    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        self.page().text()
    }

    /// For pull requests.
    #[must_use]
    pub fn markdown(&self) -> String {
        self.page().markdown()
    }

    fn page(&self) -> Page {
        let mut headers = vec!["design".to_owned(), "operation".to_owned()];
        headers.extend(self.depths.iter().map(|depth| format!("at {}", grouped(*depth))));
        headers.extend(["grows like", "server time", "grows like", "bytes/user"].map(str::to_owned));
        let left_out = self.designs.iter().flat_map(|design| {
            design.left_out.iter().map(|left| format!("{}: {left}", design.design)).collect::<Vec<_>>()
        });
        let sentences = self.designs.iter().flat_map(|design| design.sentences.iter().cloned());
        let early =
            self.about.ended_early.as_ref().map(|why| format!(" The sweep ended early: {why}.")).unwrap_or_default();
        Page {
            title: format!("{}{early}", self.sentence),
            headers,
            rows: self.designs.iter().flat_map(|design| self.depth_rows(design)).collect(),
            caption: "One client, one call after the other: median/p99 of what it waited (≤: the longest, where there were \
                      fewer than a hundred calls); ~ marks a law that fits only roughly; server time per call and memory per waiting user at the largest depth \
                      measured."
                .to_owned(),
            sentences: sentences.chain(left_out).collect(),
        }
    }

    fn depth_rows(&self, design: &DesignDepth) -> Vec<Vec<String>> {
        let none = || NONE.to_owned();
        let bytes = design.depths.iter().rev().find_map(|depth| depth.bytes_per_user);
        let row = |op: OpKind| {
            let point = |depth: &u64| {
                let line = design.depths.iter().find(|line| line.depth == *depth)?;
                line.points.iter().find(|point| point.op == op)
            };
            let latency = |depth: &u64| {
                point(depth).map_or_else(none, |point| match point.p99_us {
                    Some(p99_us) => format!("{}/{}", time(point.p50_us), time(p99_us)),
                    None => format!("{} ≤{}", time(point.p50_us), time(point.max_us)),
                })
            };
            let law = |figure| design.growth(op, figure).map_or_else(|| "?".to_owned(), |growth| growth.mark());
            let server = self.depths.iter().rev().find_map(|depth| point(depth)?.server_us);
            let mut cells = vec![design.design.clone(), op.name().to_owned()];
            cells.extend(self.depths.iter().map(latency));
            cells.extend([law("p50_us"), server.map_or_else(none, time), law("server_us")]);
            cells.push(bytes.map_or_else(none, |bytes| format!("{bytes:.0}")));
            cells
        };
        [OpKind::Join, OpKind::Position, OpKind::Admit].map(row).to_vec()
    }
}
