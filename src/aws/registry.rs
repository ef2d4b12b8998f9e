//! ECR images: whether they exist, by which digest, for which platforms.

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::{ImageFailureCode, ImageIdentifier};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

use super::refusal::{incomplete, trouble, unclear};
use crate::ports::{Images, Trouble};
use crate::release::images::{EcrRegistry, ImageReference};
use crate::release::preflight::{Platform, RegistryAnswer};

const CALL: &str = "ecr:BatchGetImage";

/// Every kind of manifest that names one image. Without this list ECR would
/// turn an index into the manifest of one of its images, whose digest is
/// another.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// Bytes of a manifest that is looked into; an index has a few hundred bytes
/// for each platform.
const MAX_MANIFEST: usize = 256 * 1024;

/// Platforms of one index that are kept; no task runs on so many.
const MAX_PLATFORMS: usize = 32;

/// ECR, asked for images in any account and Region.
#[derive(Clone, Debug)]
pub struct EcrImages {
    config: SdkConfig,
}

impl EcrImages {
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            config: config.clone(),
        }
    }

    /// A client for the registry's Region. It shares connections with all
    /// other clients.
    fn client(&self, registry: &EcrRegistry) -> Client {
        let config = aws_sdk_ecr::config::Builder::from(&self.config)
            .region(Region::new(registry.region.clone()));
        Client::from_conf(config.build())
    }
}

#[async_trait]
impl Images for EcrImages {
    async fn look(
        &self,
        image: &ImageReference,
        registry: &EcrRegistry,
    ) -> Result<RegistryAnswer, Trouble> {
        let resource = image.to_string();
        let tag = match (&image.tag, &image.digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.clone(),
        };
        let id = ImageIdentifier::builder()
            .set_image_tag(tag)
            .set_image_digest(image.digest.clone())
            .build();
        let answer = self
            .client(registry)
            .batch_get_image()
            .registry_id(&registry.account)
            .repository_name(&image.repository)
            .image_ids(id)
            .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()))
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("RepositoryNotFoundException") => {
                return Ok(RegistryAnswer::Missing);
            }
            Err(error) => return Err(trouble(CALL, Some(&resource), &error)),
        };
        if let Some(found) = answer.images().first() {
            let digest = found.image_id().and_then(ImageIdentifier::image_digest);
            let Some(digest) = digest.filter(|digest| is_digest(digest)) else {
                return Err(incomplete(CALL, &resource));
            };
            return Ok(RegistryAnswer::Found {
                digest: digest.to_owned(),
                platforms: platforms(found.image_manifest().unwrap_or_default()),
            });
        }
        let Some(failure) = answer.failures().first() else {
            return Err(incomplete(CALL, &resource));
        };
        match failure.failure_code() {
            Some(
                ImageFailureCode::ImageNotFound | ImageFailureCode::ImageTagDoesNotMatchDigest,
            ) => Ok(RegistryAnswer::Missing),
            Some(other) => {
                let reason = failure.failure_reason().unwrap_or_default();
                Err(unclear(CALL, &resource, other.as_str(), reason))
            }
            None => Err(incomplete(CALL, &resource)),
        }
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// What an index says of its images. Attestations lie beside them as images
/// for the platform `unknown`.
fn platforms(manifest: &str) -> Vec<Platform> {
    if manifest.len() > MAX_MANIFEST {
        return Vec::new();
    }
    let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
    let images = manifest["manifests"].as_array().into_iter().flatten();
    images
        .filter_map(|image| {
            let member = |name| image["platform"][name].as_str().map(str::to_owned);
            Some(Platform {
                os: member("os")?,
                architecture: member("architecture")?,
            })
        })
        .filter(|platform| platform.os != "unknown")
        .take(MAX_PLATFORMS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_those_of_an_index_without_its_attestations() {
        let index = r#"{"manifests":[
            {"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
            {"platform":{"os":"unknown","architecture":"unknown"}},
            {"digest":"sha256:00"}]}"#;
        let arm = Platform {
            os: "linux".into(),
            architecture: "arm64".into(),
        };
        assert_eq!(platforms(index), [arm]);
        for silent in ["", "{", "[]", r#"{"config":{},"manifests":3}"#] {
            assert_eq!(platforms(silent), [], "{silent}");
        }
    }

    #[test]
    fn a_manifest_beyond_the_limit_is_not_looked_into() {
        let platform = r#"{"manifests":[{"platform":{"os":"linux","architecture":"arm64"}}]}"#;
        let padded = |length: usize| format!("{platform}{}", " ".repeat(length - platform.len()));
        assert_eq!(platforms(&padded(MAX_MANIFEST)).len(), 1);
        assert_eq!(platforms(&padded(MAX_MANIFEST + 1)).len(), 0);
    }

    #[test]
    fn so_many_platforms_are_kept_and_no_more() {
        let one = r#"{"platform":{"os":"linux","architecture":"arm64"}}"#;
        let many = vec![one; MAX_PLATFORMS + 1].join(",");
        let index = format!(r#"{{"manifests":[{many}]}}"#);
        assert_eq!(platforms(&index).len(), MAX_PLATFORMS);
    }
}
