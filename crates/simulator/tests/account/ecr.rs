//! Images, from their tags to their configurations.

use serde_json::{Value, json};
use simulator::api::Answer;
use simulator::ecr::{self, Download, Platform};
use simulator::wire::message::Request;
use simulator::world::World;

fn push(world: &mut World, image: &str, platforms: &[Platform]) -> String {
    let image = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/{image}");
    world.push_image(&image, platforms).unwrap()
}

fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    ecr::call(world, operation, input, "localhost:1")
}

fn world() -> World {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let platforms = [Platform::LinuxAmd64, Platform::LinuxArm64];
    push(&mut world, "webapp:1", &platforms);
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
    let newer = push(&mut world, "webapp:1", &[Platform::LinuxArm64]);
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

#[test]
fn the_configuration_of_an_image_is_had_by_its_address_for_an_hour() {
    fn get(world: &World, url: &str, headers: &[(&str, &str)]) -> u16 {
        let path = url.strip_prefix("http://localhost:1").unwrap();
        let (path, query) = path.split_once('?').unwrap();
        let request = Request {
            method: "GET".into(),
            path: path.into(),
            query: query.into(),
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).into(), (*v).into()))
                .collect(),
            ..Request::default()
        };
        let answer = Download::read(&request).unwrap().perform(world);
        answer.map_or_else(|failure| failure.status, |reply| reply.status)
    }
    let mut world = world();
    push(&mut world, "webapp:2", &[Platform::WindowsAmd64]);
    let request = json!({ "repositoryName": "webapp", "imageIds": [{ "imageTag": "2" }] });
    let answer = call(&mut world, "BatchGetImage", &request).unwrap();
    let manifest = answer["images"][0]["imageManifest"].as_str().unwrap();
    let manifest: Value = serde_json::from_str(manifest).unwrap();
    let digest = &manifest["config"]["digest"];
    let request = json!({ "repositoryName": "webapp", "layerDigest": digest });
    let answer = call(&mut world, "GetDownloadUrlForLayer", &request).unwrap();
    let url = answer["downloadUrl"].as_str().unwrap();
    assert_eq!(get(&world, url, &[]), 200);
    assert_eq!(get(&world, &url.replace("webapp", "other"), &[]), 403);
    assert_eq!(get(&world, url, &[("x-amz-checksum-mode", "ENABLED")]), 403);
    world.leap(std::time::Duration::from_secs(3601));
    assert_eq!(get(&world, url, &[]), 403);
    let request = json!({ "repositoryName": "webapp", "layerDigest": "sha256:0" });
    let error = call(&mut world, "GetDownloadUrlForLayer", &request).unwrap_err();
    assert_eq!(error.code, "LayersNotFoundException");
}

#[test]
fn cache_rules_are_found_by_prefix() {
    let mut world = world();
    world.cache_images("docker-hub");
    world.cache_images("quay");
    let mut prefixes = |input: Value| {
        let answer = call(&mut world, "DescribePullThroughCacheRules", &input);
        let answer = answer.map_err(|error| error.code)?;
        let rules = answer["pullThroughCacheRules"].as_array().unwrap().iter();
        Ok(rules.map(|it| it["ecrRepositoryPrefix"].clone()).collect())
    };
    assert_eq!(prefixes(json!({})), Ok(json!(["docker-hub", "quay"])));
    let quay = json!({ "ecrRepositoryPrefixes": ["quay"] });
    assert_eq!(prefixes(quay), Ok(json!(["quay"])));
    let none = json!({ "ecrRepositoryPrefixes": ["quay", "ghcr"] });
    assert_eq!(
        prefixes(none),
        Err("PullThroughCacheRuleNotFoundException".to_owned())
    );
}
