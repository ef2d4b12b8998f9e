//! Certificates to trust in addition to the system's.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// One or more PEM certificates, each of which parses.
#[derive(Clone, Debug)]
pub struct CaBundle(Vec<u8>);

/// Why a file is not a usable CA bundle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCaBundle {
    #[error("it holds no certificate")]
    Empty,
    /// `number` starts at 1.
    #[error("its certificate {number} cannot be used: {detail}")]
    Certificate { number: usize, detail: String },
}

impl CaBundle {
    /// Parses the contents of a PEM file.
    ///
    /// # Errors
    ///
    /// [`BadCaBundle::Empty`] if the file has no certificate, and
    /// [`BadCaBundle::Certificate`] for the first certificate that cannot be
    /// used.
    pub fn parse(pem: Vec<u8>) -> Result<Self, BadCaBundle> {
        let mut store = RootCertStore::empty();
        for (index, certificate) in CertificateDer::pem_slice_iter(&pem).enumerate() {
            let added = certificate
                .map_err(|error| error.to_string())
                .and_then(|good| store.add(good).map_err(|error| error.to_string()));
            added.map_err(|detail| BadCaBundle::Certificate {
                number: index + 1,
                detail,
            })?;
        }
        if store.is_empty() {
            return Err(BadCaBundle::Empty);
        }
        Ok(Self(pem))
    }

    pub(super) fn pem(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_http_client_could_not_use_is_refused_here() {
        for (pem, expected) in [
            ("", "it holds no certificate"),
            ("no certificate at all", "it holds no certificate"),
            (
                "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
                "its certificate 1 cannot be used: ",
            ),
            (
                "-----BEGIN CERTIFICATE-----\naGVs",
                "its certificate 1 cannot be used: ",
            ),
        ] {
            let error = CaBundle::parse(pem.into()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
