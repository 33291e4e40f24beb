//! `stanchion precision`: what a float64 score makes of a clock and a counter, computed, and shown again on a server.

use std::sync::Arc;
use std::time::Duration;

use camino::Utf8Path;
use redis::Value;
use redis::aio::MultiplexedConnection;

use super::arguments::{Format, PrecisionArguments};
use super::exit::{Error, Exit};
use super::{output, run, signals};
use crate::load::Control;
use crate::precision::{
    self, Answer, Document, JOINS_PER_MS_DEFAULT, JOINS_PER_MS_MAX, Live, Question, Request, Scheme, SchemeName,
    TS_MS_DEFAULT, TS_MS_MAX, midnight_before,
};
use crate::report;
use crate::run_folder;
use crate::target::Target;

/// How long a server may take for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

pub(super) fn precision(arguments: &PrecisionArguments) -> Result<Exit, Error> {
    let request = request(arguments)?;
    let mut document = Document::new(&request);
    if arguments.live {
        document.live = Some(live(arguments, &document, &request.schemes)?);
    }
    let json = serde_json::to_string_pretty(&document)
        .map(|json| json + "\n")
        .map_err(|error| Error::new(Exit::Environment, format!("the result cannot be written as JSON: {error}")))?;
    let written = arguments.out.as_ref().map(|folder| write(folder, &document, &json));
    let shown = match arguments.format {
        Format::Text => precision::text(&document, output::width(), output::colour(&std::io::stdout())),
        Format::Markdown => precision::markdown(&document),
        Format::Json => json,
    };
    output::result(&shown)?;
    written.transpose()?;
    let differs = document.live.as_ref().is_some_and(|live| !live.agrees);
    Ok(if differs { Exit::Broken } else { Exit::Expected })
}

/// Writes the document, its page and its picture; what was written before is replaced.
fn write(folder: &Utf8Path, document: &Document, json: &str) -> Result<(), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::new(Exit::Environment, error.to_string());
    let page = report::precision_page(document).map_err(|error| failed(&error))?;
    let picture = report::precision_picture(document).map_err(|error| failed(&error))?;
    fs_err::create_dir_all(folder)?;
    for (name, bytes) in
        [("precision.json", json.as_bytes()), ("precision.html", page.as_bytes()), ("precision.png", &picture)]
    {
        run_folder::write_whole(folder, name, bytes)?;
    }
    output::say(&format!("Saved: {}", folder.join("precision.html")));
    Ok(())
}

/// What was asked for, or why it makes no sense.
fn request(arguments: &PrecisionArguments) -> Result<Request, Error> {
    let ts_ms = arguments.date.unwrap_or(TS_MS_DEFAULT);
    let named = arguments.scheme.map(SchemeName::from);
    let usage = |why: String| Err(Error::new(Exit::Usage, why));
    if let (Some(bits), Some(name @ (SchemeName::Decimal | SchemeName::Centi))) = (arguments.bits, named) {
        return usage(format!("--bits {bits}: {} shifts nothing; only shift and rebased do", name.text()));
    }
    if let (Some(_), Some(name @ (SchemeName::Shift | SchemeName::Decimal | SchemeName::Centi))) =
        (arguments.epoch, named)
    {
        return usage(format!("--epoch: {} counts from 1970; only rebased has an epoch of its own", name.text()));
    }
    let epoch_ms = arguments.epoch.unwrap_or_else(|| midnight_before(ts_ms));
    if epoch_ms > ts_ms {
        return usage(format!("--epoch lies after --date ({epoch_ms} > {ts_ms}): no clock counts backwards"));
    }
    let names = named.map_or_else(
        || vec![SchemeName::Shift, SchemeName::Decimal, SchemeName::Centi, SchemeName::Rebased],
        |name| vec![name],
    );
    Ok(Request {
        schemes: names.into_iter().map(|name| name.scheme(arguments.bits, epoch_ms)).collect(),
        ts_ms,
        joins_per_ms: arguments.rate.unwrap_or(JOINS_PER_MS_DEFAULT),
        general: named.is_none(),
    })
}

/// Asks a server everything that the document shows, and leaves it as it was.
fn live(arguments: &PrecisionArguments, document: &Document, schemes: &[Scheme]) -> Result<Live, Error> {
    let choice = arguments.target.choice()?;
    let control = Arc::new(Control::default());
    signals::interrupt_on_signals(&control)?;
    let runtime = run::runtime()?;
    let target = run::start(&runtime, &choice, &arguments.target.options(), &control)?;
    let prefix = format!("stanchion:{:x}-{:x}:", jiff::Timestamp::now().as_millisecond(), std::process::id());
    let questions = precision::questions(document, schemes, &prefix);
    let asked = runtime.block_on(ask(&target, &questions, &control));
    // A given server keeps no key of ours, however it ended; one that was started ends with its keys.
    let wiped = if target.owned() { Ok(0) } else { runtime.block_on(target.wipe(&prefix)) };
    let server = format!("{} {}", target.facts().server, target.facts().version);
    if let Err(error) = runtime.block_on(target.stop()) {
        output::say(&error.to_string());
    }
    let answers = asked?;
    wiped?;
    let commands: Vec<_> = questions.iter().zip(&answers).map(|(question, answer)| question.answered(answer)).collect();
    Ok(Live { server, agrees: commands.iter().all(|asked| asked.agrees), commands })
}

