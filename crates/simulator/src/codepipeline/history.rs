//! `ListActionExecutions`, through which a client learns an action's result
//! (docs/aws.md §1.4).

use serde_json::{Value, json};

use crate::api::Answer;
use crate::json::epoch;
use crate::world::World;

use super::call::{execution_not_found, page, pipeline_not_found};
use super::constraints::Check;
use super::state::ArtifactLocation;
use super::{Action, CodePipeline};

pub(super) fn list(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let pipeline = check.required_text(input, "pipelineName", 1..=100);
    let filter = check.object(input, "filter").unwrap_or(&Value::Null);
    let execution = check.text(filter, "filter.pipelineExecutionId", 1..=100);
    let size = check.number(input, "maxResults", 1..=100).unwrap_or(100);
    let token = check.text(input, "nextToken", 1..=2048);
    check.finish()?;
    let codepipeline = &world.codepipeline;
    let mut known = codepipeline.executions.values();
    if !known.any(|known| known.pipeline == pipeline) {
        return Err(pipeline_not_found(&pipeline));
    }
    if let Some(id) = &execution {
        let known = codepipeline.executions.get(id);
        known
            .filter(|known| known.pipeline == pipeline)
            .ok_or_else(|| execution_not_found(id))?;
    }
    let newest_first = codepipeline.actions.iter().rev();
    let found = newest_first
        .filter(|action| action.pipeline == pipeline)
        .filter(|action| execution.as_ref().is_none_or(|id| action.execution == *id));
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let page = page(found.collect(), token.as_deref(), size)?;
    let actions = page.items.into_iter();
    let details: Vec<Value> = actions
        .map(|action| describe(codepipeline, action, &world.region))
        .collect();
    Ok(json!({ "actionExecutionDetails": details, "nextToken": page.next }))
}

fn describe(codepipeline: &CodePipeline, action: &Action, region: &str) -> Value {
    let configuration = codepipeline.public_configuration(action);
    let artifacts = |artifacts: &[ArtifactLocation]| {
        let shown = artifacts.iter().map(|artifact| {
            let place = json!({ "bucket": artifact.bucket, "key": artifact.key });
            json!({ "name": artifact.name, "s3location": place })
        });
        shown.collect::<Vec<Value>>()
    };
    let result = json!({
        "externalExecutionId": action.external_execution_id,
        "externalExecutionSummary": action.summary,
        "externalExecutionUrl": codepipeline.link(action),
        "errorDetails": action.error,
    });
    json!({
        "pipelineExecutionId": action.execution,
        "actionExecutionId": action.id,
        "pipelineVersion": 1,
        "stageName": action.stage,
        "actionName": action.name,
        "startTime": epoch(action.started),
        "lastUpdateTime": epoch(action.updated),
        "status": action.status,
        "input": {
            "actionTypeId": action.action_type,
            "configuration": configuration,
            "resolvedConfiguration": configuration,
            "region": region,
            "inputArtifacts": artifacts(&action.inputs),
        },
        "output": {
            "outputArtifacts": artifacts(&action.outputs),
            "executionResult": result,
            "outputVariables": action.output_variables,
        },
    })
}
