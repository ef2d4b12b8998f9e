//! `BatchGetImage`, `DescribeImages`, `GetDownloadUrlForLayer` and
//! `DescribePullThroughCacheRules`.

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{self, Members, Page, epoch, without_nulls};
use crate::world::World;

use super::blob::address;
use super::images::{Image, Repository};

/// Maximum number of images per call.
const MAX_IMAGES: usize = 100;

/// Elements on a page, unless the request says otherwise, and the most.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1_000;

/// Handles one call of the JSON protocol. `host` is the host in its URL.
pub fn call(world: &mut World, operation: &str, input: &Value, host: &str) -> Answer {
    let members = Members::of(input)?;
    let answer = match operation {
        "BatchGetImage" => batch_get(world, members),
        "DescribeImages" => describe(world, members),
        "GetDownloadUrlForLayer" => download(world, members, host),
        "DescribePullThroughCacheRules" => rules(world, members),
        _ => Err(ApiError::unknown_operation(operation)),
    };
    answer.map(without_nulls)
}

fn batch_get(world: &World, input: Members<'_>) -> Answer {
    let (registry, name, repository) = repository(world, input)?;
    let ids = ids(input)?;
    if ids.is_empty() {
        return Err(invalid("imageIds must not be empty"));
    }
    let mut images = Vec::new();
    let mut failures = Vec::new();
    for (digest, tag) in ids {
        match repository.find(digest, tag) {
            Some((digest, image)) => images.push(json!({
                "registryId": registry,
                "repositoryName": name,
                "imageId": { "imageDigest": digest, "imageTag": tag },
                "imageManifest": image.manifest,
                "imageManifestMediaType": image.media_type,
            })),
            None => failures.push(json!({
                "imageId": { "imageDigest": digest, "imageTag": tag },
                "failureCode": "ImageNotFound",
                "failureReason": "Requested image not found",
            })),
        }
    }
    Ok(json!({ "images": images, "failures": failures }))
}

fn describe(world: &World, input: Members<'_>) -> Answer {
    let (registry, name, repository) = repository(world, input)?;
    let mut details = Vec::new();
    let ids = ids(input)?;
    if ids.is_empty() {
        let all = repository.images.iter();
        details.extend(all.map(|(digest, image)| detail((registry, name), digest, image)));
    }
    for (digest, tag) in ids {
        let (digest, image) = repository.find(digest, tag).ok_or_else(|| {
            let shown = |part: Option<&str>| format!("'{}'", part.unwrap_or("null"));
            ApiError::new(
                "ImageNotFoundException",
                format!(
                    "The image with imageId {{imageDigest:{}, imageTag:{}}} does not exist within \
                     the repository with name '{name}' in the registry with id '{registry}'",
                    shown(digest),
                    shown(tag),
                ),
            )
        })?;
        details.push(detail((registry, name), digest, image));
    }
    let page = page(details, input)?;
    Ok(json!({ "imageDetails": page.items, "nextToken": page.next }))
}

/// Digest and tag in a request, at least one of them.
type ImageId<'a> = (Option<&'a str>, Option<&'a str>);

fn ids(input: Members<'_>) -> Result<Vec<ImageId<'_>>, ApiError> {
    let ids = input.objects("imageIds")?;
    if ids.len() > MAX_IMAGES {
        return Err(invalid("imageIds must have at most 100 members"));
    }
    ids.into_iter()
        .map(|id| {
            let (digest, tag) = (id.text("imageDigest")?, id.text("imageTag")?);
            if digest.or(tag).is_none() {
                return Err(invalid("An imageId needs an imageDigest or an imageTag"));
            }
            Ok((digest, tag))
        })
        .collect()
}

/// The download URL of a part of an image. Only configurations are stored.
fn download(world: &World, input: Members<'_>, host: &str) -> Answer {
    let (registry, name, repository) = repository(world, input)?;
    let digest = input.text("layerDigest")?.unwrap_or_default();
    if !repository.configurations.contains_key(digest) {
        return Err(ApiError::new(
            "LayersNotFoundException",
            format!(
                "The layer with digest '{digest}' does not exist in the repository with name \
                 '{name}' in the registry with id '{registry}'"
            ),
        ));
    }
    Ok(json!({
        "downloadUrl": address(world, host, (registry, name), digest),
        "layerDigest": digest,
    }))
}

fn rules(world: &World, input: Members<'_>) -> Answer {
    let registry = input.text("registryId")?.unwrap_or(&world.account);
    let mut prefixes = input.texts("ecrRepositoryPrefixes")?;
    let known = world.ecr.registry(registry);
    let caches = known.into_iter().flat_map(|registry| &registry.caches);
    let caches: Vec<&str> = caches.map(String::as_str).collect();
    if let Some(unknown) = prefixes.iter().find(|prefix| !caches.contains(prefix)) {
        return Err(ApiError::new(
            "PullThroughCacheRuleNotFoundException",
            format!("There is no pull through cache rule for the prefix '{unknown}'"),
        ));
    }
    if prefixes.is_empty() {
        prefixes = caches;
    }
    let rules = prefixes.into_iter().map(|prefix| {
        json!({
            "ecrRepositoryPrefix": prefix,
            "upstreamRegistryUrl": "registry.example.com",
            "registryId": registry,
        })
    });
    let page = page(rules.collect(), input)?;
    Ok(json!({ "pullThroughCacheRules": page.items, "nextToken": page.next }))
}

fn page(items: Vec<Value>, input: Members<'_>) -> Result<Page<Value>, ApiError> {
    let size = input.page_size("maxResults", (PAGE, MAX_PAGE))?;
    let size = size.ok_or_else(|| invalid("Invalid parameter at 'maxResults'"))?;
    json::page(items, input.text("nextToken")?, size)
        .ok_or_else(|| invalid("Invalid parameter at 'nextToken'"))
}

/// A repository with its registry and name.
type Named<'w, 'i> = (&'i str, &'i str, &'w Repository);

fn repository<'w: 'i, 'i>(world: &'w World, input: Members<'i>) -> Result<Named<'w, 'i>, ApiError> {
    let name = input.text("repositoryName")?.unwrap_or_default();
    let registry = input.text("registryId")?.unwrap_or(&world.account);
    let repository = world.ecr.repository(registry, name).ok_or_else(|| {
        ApiError::new(
            "RepositoryNotFoundException",
            format!(
                "The repository with name '{name}' does not exist in the registry with id \
                 '{registry}'"
            ),
        )
    })?;
    Ok((registry, name, repository))
}

fn detail((registry, name): (&str, &str), digest: &str, image: &Image) -> Value {
    json!({
        "registryId": registry,
        "repositoryName": name,
        "imageDigest": digest,
        "imageTags": image.tags,
        "imageSizeInBytes": 7_653_589,
        "imagePushedAt": epoch(image.pushed_at),
        "imageManifestMediaType": image.media_type,
    })
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}
