//! The message and remedy for each cause of a failed deployment.

mod fetch;
mod tasks;
#[cfg(test)]
mod tests;

use super::words::{Words, all_of};
use crate::job::Engine;
use crate::rollout::cause::{Cause, Obstacle};
use crate::rollout::evidence::Evidence;

/// The cause of a deployment's end, phrased to follow a colon, and its remedy.
#[expect(clippy::too_many_lines, reason = "one arm for each cause")]
pub(super) fn words(engine: Engine, cause: &Cause, evidence: &Evidence) -> Words {
    let is_ecs = engine == Engine::Ecs;
    match cause {
        Cause::HookFailed { event, function } => Words::new(
            format!("the hook {event} failed{}.", called(function.as_deref())),
            "Read the log of the hook's Lambda function, correct what it found, then release \
             again.",
        ),
        Cause::HookNeverAnswered { event, function } if is_ecs => Words::new(
            format!(
                "the hook of {event} gave no answer in time{}.",
                called(function.as_deref())
            ),
            "Check that the function returns a hookStatus on every path, SUCCEEDED in the end, \
             within the hook's timeout; then release again.",
        ),
        Cause::HookNeverAnswered { event, function } => Words::new(
            format!(
                "the hook {event} gave no answer{}.",
                called(function.as_deref())
            ),
            "Check that the function calls PutLifecycleEventHookExecutionStatus on every path, may \
             do so, and is done within the hour that CodeDeploy waits; then release again.",
        ),
        Cause::Alarm => alarm(evidence),
        Cause::ImageNotPulled { container, why } => image(container.as_deref(), *why),
        Cause::WrongArchitecture { container } => Words::new(
            format!(
                "{} is for another processor than the tasks run on.",
                image_of(container.as_deref())
            ),
            "Build the image for the architecture of runtimePlatform.cpuArchitecture (X86_64 where \
             the task definition does not say) or for both, or set runtimePlatform; then release \
             again.",
        ),
        Cause::RegistryClosed { why } => fetch::registry(*why),
        Cause::SecretsNotFetched { which, why } => fetch::secrets(which.as_deref(), *why),
        Cause::SecretsOrRegistry => Words::new(
            "the new tasks cannot fetch their secrets or cannot sign in to the image registry; ECS \
             does not say which.",
            "Check that the subnets reach ECR, Secrets Manager and Systems Manager (NAT, a public \
             address or VPC endpoints), and that the task execution role may call \
             ecr:GetAuthorizationToken and read every secret; then release again.",
        ),
        Cause::EnvironmentFilesNotFetched { why } => fetch::environment_files(*why),
        Cause::NoLog { why } => fetch::log(*why),
        Cause::RoleNotAssumed { role } => Words::new(
            match role {
                Some(role) => format!("ECS cannot assume the role {role}."),
                None => "ECS cannot assume a role of the new tasks or of the service.".into(),
            },
            "Check that the role exists and that its trust policy lets ecs-tasks.amazonaws.com \
             assume it (sts:AssumeRole); then release again.",
        ),
        Cause::VolumeNotMounted { why } => fetch::volume(*why),
        Cause::OutOfAddresses => Words::new(
            "the subnets have no free IP address for the new tasks.",
            "During a blue/green deployment the service has twice its tasks: give it larger or \
             more subnets, or free addresses in these; then release again.",
        ),
        Cause::NoNetworkInterface => Words::new(
            "the network interface of the new tasks could not be created.",
            "Check that the subnets and security groups exist and have room, and that the \
             service's role may manage network interfaces; then release again.",
        ),
        Cause::PortInUse => Words::new(
            "a port that the new tasks need is in use.",
            "In network mode bridge, use host port 0; in host mode, have more instances than \
             tasks; in awsvpc mode, check that two containers of the task do not listen on the \
             same port. Then release again.",
        ),
        Cause::DiskFull => Words::new(
            "there is no disk space left for the new tasks.",
            "On Fargate, raise ephemeralStorage in the task definition; on EC2, free or enlarge \
             the instances' disks. Then release again.",
        ),
        Cause::NotStarted { container } => Words::new(
            match container {
                Some(container) => format!("container {container} cannot be started."),
                None => "a container cannot be started.".into(),
            },
            "Read the reason below: usually the command or entry point is not in the image, may \
             not be executed, or a setting of the container is not possible here. Correct it, then \
             release again.",
        ),
        Cause::OutOfMemory { container } => Words::new(
            format!("container {container} ran out of memory and was killed."),
            "Give the container, and the task, more memory in the task definition, or make the \
             program use less.",
        ),
        Cause::Exited { container, code } => tasks::exited(container, *code),
        Cause::FailedHealthChecks { check } => tasks::health(check),
        Cause::InfrastructureFailed => Words::new(
            "the infrastructure of the new tasks has failed.",
            "This is a fault of the machines, not of the release: retry the stage.",
        ),
        Cause::CapacityLost => Words::new(
            "new tasks were interrupted and not replaced in time.",
            "Use capacity that is not taken back, such as FARGATE beside FARGATE_SPOT, or release \
             again later.",
        ),
        Cause::NotPlaced { lacks } => tasks::not_placed(*lacks),
        Cause::NeverHealthy => Words::new(
            "the new tasks did not become healthy in time.",
            "Look at the service's events, its stopped tasks and the health of the target group; \
             correct what they name, then release again.",
        ),
        Cause::AppSpecInvalid => Words::new(
            "CodeDeploy does not accept the AppSpec.",
            "Correct the AppSpec where CodeDeploy's message below points, then release again.",
        ),
        Cause::ServiceRole if is_ecs => Words::new(
            "the infrastructure role of the service's load balancers is missing or lacks a \
             permission.",
            "Give the role what AmazonECSInfrastructureRolePolicyForLoadBalancers allows, and let \
             ecs.amazonaws.com assume it; then retry the stage.",
        ),
        Cause::ServiceRole => Words::new(
            "the service role of the deployment group is missing or lacks a permission.",
            "Give the role what AWSCodeDeployRoleForECS allows, and iam:PassRole for the task's \
             roles; then retry the stage.",
        ),
        Cause::ReleaseTarget if is_ecs => Words::new(
            "the service's listener rules and target groups are not as ECS needs them.",
            "Correct what ECS's message below names, then retry the stage.",
        ),
        Cause::ReleaseTarget => Words::new(
            "the service, its load balancer or the deployment group is not as CodeDeploy needs it.",
            "Correct what CodeDeploy's message below names, then retry the stage.",
        ),
        Cause::CodeDeploy => Words::new(
            "CodeDeploy could not carry it out.",
            "Retry the stage. If it happens again, look at the AWS Health Dashboard.",
        ),
        Cause::StoppedByHand => Words::new(
            "a person or another program stopped it.",
            format!(
                "Ask who stopped it and why; CloudTrail names the caller of {}. Then retry the \
                 stage.",
                match engine {
                    Engine::CodeDeploy => "StopDeployment",
                    Engine::Ecs => "StopServiceDeployment",
                }
            ),
        ),
        Cause::Superseded(revision) => Words::new(
            format!("a newer deployment, of {revision}, took its place."),
            "To deploy this version after all, retry the stage. Find out who else deploys this \
             service; CloudTrail names the caller of UpdateService.",
        ),
        Cause::OutOfTime => Words::new(
            "nothing that could be read says what held it up.",
            "Check how far the deployment got. A longer Timeout, or \
             CompleteWhen=TrafficShifted, in Options gives the next one more time.",
        ),
        Cause::Abandoned => Words::new(
            "OnAbandon asks for it.",
            "Release again, or set OnAbandon=Leave in Options to let deployments run on.",
        ),
        Cause::TasksFailed => Words::new(
            "nothing that could be read says why they failed.",
            "Look at the service's stopped tasks and its events, correct what they name, then \
             release again.",
        ),
        Cause::NotContinued if is_ecs => Words::new(
            "it was not continued before the pause was over.",
            "Retry the stage and continue the deployment while it waits, or set \
             ContinueWhenReady=Always in Options.",
        ),
        Cause::NotContinued => Words::new(
            "it was not continued in time, or a person or another program stopped it; CodeDeploy gives no reason.",
            "Retry the stage and continue the deployment while it is Ready, or set \
             ContinueWhenReady=Always in Options.",
        ),
        Cause::Unknown => Words::new(
            "nothing that could be read says why.",
            "Open the deployment, correct what it names, then retry the stage.",
        ),
    }
}

