//! ECS's responses about its own deployments as our values.

use serde_json::{Value, json};

use super::wire::{Reply, Wire, clock, error, json as reply};
use crate::aws::Engines;
use crate::job::{DeployTarget, DeploymentId, Key, TaskDefinitionArn};
use crate::ports::{Created, Deployments as _, NewDeployment, OwnDeployment, StopAnswer};
use crate::rollout::seen::{
    ALARMS_TRIGGERED, DeploymentStatus, EventStatus, MANUAL_STOP, TargetStatus, TaskSetSeen,
};
use crate::rollout::step::StopMode;

const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333";

fn deployments(wire: &Wire) -> Engines {
    Engines::new(&wire.config(), &clock())
}

fn id(name: &str) -> DeploymentId {
    DeploymentId::new(format!("{ARN}:service-deployment/prod/web/{name}"))
}

fn revision(number: u32) -> String {
    format!("{ARN}:service-revision/prod/web/{number}")
}

fn web(number: u32) -> TaskDefinitionArn {
    TaskDefinitionArn::new(format!("{ARN}:task-definition/web:{number}"))
}

/// A deployment of revision 7 with these members changed.
fn shown(name: &str, changes: &Value) -> Value {
    let mut deployment = json!({
        "serviceDeploymentArn": id(name).as_str(),
        "serviceArn": format!("{ARN}:service/prod/web"),
        "clusterArn": format!("{ARN}:cluster/prod"),
        "createdAt": 1_700_000_000.5,
        "updatedAt": 1_700_000_060,
        "status": "IN_PROGRESS",
        "lifecycleStage": "PRODUCTION_TRAFFIC_SHIFT",
        "deploymentConfiguration": {"strategy": "LINEAR", "bakeTimeInMinutes": 3},
        "targetServiceRevision": {
            "arn": revision(7), "requestedTaskCount": 2, "runningTaskCount": 1,
            "pendingTaskCount": 1, "requestedProductionTrafficWeight": 12.5},
        "sourceServiceRevisions": [{
            "arn": revision(6), "requestedTaskCount": 2, "runningTaskCount": 2,
            "pendingTaskCount": 0, "requestedProductionTrafficWeight": 87.5}],
    });
    for (name, value) in changes.as_object().unwrap() {
        deployment[name] = value.clone();
    }
    deployment
}

fn described(deployments: &[Value]) -> Reply {
    reply(&json!({"serviceDeployments": deployments, "failures": []}))
}

fn revisions() -> Reply {
    let one = |number| {
        json!({"serviceRevisionArn": revision(number), "taskDefinition": web(number).as_str(),
            "resolvedConfiguration": {"loadBalancers": [{"targetGroupArn":
                format!("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web-{number}/x")}]}})
    };
    reply(&json!({"serviceRevisions": [one(6), one(7)]}))
}

fn listed(briefs: &[Value]) -> Reply {
    reply(&json!({"serviceDeployments": briefs}))
}

fn brief(name: &str, number: u32, status: &str, created: u32) -> Value {
    json!({"serviceDeploymentArn": id(name).as_str(), "status": status, "createdAt": created,
        "targetServiceRevisionArn": revision(number)})
}

