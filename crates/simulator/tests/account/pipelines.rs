//! Tests of pipelines through the calls of their owners.

use serde_json::{Value, json};

use simulator::api::ApiError;
use simulator::codepipeline::call;
use simulator::world::World;

use crate::prepared::action_type;

const BUCKET: &str = "releases";

/// A world with the action type and a source object that can be fetched.
fn world(is_versioned: bool) -> World {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    world.seed(&[action_type()]);
    world.s3.create_bucket(BUCKET);
    world.s3.set_versioned(BUCKET, is_versioned);
    let now = world.now();
    let place = (BUCKET, "release.zip");
    world
        .s3
        .put(&mut world.names, now, place, b"zip".to_vec())
        .unwrap();
    world
}

fn pipeline(provider: &str, input: &str) -> Value {
    let property = |name: &str| (name.to_owned(), json!("Release"));
    let configuration: Value = [
        "ApplicationName",
        "DeploymentGroupName",
        "TaskDefinitionTemplateArtifact",
        "AppSpecTemplateArtifact",
    ]
    .into_iter()
    .map(property)
    .collect::<serde_json::Map<_, _>>()
    .into();
    let id = |category: &str, owner: &str, provider: &str| json!({ "category": category, "owner": owner, "provider": provider, "version": "1" });
    json!({ "pipeline": {
        "name": "webapp",
        "roleArn": "arn:aws:iam::111122223333:role/pipeline",
        "artifactStore": { "type": "S3", "location": BUCKET },
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Fetch",
                "actionTypeId": id("Source", "AWS", "S3"),
                "configuration": { "S3Bucket": BUCKET, "S3ObjectKey": "release.zip" },
                "outputArtifacts": [{ "name": "Release" }],
            }] },
            { "name": "Deploy", "actions": [{
                "name": "Release",
                "actionTypeId": id("Deploy", "Custom", provider),
                "configuration": configuration,
                "inputArtifacts": [{ "name": input }],
            }] },
        ],
    }})
}

fn execution(world: &mut World) -> Value {
    let state = call(world, "GetPipelineState", &json!({ "name": "webapp" })).unwrap();
    let execution = state["stageStates"][0]["latestExecution"]["pipelineExecutionId"].clone();
    let asked = json!({ "pipelineName": "webapp", "pipelineExecutionId": execution });
    let answer = call(world, "GetPipelineExecution", &asked).unwrap();
    answer["pipelineExecution"].clone()
}

fn status(world: &mut World) -> Value {
    execution(world)["status"].clone()
}

fn create(world: &mut World, pipeline: &Value) -> Result<Value, ApiError> {
    call(world, "CreatePipeline", pipeline)
}

#[test]
fn a_new_pipeline_runs_at_once_and_ends_with_its_action() {
    let mut world = world(true);
    create(&mut world, &pipeline("RustBlueGreenDeploy", "Release")).unwrap();
    let shown = execution(&mut world);
    assert_eq!(shown["status"], "InProgress");
    let version = &world.s3.get(BUCKET, "release.zip").unwrap().version_id;
    assert_eq!(shown["artifactRevisions"][0]["name"], "Release");
    assert_eq!(shown["artifactRevisions"][0]["revisionId"], **version);
    assert_eq!(shown["trigger"]["triggerType"], "CreatePipeline");
    let polled = json!({ "actionTypeId": {
        "category": "Deploy", "owner": "Custom", "provider": "RustBlueGreenDeploy", "version": "1",
    }});
    let jobs = call(&mut world, "PollForJobs", &polled).unwrap();
    let job = &jobs["jobs"][0];
    let artifact = &job["data"]["inputArtifacts"][0];
    assert_eq!(artifact["name"], "Release");
    assert_eq!(artifact["location"]["s3Location"]["bucketName"], BUCKET);
    let taken = json!({ "jobId": job["id"], "nonce": job["nonce"] });
    call(&mut world, "AcknowledgeJob", &taken).unwrap();
    call(
        &mut world,
        "PutJobSuccessResult",
        &json!({ "jobId": job["id"] }),
    )
    .unwrap();
    assert_eq!(status(&mut world), "Succeeded");
}

