//! The HTTP client behind every SDK client. For each attempt of each request it
//! checks the lease, limits the response, and tells a listener the outcome.
//!
//! **The lease.** A request cannot be recalled once it is sent, and the process
//! may be suspended between the decision to make a call and the request itself.
//! So the lease is checked as late as the SDK allows: in the connector, after
//! signing, for each attempt.
//!
//! **The limit.** The SDK reads a body into memory as a whole, and its length is
//! up to whatever answers, which may be something in front of AWS, such as a
//! proxy. Each limit is larger than any real response of the service. Bodies
//! that are streamed (S3 objects, image configurations) have their own, smaller
//! limits.
//!
//! **The listener.** It receives attempts, not calls, so throttled attempts and
//! lost responses are included.
//!
//! The service and the operation are those that
//! [`CallInterceptor`](super::call_interceptor::CallInterceptor) attaches to
//! the request. A request without them is one that the SDK makes for
//! credentials: the listener does not receive it.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::Limited;

use super::call_interceptor::{Operation, error_code, is_accepted};
use crate::ports::has_send_permit;

/// Bytes of an S3 response: more than the directory of the largest archive, or
/// a listing of 1000 keys.
const MAX_S3: usize = 32 * 1024 * 1024;

/// Bytes of a CodePipeline response. Fifty jobs may have resolved properties of
/// 100 KiB each, and a pipeline's state a thousand actions.
const MAX_CODEPIPELINE: usize = 16 * 1024 * 1024;

/// Bytes of a response of CodeDeploy, ECS, ECR and the rest: a hundred tasks
/// with ten containers each take about two megabytes.
const MAX_OTHER: usize = 8 * 1024 * 1024;

/// Bytes of a response to a credential provider.
const MAX_CREDENTIALS: usize = 1024 * 1024;

/// A request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCall {
    /// Such as `codedeploy:GetDeployment`.
    pub name: String,
    /// On failure, the error code, the HTTP status, or that there was no
    /// response.
    pub outcome: Result<(), String>,
}

/// Receives each request.
pub type Listener = Arc<dyn Fn(ApiCall) + Send + Sync>;

/// Wraps `client` so that requests are sent only while the current task has its
/// send permit (see [`has_send_permit`]), responses are limited, and `listener`
/// receives both.
pub(super) fn instrumented(
    client: SharedHttpClient,
    listener: Option<Listener>,
) -> SharedHttpClient {
    SharedHttpClient::new(Instrumented {
        inner: client,
        listener,
    })
}

/// The limit of a response, by the service's name.
pub(super) fn limit_of(service: Option<&str>) -> usize {
    match service {
        None => MAX_CREDENTIALS,
        Some("s3") => MAX_S3,
        Some("codepipeline") => MAX_CODEPIPELINE,
        Some(_) => MAX_OTHER,
    }
}

struct Instrumented<T> {
    inner: T,
    listener: Option<Listener>,
}

impl<T: fmt::Debug> fmt::Debug for Instrumented<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instrumented").field(&self.inner).finish()
    }
}

impl HttpClient for Instrumented<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Instrumented {
            inner: self.inner.http_connector(settings, components),
            listener: self.listener.clone(),
        })
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
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for Instrumented<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !has_send_permit() {
            let why = ConnectorError::io("the lease is gone; nothing was sent".into());
            return HttpConnectorFuture::ready(Err(why));
        }
        let operation = request.extension::<Operation>();
        let most = limit_of(operation.map(|operation| operation.service.as_str()));
        let listener = self.listener.clone();
        let mut pending = operation
            .zip(listener)
            .map(|(operation, listener)| Pending {
                call: ApiCall {
                    name: operation.to_string(),
                    outcome: Err("given up".into()),
                },
                listener,
            });
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map(|answer| limited(answer, most));
            let Some(Pending { call, .. }) = &mut pending else {
                return answer;
            };
            let answer = answer.inspect_err(|_| call.outcome = Err("no answer".into()))?;
            let (answer, outcome) = judged(answer).await?;
            call.outcome = outcome;
            Ok(answer)
        })
    }
}

fn limited(mut answer: HttpResponse, most: usize) -> HttpResponse {
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    *answer.body_mut() = SdkBody::from_body_1_x(Limited::new(body, most));
    answer
}

/// A request in progress, which is reported when it is dropped: with its
/// outcome, or before it completes, for example after a timeout, as given up.
struct Pending {
    call: ApiCall,
    listener: Listener,
}

impl Drop for Pending {
    fn drop(&mut self) {
        (self.listener)(self.call.clone());
    }
}

/// Returns the response and its outcome. Reads the body of an error response
/// for its code; the SDK would read the whole body anyway.
async fn judged(
    mut answer: HttpResponse,
) -> Result<(HttpResponse, Result<(), String>), ConnectorError> {
    let status = answer.status();
    if is_accepted(status) {
        return Ok((answer, Ok(())));
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await;
    let body = body.map_err(|problem| ConnectorError::io(problem.into()))?;
    let body = body.into_bytes();
    let code = error_code(&body);
    *answer.body_mut() = SdkBody::from(body);
    let outcome = code.unwrap_or_else(|| format!("HTTP {}", status.as_u16()));
    Ok((answer, Err(outcome)))
}
