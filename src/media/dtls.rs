//! The DTLS 1.2 handshake of one peer, passive, up to the SRTP keys (RFC 5764).

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
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use crate::srtp;

/// The endpoint knows its peer by an address; a made-up one lets the peer roam.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 1);

/// A client's first flight has at most this many datagrams that must be kept for a second try.
const MAX_FIRST_FLIGHT: usize = 8;

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
    /// The keys are there.
    Connected(Box<(srtp::Inbound, srtp::Outbound)>, ProtectionProfile),
    /// The peer closed the association.
    Closed,
    /// The handshake cannot succeed.
    Failed(&'static str),
}

/// One peer's association.
pub(crate) struct Dtls {
    endpoint: Endpoint,
    expected_fingerprint: [u8; 32],
    /// Until the profile is settled: the flight so far, for an endpoint with the other profile.
    first_flight: Option<Vec<Vec<u8>>>,
}

impl Dtls {
    /// Waits for the client whose certificate has this fingerprint.
    pub(crate) fn new(identity: &Identity, expected_fingerprint: [u8; 32]) -> Self {
        Self {
            endpoint: endpoint(&identity.gcm),
            expected_fingerprint,
            first_flight: Some(Vec::new()),
        }
    }

    /// Takes a datagram from an address that a checked request has made the peer's.
    pub(crate) fn handle_datagram(
        &mut self,
        identity: &Identity,
        now: Instant,
        datagram: &[u8],
    ) -> Progress {
        if let Some(flight) = &mut self.first_flight {
            if flight.len() < MAX_FIRST_FLIGHT {
                flight.push(datagram.to_vec());
            } else {
                self.first_flight = None;
            }
        }
        let mut outcome = self.endpoint.read(now, PEER, None, datagram.into());
        // The endpoint follows the client's order of profiles, and browsers put the slow one
        // first: so it is offered GCM alone, and only a client that has none gets the other.
        if matches!(outcome, Err(Error::ErrServerNoMatchingSrtpProfile)) {
            self.endpoint = endpoint(&identity.cm);
            for datagram in self.first_flight.take().unwrap_or_default() {
                outcome = self
                    .endpoint
                    .read(now, PEER, None, datagram.as_slice().into());
            }
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

    /// Drives retransmissions.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Progress {
        match self.endpoint.handle_timeout(PEER, now) {
            Ok(()) => Progress::Waiting,
            Err(_) => Progress::Failed("the DTLS handshake got no answer"),
        }
    }

    /// When [`Self::handle_timeout`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.endpoint.poll_timeout(&PEER)
    }

    /// A datagram to send.
    pub(crate) fn poll_transmit(
        &mut self,
    ) -> Option<rtc::shared::TransportMessage<bytes::BytesMut>> {
        self.endpoint.poll_transmit()
    }

    /// Tells the peer that this end leaves.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.endpoint.close(now).is_err() {
            tracing::debug!("A DTLS association was closed before it was made");
        }
    }

    fn connected(&mut self, identity: &Identity) -> Progress {
        self.first_flight = None;
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
