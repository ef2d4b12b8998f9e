//! Blocks a signed request if the worker has meanwhile lost the lease of the
//! job that the request is for.
//!
//! A request cannot be recalled once it is sent, and the process may be
//! suspended between the decision to make a call and the request itself. So the
//! lease is checked as late as the SDK allows: in the connector, after signing,
//! for each attempt.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;

use crate::ports::has_send_permit;

/// Wraps `client` so that requests are sent only while the current task has its
/// send permit (see [`has_send_permit`]).
pub(super) fn lease_checked(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(LeaseChecked(client))
}

#[derive(Debug)]
struct LeaseChecked<T>(T);

impl HttpClient for LeaseChecked<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(LeaseChecked(self.0.http_connector(settings, components)))
    }

    /// Skips the validation of the inner client, which would build a connection
    /// pool with all trusted certificates and drop it. That would happen for
    /// each job, because each job has a client for its artifacts. The first
    /// request builds the pool that is kept.
    fn validate_base_client_config(
        &self,
        _: &RuntimeComponentsBuilder,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(())
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for LeaseChecked<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if has_send_permit() {
            return self.0.call(request);
        }
        let why = ConnectorError::io("the lease is gone; nothing was sent".into());
        HttpConnectorFuture::ready(Err(why))
    }
}
