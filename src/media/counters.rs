//! What was done and what was dropped, counted. Every drop has its name.

macro_rules! counters {
    ($($name:ident: $help:literal,)*) => {
        /// Counts since the start of the shard.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub(crate) struct Counters {
            $(#[doc = $help] pub(crate) $name: u64,)*
        }

        impl Counters {
            /// (name, help, value) for each.
            pub(crate) fn rows(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), $help, self.$name),)*]
            }
        }
    };
}

counters! {
    datagrams_received: "Datagrams received",
    packets_forwarded: "Media packets sent to receivers",
    packets_retransmitted: "Media packets sent again to receivers",
    packets_caught_up: "Media packets sent to receivers that had just been connected, from what was kept",
    packets_paced: "Packets of pictures that waited for their turn, as the line to their receiver has a limit",
    paced_dropped: "Packets that waited so and were not sent: their slot had something else by then, or nothing",
    packets_of_padding: "Packets sent to receivers to find out what their lines carry",
    slots_held: "Pictures taken away from receivers whose lines are too thin for them",
    slots_released: "Pictures given back to receivers whose lines carry them again",
    microphone_packets_stopped: "Packets of microphones without the floor, stopped at ingress",
    screen_packets_stopped: "Packets of screens and of their sound without the presentation, stopped at ingress",
    packets_crossed: "Media packets sent to another shard, once for all receivers there",
    crossing_compared: "Times that a peer was compared with what another shard had been told of it",
    crossing_dropped_pictures: "Packets of pictures that another shard had no room for",
    crossing_dropped_sound: "Packets of sound that another shard had no room for",
    nacks_sent: "Packets asked for again from publishers",
    nacks_received: "Packets asked for again by receivers",
    key_frames_requested: "Picture loss indications sent to publishers",
    picture_losses_received: "Picture loss indications received",
    switches: "Slots that got another source",
    layer_switches: "Slots that went over to another layer of the same camera",
    handshakes: "DTLS handshakes completed",
    handshakes_failed: "DTLS handshakes failed",
    panics_contained: "Defects met: the devices of one conference had to join again",
    dropped_unknown_protocol: "Datagrams dropped: no known protocol",
    dropped_unknown_address: "Datagrams dropped: not STUN, from an address without a checked request",
    dropped_stun_malformed: "STUN messages dropped: malformed or not a request",
    dropped_stun_unauthenticated: "STUN requests dropped: unknown user name, wrong integrity, or from another peer's address",
    dropped_dtls_unexpected: "DTLS datagrams dropped: of another handshake, an unprotected alert, a hello repeated at once, or too many",
    dropped_before_handshake: "RTP and RTCP dropped: no keys yet",
    dropped_rtp_malformed: "RTP packets dropped: malformed",
    dropped_rtp_unauthenticated: "RTP packets dropped: not authentic",
    dropped_rtp_unknown_source: "RTP packets dropped: of no section of the offer",
    dropped_rtp_duplicate: "RTP packets dropped: seen before or too old",
    dropped_rtcp_malformed: "RTCP compounds dropped: malformed",
    dropped_rtcp_unauthenticated: "RTCP compounds dropped: not authentic or replayed",
}
