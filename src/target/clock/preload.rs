//! Preloaded into a Redis server: its clocks are a page of memory that the harness writes.
//!
//! Not a module of this crate: `build.rs` makes a library of its own from it, without the standard library, and
//! the program carries that library along. The C library's functions that tell the time are overridden; what
//! the page does not cover goes to the kernel, as it would without us.
//!
//! The page is the file that `STANCHION_CLOCK` names: word 0 the wall clock, word 1 the monotonic clock, both in
//! microseconds. Where there is no such file every function answers as the kernel does.
#![no_std]

use core::ffi::{c_char, c_int, c_long, c_void};
use core::sync::atomic::{AtomicI64, AtomicPtr, Ordering};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[link(name = "c")]
unsafe extern "C" {
    fn mmap(at: *mut c_void, length: usize, protection: c_int, flags: c_int, file: c_int, offset: i64) -> *mut c_void;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn close(file: c_int) -> c_int;
    fn getenv(name: *const c_char) -> *const c_char;
    fn syscall(number: c_long, ...) -> c_long;
}

#[cfg(target_arch = "x86_64")]
const SYS_CLOCK_GETTIME: c_long = 228;
// The numbers that all younger architectures share.
#[cfg(not(target_arch = "x86_64"))]
const SYS_CLOCK_GETTIME: c_long = 113;

const O_RDONLY: c_int = 0;
const PROT_READ: c_int = 1;
const MAP_SHARED: c_int = 1;

/// Seconds and microseconds, as in `sys/time.h`.
#[repr(C)]
pub struct TimeVal {
    seconds: i64,
    micros: i64,
}

/// Seconds and nanoseconds, as in `time.h`.
#[repr(C)]
pub struct TimeSpec {
    seconds: i64,
    nanos: i64,
}

static PAGE: AtomicPtr<AtomicI64> = AtomicPtr::new(core::ptr::null_mut());
/// Stands for "there is no page".
const NONE: *mut AtomicI64 = 8 as *mut AtomicI64;

fn page() -> Option<*mut AtomicI64> {
    let mut page = PAGE.load(Ordering::Acquire);
    if page.is_null() {
        page = open_page();
        PAGE.store(page, Ordering::Release);
    }
    (page != NONE).then_some(page)
}

#[cold]
fn open_page() -> *mut AtomicI64 {
    // SAFETY: the C library's own functions with the arguments that they ask for; the mapping is never unmapped.
    unsafe {
        let path = getenv(c"STANCHION_CLOCK".as_ptr());
        if path.is_null() {
            return NONE;
        }
        let file = open(path, O_RDONLY);
        if file < 0 {
            return NONE;
        }
        let page = mmap(core::ptr::null_mut(), 4096, PROT_READ, MAP_SHARED, file, 0);
        close(file);
        if page as isize == -1 { NONE } else { page.cast() }
    }
}

/// The wall clock (word 0) or the monotonic clock (word 1).
fn micros(word: usize) -> Option<i64> {
    // SAFETY: the page is 4096 bytes and stays mapped; both words lie in it.
    page().map(|page| unsafe { (*page.add(word)).load(Ordering::Acquire) })
}

fn of_the_kernel(clock: c_int) -> TimeSpec {
    let mut time = TimeSpec { seconds: 0, nanos: 0 };
    // SAFETY: the kernel writes one timespec.
    unsafe { syscall(SYS_CLOCK_GETTIME, c_long::from(clock), &raw mut time) };
    time
}

/// # Safety
/// As gettimeofday(2): `time` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut TimeVal, _zone: *mut c_void) -> c_int {
    let told = match micros(0) {
        Some(now) => TimeVal { seconds: now / 1_000_000, micros: now % 1_000_000 },
        None => {
            let now = of_the_kernel(0);
            TimeVal { seconds: now.seconds, micros: now.nanos / 1000 }
        }
    };
    if !time.is_null() {
        // SAFETY: the caller's promise.
        unsafe { time.write(told) };
    }
    0
}

/// # Safety
/// As time(2): `time` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(time: *mut i64) -> i64 {
    let seconds = micros(0).map_or_else(|| of_the_kernel(0).seconds, |now| now / 1_000_000);
    if !time.is_null() {
        // SAFETY: the caller's promise.
        unsafe { time.write(seconds) };
    }
    seconds
}

/// # Safety
/// As clock_gettime(2): `time` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut TimeSpec) -> c_int {
    // From linux/time.h: realtime 0, its coarse form 5; monotonic 1, its raw, coarse and boot-time forms 4, 6 and 7.
    let word = match clock {
        0 | 5 => 0,
        1 | 4 | 6 | 7 => 1,
        _ => {
            // SAFETY: handed on as it came. Clocks of a process or a thread are none of ours.
            return unsafe { syscall(SYS_CLOCK_GETTIME, c_long::from(clock), time) as c_int };
        }
    };
    let told = match micros(word) {
        Some(now) => TimeSpec { seconds: now / 1_000_000, nanos: now % 1_000_000 * 1000 },
        None => of_the_kernel(clock),
    };
    if !time.is_null() {
        // SAFETY: the caller's promise.
        unsafe { time.write(told) };
    }
    0
}
