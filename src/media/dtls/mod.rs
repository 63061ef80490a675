//! The DTLS 1.2 handshake of one peer, passive, up to the SRTP keys (RFC 5764).

mod record;

use crate::srtp;
use bytes::Bytes;
use record::{ClientHello, Content};
use rtc::{
    crypto::{RTCCrypto, RTCCryptoProvider},
    dtls::{
        config::{ClientAuthType, ConfigBuilder, HandshakeConfig},
        crypto::Certificate,
        endpoint::{Endpoint, EndpointEvent},
        extension::extension_use_srtp::SrtpProtectionProfile,
    },
    shared::{TransportProtocol, error::Error},
    srtp::{
        config::{Config as SrtpConfig, LABEL_EXTRACTOR_DTLS_SRTP},
        protection_profile::ProtectionProfile,
    },
};
use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

/// The endpoint knows its peer by an address; a made-up one lets the peer roam.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 1);

/// A hello has at most this many datagrams.
const MAX_HELLO: usize = 8;
/// So many may have said hello from the peer's address before one of them returns a cookie.
const MAX_CANDIDATES: usize = 16;
/// Datagrams that the endpoint may keep before there are keys, and as many without protection
/// after. A handshake has about six; the endpoint alone would keep two megabytes of fragments.
const MAX_UNPROTECTED: usize = 64;
/// A flight that has brought no answer is sent again after so long …
const FIRST_RESEND: Duration = Duration::from_millis(250);
/// … then after twice as long, up to this (RFC 6347 §4.2.4.1 begins with a second, for peers of
/// which nothing is known; ours have just been checked, and libwebrtc begins with 50 ms).
const LONGEST_RESEND: Duration = Duration::from_secs(1);
/// The endpoint's own timer never comes to this.
const NEVER: Duration = Duration::from_secs(3600);

/// The certificate of this process and what follows from it.
pub(crate) struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    gcm: Arc<HandshakeConfig>,
    cm: Arc<HandshakeConfig>,
    fingerprint: [u8; 32],
}

impl Identity {
    /// Makes an ECDSA P-256 certificate.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub(crate) fn generate() -> Result<Self, Error> {
        let provider =
            rtc::crypto::default_provider().map_err(|error| Error::Other(error.to_string()))?;
        let certificate =
            Certificate::generate_self_signed(vec!["diemcau".to_owned()], provider.crypto())?;
        let fingerprint = sha256(
            certificate
                .certificate
                .first()
                .map_or(&[], |der| der.as_ref()),
        );
        let config = |profile| {
            ConfigBuilder::default()
                .with_crypto_provider(provider.clone())
                .with_certificates(vec![certificate.clone()])
                .with_srtp_protection_profiles(vec![profile])
                // The certificate is checked against the offer's fingerprint, not against a CA.
                .with_client_auth(ClientAuthType::RequireAnyClientCert)
                .with_insecure_skip_verify(true)
                .with_flight_interval(NEVER)
                .build(false, None)
                .map(Arc::new)
        };
        let gcm = config(SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm)?;
        let cm = config(SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80)?;
        Ok(Self {
            provider,
            gcm,
            cm,
            fingerprint,
        })
    }

    /// SHA-256 of the certificate.
    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The algorithms that everything else uses too.
    pub(crate) fn crypto(&self) -> &dyn RTCCrypto {
        self.provider.crypto()
    }
}

/// How a handshake went on.
pub(crate) enum Progress {
    /// Nothing to say yet.
    Waiting,
    /// The datagram was not of this association, or one too many.
    Dropped,
    /// The keys are there.
    Connected(Box<(srtp::Inbound, srtp::Outbound)>, ProtectionProfile),
    /// The peer closed the association.
    Closed,
    /// The handshake cannot succeed.
    Failed(&'static str),
}

/// One peer's association.
///
/// Between a hello and the keys nothing is authentic. Somebody who can send in the peer's name but
/// does not see what is sent to it can say hello too; as long as no cookie has come back nobody
/// knows whose hello is whose, and all are answered. What such a person still can do is to hit the
/// one round trip in which the peer takes any cookie for its own: then this handshake fails, and the
/// peer comes again.
pub(crate) struct Dtls {
    /// Once a cookie came back.
    endpoint: Endpoint,
    expected_fingerprint: [u8; 32],
    stage: Stage,
    /// Datagrams that the endpoint may have kept.
    taken: usize,
    outgoing: VecDeque<Bytes>,
    flight: Flight,
}

/// How far the handshake is.
enum Stage {
    /// Whoever said hello was asked to return a cookie. The newest is the last.
    Asked(VecDeque<Candidate>),
    /// The client with this random has returned it: its address is its own.
    Answered { random: [u8; 32] },
    /// There are keys.
    Connected,
}

/// Somebody who said hello.
struct Candidate {
    random: [u8; 32],
    /// Empty while its hello is not whole.
    cookie: Vec<u8>,
    endpoint: Endpoint,
    /// Its hello so far, for an endpoint with the other profile.
    hello: Vec<Vec<u8>>,
    answer: Vec<Bytes>,
}

impl Candidate {
    /// Takes a part of its hello.
    fn listen(&mut self, identity: &Identity, now: Instant, datagram: &[u8]) {
        if self.hello.len() >= MAX_HELLO {
            return;
        }
        self.hello.push(datagram.to_vec());
        let mut outcome = self.endpoint.read(now, PEER, None, datagram.into());
        // The endpoint follows the client's order of profiles, and browsers put the slow one
        // first: so it is offered GCM alone, and only a client that has none gets the other.
        if matches!(outcome, Err(Error::ErrServerNoMatchingSrtpProfile)) {
            self.endpoint = endpoint(&identity.cm);
            for part in &self.hello {
                outcome = self.endpoint.read(now, PEER, None, part.as_slice().into());
            }
        }
        if let Err(error) = outcome {
            tracing::debug!(%error, "A hello was not accepted");
        }
        self.answer = sent(&mut self.endpoint).collect();
        let mut answer = self.answer.iter();
        if let Some(cookie) = answer.find_map(|datagram| record::verify_cookie(datagram)) {
            self.cookie = cookie.to_vec();
        }
    }
}

/// What was sent last, until the peer goes on.
#[derive(Debug, Default)]
struct Flight {
    datagrams: Vec<Bytes>,
    /// Last.
    sent: Option<Instant>,
    due: Option<Instant>,
    interval: Duration,
}

impl Flight {
    fn sent(now: Instant, datagrams: Vec<Bytes>) -> Self {
        Self {
            datagrams,
            sent: Some(now),
            due: Some(now + FIRST_RESEND),
            interval: FIRST_RESEND,
        }
    }

