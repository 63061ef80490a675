//! The bench's own system calls. The machine's floor must not share the engine's way of sending.
#![allow(
    unsafe_code,
    reason = "recvmmsg, sendmmsg, socket options and affinity have no safe interface"
)]

use crate::shard::{UDP_SEGMENT, set_option};
use std::{
    io,
    mem::{size_of, zeroed},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket},
    os::fd::AsRawFd,
};

/// The core of the media thread and of the floor.
pub(super) const SERVER: usize = 0;
/// The core of source and receivers.
pub(super) const FAR_ENDS: usize = 1;
/// Datagrams a system call.
pub(super) const BATCH: usize = 64;
const MAX_DATAGRAM: usize = 2048;
/// Asked for both ways.
const BUFFER: libc::c_int = 4 << 20;

/// Keeps this thread, and those that it starts, on one core, where there is that one. A thread that
/// was started by one on another core moves too: how many cores there are must not be asked here,
/// since the answer is how many this thread may use.
pub(super) fn pin(core: usize) {
    // SAFETY: the set is a plain array of bits that lives through the call; 0 is this thread. A
    // machine that refuses, or has no such core, measures with more noise.
    unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
    }
}

/// Lets a thread run before all others of its core. Returns whether the system allows it.
pub(super) fn keep_core(thread: i32) -> bool {
    let least = libc::sched_param { sched_priority: 1 };
    // SAFETY: the structure lives through the call.
    unsafe { libc::sched_setscheduler(thread, libc::SCHED_FIFO, &raw const least) == 0 }
}

/// Lets this process open as many files as it may at most.
pub(super) fn raise_file_limit() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the structure lives through both calls. Where they are refused, the limit stays.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// A socket on a free port of an address with buffers of 4 MB, as far as it may.
pub(super) fn socket(address: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((address, 0))?;
    for (forced, asked) in [
        (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
        (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
    ] {
        set_option(&socket, libc::SOL_SOCKET, forced, BUFFER)
            .or_else(|_| set_option(&socket, libc::SOL_SOCKET, asked, BUFFER))?;
    }
    Ok(socket)
}

/// Lets the kernel note when a datagram comes.
pub(super) fn stamp_arrivals(socket: &UdpSocket) -> io::Result<()> {
    set_option(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)
}

/// Lets the kernel cut what is sent into datagrams of this length.
pub(super) fn cut(socket: &UdpSocket, len: usize) -> io::Result<()> {
    set_option(socket, libc::SOL_UDP, UDP_SEGMENT, len as libc::c_int)
}

/// Room for one batch of received datagrams; the headers are made once.
pub(super) struct Batch {
    buffers: Vec<[u8; MAX_DATAGRAM]>,
    controls: Vec<[u64; 8]>,
    // Headers point to the vectors, which point to the buffers; none of them ever grows.
    _vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self::of(BATCH)
    }

    /// Room for so many.
    pub(super) fn of(count: usize) -> Self {
        let mut buffers = vec![[0; MAX_DATAGRAM]; count];
        let mut controls = vec![[0; 8]; count];
        let mut vectors: Vec<libc::iovec> = buffers
            .iter_mut()
            .map(|buffer| libc::iovec {
                iov_base: buffer.as_mut_ptr().cast(),
                iov_len: MAX_DATAGRAM,
            })
            .collect();
        let headers = vectors
            .iter_mut()
            .zip(&mut controls)
            .map(|(vector, control)| {
                // SAFETY: all zeros is a value of this C structure.
                let mut header: libc::mmsghdr = unsafe { zeroed() };
                header.msg_hdr.msg_iov = std::ptr::from_mut(vector);
                header.msg_hdr.msg_iovlen = 1;
                header.msg_hdr.msg_control = control.as_mut_ptr().cast();
                header
            })
            .collect();
        Self {
            buffers,
            controls,
            _vectors: vectors,
            headers,
        }
    }

    /// Reads one batch: each datagram with its time of arrival in nanoseconds since 1970, or zero
    /// where the kernel does not note it. `wait`: until there is one. Returns how many came.
    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        wait: bool,
        mut each: impl FnMut(&mut [u8], u64),
    ) -> usize {
        for header in &mut self.headers {
            header.msg_hdr.msg_controllen = size_of::<[u64; 8]>();
        }
        let flags = if wait {
            libc::MSG_WAITFORONE
        } else {
            libc::MSG_DONTWAIT
        };
        // SAFETY: every header points to memory of `self` with its true length.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                self.headers.len() as libc::c_uint,
                flags,
                std::ptr::null_mut(),
            )
        };
        let count = usize::try_from(count).unwrap_or(0);
        for index in 0..count {
            let header = &self.headers[index];
            let len = (header.msg_len as usize).min(MAX_DATAGRAM);
            let arrival = if header.msg_hdr.msg_controllen == 0 {
                0
            } else {
                arrival(&self.controls[index])
            };
            each(&mut self.buffers[index][..len], arrival);
        }
        count
    }
}

