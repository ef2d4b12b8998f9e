//! Where the words for ECS's own deployments differ from CodeDeploy's.

use crate::messages::words::Words;
use crate::rollout::cause::Cause;

/// The cause and its remedy, if ECS needs words of its own.
pub(super) fn words(cause: &Cause) -> Option<Words> {
    Some(match cause {
        Cause::HookNeverAnswered { event, function } => Words::new(
            format!(
                "the hook of {event} gave no answer in time{}.",
                super::called(function.as_deref())
            ),
            "Check that the function returns a hookStatus on every path, SUCCEEDED in the end, \
             within the hook's timeout; then release again.",
        ),
        Cause::ServiceRole => Words::new(
            "the infrastructure role of the service's load balancers is missing or lacks a \
             permission.",
            "Give the role what AmazonECSInfrastructureRolePolicyForLoadBalancers allows, and let \
             ecs.amazonaws.com assume it; then retry the stage.",
        ),
        Cause::ReleaseTarget => Words::new(
            "the service's listener rules and target groups are not as ECS needs them.",
            "Correct what ECS's message below names, then retry the stage.",
        ),
        Cause::NotContinued => Words::new(
            "it was not continued before the pause was over.",
            "Retry the stage and continue the deployment while it waits, or set \
             ContinueWhenReady=Always in Options.",
        ),
        Cause::StoppedByHand => Words::new(
            "a person or another program stopped it.",
            "Ask who stopped it and why; CloudTrail names the caller of StopServiceDeployment. \
             Then retry the stage.",
        ),
        Cause::HookFailed { .. }
        | Cause::Alarm
        | Cause::ImageNotPulled { .. }
        | Cause::WrongArchitecture { .. }
        | Cause::RegistryClosed { .. }
        | Cause::SecretsNotFetched { .. }
        | Cause::SecretsOrRegistry
        | Cause::EnvironmentFilesNotFetched { .. }
        | Cause::NoLog { .. }
        | Cause::RoleNotAssumed { .. }
        | Cause::VolumeNotMounted { .. }
        | Cause::OutOfAddresses
        | Cause::NoNetworkInterface
        | Cause::PortInUse
        | Cause::DiskFull
        | Cause::NotStarted { .. }
        | Cause::OutOfMemory { .. }
        | Cause::Exited { .. }
        | Cause::FailedHealthChecks { .. }
        | Cause::InfrastructureFailed
        | Cause::CapacityLost
        | Cause::NotPlaced { .. }
        | Cause::NeverHealthy
        | Cause::AppSpecInvalid
        | Cause::CodeDeploy
        | Cause::Superseded(_)
        | Cause::OutOfTime
        | Cause::Abandoned
        | Cause::TasksFailed
        | Cause::Unknown => return None,
    })
}
