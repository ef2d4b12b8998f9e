//! A pipeline with a worker of its own: what an action makes, stages that are
//! retried, and changes to the pipeline.

use serde_json::{Value, json};

use simulator::codepipeline::call;
use simulator::keys::Caller;
use simulator::world::World;

use crate::s3::send_as;

fn action_type() -> Value {
    json!({ "category": "Test", "owner": "Custom", "provider": "Checks", "version": "1" })
}

fn structure() -> Value {
    let action = |name: &str, inputs: Value, outputs: Value| json!({ "name": name, "actionTypeId": action_type(), "inputArtifacts": inputs, "outputArtifacts": outputs });
    let source = json!({ "category": "Source", "owner": "AWS", "provider": "S3", "version": "1" });
    json!({ "pipeline": {
        "name": "checked",
        "roleArn": "arn:aws:iam::111122223333:role/pipeline",
        "artifactStore": { "type": "S3", "location": "releases" },
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Fetch",
                "actionTypeId": source,
                "configuration": { "S3Bucket": "releases", "S3ObjectKey": "release.zip" },
                "outputArtifacts": [{ "name": "Code" }],
            }] },
            { "name": "Make", "actions": [
                action("One", json!([{ "name": "Code" }]), json!([{ "name": "Made" }])),
                action("Two", json!([]), json!([])),
            ] },
            { "name": "Use", "actions": [action("Three", json!([{ "name": "Made" }]), json!([]))] },
        ],
    }})
}

fn world() -> World {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    world.s3.create_bucket("releases");
    world.s3.set_versioned("releases", true);
    let now = world.now();
    let place = ("releases", "release.zip");
    let put = world.s3.put(&mut world.names, now, place, b"zip".to_vec());
    put.unwrap();
    let mut kind = action_type();
    kind["inputArtifactDetails"] = json!({ "minimumCount": 0, "maximumCount": 1 });
    kind["outputArtifactDetails"] = json!({ "minimumCount": 0, "maximumCount": 1 });
    kind.as_object_mut().unwrap().remove("owner");
    call(&mut world, "CreateCustomActionType", &kind).unwrap();
    call(&mut world, "CreatePipeline", &structure()).unwrap();
    world
}

/// The next job, acknowledged.
fn job(world: &mut World) -> Value {
    let asked = json!({ "actionTypeId": action_type(), "maxBatchSize": 1 });
    let jobs = call(world, "PollForJobs", &asked).unwrap();
    let job = jobs["jobs"][0].clone();
    let taken = json!({ "jobId": job["id"], "nonce": job["nonce"] });
    call(world, "AcknowledgeJob", &taken).unwrap();
    job
}

fn succeed(world: &mut World, job: &Value) {
    let done = json!({ "jobId": job["id"] });
    call(world, "PutJobSuccessResult", &done).unwrap();
}

fn fail(world: &mut World, job: &Value) {
    let details = json!({ "type": "JobFailed", "message": "no" });
    let failed = json!({ "jobId": job["id"], "failureDetails": details });
    call(world, "PutJobFailureResult", &failed).unwrap();
}

fn action_of(job: &Value) -> &Value {
    &job["data"]["pipelineContext"]["action"]["name"]
}

fn newest(world: &mut World) -> Value {
    let listed = call(
        world,
        "ListPipelineExecutions",
        &json!({ "pipelineName": "checked" }),
    );
    listed.unwrap()["pipelineExecutionSummaries"][0].clone()
}

fn retry(world: &mut World, stage: &str, mode: &str) -> Result<(), String> {
    let id = newest(world)["pipelineExecutionId"].clone();
    let asked = json!({
        "pipelineName": "checked", "stageName": stage, "pipelineExecutionId": id, "retryMode": mode,
    });
    let answer = call(world, "RetryStageExecution", &asked);
    answer.map(|_| ()).map_err(|error| error.code)
}

