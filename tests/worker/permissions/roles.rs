//! A release with `RoleArn` uses that role, and other releases do not.

use bluegreen_worker::job::AllowedRole;
use bluegreen_worker::worker;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::fixture::{DEPLOY_ROLE, EXTERNAL_ID};
use tokio_util::sync::CancellationToken;

use crate::support::{Harness, Order, TASKDEF};

pub(crate) fn role(external_id: Option<&str>) -> AllowedRole {
    AllowedRole {
        arn: DEPLOY_ROLE.into(),
        external_id: external_id.map(str::to_owned),
    }
}

pub(crate) async fn released(
    harness: &Harness,
    allowed: &[AllowedRole],
    options: &str,
) -> ActionView {
    let action = harness.queue(&Order::default().option(options));
    let drain = CancellationToken::new();
    let context = harness.context(drain.clone()).with_roles(allowed);
    let work = tokio::spawn(async move { worker::run(&context).await });
    let view = harness.end_of(&action).await;
    drain.cancel();
    work.await.expect("a worker does not panic");
    view
}

#[tokio::test(start_paused = true)]
async fn a_release_with_a_role_is_made_and_watched_as_that_role() {
    let harness = Harness::new();
    let options = format!("RoleArn={DEPLOY_ROLE}");
    let view = released(&harness, &[role(Some(EXTERNAL_ID))], &options).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    harness.world(|world| {
        let execution = world.ledger.calls("sts", "AssumeRole").next().expect("one");
        assert_eq!(execution.input["ExternalId"], EXTERNAL_ID);
        let session = execution.input["RoleSessionName"].as_str().expect("a name");
        let action = &world.codepipeline.actions()[0];
        assert_eq!(session, format!("bluegreen-worker@{}", action.execution));
        for entry in world.ledger.entries() {
            let release = ["codedeploy", "ecs", "ecr", "elasticloadbalancing"];
            let is_release = release.contains(&entry.service.as_str());
            let session = entry.role.as_deref().map(|arn| arn.ends_with(session));
            let wanted = is_release.then_some(true);
            assert_eq!(session, wanted, "{} {}", entry.service, entry.operation);
        }
        // A release of a quarter of an hour, with many jobs, assumes the role
        // once.
        assert_eq!(world.ledger.calls("sts", "AssumeRole").count(), 1);
    });
}

#[tokio::test(start_paused = true)]
async fn releases_of_one_role_are_looked_at_together() {
    let harness = Harness::new();
    let other = Fixture {
        service: "other".into(),
        application: "other".into(),
        group: "other".into(),
        ..Fixture::default()
    };
    harness
        .world(|world| other.build(world))
        .expect("a scene that works");
    let order = Order::default().option(&format!("RoleArn={DEPLOY_ROLE}"));
    let family = TASKDEF.replace("\"family\": \"webapp\"", "\"family\": \"other\"");
    let mut second = order.clone().file("taskdef.json", &family);
    for property in ["ApplicationName", "DeploymentGroupName"] {
        second.configuration.insert(property.into(), "other".into());
    }
    let actions = [harness.queue(&order), harness.queue(&second)];
    let drain = CancellationToken::new();
    let context = harness.context(drain.clone());
    let context = context.with_roles(&[role(Some(EXTERNAL_ID))]);
    let work = tokio::spawn(async move { worker::run(&context).await });
    for action in &actions {
        let view = harness.end_of(action).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    }
    drain.cancel();
    work.await.expect("a worker does not panic");
    harness.world(|world| {
        let mut observations = world.ledger.calls("codedeploy", "BatchGetDeployments");
        let of_both = observations.any(|call| {
            let ids = call.input["deploymentIds"].as_array();
            ids.is_some_and(|ids| ids.len() == 2)
        });
        assert!(of_both);
    });
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_operator_has_not_listed_is_never_asked_for() {
    let harness = Harness::new();
    let other = "RoleArn=arn:aws:iam::111122223333:role/admin";
    let view = released(&harness, &[role(Some(EXTERNAL_ID))], other).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let error = view.error.expect("an error");
    assert!(error.message.contains("role/admin"), "{}", error.message);
    harness.world(|world| assert_eq!(world.ledger.calls("sts", "AssumeRole").count(), 0));
}

/// The operator takes the role off the list while the deployment is under way.
#[tokio::test(start_paused = true)]
async fn a_role_that_is_no_longer_listed_leaves_its_deployment_and_says_so() {
    let harness = Harness::new();
    let options = format!("RoleArn={DEPLOY_ROLE}");
    let action = harness.queue(&Order::default().option(&options));
    let drain = CancellationToken::new();
    let context = harness.context(drain.clone());
    let context = context.with_roles(&[role(Some(EXTERNAL_ID))]);
    let changed = context.clone();
    let work = tokio::spawn(async move { worker::run(&context).await });
    harness
        .until(|world| world.ledger.effects("codedeploy", "CreateDeployment") == 1)
        .await;
    let _ = changed.with_roles(&[]);
    let view = harness.end_of(&action).await;
    drain.cancel();
    work.await.expect("a worker does not panic");
    let deployment = view.external_execution_id.expect("a link");
    let message = view.error.expect("an error").message;
    for words in [DEPLOY_ROLE, &deployment] {
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_does_not_trust_the_worker_is_named_with_the_call() {
    let harness = Harness::new();
    let options = format!("RoleArn={DEPLOY_ROLE}");
    let view = released(&harness, &[role(None)], &options).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let error = view.error.expect("an error");
    assert_eq!(error.code, "PermissionError");
    for words in ["sts:AssumeRole", DEPLOY_ROLE] {
        assert!(error.message.contains(words), "{}", error.message);
    }
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 0);
}
