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
    let uri = request.uri();
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    let (path, query) = rest[authority.len()..]
        .split_once('?')
        .unwrap_or((&rest[authority.len()..], ""));
    let path = if path.is_empty() { "/" } else { path };
    let mut taken = Request {
        method: request.method().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: Vec::new(),
    };
    if taken.header("host").is_none() {
        taken.headers.push(("host".into(), authority));
    }
    taken.body = ByteStream::new(request.into_body())
        .collect()
        .await
        .map_err(|error| ConnectorError::user(error.into()))?
        .to_vec();
    Ok(taken)
}

fn to_response(reply: Reply) -> Result<HttpResponse, ConnectorError> {
    let status = reply
        .status
        .try_into()
        .map_err(|error| ConnectorError::user(Box::new(error)))?;
    let mut response = HttpResponse::new(status, SdkBody::from(reply.body));
    for (name, value) in reply.headers {
        response
            .headers_mut()
            .try_insert(name, value)
            .map_err(|error| ConnectorError::user(error.into()))?;
    }
    Ok(response)
}