/// The kernel's time stamp out of a control message that holds nothing else.
fn arrival(control: &[u64; 8]) -> u64 {
    // The message's header takes two words; then come seconds and nanoseconds (64-bit Linux).
    control[2] * 1_000_000_000 + control[3]
}

/// Datagrams of one length to many addresses, side by side; what can be made once is made once.
pub(super) struct Fan {
    len: usize,
    bytes: Vec<u8>,
    _names: Vec<libc::sockaddr_in>,
    _vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

impl Fan {
    pub(super) fn new(addresses: &[SocketAddrV4], len: usize) -> Self {
        let mut bytes = vec![0; addresses.len() * len];
        let mut names: Vec<_> = addresses.iter().map(name).collect();
        let mut vectors: Vec<libc::iovec> = bytes
            .chunks_exact_mut(len)
            .map(|datagram| libc::iovec {
                iov_base: datagram.as_mut_ptr().cast(),
                iov_len: len,
            })
            .collect();
        let headers = vectors
            .iter_mut()
            .zip(&mut names)
            .map(|(vector, name)| {
                // SAFETY: all zeros is a value of this C structure.
                let mut header: libc::mmsghdr = unsafe { zeroed() };
                header.msg_hdr.msg_name = std::ptr::from_mut(name).cast();
                header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_in>() as libc::socklen_t;
                header.msg_hdr.msg_iov = std::ptr::from_mut(vector);
                header.msg_hdr.msg_iovlen = 1;
                header
            })
            .collect();
        Self {
            len,
            bytes,
            _names: names,
            _vectors: vectors,
            headers,
        }
    }

    /// The datagram to the address with this number.
    pub(super) fn datagram_mut(&mut self, index: usize) -> &mut [u8] {
        &mut self.bytes[index * self.len..][..self.len]
    }

    /// Sends the datagrams of a range by one call. Returns how many the kernel took.
    pub(super) fn send(&mut self, socket: &UdpSocket, range: std::ops::Range<usize>) -> usize {
        let headers = &mut self.headers[range];
        // SAFETY: every header points to memory of `self` with its true length.
        let sent = unsafe {
            libc::sendmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                headers.len() as libc::c_uint,
                0,
            )
        };
        usize::try_from(sent).unwrap_or(0)
    }
}

fn name(address: &SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from(*address.ip()).to_be(),
        },
        sin_zero: [0; 8],
    }
}

/// The IPv4 address of a socket that [`socket`] made.
pub(super) fn address(socket: &UdpSocket) -> io::Result<SocketAddrV4> {
    match socket.local_addr()? {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Datagrams that the kernel has dropped at an IPv4 port of this machine for want of room.
pub(super) fn kernel_drops(port: u16) -> io::Result<u64> {
    let table = std::fs::read_to_string("/proc/net/udp")?;
    // sl local_address rem_address st … drops
    let drops = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (_, local) = fields.nth(1)?.split_once(':')?;
        let drops = fields.next_back()?.parse::<u64>().ok()?;
        (u16::from_str_radix(local, 16).ok()? == port).then_some(drops)
    });
    Ok(drops.sum())
}
