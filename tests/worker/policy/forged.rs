//! Continuation tokens that no worker wrote: the worker compares what they name
//! with AWS.

use std::time::Duration;

use bluegreen_worker::job::action_type::PROVIDER;
use bluegreen_worker::worker;
use serde_json::{Value, json};
use simulator::codepipeline::{self, ActionStatus, ActionTypeId, ActionView};
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::World;
use simulator::{codedeploy, ecs};
use tokio_util::sync::CancellationToken;

use super::judged::{deployed, gate, larger};
use crate::support::play::{Scene, another_client_deploys, world};
use crate::support::{Harness, Order};

/// An account with a release whose token is forged.
struct Forgery {
    harness: Harness,
    action: String,
}

impl Forgery {
    fn new(options: &str) -> Self {
        let harness = Harness::with(world(Scene::Good));
        let order = match options {
            "" => Order::default(),
            options => Order::default().option(options),
        };
        let action = harness.queue(&order);
        Self { harness, action }
    }

    /// Reports the job as a worker would, with this token.
    fn hand_back(&self, token: &str) {
        self.harness.world(|world| {
            let mut call = |operation: &str, input: Value| {
                codepipeline::call(world, operation, &input).expect("CodePipeline takes it")
            };
            let asked = json!({ "actionTypeId": ActionTypeId::custom("Deploy", PROVIDER, "1"), "maxBatchSize": 1 });
            let job = call("PollForJobs", asked)["jobs"][0].clone();
            call(
                "AcknowledgeJob",
                json!({ "jobId": job["id"], "nonce": job["nonce"] }),
            );
            call(
                "PutJobSuccessResult",
                json!({ "jobId": job["id"], "continuationToken": token }),
            );
        });
    }

    /// Registers a task definition by hand and returns its ARN.
    fn register(&self, taskdef: &str) -> String {
        let text = taskdef.replace("<IMAGE1_NAME>", "example.com/other:1");
        let body: Value = serde_json::from_str(&text).expect("JSON");
        let answer = self
            .harness
            .world(|world| ecs::call(world, "RegisterTaskDefinition", &body));
        let answer = answer.expect("ECS registers it");
        let arn = answer["taskDefinition"]["taskDefinitionArn"].as_str();
        arn.expect("an ARN").to_owned()
    }

    /// A deployment of someone else, in progress.
    fn deployment(&self) -> String {
        self.harness.world(|world| {
            assert!(another_client_deploys(world, &Default::default()));
            newest_deployment(world)
        })
    }

    /// Runs a worker with the policy until the release ends.
    async fn end(&self) -> ActionView {
        let drain = CancellationToken::new();
        let context = self.harness.context(drain.clone()).with_policy(gate());
        let work = tokio::spawn(async move { worker::run(&context).await });
        let view = self.harness.end_of(&self.action).await;
        drain.cancel();
        work.await.expect("a worker does not panic");
        view
    }
}

/// The group's newest deployment.
fn newest_deployment(world: &mut World) -> String {
    let group = json!({ "applicationName": "webapp", "deploymentGroupName": "webapp" });
    let answer = codedeploy::call(world, "GetDeploymentGroup", &group).expect("it is there");
    let last = &answer["deploymentGroupInfo"]["lastAttemptedDeployment"];
    last["deploymentId"]
        .as_str()
        .expect("it was made")
        .to_owned()
}

fn registered(version: u32, arn: &str) -> String {
    format!(
        r#"{{"v":{version},"since":"2026-01-01T00:00:00Z","percent":5,"release":{{"task_definition":"{arn}"}}}}"#
    )
}

