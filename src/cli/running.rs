//! Reads the running revision from AWS for a comparison.

use clock::Clock;
use serde_json::Value;

use super::connection::connect;
use super::environment;
use crate::aws;
use crate::job::DeployTarget;
use crate::job::request::{Request, holds_variable};
use crate::ports::{GroupAnswer, Ports};
use crate::release::target::Service;

/// Why the running revision cannot be read, in words.
pub(super) enum NotRead {
    /// How the command was called, or its environment.
    Usage(String),
    /// What AWS has, or does not allow.
    Refused(String),
}

/// The response of `DescribeTaskDefinition` for the primary revision of the
/// request's service. Changes nothing in AWS.
///
/// # Errors
///
/// What does not exist or may not be read.
pub(super) async fn running(request: &Request) -> Result<Value, NotRead> {
    let target = &request.target;
    if holds_variable(&target.to_string()) {
        return Err(NotRead::Usage(format!(
            "what runs cannot be looked up: {target} contains a variable, and only an execution \
             of the pipeline knows its value; write the name itself into a copy of the file"
        )));
    }
    let config = connect(&environment())
        .await
        .map_err(|problem| NotRead::Usage(problem.to_string()))?;
    let ports = aws::ports(&config, &[], None, false, &Clock::system());
    described(&ports, request).await.map_err(NotRead::Refused)
}

async fn described(ports: &Ports, request: &Request) -> Result<Value, String> {
    let service = service(ports, request).await?;
    let name = &service.name;
    let primary = service
        .primary()
        .and_then(|set| set.task_definition.clone());
    let arn = primary.ok_or_else(|| format!("the service {name} runs no revision yet"))?;
    let described = ports.task_definitions.describe(&arn).await;
    described
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("the revision {arn} does not exist"))
}

async fn service(ports: &Ports, request: &Request) -> Result<Service, String> {
    let target = &request.target;
    let name = match target {
        DeployTarget::Service(name) => name.clone(),
        DeployTarget::Group(_) => {
            let answer = ports.deployments.group(target).await;
            let found = match answer.map_err(|error| error.to_string())? {
                GroupAnswer::Found(found) => found,
                GroupAnswer::NoApplication | GroupAnswer::NoTarget => {
                    return Err(format!("CodeDeploy has no deployment group {target}"));
                }
            };
            let name = found.services.into_iter().next();
            name.ok_or_else(|| format!("the deployment group {target} has no ECS service"))?
        }
    };
    let described = ports.services.describe(&name).await;
    described
        .map_err(|error| error.to_string())?
        .ok_or_else(|| {
            format!(
                "the cluster {} has no service {}",
                name.cluster, name.service
            )
        })
}
