//! CodePipeline's job protocol, in process.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::line::{Call, Line};
use super::offered_job::{job_data, offered};
use super::values::{list, moment, text};
use crate::job::action_type::PROVIDER;
use crate::job::offer::{Job, JobData, PipelineContext};
use crate::job::report::{FailureReport, FailureType, Progress, Report, Success};
use crate::job::{DeploymentId, JobId, Nonce};
use crate::ports::{CallError, Claim, Jobs, Receipt};

/// CodePipeline of the simulated account.
#[derive(Debug)]
pub(super) struct WorldJobs {
    line: Line,
    version: String,
    /// Set when listing action executions fails with a permanent error.
    blind: AtomicBool,
}

impl WorldJobs {
    pub(super) fn new(line: Line, version: &str) -> Self {
        Self {
            line,
            version: version.to_owned(),
            blind: AtomicBool::new(false),
        }
    }

    async fn actions(
        &self,
        pipeline: &str,
        execution: Option<&str>,
    ) -> Result<Vec<Value>, CallError> {
        let call = Call::new("codepipeline:ListActionExecutions", pipeline).paced();
        let mut input = json!({ "pipelineName": pipeline, "maxResults": 100 });
        if let Some(execution) = execution {
            input["filter"] = json!({ "pipelineExecutionId": execution });
        }
        let answer = self.line.ask(&call, input).await?;
        Ok(list(&answer["actionExecutionDetails"]).to_vec())
    }

