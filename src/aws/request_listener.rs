//! Reports each request to AWS and its outcome to a listener. It reports
//! attempts, not calls, so throttled attempts and lost responses are included.

use std::fmt;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::operation;

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

/// Returns `config` with an HTTP client that reports each request to
/// `listener`.
#[must_use]
pub fn request_listener(config: &SdkConfig, listener: Listener) -> SdkConfig {
    match config.http_client() {
        Some(inner) => config
            .to_builder()
            .http_client(Listening { inner, listener })
            .build(),
        None => config.clone(),
    }
}

/// An HTTP client or connector that reports its requests.
struct Listening<T> {
    inner: T,
    listener: Listener,
}

impl<T: fmt::Debug> fmt::Debug for Listening<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listening").field(&self.inner).finish()
    }
}

impl HttpClient for Listening<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Listening {
            inner: self.inner.http_connector(settings, components),
            listener: self.listener.clone(),
        })
    }
}

impl HttpConnector for Listening<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let pending = Pending {
            name: Some(operation::name(&request)),
            listener: self.listener.clone(),
        };
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(answer) => {
                    let (answer, outcome) = judged(answer).await?;
                    pending.settle(outcome);
                    Ok(answer)
                }
                Err(problem) => {
                    pending.settle(Err("no answer".into()));
                    Err(problem)
                }
            }
        })
    }
}

/// Returns the response and its outcome. Reads the body of an error response
/// for its code; the SDK would read the whole body anyway.
async fn judged(
    mut answer: HttpResponse,
) -> Result<(HttpResponse, Result<(), String>), ConnectorError> {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok((answer, Ok(())));
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await;
    let body = body.map_err(|problem| ConnectorError::io(problem.into()))?;
    let body = body.into_bytes();
    let code = operation::error_code(&body);
    *answer.body_mut() = SdkBody::from(body);
    let outcome = code.unwrap_or_else(|| format!("HTTP {}", status.as_u16()));
    Ok((answer, Err(outcome)))
}

/// A request in progress. If it is dropped before it completes, for example
/// after a timeout, it is reported as given up.
struct Pending {
    name: Option<String>,
    listener: Listener,
}

impl Pending {
    fn settle(mut self, outcome: Result<(), String>) {
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: Result<(), String>) {
        if let Some(name) = self.name.take() {
            (self.listener)(ApiCall { name, outcome });
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.tell(Err("given up".into()));
    }
}
