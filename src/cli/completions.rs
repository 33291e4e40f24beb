//! `stanchion completions` and `stanchion man`.

use clap::CommandFactory as _;

use super::arguments::Arguments;
use super::exit::{Error, Exit};
use super::output;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Error> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "stanchion", &mut text);
    output::result(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Expected)
}

pub(super) fn man() -> Result<Exit, Error> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut text)?;
    output::result(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Expected)
}
