//! `stanchion clean`: removes what ended runs may have left behind, or old runs.

use super::arguments::CleanArguments;
use super::exit::{Error, Exit};
use super::list::size;
use super::output;
use crate::run_folder;
use crate::target::cleanup;

pub(super) fn clean(arguments: &CleanArguments) -> Result<Exit, Error> {
    if let Some(keep) = arguments.keep {
        return runs(keep, arguments.dry_run);
    }
    let cleaned = super::run::runtime()?.block_on(cleanup());
    output::result(&format!("{cleaned}\n"))?;
    Ok(if cleaned.problems.is_empty() { Exit::Expected } else { Exit::Environment })
}

/// Removes all but the newest runs; `rehearse`: only says so.
fn runs(keep: usize, rehearse: bool) -> Result<Exit, Error> {
    let pruning = run_folder::pruning(keep)?;
    let verb = if rehearse { "would remove" } else { "removed" };
    let (mut freed, mut count) = (0, 0);
    let mut exit = Exit::Expected;
    for (path, bytes) in &pruning.remove {
        match if rehearse { Ok(()) } else { run_folder::remove(path) } {
            Ok(()) => {
                output::result(&format!("{verb} {path}, {}\n", size(*bytes)))?;
                (freed, count) = (freed + bytes, count + 1);
            }
            Err(error) => {
                output::say(&error.to_string());
                exit = Exit::Environment;
            }
        }
    }
    for (path, why) in &pruning.left {
        output::result(&format!("left alone {path}: {why}\n"))?;
    }
    let all = if count == 1 { "1 folder".to_owned() } else { format!("{count} folders") };
    output::result(&format!("{verb} {all}, {} in all\n", size(freed)))?;
    Ok(exit)
}
