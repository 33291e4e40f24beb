//! Pages in a real browser, headless: what they print, ask the network for, look like, and whether everybody can use them.
//!
//! Without Chromium and axe-core these tests say that they did not run; with `STANCHION_REQUIRE_BROWSER=1` they fail instead,
//! which is what CI sets. `scripts/install.sh chromium` and `scripts/axe.sh` bring both.
#![allow(clippy::unwrap_used, reason = "what cannot be prepared ends a test, and the error says why")]

mod axe;
mod chromium;
mod page;
mod report;
mod sees;
