//! Results go to stdout, everything else to stderr.

use std::io::{IsTerminal as _, Write as _};

use super::arguments::Format;
use super::exit::Error;
use crate::report::{self, Document};

/// Writes a result to stdout. A reader that closed the pipe (`| head`) is no error.
pub(super) fn result(text: &str) -> Result<(), Error> {
    bytes(text.as_bytes())
}

/// The same for a result that was written as bytes.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Tells the person at the terminal something that is not the result.
pub(super) fn say(text: &str) {
    // There is nobody to tell when stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Tells why the program ends.
pub(super) fn error(message: &str) {
    let mark = if colour(&std::io::stderr()) { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
    say(&format!("{mark} {message}"));
}

/// A document in the format asked for.
pub(super) fn document(document: &Document, format: Format) -> Result<(), Error> {
    match format {
        Format::Text => result(&report::text(document, width(), colour(&std::io::stdout()))),
        Format::Json => result(&document.to_json()),
        Format::Markdown => result(&report::markdown(document)),
    }
}

/// Whether a stream takes colours: a terminal, unless `NO_COLOR` (<https://no-color.org>) says otherwise.
pub(super) fn colour(stream: &impl std::io::IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The width of the terminal that stdout is, if it is one.
pub(super) fn width() -> Option<u16> {
    std::io::stdout()
        .is_terminal()
        .then(|| rustix::termios::tcgetwinsize(std::io::stdout()).ok())
        .flatten()
        .map(|size| size.ws_col)
        .filter(|width| *width > 0)
}
