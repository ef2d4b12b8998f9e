//! CodeDeploy's responses as our values.

use std::time::Duration;

use serde_json::{Value, json};

use super::wire::{Reply, Wire, answer, clock, error, json as reply};
use crate::aws::Engines;
use crate::job::{DeployTarget, DeploymentId, Key, TaskDefinitionArn};
use crate::ports::{
    BATCH, CallError, CodeDeployParameters, Created, Deployments, GroupAnswer, NewDeployment,
    OwnDeployment, StopAnswer,
};
use crate::release::target::ReadyOption;
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus, EventStatus, Label, TargetStatus};
use crate::rollout::step::StopMode;

const GET_MANY: &str = "BatchGetDeployments";

fn deployments(wire: &Wire) -> Engines {
    Engines::new(&wire.config(), &clock())
}

/// Reads the deployment and its target, as a job does.
async fn observe(wire: &Wire) -> Result<Option<DeploymentSeen>, CallError> {
    let deployments = deployments(wire);
    let mut answers = deployments.survey(&[id()]).await;
    match answers.remove(0)? {
        Some(seen) => deployments.with_target(seen).await.map(Some),
        None => Ok(None),
    }
}

fn id() -> DeploymentId {
    DeploymentId::new("d-A1B2C3111")
}

fn info(status: &str, description: &str) -> Value {
    json!({"deploymentId": id().as_str(), "status": status, "description": description,
        "applicationName": "web", "deploymentGroupName": "blue-green",
        "createTime": 1_700_000_000.5, "creator": "user"})
}

fn listed() -> Reply {
    reply(&json!({"targetIds": ["prod:web"]}))
}

