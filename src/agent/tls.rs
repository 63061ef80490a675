//! TLS to the server: whom it believes, and why a certificate was not believed.

use crate::{AgentError, CertificateError};
use rustls::{
    CertificateError as Reason, ClientConfig, Error, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{fs, io, path::Path, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// What a connection believes. Cheap to clone: the roots are shared.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    /// The roots of this machine and, if named, those of a file: PEM, or one certificate as DER.
    pub(crate) fn new(ca: Option<&Path>) -> Result<Self, AgentError> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::debug!(%error, "Some of this machine's certificates cannot be read.");
        }
        roots.add_parsable_certificates(system.certs);
        if let Some(path) = ca {
            add(&mut roots, path)?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// The handshake; `host` is the name that the certificate must be for.
    pub(crate) async fn connect(
        &self,
        host: &str,
        origin: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, AgentError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| AgentError::Address(origin.to_owned()))?;
        let connected = self.0.connect(name, stream).await;
        connected.map_err(|error| explain(error, origin))
    }
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), AgentError> {
    let refuse = |problem: String| AgentError::CaFile {
        path: path.to_owned(),
        problem,
    };
    let bytes = fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let sections: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let sections = sections.map_err(|error| refuse(error.to_string()))?;
    if sections.is_empty() {
        // What browsers save of `GET /ca.crt`.
        let whole = CertificateDer::from(bytes);
        return roots
            .add(whole)
            .map_err(|error| refuse(format!("there is no certificate in it ({error})")));
    }
    for certificate in sections {
        roots
            .add(certificate)
            .map_err(|error| refuse(error.to_string()))?;
    }
    Ok(())
}

fn explain(error: io::Error, origin: &str) -> AgentError {
    let origin = origin.to_owned();
    let Some(tls) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>())
    else {
        return AgentError::Network(error);
    };
    let certificate = match tls {
        Error::InvalidCertificate(reason) => match reason {
            Reason::UnknownIssuer | Reason::BadSignature => CertificateError::Untrusted { origin },
            Reason::NotValidForName => CertificateError::OtherName {
                origin,
                names: "see the certificate".to_owned(),
            },
            Reason::NotValidForNameContext { presented, .. } => CertificateError::OtherName {
                origin,
                names: presented.join(", "),
            },
            Reason::Expired
            | Reason::ExpiredContext { .. }
            | Reason::NotValidYet
            | Reason::NotValidYetContext { .. } => CertificateError::OutOfDate { origin },
            other => CertificateError::Tls {
                origin,
                problem: other.to_string(),
            },
        },
        other => CertificateError::Tls {
            origin,
            problem: other.to_string(),
        },
    };
    certificate.into()
}