    async fn hand_in(
        &self,
        call: &'static str,
        job: &JobId,
        input: Value,
    ) -> Result<Receipt, CallError> {
        let call = Call::new(call, job.as_str()).says_nothing().paced();
        match self.line.ask(&call, input).await {
            Ok(_) => Ok(Receipt::Taken),
            Err(error)
                if ["InvalidJobStateException", "JobNotFoundException"]
                    .contains(&error.code.as_str()) =>
            {
                Ok(Receipt::JobIsOver)
            }
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Jobs for WorldJobs {
    async fn poll(&self, at_most: usize) -> Result<Vec<Job>, CallError> {
        if at_most == 0 {
            return Ok(Vec::new());
        }
        let call = Call::new(
            "codepipeline:PollForJobs",
            format!("{PROVIDER}/{}", self.version),
        )
        .paced();
        let input = json!({
            "actionTypeId": {
                "category": "Deploy",
                "owner": "Custom",
                "provider": PROVIDER,
                "version": self.version,
            },
            "maxBatchSize": at_most,
        });
        let answer = self.line.ask(&call, input).await?;
        Ok(list(&answer["jobs"]).iter().filter_map(offered).collect())
    }

    async fn acknowledge(&self, job: &JobId, nonce: &Nonce) -> Result<Claim, CallError> {
        let call = Call::new("codepipeline:AcknowledgeJob", job.as_str()).never_repeated();
        let input = json!({ "jobId": job.as_str(), "nonce": nonce.as_str() });
        let reason = match self.line.ask(&call, input).await {
            Ok(answer) => match answer["status"].as_str() {
                Some("InProgress") => return Ok(Claim::Ours),
                Some(status) => format!("its status is {status}"),
                None => "it has no status".into(),
            },
            Err(error) => match error.code.as_str() {
                "InvalidNonceException" => return Ok(Claim::Taken),
                "JobNotFoundException" => error.code,
                _ => return Err(error),
            },
        };
        Ok(Claim::NotOurs { reason })
    }

    async fn details(&self, job: &JobId) -> Result<Option<JobData>, CallError> {
        let call = Call::new("codepipeline:GetJobDetails", job.as_str()).paced();
        let input = json!({ "jobId": job.as_str() });
        match self.line.ask(&call, input).await {
            Ok(answer) => Ok(Some(job_data(&answer["jobDetails"]["data"]))),
            Err(error) if error.code == "JobNotFoundException" => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn is_abandoned(&self, action: &PipelineContext) -> Result<bool, CallError> {
        let (Some(execution), Some(id)) = (&action.pipeline_execution, &action.action_execution)
        else {
            return Ok(false);
        };
        if self.blind.load(Ordering::Relaxed) {
            return Ok(false);
        }
        match self.actions(&action.pipeline, Some(execution)).await {
            Ok(actions) => Ok(actions.iter().any(|action| {
                action["actionExecutionId"] == **id && action["status"] == "Abandoned"
            })),
            Err(error) if error.is_transient() => Err(error),
            Err(_) => {
                self.blind.store(true, Ordering::Relaxed);
                Ok(false)
            }
        }
    }

    async fn older_execution(&self, action: &PipelineContext) -> Result<Option<String>, CallError> {
        let Some(id) = &action.action_execution else {
            return Ok(None);
        };
        if self.blind.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match self.actions(&action.pipeline, None).await {
            Ok(actions) => Ok(older(&actions, id)),
            Err(error) if error.is_transient() => Err(error),
            Err(_) => Ok(None),
        }
    }

    async fn report(&self, job: &JobId, report: &Report) -> Result<Receipt, CallError> {
        const SUCCESS: &str = "codepipeline:PutJobSuccessResult";
        match report {
            Report::Continue(Progress {
                token,
                summary,
                percent,
                deployment,
            }) => {
                let mut input = success(job, summary, *percent, deployment.as_ref());
                input["continuationToken"] = json!(token.0);
                self.hand_in(SUCCESS, job, input).await
            }
            Report::Success(Success {
                summary,
                deployment,
                variables,
            }) => {
                let mut input = success(job, summary, 100, deployment.as_ref());
                if !variables.is_empty() {
                    input["outputVariables"] = json!(variables);
                }
                self.hand_in(SUCCESS, job, input).await
            }
            Report::Failure(failure) => {
                let call = "codepipeline:PutJobFailureResult";
                self.hand_in(call, job, failed(job, failure)).await
            }
        }
    }
}

/// Among the executions of the same action as `id`, the first one that started
/// earlier and is still in progress.
fn older(actions: &[Value], id: &str) -> Option<String> {
    let mut all = actions.iter();
    let ours = all.find(|action| action["actionExecutionId"] == id)?;
    let began = moment(&ours["startTime"])?;
    actions
        .iter()
        .filter(|action| action["actionExecutionId"] != id)
        .filter(|action| action["stageName"] == ours["stageName"])
        .filter(|action| action["actionName"] == ours["actionName"])
        .filter(|action| action["status"] == "InProgress")
        .filter_map(|action| {
            let start = moment(&action["startTime"])?;
            Some((start, text(&action["pipelineExecutionId"])?))
        })
        .filter(|(start, _)| *start < began)
        .min_by_key(|(start, _)| *start)
        .map(|(_, execution)| execution)
}

fn success(job: &JobId, summary: &str, percent: u8, deployment: Option<&DeploymentId>) -> Value {
    let mut details = json!({ "percentComplete": percent });
    if !summary.is_empty() {
        details["summary"] = json!(summary);
    }
    if let Some(deployment) = deployment {
        details["externalExecutionId"] = json!(deployment.as_str());
    }
    json!({ "jobId": job.as_str(), "executionDetails": details })
}

fn failed(job: &JobId, report: &FailureReport) -> Value {
    let kind = match report.kind {
        FailureType::JobFailed => "JobFailed",
        FailureType::ConfigurationError => "ConfigurationError",
        FailureType::PermissionError => "PermissionError",
        FailureType::SystemUnavailable => "SystemUnavailable",
    };
    let mut details = json!({ "type": kind, "message": report.message });
    if let Some(deployment) = &report.deployment {
        details["externalExecutionId"] = json!(deployment.as_str());
    }
    json!({ "jobId": job.as_str(), "failureDetails": details })
}