/// Reads or writes an object with the job's credentials.
fn with_credentials_of(world: &mut World, job: &Value, artifact: &str, method: &str) -> Vec<u8> {
    let id = &job["data"]["artifactCredentials"]["accessKeyId"];
    let session = world.keys.session(id.as_str().unwrap()).unwrap().clone();
    let place = &job["data"][artifact][0]["location"]["s3Location"];
    let (bucket, key) = (&place["bucketName"], &place["objectKey"]);
    let line = format!(
        "{method} /{}/{}",
        bucket.as_str().unwrap(),
        key.as_str().unwrap()
    );
    let caller = Caller::Job(Box::new(session));
    send_as(world, &caller, &line, &[], b"made").unwrap().body
}

#[test]
fn what_an_action_makes_is_read_by_a_later_one() {
    let mut world = world();
    let one = job(&mut world);
    assert_eq!(one["data"]["outputArtifacts"][0]["name"], "Made");
    with_credentials_of(&mut world, &one, "outputArtifacts", "PUT");
    let two = job(&mut world);
    succeed(&mut world, &one);
    succeed(&mut world, &two);
    let three = job(&mut world);
    assert_eq!(action_of(&three), "Three");
    let read = with_credentials_of(&mut world, &three, "inputArtifacts", "GET");
    assert_eq!(read, b"made");
    succeed(&mut world, &three);
    assert_eq!(newest(&mut world)["status"], "Succeeded");
}

#[test]
fn a_failed_stage_is_retried_with_its_failed_actions_or_with_all() {
    for (mode, repeated) in [
        ("FAILED_ACTIONS", &["Two"][..]),
        ("ALL_ACTIONS", &["One", "Two"]),
    ] {
        let mut world = world();
        let (one, two) = (job(&mut world), job(&mut world));
        assert_eq!(
            retry(&mut world, "Make", mode),
            Err("StageNotRetryableException".to_owned())
        );
        succeed(&mut world, &one);
        fail(&mut world, &two);
        assert_eq!(newest(&mut world)["status"], "Failed");
        assert_eq!(
            retry(&mut world, "Use", mode),
            Err("StageNotRetryableException".to_owned())
        );
        assert_eq!(
            retry(&mut world, "None", mode),
            Err("StageNotFoundException".to_owned())
        );
        assert_eq!(retry(&mut world, "Make", mode), Ok(()));
        assert_eq!(newest(&mut world)["status"], "InProgress");
        for name in repeated {
            let again = job(&mut world);
            assert_eq!(action_of(&again), name);
            succeed(&mut world, &again);
        }
        assert_eq!(action_of(&job(&mut world)), "Three");
    }
}

#[test]
fn a_start_that_is_repeated_with_its_token_starts_once() {
    let mut world = world();
    let mut start = |token: &str| {
        let asked = json!({ "name": "checked", "clientRequestToken": token });
        call(&mut world, "StartPipelineExecution", &asked).unwrap()
    };
    let first = start("a");
    assert_eq!(start("a"), first);
    assert_ne!(start("b"), first);
    let overridden = json!({ "name": "checked", "variables": [{ "name": "a", "value": "b" }] });
    assert!(call(&mut world, "StartPipelineExecution", &overridden).is_err());
}

#[test]
fn a_pipeline_is_changed_and_deleted_while_it_runs() {
    let mut world = world();
    let (one, two) = (job(&mut world), job(&mut world));
    let mut shorter = structure();
    let stages = shorter["pipeline"]["stages"].as_array_mut().unwrap();
    stages.remove(2);
    let changed = call(&mut world, "UpdatePipeline", &shorter).unwrap();
    assert_eq!(changed["pipeline"]["version"], 2);
    succeed(&mut world, &one);
    call(&mut world, "DeletePipeline", &json!({ "name": "checked" })).unwrap();
    let late = call(
        &mut world,
        "PutJobSuccessResult",
        &json!({ "jobId": two["id"] }),
    );
    assert_eq!(late.unwrap_err().code, "InvalidJobStateException");
    let listed = call(&mut world, "ListPipelines", &json!({})).unwrap();
    assert_eq!(listed["pipelines"], json!([]));
    call(&mut world, "DeletePipeline", &json!({ "name": "checked" })).unwrap();
    assert_eq!(
        call(&mut world, "UpdatePipeline", &shorter)
            .unwrap_err()
            .code,
        "PipelineNotFoundException"
    );
}
