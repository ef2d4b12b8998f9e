//! Bodies of answers end where no answer of the service could be longer. The
//! SDK reads a body whole, and what answers in AWS's place, or between AWS and
//! us, decides how long it is.
//!
//! What is streamed (objects of S3, configurations of images) has bounds of its
//! own, each smaller than these.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;

use super::operation::signed_for;

/// Bytes of an answer of S3: more than the directory of the largest archive,
/// and than a thousand keys of a listing.
const MAX_S3: usize = 32 * 1024 * 1024;

/// Bytes of an answer of CodePipeline. Fifty jobs may come with resolved
/// properties of 100 KiB, and a pipeline's state with a thousand actions.
const MAX_CODEPIPELINE: usize = 16 * 1024 * 1024;

/// Bytes of an answer of CodeDeploy, ECS, ECR and the rest: a hundred tasks
/// with ten containers each have about two megabytes.
const MAX_OTHER: usize = 8 * 1024 * 1024;

/// Bytes of an answer to a request that is not signed: who gives out
/// credentials, and the configuration of an image.
const MAX_UNSIGNED: usize = 1024 * 1024;

/// The same client, whose answers have bounds.
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
