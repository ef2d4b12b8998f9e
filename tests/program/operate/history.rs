//! `history` for releases that have ended and one in progress.

use serde_json::{Value, json};
use simulator::codedeploy::Fixture;
use simulator::codepipeline::ActionStatus;
use simulator::world::World;

use crate::account::Account;
use crate::support::{Order, service};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_sees_who_released_what_and_stops_what_is_under_way() {
    let account = Account::new().await;
    let worker = account.worker(&[]);
    let action = account.queue();
    let made = |world: &mut World| world.ledger.effects("codedeploy", "CreateDeployment");
    account.until(|world| made(world) == 1).await;

    let of_group = ["history", "--application", "webapp", "--group", "webapp"];
    let (code, out, err) = account.ask(&of_group).await;
    assert_eq!(code, Some(0), "{err}");
    let deployment = out
        .split_whitespace()
        .find(|word| word.starts_with("d-"))
        .unwrap_or_else(|| panic!("no deployment: {out}"))
        .to_owned();

    let (code, out, err) = account.ask(&["continue", &deployment]).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("it does not wait to be continued"), "{err}");
    let (code, out, err) = account.ask(&["stop", &deployment, "--rollback"]).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("the traffic goes back to the old tasks"),
        "{out}"
    );
    let ended = account.end_of(&action).await;
    assert_eq!(ended.status, ActionStatus::Failed, "{ended:#?}");
    let (code, _, err) = account.ask(&["stop", &deployment]).await;
    assert_eq!(code, Some(1));
    assert!(
        err.contains("is Stopped: there is nothing to stop"),
        "{err}"
    );
    let (code, _, err) = account.ask(&["stop", "d-NOTTHERE0"]).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("has no deployment d-NOTTHERE0"), "{err}");

    // The same release, from the group's and from the pipeline's side.
    let pipeline = account.world(|world| {
        let view = world.codepipeline.view(&action).expect("it was queued");
        view.pipeline
    });
    let of_pipeline = ["history", "--pipeline", &pipeline, "--json"];
    for words in [[&of_group[..], &["--json"]].concat(), of_pipeline.to_vec()] {
        let (code, out, err) = account.ask(&words).await;
        assert_eq!(code, Some(0), "{err}");
        let shown: Value = serde_json::from_str(&out).expect("JSON");
        let releases = shown["releases"].as_array().expect("a list");
        let release = releases.iter().find(|one| one["deployment"] == *deployment);
        let release = release.unwrap_or_else(|| panic!("it is not shown: {out}"));
        assert_eq!(release["pipeline"], pipeline);
        let reason = release["reason"].as_str().expect("why it failed");
        let words =
            format!("Deployment {deployment} was stopped: a person or another program stopped it.");
        assert!(reason.starts_with(&words), "{reason}");
    }
    worker.stops().await;

    // A denied call is reported, and the rest is shown.
    account.deny("codepipeline:ListActionExecutions");
    let (code, out, err) = account.ask(&of_group).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains(&deployment), "{out}");
    let denied = format!("What pipeline {pipeline} knows of its releases is not shown: ");
    let note = out.lines().last().expect("a line");
    assert!(note.starts_with(&denied), "{note}");
    assert!(note.contains("AccessDeniedException"), "{note}");
    account.deny("codedeploy:BatchGetDeployments");
    account.deny("codedeploy:GetDeployment");
    let (code, out, err) = account.ask(&of_group).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Some releases are not shown: "), "{out}");
    account.deny("codedeploy:ListDeployments");
    let (code, out, err) = account.ask(&of_group).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("codedeploy:ListDeployments"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_continues_what_waits_and_the_pipeline_says_so() {
    let account = Account::with(&Fixture {
        ready_wait_minutes: Some(30),
        ..Fixture::default()
    })
    .await;
    let worker = account.worker(&[]);
    let action = account.queue();
    let summary = account.summary(&action, "Ready: waiting").await;
    let deployment = summary
        .split_whitespace()
        .find(|word| word.starts_with("d-"))
        .expect("it names the deployment");
    let (code, out, err) = account.ask(&["continue", deployment]).await;
    assert_eq!(code, Some(0), "{err}");
    let words = format!("Deployment {deployment} goes on: its traffic is shifted now.\n");
    assert_eq!(out, words);
    account.summary(&action, "; continued by hand").await;
    let ended = account.end_of(&action).await;
    assert_eq!(ended.status, ActionStatus::Succeeded, "{ended:#?}");
    worker.stops().await;
}

/// ECS's deployments name no pipeline; the pipeline's action names the
/// deployment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_releases_to_a_service_are_shown_with_what_its_pipeline_knows() {
    let account = Account::new().await;
    let action = account.world(|world| {
        service().build(world).expect("a scene that works");
        let queued = world.queue_action(Order::ecs().declaration());
        queued.expect("a pipeline accepts the action")
    });
    let worker = account.worker(&[("BLUEGREEN_ACTION_VERSION", "2")]);
    let ended = account.end_of(&action).await;
    assert_eq!(ended.status, ActionStatus::Succeeded, "{ended:#?}");
    worker.stops().await;

    let of_service = ["history", "--cluster", "prod", "--service", "webapp"];
    let ask = async |more: &[&str]| {
        let words = [&of_service[..], &["--json"], more].concat();
        let (code, out, err) = account.ask(&words).await;
        assert_eq!(code, Some(0), "{err}");
        serde_json::from_str::<Value>(&out).expect("JSON")
    };
    let revision = ended.output_variables["TaskDefinitionArn"].clone();
    let revision = revision.rsplit('/').next().expect("a name").to_owned();
    let newest = &ask(&[]).await["releases"][0];
    assert_eq!(newest["result"], "Succeeded");
    assert_eq!(newest["taskDefinition"], revision);
    assert_eq!(newest.get("pipeline"), None);
    let deployment = newest["deployment"].as_str().expect("an id");
    assert!(deployment.starts_with("prod/webapp/"), "{deployment}");

    let shown = ask(&["--pipeline", &ended.pipeline]).await;
    assert_eq!(shown["notes"], Value::Array(Vec::new()));
    assert_eq!(shown["releases"][0]["deployment"], deployment);
    assert_eq!(shown["releases"][0]["pipeline"], ended.pipeline);

    account.deny("ecs:DescribeServiceDeployments");
    let (code, out, err) = account.ask(&of_service).await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Some releases are not shown: "), "{out}");
    account.deny("ecs:ListServiceDeployments");
    let (code, out, err) = account.ask(&of_service).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("ecs:ListServiceDeployments"), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_continues_and_stops_what_ecs_deploys() {
    let account = Account::new().await;
    let mut service = service();
    service.deployment_configuration["lifecycleHooks"] = json!([{
        "targetType": "PAUSE",
        "lifecycleStages": ["POST_SCALE_UP"],
        "timeoutConfiguration": { "timeoutInMinutes": 30, "action": "ROLLBACK" },
    }]);
    let action = account.world(|world| {
        service.build(world).expect("a scene that works");
        let queued = world.queue_action(Order::ecs().declaration());
        queued.expect("a pipeline accepts the action")
    });
    let worker = account.worker(&[("BLUEGREEN_ACTION_VERSION", "2")]);
    let summary = account.summary(&action, "Ready: waiting").await;
    let arn = summary
        .split_whitespace()
        .find(|word| word.starts_with("arn:aws:ecs:"))
        .expect("it names the deployment");

    let of_service = ["history", "--cluster", "prod", "--service", "webapp"];
    let (_, out, _) = account.ask(&of_service).await;
    let mut words = out.split_whitespace();
    let shown = words.find(|word| arn.ends_with(&format!("/{word}")));
    let shown = shown.unwrap_or_else(|| panic!("{arn} is not in {out}"));
    let (code, out, err) = account.ask(&["continue", shown]).await;
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out, format!("Deployment {shown} goes on.\n"));

    let (code, _, err) = account.ask(&["stop", arn]).await;
    assert_eq!(code, Some(1));
    assert!(err.contains("add --rollback"), "{err}");
    let (code, _, err) = account.ask(&["stop", arn, "--rollback"]).await;
    assert_eq!(code, Some(0), "{err}");
    let ended = account.end_of(&action).await;
    assert_eq!(ended.status, ActionStatus::Failed, "{ended:#?}");
    worker.stops().await;
}
