//! The judge: what it must catch, what it must not, and that it agrees with an oracle that shares no code with it.
#![allow(clippy::unwrap_used, reason = "what cannot be prepared ends a test, and the error says why")]

mod answers;
mod certificates;
mod constructed;
mod could_have_failed;
mod entries;
mod expiry;
mod exported;
mod judging;
mod large;
mod line;
mod long_comparison;
mod position_is_sound;
mod sweep_is_exact;
mod timed_oracle;
