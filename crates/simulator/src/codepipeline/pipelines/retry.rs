//! `RetryStageExecution`: starts actions of a failed stage again, as new
//! actions.

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::codepipeline::ActionStatus;
use crate::codepipeline::constraints::Check;
use crate::world::World;

use super::{requested_pipeline, run};

pub(in crate::codepipeline) fn retry(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let stage_name = check.required_text(input, "stageName", 1..=100);
    let id = check.required_text(input, "pipelineExecutionId", 1..=100);
    let mode = check.required_word(input, "retryMode", &["FAILED_ACTIONS", "ALL_ACTIONS"]);
    check.finish()?;
    let (name, pipeline) = requested_pipeline(world, input, "pipelineName")?;
    let refused = |code, why: &str| Err(ApiError::new(code, format!("Stage '{stage_name}' {why}")));
    let Some(newest) = pipeline.runs.last().filter(|run| run.id == id) else {
        return refused(
            "NotLatestPipelineExecutionException",
            "can be retried only in the latest execution of the pipeline",
        );
    };
    let is_named = |stage: &Vec<super::Deploy>| stage.iter().any(|it| it.stage == stage_name);
    let Some(number) = pipeline.stages.iter().position(is_named) else {
        let is_source = pipeline.sources.iter().any(|it| it.stage == stage_name);
        return match is_source {
            true => refused(
                "StageNotRetryableException",
                "fetches sources; start the pipeline instead",
            ),
            false => refused("StageNotFoundException", "is not in the pipeline"),
        };
    };
    let actions = world.codepipeline.actions.iter().enumerate();
    let own: Vec<(usize, &str, ActionStatus)> = actions
        .filter(|(_, it)| it.execution == id && it.stage == stage_name && !it.was_retried)
        .map(|(position, it)| (position, it.name.as_str(), it.status))
        .collect();
    let has = |status| own.iter().any(|(_, _, it)| *it == status);
    let could_not_start = newest.problem.is_some();
    let has_failed = has(ActionStatus::Failed) || has(ActionStatus::Abandoned) || could_not_start;
    if newest.begun != number + 1 || !has_failed || has(ActionStatus::InProgress) {
        return refused(
            "StageNotRetryableException",
            "has not failed, or is still in progress",
        );
    }
    let is_repeated = |status| mode == "ALL_ACTIONS" || status != ActionStatus::Succeeded;
    let kept: Vec<&str> = own
        .iter()
        .filter(|(_, _, status)| !is_repeated(*status))
        .map(|(_, name, _)| *name)
        .collect();
    let mut again = run::declarations(world, &name, newest, &pipeline.stages[number]);
    again.retain(|(action, _)| !kept.contains(&action.action.as_str()));
    let replaced: Vec<usize> = own
        .iter()
        .filter(|(_, _, status)| is_repeated(*status))
        .map(|(position, _, _)| *position)
        .collect();
    for position in replaced {
        world.codepipeline.actions[position].was_retried = true;
    }
    if let Some(execution) = world.codepipeline.executions.get_mut(&id) {
        execution.is_stopping = false;
    }
    let problem = run::queue(world, &name, again);
    let pipeline = world.codepipeline.pipelines.get_mut(&name);
    if let Some(run) = pipeline.and_then(|it| it.runs.last_mut()) {
        run.problem = problem;
    }
    Ok(json!({ "pipelineExecutionId": id }))
}
