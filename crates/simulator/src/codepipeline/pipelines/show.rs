//! Responses of `GetPipelineState` and `GetPipelineExecution`.

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::codepipeline::call::page;
use crate::codepipeline::constraints::Check;
use crate::codepipeline::{Action, ActionStatus, CodePipeline};
use crate::json::epoch;
use crate::world::World;

use super::{Deploy, Fetch, Fetched, Pipeline, Run, requested_pipeline};

pub(in crate::codepipeline) fn execution(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let id = check.required_text(input, "pipelineExecutionId", 1..=100);
    check.finish()?;
    let (name, pipeline) = requested_pipeline(world, input, "pipelineName")?;
    let run = pipeline.runs.iter().find(|run| run.id == id);
    let run = run.ok_or_else(|| {
        ApiError::new(
            "PipelineExecutionNotFoundException",
            format!("There is no execution '{id}'"),
        )
    })?;
    let version = &pipeline.structure["version"];
    let revisions = run.artifacts.iter().map(|fetched| {
        json!({
            "name": fetched.artifact,
            "revisionId": fetched.version,
            "revisionSummary": format!("Amazon S3 version id: {}", fetched.version),
            "created": epoch(run.started),
        })
    });
    Ok(json!({ "pipelineExecution": {
        "pipelineName": name,
        "pipelineVersion": version,
        "pipelineExecutionId": id,
        "status": status(&world.codepipeline, pipeline, run),
        "artifactRevisions": revisions.collect::<Vec<_>>(),
        "trigger": trigger(world, run),
    }}))
}

fn trigger(world: &World, run: &Run) -> Value {
    let who = format!("arn:aws:iam::{}:user/simulated", world.account);
    json!({ "triggerType": run.trigger, "triggerDetail": who })
}

pub(in crate::codepipeline) fn executions(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let size = check.number(input, "maxResults", 1..=100).unwrap_or(100);
    let token = check.text(input, "nextToken", 1..=2048);
    check.finish()?;
    let (_, pipeline) = requested_pipeline(world, input, "pipelineName")?;
    let newest_first = pipeline.runs.iter().rev().collect();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let page = page(newest_first, token.as_deref(), size)?;
    let summaries = page.items.into_iter().map(|run| {
        let actions = world.codepipeline.actions.iter();
        let own = actions.filter(|action| action.execution == run.id);
        let updated = own
            .map(|action| action.updated)
            .max()
            .unwrap_or(run.started);
        let source = |(fetched, source): (&Fetched, &Fetch)| {
            json!({
                "actionName": source.action,
                "revisionId": fetched.version,
                "revisionSummary": format!("Amazon S3 version id: {}", fetched.version),
            })
        };
        let sources = run.artifacts.iter().zip(&pipeline.sources).map(source);
        json!({
            "pipelineExecutionId": run.id,
            "status": status(&world.codepipeline, pipeline, run),
            "startTime": epoch(run.started),
            "lastUpdateTime": epoch(updated),
            "sourceRevisions": sources.collect::<Vec<_>>(),
            "trigger": trigger(world, run),
        })
    });
    let summaries: Vec<Value> = summaries.collect();
    Ok(json!({ "pipelineExecutionSummaries": summaries, "nextToken": page.next }))
}

pub(in crate::codepipeline) fn state(world: &mut World, input: &Value) -> Answer {
    let (name, pipeline) = requested_pipeline(world, input, "name")?;
    let codepipeline = &world.codepipeline;
    let newest = pipeline.runs.last();
    let mut stages = Vec::new();
    stages.push(source_stage(pipeline, newest));
    for (number, stage) in pipeline.stages.iter().enumerate() {
        let run = newest.filter(|run| run.begun > number);
        let could_not_start = run.is_some_and(|it| it.problem.is_some() && it.begun == number + 1);
        stages.push(deploy_stage(codepipeline, stage, run, could_not_start));
    }
    Ok(json!({
        "pipelineName": name,
        "pipelineVersion": pipeline.structure["version"],
        "stageStates": stages,
        "created": epoch(pipeline.created),
        "updated": epoch(pipeline.updated),
    }))
}

