//! Whether a saved history fits into memory, with all that judging it takes.

use camino::{Utf8Path, Utf8PathBuf};

use super::CheckError;
use crate::history::{self, Extent};

/// The most that judging took for each operation in any history measured, rounded up; with what it was recorded in,
/// its figures and its proof. `docs/benchmarks.md` has the measurements.
const OPERATION_BYTES: u64 = 200;
/// The same where entries expire: every entry may be gone by itself.
const EXPIRING_OPERATION_BYTES: u64 = 300;
/// For each byte of JSON Lines, and for each byte of packed ones, of which eight to ten times as many come out.
const TEXT_BYTES: u64 = 4;
const PACKED_TEXT_BYTES: u64 = 40;

/// How much memory may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// What the machine has to spare.
    Spare,
    /// So many bytes.
    Bytes(u64),
}

/// Refuses a history that would not fit, before it is read.
///
/// # Errors
/// [`CheckError::TooLarge`]. What is not known is allowed.
pub(super) fn fits(path: &Utf8Path, allowance: Allowance) -> Result<(), CheckError> {
    let allowed_bytes = match allowance {
        Allowance::Spare => spare_bytes(),
        Allowance::Bytes(bytes) => Some(bytes),
    };
    let (Some(extent), Some(allowed_bytes)) = (history::extent(path), allowed_bytes) else { return Ok(()) };
    let (what, needed_bytes) = match extent {
        Extent::Operations { count, expire } => {
            let each = if expire { EXPIRING_OPERATION_BYTES } else { OPERATION_BYTES };
            (format!("{count} operations"), count.saturating_mul(each))
        }
        Extent::Text { bytes } => (format!("{} of text", size(bytes)), bytes.saturating_mul(TEXT_BYTES)),
        Extent::PackedText { bytes } => {
            (format!("{} of packed text", size(bytes)), bytes.saturating_mul(PACKED_TEXT_BYTES))
        }
    };
    if needed_bytes <= allowed_bytes {
        return Ok(());
    }
    let path: Utf8PathBuf = path.to_owned();
    Err(CheckError::TooLarge { path, what, needed: size(needed_bytes), allowed: size(allowed_bytes) })
}

/// A number of bytes for people.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut unit = 0;
    let mut count = bytes as f64;
    while count >= 1024.0 && unit + 1 < UNITS.len() {
        count /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{count:.1} {}", UNITS[unit]) }
}

/// What the machine has to spare, or the control group that this program runs in; `None`: nobody says.
#[must_use]
pub fn spare_bytes() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| available_bytes(&text));
    let group = read("/sys/fs/cgroup/memory.max")
        .and_then(|most| most.trim().parse::<u64>().ok())
        .zip(read("/sys/fs/cgroup/memory.current").and_then(|now| now.trim().parse::<u64>().ok()))
        .map(|(most, now)| most.saturating_sub(now));
    match (machine, group) {
        (Some(machine), Some(group)) => Some(machine.min(group)),
        (machine, group) => machine.or(group),
    }
}

/// What Linux takes to be available without swapping (proc(5), since 3.14).
fn available_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_what_is_available() {
        let text = "MemTotal:       24000000 kB\nMemFree:  100 kB\nMemAvailable:   2048 kB\nBuffers: 1 kB\n";
        assert_eq!(available_bytes(text), Some(2 << 20));
        assert_eq!(available_bytes("MemTotal: 1 kB\n"), None);
        assert_eq!(available_bytes("MemAvailable: many kB\n"), None);
    }

    #[test]
    fn sizes_are_told_in_the_largest_unit_that_fits() {
        assert_eq!([0, 1023, 1024, 5 << 30].map(size), ["0 B", "1023 B", "1.0 KiB", "5.0 GiB"]);
    }
}
