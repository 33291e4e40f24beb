//! `stanchion clean`: removes what ended runs may have left behind.

use super::exit::{Error, Exit};
use super::output;
use crate::target::cleanup;

pub(super) fn clean() -> Result<Exit, Error> {
    let cleaned = super::run::runtime()?.block_on(cleanup());
    output::result(&format!("{cleaned}\n"))?;
    Ok(if cleaned.problems.is_empty() { Exit::Expected } else { Exit::Environment })
}
