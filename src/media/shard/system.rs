//! What a thread asks of the system for itself, and of the machine's clock.
#![allow(
    unsafe_code,
    reason = "setpriority, clock_gettime and adjtimex have no safe interface"
)]

use std::mem::zeroed;

/// Lets this thread have its core before the threads of everything else, where the system allows
/// that (`CAP_SYS_NICE` or `LimitNICE=`). Returns whether it does.
pub(crate) fn go_first() -> bool {
    /// A share of ten to one against a thread that asked for nothing.
    const NICE: libc::c_int = -10;
    // SAFETY: the call takes no pointers. On Linux 0 is the calling thread.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) == 0 }
}

/// Processor time of this thread in nanoseconds.
pub(crate) fn thread_cpu_nanoseconds() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the structure lives through the call. The clock is there on every Linux; without it
    // the time stays zero.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Whether something (NTP, PTP) keeps the machine's clock right; none if the kernel does not say.
#[must_use]
pub fn clock_is_synchronised() -> Option<bool> {
    // SAFETY: all zeros is a value of this C structure.
    let mut state: libc::timex = unsafe { zeroed() };
    // SAFETY: the structure lives through the call, which only reads the clock as `modes` is zero.
    let answer = unsafe { libc::adjtimex(&raw mut state) };
    (answer >= 0).then_some(answer != libc::TIME_ERROR && state.status & libc::STA_UNSYNC == 0)
}
