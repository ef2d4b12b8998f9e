//! A release with `RoleArn` is carried out as that role, and nothing else is.

use bluegreen_worker::job::AllowedRole;
use bluegreen_worker::simulator::codedeploy::Scenery;
use bluegreen_worker::simulator::codepipeline::{ActionStatus, ActionView};
use bluegreen_worker::simulator::scenery::{DEPLOY_ROLE, EXTERNAL_ID};
use bluegreen_worker::worker;
use tokio_util::sync::CancellationToken;

use crate::support::{Order, Stage, TASKDEF};

pub(crate) fn role(external_id: Option<&str>) -> AllowedRole {
    AllowedRole {
        arn: DEPLOY_ROLE.into(),
        external_id: external_id.map(str::to_owned),
    }
}

pub(crate) async fn released(stage: &Stage, allowed: &[AllowedRole], options: &str) -> ActionView {
    let action = stage.queue(&Order::default().option(options));
    let drain = CancellationToken::new();
    let hands = stage.hands(drain.clone()).with_roles(allowed);
    let work = tokio::spawn(async move { worker::run(&hands).await });
    let view = stage.end_of(&action).await;
    drain.cancel();
    work.await.expect("a worker does not panic");
    view
}

#[tokio::test(start_paused = true)]
async fn a_release_with_a_role_is_made_and_watched_as_that_role() {
    let stage = Stage::new();
    let options = format!("RoleArn={DEPLOY_ROLE}");
    let view = released(&stage, &[role(Some(EXTERNAL_ID))], &options).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    stage.world(|world| {
        let execution = world.ledger.calls("sts", "AssumeRole").next().expect("one");
        assert_eq!(execution.input["ExternalId"], EXTERNAL_ID);
        let session = execution.input["RoleSessionName"].as_str().expect("a name");
        let action = &world.codepipeline.actions()[0];
        assert_eq!(session, format!("bluegreen-worker@{}", action.execution));
        for entry in world.ledger.entries() {
            let is_release = ["codedeploy", "ecs", "ecr"].contains(&entry.service.as_str());
            let session = entry.role.as_deref().map(|arn| arn.ends_with(session));
            let wanted = is_release.then_some(true);
            assert_eq!(session, wanted, "{} {}", entry.service, entry.operation);
        }
        // A release of a quarter of an hour, in many visits, takes it once.
        assert_eq!(world.ledger.calls("sts", "AssumeRole").count(), 1);
    });
}

#[tokio::test(start_paused = true)]
async fn releases_of_one_role_are_looked_at_together() {
    let stage = Stage::new();
    let other = Scenery {
        service: "other".into(),
        application: "other".into(),
        group: "other".into(),
        ..Scenery::default()
    };
    stage
        .world(|world| other.build(world))
        .expect("a scene that works");
    let order = Order::default().option(&format!("RoleArn={DEPLOY_ROLE}"));
    let family = TASKDEF.replace("\"family\": \"webapp\"", "\"family\": \"other\"");
    let mut second = order.clone().file("taskdef.json", &family);
    for property in ["ApplicationName", "DeploymentGroupName"] {
        second.configuration.insert(property.into(), "other".into());
    }
    let actions = [stage.queue(&order), stage.queue(&second)];
    let drain = CancellationToken::new();
    let hands = stage.hands(drain.clone());
    let hands = hands.with_roles(&[role(Some(EXTERNAL_ID))]);
    let work = tokio::spawn(async move { worker::run(&hands).await });
    for action in &actions {
        let view = stage.end_of(action).await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    }
    drain.cancel();
    work.await.expect("a worker does not panic");
    stage.world(|world| {
        let mut looks = world.ledger.calls("codedeploy", "BatchGetDeployments");
        let of_both = looks.any(|call| {
            let ids = call.input["deploymentIds"].as_array();
            ids.is_some_and(|ids| ids.len() == 2)
        });
        assert!(of_both);
    });
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_operator_has_not_listed_is_never_asked_for() {
    let stage = Stage::new();
    let other = "RoleArn=arn:aws:iam::111122223333:role/admin";
    let view = released(&stage, &[role(Some(EXTERNAL_ID))], other).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let error = view.error.expect("an error");
    assert!(error.message.contains("role/admin"), "{}", error.message);
    stage.world(|world| assert_eq!(world.ledger.calls("sts", "AssumeRole").count(), 0));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_does_not_trust_the_worker_is_named_with_the_call() {
    let stage = Stage::new();
    let options = format!("RoleArn={DEPLOY_ROLE}");
    let view = released(&stage, &[role(None)], &options).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let error = view.error.expect("an error");
    assert_eq!(error.code, "PermissionError");
    for words in ["sts:AssumeRole", DEPLOY_ROLE] {
        assert!(error.message.contains(words), "{}", error.message);
    }
    assert_eq!(stage.effects("codedeploy", "CreateDeployment"), 0);
}
