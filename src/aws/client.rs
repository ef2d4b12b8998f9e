//! The SDK's configuration: where AWS is, who we are, and how long we wait.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ecs::config::SharedAsyncSleep;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;

use super::body_limit::limited;
use super::ca_bundle::CaBundle;
use super::lease_connector::lease_checked;

/// One attempt of a call. Answers come within a second or two; a few hundred
/// kilobytes from S3 over a slow link need more.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// A call with all its attempts: two slow ones and the waits between. What
/// takes longer is error, and the job decides what to make of it.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(40);

/// Attempts of a call that may be repeated.
const ATTEMPTS: u32 = 3;

/// Connections to one host that are kept while nobody uses them. A
/// worker at ease has about as many; a burst opens more, which are closed
/// after it, for each keeps its buffers, tens of kilobytes that only grow.
pub(super) const MAX_IDLE_CONNECTIONS: usize = 16;

const APP_NAME: &str = "bluegreen-worker";

/// The configuration that all clients share: Region, credentials, endpoints
/// and proxies from the SDK's usual chain, and one HTTP client, so that
/// clients with different credentials share connections.
///
/// The certificates of `ca_bundle` are trusted besides the system's. It is
/// for `AWS_CA_BUNDLE`, which this SDK does not read by itself.
pub async fn connect(ca_bundle: Option<&CaBundle>) -> SdkConfig {
    // The first connector reads the system's certificates, once in a process,
    // and panics where there are none. Now there are file descriptors for it.
    drop(connector(ca_bundle));
    aws_config::defaults(BehaviorVersion::v2026_01_12())
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
    let credentials = Credentials::from_keys(id, secret, None);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .app_name(app_name())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts())
        .build()
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

/// The SDK's own default client, but for the certificates, and for requests
/// that need leave to go out, and answers that have bounds.
pub fn http_client(ca_bundle: Option<&CaBundle>) -> SharedHttpClient {
    let tls = trusting(ca_bundle);
    lease_checked(limited(Builder::new().build_with_connector_fn(
        move |settings, components| {
            let sleep = components.and_then(RuntimeComponents::sleep_impl);
            connect_by(&tls, settings.cloned(), sleep)
        },
    )))
}

/// The same way out, for what is no call to AWS.
pub(super) fn connector(ca_bundle: Option<&CaBundle>) -> Connector {
    connect_by(&trusting(ca_bundle), None, None)
}

fn connect_by(
    tls: &TlsContext,
    settings: Option<HttpConnectorSettings>,
    sleep: Option<SharedAsyncSleep>,
) -> Connector {
    let mut connector = ConnectorBuilder::default()
        .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls.clone())
        .proxy_config(ProxyConfig::from_env());
    connector.set_connector_settings(settings);
    connector.set_sleep_impl(sleep);
    connector.build()
}

fn trusting(ca_bundle: Option<&CaBundle>) -> TlsContext {
    let mut trusted = TrustStore::default();
    if let Some(bundle) = ca_bundle {
        trusted = trusted.with_pem_certificate(bundle.pem());
    }
    TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .expect("a trust store is all that it takes")
}