#[test]
fn a_source_that_cannot_be_fetched_fails_the_execution() {
    let mut world = world(false);
    create(&mut world, &pipeline("RustBlueGreenDeploy", "Release")).unwrap();
    assert_eq!(status(&mut world), "Failed");
    let state = call(&mut world, "GetPipelineState", &json!({ "name": "webapp" })).unwrap();
    let error = &state["stageStates"][0]["actionStates"][0]["latestExecution"]["errorDetails"];
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|it| it.contains("not versioned"))
    );
    // With the bucket fixed, a new execution proceeds.
    world.s3.set_versioned(BUCKET, true);
    call(
        &mut world,
        "StartPipelineExecution",
        &json!({ "name": "webapp" }),
    )
    .unwrap();
    assert_eq!(status(&mut world), "InProgress");
}

#[test]
fn a_structure_that_cannot_run_is_refused() {
    let refused = |provider: &str, input: &str| {
        create(&mut world(true), &pipeline(provider, input))
            .unwrap_err()
            .code
    };
    assert_eq!(
        refused("Unknown", "Release"),
        "InvalidActionDeclarationException"
    );
    assert_eq!(
        refused("RustBlueGreenDeploy", "Other"),
        "InvalidStructureException"
    );
    let mut twice = world(true);
    let structure = pipeline("RustBlueGreenDeploy", "Release");
    create(&mut twice, &structure).unwrap();
    let again = create(&mut twice, &structure).unwrap_err();
    assert_eq!(again.code, "PipelineNameInUseException");
}

#[test]
fn an_execution_that_has_ended_cannot_be_stopped() {
    for is_versioned in [true, false] {
        let mut world = world(is_versioned);
        create(&mut world, &pipeline("RustBlueGreenDeploy", "Release")).unwrap();
        let id = execution(&mut world)["pipelineExecutionId"].clone();
        let stop = json!({ "pipelineName": "webapp", "pipelineExecutionId": id, "abandon": true });
        if is_versioned {
            call(&mut world, "StopPipelineExecution", &stop).unwrap();
        }
        let before = status(&mut world);
        let refused = call(&mut world, "StopPipelineExecution", &stop).unwrap_err();
        assert_eq!(refused.code, "PipelineExecutionNotStoppableException");
        assert_eq!(status(&mut world), before);
    }
}

#[test]
fn a_stage_that_cannot_start_does_not_fail_the_one_before() {
    let mut world = world(true);
    let mut structure = pipeline("RustBlueGreenDeploy", "Release");
    let mut later = structure["pipeline"]["stages"][1].clone();
    later["name"] = json!("Later");
    let stages = structure["pipeline"]["stages"].as_array_mut().unwrap();
    stages.push(later);
    create(&mut world, &structure).unwrap();
    let id = json!({
        "category": "Deploy", "owner": "Custom", "provider": "RustBlueGreenDeploy", "version": "1",
    });
    let jobs = call(&mut world, "PollForJobs", &json!({ "actionTypeId": id })).unwrap();
    let job = &jobs["jobs"][0];
    let taken = json!({ "jobId": job["id"], "nonce": job["nonce"] });
    call(&mut world, "AcknowledgeJob", &taken).unwrap();
    call(&mut world, "DeleteCustomActionType", &id).unwrap();
    let done = json!({ "jobId": job["id"] });
    call(&mut world, "PutJobSuccessResult", &done).unwrap();
    world.leap(std::time::Duration::from_secs(1));
    let state = call(&mut world, "GetPipelineState", &json!({ "name": "webapp" })).unwrap();
    let stages = state["stageStates"].as_array().unwrap().iter();
    let statuses: Vec<_> = stages
        .map(|stage| stage["latestExecution"]["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["Succeeded", "Succeeded", "Failed"]);
}
