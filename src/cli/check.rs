//! `stanchion check`: judges saved or foreign histories.

use super::arguments::CheckArguments;
use super::exit::{Error, Exit};
use super::{output, repeat};
use crate::pipeline::{self, Allowance};
use crate::report::Run;

pub(super) fn check(arguments: &CheckArguments) -> Result<Exit, Error> {
    let unnamed = arguments.histories.iter().filter(|path| *path == "-").count();
    if unnamed > 1 {
        return Err(Error::new(Exit::Usage, "standard input can be read only once: write `-` only once"));
    }
    if unnamed > 0 && arguments.certificate {
        let why =
            "--certificate saves and reads an order beside its history, and standard input has no place: name a file";
        return Err(Error::new(Exit::Usage, why));
    }
    let repeat = repeat::check(&arguments.histories, arguments.certificate);
    let about = Run { repeat, ..Run::default() };
    let memory = arguments.memory_mib.map_or(Allowance::Spare, |mib| Allowance::Bytes(mib.saturating_mul(1 << 20)));
    let document = pipeline::check(&arguments.histories, arguments.certificate, memory, about)?;
    output::document(&document, arguments.format)?;
    Ok(document.verdict.into())
}
