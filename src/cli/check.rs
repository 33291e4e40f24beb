//! `stanchion check`: judges saved or foreign histories.

use camino::Utf8PathBuf;

use super::arguments::CheckArguments;
use super::exit::{Error, Exit};
use super::{find, github, output, repeat};
use crate::pipeline::{self, Allowance};
use crate::report::{self, Run};
use crate::run_folder::history_path;

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
    let histories = histories(&arguments.histories)?;
    let repeat = repeat::check(&histories, arguments.certificate);
    let about = Run { repeat, ..Run::default() };
    let memory = arguments.memory_mib.map_or(Allowance::Spare, |mib| Allowance::Bytes(mib.saturating_mul(1 << 20)));
    let document = pipeline::check(&histories, arguments.certificate, memory, about)?;
    github::summary(&report::markdown(&document));
    github::marks(&document, &[]);
    output::document(&document, arguments.format)?;
    Ok(document.verdict.into())
}

/// The histories named; a run stands for those of its cells.
fn histories(named: &[Utf8PathBuf]) -> Result<Vec<Utf8PathBuf>, Error> {
    let mut histories = Vec::new();
    for path in named {
        if !find::is_run(path) {
            histories.push(path.clone());
            continue;
        }
        let (folder, document) = find::find(path.as_str())?;
        histories.extend(document.cells.iter().map(|cell| history_path(&folder, &cell.scenario, &cell.queue)));
    }
    Ok(histories)
}
