//! AWS shows late what a call has done.

use bluegreen_worker::job::action_type::definitions;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::ActionStatus;
use simulator::faults::{Kind, Occurrence};
use simulator::world::{REGION, World};

use super::{check, fault, in_simulated_time, play};
use crate::support::play::Scene;
use crate::support::{Harness, Order, start};

/// Reads may lag behind the call that created the deployment.
#[test]
fn a_deployment_that_is_slow_to_show_is_followed() {
    let unknown = Kind::Error {
        status: 400,
        code: "DeploymentDoesNotExistException".into(),
        message: "The deployment could not be found".into(),
    };
    let fault = fault("codedeploy:GetDeployment", Occurrence::Next(2), unknown);
    check(Scene::Good, std::slice::from_ref(&fault));
    check(Scene::HookFails, &[fault]);
}

/// The release must not register one revision after another.
#[test]
fn a_revision_that_ecs_is_slow_to_show_is_deployed_by_the_worker_that_registered_it() {
    let unknown = Kind::Error {
        status: 400,
        code: "ClientException".into(),
        message: "Unable to describe task definition.".into(),
    };
    let fault = fault("ecs:DescribeTaskDefinition", Occurrence::Every, unknown);
    let (harness, view) = play(Scene::EcsGood, &[fault]);
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
}

/// AWS may show a deployment as waiting for a while after it was continued.
#[test]
fn a_deployment_that_still_seems_to_wait_is_not_continued_at_once() {
    let waiting = Fixture {
        ready_wait_minutes: Some(60),
        ..Fixture::default()
    };
    let not_ready = Kind::Error {
        status: 400,
        code: "DeploymentIsNotInReadyStateException".into(),
        message: "The deployment is not ready to be continued".into(),
    };
    in_simulated_time(async {
        let mut world = World::new(start());
        waiting.build(&mut world).expect("a scene");
        world.seed(&definitions(REGION));
        let fault = fault(
            "codedeploy:ContinueDeployment",
            Occurrence::Next(40),
            not_ready,
        );
        world.faults.add(fault).expect("a fault");
        let harness = Harness::with(world);
        let worker = harness.worker();
        let order = Order::default().option("ContinueWhenReady=Always");
        let end = harness.end_of(&harness.queue(&order)).await;
        worker.stop().await;
        assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
    });
}
