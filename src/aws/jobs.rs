//! The CodePipeline client for the job protocol (docs/aws.md §1.2).

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus,
    ActionOwner, ActionTypeId, ExecutionDetails, FailureDetails, FailureType as Type, JobStatus,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;

use super::error::{call_error, incomplete};
use super::offered_job::{job_data, offered};
use super::service_clients;
use super::values::filled;
use crate::job::action_type::{PROVIDER, properties};
use crate::job::offer::{Job, JobData, PipelineContext};
use crate::job::report::{FailureReport, FailureType, Progress, Report, Success};
use crate::job::{ActionVersion, DeploymentId, JobId, Key, Nonce};
use crate::ports::{CallError, Claim, Jobs, OlderExecution, Receipt};

const ACKNOWLEDGE: &str = "codepipeline:AcknowledgeJob";

/// Calls CodePipeline with the worker's own credentials. Throttled calls are
/// not retried here: the caller decides when the next call may be sent.
#[derive(Clone, Debug)]
pub struct CodePipelineJobs {
    client: Client,
    versions: Vec<ActionVersion>,
    /// Name and value of the queryable property.
    query: Option<(String, String)>,
    /// Set once action executions turn out to be unreadable: they are not read
    /// again. Ensures that the failure is logged once.
    actions_unreadable: Arc<AtomicBool>,
}

impl CodePipelineJobs {
    /// Takes jobs of these versions of the action type. `query` is the name and
    /// value of a queryable property; it applies to the versions with this
    /// property. CodePipeline requires it if and only if the action type has a
    /// queryable property (docs/aws.md §1.2).
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        versions: &[ActionVersion],
        query: Option<(String, String)>,
    ) -> Self {
        Self {
            client: service_clients::paced_codepipeline(config),
            versions: versions.to_vec(),
            query,
            actions_unreadable: Arc::default(),
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
            .send()
            .await;
        receipt("codepipeline:PutJobSuccessResult", job, answer)
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
            .send()
            .await;
        receipt("codepipeline:PutJobFailureResult", job, answer)
    }
}

impl CodePipelineJobs {
    /// The latest actions of the pipeline; `None` if we have no permission to
    /// read them.
    async fn actions(
        &self,
        action: &PipelineContext,
    ) -> Result<Option<Vec<ActionExecutionDetail>>, CallError> {
        if self.actions_unreadable.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match actions(&self.client, &action.pipeline, None).await {
            Ok(actions) => Ok(Some(actions)),
            Err(error) if error.is_transient() => Err(error),
            // `is_abandoned` already warns about a denial of this call.
            Err(_) => Ok(None),
        }
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

    /// Acknowledges the job, without retries by the SDK. If the first response
    /// were lost, a retry could report the job as taken by another worker
    /// although this worker had just claimed it.
    async fn acknowledge(&self, job: &JobId, nonce: &Nonce) -> Result<Claim, CallError> {
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
                Err(call_error(call, Some(job.as_str()), &error))
            }
        }
    }

    async fn is_abandoned(&self, action: &PipelineContext) -> Result<bool, CallError> {
        if self.actions_unreadable.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let (Some(execution), Some(id)) = (&action.pipeline_execution, &action.action_execution)
        else {
            return Ok(false);
        };
        match action_status(&self.client, &action.pipeline, execution, id).await {
            Ok(status) => Ok(status == Some(ActionExecutionStatus::Abandoned)),
            Err(error) if error.is_transient() => Err(error),
            Err(error) => {
                if !self.actions_unreadable.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "cannot detect abandoned actions");
                }
                Ok(false)
            }
        }
    }

    async fn older_execution(&self, action: &PipelineContext) -> Result<OlderExecution, CallError> {
        let (Some(id), Some(actions)) = (&action.action_execution, self.actions(action).await?)
        else {
            return Ok(OlderExecution::Unknown);
        };
        Ok(older(&actions, id))
    }

    async fn began_before(&self, other: &Key, action: &PipelineContext) -> Result<bool, CallError> {
        let (Some(id), Some(actions)) = (&action.action_execution, self.actions(action).await?)
        else {
            return Ok(false);
        };
        let (Some(other), Some(ours)) = (find(&actions, other.as_str()), find(&actions, id)) else {
            return Ok(false);
        };
        let began = other.start_time().zip(ours.start_time());
        Ok(is_same_action(other, ours) && began.is_some_and(|(other, ours)| other < ours))
    }

    async fn report(&self, job: &JobId, report: &Report) -> Result<Receipt, CallError> {
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

fn action_type_id(version: &ActionVersion) -> ActionTypeId {
    ActionTypeId::builder()
        .category(ActionCategory::Deploy)
        .owner(ActionOwner::Custom)
        .provider(PROVIDER)
        .version(version.as_str())
        .build()
        .expect("all four parts are there")
}

/// Action executions to read per call: one page. A pipeline execution has fewer
/// actions. For a whole pipeline, only the latest executions can still be in
/// progress.
const MAX_ACTIONS: i32 = 100;

async fn action_status(
    client: &Client,
    pipeline: &str,
    execution: &str,
    id: &str,
) -> Result<Option<ActionExecutionStatus>, CallError> {
    let actions = actions(client, pipeline, Some(execution)).await?;
    let mut actions = actions.iter();
    let ours = actions.find(|action| action.action_execution_id() == Some(id));
    Ok(ours.and_then(|action| action.status().cloned()))
}

fn is_same_action(one: &ActionExecutionDetail, other: &ActionExecutionDetail) -> bool {
    one.stage_name() == other.stage_name() && one.action_name() == other.action_name()
}

fn find<'a>(actions: &'a [ActionExecutionDetail], id: &str) -> Option<&'a ActionExecutionDetail> {
    let mut all = actions.iter();
    all.find(|action| action.action_execution_id() == Some(id))
}

