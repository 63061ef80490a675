//! A certificate that others made, from the files that the configuration names.

use super::{TlsError, crypto, inspect};
use crate::config::TlsFiles;
use rustls::{
    Error, InconsistentKeys,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::CertifiedKey,
};
use std::{fs, path::Path};
use time::OffsetDateTime;

/// Reads and checks both; also the names that the certificate speaks for.
///
/// # Errors
/// Which file cannot be used, why, and the mend.
pub(super) fn read(paths: &TlsFiles) -> Result<(CertifiedKey, inspect::Names), TlsError> {
    let chain = chain(&paths.certificate)?;
    let key = key(&paths.key)?;
    let wrong = |what: String, mend| TlsError::Wrong {
        path: paths.certificate.clone(),
        what,
        mend,
    };
    let facts = inspect::read(&chain[0]).map_err(|error| {
        wrong(
            format!("is not a certificate ({error})"),
            "name the PEM file that begins with -----BEGIN CERTIFICATE-----",
        )
    })?;
    let now = OffsetDateTime::now_utc();
    if facts.not_after < now {
        let what = format!("ended on {}", facts.not_after.date());
        return Err(wrong(what, "have it renewed by who made it"));
    }
    if facts.not_before > now {
        let what = format!("begins only on {}", facts.not_before.date());
        return Err(wrong(what, "check the clock of this machine"));
    }
    let certified = pair(chain, key).map_err(|error| {
        let (what, mend) = match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => (
                format!(
                    "does not fit the certificate {}",
                    paths.certificate.display()
                ),
                "name the key that the certificate was asked for with; in the certificate's file \
                 the server's own must stand first, then those that lead to the root",
            ),
            error => (
                format!("cannot be used ({error})"),
                "use a key of RSA with 2048 bits or more, ECDSA P-256 or P-384, or Ed25519",
            ),
        };
        TlsError::Wrong {
            path: paths.key.clone(),
            what,
            mend,
        }
    })?;
    Ok((certified, facts.names))
}

/// A chain with the key that is the first one's.
pub(crate) fn pair(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, Error> {
    CertifiedKey::from_der(chain, key, &crypto())
}

/// The certificates of a PEM file, at least one.
pub(crate) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = text(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(TlsError::Wrong {
            path: path.to_owned(),
            what: "has no certificate in it".to_owned(),
            mend: "name the PEM file that has -----BEGIN CERTIFICATE-----; a .der or .pfx file \
                   must be turned into PEM with openssl",
        }),
        Err(error) => Err(damaged(path, &error)),
    }
}

/// The key of a PEM file.
pub(crate) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = text(path)?;
    let has = |needle: &[u8]| text.windows(needle.len()).any(|part| part == needle);
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound if has(b"BEGIN ENCRYPTED PRIVATE KEY") => TlsError::Wrong {
            path: path.to_owned(),
            what: "is a key with a password".to_owned(),
            mend: "take it off with `openssl pkey -in … -out …` and keep the file to its owner",
        },
        pem::Error::NoItemsFound => TlsError::Wrong {
            path: path.to_owned(),
            what: "has no key in it".to_owned(),
            mend: "name the PEM file that has -----BEGIN PRIVATE KEY-----, EC PRIVATE KEY or RSA \
                   PRIVATE KEY",
        },
        error => damaged(path, &error),
    })
}

fn text(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|reason| TlsError::Unreadable {
        path: path.to_owned(),
        reason,
    })
}

fn damaged(path: &Path, error: &pem::Error) -> TlsError {
    TlsError::Wrong {
        path: path.to_owned(),
        what: format!("is damaged ({error})"),
        mend: "copy it again, whole",
    }
}
