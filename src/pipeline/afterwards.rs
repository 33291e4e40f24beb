//! What is asked of the target when a cell is over.

use super::Failure;
use crate::load::{LoadError, Trouble};
use crate::target::Target;

/// A server of our own may have left word of why it died, which says more than that nobody answers. Whoever was
/// killed from outside had no last words about it: what it said before is its start.
#[must_use]
pub fn explained(target: &Target, trouble: Trouble) -> Trouble {
    let Trouble::ServerLost(why) = trouble else { return trouble };
    let killed = ["signal 9", "signal 15"];
    match blocking(target.cause_of_death()) {
        Ok(Some(cause)) if killed.iter().any(|signal| cause.contains(signal)) => {
            Trouble::ServerLost(cause.split("; its last words").next().unwrap_or_default().to_owned())
        }
        Ok(Some(cause)) => Trouble::ServerLost(cause),
        _ => Trouble::ServerLost(why),
    }
}

/// Removes the cell's keys: the next cell shall not pay for them, and a given server is left as it was. A
/// server that is gone has none.
///
/// # Errors
/// When the server does not answer.
pub fn wipe(target: &Target, prefix: &str, trouble: Option<&Trouble>) -> Result<(), Failure> {
    if !matches!(trouble, Some(Trouble::ServerLost(_))) {
        blocking(target.wipe(prefix))??;
    }
    Ok(())
}

pub(super) fn blocking<T>(work: impl Future<Output = T>) -> Result<T, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Runtime)?;
    Ok(runtime.block_on(work))
}