#[tokio::test]
async fn a_deployment_is_read_with_its_revisions_which_are_read_once() {
    let wire = Wire::new([
        described(&[shown("a", &json!({}))]),
        revisions(),
        described(&[shown(
            "a",
            &json!({"lifecycleStage": "BAKE_TIME", "targetServiceRevision":
            {"arn": revision(7), "requestedProductionTrafficWeight": 100.0}}),
        )]),
    ]);
    let deployments = deployments(&wire);
    let mut seen = deployments.survey(&[id("a")]).await;
    let seen = seen.remove(0).unwrap().unwrap();
    assert_eq!(seen.status, DeploymentStatus::InProgress);
    assert_eq!(seen.deploys_to, DeployTarget::service("prod", "web"));
    assert_eq!(seen.revision(), Some(&web(7)));
    let target = seen.target.unwrap();
    assert_eq!(
        (target.id.as_str(), target.status),
        ("prod:web", TargetStatus::InProgress)
    );
    let green: &TaskSetSeen = &target.task_sets[0];
    assert_eq!((green.desired, green.pending, green.running), (2, 1, 1));
    assert_eq!(green.target_group.as_deref(), Some("web-7"));
    assert_eq!(green.traffic_weight, Some(12.5));

    let mut seen = deployments.survey(&[id("a")]).await;
    let target = seen.remove(0).unwrap().unwrap().target.unwrap();
    assert_eq!(target.status, TargetStatus::Succeeded);
    let calls = wire.operations();
    let once = calls
        .iter()
        .filter(|call| *call == "DescribeServiceRevisions");
    assert_eq!(once.count(), 1, "{calls:?}");
}

#[tokio::test]
async fn a_hook_that_waits_makes_the_deployment_ready() {
    let hooks = json!({"lifecycleHookDetails": [
        {"hookId": "ecs-lambda-1", "targetType": "AWS_LAMBDA", "status": "SUCCEEDED"},
        {"hookId": "ecs-pause-2", "targetType": "PAUSE", "status": "AWAITING_ACTION",
         "expiresAt": 1_700_001_000, "timeoutAction": "CONTINUE"}]});
    let wire = Wire::new([described(&[shown("a", &hooks)]), revisions()]);
    let mut seen = deployments(&wire).survey(&[id("a")]).await;
    let seen = seen.remove(0).unwrap().unwrap();
    assert_eq!(seen.status, DeploymentStatus::Ready);
    let hook = seen.awaited.unwrap();
    assert_eq!((hook.id.as_str(), hook.continues), ("ecs-pause-2", true));
}

#[tokio::test]
async fn an_end_is_explained_by_fields_and_by_a_newer_deployment() {
    let ended = json!({"status": "ROLLBACK_SUCCESSFUL", "finishedAt": 1_700_000_500,
        "statusReason": "text", "alarms": {"status": "TRIGGERED"},
        "lifecycleHookDetails": [{"hookId": "ecs-lambda-1", "status": "FAILED",
            "targetArn": "arn:aws:lambda:eu-west-1:1:function:check"}]});
    let wire = Wire::new([
        described(&[shown("a", &ended)]),
        revisions(),
        listed(&[
            brief("a", 7, "ROLLBACK_SUCCESSFUL", 1_700_000_000),
            brief("b", 6, "IN_PROGRESS", 1_700_000_400),
            brief("c", 7, "PENDING", 1_700_000_600),
        ]),
    ]);
    let mut seen = deployments(&wire).survey(&[id("a")]).await;
    let seen = seen.remove(0).unwrap().unwrap();
    assert_eq!(seen.status, DeploymentStatus::RolledBack);
    assert_eq!(seen.error.unwrap().code, ALARMS_TRIGGERED);
    assert_eq!(seen.superseded_by, Some(web(6)));
    let failed = &seen.target.unwrap().events[1];
    assert_eq!(failed.status, EventStatus::Failed);
}

#[tokio::test]
async fn what_comes_during_a_rollback_has_not_superseded_the_deployment() {
    let rolled_back = json!({"status": "ROLLBACK_SUCCESSFUL", "finishedAt": 1_700_000_500,
        "rollback": {"startedAt": 1_700_000_300}});
    // The rollback begins a while after somebody stopped the deployment.
    let mut stopped = rolled_back.clone();
    stopped["stoppedAt"] = json!(1_700_000_290);
    for (ended, created, expected) in [
        (&rolled_back, 1_700_000_300, Some(web(6))),
        (&rolled_back, 1_700_000_301, None),
        (&stopped, 1_700_000_290, Some(web(6))),
        (&stopped, 1_700_000_291, None),
    ] {
        let wire = Wire::new([
            described(&[shown("a", ended)]),
            revisions(),
            listed(&[brief("b", 6, "PENDING", created)]),
        ]);
        let mut seen = deployments(&wire).survey(&[id("a")]).await;
        let seen = seen.remove(0).unwrap().unwrap();
        assert_eq!(seen.superseded_by, expected, "{created}");
        let by_hand = ended == &stopped;
        assert_eq!(seen.error.unwrap().code == MANUAL_STOP, by_hand);
    }
}

