//! The revision that runs now, read from AWS for a comparison.

use std::{env, fs};

use serde_json::Value;

use crate::aws::{self, CaBundle};
use crate::clock::Clock;
use crate::job::request::Request;
use crate::ports::{GroupAnswer, Ports};
use crate::release::surroundings::Service;

/// Version of the action type, which nobody is asked for here.
const ANY_VERSION: &str = "1";

/// What `DescribeTaskDefinition` answers of the revision that takes the
/// traffic of the request's service. Nothing is changed in AWS.
///
/// # Errors
///
/// What is not there or may not be read, in words.
pub(super) async fn running(request: &Request) -> Result<Value, String> {
    let config = aws::connect(ca_bundle()?.as_ref()).await;
    if config.region().is_none() {
        return Err("no Region is known: set AWS_REGION".to_owned());
    }
    let ports = aws::ports(&config, ANY_VERSION, false, &Clock::system());
    let service = service(&ports, request).await?;
    let name = &service.name;
    let primary = service
        .primary()
        .and_then(|set| set.task_definition.clone());
    let arn = primary.ok_or_else(|| format!("the service {name} runs no revision yet"))?;
    let described = ports.task_definitions.describe(&arn).await;
    described
        .map_err(|trouble| trouble.to_string())?
        .ok_or_else(|| format!("the revision {arn} does not exist"))
}

async fn service(ports: &Ports, request: &Request) -> Result<Service, String> {
    let (application, group) = (&request.application, &request.deployment_group);
    let answer = ports.deployments.group(application, group).await;
    let found = match answer.map_err(|trouble| trouble.to_string())? {
        GroupAnswer::Found(found) => found,
        GroupAnswer::NoApplication => {
            return Err(format!("there is no CodeDeploy application {application}"));
        }
        GroupAnswer::NoGroup => {
            return Err(format!("{application} has no deployment group {group}"));
        }
    };
    let name = found.services.first();
    let name = name.ok_or_else(|| format!("the deployment group {group} has no ECS service"))?;
    let described = ports.services.describe(name).await;
    described
        .map_err(|trouble| trouble.to_string())?
        .ok_or_else(|| {
            format!(
                "the cluster {} has no service {}",
                name.cluster, name.service
            )
        })
}

/// Certificates to trust besides the system's.
fn ca_bundle() -> Result<Option<CaBundle>, String> {
    let Some(path) = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    let unusable = |problem: String| format!("AWS_CA_BUNDLE={}: {problem}", path.display());
    let pem = fs::read(&path).map_err(|problem| unusable(problem.to_string()))?;
    let bundle = CaBundle::parse(pem).map_err(|problem| unusable(problem.to_string()))?;
    Ok(Some(bundle))
}
