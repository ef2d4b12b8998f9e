//! Responses of `GetPipelineState` and `GetPipelineExecution`.

use serde_json::{Value, json};

use crate::api::Answer;
use crate::codepipeline::call::{execution_not_found, page};
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
    let run = run.ok_or_else(|| execution_not_found(&id))?;
    let version = &pipeline.structure["version"];
    let revisions = run.artifacts.iter().map(|fetched| {
        json!({
            "name": fetched.artifact.name,
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
    let mut stages = vec![source_stage(pipeline, newest)];
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
    let any = |status| {
        let mut actions = codepipeline.actions_of(&run.id);
        actions.any(|action| action.status == status)
    };
    if execution.is_some_and(|it| it.is_stopping) {
        match any(ActionStatus::InProgress) {
            true => "Stopping",
            false => "Stopped",
        }
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
    let error = |message| json!({ "code": "ConfigurationError", "message": message });
    let latest = run.map(|run| {
        json!({
            "status": status(run),
            "lastStatusChange": epoch(run.started),
            "errorDetails": run.source_problem.as_ref().map(error),
        })
    });
    let sources = pipeline.sources.iter();
    let actions: Vec<Value> = sources
        .map(|source| json!({ "actionName": source.action, "latestExecution": latest }))
        .collect();
    let name = pipeline.sources.first().map(|source| source.stage.as_str());
    stage_state(name, &actions, run.map(|it| (it, status(it))))
}

fn deploy_stage(
    codepipeline: &CodePipeline,
    stage: &[Deploy],
    run: Option<&Run>,
    could_not_start: bool,
) -> Value {
    let execution = run.and_then(|run| codepipeline.executions.get(&run.id));
    let is_stopping = execution.is_some_and(|it| it.is_stopping);
    let mut actions = Vec::new();
    let mut worst = ActionStatus::Succeeded;
    for deploy in stage {
        let found = run.and_then(|run| {
            let mut own = codepipeline.actions_of(&run.id);
            own.find(|it| (&it.stage, &it.name) == (&deploy.stage, &deploy.action))
        });
        if let Some(action) = found
            && action.status != ActionStatus::Succeeded
        {
            worst = action.status;
        }
        let latest = found.map(|action| latest(codepipeline, action));
        actions.push(json!({ "actionName": deploy.action, "latestExecution": latest }));
    }
    let status = match worst {
        _ if could_not_start => "Failed",
        ActionStatus::InProgress if is_stopping => "Stopping",
        // A stage has no status for an abandoned action.
        ActionStatus::Abandoned => "Stopped",
        ActionStatus::InProgress | ActionStatus::Succeeded | ActionStatus::Failed => worst.as_str(),
    };
    let name = stage.first().map(|deploy| deploy.stage.as_str());
    stage_state(name, &actions, run.map(|run| (run, status)))
}

fn stage_state(name: Option<&str>, actions: &[Value], run: Option<(&Run, &str)>) -> Value {
    let latest =
        run.map(|(run, status)| json!({ "pipelineExecutionId": run.id, "status": status }));
    json!({
        "stageName": name.unwrap_or_default(),
        "inboundTransitionState": { "enabled": true },
        "actionStates": actions,
        "latestExecution": latest,
    })
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
