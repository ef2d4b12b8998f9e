//! Scenarios in which the answer to a call that changes something is lost.

use simulator::codepipeline::ActionStatus;
use simulator::ecs::{Behaviour, TaskFailure};
use simulator::faults::{Fault, Kind, Occurrence};

use crate::support::{Harness, Order};

fn fault(operation: &str, occurrence: Occurrence, kind: Kind) -> Fault {
    Fault {
        service: "codedeploy".into(),
        operation: operation.into(),
        occurrence,
        kind,
    }
}

/// The answer that named the deployment was lost, and CodeDeploy's reads lag.
#[tokio::test(start_paused = true)]
async fn an_own_deployment_that_cannot_be_read_yet_is_not_another_that_holds_the_group() {
    let harness = Harness::new();
    let unread = Kind::Error {
        status: 400,
        code: "DeploymentDoesNotExistException".into(),
        message: "The deployment does not exist".into(),
    };
    harness.world(|world| {
        for fault in [
            fault("CreateDeployment", Occurrence::Next(1), Kind::CutAfter),
            fault("BatchGetDeployments", Occurrence::Every, Kind::Denied),
            fault("GetDeployment", Occurrence::Next(3), unread),
        ] {
            world.faults.add(fault).expect("a fault");
        }
    });
    let worker = harness.worker();
    let action = harness.queue(&Order::default().option("WhenBusy=Fail"));
    let view = harness.end_of(&action).await;
    worker.stop().await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 1);
}

/// Not even the repeated request is answered.
#[tokio::test(start_paused = true)]
async fn a_stop_whose_answer_is_lost_is_told_as_ours() {
    let harness = Harness::new();
    harness.world(|world| {
        let fails = Behaviour::TasksFail(TaskFailure::CannotPullImage);
        world.ecs.set_next_behaviour("demo", "webapp", fails);
        let lost = fault("StopDeployment", Occurrence::Next(5), Kind::CutAfter);
        world.faults.add(lost).expect("a fault");
    });
    let worker = harness.worker();
    let action = harness.queue(&Order::default().option("OnTaskFailure=Rollback"));
    let error = harness.end_of(&action).await.error;
    worker.stop().await;
    let message = error.expect("a reason").message;
    let expected = "was stopped because too many of its new tasks failed (OnTaskFailure)";
    assert!(message.contains(expected), "{message}");
}
