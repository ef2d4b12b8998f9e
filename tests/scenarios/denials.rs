//! Stories of calls that AWS answers with no: for good, and only for the
//! moment.

use bluegreen_worker::simulator::codepipeline::ActionStatus;
use bluegreen_worker::simulator::faults::{Fault, Kind, Occurrence};

use crate::support::{Harness, Order};

/// A stage on which `ecs:RegisterTaskDefinition` is answered so.
fn harness(occurrence: Occurrence, code: &str, message: &str) -> Harness {
    let harness = Harness::new();
    let kind = Kind::Error {
        status: 400,
        code: code.into(),
        message: message.into(),
    };
    let fault = Fault {
        service: "ecs".into(),
        operation: "RegisterTaskDefinition".into(),
        occurrence,
        kind,
    };
    harness
        .world(|world| world.faults.add(fault))
        .expect("a fault");
    harness
}

#[tokio::test(start_paused = true)]
async fn a_denial_behind_the_call_is_named_with_its_remedy() {
    let harness = harness(
        Occurrence::Every,
        "ClientException",
        "User: arn:aws:sts::111122223333:assumed-role/worker/i is not authorized to perform: \
         iam:PassRole on resource: arn:aws:iam::111122223333:role/task-x because no \
         identity-based policy allows the iam:PassRole action",
    );
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(&Order::default())).await;
    worker.stop().await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "PermissionError");
    let statement = "{\"Effect\":\"Allow\",\"Action\":\"iam:PassRole\",\
                     \"Resource\":\"arn:aws:iam::111122223333:role/task-x\"}";
    assert!(error.message.contains(statement), "{}", error.message);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_only_for_the_moment_is_tried_again() {
    let harness = harness(
        Occurrence::Next(2),
        "ClientException",
        "Too many concurrent attempts to create a new revision of the specified family.",
    );
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(&Order::default())).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
}

/// The service was changed after it was looked at, and CodeDeploy is the first
/// to see it.
#[tokio::test(start_paused = true)]
async fn a_service_that_codedeploy_refuses_at_creation_fails_the_release_and_is_named() {
    let harness = Harness::new();
    let fault = Fault {
        service: "codedeploy".into(),
        operation: "CreateDeployment".into(),
        occurrence: Occurrence::Every,
        kind: Kind::Error {
            status: 400,
            code: "InvalidECSServiceException".into(),
            message: "The ECS service's deployment controller is not CODE_DEPLOY".into(),
        },
    };
    harness
        .world(|world| world.faults.add(fault))
        .expect("a fault");
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(&Order::default())).await;
    worker.stop().await;
    let error = view.error.expect("a reason");
    assert!(
        error.message.contains("no deployment was started")
            && error.message.contains("is not CODE_DEPLOY"),
        "{}",
        error.message
    );
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 0);
}