async fn ask(target: &Target, questions: &[Question], control: &Control) -> Result<Vec<Answer>, Error> {
    let mut connection = target.endpoint().connect(ANSWER_LIMIT).await?;
    let mut answers = Vec::new();
    for question in questions {
        if control.interrupted() {
            return Err(Error::new(
                Exit::Interrupted,
                "interrupted before all was asked; nothing is left on the server",
            ));
        }
        answers.push(ask_one(&mut connection, question).await.map_err(|why| {
            let address = target.endpoint().shown();
            Error::new(Exit::Environment, format!("{address} did not answer {}: {why}", question.command()))
        })?);
    }
    Ok(answers)
}

/// Sends one command; an error of the server is an answer, too.
async fn ask_one(connection: &mut MultiplexedConnection, question: &Question) -> Result<Answer, String> {
    let mut words = question.words.iter();
    let mut command = redis::cmd(words.next().map_or("", String::as_str));
    command.arg(words.collect::<Vec<_>>());
    match tokio::time::timeout(ANSWER_LIMIT, command.query_async::<Value>(connection)).await {
        Ok(Ok(value)) => Ok(answer(value)),
        Ok(Err(error)) => match error.code() {
            Some(code) => Ok(Answer::Other(format!("(error) {code} {}", error.detail().unwrap_or_default()))),
            None => Err(error.to_string()),
        },
        Err(_) => Err(format!("no answer within {} s", ANSWER_LIMIT.as_secs())),
    }
}

fn answer(value: Value) -> Answer {
    match value {
        Value::Int(integer) => Answer::Integer(integer),
        Value::BulkString(bytes) => Answer::Text(String::from_utf8_lossy(&bytes).into_owned()),
        Value::SimpleString(text) => Answer::Text(text),
        Value::Array(items) => Answer::List(items.into_iter().map(answer).collect()),
        other => Answer::Other(format!("{other:?}")),
    }
}

/// A date, a time with its offset, or milliseconds since 1970; as the latter.
pub(super) fn moment_ms(text: &str) -> Result<u64, String> {
    let midnight = |date: jiff::civil::Date| date.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp());
    let ms = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        // A time first: a date alone is the beginning of a time, too.
        let timestamp = text.parse::<jiff::Timestamp>().or_else(|_| text.parse().and_then(midnight));
        timestamp.ok().and_then(|timestamp| u64::try_from(timestamp.as_millisecond()).ok())
    };
    ms.filter(|ms| *ms <= TS_MS_MAX).ok_or_else(|| {
        "expected a time from 1970 to 9999, such as 2025-10-05, 2025-10-05T09:29:10.865Z or 1759656550865 (ms)"
            .to_owned()
    })
}

/// `30/ms`, `30000/s` or `30000`; as the joins of a millisecond, a begun one counted.
pub(super) fn joins_per_ms(text: &str) -> Result<u64, String> {
    let (number, per_ms) = match text.strip_suffix("/ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix("/s").unwrap_or(text), 1_000),
    };
    let joins = number.parse::<u64>().ok().map(|number| number.div_ceil(per_ms));
    joins.filter(|joins| (1..=JOINS_PER_MS_MAX).contains(joins)).ok_or_else(|| {
        format!("expected a whole number of joins, such as 30/ms or 30000/s, up to {JOINS_PER_MS_MAX}/ms")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_milliseconds_name_the_same_moment() {
        for text in ["1759656550865", "2025-10-05T09:29:10.865Z", "2025-10-05T11:29:10.865+02:00"] {
            assert_eq!(moment_ms(text), Ok(TS_MS_DEFAULT), "{text}");
        }
        assert_eq!(moment_ms("2025-10-05"), Ok(midnight_before(TS_MS_DEFAULT)));
        assert_eq!([moment_ms("1970-01-01"), moment_ms("0")], [Ok(0), Ok(0)]);
        assert_eq!(moment_ms(&TS_MS_MAX.to_string()), Ok(TS_MS_MAX));
        for text in ["", "yesterday", "1969-12-31", "-1", "253402207201000", "99999999999999999999999", "2025-13-01"] {
            assert!(moment_ms(text).unwrap_err().contains("such as 2025-10-05"), "{text}");
        }
    }

    #[test]
    fn a_rate_is_told_in_joins_of_a_millisecond() {
        for (text, joins) in
            [("30/ms", 30), ("30000/s", 30), ("30000", 30), ("1", 1), ("1001", 2), ("1000000/ms", 1_000_000)]
        {
            assert_eq!(joins_per_ms(text), Ok(joins), "{text}");
        }
        for text in ["", "0", "0/ms", "1.5/ms", "1000001/ms", "-3", "many", "3/h", "99999999999999999999999/s"] {
            assert!(joins_per_ms(text).unwrap_err().contains("such as 30/ms"), "{text}");
        }
    }
}
