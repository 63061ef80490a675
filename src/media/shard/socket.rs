//! The system calls: batches of datagrams in and out, and waiting. The only unsafe code.
#![allow(
    unsafe_code,
    reason = "recvmmsg, sendmmsg, poll and eventfd have no safe interface"
)]

use super::segments::{self, Group, Segments};
use crate::outbox::{Outbox, Path, Protocol, Transmit};
use std::{
    io,
    mem::{MaybeUninit, size_of, zeroed},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
    time::Duration,
};

/// Datagrams a system call.
pub(super) const BATCH: usize = 64;
/// No datagram is longer; what is, is cut off and then fails its authentication.
const MAX_DATAGRAM: usize = 2048;
/// Bytes of buffer that a media socket asks of the kernel for each way. It gives no more than
/// `net.core.rmem_max` and `net.core.wmem_max`.
pub const SOCKET_BUFFER: usize = 4 << 20;
const BUFFER: libc::c_int = SOCKET_BUFFER as libc::c_int;
/// Room for a packet-info message and one with the length of segments, 8-byte aligned.
type Control = [u64; 8];
/// Where segments are refused (an interface without checksums, a line for smaller datagrams) so many
/// times all is sent one by one before they are tried again.
const ONE_BY_ONE: u32 = 1000;
/// linux/udp.h; libc does not have it for every C library.
const UDP_SEGMENT: libc::c_int = 103;

/// A UDP socket that is read and written in batches and knows which of its addresses was asked.
pub(super) struct Socket {
    socket: UdpSocket,
    buffers: Vec<[u8; MAX_DATAGRAM]>,
    incoming: Messages,
    outgoing: Messages,
    /// What leaves in segments, and its headers.
    segments: Segments,
    gathered: Messages,
    one_by_one: u32,
    /// Way and length of each datagram of the last batch; none where the way is not known.
    received: Vec<Option<(Path, usize)>>,
    /// What [`Self::wait`] waits for; its memory is used again.
    entries: Vec<libc::pollfd>,
    sent: u64,
    sent_together: u64,
    send_failed: u64,
}

