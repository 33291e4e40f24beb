//! The clock of a server that this program started: a page of memory in place of the system's.
//!
//! A small library (`preload.rs`, preloaded by the dynamic linker, see ld.so(8)) answers the server's questions for the time from a file that this program writes. Time then passes when
//! this program says so: `TIME`, the ids of `XADD *`, times to live and expiry follow. The monotonic clock follows
//! only where that is asked for: while it stands still, the server's own periodic work (active expiry) does not run.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The library; empty where none can be built (not Linux, or another C library than glibc).
const LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/clock.so"));

/// One page: the wall clock and the monotonic clock, in microseconds, and room.
const PAGE_BYTES: u64 = 4096;

/// Where a clock begins that nobody set: 2030-01-01 00:00 UTC, so that nobody takes it for today.
pub const CLOCK_BEGIN: Duration = Duration::from_secs(1_893_456_000);

/// The monotonic clock's begin; any would do but zero, which some take for "never".
const MONOTONIC_BEGIN: Duration = Duration::from_secs(1000);

/// The clock of one server; clones are the same clock. Dropping it leaves the server's time standing still.
#[derive(Clone, Debug)]
pub struct ServerClock {
    page: Arc<File>,
    /// How far its wall clock is beyond [`CLOCK_BEGIN`], µs; what is before that counts as no time.
    elapsed_us: Arc<AtomicU64>,
}

impl ServerClock {
    /// Whether this program carries a library for this system.
    #[must_use]
    pub fn is_supported() -> bool {
        !LIBRARY.is_empty()
    }

    /// Makes the page and the library in a folder, and has a program that is about to start use both.
    pub(super) fn preload(folder: &Path, program: &mut Command) -> io::Result<ServerClock> {
        let (library, path) = (folder.join("clock.so"), folder.join("clock"));
        std::fs::write(&library, LIBRARY)?;
        let page = File::options().write(true).create_new(true).open(&path)?;
        page.set_len(PAGE_BYTES)?;
        let clock = ServerClock { page: Arc::new(page), elapsed_us: Arc::default() };
        clock.set(CLOCK_BEGIN, Duration::ZERO)?;
        program.env("LD_PRELOAD", &library).env("STANCHION_CLOCK", &path);
        Ok(clock)
    }

    /// Sets the wall clock to a time since the epoch, and the monotonic clock so far beyond its begin. Every later
    /// question is answered so.
    ///
    /// # Errors
    /// When the page cannot be written: the disk is full, or the folder is gone.
    pub fn set(&self, since_epoch: Duration, monotonic: Duration) -> io::Result<()> {
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX).to_ne_bytes();
        let mut words = [0; 16];
        words[..8].copy_from_slice(&micros(since_epoch));
        words[8..].copy_from_slice(&micros(MONOTONIC_BEGIN.saturating_add(monotonic)));
        // The page is in the kernel's memory, and the server's mapping shows what is written there at once.
        self.page.write_all_at(&words, 0)?;
        let elapsed = since_epoch.saturating_sub(CLOCK_BEGIN).as_micros();
        self.elapsed_us.store(u64::try_from(elapsed).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }

    /// How far its wall clock is beyond [`CLOCK_BEGIN`].
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_micros(self.elapsed_us.load(Ordering::Relaxed))
    }
}
