//! The prepared account.

use jiff::Timestamp;
use serde_json::Value;
use simulator::fixture::IMAGE;
use simulator::world::{REGION, World};

/// The action type `RustBlueGreenDeploy`, version `1`, in the account's Region.
pub(crate) fn action_type() -> Value {
    let file = include_str!("../../../../action-type/rust-blue-green-deploy.json");
    let definition = file.replace("us-east-1", REGION);
    serde_json::from_str(&definition).unwrap()
}

#[test]
fn the_ready_account_has_everything_that_a_release_needs() {
    let world = World::webapp(Timestamp::UNIX_EPOCH, &[action_type()]);
    assert_eq!(world.ecs.registered(), 1);
    assert_eq!(world.codedeploy.deployments(), 0);
}

#[test]
fn the_image_of_the_example_is_there() {
    let example = include_str!("../../../../examples/webapp/imageDetail.json");
    assert!(example.contains(IMAGE), "{example}");
}
