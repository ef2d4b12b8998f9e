//! A release, complete: nothing is left to choose when it is carried out.

use serde_json::Value;

use super::finding::Finding;
use super::surroundings::ServiceName;
use crate::job::TaskDefinitionArn;

/// What will be registered and deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub task_definition: PlannedTaskDefinition,
    /// The AppSpec as JSON, its `TaskDefinition` still to be set.
    pub app_spec: Value,
    /// The service that the deployment group deploys.
    pub service: ServiceName,
    /// Each image's name and the URI it was replaced with.
    pub images: Vec<(String, String)>,
    /// Warnings and notes; what refuses a release never becomes a plan.
    pub findings: Vec<Finding>,
}

/// The revision to deploy.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedTaskDefinition {
    /// The body of `RegisterTaskDefinition`, exactly as it is to be sent.
    Register(Value),
    /// A registered revision that the AppSpec names.
    Existing(TaskDefinitionArn),
}
