//! The agent's end of the interceptor chain: counts what comes in, and hears when the server wants
//! a key frame.
//!
//! Media ends here. It is counted where it is decrypted, without a channel and a task a slot, so
//! that hundreds of agents fit into a process.

use crate::{State, feedback::Feedback};
use rtc::{
    interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket},
    rtcp::payload_feedbacks::{
        full_intra_request::FullIntraRequest, picture_loss_indication::PictureLossIndication,
    },
    sansio::Protocol,
    shared::error::Error,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, OnceLock},
    time::Instant,
};
use tokio::sync::{Notify, watch};

/// What the tap and the rest of the agent share.
pub(crate) struct Shared {
    pub(crate) state: Arc<watch::Sender<State>>,
    /// All times in reports count from here.
    pub(crate) started: Instant,
    /// The server asked for a key frame.
    pub(crate) key_frame_wanted: Notify,
    /// The same of the screen, once its SSRC is known.
    pub(crate) screen_key_frame_wanted: Notify,
    pub(crate) screen_ssrc: OnceLock<u32>,
    /// The MID of each SSRC of the answer, once it is here.
    pub(crate) mids: OnceLock<HashMap<u32, String>>,
    /// What the server says of what it got.
    pub(crate) feedback: Feedback,
}

impl Shared {
    pub(crate) fn new(state: Arc<watch::Sender<State>>, started: Instant) -> Arc<Self> {
        Arc::new(Self {
            state,
            started,
            key_frame_wanted: Notify::new(),
            screen_key_frame_wanted: Notify::new(),
            screen_ssrc: OnceLock::new(),
            mids: OnceLock::new(),
            feedback: Feedback::default(),
        })
    }
}

/// The interceptor.
pub(crate) struct Tap {
    shared: Arc<Shared>,
    inbound: VecDeque<TaggedPacket>,
    outbound: VecDeque<TaggedPacket>,
}

impl Tap {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
        }
    }

    fn count(&self, packet: &rtc::rtp::Packet) {
        let Some(mid) = self
            .shared
            .mids
            .get()
            .and_then(|mids| mids.get(&packet.header.ssrc))
        else {
            return;
        };
        let at = self.shared.started.elapsed();
        self.shared.state.send_if_modified(|state| {
            let slot = state.slots.iter_mut().find(|slot| slot.info.mid == *mid);
            slot.map(|slot| slot.receive(packet, at)).is_some()
        });
    }
}

impl Tap {
    /// Whose key frame a packet asks for, if it does.
    fn hear_wish(&self, packet: &dyn rtc::rtcp::Packet) {
        let packet = packet.as_any();
        let named = if let Some(lost) = packet.downcast_ref::<PictureLossIndication>() {
            vec![lost.media_ssrc]
        } else if let Some(request) = packet.downcast_ref::<FullIntraRequest>() {
            request.fir.iter().map(|entry| entry.ssrc).collect()
        } else {
            return;
        };
        let screen = self.shared.screen_ssrc.get();
        for ssrc in named {
            if Some(&ssrc) == screen {
                self.shared.screen_key_frame_wanted.notify_one();
            } else {
                self.shared.key_frame_wanted.notify_one();
            }
        }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Tap {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        match &message.message.packet {
            Packet::Rtp(packet) => self.count(packet),
            Packet::Rtcp(packets) => {
                let now = Instant::now();
                for packet in packets {
                    self.shared.feedback.hear(&**packet, now);
                    self.hear_wish(&**packet);
                }
                self.inbound.push_back(message);
            }
            _ => self.inbound.push_back(message),
        }
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.inbound.pop_front()
    }

    fn handle_write(&mut self, message: TaggedPacket) -> Result<(), Error> {
        self.outbound.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.outbound.pop_front()
    }
}

impl Interceptor for Tap {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}

/// The MID of every SSRC that an answer declares (RFC 5576, RFC 9143).
pub(crate) fn mids_of_ssrcs(answer: &str) -> HashMap<u32, String> {
    let mut found = HashMap::new();
    for section in answer.split("\nm=").skip(1) {
        let values = |name: &'static str| {
            section
                .lines()
                .filter_map(move |line| line.trim_end().strip_prefix(name))
        };
        let Some(mid) = values("a=mid:").next() else {
            continue;
        };
        for ssrc in values("a=ssrc:") {
            if let Some(Ok(ssrc)) = ssrc.split(' ').next().map(str::parse) {
                found.insert(ssrc, mid.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ssrc_has_the_mid_of_its_section() {
        let answer = "v=0\r\na=ssrc:9 cname:x\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\n\
            a=ssrc:11 cname:a\r\na=ssrc:11 msid:a b\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n\
            a=ssrc:12 cname:a\r\na=ssrc:13 cname:a\r\na=mid:main\r\n";
        let expected = [(11, "2"), (12, "main"), (13, "main")];
        let expected = HashMap::from(expected.map(|(ssrc, mid)| (ssrc, mid.to_owned())));
        assert_eq!(mids_of_ssrcs(answer), expected);
    }
}
