//! A pipeline's executions of the action, which show what no job says: that it
//! was abandoned, and which execution began first (docs/aws.md §1.4).

use std::collections::BTreeSet;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus,
};

use parking_lot::Mutex;

use super::error::call_error;
use crate::job::Key;
use crate::job::offer::PipelineContext;
use crate::ports::{CallError, CallErrorKind, OlderExecution};

const CALL: &str = "codepipeline:ListActionExecutions";

/// Action executions to read per call: one page. A pipeline execution has fewer
/// actions. For a whole pipeline, only the latest executions can still be in
/// progress.
const MAX_ACTIONS: i32 = 100;

/// Pipelines to remember as denied. Others are asked about again.
const MAX_DENIED: usize = 1_000;

/// Reads action executions with the worker's own credentials.
#[derive(Debug)]
pub(super) struct ActionExecutions {
    client: Client,
    /// The pipelines whose executions may not be read. They are not read again,
    /// so each denial is logged once.
    denied: Mutex<BTreeSet<String>>,
}

impl ActionExecutions {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            denied: Mutex::default(),
        }
    }

    /// Whether the action's own execution was abandoned.
    pub(super) async fn is_abandoned(&self, action: &PipelineContext) -> Result<bool, CallError> {
        let (Some(execution), Some(id)) = (&action.pipeline_execution, &action.action_execution)
        else {
            return Ok(false);
        };
        let actions = self.read(&action.pipeline, Some(execution)).await?;
        let ours = actions.as_deref().and_then(|actions| find(actions, id));
        let status = ours.and_then(ActionExecutionDetail::status);
        Ok(status == Some(&ActionExecutionStatus::Abandoned))
    }

    /// The earliest execution that began the same action before and has not
    /// ended it.
    pub(super) async fn older(
        &self,
        action: &PipelineContext,
    ) -> Result<OlderExecution, CallError> {
        let Some(id) = &action.action_execution else {
            return Ok(OlderExecution::Unknown);
        };
        let actions = self.read(&action.pipeline, None).await?;
        Ok(actions.map_or(OlderExecution::Unknown, |actions| older(&actions, id)))
    }

    /// Whether `other` began the same action before.
    pub(super) async fn began_before(
        &self,
        other: &Key,
        action: &PipelineContext,
    ) -> Result<bool, CallError> {
        let Some(id) = &action.action_execution else {
            return Ok(false);
        };
        let actions = self.read(&action.pipeline, None).await?.unwrap_or_default();
        let (Some(other), Some(ours)) = (find(&actions, other.as_str()), find(&actions, id)) else {
            return Ok(false);
        };
        let began = other.start_time().zip(ours.start_time());
        Ok(is_same_action(other, ours) && began.is_some_and(|(other, ours)| other < ours))
    }

    /// The actions of one execution of the pipeline, or its latest ones; `None`
    /// if they cannot be read.
    async fn read(
        &self,
        pipeline: &str,
        execution: Option<&str>,
    ) -> Result<Option<Vec<ActionExecutionDetail>>, CallError> {
        if self.denied.lock().contains(pipeline) {
            return Ok(None);
        }
        let filter = execution.map(|execution| {
            ActionExecutionFilter::builder()
                .pipeline_execution_id(execution)
                .build()
        });
        let answer = self
            .client
            .list_action_executions()
            .pipeline_name(pipeline)
            .set_filter(filter)
            .max_results(MAX_ACTIONS)
            .send()
            .await
            .map_err(|error| call_error(CALL, Some(pipeline), &error));
        match answer {
            Ok(answer) => Ok(Some(answer.action_execution_details.unwrap_or_default())),
            Err(error) => match error.kind {
                CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => {
                    Err(error)
                }
                // It is about this pipeline alone, which may be gone.
                CallErrorKind::Refused => Ok(None),
                CallErrorKind::Denied => {
                    tracing::warn!(
                        %error,
                        pipeline,
                        "cannot detect abandoned actions, nor which execution is older"
                    );
                    let mut denied = self.denied.lock();
                    if denied.len() == MAX_DENIED {
                        denied.clear();
                    }
                    denied.insert(pipeline.to_owned());
                    Ok(None)
                }
            },
        }
    }
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