    /// To be sent again: the same records, which a peer that has them drops as doubles.
    fn again(&mut self, now: Instant) -> impl Iterator<Item = Bytes> + '_ {
        self.interval = (self.interval * 2).min(LONGEST_RESEND);
        self.sent = Some(now);
        self.due = Some(now + self.interval);
        self.datagrams.iter().cloned()
    }

    /// Whether it was sent only just now, so that another must not be asked for.
    fn is_fresh(&self, now: Instant) -> bool {
        self.sent.is_some_and(|sent| now < sent + FIRST_RESEND)
    }
}

impl Dtls {
    /// Waits for the client whose certificate has this fingerprint.
    pub(crate) fn new(identity: &Identity, expected_fingerprint: [u8; 32]) -> Self {
        Self {
            endpoint: endpoint(&identity.gcm),
            expected_fingerprint,
            stage: Stage::Asked(VecDeque::new()),
            taken: 0,
            outgoing: VecDeque::new(),
            flight: Flight::default(),
        }
    }

    /// Takes a datagram from an address that a checked request has made the peer's.
    pub(crate) fn handle_datagram(
        &mut self,
        identity: &Identity,
        now: Instant,
        datagram: &[u8],
    ) -> Progress {
        // An alert that nothing protects is nobody's.
        let mut unprotected = record::records(datagram).filter(|record| record.epoch == 0);
        if unprotected.any(|record| record.content == Content::Alert) {
            return Progress::Dropped;
        }
        let hello = record::client_hello(datagram);
        match (&self.stage, hello) {
            (Stage::Asked(_), hello) => self.hear(identity, now, datagram, hello),
            (Stage::Answered { random }, Some(hello)) => {
                if random != hello.random || hello.cookie.is_empty() {
                    return Progress::Dropped;
                }
                // A hello is far smaller than the flight that answers it, and easily repeated: by a
                // client with a short timer, or by somebody who means its line. Time sends it again.
                if self.flight.is_fresh(now) {
                    return Progress::Dropped;
                }
                // The flight that answered it was lost.
                self.outgoing.extend(self.flight.again(now));
                Progress::Waiting
            }
            // Nobody who has an association begins another in it.
            (Stage::Connected, Some(_)) => Progress::Dropped,
            (Stage::Answered { .. } | Stage::Connected, _) => self.read(identity, now, datagram),
        }
    }

