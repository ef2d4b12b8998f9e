//! `BatchGetImage` and `DescribeImages`.

use serde_json::{Value, json};

use crate::simulator::api::{Answer, ApiError};
use crate::simulator::json::{Members, epoch, page, without_nulls};
use crate::simulator::world::World;

use super::images::{Image, Repository};

/// Images that one call takes.
const MAX_IMAGES: usize = 100;

/// Answers one call of the JSON protocol.
pub fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    let members = Members::of(input)?;
    let answer = match operation {
        "BatchGetImage" => batch_get(world, members),
        "DescribeImages" => describe(world, members),
        _ => Err(ApiError::new(
            "UnknownOperationException",
            format!("The simulated ECR has no operation {operation}"),
        )),
    };
    answer.map(without_nulls)
}

fn batch_get(world: &World, input: Members<'_>) -> Answer {
    let (name, repository) = repository(world, input)?;
    let ids = ids(input)?;
    if ids.is_empty() {
        return Err(invalid("imageIds must not be empty"));
    }
    let mut images = Vec::new();
    let mut failures = Vec::new();
    for Id { digest, tag } in ids {
        let id = json!({ "imageDigest": digest, "imageTag": tag });
        match repository.find(digest, tag) {
            Some((digest, image)) => images.push(json!({
                "registryId": world.account,
                "repositoryName": name,
                "imageId": { "imageDigest": digest, "imageTag": tag },
                "imageManifest": image.manifest,
                "imageManifestMediaType": image.media_type,
            })),
            None => failures.push(json!({
                "imageId": id,
                "failureCode": "ImageNotFound",
                "failureReason": "Requested image not found",
            })),
        }
    }
    Ok(json!({ "images": images, "failures": failures }))
}

fn describe(world: &World, input: Members<'_>) -> Answer {
    let (name, repository) = repository(world, input)?;
    let mut details = Vec::new();
    let ids = ids(input)?;
    if ids.is_empty() {
        let all = repository.images.iter();
        details.extend(all.map(|(digest, image)| detail(world, name, digest, image)));
    }
    for Id { digest, tag } in ids {
        let (digest, image) = repository.find(digest, tag).ok_or_else(|| {
            let shown = |part: Option<&str>| format!("'{}'", part.unwrap_or("null"));
            ApiError::new(
                "ImageNotFoundException",
                format!(
                    "The image with imageId {{imageDigest:{}, imageTag:{}}} does not exist within \
                     the repository with name '{name}' in the registry with id '{}'",
                    shown(digest),
                    shown(tag),
                    world.account
                ),
            )
        })?;
        details.push(detail(world, name, digest, image));
    }
    let page = page(details, input.text("nextToken")?, MAX_IMAGES)
        .ok_or_else(|| invalid("Invalid parameter at 'nextToken'"))?;
    Ok(json!({ "imageDetails": page.items, "nextToken": page.next }))
}

/// How a request names an image: at least one of the two is there.
struct Id<'a> {
    digest: Option<&'a str>,
    tag: Option<&'a str>,
}

fn ids(input: Members<'_>) -> Result<Vec<Id<'_>>, ApiError> {
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
            Ok(Id { digest, tag })
        })
        .collect()
}

fn repository<'w, 'i>(
    world: &'w World,
    input: Members<'i>,
) -> Result<(&'i str, &'w Repository), ApiError> {
    let name = input.text("repositoryName")?.unwrap_or_default();
    let registry = input.text("registryId")?.unwrap_or(&world.account);
    let repositories = &world.ecr.repositories;
    let repository = repositories
        .get(name)
        .filter(|_| registry == world.account)
        .ok_or_else(|| {
            ApiError::new(
                "RepositoryNotFoundException",
                format!(
                    "The repository with name '{name}' does not exist in the registry with id \
                     '{registry}'"
                ),
            )
        })?;
    Ok((name, repository))
}

fn detail(world: &World, name: &str, digest: &str, image: &Image) -> Value {
    json!({
        "registryId": world.account,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::ecr::Platform;

    fn world() -> World {
        let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
        let now = world.now();
        let platforms = [Platform::LinuxAmd64, Platform::LinuxArm64];
        world.ecr.push("webapp", "1", &platforms, now);
        world
    }

    #[test]
    fn a_tag_leads_to_a_digest_and_a_manifest() {
        let mut world = world();
        let request = json!({
            "repositoryName": "webapp",
            "imageIds": [{ "imageTag": "1" }, { "imageTag": "2" }],
        });
        let answer = call(&mut world, "BatchGetImage", &request).unwrap();
        let manifest = answer["images"][0]["imageManifest"].as_str().unwrap();
        assert!(manifest.contains("arm64"));
        assert_eq!(answer["failures"][0]["failureCode"], "ImageNotFound");
        let digest = &answer["images"][0]["imageId"]["imageDigest"];
        let request = json!({
            "repositoryName": "webapp", "imageIds": [{ "imageDigest": digest }],
        });
        let answer = call(&mut world, "DescribeImages", &request).unwrap();
        assert_eq!(answer["imageDetails"][0]["imageTags"], json!(["1"]));
    }

    #[test]
    fn a_tag_moves_to_the_image_that_was_pushed_last() {
        let mut world = world();
        let now = world.now();
        let newer = world.ecr.push("webapp", "1", &[Platform::LinuxArm64], now);
        let request = json!({ "repositoryName": "webapp", "imageIds": [{ "imageTag": "1" }] });
        let answer = call(&mut world, "DescribeImages", &request).unwrap();
        assert_eq!(answer["imageDetails"][0]["imageDigest"], newer.as_str());
    }

    #[test]
    fn what_is_not_there_is_said_so() {
        fn check(request: &Value, expected: &str) {
            let error = call(&mut world(), "DescribeImages", request).unwrap_err();
            assert_eq!(error.code, expected);
        }
        check(
            &json!({ "repositoryName": "other" }),
            "RepositoryNotFoundException",
        );
        check(
            &json!({ "repositoryName": "webapp", "registryId": "999988887777" }),
            "RepositoryNotFoundException",
        );
        check(
            &json!({ "repositoryName": "webapp", "imageIds": [{ "imageTag": "2" }] }),
            "ImageNotFoundException",
        );
        check(
            &json!({ "repositoryName": "webapp", "imageIds": [{}] }),
            "InvalidParameterException",
        );
    }
}
