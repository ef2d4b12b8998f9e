//! Images that ECR does not have yet.

use serde_json::{Value, json};

use super::wire::{Wire, json as reply};
use crate::aws::registry::EcrImages;
use crate::ports::Images as _;
use crate::release::finding::Absent;
use crate::release::image_reference::ImageReference;
use crate::release::preflight::{ImageQuery, RegistryAnswer};

#[tokio::test]
async fn an_image_is_missing_only_if_no_rule_on_any_page_fetches_it() {
    let missing = || {
        let failure = json!({"failureCode": "ImageNotFound", "failureReason": "no such image"});
        reply(&json!({"images": [], "failures": [failure]}))
    };
    let page = |prefix: &str, next: &Value| {
        let rule = json!({"ecrRepositoryPrefix": prefix});
        reply(&json!({"pullThroughCacheRules": [rule], "nextToken": next}))
    };
    let uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/hub/web:1";
    let reference = ImageReference::parse(uri).unwrap();
    let registry = reference.ecr().unwrap();
    let query = ImageQuery {
        reference,
        digest_wanted: true,
        platform_wanted: false,
    };
    for (second, expected) in [
        ("hub", RegistryAnswer::FetchedOnPull),
        ("quay", RegistryAnswer::Missing(Absent::Image)),
    ] {
        let pages = [page("ghcr", &json!("p2")), page(second, &Value::Null)];
        let wire = Wire::new([missing()].into_iter().chain(pages));
        let images = EcrImages::new(&wire.config());
        assert_eq!(images.look_up(&query, &registry).await, Ok(expected));
    }
}
