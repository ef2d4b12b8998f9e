//! The CodePipeline client for the job protocol (docs/aws.md §1.2).

use std::collections::HashMap;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::config::{Builder, Config};
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionOwner, ActionTypeId, ExecutionDetails, FailureDetails,
    FailureType as Type, JobStatus,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;

use super::action_executions::ActionExecutions;
use super::error::{call_error, incomplete, none_if};
use super::offered_job::{job_data, offered};
use super::service_clients;
use super::values::filled;
use crate::job::action_type::{PROVIDER, properties};
use crate::job::offer::{Job, JobData, PipelineContext};
use crate::job::report::{FailureReport, FailureType, Report};
use crate::job::{ActionVersion, DeploymentId, JobId, Key, Nonce};
use crate::ports::{CallError, Claim, Jobs, OlderExecution, Receipt};

const ACKNOWLEDGE: &str = "codepipeline:AcknowledgeJob";
const DETAILS: &str = "codepipeline:GetJobDetails";

/// What CodePipeline answers if the job no longer accepts a result (docs/aws.md
/// §1.4).
const IS_OVER: [&str; 2] = ["InvalidJobStateException", "JobNotFoundException"];

/// Characters of an external execution ID (docs/aws.md §1.2).
const MAX_EXTERNAL_ID: usize = 1500;

/// Calls CodePipeline with the worker's own credentials. Throttled calls are
/// not retried here: the caller decides when the next call may be sent.
#[derive(Debug)]
pub(super) struct CodePipelineJobs {
    client: Client,
    versions: Vec<ActionVersion>,
    /// Name and value of the queryable property.
    query: Option<(String, String)>,
    executions: ActionExecutions,
}

impl CodePipelineJobs {
    /// Takes jobs of these versions of the action type. `query` is the name and
    /// value of a queryable property; it applies to the versions with this
    /// property. CodePipeline requires it if and only if the action type has a
    /// queryable property (docs/aws.md §1.2).
    pub(super) fn new(
        config: &SdkConfig,
        versions: &[ActionVersion],
        query: Option<(String, String)>,
    ) -> Self {
        let client = service_clients::paced_codepipeline(config);
        Self {
            executions: ActionExecutions::new(client.clone()),
            client,
            versions: versions.to_vec(),
            query,
        }
    }

    /// The query of polls for this version, if it has the queryable property.
    fn query(&self, version: &ActionVersion) -> Option<HashMap<String, String>> {
        let (name, value) = self.query.as_ref()?;
        let has = properties(version.engine()).any(|property| property.name == name);
        has.then(|| [(name.clone(), value.clone())].into())
    }

    async fn succeed(
        &self,
        job: &JobId,
        token: Option<&str>,
        details: ExecutionDetails,
        variables: Option<HashMap<String, String>>,
    ) -> Result<Receipt, CallError> {
        let answer = self
            .client
            .put_job_success_result()
            .job_id(job.as_str())
            .set_continuation_token(token.map(str::to_owned))
            .execution_details(details)
            .set_output_variables(variables)
            .customize()
            .config_override(sent_once())
            .send()
            .await;
        let call = "codepipeline:PutJobSuccessResult";
        let accepted = none_if(&IS_OVER, call, job.as_str(), answer)?;
        Ok(receipt(accepted.is_some()))
    }

    async fn fail(&self, job: &JobId, report: &FailureReport) -> Result<Receipt, CallError> {
        let details = FailureDetails::builder()
            .r#type(failure_type(report.kind))
            .message(&report.message)
            .set_external_execution_id(external_id(report.deployment.as_ref()))
            .build()
            .expect("type and message are there");
        let answer = self
            .client
            .put_job_failure_result()
            .job_id(job.as_str())
            .failure_details(details)
            .customize()
            .config_override(sent_once())
            .send()
            .await;
        let call = "codepipeline:PutJobFailureResult";
        let accepted = none_if(&IS_OVER, call, job.as_str(), answer)?;
        Ok(receipt(accepted.is_some()))
    }
}

#[async_trait]
impl Jobs for CodePipelineJobs {
    fn versions(&self) -> &[ActionVersion] {
        &self.versions
    }

    async fn poll(&self, version: &ActionVersion, at_most: usize) -> Result<Vec<Job>, CallError> {
        if at_most == 0 {
            return Ok(Vec::new());
        }
        let answer = self
            .client
            .poll_for_jobs()
            .action_type_id(action_type_id(version))
            .max_batch_size(i32::try_from(at_most).unwrap_or(i32::MAX))
            .set_query_param(self.query(version))
            .send()
            .await
            .map_err(|error| {
                let resource = format!("{PROVIDER}/{version}");
                call_error("codepipeline:PollForJobs", Some(&resource), &error)
            })?;
        Ok(answer.jobs().iter().filter_map(offered).collect())
    }

