//! `ListActionExecutions`, through which a client learns an action's result
//! (docs/aws.md §1.4).

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::wire::json::epoch_seconds;
use crate::world::World;

use super::constraints::Check;
use super::{Action, CodePipeline};

pub(super) fn list(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let pipeline = check.required_text(input, "pipelineName", 1..=100);
    let filter = check.object(input, "filter").unwrap_or(&Value::Null);
    let execution = check.text(filter, "filter.pipelineExecutionId", 1..=100);
    let most = check.number(input, "maxResults", 1..=100).unwrap_or(100);
    let token = check.text(input, "nextToken", 1..=2048);
    check.finish()?;
    let codepipeline = &world.codepipeline;
    let mut known = codepipeline.executions.values();
    if !known.any(|known| known.pipeline == pipeline) {
        return Err(ApiError::new(
            "PipelineNotFoundException",
            format!("There is no pipeline '{pipeline}'"),
        ));
    }
    if let Some(id) = &execution
        && codepipeline
            .executions
            .get(id)
            .is_none_or(|e| e.pipeline != pipeline)
    {
        return Err(ApiError::new(
            "PipelineExecutionNotFoundException",
            format!("There is no execution '{id}'"),
        ));
    }
    let skipped = match token.as_deref().map(str::parse::<usize>) {
        None => 0,
        Some(Ok(skipped)) => skipped,
        Some(Err(_)) => {
            return Err(ApiError::new(
                "InvalidNextTokenException",
                "The next token is not valid",
            ));
        }
    };
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = codepipeline
        .actions
        .iter()
        .rev()
        .filter(|action| action.pipeline == pipeline)
        .filter(|action| execution.as_ref().is_none_or(|id| action.execution == *id))
        .skip(skipped);
    let page: Vec<Value> = found
        .by_ref()
        .take(most)
        .map(|action| describe(codepipeline, action, &world.region))
        .collect();
    let mut answer = json!({ "actionExecutionDetails": page });
    if found.next().is_some() {
        answer["nextToken"] = json!((skipped + most).to_string());
    }
    Ok(answer)
}

fn describe(codepipeline: &CodePipeline, action: &Action, region: &str) -> Value {
    let configuration = codepipeline.public_configuration(action);
    let inputs: Vec<Value> = action
        .inputs
        .iter()
        .map(|input| {
            let place = json!({ "bucket": input.bucket, "key": input.key });
            json!({ "name": input.name, "s3location": place })
        })
        .collect();
    let mut result = json!({});
    let members = [
        ("externalExecutionId", action.external_execution_id.clone()),
        ("externalExecutionSummary", action.summary.clone()),
        ("externalExecutionUrl", codepipeline.link(action)),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            result[name] = json!(value);
        }
    }
    if let Some(error) = &action.error {
        result["errorDetails"] = json!(error);
    }
    json!({
        "pipelineExecutionId": action.execution,
        "actionExecutionId": action.id,
        "pipelineVersion": 1,
        "stageName": action.stage,
        "actionName": action.name,
        "startTime": epoch_seconds(action.started),
        "lastUpdateTime": epoch_seconds(action.updated),
        "status": action.status.as_str(),
        "input": {
            "actionTypeId": action.action_type,
            "configuration": configuration,
            "resolvedConfiguration": configuration,
            "region": region,
            "inputArtifacts": inputs,
        },
        "output": {
            "outputArtifacts": [],
            "executionResult": result,
            "outputVariables": action.output_variables,
        },
    })
}