/// Status of the execution.
fn status(codepipeline: &CodePipeline, pipeline: &Pipeline, run: &Run) -> &'static str {
    let execution = codepipeline.executions.get(&run.id);
    let (stopping, stopped) =
        execution.map_or((false, false), |it| (it.is_stopping, it.is_stopped));
    let all: Vec<&Action> = codepipeline
        .actions
        .iter()
        .filter(|action| action.execution == run.id && !action.was_retried)
        .collect();
    let any = |status| all.iter().any(|action| action.status == status);
    if stopped {
        "Stopped"
    } else if stopping {
        "Stopping"
    } else if run.source_problem.is_some() || run.problem.is_some() || any(ActionStatus::Failed) {
        "Failed"
    } else if run.begun == pipeline.stages.len() && !any(ActionStatus::InProgress) {
        "Succeeded"
    } else {
        "InProgress"
    }
}

fn source_stage(pipeline: &Pipeline, run: Option<&Run>) -> Value {
    let status = |run: &Run| match run.source_problem {
        Some(_) => "Failed",
        None => "Succeeded",
    };
    let actions: Vec<Value> = pipeline
        .sources
        .iter()
        .map(|source| {
            let mut state = json!({ "actionName": source.action });
            if let Some(run) = run {
                state["latestExecution"] = json!({
                    "status": status(run),
                    "lastStatusChange": epoch(run.started),
                });
                if let Some(problem) = &run.source_problem {
                    state["latestExecution"]["errorDetails"] =
                        json!({ "code": "ConfigurationError", "message": problem });
                }
            }
            state
        })
        .collect();
    let name = pipeline.sources.first().map(|source| source.stage.as_str());
    stage_state(
        name.unwrap_or_default(),
        &actions,
        run.map(|it| (it, status(it))),
    )
}

fn deploy_stage(
    codepipeline: &CodePipeline,
    stage: &[Deploy],
    run: Option<&Run>,
    could_not_start: bool,
) -> Value {
    let name = stage.first().map_or("", |deploy| deploy.stage.as_str());
    let execution = run.and_then(|run| codepipeline.executions.get(&run.id));
    let is_stopping = execution.is_some_and(|it| it.is_stopping);
    let mut actions = Vec::new();
    let mut worst = ActionStatus::Succeeded;
    for deploy in stage {
        let mut state = json!({ "actionName": deploy.action });
        let found = codepipeline.actions.iter().find(|action| {
            run.is_some_and(|run| action.execution == run.id && !action.was_retried)
                && (&action.stage, &action.name) == (&deploy.stage, &deploy.action)
        });
        if let Some(action) = found {
            state["latestExecution"] = latest(codepipeline, action);
            if action.status != ActionStatus::Succeeded {
                worst = action.status;
            }
        }
        actions.push(state);
    }
    let status = match worst {
        _ if could_not_start => "Failed",
        ActionStatus::InProgress if is_stopping => "Stopping",
        // A stage has no status for an abandoned action.
        ActionStatus::Abandoned => "Stopped",
        ActionStatus::InProgress | ActionStatus::Succeeded | ActionStatus::Failed => worst.as_str(),
    };
    stage_state(name, &actions, run.map(|run| (run, status)))
}

fn stage_state(name: &str, actions: &[Value], run: Option<(&Run, &str)>) -> Value {
    let mut state = json!({
        "stageName": name,
        "inboundTransitionState": { "enabled": true },
        "actionStates": actions,
    });
    if let Some((run, status)) = run {
        state["latestExecution"] = json!({ "pipelineExecutionId": run.id, "status": status });
    }
    state
}

fn latest(codepipeline: &CodePipeline, action: &Action) -> Value {
    json!({
        "actionExecutionId": action.id,
        "status": action.status,
        "summary": action.summary,
        "lastStatusChange": epoch(action.updated),
        "externalExecutionId": action.external_execution_id,
        "externalExecutionUrl": codepipeline.link(action),
        "percentComplete": action.percent,
        "errorDetails": action.error,
    })
}
