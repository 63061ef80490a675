//! Janus' source and its viewers, on one thread: the source keeps its pace, and between its packets
//! the viewers are drained one after the other, as the media plane's are.

use super::{gateway::Gateway, namespace::Namespace};
use crate::{
    bench::{
        BenchError,
        field::{QUIET, TURN},
        floor::Key,
        receiver::{Findings, Receiver},
        rounds::{Kind, Load, Pace},
        source, system,
        system::Batch,
    },
    far_end::{FarEnd, Identity, VP8},
    rtp,
};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

/// Viewers that are not connected by then never will be. Janus drops a handshake's first datagram
/// when it comes before ICE is done, and that is repeated after a second.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// Between two connectivity checks of a viewer that is not connected.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);
const SSRC: u32 = 0x4a41_4e55;

/// One source and its viewers.
pub(super) struct Audience {
    viewers: Vec<Receiver>,
    next: usize,
    batch: Batch,
    findings: Findings,
    source: UdpSocket,
    mountpoint: SocketAddr,
    index: u64,
}

impl Audience {
    /// Connects `count` viewers.
    pub(super) fn gather(
        gateway: &mut Gateway,
        namespace: &Namespace,
        count: usize,
    ) -> Result<Self, BenchError> {
        // The first is what the media plane's receivers have too; which one it is, Janus decides.
        let profiles = vec![
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
        ];
        let identity = Identity::generate(profiles)?;
        let mut audience = Self {
            viewers: vec![],
            next: 0,
            batch: Batch::new(),
            findings: Findings::default(),
            source: system::socket(namespace.near())?,
            mountpoint: gateway.mountpoint(),
            index: 0,
        };
        for number in 0..count as u64 {
            let socket = system::socket(namespace.near())?;
            let mut end = FarEnd::new(identity.clone());
            let (handle, offer) = gateway.watch()?;
            let answer = end.answer(&offer, socket.local_addr()?);
            let (Some(answer), Some(janus)) = (answer, candidate(&offer)) else {
                return Err(BenchError::Janus(format!(
                    "its offer is of no use: {offer}"
                )));
            };
            gateway.answer(&handle, &answer)?;
            // Nothing of the floor comes here; its key is never asked.
            let viewer = Receiver::new(end, socket, janus, Key::new(number)?);
            audience.viewers.push(viewer);
        }
        audience.connect(gateway)?;
        Ok(audience)
    }

    /// Lets the source send for a while. Returns how many packets it sent.
    pub(super) fn flow(&mut self, load: &Load) -> Result<u64, BenchError> {
        let end = Instant::now() + load.length;
        let mut pace = Pace::new(load.rate);
        let mut sent = 0;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(sent);
            }
            if let Some(first) = pace.step(now) {
                self.send(load.kind, first)?;
                sent += 1;
            }
            for _ in 0..TURN {
                self.drain_next()?;
            }
        }
    }

    /// Waits for what is on its way. Returns whether every viewer has all `sent` packets.
    pub(super) fn settle(&mut self, sent: u64) -> Result<bool, BenchError> {
        let mut newest = Instant::now();
        let mut whole = false;
        while !whole && newest.elapsed() < QUIET {
            for _ in 0..self.viewers.len() {
                if self.drain_next()? > 0 {
                    newest = Instant::now();
                }
            }
            let mut viewers = self.viewers.iter();
            whole = viewers.all(|viewer| viewer.camera.count >= sent);
        }
        for viewer in &mut self.viewers {
            viewer.reset();
        }
        match self.findings.not_authentic {
            0 => Ok(whole),
            packets => Err(BenchError::NotAuthentic(packets)),
        }
    }

    /// Lets ICE and DTLS go on until they are done for all.
    fn connect(&mut self, gateway: &Gateway) -> Result<(), BenchError> {
        let begun = Instant::now();
        let mut checked = None;
        loop {
            let now = Instant::now();
            let check = checked.is_none_or(|last| now >= last + CHECK_INTERVAL);
            if check {
                checked = Some(now);
            }
            let mut waiting = 0;
            for viewer in 0..self.viewers.len() {
                let end = &mut self.viewers[viewer].end;
                if !end.is_connected() {
                    waiting += 1;
                    if check {
                        end.check(true);
                    }
                }
                end.handle_timeout(now);
                self.drain(viewer)?;
            }
            if waiting == 0 {
                return Ok(());
            }
            if begun.elapsed() > CONNECT_WITHIN {
                return Err(gateway.failed(&format!("{waiting} viewers were not connected")));
            }
        }
    }

    fn send(&mut self, kind: Kind, key: bool) -> Result<(), BenchError> {
        self.index += 1;
        let timestamp = (self.index * 90) as u32;
        let header = rtp::write_header(true, VP8, self.index as u16, timestamp, SSRC);
        let mut packet = header.to_vec();
        packet.extend_from_slice(&source::payload(kind, self.index, key));
        self.source.send_to(&packet, self.mountpoint)?;
        Ok(())
    }

    fn drain_next(&mut self) -> Result<usize, BenchError> {
        let turn = self.next;
        self.next = (turn + 1) % self.viewers.len().max(1);
        self.drain(turn)
    }

    fn drain(&mut self, viewer: usize) -> Result<usize, BenchError> {
        Ok(self.viewers[viewer].drain(&mut self.batch, &mut self.findings)?)
    }
}

/// The first UDP candidate of an offer or an answer: Janus has a port for each viewer, the media plane
/// one for each shard.
pub(in crate::bench) fn candidate(offer: &str) -> Option<SocketAddr> {
    let mut candidates = offer
        .lines()
        .filter_map(|line| line.strip_prefix("a=candidate:"));
    candidates.find_map(|line| {
        let mut words = line.split(' ').skip(2);
        let is_udp = words.next()?.eq_ignore_ascii_case("udp");
        let (ip, port) = (words.nth(1)?.parse().ok()?, words.next()?.parse().ok()?);
        is_udp.then(|| SocketAddr::new(ip, port))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_candidate_is_that_of_udp() {
        let offer = "a=candidate:1 1 tcp 1015022079 198.51.100.2 9 typ host tcptype active\r\n\
                     a=candidate:2 1 udp 2015363327 198.51.100.2 40001 typ host\r\n";
        let expected = SocketAddr::from(([198, 51, 100, 2], 40001));
        assert_eq!(candidate(offer), Some(expected));
        assert_eq!(candidate("v=0\r\n"), None);
    }
}