fn image_of(container: Option<&str>) -> String {
    match container {
        Some(container) => format!("the image of container {container}"),
        None => "an image".into(),
    }
}

fn image(container: Option<&str>, why: Obstacle) -> Words {
    let remedy = match why {
        Obstacle::Missing => {
            "Check that the image is in the registry under this name, with this tag or digest, and \
             was not deleted or archived; then release again."
        }
        Obstacle::Denied => {
            "Let the task execution role read the repository (ecr:BatchGetImage, \
             ecr:GetDownloadUrlForLayer), with a policy of the repository where it is another \
             account's; for another registry, give repositoryCredentials. A wrong name is denied \
             too. Then release again."
        }
        Obstacle::Unreachable => {
            "Check that the subnets reach the registry: a route to a NAT gateway, a public \
             address, or VPC endpoints for ecr.api, ecr.dkr and S3, and a security group that lets port \
             443 out; then release again."
        }
        Obstacle::RateLimited => {
            "The registry has had too many requests: sign in to it with repositoryCredentials, or \
             copy the image to ECR (a pull-through cache does); then release again."
        }
        Obstacle::Unclear => {
            "Check that the image is in the registry under this name, that the task execution role \
             may read it, and that the subnets reach the registry; then release again."
        }
    };
    let what = format!("{} cannot be pulled.", image_of(container));
    Words::new(what, remedy)
}

fn called(function: Option<&str>) -> String {
    match function {
        Some(function) => format!(" (Lambda function {function})"),
        None => String::new(),
    }
}

/// Names the alarms that are in alarm, or else those that are watched.
fn alarm(evidence: &Evidence) -> Words {
    let remedy =
        "Find out why the alarm went off, then release a version that does not set it off.";
    let names = evidence.gone_off.iter().map(|alarm| &alarm.name);
    let on: Vec<&String> = names.collect();
    let what = match (&*on, &*evidence.alarms) {
        ([], []) => "an alarm of the deployment went off.".to_owned(),
        ([], watched) => {
            let watched = all_of(watched);
            format!("an alarm of the deployment went off (it watches {watched}).")
        }
        ([name], _) => format!("the alarm {name} went off."),
        (names, _) => format!("the alarms {} went off.", all_of(names)),
    };
    Words::new(what, remedy)
}