#[tokio::test]
async fn statuses_that_aws_adds_are_in_progress() {
    let new = shown(
        "a",
        &json!({"status": "POLISHING", "lifecycleStage": "POLISH"}),
    );
    let wire = Wire::new([described(&[new]), revisions()]);
    let mut seen = deployments(&wire).survey(&[id("a")]).await;
    let seen = seen.remove(0).unwrap().unwrap();
    assert!(!seen.status.is_final());
    assert_eq!(seen.status.word(), "POLISHING");
}

#[tokio::test]
async fn twenty_deployments_are_read_with_one_call() {
    for (count, calls) in [(20, 1), (21, 2)] {
        let ids: Vec<DeploymentId> = (0..count).map(|number| id(&number.to_string())).collect();
        let wire = Wire::new((0..calls).map(|_| described(&[])));
        let answers = deployments(&wire).survey(&ids).await;
        assert_eq!(answers.len(), count);
        assert!(answers.iter().all(|answer| *answer == Ok(None)));
        assert_eq!(wire.operations().len(), calls);
    }
}

#[tokio::test]
async fn only_a_missing_deployment_is_gone() {
    let failure =
        |reason: &str| reply(&json!({"failures": [{"arn": id("a").as_str(), "reason": reason}]}));
    let wire = Wire::new([failure("MISSING"), failure("THROTTLED")]);
    let deployments = deployments(&wire);
    assert_eq!(deployments.survey(&[id("a")]).await, [Ok(None)]);
    let answer = deployments.survey(&[id("a")]).await.remove(0);
    assert!(answer.unwrap_err().is_transient());
}

#[tokio::test]
async fn one_deployment_that_may_not_be_read_does_not_hide_the_others() {
    let denied = || error("AccessDeniedException", "not authorized to perform that");
    let wire = Wire::new([
        denied(),
        described(&[shown("a", &json!({}))]),
        revisions(),
        denied(),
    ]);
    let answers = deployments(&wire).survey(&[id("a"), id("b")]).await;
    assert!(matches!(&answers[0], Ok(Some(seen)) if seen.id == id("a")));
    assert!(!answers[1].as_ref().unwrap_err().is_transient());
    let one_of_two = reply(&json!({
        "serviceDeployments": [shown("a", &json!({}))],
        "failures": [{"arn": id("b").as_str(), "reason": "NEW"}]}));
    let wire = Wire::new([one_of_two, revisions()]);
    let answers = deployments(&wire).survey(&[id("a"), id("b")]).await;
    assert!(matches!(&answers[0], Ok(Some(_))));
    assert!(answers[1].as_ref().unwrap_err().is_transient());
}

fn new() -> NewDeployment {
    NewDeployment {
        target: DeployTarget::service("prod", "web"),
        task_definition: web(7),
        codedeploy: None,
    }
}

fn service(number: u32) -> Reply {
    reply(
        &json!({"services": [{"serviceName": "web", "status": "ACTIVE",
        "deployments": [{"status": "PRIMARY", "taskDefinition": web(number).as_str()}]}]}),
    )
}

