//! CPU time, as the system counts it.

use std::mem::MaybeUninit;
use std::time::Duration;

/// What children that were waited for have used so far, user and system.
///
/// By way of libc: the crate nix, which has it without `unsafe`, asks for a feature of libc that nothing else here does, and
/// would have every dependency compiled twice, for benches and tests and for the program.
pub fn of_children() -> Result<Duration, String> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to memory of the size and alignment of `rusage`, which the call fills in.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    if answer != 0 {
        let error = std::io::Error::last_os_error();
        return Err(format!("the system does not tell the CPU time of children: {error}"));
    }
    // SAFETY: it was filled in, and before that it was all zeros, which is a `rusage` as well.
    let usage = unsafe { usage.assume_init() };
    let of = |time: libc::timeval| {
        let whole = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0));
        whole + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or(0))
    };
    Ok(of(usage.ru_utime) + of(usage.ru_stime))
}

/// What the calling thread has used so far.
pub fn of_this_thread() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
