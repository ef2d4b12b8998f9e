//! Limits the size of response bodies. The SDK reads a body into memory as a
//! whole, and its length is up to whatever answers, which may be something in
//! front of AWS, such as a proxy.
//!
//! Each limit is larger than any real response of the service. Bodies that are
//! streamed (S3 objects, image configurations) have their own, smaller limits.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

use super::operation::signed_for;

/// Bytes of an S3 response: more than the directory of the largest archive, or
/// a listing of 1000 keys.
const MAX_S3: usize = 32 * 1024 * 1024;

/// Bytes of a CodePipeline response. Fifty jobs may have resolved properties of
/// 100 KiB each, and a pipeline's state a thousand actions.
const MAX_CODEPIPELINE: usize = 16 * 1024 * 1024;

/// Bytes of a response of CodeDeploy, ECS, ECR and the rest: a hundred tasks
/// with ten containers each take about two megabytes.
const MAX_OTHER: usize = 8 * 1024 * 1024;

/// Bytes of a response to an unsigned request: credential providers, and image
/// configurations.
const MAX_UNSIGNED: usize = 1024 * 1024;

/// Wraps `client` so that its responses are limited.
pub(super) fn limited(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Limiting(client))
}

pub(super) fn most(service: &str) -> usize {
    match service {
        "s3" => MAX_S3,
        "codepipeline" => MAX_CODEPIPELINE,
        "unsigned" => MAX_UNSIGNED,
        _ => MAX_OTHER,
    }
}

#[derive(Debug)]
struct Limiting<T>(T);

impl HttpClient for Limiting<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Limiting(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Limiting<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let most = most(signed_for(&request));
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            *answer.body_mut() = SdkBody::from_body_1_x(Limited::new(body, most));
            Ok(answer)
        })
    }
}