impl Socket {
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let set = |level, option, value: libc::c_int| {
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
        };
        set(libc::SOL_SOCKET, libc::SO_RCVBUF, BUFFER)?;
        set(libc::SOL_SOCKET, libc::SO_SNDBUF, BUFFER)?;
        if address.is_ipv4() {
            set(libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        } else {
            set(libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1)?;
        }
        let mut buffers = vec![[0; MAX_DATAGRAM]; BATCH];
        let mut incoming = Messages::new(BATCH);
        for (vector, buffer) in incoming.vectors.iter_mut().zip(buffers.iter_mut()) {
            *vector = libc::iovec {
                iov_base: buffer.as_mut_ptr().cast(),
                iov_len: MAX_DATAGRAM,
            };
        }
        Ok(Self {
            socket,
            buffers,
            incoming,
            outgoing: Messages::new(BATCH),
            segments: Segments::default(),
            gathered: Messages::new(BATCH * segments::MOST),
            one_by_one: 0,
            received: Vec::with_capacity(BATCH),
            entries: vec![],
            sent: 0,
            sent_together: 0,
            send_failed: 0,
        })
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// (name, help, value) of what the engine cannot count.
    pub(super) fn counters(&self) -> [(&'static str, &'static str, u64); 3] {
        [
            ("datagrams_sent", "Datagrams sent", self.sent),
            (
                "datagrams_sent_together",
                "Datagrams sent that the kernel took together with another",
                self.sent_together,
            ),
            (
                "datagrams_send_failed",
                "Datagrams that the kernel did not take",
                self.send_failed,
            ),
        ]
    }

    /// Reads one batch and returns how many datagrams it has.
    pub(super) fn receive(&mut self) -> usize {
        // What the last batch has changed.
        let used = self.received.len();
        self.incoming.headers[..used]
            .iter_mut()
            .for_each(Messages::offer_all_room);
        self.received.clear();
        // SAFETY: every header points to memory of `self` that lives through the call, with its true
        // length.
        let count = unsafe {
            libc::recvmmsg(
                self.socket.as_raw_fd(),
                self.incoming.headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        // Nothing there, or an error that concerns a datagram sent before.
        let count = usize::try_from(count).unwrap_or(0);
        let Messages { headers, names, .. } = &self.incoming;
        for (header, name) in headers.iter().zip(names.iter()).take(count) {
            let len = (header.msg_len as usize).min(MAX_DATAGRAM);
            let ends = address(name).zip(destination(&header.msg_hdr));
            self.received.push(ends.map(|(remote, local)| {
                let protocol = Protocol::Udp;
                (
                    Path {
                        protocol,
                        local,
                        remote,
                    },
                    len,
                )
            }));
        }
        count
    }

    /// A datagram of the batch that was read last.
    pub(super) fn datagram(&mut self, index: usize) -> Option<(Path, &mut [u8])> {
        let (path, len) = (*self.received.get(index)?)?;
        Some((path, &mut self.buffers[index][..len]))
    }

    /// Whether the datagram behind this one of the batch is from the same sender and no longer: what is
    /// made of it may leave together with what was made of this one.
    pub(super) fn is_followed(&self, index: usize) -> bool {
        let received = |index: usize| *self.received.get(index)?;
        let (this, behind) = (received(index), received(index + 1));
        this.zip(behind)
            .is_some_and(|((path, len), (next, next_len))| next == path && next_len <= len)
    }

    /// Sends all that goes by UDP, a batch a call. What the kernel does not take is lost, as on any
    /// line.
    pub(super) fn send(&mut self, outbox: &Outbox) {
        let mut datagrams = outbox
            .iter()
            .filter(|transmit| transmit.path.protocol == Protocol::Udp)
            .peekable();
        while datagrams.peek().is_some() {
            let Messages {
                names,
                vectors,
                headers,
                ..
            } = &mut self.outgoing;
            let mut count = 0;
            for Transmit { path, datagram, .. } in datagrams.by_ref().take(BATCH) {
                vectors[count] = libc::iovec {
                    iov_base: datagram.as_ptr().cast_mut().cast(),
                    iov_len: datagram.len(),
                };
                let header = &mut headers[count].msg_hdr;
                header.msg_namelen = write_address(&mut names[count], path.remote);
                header.msg_controllen = size_of::<Control>();
                header.msg_controllen = write_source(header, path.local);
                count += 1;
            }
            self.send_batch(count);
        }
    }

    fn send_batch(&mut self, count: usize) {
        let mut headers = &mut self.outgoing.headers[..count];
        while !headers.is_empty() {
            // SAFETY: the headers point to memory of `self` and of the outbox, which the caller holds
            // through the call; the kernel only reads them.
            let sent = unsafe {
                libc::sendmmsg(
                    self.socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    headers.len() as libc::c_uint,
                    libc::MSG_DONTWAIT,
                )
            };
            match usize::try_from(sent) {
                Ok(sent @ 1..) => {
                    self.sent += sent as u64;
                    headers = &mut headers[sent..];
                }
                // The first one was refused: a full buffer, a route that is gone. The rest may go.
                _ => {
                    self.send_failed += 1;
                    headers = &mut headers[1..];
                }
            }
        }
    }

    /// The same where there may be several datagrams for one receiver: what can leaves in segments.
    pub(super) fn send_together(&mut self, outbox: &Outbox) {
        if self.one_by_one > 0 {
            self.one_by_one -= 1;
            return self.send(outbox);
        }
        let mut segments = std::mem::take(&mut self.segments);
        segments.sort(outbox);
        for groups in segments.groups().chunks(BATCH) {
            let members = groups.iter().flat_map(|group| segments.members(group));
            for (part, nth) in self.gathered.vectors.iter_mut().zip(members) {
                let datagram = outbox.datagram(nth);
                *part = libc::iovec {
                    iov_base: datagram.as_ptr().cast_mut().cast(),
                    iov_len: datagram.len(),
                };
            }
            self.send_groups(groups);
        }
        self.segments = segments;
    }

    /// Sends groups, no more than a batch, whose datagrams the vectors name, one behind the other.
    fn send_groups(&mut self, groups: &[Group]) {
        let Messages {
            names,
            vectors,
            headers,
            ..
        } = &mut self.gathered;
        let mut parts = vectors.as_mut_slice();
        for ((group, header), name) in groups.iter().zip(headers.iter_mut()).zip(names) {
            let (own, behind) = parts.split_at_mut(group.count);
            parts = behind;
            let header = &mut header.msg_hdr;
            header.msg_iov = own.as_mut_ptr();
            header.msg_iovlen = group.count;
            header.msg_namelen = write_address(name, group.path.remote);
            header.msg_controllen = size_of::<Control>();
            header.msg_controllen = write_source(header, group.path.local);
            if group.count > 1 {
                write_segment(header, group.segment);
            }
        }
        let mut headers = &mut headers[..groups.len()];
        while !headers.is_empty() {
            // SAFETY: the headers point to memory of `self` and of the outbox, which the caller holds
            // through the call; the kernel only reads them.
            let sent = unsafe {
                libc::sendmmsg(
                    self.socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    headers.len() as libc::c_uint,
                    libc::MSG_DONTWAIT,
                )
            };
            let refused = io::Error::last_os_error();
            let (sent, behind) = headers.split_at_mut(usize::try_from(sent).unwrap_or(0));
            for header in &*sent {
                let count = header.msg_hdr.msg_iovlen as u64;
                self.sent += count;
                self.sent_together += count - 1;
            }
            headers = behind;
            if !sent.is_empty() {
                continue;
            }
            let Some((first, behind)) = headers.split_first_mut() else {
                return;
            };
            headers = behind;
            let count = first.msg_hdr.msg_iovlen;
            if count == 1 || refused.kind() == io::ErrorKind::WouldBlock {
                self.send_failed += count as u64;
                continue;
            }
            let taken = send_one_by_one(self.socket.as_raw_fd(), first.msg_hdr);
            // Where none is taken, it is the way to this receiver that is refused, not the segments.
            if taken > 0 {
                self.one_by_one = ONE_BY_ONE;
            }
            self.sent += taken as u64;
            self.send_failed += (count - taken) as u64;
        }
    }

    /// Lets the kernel refuse segments, as on an interface that makes no checksums.
    #[cfg(test)]
    pub(super) fn refuse_segments(&self) -> io::Result<()> {
        let yes: libc::c_int = 1;
        // SAFETY: the pointer is to a c_int that lives through the call, and the length is its size.
        let result = unsafe {
            libc::setsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_NO_CHECK,
                (&raw const yes).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            )
        };
        if result == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Sleeps until a datagram or a wake-up comes, one of `others` (descriptor, must it be
    /// writable too) is ready, or `timeout` has passed. Returns which of the others are ready,
    /// ascending.
    pub(super) fn wait(
        &mut self,
        waker: &Waker,
        others: impl Iterator<Item = (RawFd, bool)>,
        timeout: Duration,
    ) -> io::Result<Vec<RawFd>> {
        let entry = |(fd, writable): (RawFd, bool)| libc::pollfd {
            fd,
            events: libc::POLLIN | if writable { libc::POLLOUT } else { 0 },
            revents: 0,
        };
        let own = [self.socket.as_raw_fd(), waker.0.as_raw_fd()];
        let own = own.into_iter().map(|fd| (fd, false));
        self.entries.clear();
        self.entries.extend(own.chain(others).map(entry));
        let timeout = libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos().into(),
        };
        // SAFETY: the array has as many entries as are named, and the timeout lives through the
        // call.
        let count = unsafe {
            libc::ppoll(
                self.entries.as_mut_ptr(),
                self.entries.len() as libc::nfds_t,
                &raw const timeout,
                std::ptr::null(),
            )
        };
        if count < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted {
                Ok(vec![])
            } else {
                Err(error)
            };
        }
        if self.entries[1].revents != 0 {
            waker.clear();
        }
        let ready = self.entries[2..].iter().filter(|entry| entry.revents != 0);
        let mut ready: Vec<RawFd> = ready.map(|entry| entry.fd).collect();
        ready.sort_unstable();
        Ok(ready)
    }
}

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

/// Wakes the thread that waits for a [`Socket`], from any other thread.
pub(super) struct Waker(OwnedFd);

impl Waker {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: the call takes no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and belongs to nobody else.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub(super) fn wake(&self) {
        let one = 1u64;
        // SAFETY: eight bytes are read from a u64. A full counter refuses: then it is awake anyhow.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Whether somebody has woken it since it was last awake.
    #[cfg(test)]
    pub(super) fn is_woken(&self) -> bool {
        let mut entry = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one entry, which lives through the call.
        unsafe { libc::poll(&raw mut entry, 1, 0) == 1 }
    }

    fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: eight bytes are written to a u64. An empty counter refuses: it was cleared.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) };
    }
}

