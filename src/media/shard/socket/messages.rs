//! The headers that `recvmmsg` and `sendmmsg` take: addresses, buffers, and what stands beside a datagram.
#![allow(unsafe_code, reason = "C structures, and the control messages in them")]

use super::BATCH;
use crate::{outbox::Path, shard::system::UDP_SEGMENT};
use std::{
    mem::{size_of, zeroed},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// Room for a packet-info message and one with the length of segments, 8-byte aligned.
type Control = [u64; 8];

/// The headers of a batch and what they point to, made once: to clear it all for each call would
/// take as long as to send a small packet.
pub(super) struct Messages {
    // None of them ever grows.
    pub(super) names: Vec<libc::sockaddr_storage>,
    _controls: Vec<Control>,
    pub(super) vectors: Vec<libc::iovec>,
    pub(super) headers: Vec<libc::mmsghdr>,
}

// SAFETY: the headers point to the other three, which belong to nobody else and go where they go.
unsafe impl Send for Messages {}

impl Messages {
    /// Headers of a batch for so many parts.
    pub(super) fn new(parts: usize) -> Self {
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
    pub(super) fn offer_all_room(message: &mut libc::mmsghdr) {
        message.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
        message.msg_hdr.msg_controllen = size_of::<Control>();
    }
}

/// The address that the kernel has written.
pub(super) fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
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

/// Says where a datagram goes, and from which address it leaves.
pub(super) fn direct(header: &mut libc::msghdr, name: &mut libc::sockaddr_storage, path: &Path) {
    header.msg_namelen = write_address(name, path.remote);
    header.msg_controllen = size_of::<Control>();
    header.msg_controllen = write_source(header, path.local);
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
pub(super) fn destination(header: &libc::msghdr) -> Option<IpAddr> {
    // SAFETY: the kernel filled the control buffer of this header and set its length; the macros
    // stay within it.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while let Some(found) = control.as_ref() {
            match (found.cmsg_level, found.cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    // What stands there need not be aligned for its type.
                    let info = libc::CMSG_DATA(control).cast::<libc::in_pktinfo>();
                    let address = info.read_unaligned().ipi_addr.s_addr;
                    return Some(Ipv4Addr::from(u32::from_be(address)).into());
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let info = libc::CMSG_DATA(control).cast::<libc::in6_pktinfo>();
                    let address = info.read_unaligned().ipi6_addr.s6_addr;
                    return Some(Ipv6Addr::from(address).into());
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
pub(super) fn write_segment(header: &mut libc::msghdr, len: usize) {
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

pub(super) fn segment_space() -> usize {
    // SAFETY: the macro only calculates.
    unsafe { libc::CMSG_SPACE(size_of::<u16>() as u32) as usize }
}
