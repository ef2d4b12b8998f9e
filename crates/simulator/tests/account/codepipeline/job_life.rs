//! Tests of a job's life from poll to result (docs/aws.md §1.2).

use super::*;

#[test]
fn a_job_holds_what_its_pipeline_says() {
    let (mut world, id) = queued();
    let job = poll(&mut world).remove(0);
    let context = &job["data"]["pipelineContext"];
    assert_eq!(context["action"]["actionExecutionId"], json!(id));
    assert_eq!(
        context["pipelineArn"],
        "arn:aws:codepipeline:eu-west-1:111122223333:webapp-pipeline-with-a-long-name"
    );
    let key = &job["data"]["inputArtifacts"][0]["location"]["s3Location"]["objectKey"];
    assert!(
        key.as_str()
            .unwrap()
            .starts_with("webapp-pipeline-with/BuildArtif/")
    );
    assert!(job["data"].get("encryptionKey").is_none());
    assert!(job["data"].get("continuationToken").is_none());
}

#[test]
fn a_job_that_is_not_acknowledged_is_offered_again_with_a_new_nonce() {
    let (mut world, _) = queued();
    let first = poll(&mut world).remove(0);
    pass(&mut world, 59);
    assert!(poll(&mut world).is_empty());
    pass(&mut world, 1);
    let second = poll(&mut world).remove(0);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        code(acknowledge(&mut world, &first)),
        "InvalidNonceException"
    );
    assert!(acknowledge(&mut world, &second).is_ok());
    pass(&mut world, 3600);
    assert!(
        poll(&mut world).is_empty(),
        "an acknowledged job is never offered again"
    );
}

#[test]
fn what_a_second_acknowledgement_gives_is_a_setting() {
    let (mut world, _) = queued();
    let job = claimed(&mut world);
    assert_eq!(code(acknowledge(&mut world, &job)), "InvalidNonceException");
    world.codepipeline.settings.repeated_acknowledge = RepeatedAcknowledge::Status;
    assert_eq!(
        acknowledge(&mut world, &job).unwrap()["status"],
        "InProgress"
    );
}

#[test]
fn a_continued_job_is_a_new_job_of_the_same_action() {
    let (mut world, id) = queued();
    let first = claimed(&mut world);
    let progress = json!({
        "jobId": first["id"], "continuationToken": "t1",
        "executionDetails": { "summary": "half way", "percentComplete": 50, "externalExecutionId": "d-1" },
    });
    assert_eq!(
        call(&mut world, "PutJobSuccessResult", progress),
        Ok(Value::Null)
    );
    assert!(poll(&mut world).is_empty());
    pass(&mut world, 5);
    let second = claimed(&mut world);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["data"]["continuationToken"], "t1");
    assert_eq!(
        second["data"]["pipelineContext"]["action"]["actionExecutionId"],
        json!(id)
    );
    let view = world.codepipeline.view(&id).unwrap();
    assert_eq!(view.status, ActionStatus::InProgress);
    assert_eq!(
        (view.summary.as_deref(), view.percent),
        (Some("half way"), Some(50))
    );
    assert_eq!(
        view.link.as_deref(),
        Some(
            "https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/d-1\
             ?region=eu-west-1"
        )
    );
}

#[test]
fn a_final_success_ends_the_action_with_its_variables() {
    let (mut world, id) = queued();
    let job = claimed(&mut world);
    let done = json!({ "jobId": job["id"], "outputVariables": { "DeploymentId": "d-1" } });
    call(&mut world, "PutJobSuccessResult", done.clone()).unwrap();
    let view = world.codepipeline.view(&id).unwrap();
    assert_eq!(view.status, ActionStatus::Succeeded);
    assert_eq!(view.output_variables["DeploymentId"], "d-1");
    assert_eq!(
        code(call(&mut world, "PutJobSuccessResult", done)),
        "InvalidJobStateException"
    );
    pass(&mut world, 3600);
    assert!(poll(&mut world).is_empty());
}

#[test]
fn a_failure_shows_its_type_and_message() {
    let (mut world, id) = queued();
    let job = claimed(&mut world);
    let failure = json!({
        "jobId": job["id"],
        "failureDetails": { "type": "ConfigurationError", "message": "no such artifact" },
    });
    call(&mut world, "PutJobFailureResult", failure).unwrap();
    let view = world.codepipeline.view(&id).unwrap();
    assert_eq!(view.status, ActionStatus::Failed);
    let error = view.error.unwrap();
    assert_eq!(error.code, "ConfigurationError");
    assert_eq!(error.message, "no such artifact");
}

#[test]
fn a_job_that_was_not_acknowledged_takes_no_result() {
    let (mut world, _) = queued();
    let job = poll(&mut world).remove(0);
    let input = json!({ "jobId": job["id"] });
    assert_eq!(
        code(call(&mut world, "PutJobSuccessResult", input)),
        "InvalidJobStateException"
    );
    assert_eq!(
        code(call(
            &mut world,
            "PutJobSuccessResult",
            json!({ "jobId": "other" })
        )),
        "JobNotFoundException"
    );
}

#[test]
fn get_job_details_brings_fresh_credentials() {
    let (mut world, _) = queued();
    let job = claimed(&mut world);
    let details = call(&mut world, "GetJobDetails", json!({ "jobId": job["id"] })).unwrap();
    let data = &details["jobDetails"]["data"];
    assert_ne!(
        data["artifactCredentials"]["accessKeyId"],
        job["data"]["artifactCredentials"]["accessKeyId"]
    );
    assert_eq!(data["inputArtifacts"], job["data"]["inputArtifacts"]);
}
