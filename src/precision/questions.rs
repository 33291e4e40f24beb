//! The same on a server: commands that anybody can paste into redis-cli, each with the answer that was computed for it.
//!
//! This file only says what to ask and judges what came back; who asks is the command line.

use schemars::JsonSchema;
use serde::Serialize;

use super::document::{COUNTERS, Document};
use super::facts::wrapped;
use super::limits::Join;
use super::lua_number::exactly;
use super::scheme::Scheme;

/// What was asked of a server.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Live {
    /// The server and its version.
    pub server: String,
    /// The commands, in their order.
    pub commands: Vec<Asked>,
    /// Whether each answer is the one that was computed.
    pub agrees: bool,
}

/// A command and its answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Asked {
    /// What it shows.
    pub about: String,
    /// As one pastes it into redis-cli.
    pub command: String,
    /// What the server said, as redis-cli shows it, on one line.
    pub answer: String,
    /// What was computed, in the same form.
    pub computed: String,
    /// Whether they are the same; numbers are compared as numbers, bit by bit.
    pub agrees: bool,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// An integer.
    Integer(i64),
    /// A text.
    Text(String),
    /// A text that is a number: servers write them in different ways.
    Number(f64),
    /// Several.
    List(Vec<Answer>),
    /// Anything else: an error, nothing.
    Other(String),
}

impl Answer {
    /// As redis-cli shows it, on one line.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Answer::Integer(integer) => format!("(integer) {integer}"),
            Answer::Text(text) => quoted(text),
            Answer::Number(number) => quoted(&exactly(*number)),
            Answer::List(items) => {
                let item = |(at, item): (usize, &Answer)| format!("{}) {}", at + 1, item.shown());
                items.iter().enumerate().map(item).collect::<Vec<_>>().join(" ")
            }
            Answer::Other(text) => text.clone(),
        }
    }

    /// Whether a server's answer is this one.
    #[must_use]
    pub fn is(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Answer::Number(number), Answer::Text(text)) => {
                text.parse::<f64>().is_ok_and(|parsed| parsed.to_bits() == number.to_bits())
            }
            (Answer::List(computed), Answer::List(answered)) => {
                computed.len() == answered.len() && computed.iter().zip(answered).all(|(one, other)| one.is(other))
            }
            _ => self == answer,
        }
    }
}

/// A command for a server, and the answer that was computed for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What it shows.
    pub about: String,
    /// The words of the command.
    pub words: Vec<String>,
    /// The answer that was computed.
    pub computed: Answer,
}

impl Question {
    fn new(about: &str, words: &[&str], computed: Answer) -> Question {
        Question { about: about.to_owned(), words: words.iter().map(|word| (*word).to_owned()).collect(), computed }
    }

    /// As one pastes it into redis-cli.
    #[must_use]
    pub fn command(&self) -> String {
        self.words.iter().map(|word| pasted(word)).collect::<Vec<_>>().join(" ")
    }

    /// Holds the answer of a server against what was computed.
    #[must_use]
    pub fn answered(&self, answer: &Answer) -> Asked {
        Asked {
            about: self.about.clone(),
            command: self.command(),
            answer: answer.shown(),
            computed: self.computed.shown(),
            agrees: self.computed.is(answer),
        }
    }
}

