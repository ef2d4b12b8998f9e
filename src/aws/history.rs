//! Past releases as recorded by CodeDeploy, ECS and CodePipeline. They keep this
//! history, so the worker stores none of its own.

use std::cmp::Reverse;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_codedeploy::types::TimeRange;
use aws_sdk_codepipeline::types::{ActionExecutionDetail, ArtifactRevision, PipelineExecution};
use aws_smithy_types::DateTime;
use clock::Clock;
use jiff::Timestamp;

use super::deployment_reader::Reader;
use super::error::{call_error, none_if};
use super::paced_client::PacedClient;
use super::pagination::Pages;
use super::service_deployment_list::{Listed, created, list};
use super::values::{filled, text, timestamp};
use super::{service_clients, service_deployment_reader};
use crate::job::action_type::PROVIDER;
use crate::job::{DeployTarget, DeploymentId, GroupName, Key, ServiceName};
use crate::ports::{BATCH, CallError, SourceRecord, Sources};
use crate::rollout::seen::DeploymentSeen;

const DEPLOYMENTS: &str = "codedeploy:ListDeployments";
const ACTIONS: &str = "codepipeline:ListActionExecutions";
const EXECUTION: &str = "codepipeline:GetPipelineExecution";

/// The maximum number of pages to read of a list, at up to 100 entries each.
const MAX_PAGES: usize = 20;

/// The entries of a list that were read.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    pub found: Vec<T>,
    /// Why the others were not read: a call that failed, or a list of more than
    /// `MAX_PAGES` pages.
    pub unread: Option<CallError>,
}

impl Listing<DeploymentSeen> {
    /// Reads the deployments with these ids in batches of `size`, until a batch
    /// fails. The others are not tried: if the call is denied, they fail as
    /// well, and if AWS is slow, each takes as long.
    async fn of(
        ids: &[DeploymentId],
        size: usize,
        survey: impl AsyncFn(&[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>>,
    ) -> Self {
        let (mut found, mut unread) = (Vec::with_capacity(ids.len()), None);
        for batch in ids.chunks(size) {
            for answer in survey(batch).await {
                match answer {
                    Ok(seen) => found.extend(seen),
                    Err(error) => unread = Some(error),
                }
            }
            if unread.is_some() {
                break;
            }
        }
        Self { found, unread }
    }
}

/// An execution of our action, as CodePipeline lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRecord {
    pub pipeline: String,
    pub stage: String,
    pub action: String,
    /// The id of the pipeline execution.
    pub execution: String,
    /// The key that the deployment's description carries.
    pub key: Key,
    /// `InProgress`, `Succeeded`, `Failed` or `Abandoned`.
    pub status: String,
    pub started: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub deployment: Option<DeploymentId>,
    /// The output variable `TaskDefinitionArn`.
    pub task_definition: Option<String>,
    pub summary: Option<String>,
    /// The failure's message.
    pub error: Option<String>,
}

/// A pipeline execution: what it released, and what started it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionRecord {
    pub sources: Vec<SourceRecord>,
    /// Such as `StartPipelineExecution`.
    pub trigger: Option<String>,
    /// Such as the ARN of the user who started it.
    pub trigger_detail: Option<String>,
}

/// Reads past deployments, actions and executions.
#[derive(Clone, Debug)]
pub struct History {
    codedeploy: PacedClient<aws_sdk_codedeploy::Client>,
    codepipeline: aws_sdk_codepipeline::Client,
    ecs: aws_sdk_ecs::Client,
}

impl History {
    #[must_use]
    pub fn new(config: &SdkConfig, clock: &Clock) -> Self {
        let codedeploy = service_clients::codedeploy(config);
        Self {
            codedeploy: PacedClient::new(codedeploy, clock.clone()),
            codepipeline: service_clients::codepipeline(config),
            ecs: service_clients::ecs(config),
        }
    }

    /// Like [`Self::new`], but without retries for throttled calls to
    /// CodePipeline, which the worker paces itself.
    #[must_use]
    pub fn paced(config: &SdkConfig, clock: &Clock) -> Self {
        Self {
            codepipeline: service_clients::paced_codepipeline(config),
            ..Self::new(config, clock)
        }
    }

