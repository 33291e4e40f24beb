//! One figure of two sides: its effect, and the word for it.

use schemars::JsonSchema;
use serde::Serialize;

use super::effect::{Effect, Size};
use super::quantity::Quantity;

/// What is said of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// B takes longer, or gets less done.
    Slower,
    /// B takes less time, or gets more done.
    Faster,
    /// B costs more.
    More,
    /// B costs less.
    Less,
    /// No difference larger than the threshold.
    Same,
    /// It may be one or the other.
    CannotTell,
}

impl Word {
    /// The word in tables.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Word::Slower => "slower",
            Word::Faster => "faster",
            Word::More => "more",
            Word::Less => "less",
            Word::Same => "same",
            Word::CannotTell => "cannot tell",
        }
    }

    /// Whether B is worse.
    #[must_use]
    pub fn is_worse(self) -> bool {
        matches!(self, Word::Slower | Word::More)
    }

    /// Whether B is better.
    #[must_use]
    pub fn is_better(self) -> bool {
        matches!(self, Word::Faster | Word::Less)
    }
}

/// What counts as a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// A difference of up to this is none: 0.03 is 3 %.
    pub threshold: f64,
    /// How far a figure may be off because the machine had changed between two runs; 0 where they took turns.
    pub drift: f64,
}

/// One figure of two sides.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Figure {
    /// Its name, with its unit but for latencies.
    pub name: String,
    /// The unit, where the name does not say it.
    pub unit: Option<&'static str>,
    /// What it is.
    #[serde(skip)]
    pub quantity: Quantity,
    /// Whether the outcome hangs on it.
    pub primary: bool,
    /// A's; over rounds: the median.
    pub a: Option<f64>,
    /// B's; over rounds: the median.
    pub b: Option<f64>,
    /// B/A; `null` where a side has no such figure.
    pub ratio: Option<f64>,
    /// The interval, 95 %, without an allowance for drift; `null` where there is none.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// What is said of it.
    pub word: Word,
    /// Why something is missing, or cannot be told.
    pub why: Option<String>,
    /// A's and B's value round by round; empty where there were no rounds.
    pub rounds: Vec<[f64; 2]>,
}

/// What is known of a figure.
pub(super) enum Known {
    /// An effect with its interval.
    Effect(Effect),
    /// One reading on each side, of which nobody knows how far it would stray; what is known to bound it is in the effect.
    Reading(Effect),
    /// A ratio without an interval, and why.
    Ratio(String),
    /// Nothing, and why.
    Nothing(String),
}

impl Figure {
    /// Finds the word.
    pub(super) fn new(
        quantity: Quantity,
        only_joins: bool,
        [a, b]: [Option<f64>; 2],
        known: Known,
        rule: Rule,
    ) -> Figure {
        let reading = matches!(known, Known::Reading(_));
        let (effect, mut why) = match known {
            Known::Effect(effect) => (Some(effect), None),
            Known::Reading(effect) => (Some(effect), Some(READING.to_owned())),
            Known::Ratio(why) | Known::Nothing(why) => (None, Some(why)),
        };
        let ratio = effect.map(|effect| effect.ratio).or_else(|| Some(b? / a?));
        let allowance = if quantity.drifts() { rule.drift } else { 0.0 };
        let judged = effect.map(|effect| effect.widened(allowance));
        let size = judged.map_or(Size::Open, |effect| effect.size(rule.threshold));
        if let Some(effect) = effect.filter(|_| size == Size::Open) {
            let reading = if reading { format!("{READING}; ") } else { String::new() };
            why = Some(reading + &open(effect, rule, allowance));
        }
        let word = word(quantity, size);
        Figure {
            name: quantity.name(only_joins),
            unit: quantity.unit(),
            quantity,
            primary: quantity.primary(),
            a,
            b,
            ratio,
            low: effect.filter(|_| !reading).map(|effect| effect.low),
            high: effect.filter(|_| !reading).map(|effect| effect.high),
            word,
            why,
            rounds: Vec::new(),
        }
    }
}

fn word(quantity: Quantity, size: Size) -> Word {
    match (size, quantity.is_speed(), quantity.more_is_better()) {
        (Size::Open, ..) => Word::CannotTell,
        (Size::Same, ..) => Word::Same,
        (Size::Larger, true, false) | (Size::Smaller, true, true) => Word::Slower,
        (Size::Smaller, true, false) | (Size::Larger, true, true) => Word::Faster,
        (Size::Larger, false, _) => Word::More,
        (Size::Smaller, false, _) => Word::Less,
    }
}

/// Why a figure of a saved run may have no interval.
const READING: &str = "one reading of the server for each run has no interval";

/// Why an interval leaves it open.
fn open(effect: Effect, rule: Rule, allowance: f64) -> String {
    let threshold = percent(rule.threshold);
    match effect.size(rule.threshold) {
        Size::Same => {
            format!("the recordings agree, but the machine may have changed by {} between them", percent(allowance))
        }
        Size::Larger | Size::Smaller => {
            format!(
                "the recordings differ, but not by more than the {} that the machine may have changed between them",
                percent(allowance)
            )
        }
        Size::Open if effect.low > 1.0 => format!("certainly larger, but perhaps by no more than {threshold}"),
        Size::Open if effect.high < 1.0 => format!("certainly smaller, but perhaps by no more than {threshold}"),
        Size::Open => "the interval holds both a difference and none".to_owned(),
    }
}

/// A share as per cent: two digits are enough, but not for what is nearly nothing.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.abs() >= 9.95 || (percent - percent.round()).abs() < 0.005 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}
