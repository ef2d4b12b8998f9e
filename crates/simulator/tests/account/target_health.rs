//! The targets of a deployment.

use std::time::Duration;

use serde_json::json;
use simulator::codedeploy::{self, Fixture};
use simulator::ecs::{Behaviour, TaskFailure};
use simulator::elb::{self, TargetState};
use simulator::wire::Form;
use simulator::world::World;

fn states(world: &mut World, colour: &str) -> Vec<TargetState> {
    let name = format!("webapp-{colour}");
    let form = Form::new(&[("Names.member.1", name.as_str())]);
    let shown = elb::call(world, "DescribeTargetGroups", &form).unwrap();
    let arn = shown["TargetGroups"][0]["TargetGroupArn"].as_str().unwrap();
    let targets = world.ecs.targets(arn);
    targets.into_iter().map(|target| target.state).collect()
}

#[test]
fn green_targets_show_that_they_fail_their_health_checks() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let fixture = Fixture::default();
    fixture.build(&mut world).unwrap();
    let unhealthy = Behaviour::TasksFail(TaskFailure::FailedElbHealthChecks);
    world.ecs.set_next_behaviour("demo", "webapp", unhealthy);
    let request = json!({
        "applicationName": "webapp",
        "deploymentGroupName": "webapp",
        "revision": {
            "revisionType": "AppSpecContent",
            "appSpecContent": { "content": fixture.app_spec("webapp:1") },
        },
    });
    codedeploy::call(&mut world, "CreateDeployment", &request).unwrap();
    assert_eq!(states(&mut world, "blue"), [TargetState::Healthy; 2]);
    assert_eq!(states(&mut world, "green"), []);
    let now = world.now() + Duration::from_secs(30);
    world.advance_to(now);
    assert_eq!(states(&mut world, "green"), [TargetState::Unhealthy; 2]);
}
