//! What is compared: figures of a cell, how they are read, and which way is worse.

use std::collections::BTreeSet;

use crate::measure::{Clock, Latency};
use crate::model::{OpKind, Phase};
use crate::report::Cell;

/// A percentile that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantile {
    /// The median.
    P50,
    /// The 99th percentile.
    P99,
}

impl Quantile {
    /// Share of the samples that do not exceed it.
    #[must_use]
    pub fn share(self) -> f64 {
        match self {
            Quantile::P50 => 0.5,
            Quantile::P99 => 0.99,
        }
    }

    /// Samples that it takes in one round: for the 99th percentile ten are slower.
    fn samples_min(self) -> u64 {
        match self {
            Quantile::P50 => 100,
            Quantile::P99 => 1_000,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Quantile::P50 => "p50",
            Quantile::P99 => "p99",
        }
    }
}

/// A figure of a cell. The load phase only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Server time per operation, µs, from INFO commandstats.
    ServerTime,
    /// Latency of an operation, µs.
    Latency(OpKind, Clock, Quantile),
    /// Joins answered per second.
    Joins,
    /// Redis commands per operation.
    Commands,
    /// Memory per waiting entry, bytes.
    Memory,
}

impl Quantity {
    /// Every quantity that one of two cells has, the primary ones first.
    pub(super) fn of(cells: [&Cell; 2]) -> Vec<Quantity> {
        let rows = cells.iter().flat_map(|cell| &cell.latency).filter(|row| counts(row));
        let groups: BTreeSet<(OpKind, Clock)> = rows.map(|row| (row.op, row.clock)).collect();
        let both = [Quantile::P50, Quantile::P99];
        let latency = groups.into_iter().flat_map(|(op, clock)| both.map(|at| Quantity::Latency(op, clock, at)));
        let mut all = vec![Quantity::ServerTime, Quantity::Joins, Quantity::Commands, Quantity::Memory];
        all.splice(1..1, latency);
        all.sort_by_key(|quantity| !quantity.primary());
        all
    }

    /// Whether the outcome of a comparison hangs on it: server time per operation, and the median service time of joins.
    /// Throughput of a closed load, percentiles far out and the response clock swing with whatever else the machine does.
    #[must_use]
    pub fn primary(self) -> bool {
        matches!(self, Quantity::ServerTime | Quantity::Latency(OpKind::Join, Clock::Service, Quantile::P50))
    }

    /// Whether it may differ between two runs because of when they were made: times since the machine may have been slower,
    /// memory since it depends on how many were waiting when it was read. Commands are counted.
    #[must_use]
    pub fn drifts(self) -> bool {
        self != Quantity::Commands
    }

    /// Whether larger is better.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        self == Quantity::Joins
    }

    /// Whether larger and smaller are called slower and faster, rather than more and less.
    #[must_use]
    pub fn is_speed(self) -> bool {
        matches!(self, Quantity::Latency(..) | Quantity::Joins)
    }

    /// The unit, where the name does not say it.
    #[must_use]
    pub fn unit(self) -> Option<&'static str> {
        matches!(self, Quantity::Latency(..)).then_some("µs")
    }

    /// The name in tables. `only_joins` says that the load was nothing but joins, so that an operation is one.
    #[must_use]
    pub fn name(self, only_joins: bool) -> String {
        let each = if only_joins { "join" } else { "operation" };
        match self {
            Quantity::ServerTime => format!("server µs per {each}"),
            Quantity::Latency(op, clock, at) => {
                let clock = if clock == Clock::Service { "service" } else { "response" };
                format!("{} {clock} {}", op.name(), at.name())
            }
            Quantity::Joins => "joins/s".to_owned(),
            Quantity::Commands => format!("commands per {each}"),
            Quantity::Memory => "bytes per user".to_owned(),
        }
    }

    /// A value for people, without its unit.
    #[must_use]
    pub fn shown(self, value: f64) -> String {
        match self {
            Quantity::Joins | Quantity::Memory => format!("{value:.0}"),
            Quantity::Commands => format!("{value:.2}"),
            Quantity::ServerTime | Quantity::Latency(..) if value >= 99.95 => format!("{value:.0}"),
            Quantity::ServerTime | Quantity::Latency(..) => format!("{value:.1}"),
        }
    }

    /// Its value in a cell.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn read(self, cell: &Cell) -> Result<f64, String> {
        let cost = |figure: Option<f64>, name: &str| {
            figure
                .ok_or_else(|| cell.cost.reasons.get(name).cloned().unwrap_or_else(|| "it was not measured".to_owned()))
        };
        let value = match self {
            Quantity::ServerTime => cost(cell.cost.server_us_per_op, "server_us_per_op"),
            Quantity::Commands => cost(cell.cost.commands_per_op, "commands_per_op"),
            Quantity::Memory => cost(cell.cost.bytes_per_user, "bytes_per_user"),
            Quantity::Joins => cell.throughput.achieved_per_s.ok_or_else(|| {
                cell.throughput.reason.clone().unwrap_or_else(|| "no join was answered in the load phase".to_owned())
            }),
            Quantity::Latency(op, clock, at) => latency(cell, op, clock, at),
        }?;
        if value > 0.0 { Ok(value) } else { Err("it is 0, and a ratio with 0 says nothing".to_owned()) }
    }
}

fn latency(cell: &Cell, op: OpKind, clock: Clock, at: Quantile) -> Result<f64, String> {
    let row = cell.latency.iter().filter(|row| counts(row)).find(|row| (row.op, row.clock) == (op, clock));
    let row = row.ok_or_else(|| "no such operation was answered".to_owned())?;
    if row.count < at.samples_min() {
        return Err(format!("{} were answered, and {} takes {}", row.count, at.name(), at.samples_min()));
    }
    Ok(match at {
        Quantile::P50 => row.p50_us,
        Quantile::P99 => row.p99_us,
    })
}

fn counts(row: &Latency) -> bool {
    row.phase == Phase::Load && row.clock != Clock::SendLag
}

/// Whether nothing but joins was asked in the load phase of a cell.
pub(super) fn only_joins(cell: &Cell) -> bool {
    !cell.cost.commands_by_op.is_empty() && cell.cost.commands_by_op.keys().all(|op| op == OpKind::Join.name())
}
