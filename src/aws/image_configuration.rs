//! Reads the configuration of a single-platform image to learn its platform.
//! ECR returns a pre-signed URL, from which a few kilobytes are downloaded from
//! S3.

use aws_config::SdkConfig;
use aws_sdk_ecr::Client;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use sha2::{Digest as _, Sha256};
use tracing::debug;

use super::body::collect;
use super::error::call_error;
use super::service_clients;
use crate::release::image_reference::EcrRegistry;
use crate::release::images::manifest::{MAX_CONFIGURATION, Platform, platform};

const CALL: &str = "ecr:GetDownloadUrlForLayer";

/// Downloads image configurations. Each is checked against its digest, so that
/// a wrong one is never used.
#[derive(Clone, Debug)]
pub(super) struct Configurations {
    s3: aws_sdk_s3::Client,
}

impl Configurations {
    pub(super) fn new(config: &SdkConfig) -> Self {
        let config = service_clients::s3(config, false)
            .allow_no_auth()
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        Self {
            s3: aws_sdk_s3::Client::from_conf(config.build()),
        }
    }

    /// The platform in the image's configuration. `None` if it cannot be read
    /// for any reason: a release does not depend on it.
    pub(super) async fn platform(
        &self,
        ecr: &Client,
        registry: &EcrRegistry,
        repository: &str,
        digest: &str,
    ) -> Option<Platform> {
        let answer = ecr
            .get_download_url_for_layer()
            .registry_id(&registry.account)
            .repository_name(repository)
            .layer_digest(digest)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let error = call_error(CALL, Some(digest), &error);
                debug!(%error, "the platform of an image is unknown");
                return None;
            }
        };
        let bytes = self.download(answer.download_url()?).await?;
        if hex::encode(Sha256::digest(&bytes)) != digest.strip_prefix("sha256:")? {
            debug!(digest, "an image's configuration is invalid");
            return None;
        }
        platform(&bytes)
    }

    async fn download(&self, url: &str) -> Option<Vec<u8>> {
        let answer = self
            .s3
            .get_object()
            // The SDK requires a bucket and a key. The request goes to `url`.
            .bucket("layers")
            .key("configuration")
            .customize()
            .interceptor(AskPresigned(url.to_owned()))
            .send()
            .await;
        match answer {
            Ok(answer) => {
                let announced = answer.content_length();
                let collected = collect(answer.body, announced, MAX_CONFIGURATION as u64).await;
                let logged = collected.inspect_err(|(code, message)| {
                    debug!(code, message, "cannot read an image's configuration");
                });
                logged.ok()
            }
            Err(error) => {
                // The error's text may contain the pre-signed URL, which is a
                // secret.
                let status = error.raw_response().map(|raw| raw.status().as_u16());
                debug!(status, "cannot read an image's configuration");
                None
            }
        }
    }
}

/// Redirects the request to a pre-signed URL, and removes the SDK's headers: S3
/// refuses headers of its own that the URL does not sign.
#[derive(Debug)]
struct AskPresigned(String);

impl Intercept for AskPresigned {
    fn name(&self) -> &'static str {
        "AskPresigned"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.set_uri(self.0.as_str())?;
        let unsigned = |name: &str| name.starts_with("x-amz-") || name.starts_with("amz-sdk-");
        let headers = request.headers().iter().map(|(name, _)| name.to_owned());
        let unsigned: Vec<String> = headers.filter(|name| unsigned(name)).collect();
        for name in unsigned {
            request.headers_mut().remove(name);
        }
        request.headers_mut().remove("authorization");
        Ok(())
    }
}
