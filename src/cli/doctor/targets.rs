//! Checks of what releases may go to: a deployment group and its service, or a
//! service that ECS deploys itself.

use std::collections::BTreeSet;

use super::check::Check;
use super::online::not_answered;
use crate::job::{ActionVersion, DeployTarget, Engine, ServiceName};
use crate::ports::{GroupAnswer, Ports};

/// What releases may go to, as far as it was named.
#[derive(Clone, Copy)]
pub(super) struct Targets<'a> {
    /// Application and deployment group.
    pub(super) group: Option<(&'a str, &'a str)>,
    /// Cluster and service.
    pub(super) service: Option<(&'a str, &'a str)>,
}

impl Targets<'_> {
    /// Checks the targets for a worker that polls for the versions of these
    /// engines.
    pub(super) async fn checks(self, ports: &Ports, engines: &BTreeSet<Engine>) -> Vec<Check> {
        let mut checks = Vec::new();
        let named = [
            (Engine::CodeDeploy, self.group.is_some()),
            (Engine::Ecs, self.service.is_some()),
        ];
        let missing = named
            .iter()
            .filter(|(engine, is_named)| *is_named && !engines.contains(engine));
        checks.extend(missing.map(|(engine, _)| not_polled_for(*engine)));
        if let Some((application, name)) = self.group {
            checks.extend(deployment_group(ports, application, name).await);
        }
        if let Some((cluster, name)) = self.service {
            let name = ServiceName {
                cluster: cluster.to_owned(),
                service: name.to_owned(),
            };
            checks.push(service(ports, &name, Engine::Ecs).await);
        }
        checks
    }
}

/// Releases of the engine would wait for ever.
fn not_polled_for(engine: Engine) -> Check {
    let version = ActionVersion::from(engine);
    Check::warning(
        "action version",
        format!("the worker does not poll for version {version}, by which {engine} deploys"),
        format!("add {version} to BLUEGREEN_ACTION_VERSION, or start another worker for it"),
    )
}

async fn deployment_group(ports: &Ports, application: &str, name: &str) -> Vec<Check> {
    const NAME: &str = "deployment group";
    let group = match ports
        .deployments
        .group(&DeployTarget::group(application, name))
        .await
    {
        Ok(GroupAnswer::Found(group)) => group,
        Ok(GroupAnswer::NoApplication) => {
            let what = format!("there is no application `{application}` here");
            return vec![Check::failed(
                NAME,
                what,
                "correct --application, or the Region",
            )];
        }
        Ok(GroupAnswer::NoTarget) => {
            let what = format!("`{application}` has no deployment group `{name}`");
            return vec![Check::failed(NAME, what, "correct --group")];
        }
        Err(error) => return vec![not_answered(NAME, &error)],
    };
    let mut checks = vec![Check::good(
        NAME,
        format!("`{application}/{name}` is there"),
    )];
    for name in &group.services {
        checks.push(service(ports, name, Engine::CodeDeploy).await);
    }
    checks
}

/// Whether a service exists and is deployed by this engine.
async fn service(ports: &Ports, name: &ServiceName, engine: Engine) -> Check {
    const NAME: &str = "service";
    let full = format!("{}/{}", name.cluster, name.service);
    let (controller, whose, remedy, correction) = match engine {
        Engine::CodeDeploy => (
            "CODE_DEPLOY",
            "CodeDeploy",
            "release it with its own controller, or create a service with the deployment \
             controller CODE_DEPLOY: an existing one can be taken from it, but not to it",
            "correct the deployment group",
        ),
        Engine::Ecs => (
            "ECS",
            "ECS itself",
            "release it with version 1 of the action if CodeDeploy deploys it",
            "correct --cluster and --service, or the Region",
        ),
    };
    match ports.services.describe(name).await {
        Ok(Some(found)) if found.deployment_controller == controller => {
            Check::good(NAME, format!("`{full}` is deployed by {whose}"))
        }
        Ok(Some(found)) => Check::failed(
            NAME,
            format!(
                "`{full}` has the controller {}",
                found.deployment_controller
            ),
            remedy,
        ),
        Ok(None) => Check::failed(NAME, format!("`{full}` is not there"), correction),
        Err(error) => not_answered(NAME, &error),
    }
}
