//! Posts traces with the same TLS, proxy and certificate settings as calls to
//! AWS.

use async_trait::async_trait;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::body::SdkBody;

use super::ca_bundle::CaBundle;
use super::error_text::with_sources;
use super::sdk_config::connector;
use crate::ports::Collector;

/// A collector that accepts OTLP over HTTP.
#[derive(Debug)]
pub struct HttpCollector {
    connector: Connector,
}

impl HttpCollector {
    /// The certificates of `ca_bundle` are trusted in addition to the system's.
    #[must_use]
    pub fn new(ca_bundle: Option<&CaBundle>) -> Self {
        Self {
            connector: connector(ca_bundle),
        }
    }
}

#[async_trait]
impl Collector for HttpCollector {
    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<u16, String> {
        let mut request = HttpRequest::new(SdkBody::from(body));
        let wrong = |_| "it cannot be asked there".to_owned();
        request.set_method("POST").map_err(wrong)?;
        request.set_uri(url).map_err(wrong)?;
        let all: &mut Headers = request.headers_mut();
        for (name, value) in headers {
            all.try_insert(name.to_lowercase(), value.clone())
                .map_err(|_| format!("the header {name} cannot be sent"))?;
        }
        all.insert("content-type", "application/json");
        let answer = self.connector.call(request).await;
        let answer = answer.map_err(|problem| with_sources(&problem))?;
        Ok(answer.status().as_u16())
    }
}
