//! The same on a server: commands that anybody can paste into redis-cli, each with the answer that was computed for it.
//!
//! This file only says what to ask and judges what came back; who asks is the command line.

use schemars::JsonSchema;
use serde::Serialize;

use super::document::{COUNTERS, Document};
use super::exact::digits;
use super::facts::wrapped;
use super::limits::{Join, Pair};
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
    /// Whose it is: a scheme's, or what else is shown.
    pub part: String,
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
    /// Whose it is: a scheme's, or what else is shown.
    pub part: String,
    /// What it shows.
    pub about: String,
    /// The words of the command.
    pub words: Vec<String>,
    /// The answer that was computed.
    pub computed: Answer,
}

impl Question {
    fn new(part: &str, about: &str, words: &[&str], computed: Answer) -> Question {
        Question {
            part: part.to_owned(),
            about: about.to_owned(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            computed,
        }
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
            part: self.part.clone(),
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
    for (report, scheme) in document.schemes.iter().zip(schemes) {
        questions.extend(of_scheme(*scheme, document.ts.ms, prefix));
        let limits = &report.limits;
        questions.extend(of_pair("shared", prefix, *scheme, &limits.first_collision));
        questions.extend(of_pair("inverted", prefix, *scheme, &limits.first_inversion));
    }
    questions.extend(general(document, prefix));
    questions
}

/// The scheme's arithmetic in Lua, and the scores that were meant in a sorted set.
fn of_scheme(scheme: Scheme, ts_ms: u64, prefix: &str) -> Vec<Question> {
    let name = scheme.name().text();
    // Either way of writing loses nothing; whole numbers are easier to compare without an exponent.
    let format = if scheme.whole() { "%.0f" } else { "%.17g" };
    let script = format!("return string.format('{format}', {})", scheme.lua("ARGV[1]", "ARGV[2]"));
    let by_lua = COUNTERS.map(|counter| {
        let words = ["EVAL", &script, "0", &ts_ms.to_string(), &counter.to_string()];
        let about = format!("counter {counter}, computed by Lua");
        Question::new(name, &about, &words, Answer::Number(scheme.score(ts_ms, counter)))
    });
    // Redis reads the text that was meant, to the nearest float64.
    let meant = COUNTERS.map(|counter| scheme.exact(ts_ms, counter).text());
    let read = meant.each_ref().map(|text| text.parse::<f64>().unwrap_or(f64::NAN));
    let key = format!("{prefix}{name}");
    let add = add(&key, &meant.iter().map(String::as_str).zip(MEMBERS).collect::<Vec<_>>());
    let same = read.iter().filter(|score| score.to_bits() == read[0].to_bits()).count();
    let first = scheme.stored_text(read[0]);
    let in_a_set = [
        Question::new(name, "the scores that were meant", &add, count(MEMBERS.len())),
        Question::new(name, "so many have the score of the first", &["ZCOUNT", &key, &first, &first], count(same)),
    ];
    by_lua.into_iter().chain(in_a_set).collect()
}

/// Members of the joins that are looked at: the one with counter 0 is u1.
const MEMBERS: [&str; 3] = ["u5", "u6", "u7"];

/// The words that add members by their scores.
fn add<'a>(key: &'a str, scored: &[(&'a str, &'a str)]) -> Vec<&'a str> {
    ["ZADD", key].into_iter().chain(scored.iter().flat_map(|(score, member)| [*score, *member])).collect()
}

fn count(items: usize) -> Answer {
    Answer::Integer(i64::try_from(items).unwrap_or(i64::MAX))
}

/// The answer to ZRANGE WITHSCORES: by score, then by the bytes of the members.
fn standing(mut joined: Vec<(f64, &str)>) -> Answer {
    joined.sort_by(|one, other| one.0.total_cmp(&other.0).then_with(|| one.1.cmp(other.1)));
    let items = joined.into_iter().flat_map(|(score, member)| [Answer::Text(member.to_owned()), Answer::Number(score)]);
    Answer::List(items.collect())
}

/// Two joins put in by the scores that they get: which of them the set has first.
fn of_pair(what: &str, prefix: &str, scheme: Scheme, pair: &Pair) -> [Question; 2] {
    let (name, (earlier, later)) = (scheme.name().text(), (&pair.earlier, &pair.later));
    let key = format!("{prefix}{name}:{what}");
    let score = |join: &Join| scheme.score(join.ts_ms, join.counter);
    let (one, two) = (score(earlier), score(later));
    let texts = [one, two].map(|score| scheme.stored_text(score));
    let words = add(&key, &[(&texts[0], &earlier.member), (&texts[1], &later.member)]);
    let stand = standing(vec![(one, &earlier.member), (two, &later.member)]);
    [
        Question::new(name, &format!("the first {what}, as they joined"), &words, count(2)),
        Question::new(name, "as they stand", &["ZRANGE", &key, "0", "-1", "WITHSCORES"], stand),
    ]
}

