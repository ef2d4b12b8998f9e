//! Registers and describes ECS task definitions as raw JSON (docs/aws.md §4.1).

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_ecs::Client;
use aws_sdk_ecs::config::Config;
use aws_sdk_ecs::types::TaskDefinitionField;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use clock::Clock;
use serde_json::Value;

use super::error::{call_error, incomplete};
use super::raw_body::{Keep, json, sent_as};
use super::retry::at_most_once;
use super::service_clients;
use crate::job::{TaskDefinitionArn, TaskDefinitionName};
use crate::ports::{CallError, TaskDefinitions};

const REGISTER: &str = "ecs:RegisterTaskDefinition";
const DESCRIBE: &str = "ecs:DescribeTaskDefinition";

/// Registers and reads ECS task definitions.
#[derive(Clone, Debug)]
pub(super) struct EcsTaskDefinitions {
    client: Client,
    clock: Clock,
}

impl EcsTaskDefinitions {
    pub(super) fn new(config: &SdkConfig, clock: Clock) -> Self {
        Self {
            client: service_clients::ecs(config),
            clock,
        }
    }

    async fn register_once(&self, body: &Value) -> Result<TaskDefinitionArn, CallError> {
        let family = body.get("family").and_then(Value::as_str);
        let answer = self
            .client
            .register_task_definition()
            // The SDK requires both values. The request body is `body`.
            .family(family.unwrap_or_default())
            .set_container_definitions(Some(Vec::new()))
            .customize()
            .mutate_request(sent_as(body))
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send()
            .await
            .map_err(|error| call_error(REGISTER, family, &error))?;
        answer
            .task_definition()
            .and_then(|registered| registered.task_definition_arn())
            .map(TaskDefinitionArn::new)
            .ok_or_else(|| incomplete(REGISTER, family.unwrap_or_default()))
    }
}

#[async_trait]
impl TaskDefinitions for EcsTaskDefinitions {
    async fn register(&self, body: &Value) -> Result<TaskDefinitionArn, CallError> {
        at_most_once(&self.clock, || self.register_once(body)).await
    }

    /// Returns the unmodified response: `{"taskDefinition": {…}, "tags": […]}`.
    async fn describe(&self, name: &TaskDefinitionName) -> Result<Option<Value>, CallError> {
        let raw = Keep::new(json);
        let answer = self
            .client
            .describe_task_definition()
            .task_definition(name.as_str())
            .include(TaskDefinitionField::Tags)
            .customize()
            .interceptor(raw.clone())
            .send()
            .await;
        match answer {
            Ok(_) => match raw.take() {
                Some(reply) if reply["taskDefinition"].is_object() => Ok(Some(reply)),
                Some(_) | None => Err(incomplete(DESCRIBE, name.as_str())),
            },
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(call_error(DESCRIBE, Some(name.as_str()), &error)),
        }
    }
}

/// ECS has no separate code for a missing task definition. Its message says
/// "Unable to describe task definition" or that it "does not exist".
fn is_absent(error: &impl ProvideErrorMetadata) -> bool {
    let code = matches!(
        error.code(),
        Some("ClientException" | "InvalidParameterException")
    );
    let text = error.message().unwrap_or_default().to_lowercase();
    code && (text.contains("unable to describe") || text.contains("does not exist"))
}