/// Finds the oldest execution of the same action as `id` that started before it
/// and is still in progress.
fn older(actions: &[ActionExecutionDetail], id: &str) -> OlderExecution {
    let ours = find(actions, id);
    let Some((ours, began)) = ours.and_then(|ours| Some((ours, ours.start_time()?))) else {
        return OlderExecution::Unknown;
    };
    actions
        .iter()
        .filter(|action| action.action_execution_id() != Some(id))
        .filter(|action| is_same_action(action, ours))
        .filter(|action| action.status() == Some(&ActionExecutionStatus::InProgress))
        .filter_map(|action| Some((action.start_time()?, action.pipeline_execution_id()?)))
        .filter(|(start, _)| *start < began)
        .min_by_key(|(start, _)| (start.secs(), start.subsec_nanos()))
        .map_or(OlderExecution::None, |(_, execution)| {
            OlderExecution::InProgress(execution.to_owned())
        })
}

async fn actions(
    client: &Client,
    pipeline: &str,
    execution: Option<&str>,
) -> Result<Vec<ActionExecutionDetail>, CallError> {
    let filter = execution.map(|execution| {
        ActionExecutionFilter::builder()
            .pipeline_execution_id(execution)
            .build()
    });
    let answer = client
        .list_action_executions()
        .pipeline_name(pipeline)
        .set_filter(filter)
        .max_results(MAX_ACTIONS)
        .send()
        .await
        .map_err(|error| call_error("codepipeline:ListActionExecutions", Some(pipeline), &error))?;
    Ok(answer.action_execution_details.unwrap_or_default())
}

/// How CodePipeline has responded to a report.
fn receipt<T, E>(
    call: &'static str,
    job: &JobId,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Receipt, CallError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answer {
        Ok(_) => Ok(Receipt::Taken),
        Err(error) if is_over(&error) => Ok(Receipt::JobIsOver),
        Err(error) => Err(call_error(call, Some(job.as_str()), &error)),
    }
}

/// Whether the job no longer accepts a result (docs/aws.md §1.4).
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
    deployment.and_then(|id| filled(&id.to_string()))
}

fn failure_type(kind: FailureType) -> Type {
    match kind {
        FailureType::JobFailed => Type::JobFailed,
        FailureType::ConfigurationError => Type::ConfigurationError,
        FailureType::PermissionError => Type::PermissionError,
        FailureType::SystemUnavailable => Type::SystemUnavailable,
    }
}
