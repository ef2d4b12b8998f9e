//! Stories of images whose digest is wanted.

use bluegreen_worker::simulator::codepipeline::{ActionStatus, ActionView};
use bluegreen_worker::simulator::ecr::Platform;
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};

use crate::support::{Order, Stage};

const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp";

fn release_of(image: &str) -> Order {
    let detail = format!(r#"{{ "ImageURI": "{image}" }}"#);
    let order = Order::default().file("imageDetail.json", &detail);
    order.option("PinDigest=true")
}

async fn end_of(stage: &Stage, order: &Order) -> ActionView {
    let worker = stage.worker();
    let view = stage.end_of(&stage.queue(order)).await;
    worker.stop().await;
    view
}

fn push(stage: &Stage, platforms: &[Platform]) -> String {
    stage.world(|world| {
        let now = world.now();
        world.ecr.push("webapp", "1.4", platforms, now)
    })
}

fn disturb(stage: &Stage, occurrence: Occurrence, kind: Kind) {
    let fault = Fault {
        service: "ecr".into(),
        operation: "BatchGetImage".into(),
        occurrence,
        kind,
    };
    stage.world(|world| world.faults.add(fault)).expect("armed");
}

fn registered_image(stage: &Stage) -> String {
    stage.world(|world| {
        let calls = world.ledger.entries().rev();
        let mut calls = calls.filter(|entry| entry.operation == "RegisterTaskDefinition");
        let call = calls.next().expect("it was registered");
        let image = &call.input["containerDefinitions"][0]["image"];
        image.as_str().expect("an image").to_owned()
    })
}

#[tokio::test(start_paused = true)]
async fn a_tag_is_registered_by_its_digest() {
    let stage = Stage::new();
    let digest = push(&stage, &[Platform::LinuxAmd64, Platform::LinuxArm64]);
    let view = end_of(&stage, &release_of(&format!("{IMAGE}:1.4"))).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(registered_image(&stage), format!("{IMAGE}@{digest}"));
    assert_eq!(stage.effects("ecr", "BatchGetImage"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_slow_to_answer_is_asked_again() {
    let stage = Stage::new();
    push(&stage, &[Platform::LinuxArm64]);
    disturb(&stage, Occurrence::Next(6), Kind::Throttle);
    let view = end_of(&stage, &release_of(&format!("{IMAGE}:1.4"))).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_release_without_permission_for_ecr_works_where_the_digest_is_given() {
    let stage = Stage::new();
    disturb(&stage, Occurrence::Every, Kind::Denied);
    let order = Order::default().option("PinDigest=true");
    let view = end_of(&stage, &order).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(stage.effects("ecr", "BatchGetImage"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_cannot_be_pinned_is_refused_before_anything_is_registered() {
    async fn check(stage: &Stage, image: &str, expected: &str) {
        let before = stage.effects("ecs", "RegisterTaskDefinition");
        let view = end_of(stage, &release_of(image)).await;
        let error = view.error.expect("a reason");
        assert_eq!(error.code, "ConfigurationError");
        assert!(error.message.contains(expected), "{}", error.message);
        assert_eq!(stage.effects("ecs", "RegisterTaskDefinition"), before);
    }
    let stage = Stage::new();
    push(&stage, &[Platform::LinuxAmd64, Platform::LinuxAmd64]);
    let absent = format!("{IMAGE}:1.5");
    check(&stage, &absent, "the registry has no image").await;
    let unknown = IMAGE.replace("webapp", "other") + ":1";
    check(&stage, &unknown, "the registry has no image").await;
    let foreign = format!("{IMAGE}:1.4");
    check(&stage, &foreign, "the task runs on linux/arm64").await;
    check(&stage, "example.com/webapp:1", "PinDigest=true").await;
    disturb(&stage, Occurrence::Every, Kind::Denied);
    check(&stage, &foreign, "ecr:BatchGetImage").await;
}