impl Scheme {
    /// A score as it is put into a command: with all its digits, and without an exponent where it is whole.
    fn stored_text(self, score: f64) -> String {
        if self.whole() { digits(score) } else { exactly(score) }
    }
}

fn general(document: &Document, prefix: &str) -> Vec<Question> {
    let Some(facts) = &document.facts else { return Vec::new() };
    let key = |name: &str| format!("{prefix}{name}");
    let (beyond, ties, shifted) = (key("beyond"), key("ties"), key("overflow"));
    let stored = facts.beyond.stored.parse().map_or_else(|_| Answer::Text(facts.beyond.stored.clone()), Answer::Number);
    let lua = &facts.lua;
    let returns = |expression: &str| format!("return {expression}");
    let (to_text, exact, cut) = (
        returns(&format!("tostring({})", lua.number)),
        returns(&format!("string.format('%.17g', {})", lua.number)),
        returns(&lua.returned),
    );
    let tied: Vec<(&str, &str)> = facts.ties.joined.iter().map(|member| ("0", member.as_str())).collect();
    let ordered = Answer::List(facts.ties.ordered.iter().cloned().map(Answer::Text).collect());
    let past = "beyond 2^53";
    let by_lua = "numbers in Lua";
    let one_score = "members with one score";
    let mut questions = vec![
        Question::new(past, "2^53 + 1 goes in", &add(&beyond, &[(&facts.beyond.given, "m")]), count(1)),
        Question::new(past, "and is not what comes out", &["ZSCORE", &beyond, "m"], stored),
        Question::new(by_lua, "tostring keeps 14 digits", &["EVAL", &to_text, "0"], Answer::Text(lua.tostring.clone())),
        Question::new(by_lua, "17 digits are exact", &["EVAL", &exact, "0"], Answer::Text(lua.exactly.clone())),
        Question::new(by_lua, "what a script returns is cut off", &["EVAL", &cut, "0"], Answer::Integer(lua.arrives)),
        Question::new(one_score, "as they joined", &add(&ties, &tied), count(tied.len())),
        Question::new(one_score, "as they stand", &["ZRANGE", &ties, "0", "-1"], ordered),
    ];
    questions.extend(overflow(document.ts.ms, facts.overflow.bits, &shifted));
    questions
}

/// The shift as a signed integer of 64 bits, which no command computes: only what the set makes of it.
fn overflow(ts_ms: u64, bits: u32, key: &str) -> [Question; 2] {
    let part = format!("ts << {bits} | counter as a signed 64-bit integer");
    let integers = COUNTERS.map(|counter| wrapped(ts_ms, bits) | counter.cast_signed());
    let texts = integers.map(|integer| integer.to_string());
    let words = add(key, &texts.iter().map(String::as_str).zip(MEMBERS).collect::<Vec<_>>());
    #[expect(clippy::cast_precision_loss, reason = "as Redis reads the integer")]
    let scores = integers.map(|integer| integer as f64);
    let stand = standing(scores.into_iter().zip(MEMBERS).collect());
    [
        Question::new(&part, "as they joined", &words, count(MEMBERS.len())),
        Question::new(&part, "as they stand", &["ZRANGE", key, "0", "-1", "WITHSCORES"], stand),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        let words = ["EVAL", "return string.format('%.0f', ARGV[1])", "0", "-1.5e+19", "a\"b\\", ""];
        let question = Question::new("", "", &words, count(1));
        assert_eq!(question.command(), r#"EVAL "return string.format('%.0f', ARGV[1])" 0 -1.5e+19 "a\"b\\" """#);
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_texts_as_texts() {
        let text = |text: &str| Answer::Text(text.to_owned());
        let number = Answer::Number(29_522_138_039_677_091_840.0);
        assert!(number.is(&text("2.9522138039677092e+19")) && number.is(&text("29522138039677091840")));
        assert!(!number.is(&text("29522138039677095936")) && !number.is(&text("many")) && !number.is(&count(1)));
        assert!(text("1e+14").is(&text("1e+14")) && !text("1e+14").is(&text("100000000000000")));
        let list = Answer::List(vec![text("u1"), number.clone()]);
        assert!(list.is(&Answer::List(vec![text("u1"), text("2.9522138039677092e+19")])));
        assert!(!list.is(&Answer::List(vec![text("u1")])) && !list.is(&Answer::List(Vec::new())));
        assert!(!count(1).is(&Answer::Other("(error) ERR no".to_owned())));
    }
}
