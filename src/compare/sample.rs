//! Comparisons and runs for this room's tests.

use serde_json::json;

use super::document::{CellComparison, Comparison, Parts, Side, Way};
use super::effect::Effect;
use super::figure::{Figure, Known, Rule, Word};
use super::quantity::Quantity;
use crate::report::{Cell, Document, Run};

const RULE: Rule = Rule { threshold: 0.03, drift: 0.0 };

/// A figure that is said to be so.
pub(super) fn figure(quantity: Quantity, word: Word) -> Figure {
    Figure { word, ..effect(quantity, 1.0, 1.0, (1.0, 1.0)) }
}

/// A figure of this effect.
pub(super) fn effect(quantity: Quantity, a: f64, b: f64, (low, high): (f64, f64)) -> Figure {
    Figure::new(quantity, true, [Some(a), Some(b)], Known::Effect(Effect { ratio: b / a, low, high }), RULE)
}

pub(super) fn cell(figures: Vec<Figure>) -> CellComparison {
    let queues = ["list", "list"].map(str::to_owned);
    CellComparison { scenario: "steady".to_owned(), queues, only_joins: true, figures }
}

pub(super) fn comparison(cells: Vec<CellComparison>) -> Comparison {
    Comparison::new(Parts {
        way: Way::Interleaved,
        rule: RULE,
        rounds: Some(20),
        sides: [Side::default(), Side::default()],
        unlike: Vec::new(),
        notes: Vec::new(),
        only: [Vec::new(), Vec::new()],
        cells,
    })
}

/// A run of one cell whose joins cost the server and took, in the median, so many µs.
pub(super) fn run(queue: &str, server_us: f64, service_p50_us: f64) -> Document {
    let cell = json!({
        "scenario": "steady", "queue": queue, "verdict": "pass", "as_expected": true, "unexpected": [], "undecided": [],
        "checks": [], "limits": [],
        "latency": [{
            "op": "join", "phase": "load", "clock": "service", "count": 5000, "p50_us": service_p50_us,
            "p90_us": 2.0 * service_p50_us, "p99_us": 9.0 * service_p50_us, "p999_us": 9.0 * service_p50_us,
            "max_us": 9.0 * service_p50_us,
        }],
        "throughput": { "offered_per_s": null, "achieved_per_s": 1e6 / service_p50_us, "reason": null },
        "fairness": null,
        "generator": {
            "client_cpu_cores": null, "send_lag_p50_us": null, "send_lag_p99_us": null, "unknown": 0, "refused": 0,
            "saturated": null,
        },
        "cost": {
            "commands_per_op": 1.0, "commands_by_op": { "join": 1.0 }, "round_trips_by_op": {}, "wire_bytes_by_op": {},
            "server_us_per_op": server_us, "bytes_per_user": 450.0, "reasons": {},
        },
        "plan_hash": "00", "operations": 5000,
    });
    let cell: Cell = serde_json::from_value(cell).unwrap();
    Document::new(Run { seed: Some(1), ..Run::default() }, vec![cell])
}
