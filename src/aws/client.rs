//! The SDK's configuration: where AWS is, who we are, and how long we wait.

use std::sync::Arc;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;

use super::{
    ActionType, CodeDeployDeployments, CodePipelineJobs, EcsServices, EcsTaskDefinitions,
    S3Artifacts,
};
use crate::clock::Clock;
use crate::job::action_type::PROVIDER;
use crate::ports::Ports;

/// One attempt of a call. Answers come within a second or two; a few hundred
/// kilobytes from S3 over a slow link need more.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// A call with all its attempts: two slow ones and the waits between. What
/// takes longer is trouble, and the visit decides what to make of it.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(40);

/// Attempts of a call that may be repeated.
const ATTEMPTS: u32 = 3;

const APP_NAME: &str = "bluegreen-worker";

/// The configuration that all clients share: Region, credentials, endpoints
/// and proxies from the SDK's usual chain, and one HTTP client, so that
/// clients with different credentials share connections.
///
/// `ca_bundle` holds certificates (PEM) that are trusted besides the
/// system's, for `AWS_CA_BUNDLE`, which this SDK does not read by itself.
pub async fn connect(ca_bundle: Option<Vec<u8>>) -> SdkConfig {
    let common = aws_config::defaults(BehaviorVersion::v2026_01_12());
    common
        .http_client(http_client(ca_bundle))
        .app_name(app_name())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts())
        .load()
        .await
}

/// The configuration that leads to a simulator at `url`, with its own Region
/// and key; nothing of this machine's settings is looked at.
#[must_use]
pub fn connect_to(url: &str, region: &str, key: (&str, &str), http: SharedHttpClient) -> SdkConfig {
    let (id, secret) = key;
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys(
            id, secret, None,
        )))
        .http_client(http)
        .app_name(app_name())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts())
        .build()
}

/// All ports of one account and Region. `path_style` puts bucket names into
/// the path, as a custom endpoint for all services does by itself.
#[must_use]
pub fn ports(config: &SdkConfig, version: &str, path_style: bool, clock: &Clock) -> Ports {
    let action_type = ActionType {
        provider: PROVIDER.to_owned(),
        version: version.to_owned(),
        query: None,
    };
    Ports {
        jobs: Arc::new(CodePipelineJobs::new(config, action_type, clock.clone())),
        artifacts: Arc::new(S3Artifacts::new(config, path_style)),
        task_definitions: Arc::new(EcsTaskDefinitions::new(config, clock.clone())),
        services: Arc::new(EcsServices::new(config)),
        deployments: Arc::new(CodeDeployDeployments::new(config, clock.clone())),
    }
}

/// One HTTP client, which trusts the system's certificates and these.
#[must_use]
pub fn http_client(ca_bundle: Option<Vec<u8>>) -> SharedHttpClient {
    let mut trusted = TrustStore::default();
    if let Some(pem) = ca_bundle {
        trusted = trusted.with_pem_certificate(pem);
    }
    let tls = TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .expect("a trust store is all it takes");
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(tls)
        .build_https()
}

fn app_name() -> AppName {
    AppName::new(APP_NAME).expect("letters and a hyphen are allowed")
}

/// The time limits. The SDK itself limits only connecting.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}
