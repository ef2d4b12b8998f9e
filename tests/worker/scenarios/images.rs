//! Scenarios of images: existence, platform and digest.

use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::ecr::Platform;
use simulator::faults::{Fault, Kind, Occurrence};

use super::quick;
use crate::support::{Harness, Order, TASKDEF};

const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp";

fn release_of(image: &str) -> Order {
    let detail = format!(r#"{{ "ImageURI": "{image}" }}"#);
    Order::default().file("imageDetail.json", &detail)
}

fn pinned(image: &str) -> Order {
    release_of(image).option("PinDigest=true")
}

async fn end_of(harness: &Harness, order: &Order) -> ActionView {
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(order)).await;
    worker.stop().await;
    view
}

fn push(harness: &Harness, platforms: &[Platform]) -> String {
    harness.push(&format!("{IMAGE}:1.4"), platforms)
}

fn disturb(harness: &Harness, occurrence: Occurrence, kind: Kind) {
    disturb_call(harness, "BatchGetImage", occurrence, kind);
}

fn disturb_call(harness: &Harness, operation: &str, occurrence: Occurrence, kind: Kind) {
    let fault = Fault {
        service: "ecr".into(),
        operation: operation.into(),
        occurrence,
        kind,
    };
    harness
        .world(|world| world.faults.add(fault))
        .expect("armed");
}

fn registered_image(harness: &Harness) -> String {
    harness.world(|world| {
        let calls = world.ledger.entries().rev();
        let mut calls = calls.filter(|entry| entry.operation == "RegisterTaskDefinition");
        let call = calls.next().expect("it was registered");
        let image = &call.input["containerDefinitions"][0]["image"];
        image.as_str().expect("an image").to_owned()
    })
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_registered_by_its_digest() {
    let harness = Harness::new();
    let digest = push(&harness, &[Platform::LinuxAmd64, Platform::LinuxArm64]);
    let view = end_of(&harness, &pinned(&format!("{IMAGE}:1.4"))).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(registered_image(&harness), format!("{IMAGE}@{digest}"));
    assert_eq!(harness.effects("ecr", "BatchGetImage"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_slow_to_answer_is_asked_again() {
    let harness = Harness::new();
    push(&harness, &[Platform::LinuxArm64]);
    disturb(&harness, Occurrence::Next(6), Kind::Throttle);
    let view = end_of(&harness, &pinned(&format!("{IMAGE}:1.4"))).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_release_without_permission_for_ecr_works_where_the_digest_is_given() {
    let harness = Harness::new();
    disturb(&harness, Occurrence::Every, Kind::Denied);
    let order = Order::default().option("PinDigest=true");
    let view = end_of(&harness, &order).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecr", "BatchGetImage"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_cannot_be_pinned_is_refused_before_anything_is_registered() {
    async fn check(harness: &Harness, image: &str, expected: &str) {
        let before = harness.effects("ecs", "RegisterTaskDefinition");
        let view = end_of(harness, &pinned(image)).await;
        let error = view.error.expect("a reason");
        assert_eq!(error.code, "ConfigurationError");
        assert!(error.message.contains(expected), "{}", error.message);
        assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), before);
    }
    let harness = Harness::new();
    push(&harness, &[Platform::LinuxAmd64, Platform::LinuxAmd64]);
    let absent = format!("{IMAGE}:1.5");
    check(&harness, &absent, "has no image with the tag 1.5").await;
    let unknown = IMAGE.replace("webapp", "other") + ":1";
    check(&harness, &unknown, "there is no repository other").await;
    let foreign = format!("{IMAGE}:1.4");
    check(&harness, &foreign, "the task runs on linux/arm64").await;
    check(&harness, "example.com/webapp:1", "PinDigest=true").await;
    disturb(&harness, Occurrence::Every, Kind::Denied);
    check(&harness, &foreign, "ecr:BatchGetImage").await;
}

async fn refused(harness: &Harness, order: &Order) -> String {
    let before = harness.effects("ecs", "RegisterTaskDefinition");
    let view = end_of(harness, order).await;
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), before);
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "ConfigurationError");
    error.message
}

