//! Batches of datagrams in and out, and waiting for them.
#![allow(
    unsafe_code,
    reason = "recvmmsg, sendmmsg, setsockopt and ppoll have no safe interface"
)]

mod messages;
mod waker;

use super::{
    segments::{self, Group, Segments},
    system::set_option,
};
use crate::outbox::{Outbox, Path, Protocol, Transmit};
use messages::{Messages, address, destination, direct, segment_space, write_segment};
use std::{
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::{AsRawFd, RawFd},
    time::Duration,
};
pub(super) use waker::Waker;

/// Datagrams a system call.
pub(super) const BATCH: usize = 64;
/// No datagram is longer; what is, is cut off and then fails its authentication.
const MAX_DATAGRAM: usize = 2048;
/// Bytes of buffer that a media socket asks of the kernel for each way. It gives no more than
/// `net.core.rmem_max` and `net.core.wmem_max`.
pub const SOCKET_BUFFER: usize = 4 << 20;
const BUFFER: libc::c_int = SOCKET_BUFFER as libc::c_int;
/// Where segments are refused (an interface without checksums, a line for smaller datagrams) so many
/// times all is sent one by one before they are tried again.
const ONE_BY_ONE: u32 = 1000;

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
        let set = |level, option, value| set_option(&socket, level, option, value);
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
                direct(&mut headers[count].msg_hdr, &mut names[count], &path);
                count += 1;
            }
            self.send_batch(count);
        }
    }

    fn send_batch(&mut self, count: usize) {
        let mut headers = &mut self.outgoing.headers[..count];
        while !headers.is_empty() {
            let sent = send_headers(&self.socket, headers);
            self.sent += sent as u64;
            if sent == 0 {
                // The first one was refused: a full buffer, a route that is gone. The rest may go.
                self.send_failed += 1;
            }
            headers = &mut headers[sent.max(1)..];
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
            direct(header, name, &group.path);
            if group.count > 1 {
                write_segment(header, group.segment);
            }
        }
        let mut headers = &mut headers[..groups.len()];
        while !headers.is_empty() {
            let sent = send_headers(&self.socket, headers);
            let refused = io::Error::last_os_error();
            let (sent, behind) = headers.split_at_mut(sent);
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
        set_option(&self.socket, libc::SOL_SOCKET, libc::SO_NO_CHECK, 1)
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
        let own = [self.socket.as_raw_fd(), waker.descriptor()];
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

/// Sends what the headers name, whose memory the caller holds. Returns how many of them, in their order,
/// the kernel took; 0 where it refused the first.
fn send_headers(socket: &UdpSocket, headers: &mut [libc::mmsghdr]) -> usize {
    // SAFETY: the headers point to memory of a `Messages` and of the outbox, which live through the call;
    // the kernel only reads them.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            headers.len() as libc::c_uint,
            libc::MSG_DONTWAIT,
        )
    };
    usize::try_from(sent).unwrap_or(0)
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
