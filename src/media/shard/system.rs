//! What a thread asks of the system for itself and for a socket, and of the machine's clock.
#![allow(
    unsafe_code,
    reason = "setpriority, setsockopt, clock_gettime and adjtimex have no safe interface"
)]

use std::{
    io,
    mem::{size_of, zeroed},
    net::UdpSocket,
    os::fd::AsRawFd,
};

/// How long a datagram is that is cut out of what is sent (`linux/udp.h`; libc does not have it for every C
/// library).
pub(crate) const UDP_SEGMENT: libc::c_int = 103;

/// Lets this thread have its core before the threads of everything else, where the system allows
/// that (`CAP_SYS_NICE` or `LimitNICE=`). Returns whether it does.
pub(crate) fn go_first() -> bool {
    /// A share of ten to one against a thread that asked for nothing.
    const NICE: libc::c_int = -10;
    // SAFETY: the call takes no pointers. On Linux 0 is the calling thread.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) == 0 }
}

/// Sets an option of a socket whose value is a number.
pub(crate) fn set_option(
    socket: &UdpSocket,
    level: libc::c_int,
    option: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    // SAFETY: the pointer is to a c_int that lives through the call, and the length is its size.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
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