#[tokio::test(start_paused = true)]
async fn an_image_that_was_not_pushed_refuses_the_release() {
    let harness = Harness::new();
    push(&harness, &[Platform::LinuxArm64]);
    let told = refused(&harness, &release_of(&format!("{IMAGE}:1.5"))).await;
    let says = "imageDetail.json (artifact Bundle): the repository webapp in account 111122223333, eu-west-1, has \
                no image with the tag 1.5";
    assert!(told.contains(says), "{told}");
    let unknown = format!("{IMAGE}@sha256:{}", "0".repeat(64));
    let told = refused(&harness, &release_of(&unknown)).await;
    assert!(
        told.contains("has no image with the digest sha256:0000"),
        "{told}"
    );
    let sidecar = TASKDEF.replace(
        "\"containerDefinitions\": [",
        &format!("\"containerDefinitions\": [{{\"name\": \"proxy\", \"image\": \"{IMAGE}:9\"}},"),
    );
    let told = refused(&harness, &Order::default().file("taskdef.json", &sidecar)).await;
    assert!(told.contains("containerDefinitions[0].image"), "{told}");
    assert!(told.contains("no image with the tag 9"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn the_platform_of_a_single_image_is_read_from_its_configuration() {
    let harness = Harness::new();
    push(&harness, &[Platform::LinuxAmd64]);
    let told = refused(&harness, &release_of(&format!("{IMAGE}:1.4"))).await;
    assert!(told.contains("the task runs on linux/arm64"), "{told}");
    assert!(told.contains("is made for linux/amd64"), "{told}");
    push(&harness, &[Platform::LinuxArm64]);
    let view = end_of(&harness, &release_of(&format!("{IMAGE}:1.4"))).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecr", "GetLayer"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_cannot_be_read_is_no_reason_to_refuse() {
    for operation in ["GetDownloadUrlForLayer", "GetLayer"] {
        for kind in [
            Kind::Denied,
            Kind::InternalError,
            Kind::Garbage,
            Kind::CutBefore,
        ] {
            let harness = Harness::with(quick());
            push(&harness, &[Platform::LinuxAmd64]);
            disturb_call(&harness, operation, Occurrence::Every, kind.clone());
            let view = end_of(&harness, &release_of(&format!("{IMAGE}:1.4"))).await;
            assert_eq!(
                view.status,
                ActionStatus::Succeeded,
                "{operation} {kind:?} {view:#?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_cannot_be_read_is_a_warning() {
    let kinds = [
        Kind::Denied,
        Kind::Throttle,
        Kind::Unavailable,
        Kind::CutBefore,
        Kind::Garbage,
        Kind::Slow { seconds: 3600.0 },
    ];
    for kind in kinds {
        let harness = Harness::with(quick());
        disturb(&harness, Occurrence::Every, kind.clone());
        let view = end_of(&harness, &release_of(&format!("{IMAGE}:1.5"))).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{kind:?} {view:#?}");
        let summary = view.summary.expect("a summary");
        let says = format!("it was not checked that {IMAGE}:1.5 exists");
        assert!(summary.contains(&says), "{kind:?} {summary}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_that_ecr_would_fetch_when_it_is_pulled_is_not_missed() {
    let harness = Harness::new();
    harness.world(|world| world.cache_images("docker-hub"));
    let cached = IMAGE.replace("webapp", "docker-hub/library/nginx") + ":1";
    let view = end_of(&harness, &release_of(&cached)).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let summary = view.summary.expect("a summary");
    assert!(
        summary.contains("fetches it when it is first pulled"),
        "{summary}"
    );
    let alike = IMAGE.replace("webapp", "docker-hubs/nginx") + ":1";
    let told = refused(&harness, &release_of(&alike)).await;
    assert!(told.contains("no repository docker-hubs/nginx"), "{told}");
    disturb_call(
        &harness,
        "DescribePullThroughCacheRules",
        Occurrence::Every,
        Kind::Denied,
    );
    let told = refused(&harness, &release_of(&cached)).await;
    assert!(
        told.contains("no repository docker-hub/library/nginx"),
        "{told}"
    );
}

#[tokio::test(start_paused = true)]
async fn images_elsewhere_are_not_asked_for() {
    let harness = Harness::new();
    let view = end_of(&harness, &release_of("public.ecr.aws/shop/web:1")).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecr", "BatchGetImage"), 0);
}
