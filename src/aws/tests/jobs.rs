//! Polling, acknowledging and reporting jobs.

use serde_json::{Value, json};

use super::wire::{Reply, Wire, answer, error, json as reply};
use crate::aws::jobs::CodePipelineJobs;
use crate::job::continuation_token::Token;
use crate::job::offer::PipelineContext;
use crate::job::report::{FailureReport, FailureType, Progress, Report, Success};
use crate::job::{ActionVersion, DeploymentId, Engine, JobId, Nonce};
use crate::ports::{CallErrorKind, Claim, Jobs, Receipt};

fn version() -> ActionVersion {
    Engine::CodeDeploy.into()
}

fn jobs(wire: &Wire) -> CodePipelineJobs {
    CodePipelineJobs::new(&wire.config(), &[version()], None)
}

fn id() -> JobId {
    JobId::new("11111111-2222-3333-4444-555555555555")
}

#[tokio::test]
async fn an_offer_is_read_with_what_it_lacks_and_what_it_has_too_much() {
    let full = json!({
        "__type": "Job", "id": "job-1", "nonce": "3", "accountId": "111122223333",
        "data": {
            "actionConfiguration": {"configuration": {"ApplicationName": "web", "JobList": "x"}},
            "pipelineContext": {
                "pipelineName": "release", "stage": {"name": "Deploy"},
                "action": {"name": "BlueGreen", "actionExecutionId": "key-1"},
                "pipelineArn": "arn:aws:codepipeline:eu-west-1:111122223333:release",
                "pipelineExecutionId": "execution-1",
            },
            "inputArtifacts": [
                {"name": "Build", "location": {"type": "S3", "s3Location": {
                    "bucketName": "bucket", "objectKey": "release/Build/abc"}}},
                {"name": "Nowhere"},
            ],
            "artifactCredentials": {
                "accessKeyId": "a", "secretAccessKey": "b", "sessionToken": "c"},
            "continuationToken": "1:token",
        },
    });
    let bare = json!({"id": "job-2", "nonce": "1", "accountId": "1", "data": {}});
    let broken = json!({"id": "job-3", "data": {}});
    let wire = Wire::new([reply(&json!({"jobs": [full, bare, broken]}))]);
    let offered = jobs(&wire).poll(&version(), 10).await.unwrap();

    assert_eq!(offered.len(), 2);
    let data = &offered[0].data;
    assert_eq!(offered[0].key().as_str(), "key-1");
    assert_eq!(data.pipeline.stage, "Deploy");
    assert_eq!(data.configuration["ApplicationName"], "web");
    assert_eq!(data.artifacts.len(), 1);
    assert_eq!(data.artifacts[0].key, "release/Build/abc");
    assert_eq!(data.credentials.as_ref().unwrap().session_token, "c");
    assert_eq!(data.token.as_deref(), Some("1:token"));
    assert_eq!(offered[1].key().as_str(), "job-2");
    assert!(offered[1].data.credentials.is_none());
    assert_eq!(
        wire.sent()[0].json(),
        json!({
            "actionTypeId": {"category": "Deploy", "owner": "Custom",
                "provider": "RustBlueGreenDeploy", "version": "1"},
            "maxBatchSize": 10,
        })
    );
}

#[tokio::test]
async fn the_query_is_sent_for_the_versions_that_have_its_property() {
    let none = || reply(&json!({"jobs": []}));
    let wire = Wire::new([none(), none()]);
    let versions = Engine::ALL.map(ActionVersion::from);
    let query = Some(("ClusterName".to_owned(), "shop".to_owned()));
    let jobs = CodePipelineJobs::new(&wire.config(), &versions, query);
    for version in jobs.versions() {
        assert!(jobs.poll(version, 1).await.unwrap().is_empty());
    }
    let sent: Vec<Value> = wire.sent().iter().map(super::wire::Sent::json).collect();
    assert_eq!(sent[0]["actionTypeId"]["version"], "1");
    assert_eq!(sent[0]["queryParam"], Value::Null);
    assert_eq!(sent[1]["actionTypeId"]["version"], "2");
    assert_eq!(sent[1]["queryParam"], json!({"ClusterName": "shop"}));
}