    /// Sends again what has brought no answer: `rtc::dtls` forgets to once a datagram came that
    /// did not complete what it waits for, and gives up after seven times.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.deadline().is_some_and(|due| now >= due) {
            self.outgoing.extend(self.flight.again(now));
        }
    }

    /// When [`Self::handle_timeout`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.flight.due
    }

    /// A datagram to send.
    pub(crate) fn poll_transmit(&mut self) -> Option<Bytes> {
        self.outgoing.pop_front()
    }

    /// Tells the peer that this end leaves.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.endpoint.close(now).is_err() {
            tracing::debug!("A DTLS association was closed before it was made");
        }
        self.outgoing.extend(sent(&mut self.endpoint));
    }

    /// While nobody has returned a cookie: hellos and their parts.
    fn hear(
        &mut self,
        identity: &Identity,
        now: Instant,
        datagram: &[u8],
        hello: Option<ClientHello<'_>>,
    ) -> Progress {
        let Stage::Asked(candidates) = &mut self.stage else {
            return Progress::Dropped;
        };
        let Some(hello) = hello else {
            // The rest of a hello that is longer than a datagram.
            let Some(newest) = candidates.back_mut().filter(|it| it.cookie.is_empty()) else {
                return Progress::Dropped;
            };
            newest.listen(identity, now, datagram);
            self.flight = Flight::sent(now, newest.answer.clone());
            self.outgoing.extend(newest.answer.iter().cloned());
            return Progress::Waiting;
        };
        let known = candidates
            .iter()
            .position(|candidate| candidate.random == *hello.random);
        match known {
            Some(at) if hello.cookie.is_empty() => {
                self.outgoing.extend(candidates[at].answer.iter().cloned());
                Progress::Waiting
            }
            Some(at) if candidates[at].cookie == hello.cookie => {
                if let Some(candidate) = candidates.remove(at) {
                    self.endpoint = candidate.endpoint;
                }
                let random = *hello.random;
                self.stage = Stage::Answered { random };
                self.read(identity, now, datagram)
            }
            None if hello.cookie.is_empty() => {
                let mut candidate = Candidate {
                    random: *hello.random,
                    cookie: vec![],
                    endpoint: endpoint(&identity.gcm),
                    hello: vec![],
                    answer: vec![],
                };
                candidate.listen(identity, now, datagram);
                self.flight = Flight::sent(now, candidate.answer.clone());
                self.outgoing.extend(candidate.answer.iter().cloned());
                if candidates.len() == MAX_CANDIDATES {
                    candidates.pop_front();
                }
                candidates.push_back(candidate);
                Progress::Waiting
            }
            _ => Progress::Dropped,
        }
    }

    /// Whether the endpoint may have one more of those that it keeps. Before there are keys it
    /// keeps what is protected too.
    fn has_room(&mut self, datagram: &[u8]) -> bool {
        let kept = !matches!(self.stage, Stage::Connected)
            || record::records(datagram).any(|record| record.epoch == 0);
        self.taken += usize::from(kept);
        !kept || self.taken <= MAX_UNPROTECTED
    }

    /// Gives a datagram to the endpoint of the client whose address it is.
    fn read(&mut self, identity: &Identity, now: Instant, datagram: &[u8]) -> Progress {
        if !self.has_room(datagram) {
            return Progress::Dropped;
        }
        let outcome = self.endpoint.read(now, PEER, None, datagram.into());
        let datagrams: Vec<Bytes> = sent(&mut self.endpoint).collect();
        self.outgoing.extend(datagrams.iter().cloned());
        // An alert is no flight: it is sent once.
        let begins = datagrams
            .first()
            .and_then(|datagram| record::records(datagram).next());
        if begins.is_some_and(|record| record.content == Content::Handshake) {
            self.flight = Flight::sent(now, datagrams);
        }
        match outcome {
            Ok(events) => {
                for event in events {
                    match event {
                        EndpointEvent::HandshakeComplete => return self.connected(identity),
                        EndpointEvent::PeerClosed => return Progress::Closed,
                        _ => {}
                    }
                }
                Progress::Waiting
            }
            // A datagram that is not for this association must not end it: the peer's own next
            // one will go on, or time ends it.
            Err(error) => {
                tracing::debug!(%error, "A DTLS datagram was not accepted");
                Progress::Waiting
            }
        }
    }

    fn connected(&mut self, identity: &Identity) -> Progress {
        self.stage = Stage::Connected;
        // A peer that has not got the last flight repeats its own, and the endpoint answers that.
        self.flight = Flight::default();
        self.taken = 0;
        let Some(state) = self.endpoint.get_connection_state(PEER) else {
            return Progress::Failed("the DTLS association is gone");
        };
        let certificate = state
            .peer_certificates
            .first()
            .map_or(&[][..], Vec::as_slice);
        if sha256(certificate) != self.expected_fingerprint {
            return Progress::Failed("the certificate is not the one that the offer named");
        }
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => {
                ProtectionProfile::Aes128CmHmacSha1_80
            }
            _ => return Progress::Failed("no SRTP profile was negotiated"),
        };
        let mut config = SrtpConfig {
            profile,
            ..Default::default()
        };
        let len = config.keying_material_len();
        let Ok(material) = state.export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], len) else {
            return Progress::Failed("the DTLS association exports no keys");
        };
        if config
            .set_session_keys_from_keying_material(material.as_ref(), false)
            .is_err()
        {
            return Progress::Failed("the exported keys have the wrong length");
        }
        match srtp::contexts(profile, &config.keys, identity.crypto()) {
            Ok(contexts) => Progress::Connected(Box::new(contexts), profile),
            Err(_) => Progress::Failed("the exported keys do not fit the profile"),
        }
    }
}

/// What an endpoint wants to send.
fn sent(endpoint: &mut Endpoint) -> impl Iterator<Item = Bytes> + '_ {
    std::iter::from_fn(|| Some(endpoint.poll_transmit()?.message.freeze()))
}

fn endpoint(config: &Arc<HandshakeConfig>) -> Endpoint {
    let local = SocketAddr::from(([192, 0, 2, 2], 1));
    Endpoint::new(local, TransportProtocol::UDP, Some(config.clone()))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    ring::digest::digest(&ring::digest::SHA256, bytes)
        .as_ref()
        .try_into()
        .expect("SHA-256 has 32 bytes")
}
