//! Everything that any page of the demonstration shows, as one document.

use schemars::JsonSchema;
use serde::Serialize;

use super::bits::{Drawing, draw};
use super::facts::{Facts, facts};
use super::limits::{Limits, breaks_ms, limits};
use super::moment::Moment;
use super::questions::Live;
use super::rate::{AtRate, at_rate};
use super::scheme::{SIGNIFICAND_BITS, Scheme, SchemeName};
use super::words;

/// Format version of the document.
pub const SCHEMA: u32 = 1;

/// The time that is looked at unless another is asked for: that of the case that began it all, 2025-10-05.
pub const TS_MS_DEFAULT: u64 = 1_759_656_550_865;

/// The counters that are looked at: those of the same case.
pub const COUNTERS: [u64; 3] = [4, 5, 6];

/// Joins in one millisecond unless another rate is asked for: a crowd of 30,000 a second.
pub const JOINS_PER_MS_DEFAULT: u64 = 30;

const MS_PER_DAY: u64 = 86_400_000;

/// What to show.
#[derive(Clone, Debug)]
pub struct Request {
    /// The schemes.
    pub schemes: Vec<Scheme>,
    /// The time of the joins, ms since 1970; up to [`super::TS_MS_MAX`], and not before the epoch of a scheme.
    pub ts_ms: u64,
    /// How many joins one millisecond brings.
    pub joins_per_ms: u64,
    /// Whether to show what holds of every scheme, too.
    pub general: bool,
}

/// The whole demonstration.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Format version.
    pub schema: u32,
    /// `precision`.
    pub kind: &'static str,
    /// The program and its version.
    pub tool: String,
    /// The finding, in words.
    pub sentence: String,
    /// The time of the joins.
    pub ts: Moment,
    /// The counters whose scores are shown.
    pub counters: Vec<u64>,
    /// The joins of one millisecond at the rate asked for.
    pub joins_per_ms: u64,
    /// Scheme by scheme.
    pub schemes: Vec<SchemeReport>,
    /// What is left for the counter, shift by shift; empty where one scheme was asked for.
    pub shifts: Vec<ShiftRow>,
    /// What holds of every scheme; `null` where one was asked for.
    pub facts: Option<Facts>,
    /// The same on a server; `null` without `--live`.
    pub live: Option<Live>,
}

/// A scheme.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SchemeReport {
    /// Its name.
    pub name: SchemeName,
    /// The queue design that places its joins so, with parameters of its own.
    pub design: &'static str,
    /// Its formula.
    pub formula: String,
    /// How far the clock is shifted; `null` of the decimal schemes.
    pub bits: Option<u32>,
    /// Where the clock begins; `null` of all but `rebased`.
    pub epoch: Option<Moment>,
    /// The bits that it needs, in words.
    pub sentence: String,
    /// The first joins that collide and that are inverted, in words.
    pub pairs: String,
    /// The scores of the counters, bit by bit.
    pub scores: Vec<Drawing>,
    /// How many different scores these are.
    pub distinct: usize,
    /// How far it carries.
    pub limits: Limits,
    /// What the rate makes of it.
    pub at_rate: AtRate,
}

/// What a shift leaves.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ShiftRow {
    /// How far the clock is shifted, bits.
    pub bits: u32,
    /// Counters of a millisecond.
    pub counters_per_ms: u64,
    /// How many scores there are for them at the time asked about, if the clock counts from 1970.
    pub scores_per_ms: u64,
    /// Until when that is exact.
    pub breaks: Moment,
    /// How long it is exact after an epoch of one's own, days.
    pub rebased_days: f64,
}

impl Request {
    /// All four schemes with the parameters of their designs, at the time of the case that began it all.
    #[must_use]
    pub fn of_the_designs() -> Request {
        Request {
            schemes: [SchemeName::Shift, SchemeName::Decimal, SchemeName::Centi, SchemeName::Rebased]
                .map(|name| name.scheme(None, midnight_before(TS_MS_DEFAULT)))
                .to_vec(),
            ts_ms: TS_MS_DEFAULT,
            joins_per_ms: JOINS_PER_MS_DEFAULT,
            general: true,
        }
    }
}

impl Document {
    /// Computes everything that was asked for.
    #[must_use]
    pub fn new(request: &Request) -> Document {
        let schemes: Vec<SchemeReport> = request.schemes.iter().map(|scheme| report(*scheme, request)).collect();
        let ts = Moment::at_ms(request.ts_ms);
        Document {
            schema: SCHEMA,
            kind: "precision",
            tool: concat!("stanchion ", env!("CARGO_PKG_VERSION")).to_owned(),
            sentence: words::finding(&ts, &schemes),
            counters: COUNTERS.to_vec(),
            joins_per_ms: request.joins_per_ms,
            schemes,
            shifts: if request.general { shifts(request.ts_ms) } else { Vec::new() },
            facts: request.general.then(|| facts(request.ts_ms)),
            ts,
            live: None,
        }
    }
}

fn report(scheme: Scheme, request: &Request) -> SchemeReport {
    let ts_ms = request.ts_ms;
    let mut stored = COUNTERS.map(|counter| scheme.score(ts_ms, counter).to_bits()).to_vec();
    stored.sort_unstable();
    stored.dedup();
    let (bits, epoch) = match scheme {
        Scheme::Shift { bits } => (Some(bits), None),
        Scheme::Rebased { epoch_ms, bits } => (Some(bits), Some(Moment::at_ms(epoch_ms))),
        Scheme::Decimal | Scheme::Centi => (None, None),
    };
    let limits = limits(scheme, ts_ms);
    SchemeReport {
        name: scheme.name(),
        design: scheme.name().design(),
        formula: scheme.formula(),
        bits,
        epoch,
        sentence: words::bits(&limits),
        pairs: words::pairs(&limits),
        scores: COUNTERS.map(|counter| draw(scheme, ts_ms, counter)).to_vec(),
        distinct: stored.len(),
        limits,
        at_rate: at_rate(scheme, ts_ms, request.joins_per_ms),
    }
}

/// Some shifts, small to large: those of the designs, and the last two that a clock of 41 bits leaves exact or not.
fn shifts(ts_ms: u64) -> Vec<ShiftRow> {
    let room = Scheme::Shift { bits: 0 }.room_bits(ts_ms);
    let mut shifts = vec![8, 10, room, room + 1, 16, 20, 22, 24];
    shifts.sort_unstable();
    shifts.dedup();
    shifts.into_iter().filter(|bits| *bits < SIGNIFICAND_BITS).map(|bits| shift_row(bits, ts_ms)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "days with a few decimal places")]
fn shift_row(bits: u32, ts_ms: u64) -> ShiftRow {
    let scheme = Scheme::Shift { bits };
    ShiftRow {
        bits,
        counters_per_ms: scheme.counters_per_ms(),
        scores_per_ms: super::limits::scores_per_ms(scheme, ts_ms),
        breaks: Moment::at_ms(breaks_ms(scheme)),
        rebased_days: breaks_ms(scheme) as f64 / MS_PER_DAY as f64,
    }
}

/// The midnight (UTC) before a time: the epoch of `composite-rebased`, whose first join sets it.
#[must_use]
pub fn midnight_before(ts_ms: u64) -> u64 {
    ts_ms - ts_ms % MS_PER_DAY
}