/// The headers of a batch and what they point to, made once: to clear it all for each call would
/// take as long as to send a small packet.
struct Messages {
    // None of them ever grows.
    names: Vec<libc::sockaddr_storage>,
    _controls: Vec<Control>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

// SAFETY: the headers point to the other three, which belong to nobody else and go where they go.
unsafe impl Send for Messages {}

impl Messages {
    /// Headers of a batch for so many parts.
    fn new(parts: usize) -> Self {
        // SAFETY: all zeros is a value of each of these C structures.
        let (name, vector, header) = unsafe {
            (
                zeroed::<libc::sockaddr_storage>(),
                zeroed::<libc::iovec>(),
                zeroed::<libc::mmsghdr>(),
            )
        };
        let mut names = vec![name; BATCH];
        let mut controls = vec![[0; 8]; BATCH];
        let mut vectors = vec![vector; parts];
        let mut headers = vec![header; BATCH];
        for (index, message) in headers.iter_mut().enumerate() {
            let header = &mut message.msg_hdr;
            header.msg_name = (&raw mut names[index]).cast();
            header.msg_iov = &raw mut vectors[index];
            header.msg_iovlen = 1;
            header.msg_control = controls[index].as_mut_ptr().cast();
            Self::offer_all_room(message);
        }
        Self {
            names,
            _controls: controls,
            vectors,
            headers,
        }
    }