#[tokio::test]
async fn a_group_is_read_with_services_by_name_or_arn() {
    let answer = reply(&json!({"deploymentGroupInfo": {
        "applicationName": "web", "deploymentGroupName": "blue-green", "computePlatform": "ECS",
        "deploymentStyle": {"deploymentType": "BLUE_GREEN"},
        "ecsServices": [
            {"serviceName": "web", "clusterName": "prod"},
            {"serviceName": "arn:aws:ecs:eu-west-1:111122223333:service/prod/api",
             "clusterName": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod"},
            {"serviceName": "arn:aws:ecs:eu-west-1:111122223333:service/test/job"},
            {"serviceName": "arn:aws:ecs:eu-west-1:111122223333:service/old"}],
        "blueGreenDeploymentConfiguration": {
            "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30},
            "terminateBlueInstancesOnDeploymentSuccess":
                {"action": "TERMINATE", "terminationWaitTimeInMinutes": 60}},
        "alarmConfiguration": {"enabled": false, "alarms": [{"name": "off"}]},
        "autoRollbackConfiguration": {"enabled": true, "events": ["DEPLOYMENT_FAILURE", "NEW"]},
        "loadBalancerInfo": {"targetGroupPairInfoList": [{
            "targetGroups": [{"name": "blue"}, {"name": "green"}],
            "prodTrafficRoute": {"listenerArns": ["arn:prod"]},
            "testTrafficRoute": {"listenerArns": ["arn:test"]}}]},
        "lastAttemptedDeployment": {"deploymentId": "d-1", "status": "Failed"}}}));
    let found = deployments(&Wire::new([answer]))
        .group(&DeployTarget::group("web", "blue-green"))
        .await;
    let Ok(GroupAnswer::Found(group)) = found else {
        panic!("{found:?}")
    };
    let names: Vec<_> = group
        .services
        .iter()
        .map(|name| format!("{}/{}", name.cluster, name.service))
        .collect();
    assert_eq!(names, ["prod/web", "prod/api", "test/job", "default/old"]);
    assert_eq!(group.ready, ReadyOption::WaitFor(Duration::from_secs(1800)));
    assert_eq!(group.termination_wait, Duration::from_secs(3600));
    assert_eq!(group.alarms, Vec::<String>::new());
    assert_eq!(group.auto_rollback, ["DEPLOYMENT_FAILURE", "NEW"]);
    assert_eq!(group.target_groups, ["blue", "green"]);
    assert_eq!(group.listeners, ["arn:prod"]);
    assert!(group.has_test_listener);
    assert_eq!(group.last_attempted.unwrap().status, "Failed");
    assert_eq!(group.last_successful, None);
}

#[tokio::test]
async fn what_is_absent_is_named() {
    for (absent, expected) in [
        ("Application", GroupAnswer::NoApplication),
        ("DeploymentGroup", GroupAnswer::NoTarget),
    ] {
        let code = format!("{absent}DoesNotExistException");
        let wire = Wire::new([error(&code, "none")]);
        let target = DeployTarget::group("web", "x");
        assert_eq!(deployments(&wire).group(&target).await, Ok(expected));
    }
    let gone = Wire::new([error("DeploymentDoesNotExistException", "none")]);
    assert_eq!(observe(&gone).await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn a_deployment_is_created_once() {
    let new = NewDeployment {
        target: DeployTarget::group("web", "blue-green"),
        task_definition: TaskDefinitionArn::new("web:7"),
        codedeploy: Some(CodeDeployParameters {
            app_spec: "{}".into(),
            app_spec_sha256: "44136fa3".into(),
            description: "key-1".into(),
            deployment_config: None,
        }),
    };
    let slow = error("ThrottlingException", "Rate exceeded");
    let started = reply(&json!({"deploymentId": "d-A1B2C3111"}));
    let wire = Wire::new([slow, Reply::Refused, started.clone()]);
    let created = deployments(&wire).create(&new).await;
    assert_eq!(created, Ok(Created::Started(id())));
    let body = json!({"applicationName": "web", "deploymentGroupName": "blue-green",
        "description": "key-1", "revision": {"revisionType": "AppSpecContent",
            "appSpecContent": {"content": "{}", "sha256": "44136fa3"}}});
    assert_eq!(wire.sent()[2].json(), body);

    let busy = error(
        "DeploymentLimitExceededException",
        "already has an active Deployment",
    );
    let created = deployments(&Wire::new([busy])).create(&new).await;
    assert_eq!(created, Ok(Created::GroupIsBusy));
    for lost in [Reply::Cut, answer(503, ""), answer(200, "{}")] {
        let wire = Wire::new([lost, started.clone()]);
        assert!(deployments(&wire).create(&new).await.is_err());
        assert_eq!(wire.sent().len(), 1);
    }
}

#[tokio::test]
async fn a_deployment_is_seen_with_its_target() {
    let target = reply(
        &json!({"deploymentTarget": {"deploymentTargetType": "ECSTarget",
        "ecsTarget": {"status": "InProgress",
            "lifecycleEvents": [
                {"lifecycleEventName": "BeforeInstall", "status": "Failed",
                 "diagnostics": {"errorCode": "ScriptFailed", "scriptName": "hook"}},
                {"lifecycleEventName": "Install", "status": "Later"}],
            "taskSetsInfo": [
                {"identifer": "ecs-svc/1", "taskSetLabel": "Blue", "trafficWeight": 90.0,
                 "desiredCount": 2, "runningCount": 2, "status": "PRIMARY"},
                {"identifer": "ecs-svc/2", "taskSetLabel": "Teal", "pendingCount": -1}]}}}),
    );
    let wire = Wire::new([
        reply(&json!({"deploymentInfo": info("Brewing", "key-1")})),
        listed(),
        target,
    ]);
    let seen = observe(&wire).await.unwrap().unwrap();
    assert_eq!(
        seen.status,
        DeploymentStatus::Unrecognised("Brewing".into())
    );
    assert_eq!(
        seen.created,
        Some("2023-11-14T22:13:20.5Z".parse().unwrap())
    );
    let target = seen.target.unwrap();
    assert_eq!(target.status, TargetStatus::InProgress);
    assert_eq!(target.events[0].status, EventStatus::Failed);
    assert_eq!(
        target.events[1].status,
        EventStatus::Unrecognised("Later".into())
    );
    assert_eq!(target.task_sets[0].label, Label::Blue);
    assert_eq!(target.task_sets[0].running, 2);
    assert_eq!(
        target.task_sets[1].label,
        Label::Unrecognised("Teal".into())
    );
    assert_eq!(target.task_sets[1].pending, 0);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_cannot_be_read_does_not_hide_the_deployment() {
    for code in ["DeploymentNotStartedException", "AccessDeniedException"] {
        let found = reply(&json!({"deploymentInfo": info("InProgress", "")}));
        let wire = Wire::new([found, error(code, "")]);
        let seen = observe(&wire).await.unwrap().unwrap();
        assert_eq!(
            (seen.status, seen.target),
            (DeploymentStatus::InProgress, None)
        );
    }
    // The target of a deployment that has not begun is not read at all.
    let queued = Wire::new([reply(&json!({"deploymentInfo": info("Queued", "")}))]);
    assert!(observe(&queued).await.unwrap().is_some());
}

/// The same `info` for each id.
fn infos(ids: &[String], status: &str, description: &str) -> Value {
    let each = ids.iter().map(|id| {
        let mut info = info(status, description);
        info["deploymentId"] = json!(id);
        info
    });
    json!({ "deploymentsInfo": each.collect::<Vec<_>>() })
}

fn wanted(key: &str) -> OwnDeployment {
    OwnDeployment {
        target: DeployTarget::group("web", "blue-green"),
        key: Key::new(key),
        revision: None,
    }
}

#[tokio::test]
async fn a_deployment_is_found_by_its_key() {
    let own = wanted("key-1");
    let text = "bluegreen-worker key=key-1 since=2026-01-01T00:00:00Z";
    let ids: Vec<String> = (0..30).map(|number| format!("d-{number}")).collect();
    let (first, second) = ids.split_at(BATCH);
    let wire = Wire::new([
        reply(&json!({"deployments": ids})),
        reply(&infos(first, "Failed", "bluegreen-worker key=key-11")),
        reply(&infos(second, "Queued", text)),
    ]);
    let found = deployments(&wire).find(&own).await;
    assert_eq!(found.unwrap().unwrap().status, DeploymentStatus::Queued);
    let calls = ["ListDeployments", GET_MANY, GET_MANY];
    assert_eq!(wire.operations(), calls);

    let other = || reply(&json!({"deploymentInfo": info("Failed", "other")}));
    let page = |next: &Value| reply(&json!({"deployments": ["d-1"], "nextToken": next}));
    let none = Wire::new([page(&json!("p2")), other(), page(&Value::Null), other()]);
    let found = deployments(&none).find(&own).await;
    assert_eq!(found, Ok(None));
    assert_eq!(none.sent()[2].json()["nextToken"], "p2");
    let long = (0..7).flat_map(|n| [page(&json!(format!("p{n}"))), other()]);
    let ours = reply(&json!({"deploymentInfo": info("Created", text)}));
    let long = Wire::new(long.chain([page(&Value::Null), ours]));
    assert!(deployments(&long).find(&own).await.unwrap().is_some());
    let endless = Wire::new((0..100).flat_map(|n| [page(&json!(format!("p{n}"))), other()]));
    let found = deployments(&endless).find(&own).await;
    assert_eq!(found.unwrap_err().code, "EndlessList");
    let circle = Wire::new((0..2).flat_map(|_| [page(&json!("more")), other()]));
    let found = deployments(&circle).find(&own).await;
    assert_eq!(found.unwrap_err().code, "EndlessList");
    let empty = Wire::new([reply(&json!({"deployments": ["d-1"]})), other()]);
    let found = deployments(&empty).find(&wanted("")).await;
    assert_eq!(found, Ok(None));
}

/// A listed deployment may be gone, and a refused batch must not keep a release
/// from finding its own deployment.
#[tokio::test]
async fn a_deployment_is_found_although_the_batch_is_refused() {
    let own = "bluegreen-worker key=key-1 since=2026-01-01T00:00:00Z";
    for code in ["DeploymentDoesNotExistException", "AccessDeniedException"] {
        let wire = Wire::new([
            reply(&json!({"deployments": ["d-1", "d-2"]})),
            error(code, ""),
            error("DeploymentDoesNotExistException", ""),
            reply(&json!({"deploymentInfo": info("Succeeded", own)})),
        ]);
        let found = deployments(&wire).find(&wanted("key-1")).await;
        assert_eq!(found.unwrap().unwrap().status, DeploymentStatus::Succeeded);
        let calls = [
            "ListDeployments",
            GET_MANY,
            "GetDeployment",
            "GetDeployment",
        ];
        assert_eq!(wire.operations(), calls);
    }
}

#[tokio::test]
async fn moving_on_and_stopping_what_has_already_moved_is_fine() {
    let wire = Wire::new([
        answer(200, ""),
        error("DeploymentIsNotInReadyStateException", ""),
        reply(&json!({"status": "Pending"})),
        error("DeploymentAlreadyCompletedException", ""),
    ]);
    let codedeploy = deployments(&wire);
    assert_eq!(codedeploy.proceed(&id()).await, Ok(()));
    assert_eq!(codedeploy.proceed(&id()).await, Ok(()));
    let stopped = codedeploy.stop(&id(), StopMode::Rollback).await;
    assert_eq!(stopped, Ok(StopAnswer::Accepted));
    let stopped = codedeploy.stop(&id(), StopMode::Stop).await;
    assert_eq!(stopped, Ok(StopAnswer::TooLate));
    let sent = wire.sent();
    assert_eq!(sent[0].json()["deploymentWaitType"], "READY_WAIT");
    assert_eq!(sent[2].json()["autoRollbackEnabled"], true);
}

/// Reads the deployment after its group has been read.
async fn observe_of_known_group(wire: &Wire) -> Result<DeploymentSeen, CallError> {
    let deployments = deployments(wire);
    deployments
        .group(&DeployTarget::group("web", "blue-green"))
        .await?;
    let mut answers = deployments.survey(&[id()]).await;
    let seen = answers.remove(0)?.expect("it is there");
    deployments.with_target(seen).await
}

fn known_group() -> [Reply; 2] {
    let services = json!([{"serviceName": "web", "clusterName": "prod"}]);
    let group = json!({"applicationName": "web", "deploymentGroupName": "blue-green",
        "ecsServices": services});
    [
        reply(&json!({"deploymentGroupInfo": group})),
        reply(&json!({"deploymentInfo": info("InProgress", "key-1")})),
    ]
}

fn target(id: &str) -> Reply {
    reply(
        &json!({"deploymentTarget": {"deploymentTargetType": "ECSTarget",
        "ecsTarget": {"targetId": id, "status": "InProgress"}}}),
    )
}

#[tokio::test]
async fn a_target_is_asked_for_by_the_service_of_its_group() {
    let [group, deployment] = known_group();
    let wire = Wire::new([group, deployment, target("prod:web")]);
    let seen = observe_of_known_group(&wire).await.unwrap();
    assert_eq!(seen.target.map(|target| target.id), Some("prod:web".into()));
    let asked = json!({"deploymentId": id().as_str(), "targetId": "prod:web"});
    assert_eq!(wire.sent()[2].json(), asked);
    assert_eq!(wire.sent().len(), 3, "no list");
}

#[tokio::test]
async fn a_target_that_is_called_otherwise_is_looked_for_in_the_list() {
    let no_such = [
        error("DeploymentTargetDoesNotExistException", "no such target"),
        error("InvalidDeploymentTargetIdException", "not an id"),
        reply(&json!({})),
        reply(&json!({"deploymentTarget": {"deploymentTargetType": "ECSTarget"}})),
    ];
    for first in no_such {
        let [group, deployment] = known_group();
        let list = reply(&json!({"targetIds": ["other"]}));
        let wire = Wire::new([group, deployment, first, list, target("other")]);
        let seen = observe_of_known_group(&wire).await.unwrap();
        assert_eq!(seen.target.map(|target| target.id), Some("other".into()));
        let asked = json!({"deploymentId": id().as_str(), "targetId": "other"});
        assert_eq!(wire.sent()[4].json(), asked);
    }
}

#[tokio::test]
async fn a_deployment_that_has_not_started_is_not_looked_for_in_a_list() {
    let [group, deployment] = known_group();
    let early = error("DeploymentNotStartedException", "not started");
    let wire = Wire::new([group, deployment, early]);
    let seen = observe_of_known_group(&wire).await.unwrap();
    assert_eq!(seen.target, None);
}
