//! CodePipeline's side of the job protocol (aws-facts §1.2).

use std::collections::HashMap;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionOwner, ActionTypeId, ExecutionDetails, FailureDetails,
    FailureType as Type, JobStatus,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;

use super::offered_job::{job_data, offered};
use super::once::at_most_once;
use super::refusal::trouble;
use super::values::filled;
use crate::clock::Clock;
use crate::job::offer::{Job, JobData};
use crate::job::report::{FailureReport, FailureType, Progress, Report, Success};
use crate::job::{DeploymentId, JobId, Nonce};
use crate::ports::{Claim, Jobs, Receipt, Trouble};

/// Which jobs are ours: those of a custom deploy action.
#[derive(Clone, Debug)]
pub struct ActionType {
    /// 1–35 letters, digits, `_` and `-`.
    pub provider: String,
    /// 1–9 characters.
    pub version: String,
    /// Name and value of the type's queryable property; required exactly when
    /// the type has one (aws-facts §1.2).
    pub query: Option<(String, String)>,
}

/// CodePipeline, asked with the worker's own credentials.
#[derive(Clone, Debug)]
pub struct CodePipelineJobs {
    client: Client,
    action_type: ActionType,
    clock: Clock,
}

impl CodePipelineJobs {
    #[must_use]
    pub fn new(config: &SdkConfig, action_type: ActionType, clock: Clock) -> Self {
        Self {
            client: Client::new(config),
            action_type,
            clock,
        }
    }

    fn action_type_id(&self) -> ActionTypeId {
        ActionTypeId::builder()
            .category(ActionCategory::Deploy)
            .owner(ActionOwner::Custom)
            .provider(&self.action_type.provider)
            .version(&self.action_type.version)
            .build()
            .expect("all four parts are there")
    }

    async fn acknowledge_once(&self, job: &JobId, nonce: &Nonce) -> Result<Claim, Trouble> {
        let no_retry =
            aws_sdk_codepipeline::config::Config::builder().retry_config(RetryConfig::disabled());
        let answer = self
            .client
            .acknowledge_job()
            .job_id(job.as_str())
            .nonce(nonce.as_str())
            .customize()
            .config_override(no_retry)
            .send()
            .await;
        let reason = match answer {
            Ok(answer) => match answer.status() {
                Some(JobStatus::InProgress) => return Ok(Claim::Ours),
                Some(status) => format!("its status is {}", status.as_str()),
                None => "it has no status".into(),
            },
            Err(error) => match error.code() {
                Some("InvalidNonceException") => return Ok(Claim::Taken),
                Some(code @ "JobNotFoundException") => code.to_owned(),
                Some(_) | None => {
                    let call = "codepipeline:AcknowledgeJob";
                    return Err(trouble(call, Some(job.as_str()), &error));
                }
            },
        };
        Ok(Claim::NotOurs { reason })
    }

    async fn succeed(
        &self,
        job: &JobId,
        token: Option<&str>,
        details: ExecutionDetails,
        variables: Option<HashMap<String, String>>,
    ) -> Result<Receipt, Trouble> {
        let answer = self
            .client
            .put_job_success_result()
            .job_id(job.as_str())
            .set_continuation_token(token.map(str::to_owned))
            .execution_details(details)
            .set_output_variables(variables)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Receipt::Taken),
            Err(error) if is_over(&error) => Ok(Receipt::JobIsOver),
            Err(error) => {
                let call = "codepipeline:PutJobSuccessResult";
                Err(trouble(call, Some(job.as_str()), &error))
            }
        }
    }

    async fn fail(&self, job: &JobId, report: &FailureReport) -> Result<Receipt, Trouble> {
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
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Receipt::Taken),
            Err(error) if is_over(&error) => Ok(Receipt::JobIsOver),
            Err(error) => {
                let call = "codepipeline:PutJobFailureResult";
                Err(trouble(call, Some(job.as_str()), &error))
            }
        }
    }
}

#[async_trait]
impl Jobs for CodePipelineJobs {
    async fn poll(&self, at_most: usize) -> Result<Vec<Job>, Trouble> {
        if at_most == 0 {
            return Ok(Vec::new());
        }
        let query = self.action_type.query.clone();
        let answer = self
            .client
            .poll_for_jobs()
            .action_type_id(self.action_type_id())
            .max_batch_size(i32::try_from(at_most).unwrap_or(i32::MAX))
            .set_query_param(query.map(|pair| [pair].into()))
            .send()
            .await
            .map_err(|error| {
                let resource =
                    format!("{}/{}", self.action_type.provider, self.action_type.version);
                trouble("codepipeline:PollForJobs", Some(&resource), &error)
            })?;
        Ok(answer.jobs().iter().filter_map(offered).collect())
    }

    /// The SDK does not retry this: were the first answer lost, a second
    /// attempt could be told that somebody else has the job, who is us.
    async fn acknowledge(&self, job: &JobId, nonce: &Nonce) -> Result<Claim, Trouble> {
        at_most_once(&self.clock, || self.acknowledge_once(job, nonce)).await
    }

    async fn details(&self, job: &JobId) -> Result<Option<JobData>, Trouble> {
        let answer = self
            .client
            .get_job_details()
            .job_id(job.as_str())
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer
                .job_details()
                .and_then(|job| job.data())
                .map(job_data)),
            Err(error) if error.code() == Some("JobNotFoundException") => Ok(None),
            Err(error) => {
                let call = "codepipeline:GetJobDetails";
                Err(trouble(call, Some(job.as_str()), &error))
            }
        }
    }

    async fn report(&self, job: &JobId, report: &Report) -> Result<Receipt, Trouble> {
        match report {
            Report::Continue(Progress {
                token,
                summary,
                percent,
                deployment,
            }) => {
                let details = details(summary, *percent, deployment.as_ref());
                self.succeed(job, Some(&token.0), details, None).await
            }
            Report::Success(Success {
                summary,
                deployment,
                variables,
            }) => {
                let details = details(summary, 100, deployment.as_ref());
                let variables =
                    (!variables.is_empty()).then(|| variables.clone().into_iter().collect());
                self.succeed(job, None, details, variables).await
            }
            Report::Failure(failure) => self.fail(job, failure).await,
        }
    }
}

/// Whether the job needs no result any more (aws-facts §1.4).
fn is_over(error: &impl ProvideErrorMetadata) -> bool {
    matches!(
        error.code(),
        Some("InvalidJobStateException" | "JobNotFoundException")
    )
}

fn details(summary: &str, percent: u8, deployment: Option<&DeploymentId>) -> ExecutionDetails {
    ExecutionDetails::builder()
        .set_summary(filled(summary))
        .set_external_execution_id(external_id(deployment))
        .percent_complete(percent.into())
        .build()
}

fn external_id(deployment: Option<&DeploymentId>) -> Option<String> {
    deployment.and_then(|id| filled(id.as_str()))
}

fn failure_type(kind: FailureType) -> Type {
    match kind {
        FailureType::JobFailed => Type::JobFailed,
        FailureType::ConfigurationError => Type::ConfigurationError,
        FailureType::PermissionError => Type::PermissionError,
        FailureType::SystemUnavailable => Type::SystemUnavailable,
    }
}
