//! The connection to AWS that the environment describes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use aws_config::SdkConfig;

use crate::aws::{self, CaBundle, UnsafeEndpoint};

/// The most bytes of a certificate bundle. A system's whole store has a quarter
/// of a megabyte.
const MAX_CA_BUNDLE: u64 = 4 * 1024 * 1024;

/// Why no client for AWS can be configured.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoConnection {
    #[error("no AWS Region is set; set AWS_REGION")]
    NoRegion,
    #[error("AWS_CA_BUNDLE={path} cannot be used: {detail}")]
    CaBundle { path: String, detail: String },
    #[error(transparent)]
    Endpoint(#[from] UnsafeEndpoint),
}

/// Loads Region, credentials, endpoints, proxies and certificates from the
/// SDK's default chain.
pub(super) async fn connect(
    environment: &BTreeMap<String, String>,
) -> Result<SdkConfig, NoConnection> {
    let config = aws::connect(ca_bundle(environment)?.as_ref()).await;
    if config.region().is_none() {
        return Err(NoConnection::NoRegion);
    }
    aws::check_endpoints(&config, environment)?;
    Ok(config)
}

/// The certificates to trust in addition to the system's.
pub(super) fn ca_bundle(
    environment: &BTreeMap<String, String>,
) -> Result<Option<CaBundle>, NoConnection> {
    let Some(path) = environment
        .get("AWS_CA_BUNDLE")
        .filter(|path| !path.is_empty())
    else {
        return Ok(None);
    };
    let unusable = |detail: String| NoConnection::CaBundle {
        path: path.clone(),
        detail,
    };
    let mut pem = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CA_BUNDLE + 1).read_to_end(&mut pem))
        .map_err(|error| unusable(error.to_string()))?;
    if pem.len() as u64 > MAX_CA_BUNDLE {
        return Err(unusable(format!("it has more than {MAX_CA_BUNDLE} bytes")));
    }
    let bundle = CaBundle::parse(pem).map_err(|error| unusable(error.to_string()))?;
    Ok(Some(bundle))
}