/// A word for redis-cli: in quotes where it would fall apart.
fn pasted(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+{}".contains(&byte));
    if plain { word.to_owned() } else { quoted(word) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What to ask about everything that a document shows; all keys begin with `prefix`. `schemes` are those of the document.
#[must_use]
pub fn questions(document: &Document, schemes: &[Scheme], prefix: &str) -> Vec<Question> {
    let mut questions = Vec::new();
    for scheme in schemes {
        questions.extend(of_scheme(*scheme, document.ts.ms, prefix));
    }
    for (report, scheme) in document.schemes.iter().zip(schemes) {
        for (about, pair) in
            [("first shared", &report.limits.first_collision), ("first inverted", &report.limits.first_inversion)]
        {
            let about = format!("{}: {about}", scheme.name().text());
            let key = format!("{prefix}{}:{}", scheme.name().text(), about.rsplit(' ').next().unwrap_or_default());
            questions.extend(of_pair(&about, &key, *scheme, &pair.earlier, &pair.later));
        }
    }
    questions.extend(general(document, prefix));
    questions
}

/// The scheme's arithmetic in Lua, and its scores in a sorted set.
fn of_scheme(scheme: Scheme, ts_ms: u64, prefix: &str) -> Vec<Question> {
    let name = scheme.name().text();
    let script = format!("return string.format('%.17g', {})", scheme.lua("ARGV[1]", "ARGV[2]"));
    let mut questions: Vec<Question> = COUNTERS
        .map(|counter| {
            let about = format!("{name}: counter {counter}, computed by Lua");
            let words = ["EVAL", &script, "0", &ts_ms.to_string(), &counter.to_string()];
            Question::new(&about, &words, Answer::Number(scheme.score(ts_ms, counter)))
        })
        .to_vec();
    let scores = COUNTERS.map(|counter| scheme.score(ts_ms, counter));
    let texts = scores.map(exactly);
    let key = format!("{prefix}{name}");
    let members = ["u5", "u6", "u7"];
    let mut add = vec!["ZADD", &key];
    for (text, member) in texts.iter().zip(members) {
        add.extend([text.as_str(), member]);
    }
    questions.push(Question::new(&format!("{name}: the three as they joined"), &add, Answer::Integer(3)));
    let first = scores.iter().filter(|score| score.to_bits() == scores[0].to_bits()).count();
    let about = format!("{name}: how many of them have the first one's score");
    let first = Answer::Integer(i64::try_from(first).unwrap_or(0));
    questions.push(Question::new(&about, &["ZCOUNT", &key, &texts[0], &texts[0]], first));
    questions
}

/// Two joins put in by their scores: which of them the set has first.
fn of_pair(about: &str, key: &str, scheme: Scheme, earlier: &Join, later: &Join) -> [Question; 2] {
    let score = |join: &Join| scheme.score(join.ts_ms, join.counter);
    let (one, two) = (score(earlier), score(later));
    let add = ["ZADD", key, &exactly(one), &earlier.member, &exactly(two), &later.member];
    let mut ordered = [(one, &earlier.member), (two, &later.member)];
    ordered.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    let list = ordered.iter().flat_map(|(score, member)| [Answer::Text((*member).clone()), Answer::Number(*score)]);
    [
        Question::new(&format!("{about}: as they joined"), &add, Answer::Integer(2)),
        Question::new(
            &format!("{about}: as they stand"),
            &["ZRANGE", key, "0", "-1", "WITHSCORES"],
            Answer::List(list.collect()),
        ),
    ]
}

fn general(document: &Document, prefix: &str) -> Vec<Question> {
    let Some(facts) = &document.facts else { return Vec::new() };
    let key = |name: &str| format!("{prefix}{name}");
    let (beyond, ties, shifted) = (key("beyond"), key("ties"), key("overflow"));
    let number = |text: &str| text.parse().map_or_else(|_| Answer::Other(text.to_owned()), Answer::Number);
    let lua = &facts.lua;
    let script = |expression: &str| format!("return {expression}");
    let mut add_ties = vec!["ZADD", &ties];
    for member in &facts.ties.joined {
        add_ties.extend(["0", member]);
    }
    let ordered = facts.ties.ordered.iter().cloned().map(Answer::Text).collect();
    let count = |items: usize| Answer::Integer(i64::try_from(items).unwrap_or(0));
    let mut questions = vec![
        Question::new("an integer beyond 2^53", &["ZADD", &beyond, &facts.beyond.given, "m"], Answer::Integer(1)),
        Question::new("what is stored of it", &["ZSCORE", &beyond, "m"], number(&facts.beyond.stored)),
        Question::new(
            "Lua's tostring keeps 14 digits",
            &["EVAL", &script(&format!("tostring({})", lua.number)), "0"],
            Answer::Text(lua.tostring.clone()),
        ),
        Question::new(
            "17 digits are exact",
            &["EVAL", &script(&format!("string.format('%.17g', {})", lua.number)), "0"],
            Answer::Text(lua.exactly.clone()),
        ),
        Question::new(
            "a number that Lua returns is cut off",
            &["EVAL", &script(&lua.returned), "0"],
            Answer::Integer(lua.arrives),
        ),
        Question::new("three members with one score, as they joined", &add_ties, count(facts.ties.joined.len())),
        Question::new("as they stand", &["ZRANGE", &ties, "0", "-1"], Answer::List(ordered)),
    ];
    questions.extend(overflow(document.ts.ms, facts.overflow.bits, &shifted));
    questions
}

/// The shift as a signed integer of 64 bits, which no command computes: only what the set makes of it.
fn overflow(ts_ms: u64, bits: u32, key: &str) -> [Question; 2] {
    let integers = COUNTERS.map(|counter| wrapped(ts_ms, bits) | counter.cast_signed());
    let texts = integers.map(|integer| integer.to_string());
    let add = ["ZADD", key, &texts[0], "u5", &texts[1], "u6", &texts[2], "u7"];
    #[expect(clippy::cast_precision_loss, reason = "as Redis reads the integer")]
    let scores = integers.map(|integer| integer as f64);
    let mut ordered: Vec<(f64, &str)> = scores.into_iter().zip(["u5", "u6", "u7"]).collect();
    ordered.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    let list = ordered.iter().flat_map(|(score, member)| [Answer::Text((*member).to_owned()), Answer::Number(*score)]);
    let about = format!("ts << {bits} | counter as a signed 64-bit integer");
    [
        Question::new(&about, &add, Answer::Integer(3)),
        Question::new(
            &format!("{about}: as they stand"),
            &["ZRANGE", key, "0", "-1", "WITHSCORES"],
            Answer::List(list.collect()),
        ),
    ]
}
