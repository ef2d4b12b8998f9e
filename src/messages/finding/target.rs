//! Messages for findings about what the release is deployed to.

use super::service;
use crate::job::Excerpt;
use crate::job::duration::exact;
use crate::messages::Words;
use crate::messages::words::all_of;
use crate::release::finding::TargetFinding;
use crate::release::target::ServiceName;

pub(super) fn words(finding: &TargetFinding) -> Words {
    match finding {
        TargetFinding::NotEcs { platform } => Words::new(
            format!("the application deploys to {platform}, not to ECS"),
            "name an application with the compute platform ECS",
        ),
        TargetFinding::NotBlueGreen { found } => Words::new(
            format!("the deployment group deploys {found}, not BLUE_GREEN"),
            "name a deployment group for ECS blue/green",
        ),
        TargetFinding::ServiceCount { count } => Words::new(
            format!("the deployment group has {count} ECS services, and deploys exactly one"),
            "set the group's ECS service",
        ),
        TargetFinding::ServiceMissing { service } => Words::new(
            format!("the {} does not exist", shown(service)),
            "create it, or name a service that exists",
        ),
        TargetFinding::ServiceNotActive { service, status } => Words::new(
            format!("the {} is {status}", shown(service)),
            "create it again; only an ACTIVE service can be deployed",
        ),
        TargetFinding::WrongController {
            service,
            controller,
            strategy,
        } => wrong_controller(service, controller, strategy),
        TargetFinding::Service(finding) => service::words(finding),
        TargetFinding::WaitsTooLong { waits, limit } => Words::new(
            format!(
                "the deployment group waits up to {}, and the action ends after {}",
                exact(*waits),
                exact(*limit)
            ),
            "set CompleteWhen=TrafficShifted in Options, which does not wait for the old tasks to end, or shorten the group's waits",
        ),
        TargetFinding::WaitsForContinue { wait } => Words::new(
            format!(
                "the deployment group waits up to {} to be continued, and stops then",
                exact(*wait)
            ),
            "continue it in CodeDeploy, or set ContinueWhenReady=Always in Options",
        ),
        TargetFinding::CapacityProvidersDropped { providers } => Words::new(
            format!(
                "the running tasks use {}, which the AppSpec leaves out: the new tasks will not",
                all_of(providers)
            ),
            "add CapacityProviderStrategy to the AppSpec, or set CapacityProviders=Keep in Options",
        ),
        TargetFinding::CapacityProvidersKept { providers } => Words::only(format!(
            "{} copied from the running tasks",
            all_of(providers)
        )),
        TargetFinding::NoTasksDesired { service } => Words::new(
            format!(
                "the {} has a desired count of 0, so no new task will show whether the release works",
                shown(service)
            ),
            "raise the desired count before releasing",
        ),
        TargetFinding::GradualNetworkLoadBalancer { config } => Words::new(
            format!("{config} moves traffic step by step, which a Network Load Balancer cannot"),
            "use CodeDeployDefault.ECSAllAtOnce",
        ),
        TargetFinding::NetworkLoadBalancerUnchecked { config } => Words::new(
            format!(
                "a Network Load Balancer moves traffic all at once, and it was not looked up whether {config} does"
            ),
            "if it moves traffic step by step, use CodeDeployDefault.ECSAllAtOnce",
        ),
        TargetFinding::ListenerElsewhere { forwarded, running } => Words::new(
            format!(
                "the production listener forwards to {}, and the tasks that run are in {running}",
                all_of(forwarded)
            ),
            format!(
                "set the listener's default action to {running}; a template that sets it undoes what CodeDeploy has moved"
            ),
        ),
        TargetFinding::NotForFargate => Words::new(
            "the service runs on Fargate, and the task definition does not ask for it",
            "add FARGATE to requiresCompatibilities",
        ),
    }
}

/// `UpdateService` can switch a service away from CodeDeploy, but not to it
/// (docs/aws.md §8).
fn wrong_controller(service: &ServiceName, controller: &Excerpt, strategy: &Excerpt) -> Words {
    let by = match (controller.as_str(), strategy.as_str()) {
        ("ECS", "BLUE_GREEN") => "ECS's own blue/green deployments".to_owned(),
        ("ECS", "LINEAR") => "ECS's own linear deployments".to_owned(),
        ("ECS", "CANARY") => "ECS's own canary deployments".to_owned(),
        ("ECS", "ROLLING") => "ECS's own rolling deployments".to_owned(),
        ("ECS", _) => "ECS itself".to_owned(),
        ("EXTERNAL", _) => "an external controller".to_owned(),
        (other, _) => other.to_owned(),
    };
    let instead = match controller.as_str() {
        "ECS" => "release it with version 2 of this action, which drives ECS's own deployments",
        "EXTERNAL" => "release it with the tool that manages its task sets",
        _ => "release it with its own controller",
    };
    Words::new(
        format!(
            "the {} is deployed by {by}, not by CodeDeploy",
            shown(service)
        ),
        format!(
            "{instead}, or create a service with the deployment controller CODE_DEPLOY: an existing one can be taken from it, but not to it"
        ),
    )
}

fn shown(service: &ServiceName) -> String {
    format!(
        "service {} in the cluster {}",
        Excerpt::of(&service.service),
        Excerpt::of(&service.cluster)
    )
}
