//! Findings about the release in relation to the state of AWS.

use std::time::Duration;

use super::{FindingKind, ServiceFinding};
use crate::job::Excerpt;
use crate::release::target::ServiceName;

/// A finding about the deployment group or the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetFinding {
    /// The application does not deploy to ECS.
    NotEcs { platform: Excerpt },
    /// The group does not deploy blue/green.
    NotBlueGreen { found: Excerpt },
    /// The group has no service, or several.
    ServiceCount { count: usize },
    /// The group's service does not exist.
    ServiceMissing { service: ServiceName },
    ServiceNotActive {
        service: ServiceName,
        status: Excerpt,
    },
    /// The service is not deployed by CodeDeploy.
    WrongController {
        service: ServiceName,
        controller: Excerpt,
        /// ECS's own deployment strategy, if reported.
        strategy: Excerpt,
    },
    /// A service that ECS deploys itself.
    Service(ServiceFinding),
    /// The group's waits leave no time for the deployment itself.
    WaitsTooLong { waits: Duration, limit: Duration },
    /// The group waits to be continued, but the worker will not continue it.
    WaitsForContinue { wait: Duration },
    /// The running tasks use capacity providers that the AppSpec omits.
    CapacityProvidersDropped { providers: Vec<Excerpt> },
    /// The capacity providers were copied from the running tasks.
    CapacityProvidersKept { providers: Vec<Excerpt> },
    /// The service runs no tasks.
    NoTasksDesired { service: ServiceName },
    /// A Network Load Balancer cannot shift its traffic in steps.
    GradualNetworkLoadBalancer { config: Excerpt },
    /// The same may apply, but the deployment configuration was not read.
    NetworkLoadBalancerUnchecked { config: Excerpt },
    /// The production listener forwards to the other target group of the pair,
    /// not to that of the running tasks.
    ListenerElsewhere {
        forwarded: Vec<Excerpt>,
        running: Excerpt,
    },
    /// The service runs on Fargate, and the task definition does not.
    NotForFargate,
}

impl From<ServiceFinding> for FindingKind {
    fn from(finding: ServiceFinding) -> Self {
        Self::ReleaseTarget(TargetFinding::Service(finding))
    }
}
