//! SRTP and SRTCP (RFC 3711, RFC 7714), in place and without allocation for AES-128-GCM.
//!
//! Contexts hold session keys only. The index of a packet comes from its owner: opening changes
//! nothing, so that no packet makes state before it is authenticated.

use crate::window::Window;
use ring::aead;
use rtc::{
    crypto::{
        BlockCipherAlgorithm, HmacAlgorithm, Mac, RTCCrypto, StreamCipher, StreamCipherAlgorithm,
    },
    srtp::{config::SessionKeys, protection_profile::ProtectionProfile},
};
use std::hint::black_box;

const RTCP_INDEX_LEN: usize = 4;
const RTCP_HEADER_LEN: usize = 8;
const CM_TAG_LEN: usize = 10;
/// Sending SSRCs whose reports are protected against replay; a client has about twenty.
const MAX_RTCP_SENDERS: usize = 64;

/// Opens what one peer sends.
pub(crate) struct Inbound {
    rtp: Cipher,
    rtcp: Cipher,
    /// Indexes count for each sending SSRC by itself (RFC 3711 §3.2.3).
    rtcp_seen: Vec<(u32, Window)>,
}

/// Seals what is sent to one peer.
pub(crate) struct Outbound {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

/// The keys cannot be used with the profile.
#[derive(Debug, thiserror::Error)]
#[error("the SRTP keys do not fit the profile")]
pub(crate) struct BadKeys;

/// Makes both directions from the keys of a DTLS handshake.
pub(crate) fn contexts(
    profile: ProtectionProfile,
    keys: &SessionKeys,
    crypto: &dyn RTCCrypto,
) -> Result<(Inbound, Outbound), BadKeys> {
    let cipher = |key: &[u8], salt: &[u8], labels| Cipher::new(profile, key, salt, labels, crypto);
    let (remote_key, remote_salt) = (&keys.remote_master_key, &keys.remote_master_salt);
    let (local_key, local_salt) = (&keys.local_master_key, &keys.local_master_salt);
    Ok((
        Inbound {
            rtp: cipher(remote_key, remote_salt, RTP_LABELS)?,
            rtcp: cipher(remote_key, remote_salt, RTCP_LABELS)?,
            rtcp_seen: vec![],
        },
        Outbound {
            rtp: cipher(local_key, local_salt, RTP_LABELS)?,
            rtcp: cipher(local_key, local_salt, RTCP_LABELS)?,
            rtcp_index: 0,
        },
    ))
}

impl Inbound {
    /// Opens a packet in place, given the 48-bit index that is guessed for it. Returns the length
    /// of header and payload, or none if it is not authentic; then its content is garbage.
    pub(crate) fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Option<usize> {
        match &mut self.rtp {
            Cipher::Gcm { key, salt } => {
                let (header, sealed) = packet.split_at_mut_checked(header_len)?;
                let opened = key
                    .open_in_place(
                        gcm_rtp_nonce(salt, ssrc, index),
                        aead::Aad::from(header),
                        sealed,
                    )
                    .ok()?;
                Some(header_len + opened.len())
            }
            Cipher::Cm { stream, mac, salt } => {
                let len = packet
                    .len()
                    .checked_sub(CM_TAG_LEN)
                    .filter(|len| *len >= header_len)?;
                let (body, tag) = packet.split_at_mut(len);
                let rollover = ((index >> 16) as u32).to_be_bytes();
                verify(mac.as_mut(), &[body, &rollover], tag)?;
                stream
                    .apply_keystream(&cm_iv(salt, ssrc, index), &mut body[header_len..])
                    .ok()?;
                Some(len)
            }
        }
    }

