//! The SDK's configuration: endpoints, credentials, timeouts and retries.

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

use super::ca_bundle::CaBundle;
use super::http_client::{Listener, instrumented};

/// Timeout of one attempt. Responses arrive within a second or two; a few
/// hundred kilobytes from S3 over a slow link take longer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Timeout of a call with all its attempts: enough for two slow attempts and
/// the delays between them. After that the call fails and the job decides what
/// to do.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(40);

/// Attempts of a call that may be retried.
const ATTEMPTS: u32 = 3;

/// Maximum idle connections kept per host. A worker under normal load uses
/// about as many. A burst opens more, which are closed afterwards: each keeps
/// buffers of tens of kilobytes that only grow.
pub(super) const MAX_IDLE_CONNECTIONS: usize = 16;

const APP_NAME: &str = "bluegreen-worker";

/// Loads the configuration that all clients share: Region, credentials,
/// endpoints and proxies from the SDK's default chain, and one HTTP client, so
/// that clients with different credentials share connections.
///
/// The certificates of `ca_bundle` are trusted in addition to the system's. Use
/// it for `AWS_CA_BUNDLE`, which this SDK does not read. `listener` receives
/// each request.
pub async fn connect(ca_bundle: Option<&CaBundle>, listener: Option<Listener>) -> SdkConfig {
    // The first connector reads the system's certificates, once per process,
    // and panics if there are none. Build one now, while file descriptors are
    // available.
    drop(connector(ca_bundle));
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client(ca_bundle, listener))
        .app_name(app_name())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts())
        .load()
        .await
}

/// The configuration for a simulator at `url`, with its own Region and key.
/// Ignores all settings of this machine.
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

/// The timeouts. The SDK's defaults limit only the connection attempt.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// The SDK's default HTTP client, with the extra certificates, a check of the
/// lease before each request, a limit on the size of responses, and a listener.
pub fn http_client(ca_bundle: Option<&CaBundle>, listener: Option<Listener>) -> SharedHttpClient {
    let tls = trusting(ca_bundle);
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let sleep = components.and_then(RuntimeComponents::sleep_impl);
        connect_by(&tls, settings.cloned(), sleep)
    });
    instrumented(client, listener)
}

/// A connector with the same TLS and proxy settings, for requests to services
/// other than AWS.
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
