//! ECS task definitions, in process.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::line::{Call, Line};
use super::values::{revision, word};
use crate::job::TaskDefinitionArn;
use crate::ports::{CallError, TaskDefinitions};

/// ECS of the simulated account, for task definitions.
#[derive(Debug)]
pub(super) struct WorldTaskDefinitions {
    line: Line,
}

impl WorldTaskDefinitions {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

#[async_trait]
impl TaskDefinitions for WorldTaskDefinitions {
    async fn register(&self, body: &Value) -> Result<TaskDefinitionArn, CallError> {
        let call = Call::new("ecs:RegisterTaskDefinition", word(&body["family"])).once();
        let answer = self.line.ask(&call, body.clone()).await?;
        revision(&answer["taskDefinition"]["taskDefinitionArn"]).ok_or_else(|| call.incomplete())
    }

    async fn describe(&self, arn: &TaskDefinitionArn) -> Result<Option<Value>, CallError> {
        let call = Call::new("ecs:DescribeTaskDefinition", arn.as_str());
        let input = json!({ "taskDefinition": arn.as_str(), "include": ["TAGS"] });
        match self.line.ask(&call, input).await {
            Ok(answer) if answer["taskDefinition"].is_object() => Ok(Some(answer)),
            Ok(_) => Err(call.incomplete()),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn is_absent(error: &CallError) -> bool {
    let text = error.message.to_lowercase();
    ["ClientException", "InvalidParameterException"].contains(&error.code.as_str())
        && (text.contains("unable to describe") || text.contains("does not exist"))
}
