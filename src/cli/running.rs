//! Reads the running revision from AWS for a comparison.

use clock::Clock;
use serde_json::Value;

use super::connection::connect;
use super::{Failed, environment};
use crate::aws;
use crate::job::DeployTarget;
use crate::job::request::{Request, holds_variable};
use crate::ports::{GroupAnswer, Ports};
use crate::release::target::Service;

/// The response of `DescribeTaskDefinition` for the primary revision of the
/// request's service. Changes nothing in AWS.
///
/// # Errors
///
/// What does not exist or may not be read.
pub(super) async fn running(request: &Request) -> Result<Value, Failed> {
    let target = &request.target;
    if holds_variable(&target.to_string()) {
        return Err(Failed::usage(format!(
            "what runs cannot be looked up: {target} contains a variable, and only an execution \
             of the pipeline knows its value; write the name itself into a copy of the file"
        )));
    }
    let config = connect(&environment()).await?;
    let ports = aws::ports(&config, &[], None, false, &Clock::system());
    let service = service(&ports, request).await?;
    let name = &service.name;
    let primary = service
        .primary()
        .and_then(|set| set.task_definition.clone());
    let none = || Failed::refused(format!("the service {name} runs no revision yet"));
    let arn = primary.ok_or_else(none)?;
    let described = ports.task_definitions.describe(&(&arn).into()).await?;
    described.ok_or_else(|| Failed::refused(format!("the revision {arn} does not exist")))
}

async fn service(ports: &Ports, request: &Request) -> Result<Service, Failed> {
    let target = &request.target;
    let name = match target {
        DeployTarget::Service(name) => name.clone(),
        DeployTarget::Group(_) => {
            let found = match ports.deployments.group(target).await? {
                GroupAnswer::Found(found) => found,
                GroupAnswer::NoApplication | GroupAnswer::NoTarget => {
                    let problem = format!("CodeDeploy has no deployment group {target}");
                    return Err(Failed::refused(problem));
                }
            };
            let name = found.services.into_iter().next();
            let none = || format!("the deployment group {target} has no ECS service");
            name.ok_or_else(|| Failed::refused(none()))?
        }
    };
    let described = ports.services.describe(&name).await?;
    described.ok_or_else(|| {
        Failed::refused(format!(
            "the cluster {} has no service {}",
            name.cluster, name.service
        ))
    })
}
