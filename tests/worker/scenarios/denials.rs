//! Scenarios of calls that AWS refuses, permanently or temporarily.

use serde_json::json;
use simulator::codedeploy;
use simulator::codepipeline::ActionStatus;
use simulator::faults::{Fault, Kind, Occurrence};

use crate::support::{Harness, Order, service};

/// Adds a fault to all calls of `operation` that `occurrence` names.
fn refuse(harness: &Harness, call: (&str, &str), occurrence: Occurrence, code: &str) {
    let fault = Fault {
        service: call.0.into(),
        operation: call.1.into(),
        occurrence,
        kind: Kind::Error {
            status: 400,
            code: code.into(),
            message: String::new(),
        },
    };
    harness
        .world(|world| world.faults.add(fault))
        .expect("a fault");
}

/// An account in which `ecs:RegisterTaskDefinition` fails with this error.
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

/// The service was changed after it was read, and CodeDeploy notices it first.
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

/// The listener is read together with the service. If reading it is denied,
/// there is no warning.
#[tokio::test(start_paused = true)]
async fn a_listener_that_sends_the_traffic_elsewhere_is_warned_of_where_it_may_be_read() {
    let warning = "the production listener forwards to webapp-green";
    for (target_group, is_denied, warned) in [
        ("webapp-green", false, true),
        ("webapp-blue", false, false),
        ("webapp-green", true, false),
    ] {
        let harness = Harness::new();
        harness.world(|world| {
            let request = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
            let group =
                codedeploy::call(world, "GetDeploymentGroup", &request).expect("it is there");
            let pair =
                &group["deploymentGroupInfo"]["loadBalancerInfo"]["targetGroupPairInfoList"][0];
            let listener = pair["prodTrafficRoute"]["listenerArns"][0].as_str();
            world
                .elb
                .set_listener(listener.expect("an ARN"), target_group);
            if is_denied {
                let fault = Fault {
                    service: "elasticloadbalancing".into(),
                    operation: "DescribeListeners".into(),
                    occurrence: Occurrence::Every,
                    kind: Kind::Denied,
                };
                world.faults.add(fault).expect("a fault");
            }
        });
        let worker = harness.worker();
        let view = harness.end_of(&harness.queue(&Order::default())).await;
        worker.stop().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
        let summary = view.summary.expect("a summary");
        assert_eq!(summary.contains(warning), warned, "{summary}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_that_fails_beside_its_deployment_says_that_it_may_go_on() {
    let harness = Harness::new();
    let worker = harness.worker();
    let action = harness.queue(&Order::default());
    harness
        .until(|world| world.ledger.effects("codedeploy", "CreateDeployment") == 1)
        .await;
    let read = ("codedeploy", "GetDeployment");
    refuse(&harness, read, Occurrence::Every, "AccessDeniedException");
    let view = harness.end_of(&action).await;
    worker.stop().await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "PermissionError");
    let deployment = view.external_execution_id.expect("a deployment");
    let told = format!("Deployment {deployment} may still be under way");
    assert!(error.message.contains(&told), "{}", error.message);
}

/// A request may also be signed by a clock that an answer's wrong `Date` has
/// set, until the next answer sets it right.
#[tokio::test(start_paused = true)]
async fn credentials_that_are_refused_for_a_while_fail_no_release() {
    for code in [
        "ExpiredTokenException",
        "InvalidSignatureException",
        "RequestExpired",
    ] {
        let refused = Occurrence::Next(5);
        let harness = Harness::new();
        let worker = harness.worker();
        let action = harness.queue(&Order::default());
        for operation in ["GetDeploymentGroup", "CreateDeployment", "GetDeployment"] {
            refuse(&harness, ("codedeploy", operation), refused, code);
        }
        let view = harness.end_of(&action).await;
        worker.stop().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{code}: {view:#?}");
        assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 1);

        let harness = Harness::ecs(&service());
        let worker = harness.worker();
        let action = harness.queue(&Order::ecs());
        for operation in [
            "DescribeServices",
            "ListServiceDeployments",
            "UpdateService",
            "DescribeServiceDeployments",
        ] {
            refuse(&harness, ("ecs", operation), refused, code);
        }
        let view = harness.end_of(&action).await;
        worker.stop().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{code}: {view:#?}");
        assert_eq!(harness.effects("ecs", "UpdateService"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_never_accepted_fail_the_release_and_are_the_cause() {
    let harness = Harness::new();
    let read = ("codedeploy", "GetDeploymentGroup");
    refuse(&harness, read, Occurrence::Every, "ExpiredTokenException");
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(&Order::default())).await;
    worker.stop().await;
    let error = view.error.expect("a reason");
    assert_eq!(error.code, "PermissionError");
    let told = "AWS did not accept the worker's credentials for codedeploy:GetDeploymentGroup.";
    assert!(error.message.starts_with(told), "{}", error.message);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_codepipeline_refuses_is_reported_in_other_words() {
    let harness = harness(Occurrence::Every, "ClientException", "Role is not valid");
    let report = ("codepipeline", "PutJobFailureResult");
    refuse(&harness, report, Occurrence::Nth(1), "ValidationException");
    let worker = harness.worker();
    let view = harness.end_of(&harness.queue(&Order::default())).await;
    worker.stop().await;
    let error = view.error.expect("a reason");
    for told in [
        "AWS refused ecs:RegisterTaskDefinition.",
        "ValidationException",
    ] {
        assert!(error.message.contains(told), "{}", error.message);
    }
}