    /// Opens a compound packet in place. Returns its length, or none if it is not authentic or
    /// was here before.
    pub(crate) fn open_rtcp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let ssrc = u32::from_be_bytes(*packet.get(4..)?.first_chunk()?);
        let tag_behind = self.rtcp.tag_behind_index();
        let index_at = packet.len().checked_sub(RTCP_INDEX_LEN + tag_behind)?;
        if index_at < RTCP_HEADER_LEN {
            return None;
        }
        let word: [u8; 4] = *packet[index_at..].first_chunk()?;
        let index = u32::from_be_bytes(word);
        if index >> 31 == 0 {
            return None;
        }
        let index = u64::from(index & 0x7fff_ffff);
        let seen = self
            .rtcp_seen
            .iter()
            .position(|(sender, _)| *sender == ssrc);
        if seen.is_some_and(|at| !self.rtcp_seen[at].1.is_new(index)) {
            return None;
        }
        let len = match &mut self.rtcp {
            Cipher::Gcm { key, salt } => {
                let (header, rest) = packet.split_at_mut(RTCP_HEADER_LEN);
                let aad = gcm_rtcp_aad(header, word);
                let sealed = &mut rest[..index_at - RTCP_HEADER_LEN];
                let nonce = gcm_rtcp_nonce(salt, ssrc, index as u32);
                let opened = key
                    .open_in_place(nonce, aead::Aad::from(aad), sealed)
                    .ok()?;
                RTCP_HEADER_LEN + opened.len()
            }
            Cipher::Cm { stream, mac, salt } => {
                let (body, tag) = packet.split_at_mut(index_at + RTCP_INDEX_LEN);
                verify(mac.as_mut(), &[body], tag)?;
                let iv = cm_iv(salt, ssrc, index);
                stream
                    .apply_keystream(&iv, &mut body[RTCP_HEADER_LEN..index_at])
                    .ok()?;
                index_at
            }
        };
        match seen {
            Some(at) => _ = self.rtcp_seen[at].1.insert(index),
            None => {
                if self.rtcp_seen.len() == MAX_RTCP_SENDERS {
                    self.rtcp_seen.remove(0);
                }
                self.rtcp_seen.push((ssrc, Window::starting_at(index)));
            }
        }
        Some(len)
    }
}

impl Outbound {
    /// Seals the packet that begins at `start` of `buffer` and appends its tag. The caller never
    /// gives one (SSRC, index) twice.
    pub(crate) fn seal_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) {
        match &mut self.rtp {
            Cipher::Gcm { key, salt } => {
                let (header, payload) = buffer[start..].split_at_mut(header_len);
                let nonce = gcm_rtp_nonce(salt, ssrc, index);
                let tag = key
                    .seal_in_place_separate_tag(nonce, aead::Aad::from(&*header), payload)
                    .expect("a datagram is far shorter than the limit of AES-GCM");
                buffer.extend_from_slice(tag.as_ref());
            }
            Cipher::Cm { stream, mac, salt } => {
                let iv = cm_iv(salt, ssrc, index);
                stream
                    .apply_keystream(&iv, &mut buffer[start + header_len..])
                    .expect("the IV has the length of the block");
                let rollover = ((index >> 16) as u32).to_be_bytes();
                let tag = sign(mac.as_mut(), &[&buffer[start..], &rollover]);
                buffer.extend_from_slice(&tag);
            }
        }
    }

    /// Reads the key to no end but that it is in the cache.
    pub(crate) fn touch(&self) {
        if let Cipher::Gcm { key, .. } = &self.rtp {
            black_box(std::ptr::from_ref(key.algorithm()));
        }
    }

    /// Seals the compound packet that begins at `start` of `buffer` and appends index and tag.
    pub(crate) fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) {
        let index = self.rtcp_index;
        self.rtcp_index = (index + 1) & 0x7fff_ffff;
        let word = (index | 0x8000_0000).to_be_bytes();
        let (header, payload) = buffer[start..].split_at_mut(RTCP_HEADER_LEN);
        let ssrc = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        match &mut self.rtcp {
            Cipher::Gcm { key, salt } => {
                let aad = gcm_rtcp_aad(header, word);
                let nonce = gcm_rtcp_nonce(salt, ssrc, index);
                let tag = key
                    .seal_in_place_separate_tag(nonce, aead::Aad::from(aad), payload)
                    .expect("a datagram is far shorter than the limit of AES-GCM");
                buffer.extend_from_slice(tag.as_ref());
                buffer.extend_from_slice(&word);
            }
            Cipher::Cm { stream, mac, salt } => {
                stream
                    .apply_keystream(&cm_iv(salt, ssrc, u64::from(index)), payload)
                    .expect("the IV has the length of the block");
                buffer.extend_from_slice(&word);
                let tag = sign(mac.as_mut(), &[&buffer[start..]]);
                buffer.extend_from_slice(&tag);
            }
        }
    }
}

#[cfg(test)]
impl Outbound {
    /// For the far end in tests: another SSRC's reports begin at zero too.
    pub(crate) fn restart_rtcp_index(&mut self) {
        self.rtcp_index = 0;
    }
}

enum Cipher {
    /// AEAD_AES_128_GCM.
    Gcm {
        key: Box<aead::LessSafeKey>,
        salt: [u8; 12],
    },
    /// AES128_CM_HMAC_SHA1_80, for clients that have nothing else.
    Cm {
        stream: Box<dyn StreamCipher>,
        mac: Box<dyn Mac>,
        salt: [u8; 14],
    },
}

/// Labels of encryption, authentication and salt (RFC 3711 §4.3.2).
const RTP_LABELS: [u8; 3] = [0, 1, 2];
const RTCP_LABELS: [u8; 3] = [3, 4, 5];