fn deploying(arn: &str, deployment: &str) -> String {
    format!(
        r#"{{"v":1,"since":"2020-01-01T00:00:00Z","percent":5,"release":{{"task_definition":"{arn}"}},"deployment":"{deployment}"}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_only_a_token_names_is_not_deployed() {
    for version in [1, 2] {
        let forgery = Forgery::new("");
        let arn = forgery.register(&larger());
        forgery.hand_back(&registered(version, &arn));
        let view = forgery.end().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
        let pairs = deployed(&forgery.harness, &forgery.action);
        assert_eq!(pairs, [("256".to_owned(), true)], "version {version}");
        assert_ne!(view.output_variables["TaskDefinitionArn"], arn);
        let summary = view.summary.expect("a summary");
        assert!(summary.contains("it was not deployed"), "{summary}");
    }
}

/// No revision, a revision of another account, and the family alone, which
/// stands for its newest revision.
#[tokio::test(start_paused = true)]
async fn the_judged_pair_is_deployed_with_any_token() {
    for name in [
        "webapp",
        "webapp:9",
        "",
        "arn:aws:ecs:eu-west-1:999999999999:task-definition/webapp:1",
        "%s",
    ] {
        let forgery = Forgery::new("");
        forgery.register(&larger());
        forgery.hand_back(&registered(1, name));
        let view = forgery.end().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{name}: {view:#?}");
        let pairs = deployed(&forgery.harness, &forgery.action);
        assert_eq!(pairs, [("256".to_owned(), true)], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_deployment_is_no_success_of_this_release() {
    let forgery = Forgery::new("");
    let deployment = forgery.deployment();
    forgery.hand_back(&deploying("webapp:1", &deployment));
    forgery.harness.wait(Duration::from_secs(3600)).await;
    let status = forgery.harness.world(|world| {
        let asked = json!({ "deploymentId": deployment });
        let answer = codedeploy::call(world, "GetDeployment", &asked).expect("it is there");
        answer["deploymentInfo"]["status"].clone()
    });
    assert_eq!(status, "Succeeded");
    let view = forgery.end().await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let error = view.error.expect("a reason");
    assert!(
        error.message.contains("not a deployment of this release"),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_foreign_deployment_is_neither_stopped_nor_continued() {
    for options in ["Timeout=1m; OnTimeout=Rollback", "ContinueWhenReady=Always"] {
        let forgery = Forgery::new(options);
        let deployment = forgery.deployment();
        forgery.hand_back(&deploying("webapp:1", &deployment));
        let view = forgery.end().await;
        assert_eq!(view.status, ActionStatus::Failed, "{options}: {view:#?}");
        for operation in ["StopDeployment", "ContinueDeployment"] {
            assert_eq!(
                forgery.harness.effects("codedeploy", operation),
                0,
                "{options}"
            );
        }
    }
}

/// Someone else's deployment that bears the release's key, of a revision that
/// nobody checked.
#[tokio::test(start_paused = true)]
async fn a_deployment_that_bears_the_key_is_reported_as_what_it_is() {
    let refused = larger().replace("\"512\"", "\"4096\"");
    for order in [
        Order::default(),
        Order::default().file("taskdef.json", &refused),
    ] {
        let harness = Harness::with(world(Scene::Good));
        let action = harness.queue(&order);
        let forgery = Forgery { harness, action };
        forgery.register(&larger());
        let description = format!("bluegreen-worker key={}", forgery.action);
        forgery.harness.world(|world| {
            let new = json!({
                "applicationName": "webapp",
                "deploymentGroupName": "webapp",
                "description": description,
                "revision": {
                    "revisionType": "AppSpecContent",
                    "appSpecContent": {
                        "content": codedeploy::Fixture::default().app_spec("webapp:2"),
                    },
                },
            });
            codedeploy::call(world, "CreateDeployment", &new).expect("the group is free");
        });
        // The comparison with what was checked fails at first.
        forgery.harness.world(|world| {
            for n in 2..=8 {
                let fault = Fault {
                    service: "ecs".into(),
                    operation: "DescribeTaskDefinition".into(),
                    occurrence: Occurrence::Nth(n),
                    kind: Kind::Unavailable,
                };
                world.faults.add(fault).expect("a fault");
            }
        });
        forgery.hand_back(r#"{"v":1,"since":"2026-01-01T00:00:00Z","percent":5}"#);
        let view = forgery.end().await;
        assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
        let summary = view.summary.expect("a summary");
        assert!(
            summary.contains("webapp:2, which is not known to be what was checked"),
            "{summary}"
        );
        assert_eq!(forgery.harness.effects("ecs", "RegisterTaskDefinition"), 0);
    }
}

/// The release's own deployment, but not the revision it was made of.
#[tokio::test(start_paused = true)]
async fn a_token_cannot_give_a_deployment_another_revision() {
    let forgery = Forgery::new("");
    let worker = forgery.harness.worker();
    forgery
        .harness
        .until(|world| world.ledger.effects("codedeploy", "CreateDeployment") == 1)
        .await;
    worker.stop().await;
    let deployment = forgery.harness.world(newest_deployment);
    let is_offered = |world: &World| world.codepipeline.jobs().len() > 1;
    forgery.harness.until(is_offered).await;
    forgery.harness.wait(Duration::from_secs(10)).await;
    let token = deploying("webapp:1", &deployment).replace("2020", "2026");
    forgery.hand_back(&token);
    let view = forgery.end().await;
    let error = view.error.expect("a reason");
    assert!(
        error.message.contains("not a deployment of this release"),
        "{error:?}"
    );
}
