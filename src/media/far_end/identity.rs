//! The certificate of a far end and what it offers in the DTLS handshake.

use rtc::{
    crypto::RTCCryptoProvider,
    dtls::{
        config::{ConfigBuilder, HandshakeConfig},
        crypto::Certificate,
        extension::extension_use_srtp::SrtpProtectionProfile,
    },
};
use std::sync::Arc;

/// A certificate; several clients may share it.
pub(crate) struct Identity {
    pub(super) provider: Arc<dyn RTCCryptoProvider>,
    pub(super) config: Arc<HandshakeConfig>,
    /// SHA-256 of the certificate, as SDP writes it.
    pub(super) fingerprint: String,
}

/// No certificate could be made.
#[derive(Debug, thiserror::Error)]
#[error("no certificate for a client could be made: {0}")]
pub(crate) struct NoIdentity(String);

impl Identity {
    /// Makes a certificate for clients that offer `profiles`, best first.
    pub(crate) fn generate(profiles: Vec<SrtpProtectionProfile>) -> Result<Arc<Self>, NoIdentity> {
        let provider =
            rtc::crypto::default_provider().map_err(|error| NoIdentity(error.to_string()))?;
        let name = vec!["client".to_owned()];
        let certificate = Certificate::generate_self_signed(name, provider.crypto())
            .map_err(|error| NoIdentity(error.to_string()))?;
        let der = certificate
            .certificate
            .first()
            .map_or(&[][..], |der| der.as_ref());
        let digest = ring::digest::digest(&ring::digest::SHA256, der);
        let hex: Vec<String> = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(profiles)
            .with_insecure_skip_verify(true)
            .build(true, None)
            .map_err(|error| NoIdentity(error.to_string()))?;
        Ok(Arc::new(Self {
            provider,
            config: Arc::new(config),
            fingerprint: hex.join(":"),
        }))
    }
}
