//! ECR images, in process.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::line::{Call, Line};
use super::values::{list, word};
use crate::ports::{CallError, CallErrorKind, Images};
use crate::release::images::manifest::{Manifest, is_digest, platform, read};
use crate::release::images::{EcrRegistry, ImageReference};
use crate::release::preflight::{Absent, AskedImage, Platform, RegistryAnswer};
use crate::simulator::ecr::Download;
use crate::simulator::wire::message::Request;

/// ECR of the simulated account.
#[derive(Debug)]
pub(super) struct WorldImages {
    line: Line,
}

impl WorldImages {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }

    /// Whether the repository is a pull-through cache.
    async fn is_fetched_on_pull(
        &self,
        image: &ImageReference,
        registry: &EcrRegistry,
    ) -> Result<bool, CallError> {
        let call = Call::new(
            "ecr:DescribePullThroughCacheRules",
            registry.account.clone(),
        );
        let input = json!({ "registryId": registry.account });
        let answer = match self.line.ask(&call, input).await {
            Ok(answer) => answer,
            Err(error) if matches!(error.kind, CallErrorKind::Denied | CallErrorKind::Refused) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let mut rules = list(&answer["pullThroughCacheRules"]).iter();
        Ok(rules.any(|rule| {
            let prefix = rule["ecrRepositoryPrefix"].as_str().unwrap_or_default();
            let rest = image.repository.strip_prefix(prefix);
            prefix == "ROOT" || rest.is_some_and(|rest| rest.starts_with('/'))
        }))
    }

    /// The platform in an image's configuration, if it can be read.
    async fn platform(
        &self,
        (registry, repository): (&str, &str),
        digest: &str,
    ) -> Option<Platform> {
        let call = Call::new("ecr:GetDownloadUrlForLayer", digest);
        let input = json!({
            "registryId": registry,
            "repositoryName": repository,
            "layerDigest": digest,
        });
        let answer = self.line.ask(&call, input).await.ok()?;
        let url = answer["downloadUrl"].as_str()?;
        let (_, rest) = url.split_once("://")?;
        let (path, query) = rest.split_once('?')?;
        let request = Request {
            method: "GET".into(),
            path: path[path.find('/')?..].to_owned(),
            query: query.to_owned(),
            ..Request::default()
        };
        let call = Call::new("ecr:GetLayer", digest);
        let bytes = self.line.ask_with(&call, Value::Null, |world, _| {
            let download = Download::read(&request).expect("the address of a download");
            Ok(download.perform(world)?.body)
        });
        platform(&bytes.await.ok()?)
    }
}

#[async_trait]
impl Images for WorldImages {
    async fn look(
        &self,
        asked: &AskedImage,
        registry: &EcrRegistry,
    ) -> Result<RegistryAnswer, CallError> {
        let image = &asked.reference;
        let call = Call::new("ecr:BatchGetImage", image.to_string());
        let mut id = json!({});
        if let Some(digest) = &image.digest {
            id["imageDigest"] = json!(digest);
        }
        let tag = match (&image.tag, &image.digest) {
            (None, None) => Some("latest"),
            (tag, _) => tag.as_deref(),
        };
        if let Some(tag) = tag {
            id["imageTag"] = json!(tag);
        }
        let input = json!({
            "registryId": registry.account,
            "repositoryName": image.repository,
            "imageIds": [id],
        });
        let absent = match self.line.ask(&call, input).await {
            Ok(answer) => match list(&answer["images"]).first() {
                Some(found) => return self.found(asked, registry, found, &call).await,
                None => absent(&answer["failures"][0], &call)?,
            },
            Err(error) if error.code == "RepositoryNotFoundException" => Absent::Repository,
            Err(error) => return Err(error),
        };
        if absent == Absent::Archived {
            return Ok(RegistryAnswer::Missing(absent));
        }
        Ok(match self.is_fetched_on_pull(image, registry).await? {
            true => RegistryAnswer::FetchedOnPull,
            false => RegistryAnswer::Missing(absent),
        })
    }
}

impl WorldImages {
    async fn found(
        &self,
        asked: &AskedImage,
        registry: &EcrRegistry,
        found: &Value,
        call: &Call,
    ) -> Result<RegistryAnswer, CallError> {
        let digest = word(&found["imageId"]["imageDigest"]);
        if !is_digest(&digest) {
            return Err(call.incomplete());
        }
        let place = (
            registry.account.as_str(),
            asked.reference.repository.as_str(),
        );
        let platforms = match read(&word(&found["imageManifest"])) {
            Manifest::Index(platforms) => platforms,
            Manifest::Single { configuration } if asked.platform_wanted => {
                let platform = self.platform(place, &configuration).await;
                platform.into_iter().collect()
            }
            Manifest::Single { .. } | Manifest::Unknown => Vec::new(),
        };
        Ok(RegistryAnswer::Found { digest, platforms })
    }
}

fn absent(failure: &Value, call: &Call) -> Result<Absent, CallError> {
    match failure["failureCode"].as_str() {
        Some("ImageNotFound" | "ImageTagDoesNotMatchDigest") => Ok(Absent::Image),
        Some("ImageInaccessible") => Ok(Absent::Archived),
        Some(other) => Err(call.unclear(other, &word(&failure["failureReason"]))),
        None => Err(call.incomplete()),
    }
}
