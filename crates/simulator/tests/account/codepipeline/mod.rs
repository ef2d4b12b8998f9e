//! Tests of the job protocol's rules.

mod ending;
mod job_life;
mod limits;

use std::borrow::Borrow;
use std::time::Duration;

use serde_json::{Value, json};

use simulator::api::Answer;
use simulator::codepipeline::*;
use simulator::world::World;

use crate::prepared::action_type;

fn world() -> World {
    World::webapp("2026-01-01T00:00:00Z".parse().unwrap(), &[action_type()])
}

fn blue_green() -> ActionTypeId {
    ActionTypeId::custom("Deploy", "RustBlueGreenDeploy", "1")
}

fn call(world: &mut World, operation: &str, input: impl Borrow<Value>) -> Answer {
    simulator::codepipeline::call(world, operation, input.borrow())
}

fn code(answer: Answer) -> String {
    answer.expect_err("the call must be refused").code
}

fn declaration() -> ActionDeclaration {
    let required = [
        "ApplicationName",
        "DeploymentGroupName",
        "TaskDefinitionTemplateArtifact",
        "AppSpecTemplateArtifact",
    ];
    ActionDeclaration {
        action_type: blue_green(),
        pipeline: "webapp-pipeline-with-a-long-name".into(),
        stage: "Deploy".into(),
        action: "BlueGreen".into(),
        execution: None,
        configuration: required
            .map(|name| (name.to_owned(), "webapp".to_owned()))
            .into(),
        inputs: vec![InputArtifact {
            name: "BuildArtifact".into(),
            source: Source::Content(b"PK".to_vec().into()),
        }],
        encryption_key: None,
    }
}

fn queued() -> (World, String) {
    let mut world = world();
    let id = world.queue_action(declaration()).unwrap();
    (world, id)
}

fn poll(world: &mut World) -> Vec<Value> {
    let input = json!({ "actionTypeId": blue_green(), "maxBatchSize": 10 });
    let answer = call(world, "PollForJobs", input).unwrap();
    answer["jobs"].as_array().unwrap().clone()
}

fn acknowledge(world: &mut World, job: &Value) -> Answer {
    let input = json!({ "jobId": job["id"], "nonce": job["nonce"] });
    call(world, "AcknowledgeJob", input)
}

/// Polls for the only job and acknowledges it.
fn claimed(world: &mut World) -> Value {
    let job = poll(world).remove(0);
    let status = acknowledge(world, &job).unwrap();
    assert_eq!(status["status"], "InProgress");
    job
}

fn pass(world: &mut World, seconds: u64) {
    world.leap(Duration::from_secs(seconds));
}
