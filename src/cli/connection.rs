//! The connection to AWS that the environment describes.

use std::collections::BTreeMap;
use std::path::Path;

use aws_config::SdkConfig;
use tracing::warn;

use super::read_limited;
use crate::aws::{self, CaBundle, CredentialsProblem, Listener, UnsafeEndpoint};

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
    #[error(transparent)]
    Credentials(#[from] CredentialsProblem),
}

/// Loads Region, credentials, endpoints, proxies and certificates from the
/// SDK's default chain.
///
/// # Errors
///
/// If one of them is missing or cannot be used.
pub(super) async fn connect(
    environment: &BTreeMap<String, String>,
) -> Result<SdkConfig, NoConnection> {
    let (config, problem) = configure(environment, None).await?;
    problem.map_or(Ok(config), |problem| Err(problem.into()))
}

/// Like [`connect`], for a daemon: credentials that may come later, such as
/// those of a metadata service that does not answer yet, are no error.
/// `listener` receives each request.
pub(super) async fn connect_daemon(
    environment: &BTreeMap<String, String>,
    listener: Option<Listener>,
) -> Result<SdkConfig, NoConnection> {
    let (config, problem) = configure(environment, listener).await?;
    match problem {
        Some(problem) if problem.needs_a_person() => Err(problem.into()),
        Some(problem) => {
            warn!(%problem, "no credentials yet");
            Ok(config)
        }
        None => Ok(config),
    }
}

/// Whether S3 is asked for `/bucket/key`, because it has an endpoint of its own.
pub(super) fn has_path_style(environment: &BTreeMap<String, String>) -> bool {
    let endpoint = environment.get("AWS_ENDPOINT_URL_S3");
    endpoint.is_some_and(|url| !url.is_empty())
}

async fn configure(
    environment: &BTreeMap<String, String>,
    listener: Option<Listener>,
) -> Result<(SdkConfig, Option<CredentialsProblem>), NoConnection> {
    let config = aws::connect(ca_bundle(environment)?.as_ref(), listener).await;
    if config.region().is_none() {
        return Err(NoConnection::NoRegion);
    }
    aws::check_endpoints(&config, environment)?;
    Ok(aws::load_credentials(&config).await)
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
    let pem = read_limited(Path::new(path), MAX_CA_BUNDLE)
        .map_err(|error| unusable(error.to_string()))?;
    let bundle = CaBundle::parse(pem).map_err(|error| unusable(error.to_string()))?;
    Ok(Some(bundle))
}
