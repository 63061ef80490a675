//! What the kernel gives a media socket of the buffer that it asks for.

use super::{Notes, text};
use crate::config::Config;
use diemcau_media::SOCKET_BUFFER;
use rustix::{io, net::sockopt};
use std::net::UdpSocket;

pub(super) fn examine(_config: &Config, notes: &mut Notes) {
    let Ok(socket) = UdpSocket::bind("127.0.0.1:0") else {
        notes.warn(
            text("không mở được ổ cắm UDP nào", "no UDP socket can be opened"),
            text("xem mục cổng", "see ports"),
        );
        return;
    };
    // The kernel tells twice what it gave: it counts its own book-keeping (socket(7)).
    let received = sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BUFFER)
        .and_then(|()| sockopt::socket_recv_buffer_size(&socket));
    let sent = sockopt::set_socket_send_buffer_size(&socket, SOCKET_BUFFER)
        .and_then(|()| sockopt::socket_send_buffer_size(&socket));
    one("nhận", "receiving", "rmem_max", received, notes);
    one("gửi", "sending", "wmem_max", sent, notes);
}

fn one(vi: &str, en: &str, key: &str, given: io::Result<usize>, notes: &mut Notes) {
    let given = given.unwrap_or(0) / 2;
    let (kilobytes, asked) = (given / 1024, SOCKET_BUFFER / 1024);
    if given >= SOCKET_BUFFER {
        notes.good(text(
            format!("{vi}: {kilobytes} KiB, đủ như cần"),
            format!("{en}: {kilobytes} KiB, all that is asked"),
        ));
        return;
    }
    notes.warn(
        text(
            format!("{vi}: hệ thống chỉ cho {kilobytes} KiB trong {asked} KiB; lúc đông sẽ mất gói"),
            format!("{en}: the kernel gives {kilobytes} of {asked} KiB; packets are lost in bursts"),
        ),
        text(
            format!("đặt net.core.{key} = {SOCKET_BUFFER}: chép config/sysctl.d/diemcau.conf vào /etc/sysctl.d và chạy sysctl --system"),
            format!("set net.core.{key} = {SOCKET_BUFFER}: copy config/sysctl.d/diemcau.conf to /etc/sysctl.d and run sysctl --system"),
        ),
    );
}