#[tokio::test]
async fn no_poll_is_sent_for_zero_jobs() {
    let wire = Wire::default();
    assert!(jobs(&wire).poll(&version(), 0).await.unwrap().is_empty());
    assert!(wire.sent().is_empty());
}

async fn claim(replies: impl IntoIterator<Item = Reply>) -> Option<bool> {
    let wire = Wire::new(replies);
    let claim = jobs(&wire).acknowledge(&id(), &Nonce::new("3")).await;
    Some(match claim.ok()? {
        Claim::Ours => true,
        Claim::Taken | Claim::NotOurs { .. } => false,
    })
}

#[tokio::test(start_paused = true)]
async fn only_a_job_in_progress_is_ours() {
    for (status, ours) in [
        ("InProgress", true),
        ("Queued", false),
        ("TimedOut", false),
        ("SomethingNew", false),
    ] {
        let found = claim([reply(&json!({"status": status}))]).await;
        assert_eq!(found, Some(ours), "{status}");
    }
    // It may be ours: if it were left, it would never get a result.
    assert_eq!(claim([reply(&json!({}))]).await, None);
    // The service model declares no message for these two.
    for code in ["InvalidNonceException", "JobNotFoundException"] {
        let body = json!({"__type": format!("com.amazonaws.codepipeline#{code}")});
        assert_eq!(claim([answer(400, body.to_string())]).await, Some(false));
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_is_sent_once() {
    let ours = || reply(&json!({"status": "InProgress"}));
    assert_eq!(claim([ours()]).await, Some(true));
    let slow = error("ThrottlingException", "Rate exceeded");
    for failed in [slow, Reply::Refused, Reply::Cut, answer(500, "")] {
        assert_eq!(claim([failed, ours()]).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_are_retried_by_the_rate_limiter() {
    let slow = || error("ThrottlingException", "Rate exceeded");
    let jobs_are = || reply(&json!({"jobs": []}));
    let wire = Wire::new([slow(), jobs_are()]);
    let call_error = jobs(&wire).poll(&version(), 1).await.unwrap_err();
    assert_eq!(call_error.kind, CallErrorKind::Throttled);
    assert_eq!(wire.sent().len(), 1);
    // Other errors are temporary.
    let wire = Wire::new([answer(500, ""), jobs_are()]);
    assert!(jobs(&wire).poll(&version(), 1).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_details_of_a_job_that_is_gone_are_none() {
    let gone = error("JobNotFoundException", "");
    assert!(
        jobs(&Wire::new([gone]))
            .details(&id())
            .await
            .unwrap()
            .is_none()
    );
    let known = reply(&json!({"jobDetails": {"id": "x", "data": {"continuationToken": "t"}}}));
    let data = jobs(&Wire::new([known])).details(&id()).await.unwrap();
    assert_eq!(data.unwrap().token.as_deref(), Some("t"));
    for lacking in [json!({}), json!({"jobDetails": {"id": "x"}})] {
        let details = jobs(&Wire::new([reply(&lacking)])).details(&id()).await;
        assert!(details.unwrap_err().is_transient(), "it may still be there");
    }
}

async fn reported(report: Report) -> (String, Value) {
    let wire = Wire::new([answer(200, "")]);
    let receipt = jobs(&wire).report(&id(), &report).await;
    assert_eq!(receipt, Ok(Receipt::Taken));
    let sent = wire.sent().remove(0);
    let mut body = sent.json();
    assert_eq!(body["jobId"], id().as_str());
    body.as_object_mut().unwrap().remove("jobId");
    (sent.operation().to_owned(), body)
}

#[tokio::test]
async fn a_report_carries_what_is_known_and_nothing_empty() {
    let deployment = Some(DeploymentId::new("d-A1B2C3111"));
    for (report, operation, body) in [
        (
            Report::Continue(Progress {
                token: Token("1:t".into()),
                summary: "half way".into(),
                percent: 50,
                deployment: deployment.clone(),
            }),
            "PutJobSuccessResult",
            json!({"continuationToken": "1:t", "executionDetails": {
                "summary": "half way", "percentComplete": 50,
                "externalExecutionId": "d-A1B2C3111"}}),
        ),
        (
            Report::Success(Success {
                summary: String::new(),
                deployment: None,
                variables: [("DeploymentId".to_owned(), "d-1".to_owned())].into(),
            }),
            "PutJobSuccessResult",
            json!({"executionDetails": {"percentComplete": 100},
                "outputVariables": {"DeploymentId": "d-1"}}),
        ),
        (
            Report::Failure(FailureReport {
                kind: FailureType::ConfigurationError,
                message: "no such file".into(),
                deployment,
            }),
            "PutJobFailureResult",
            json!({"failureDetails": {"type": "ConfigurationError",
                "message": "no such file", "externalExecutionId": "d-A1B2C3111"}}),
        ),
    ] {
        assert_eq!(reported(report).await, (operation.to_owned(), body));
    }
}

fn success() -> Report {
    Report::Success(Success {
        summary: "live".into(),
        deployment: None,
        variables: [].into(),
    })
}

fn failure() -> Report {
    Report::Failure(FailureReport {
        kind: FailureType::JobFailed,
        message: "no".into(),
        deployment: None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_report_for_a_job_that_is_over_is_no_error() {
    let success = success();
    for code in ["InvalidJobStateException", "JobNotFoundException"] {
        let receipt = jobs(&Wire::new([error(code, "")]))
            .report(&id(), &success)
            .await;
        assert_eq!(receipt, Ok(Receipt::JobIsOver));
    }
    let denied = Wire::new([error("AccessDeniedException", "no")]);
    let call_error = jobs(&denied).report(&id(), &success).await.unwrap_err();
    assert_eq!(call_error.call, "codepipeline:PutJobSuccessResult");
    assert_eq!(call_error.kind, CallErrorKind::Denied);
}

/// The SDK's own retry would find the job over, as if CodePipeline had dropped
/// the report.
#[tokio::test(start_paused = true)]
async fn a_report_is_sent_once_so_that_a_lost_answer_is_known() {
    for lost in [Reply::Cut, answer(500, "")] {
        for report in [success(), failure()] {
            let over = error("InvalidJobStateException", "");
            let wire = Wire::new([lost.clone(), over]);
            let call_error = jobs(&wire).report(&id(), &report).await.unwrap_err();
            assert_eq!(call_error.kind, CallErrorKind::Unclear);
            assert_eq!(wire.sent().len(), 1);
        }
    }
}

/// A role may be allowed to read some pipelines only. What it may not read of one
/// must not hide that an action of another was abandoned.
#[tokio::test(start_paused = true)]
async fn a_pipeline_that_may_not_be_read_keeps_no_other_from_being_read() {
    let action = |pipeline: &str| PipelineContext {
        pipeline: pipeline.into(),
        pipeline_execution: Some("execution-1".into()),
        action_execution: Some("key-1".into()),
        ..PipelineContext::default()
    };
    let abandoned = json!({"actionExecutionDetails": [
        {"actionExecutionId": "key-1", "status": "Abandoned"}]});
    let denied = error("AccessDeniedException", "no");
    let wire = Wire::new([denied, reply(&abandoned)]);
    let jobs = jobs(&wire);
    for (pipeline, is_abandoned) in [("closed", false), ("closed", false), ("open", true)] {
        let answer = jobs.is_abandoned(&action(pipeline)).await;
        assert_eq!(answer, Ok(is_abandoned), "{pipeline}");
    }
    assert_eq!(wire.sent().len(), 2, "a denied pipeline is not read again");
}

#[tokio::test(start_paused = true)]
async fn an_external_id_is_sent_up_to_its_limit() {
    for (length, is_sent) in [(1500, true), (1501, false)] {
        let deployment = DeploymentId::new("d".repeat(length));
        let report = Report::Failure(FailureReport {
            kind: FailureType::JobFailed,
            message: "no".into(),
            deployment: Some(deployment),
        });
        let (_, body) = reported(report).await;
        let details = &body["failureDetails"];
        assert_eq!(details.get("externalExecutionId").is_some(), is_sent);
    }
}
