//! A history as Jepsen writes it: EDN, one map a line, an invocation and a completion for each attempt.
//!
//! What may have happened ends as `:info`, and its process does nothing any more. What was refused is a `:fail`.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::operations::{End, Stands, Told, stands, told};
use crate::history::History;
use crate::history::labels::Labels;
use crate::model::{Operation, Outcome};

pub(super) fn write(history: &History, output: &mut impl Write) -> io::Result<()> {
    let labels = Labels::of(history);
    let told = told(history);
    let latest = told.iter().flat_map(|told| [Some(told.record.sent_ns), told.record.returned_ns]).flatten().max();
    let latest_ns = latest.unwrap_or_default();
    // Time, completions after invocations at equal times (which overlap), those without a time last of all.
    let mut events: Vec<(u64, u8, usize)> = Vec::with_capacity(2 * told.len());
    for (index, told) in told.iter().enumerate() {
        events.push((told.record.sent_ns, 0, index));
        events.push(match told.end {
            End::Answered(Some(at_ns)) | End::Refused(_, at_ns) => (at_ns, 1, index),
            End::Answered(None) | End::Unknown(_) => (latest_ns, 2, index),
        });
    }
    events.sort_unstable();
    for (index, (time_ns, completes, at)) in events.into_iter().enumerate() {
        let told = &told[at];
        let kind = match (completes, told.end) {
            (0, _) => "invoke",
            (_, End::Answered(_)) => "ok",
            (_, End::Refused(..)) => "fail",
            (_, End::Unknown(_)) => "info",
        };
        let mut value = call(&labels, told);
        let mut error = String::new();
        match told.end {
            _ if completes == 0 => {}
            End::Answered(_) => answer(&mut value, history, &labels, told),
            End::Refused(refusal, _) => error = format!(", :error :{}", refusal.name()),
            End::Unknown(cause) => error = format!(", :error :{}", cause.name()),
        }
        writeln!(
            output,
            "{{:index {index}, :time {time_ns}, :type :{kind}, :process {}, :f :{}, :value {{{value}}}{error}}}",
            told.process,
            told.record.call.kind().name(),
        )?;
    }
    Ok(())
}

/// What was asked, as the inside of a map.
fn call(labels: &Labels, told: &Told) -> String {
    match told.record.call {
        Operation::Admit { count, batch } => format!(":count {count}, :batch {}", text(&labels.batches[&batch.0])),
        call => match call.entry() {
            Some(entry) => {
                format!(":user {}, :token {}", text(&labels.users[&entry.user.0]), text(&labels.tokens[&entry.token.0]))
            }
            None => String::new(),
        },
    }
}

/// What was answered, behind what was asked.
fn answer(value: &mut String, history: &History, labels: &Labels, told: &Told) {
    let token = |token: &crate::model::Token| text(&labels.tokens[&token.0]);
    let _ = write!(value, ", :outcome :{}", told.record.outcome.name()); // writing to a String cannot fail
    let more = match &told.record.outcome {
        Outcome::Duplicate(of) => {
            let stands = if stands(history, &told.record) == Some(Stands::Waiting) { "waiting" } else { "accepted" };
            format!(", :duplicate-of {}, :stands :{stands}", token(of))
        }
        Outcome::Position(position) => format!(", :position {position}"),
        Outcome::Admitted(tokens) => {
            format!(", :tokens [{}]", tokens.iter().map(token).collect::<Vec<_>>().join(" "))
        }
        _ => String::new(),
    };
    value.push_str(&more);
}

/// A string of EDN, which knows fewer escapes than JSON.
fn text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // As Clojure's own reader and printer have it.
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn any_text_is_one_string_of_edn() {
        assert_eq!(text("ann"), r#""ann""#);
        assert_eq!(text("a\"b\\c\nd\u{1b}[2Jé"), r#""a\"b\\c\nd\u001b[2Jé""#);
    }
}