    /// The kernel has written how much of the room for name and control it has used.
    fn offer_all_room(message: &mut libc::mmsghdr) {
        message.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        message.msg_hdr.msg_controllen = size_of::<Control>();
    }
}

fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the storage holds this structure.
            let name = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            Some(SocketAddr::from((ip, u16::from_be(name.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that the storage holds this structure.
            let name = unsafe { &*std::ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            Some(SocketAddr::from((ip, u16::from_be(name.sin6_port))))
        }
        _ => None,
    }
}

fn write_address(name: &mut libc::sockaddr_storage, address: SocketAddr) -> libc::socklen_t {
    match address {
        SocketAddr::V4(address) => {
            // SAFETY: the storage is large enough and aligned for every socket address.
            let name = unsafe { &mut *std::ptr::from_mut(name).cast::<libc::sockaddr_in>() };
            name.sin_family = libc::AF_INET as libc::sa_family_t;
            name.sin_port = address.port().to_be();
            name.sin_addr.s_addr = u32::from(*address.ip()).to_be();
            size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        SocketAddr::V6(address) => {
            // SAFETY: the storage is large enough and aligned for every socket address.
            let name = unsafe { &mut *std::ptr::from_mut(name).cast::<libc::sockaddr_in6>() };
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = address.port().to_be();
            name.sin6_flowinfo = 0;
            name.sin6_addr.s6_addr = address.ip().octets();
            name.sin6_scope_id = 0;
            size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

/// The address that a received datagram was sent to.
fn destination(header: &libc::msghdr) -> Option<IpAddr> {
    // SAFETY: the kernel filled the control buffer of this header and set its length; the macros
    // stay within it.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while let Some(found) = control.as_ref() {
            match (found.cmsg_level, found.cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let mut info = MaybeUninit::<libc::in_pktinfo>::uninit();
                    std::ptr::copy_nonoverlapping(
                        libc::CMSG_DATA(control),
                        info.as_mut_ptr().cast(),
                        size_of::<libc::in_pktinfo>(),
                    );
                    return Some(
                        Ipv4Addr::from(u32::from_be(info.assume_init().ipi_addr.s_addr)).into(),
                    );
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let mut info = MaybeUninit::<libc::in6_pktinfo>::uninit();
                    std::ptr::copy_nonoverlapping(
                        libc::CMSG_DATA(control),
                        info.as_mut_ptr().cast(),
                        size_of::<libc::in6_pktinfo>(),
                    );
                    return Some(Ipv6Addr::from(info.assume_init().ipi6_addr.s6_addr).into());
                }
                _ => control = libc::CMSG_NXTHDR(header, control),
            }
        }
    }
    None
}

/// Says in the control buffer from which address a datagram leaves. Returns the length used.
fn write_source(header: &mut libc::msghdr, local: IpAddr) -> usize {
    // SAFETY: the control buffer has 64 bytes, aligned to 8: more than either message needs.
    unsafe {
        let control = libc::CMSG_FIRSTHDR(header);
        match local {
            IpAddr::V4(ip) => {
                let mut info: libc::in_pktinfo = zeroed();
                info.ipi_spec_dst.s_addr = u32::from(ip).to_be();
                (*control).cmsg_level = libc::IPPROTO_IP;
                (*control).cmsg_type = libc::IP_PKTINFO;
                (*control).cmsg_len = libc::CMSG_LEN(size_of::<libc::in_pktinfo>() as u32) as usize;
                std::ptr::copy_nonoverlapping(
                    (&raw const info).cast(),
                    libc::CMSG_DATA(control),
                    size_of::<libc::in_pktinfo>(),
                );
                libc::CMSG_SPACE(size_of::<libc::in_pktinfo>() as u32) as usize
            }
            IpAddr::V6(ip) => {
                let mut info: libc::in6_pktinfo = zeroed();
                info.ipi6_addr.s6_addr = ip.octets();
                (*control).cmsg_level = libc::IPPROTO_IPV6;
                (*control).cmsg_type = libc::IPV6_PKTINFO;
                (*control).cmsg_len =
                    libc::CMSG_LEN(size_of::<libc::in6_pktinfo>() as u32) as usize;
                std::ptr::copy_nonoverlapping(
                    (&raw const info).cast(),
                    libc::CMSG_DATA(control),
                    size_of::<libc::in6_pktinfo>(),
                );
                libc::CMSG_SPACE(size_of::<libc::in6_pktinfo>() as u32) as usize
            }
        }
    }
}

/// Says behind the source how long the segments are. The source's length is in the header.
fn write_segment(header: &mut libc::msghdr, len: usize) {
    // SAFETY: the control buffer has 64 bytes, aligned to 8. The source takes 40 of them at most, and
    // its length is a multiple of 8; this message takes 24.
    unsafe {
        let behind = header.msg_control.cast::<u8>().add(header.msg_controllen);
        let control = behind.cast::<libc::cmsghdr>();
        (*control).cmsg_level = libc::SOL_UDP;
        (*control).cmsg_type = UDP_SEGMENT;
        (*control).cmsg_len = libc::CMSG_LEN(size_of::<u16>() as u32) as usize;
        libc::CMSG_DATA(control).cast::<u16>().write(len as u16);
    }
    header.msg_controllen += segment_space();
}

fn segment_space() -> usize {
    // SAFETY: the macro only calculates.
    unsafe { libc::CMSG_SPACE(size_of::<u16>() as u32) as usize }
}

/// Sends the segments of a message that was refused each by itself. Returns how many the kernel took.
fn send_one_by_one(socket: RawFd, mut header: libc::msghdr) -> usize {
    let (parts, count) = (header.msg_iov, header.msg_iovlen);
    header.msg_controllen -= segment_space();
    header.msg_iovlen = 1;
    let send = |nth: &usize| {
        // SAFETY: the header has as many parts, and all that it points to lives through the call.
        unsafe {
            header.msg_iov = parts.add(*nth);
            libc::sendmsg(socket, &raw const header, libc::MSG_DONTWAIT) >= 0
        }
    };
    (0..count).filter(send).count()
}