    async fn acknowledge(&self, job: &JobId, nonce: &Nonce) -> Result<Claim, CallError> {
        let answer = self
            .client
            .acknowledge_job()
            .job_id(job.as_str())
            .nonce(nonce.as_str())
            .customize()
            .config_override(sent_once())
            .send()
            .await;
        let reason = match answer {
            Ok(answer) => match answer.status() {
                Some(JobStatus::InProgress) => return Ok(Claim::Ours),
                Some(status) => format!("its status is {}", status.as_str()),
                None => return Err(incomplete(ACKNOWLEDGE, job.as_str())),
            },
            Err(error) => match error.code() {
                Some("InvalidNonceException") => return Ok(Claim::Taken),
                Some(code @ "JobNotFoundException") => code.to_owned(),
                Some(_) | None => {
                    return Err(call_error(ACKNOWLEDGE, Some(job.as_str()), &error));
                }
            },
        };
        Ok(Claim::NotOurs { reason })
    }

    async fn details(&self, job: &JobId) -> Result<Option<JobData>, CallError> {
        let details = self.client.get_job_details().job_id(job.as_str());
        let answer = details.send().await;
        let gone = ["JobNotFoundException"];
        let Some(answer) = none_if(&gone, DETAILS, job.as_str(), answer)? else {
            return Ok(None);
        };
        let data = answer.job_details().and_then(|job| job.data());
        let data = data.ok_or_else(|| incomplete(DETAILS, job.as_str()))?;
        Ok(Some(job_data(data)))
    }

    async fn is_abandoned(&self, action: &PipelineContext) -> Result<bool, CallError> {
        self.executions.is_abandoned(action).await
    }

    async fn older_execution(&self, action: &PipelineContext) -> Result<OlderExecution, CallError> {
        self.executions.older(action).await
    }

    async fn began_before(&self, other: &Key, action: &PipelineContext) -> Result<bool, CallError> {
        self.executions.began_before(other, action).await
    }

    async fn report(&self, job: &JobId, report: &Report) -> Result<Receipt, CallError> {
        match report {
            Report::Continue(report) => {
                let deployment = report.deployment.as_ref();
                let details = details(&report.summary, report.percent, deployment);
                let token = Some(report.token.0.as_str());
                self.succeed(job, token, details, None).await
            }
            Report::Success(report) => {
                let details = details(&report.summary, 100, report.deployment.as_ref());
                let variables = report.variables.clone().into_iter().collect();
                let variables = Some(variables).filter(|all: &HashMap<_, _>| !all.is_empty());
                self.succeed(job, None, details, variables).await
            }
            Report::Failure(report) => self.fail(job, report).await,
        }
    }
}

/// Without the SDK's retries. If the response to a first attempt were lost, the
/// second would find the job taken or over, as if another worker had it or
/// CodePipeline had dropped the report.
fn sent_once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

fn action_type_id(version: &ActionVersion) -> ActionTypeId {
    ActionTypeId::builder()
        .category(ActionCategory::Deploy)
        .owner(ActionOwner::Custom)
        .provider(PROVIDER)
        .version(version.as_str())
        .build()
        .expect("all four parts are there")
}

fn receipt(is_accepted: bool) -> Receipt {
    match is_accepted {
        true => Receipt::Taken,
        false => Receipt::JobIsOver,
    }
}

fn details(summary: &str, percent: u8, deployment: Option<&DeploymentId>) -> ExecutionDetails {
    ExecutionDetails::builder()
        .set_summary(filled(summary))
        .set_external_execution_id(external_id(deployment))
        .percent_complete(percent.into())
        .build()
}

/// The deployment's ID may come from a token, which may hold anything.
fn external_id(deployment: Option<&DeploymentId>) -> Option<String> {
    let id = filled(deployment?.as_str())?;
    (id.chars().count() <= MAX_EXTERNAL_ID).then_some(id)
}

fn failure_type(kind: FailureType) -> Type {
    match kind {
        FailureType::JobFailed => Type::JobFailed,
        FailureType::ConfigurationError => Type::ConfigurationError,
        FailureType::PermissionError => Type::PermissionError,
        FailureType::SystemUnavailable => Type::SystemUnavailable,
    }
}
