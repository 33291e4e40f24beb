//! Ctrl-C, SIGTERM and a closed terminal (SIGHUP): the first asks the run to stop and save, the second ends the program at once.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use super::exit::{Error, Exit};
use super::output;
use crate::load::Control;

/// Listens on a thread of its own, for as long as the program runs.
pub(super) fn interrupt_on_signals(control: &Arc<Control>) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::new(Exit::Environment, format!("cannot listen for signals: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let control = Arc::clone(control);
    let (mut interrupts, mut terminations, mut hangups) = {
        let _entered = runtime.enter();
        let listener = |kind| signal(kind).map_err(failed);
        (listener(SignalKind::interrupt())?, listener(SignalKind::terminate())?, listener(SignalKind::hangup())?)
    };
    let listen = async move {
        for asked in 0.. {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
                _ = hangups.recv() => {}
            }
            if asked > 0 {
                output::say(
                    "interrupted twice: ending at once, without saving; on a server given by URL, keys that begin with stanchion: stay",
                );
                std::process::exit(Exit::Interrupted as i32);
            }
            output::say("interrupted: saving what was recorded (once more ends at once)");
            control.interrupt();
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(listen)).map_err(failed)?;
    Ok(())
}