#[tokio::test(start_paused = true)]
async fn the_update_has_the_task_definition_alone() {
    let own = brief("a", 7, "PENDING", 1_700_000_000);
    let wire = Wire::new([
        listed(&[]),
        service(6),
        reply(&json!({"service": {}})),
        listed(&[]),
        listed(&[own]),
        revisions(),
    ]);
    let created = deployments(&wire).create(&new()).await;
    assert_eq!(created, Ok(Created::Started(id("a"))));
    let update = wire.sent()[2].json();
    let expected = json!({"cluster": "prod", "service": "web",
        "taskDefinition": web(7).as_str()});
    assert_eq!(update, expected);
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_is_not_updated() {
    let other = brief("b", 6, "IN_PROGRESS", 1_700_000_000);
    let wire = Wire::new([listed(&[other]), revisions()]);
    let created = deployments(&wire).create(&new()).await;
    assert_eq!(created, Ok(Created::GroupIsBusy));
}

/// Another deployment has begun while the worker waited to call again.
#[tokio::test(start_paused = true)]
async fn an_update_that_was_throttled_is_sent_again_only_if_the_service_is_still_free() {
    let other = brief("b", 6, "IN_PROGRESS", 1_700_000_000);
    let wire = Wire::new([
        listed(&[]),
        service(6),
        error("ThrottlingException", "Rate exceeded"),
        listed(&[other]),
        revisions(),
    ]);
    let created = deployments(&wire).create(&new()).await;
    assert_eq!(created, Ok(Created::GroupIsBusy));
}

/// The service has the revision already, but ECS does not show its deployment.
#[tokio::test(start_paused = true)]
async fn an_update_whose_answer_was_lost_is_not_sent_again() {
    let looks = (0..5).map(|_| listed(&[]));
    let wire = Wire::new([listed(&[]), service(7)].into_iter().chain(looks));
    let created = deployments(&wire).create(&new()).await;
    assert!(created.unwrap_err().is_transient());
    assert!(!wire.operations().contains(&"UpdateService".to_owned()));
}

#[tokio::test]
async fn a_release_without_a_revision_has_no_deployment() {
    let wire = Wire::new([]);
    let own = OwnDeployment {
        target: DeployTarget::service("prod", "web"),
        key: Key::new("k"),
        revision: None,
    };
    assert_eq!(deployments(&wire).find(&own).await, Ok(None));
    assert_eq!(wire.operations(), [""; 0]);
}

#[tokio::test]
async fn a_stop_or_a_continuation_that_comes_too_late_is_no_error() {
    let late = Wire::new([error("ConflictException", "")]);
    assert_eq!(
        deployments(&late).stop(&id("a"), StopMode::Rollback).await,
        Ok(StopAnswer::TooLate)
    );
    let waits = json!({"lifecycleHookDetails": [
        {"hookId": "ecs-pause-2", "status": "AWAITING_ACTION"}]});
    let wire = Wire::new([
        described(&[shown("a", &waits)]),
        error("InvalidParameterException", "already completed"),
    ]);
    assert_eq!(deployments(&wire).proceed(&id("a")).await, Ok(()));
    let denied = Wire::new([error("AccessDeniedException", "no")]);
    let answer = deployments(&denied)
        .stop(&id("a"), StopMode::Rollback)
        .await;
    assert_eq!(answer.unwrap_err().call, "ecs:StopServiceDeployment");
}

/// ECS may fill pages only partly, and does not document their order.
#[tokio::test]
async fn a_list_is_read_to_its_end_or_not_used() {
    let page = |number: usize, next: Option<usize>| {
        let created = 1_700_000_000 + u32::try_from(number).unwrap();
        reply(
            &json!({"serviceDeployments": [brief(&number.to_string(), 7, "SUCCESSFUL", created)],
            "nextToken": next.map(|next| next.to_string())}),
        )
    };
    let own = || OwnDeployment {
        target: DeployTarget::service("prod", "web"),
        key: Key::new("k"),
        revision: Some(web(7)),
    };
    let list = (0..7).map(|number| page(number, (number < 6).then_some(number + 1)));
    let newest = shown("6", &json!({}));
    let wire = Wire::new(list.chain([revisions(), described(&[newest])]));
    let found = deployments(&wire).find(&own()).await.unwrap();
    assert_eq!(found.unwrap().id, id("6"));
    let endless = Wire::new((0..100).map(|number| page(number, Some(number + 1))));
    let found = deployments(&endless).find(&own()).await;
    assert_eq!(found.unwrap_err().code, "EndlessList");
}
