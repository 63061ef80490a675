//! Sealing: the product's own contexts beside another library. Each packet is for another receiver, in
//! turn, as the product seals: how long it takes until a key is in the cache is part of the cost.

use super::{super::BenchError, Part, timed};
use crate::{
    rtp::HEADER_LEN,
    srtp::{self, Outbound},
};
use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey},
    hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY},
    iv::FixedLength,
};
use rtc::{
    crypto::default_provider,
    srtp::{config::SessionKeys, protection_profile::ProtectionProfile},
};

/// Receivers.
const KEYS: u64 = 200;
/// Packets to each in a round.
const PACKETS: u64 = 5;
const LARGE: usize = 1200;
const SMALL: usize = 120;
const CM_TAG_LEN: usize = 10;

/// One receiver's context: appends the tag to header and payload.
trait Seal {
    fn seal(&mut self, packet: &mut Vec<u8>, index: u64);
}

pub(super) fn parts() -> Result<Vec<Part>, BenchError> {
    let gcm = ProtectionProfile::AeadAes128Gcm;
    let cm = ProtectionProfile::Aes128CmHmacSha1_80;
    Ok(vec![
        part("seal_gcm", LARGE, |key| product(gcm, key))?,
        part("seal_gcm_aws_lc", LARGE, AwsGcm::new)?,
        part("seal_gcm_small", SMALL, |key| product(gcm, key))?,
        part("seal_gcm_small_aws_lc", SMALL, AwsGcm::new)?,
        part("seal_cm", LARGE, |key| product(cm, key))?,
        part("seal_cm_aws_lc", LARGE, AwsCm::new)?,
        part("seal_cm_small", SMALL, |key| product(cm, key))?,
        part("seal_cm_small_aws_lc", SMALL, AwsCm::new)?,
    ])
}

fn part<S: Seal + 'static>(
    name: &'static str,
    payload: usize,
    new: impl Fn([u8; 16]) -> Option<S>,
) -> Result<Part, BenchError> {
    let key = |number: u64| {
        let mut key = [7; 16];
        key[..8].copy_from_slice(&number.to_be_bytes());
        new(key)
    };
    let contexts: Option<Vec<S>> = (0..KEYS).map(key).collect();
    let no_cipher = || BenchError::Identity(format!("no cipher: {name}"));
    let mut contexts = contexts.ok_or_else(no_cipher)?;
    let packet = vec![0x80; HEADER_LEN + payload];
    let mut out = Vec::with_capacity(packet.len() + 64);
    let mut index = 0;
    let round = move || {
        let (time, ()) = timed(|| {
            for _ in 0..PACKETS {
                index += 1;
                for context in &mut contexts {
                    out.clear();
                    out.extend_from_slice(&packet);
                    context.seal(&mut out, index);
                }
            }
        });
        Ok(time as f64 / (PACKETS * KEYS) as f64)
    };
    Ok(Part {
        name,
        round: Box::new(round),
    })
}

/// What the product seals with.
fn product(profile: ProtectionProfile, key: [u8; 16]) -> Option<Outbound> {
    let salt = vec![3; profile.salt_len()];
    let keys = SessionKeys {
        local_master_key: key.to_vec(),
        local_master_salt: salt.clone(),
        remote_master_key: key.to_vec(),
        remote_master_salt: salt,
    };
    let provider = default_provider().ok()?;
    let (_, outbound) = srtp::contexts(profile, &keys, provider.crypto()).ok()?;
    Some(outbound)
}

impl Seal for Outbound {
    fn seal(&mut self, packet: &mut Vec<u8>, index: u64) {
        self.seal_rtp(packet, 0, HEADER_LEN, 1, index);
    }
}

/// AES-128-GCM of AWS-LC.
struct AwsGcm(Box<LessSafeKey>);

impl AwsGcm {
    fn new(key: [u8; 16]) -> Option<Self> {
        let key = UnboundKey::new(&AES_128_GCM, &key).ok()?;
        Some(Self(Box::new(LessSafeKey::new(key))))
    }
}

impl Seal for AwsGcm {
    fn seal(&mut self, packet: &mut Vec<u8>, index: u64) {
        let mut nonce = [5; 12];
        nonce[4..].copy_from_slice(&index.to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let (header, payload) = packet.split_at_mut(HEADER_LEN);
        let aad = Aad::from(&*header);
        let tag = self.0.seal_in_place_separate_tag(nonce, aad, payload);
        // Without a tag the next round is cheaper, and never is: the lengths are right.
        if let Ok(tag) = tag {
            packet.extend_from_slice(tag.as_ref());
        }
    }
}

/// AES-128-CM and HMAC-SHA1-80 of AWS-LC.
struct AwsCm {
    cipher: EncryptingKey,
    mac: hmac::Key,
}

impl AwsCm {
    fn new(key: [u8; 16]) -> Option<Self> {
        let cipher = UnboundCipherKey::new(&AES_128, &key).ok()?;
        Some(Self {
            cipher: EncryptingKey::ctr(cipher).ok()?,
            mac: hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &[9; 20]),
        })
    }
}

impl Seal for AwsCm {
    fn seal(&mut self, packet: &mut Vec<u8>, index: u64) {
        let mut iv = [3; 16];
        iv[8..].copy_from_slice(&(index << 16).to_be_bytes());
        let iv = EncryptionContext::Iv128(FixedLength::from(iv));
        let sealed = self.cipher.less_safe_encrypt(&mut packet[HEADER_LEN..], iv);
        if sealed.is_ok() {
            let mut context = hmac::Context::with_key(&self.mac);
            context.update(packet);
            context.update(&[0; 4]);
            let tag = context.sign();
            packet.extend_from_slice(&tag.as_ref()[..CM_TAG_LEN]);
        }
    }
}
