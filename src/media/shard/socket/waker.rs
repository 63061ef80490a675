//! Wakes a thread that sleeps.
#![allow(unsafe_code, reason = "eventfd has no safe interface")]

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

/// Wakes the thread that waits for a [`Socket`](super::Socket), from any other thread.
pub(crate) struct Waker(OwnedFd);

impl Waker {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: the call takes no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and belongs to nobody else.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub(crate) fn wake(&self) {
        let one = 1u64;
        // SAFETY: eight bytes are read from a u64. A full counter refuses: then it is awake anyhow.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Whether somebody has woken it since it was last awake.
    #[cfg(test)]
    pub(crate) fn is_woken(&self) -> bool {
        let mut entry = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one entry, which lives through the call.
        unsafe { libc::poll(&raw mut entry, 1, 0) == 1 }
    }

    /// What a sleeper waits to read from.
    pub(super) fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    pub(super) fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: eight bytes are written to a u64. An empty counter refuses: it was cleared.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) };
    }
}
