//! An HTTP client for the AWS SDK that passes each request directly to the
//! exchange, without sockets, so that tests can run in simulated time.

use std::fmt;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::exchange::Exchange;
use super::message::{Reply, Request};

impl Exchange {
    /// A client for the SDK's configuration.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}

impl HttpClient for Exchange {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Exchange {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let exchange = self.clone();
        HttpConnectorFuture::new(async move {
            let request = to_request(request).await?;
            match exchange.answer(request).await {
                Some(reply) => to_response(reply),
                None => Err(ConnectorError::io("the connection was closed".into())),
            }
        })
    }
}

async fn to_request(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request
        .try_into_http1x()
        .map_err(|error| ConnectorError::user(error.into()))?;
    let (head, body) = request.into_parts();
    let body = ByteStream::new(body)
        .collect()
        .await
        .map_err(|error| ConnectorError::user(error.into()))?;
    let mut request = Request::new(&head, body.to_vec());
    if request.header("host").is_none() {
        let host = head.uri.authority().map_or("", |it| it.as_str());
        request.headers.push(("host".into(), host.into()));
    }
    Ok(request)
}

fn to_response(reply: Reply) -> Result<HttpResponse, ConnectorError> {
    HttpResponse::try_from(reply.into_http(SdkBody::from))
        .map_err(|error| ConnectorError::user(error.into()))
}