impl Cipher {
    fn new(
        profile: ProtectionProfile,
        master_key: &[u8],
        master_salt: &[u8],
        [encryption, authentication, salting]: [u8; 3],
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, BadKeys> {
        let mut key = [0; 16];
        derive(crypto, master_key, master_salt, encryption, &mut key)?;
        match profile {
            ProtectionProfile::AeadAes128Gcm => {
                let mut salt = [0; 12];
                derive(crypto, master_key, master_salt, salting, &mut salt)?;
                let key = aead::UnboundKey::new(&aead::AES_128_GCM, &key).map_err(|_| BadKeys)?;
                Ok(Self::Gcm {
                    key: Box::new(aead::LessSafeKey::new(key)),
                    salt,
                })
            }
            ProtectionProfile::Aes128CmHmacSha1_80 => {
                let (mut salt, mut mac_key) = ([0; 14], [0; 20]);
                derive(crypto, master_key, master_salt, salting, &mut salt)?;
                derive(
                    crypto,
                    master_key,
                    master_salt,
                    authentication,
                    &mut mac_key,
                )?;
                let algorithm = StreamCipherAlgorithm::Aes128Ctr;
                Ok(Self::Cm {
                    stream: crypto
                        .new_stream_cipher(algorithm, &key)
                        .map_err(|_| BadKeys)?,
                    mac: crypto
                        .new_hmac(HmacAlgorithm::Sha1, &mac_key)
                        .map_err(|_| BadKeys)?,
                    salt,
                })
            }
            _ => Err(BadKeys),
        }
    }

    /// Bytes after the SRTCP index: the tag of CM stands behind it, that of GCM before it.
    fn tag_behind_index(&self) -> usize {
        match self {
            Self::Gcm { .. } => 0,
            Self::Cm { .. } => CM_TAG_LEN,
        }
    }
}

/// The AES-CM key derivation (RFC 3711 §4.3.3) with a key derivation rate of zero.
fn derive(
    crypto: &dyn RTCCrypto,
    master_key: &[u8],
    master_salt: &[u8],
    label: u8,
    out: &mut [u8],
) -> Result<(), BadKeys> {
    if master_key.len() != 16 || master_salt.len() > 14 {
        return Err(BadKeys);
    }
    let mut input = [0; 16];
    input[..master_salt.len()].copy_from_slice(master_salt);
    input[7] ^= label;
    for (counter, chunk) in (0u16..).zip(out.chunks_mut(16)) {
        let mut block = input;
        block[14..].copy_from_slice(&counter.to_be_bytes());
        crypto
            .block_encrypt(BlockCipherAlgorithm::Aes128, master_key, &mut block)
            .map_err(|_| BadKeys)?;
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    Ok(())
}

/// RFC 7714 §8.1.
fn gcm_rtp_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> aead::Nonce {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc.to_be_bytes());
    xor(&mut nonce[6..12], &index.to_be_bytes()[2..]);
    aead::Nonce::assume_unique_for_key(nonce)
}

/// RFC 7714 §9.1.
fn gcm_rtcp_nonce(salt: &[u8; 12], ssrc: u32, index: u32) -> aead::Nonce {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc.to_be_bytes());
    xor(&mut nonce[8..12], &index.to_be_bytes());
    aead::Nonce::assume_unique_for_key(nonce)
}

/// RFC 7714 §9.2: the header and the word with E flag and index.
fn gcm_rtcp_aad(header: &[u8], word: [u8; 4]) -> [u8; 12] {
    let mut aad = [0; 12];
    aad[..8].copy_from_slice(&header[..8]);
    aad[8..].copy_from_slice(&word);
    aad
}

/// RFC 3711 §4.1.1.
fn cm_iv(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    xor(&mut iv[4..8], &ssrc.to_be_bytes());
    xor(&mut iv[8..14], &index.to_be_bytes()[2..]);
    iv
}

fn xor(target: &mut [u8], with: &[u8]) {
    for (target, with) in target.iter_mut().zip(with) {
        *target ^= with;
    }
}

fn sign(mac: &mut dyn Mac, parts: &[&[u8]]) -> [u8; CM_TAG_LEN] {
    let mut full = [0; 20];
    mac.sign(parts, &mut full)
        .expect("the output of SHA-1 has 20 bytes");
    *full.first_chunk().expect("20 bytes have a first ten")
}

fn verify(mac: &mut dyn Mac, parts: &[&[u8]], tag: &[u8]) -> Option<()> {
    rtc::crypto::constant_time_eq(&sign(mac, parts), tag).then_some(())
}