    /// Returns the newest `at_most` of the target's deployments that were created
    /// since `since`, newest first. A deployment that is listed but no longer
    /// known is left out. ECS keeps 90 days (docs/aws.md §6.8).
    ///
    /// # Errors
    ///
    /// If CodeDeploy or ECS cannot list the deployments.
    pub async fn deployments(
        &self,
        target: &DeployTarget,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Listing<DeploymentSeen>, CallError> {
        match target {
            DeployTarget::Group(name) => {
                let mut read = self.of_group(name, since).await?;
                read.found.truncate(at_most);
                Ok(read)
            }
            DeployTarget::Service(name) => self.of_service(name, since, at_most).await,
        }
    }

    async fn of_service(
        &self,
        name: &ServiceName,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Listing<DeploymentSeen>, CallError> {
        let mut listed = list(&self.ecs, name, Listed::Since(since)).await?;
        listed.sort_by_key(|one| Reverse(created(one)));
        let arns = listed.iter().filter_map(|one| one.service_deployment_arn());
        let ids: Vec<DeploymentId> = arns.take(at_most).map(DeploymentId::new).collect();
        let reader = service_deployment_reader::Reader::new(self.ecs.clone());
        let size = service_deployment_reader::BATCH;
        Ok(Listing::of(&ids, size, async |batch| reader.survey(batch).await).await)
    }

    async fn of_group(
        &self,
        name: &GroupName,
        since: Timestamp,
    ) -> Result<Listing<DeploymentSeen>, CallError> {
        let resource = name.to_string();
        let range = TimeRange::builder()
            .start(DateTime::from_secs(since.as_second()))
            .build();
        let mut ids = Vec::new();
        let mut pages = Pages::new(DEPLOYMENTS, &resource, MAX_PAGES);
        let unread = loop {
            let answer = self
                .codedeploy
                .call(|client| {
                    client
                        .list_deployments()
                        .application_name(&name.application)
                        .deployment_group_name(&name.group)
                        .create_time_range(range.clone())
                        .set_next_token(pages.token())
                        .send()
                })
                .await
                .map_err(|error| call_error(DEPLOYMENTS, Some(&resource), &error))?;
            ids.extend(answer.deployments().iter().map(DeploymentId::new));
            match pages.advance_to_end(answer.next_token()) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        let reader = Reader::new(self.codedeploy.clone());
        let read = Listing::of(&ids, BATCH, async |batch| reader.survey(batch).await).await;
        let mut found = read.found;
        found.sort_by_key(|seen| Reverse(seen.created));
        let unread = read.unread.or(unread);
        Ok(Listing { found, unread })
    }

    /// Returns the pipeline's executions of our action that started since
    /// `since`, newest first.
    ///
    /// # Errors
    ///
    /// If CodePipeline cannot list the action executions.
    pub async fn actions(
        &self,
        pipeline: &str,
        since: Timestamp,
    ) -> Result<Listing<ActionRecord>, CallError> {
        let mut found = Vec::new();
        let mut pages = Pages::new(ACTIONS, pipeline, MAX_PAGES);
        let unread = loop {
            let answer = self
                .codepipeline
                .list_action_executions()
                .pipeline_name(pipeline)
                .set_next_token(pages.token())
                .send()
                .await
                .map_err(|error| call_error(ACTIONS, Some(pipeline), &error))?;
            let starts = answer.action_execution_details().iter();
            let newest = starts.filter_map(|action| timestamp(action.start_time()?));
            let page_is_older = newest.max().is_some_and(|started| started < since);
            let ours = answer.action_execution_details().iter();
            let ours = ours.filter_map(|action| record(pipeline, action));
            found.extend(ours.filter(|action| action.started.is_none_or(|at| at >= since)));
            // The order of the list is not documented. It has been observed to
            // be newest first, and a pipeline keeps a year of executions.
            if page_is_older {
                break None;
            }
            match pages.advance_to_end(answer.next_token()) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        found.sort_by_key(|action| Reverse(action.started));
        Ok(Listing { found, unread })
    }

    /// Returns what a pipeline execution released. `None` if CodePipeline no
    /// longer knows the execution or the pipeline.
    ///
    /// # Errors
    ///
    /// If CodePipeline cannot return the execution for another reason.
    pub async fn execution(
        &self,
        pipeline: &str,
        execution: &str,
    ) -> Result<Option<ExecutionRecord>, CallError> {
        let answer = self
            .codepipeline
            .get_pipeline_execution()
            .pipeline_name(pipeline)
            .pipeline_execution_id(execution)
            .send()
            .await;
        let gone = [
            "PipelineExecutionNotFoundException",
            "PipelineNotFoundException",
        ];
        let answer = none_if(&gone, EXECUTION, execution, answer)?;
        let answer = answer.and_then(|answer| answer.pipeline_execution);
        Ok(answer.as_ref().map(execution_record))
    }
}

#[async_trait]
impl Sources for History {
    async fn of_execution(
        &self,
        pipeline: &str,
        execution: &str,
    ) -> Result<Vec<SourceRecord>, CallError> {
        let record = self.execution(pipeline, execution).await?;
        Ok(record.map(|record| record.sources).unwrap_or_default())
    }
}

/// `None` for an action of another type, or one without its ids.
fn record(pipeline: &str, action: &ActionExecutionDetail) -> Option<ActionRecord> {
    let kind = action.input()?.action_type_id()?;
    if kind.provider() != PROVIDER {
        return None;
    }
    let output = action.output();
    let result = output.and_then(|output| output.execution_result());
    let variables = output.and_then(|output| output.output_variables());
    let error = result.and_then(|result| result.error_details());
    let id = result.and_then(|result| result.external_execution_id());
    let summary = result.and_then(|result| result.external_execution_summary());
    Some(ActionRecord {
        pipeline: pipeline.to_owned(),
        stage: text(action.stage_name()),
        action: text(action.action_name()),
        execution: action.pipeline_execution_id()?.to_owned(),
        key: Key::new(action.action_execution_id()?),
        status: action.status().map_or("", |status| status.as_str()).into(),
        started: action.start_time().and_then(timestamp),
        updated: action.last_update_time().and_then(timestamp),
        deployment: id.and_then(filled).map(DeploymentId::new),
        task_definition: variables
            .and_then(|variables| variables.get("TaskDefinitionArn"))
            .cloned(),
        summary: summary.and_then(filled),
        error: error.and_then(|error| filled(error.message()?)),
    })
}

fn execution_record(execution: &PipelineExecution) -> ExecutionRecord {
    let sources = execution.artifact_revisions().iter();
    let trigger = execution.trigger();
    ExecutionRecord {
        sources: sources.filter_map(source).collect(),
        trigger: trigger.and_then(|trigger| Some(trigger.trigger_type()?.as_str().to_owned())),
        trigger_detail: trigger.and_then(|trigger| filled(trigger.trigger_detail()?)),
    }
}

fn source(revision: &ArtifactRevision) -> Option<SourceRecord> {
    Some(SourceRecord {
        artifact: revision.name()?.to_owned(),
        revision: revision.revision_id()?.to_owned(),
        summary: revision.revision_summary().and_then(filled),
        url: revision.revision_url().and_then(filled),
    })
}
