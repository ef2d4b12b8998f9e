//! ECR images: whether they exist, their digest and their platforms.

use async_trait::async_trait;
use aws_config::{Region, SdkConfig};
use aws_sdk_ecr::Client;
use aws_sdk_ecr::config::Builder;
use aws_sdk_ecr::types::{Image, ImageFailure, ImageIdentifier};

use super::error::{call_error, incomplete, none_if, refused, unclear};
use super::image_configuration::Configurations;
use super::pagination::Pages;
use super::service_clients;
use crate::ports::{CallError, Images};
use crate::release::finding::Absent;
use crate::release::image_reference::{EcrRegistry, ImageReference, is_digest};
use crate::release::images::manifest::{Manifest, Platform, read};
use crate::release::preflight::{ImageQuery, RegistryAnswer};

const CALL: &str = "ecr:BatchGetImage";
const RULES: &str = "ecr:DescribePullThroughCacheRules";

/// Every manifest type that identifies one image. Without this list, ECR would
/// convert an index to the manifest of one of its images, which has a different
/// digest.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// The prefix of a pull-through cache rule that applies to every repository.
const EVERY_REPOSITORY: &str = "ROOT";

/// Pages of rules. A registry has at most fifty rules; a page may be partly
/// filled.
const MAX_PAGES: usize = 100;

/// Reads ECR images in any account and Region.
#[derive(Clone, Debug)]
pub(super) struct EcrImages {
    config: Builder,
    configurations: Configurations,
}

impl EcrImages {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self {
            config: service_clients::ecr(config),
            configurations: Configurations::new(config),
        }
    }

    /// A client for the registry's Region. It shares connections with all other
    /// clients.
    fn client(&self, registry: &EcrRegistry) -> Client {
        let region = Region::new(registry.region.clone());
        Client::from_conf(self.config.clone().region(region).build())
    }

    /// Returns the image, or what is missing.
    async fn get(
        &self,
        client: &Client,
        image: &ImageReference,
        registry: &EcrRegistry,
    ) -> Result<Result<Image, Absent>, CallError> {
        let resource = image.to_string();
        let tag = match (&image.tag, &image.digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.clone(),
        };
        let id = ImageIdentifier::builder()
            .set_image_tag(tag)
            // A reference may use capitals; ECR's own digests are lower-case.
            .set_image_digest(image.digest.as_deref().map(str::to_ascii_lowercase))
            .build();
        let answer = client
            .batch_get_image()
            .registry_id(&registry.account)
            .repository_name(&image.repository)
            .image_ids(id)
            .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()))
            .send()
            .await;
        let no_repository = ["RepositoryNotFoundException"];
        let Some(answer) = none_if(&no_repository, CALL, &resource, answer)? else {
            return Ok(Err(Absent::Repository));
        };
        if let Some(found) = answer.images().first() {
            return Ok(Ok(found.clone()));
        }
        match answer.failures().first() {
            Some(failure) => absent(failure, &resource).map(Err),
            None => Err(incomplete(CALL, &resource)),
        }
    }

    /// Whether a pull-through cache rule would fetch the image from another
    /// registry on pull. If the worker may not read the rules, it assumes not.
    async fn is_fetched_on_pull(
        &self,
        client: &Client,
        image: &ImageReference,
        registry: &EcrRegistry,
    ) -> Result<bool, CallError> {
        let mut pages = Pages::new(RULES, &registry.account, MAX_PAGES);
        loop {
            let answer = client
                .describe_pull_through_cache_rules()
                .registry_id(&registry.account)
                .set_next_token(pages.token())
                .send()
                .await
                .map_err(|error| call_error(RULES, Some(&registry.account), &error));
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if error.is_transient() => return Err(error),
                Err(_) => return Ok(false),
            };
            let mut rules = answer.pull_through_cache_rules().iter();
            let fetches = rules.any(|rule| {
                let prefix = rule.ecr_repository_prefix().unwrap_or_default();
                let rest = image.repository.strip_prefix(prefix);
                prefix == EVERY_REPOSITORY || rest.is_some_and(|rest| rest.starts_with('/'))
            });
            if fetches || !pages.advance_to_end(answer.next_token())? {
                return Ok(fetches);
            }
        }
    }

    async fn platforms(
        &self,
        client: &Client,
        asked: &ImageQuery,
        registry: &EcrRegistry,
        manifest: Manifest,
    ) -> Vec<Platform> {
        match manifest {
            Manifest::Index(platforms) => platforms,
            Manifest::Single { configuration } if asked.platform_wanted => {
                let repository = &asked.reference.repository;
                self.configurations
                    .platform(client, registry, repository, &configuration)
                    .await
                    .into_iter()
                    .collect()
            }
            Manifest::Single { .. } | Manifest::Unknown => Vec::new(),
        }
    }
}

#[async_trait]
impl Images for EcrImages {
    async fn look_up(
        &self,
        asked: &ImageQuery,
        registry: &EcrRegistry,
    ) -> Result<RegistryAnswer, CallError> {
        let client = self.client(registry);
        let image = &asked.reference;
        let found = match self.get(&client, image, registry).await? {
            Ok(found) => found,
            Err(Absent::Archived) => return Ok(RegistryAnswer::Missing(Absent::Archived)),
            Err(absent @ (Absent::Repository | Absent::Image)) => {
                let fetched = self.is_fetched_on_pull(&client, image, registry).await?;
                return Ok(match fetched {
                    true => RegistryAnswer::FetchedOnPull,
                    false => RegistryAnswer::Missing(absent),
                });
            }
        };
        let digest = found.image_id().and_then(ImageIdentifier::image_digest);
        let Some(digest) = digest.filter(|digest| is_digest(digest)) else {
            return Err(incomplete(CALL, &image.to_string()));
        };
        let manifest = read(found.image_manifest().unwrap_or_default());
        Ok(RegistryAnswer::Found {
            digest: digest.to_owned(),
            is_index: matches!(manifest, Manifest::Index(_)),
            platforms: self.platforms(&client, asked, registry, manifest).await,
        })
    }
}

/// Failure codes that will not change on retry, except those for a missing
/// image.
const PERMANENT: [&str; 6] = [
    "ImageReferencedByManifestList",
    "InvalidImageDigest",
    "InvalidImageTag",
    "KmsError",
    "MissingDigestAndTag",
    "UpstreamAccessDenied",
];

/// Converts a failure to a missing image, or to an error of the call. Temporary
/// failures are retried later; permanent ones fail the release at once.
fn absent(failure: &ImageFailure, resource: &str) -> Result<Absent, CallError> {
    let Some(code) = failure.failure_code() else {
        return Err(incomplete(CALL, resource));
    };
    let reason = failure.failure_reason().unwrap_or_default();
    match code.as_str() {
        "ImageNotFound" | "ImageTagDoesNotMatchDigest" => Ok(Absent::Image),
        "ImageInaccessible" => Ok(Absent::Archived),
        code if PERMANENT.contains(&code) => Err(refused(CALL, resource, code, reason)),
        // The upstream registry is busy or unavailable, or the code is newer
        // than this build.
        code => Err(unclear(CALL, resource, code, reason)),
    }
}
