//! What can be said about the release and what AWS shows.

use std::time::Duration;

use crate::job::Excerpt;
use crate::release::target::ServiceName;

/// A finding about the deployment group or the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetFinding {
    /// The application deploys to something else than ECS.
    NotEcs { platform: Excerpt },
    /// The group does not deploy blue/green.
    NotBlueGreen { found: Excerpt },
    /// The group names no service, or several.
    ServiceCount { count: usize },
    /// The group's service does not exist.
    ServiceMissing { service: ServiceName },
    ServiceNotActive {
        service: ServiceName,
        status: Excerpt,
    },
    /// Something else than CodeDeploy deploys the service.
    WrongController {
        service: ServiceName,
        controller: Excerpt,
        /// How ECS itself deploys it, if it says.
        strategy: Option<Excerpt>,
    },
    /// The group's waits leave no time for the deployment itself.
    WaitsTooLong { waits: Duration, limit: Duration },
    /// The group waits to be continued, and nobody here will do it.
    NobodyContinues { wait: Duration },
    /// The running tasks use capacity providers that the AppSpec leaves out.
    CapacityProvidersDropped { providers: Vec<Excerpt> },
    /// The capacity providers were copied from the running tasks.
    CapacityProvidersKept { providers: Vec<Excerpt> },
    /// The service runs no tasks.
    NoTasksDesired { service: ServiceName },
    /// A Network Load Balancer moves its traffic at once or not at all.
    GradualNetworkLoadBalancer { config: Excerpt },
    /// The same may be true, and the configuration was not looked up.
    NetworkLoadBalancerUnchecked { config: Excerpt },
    /// The production listener forwards to the pair's other target group than
    /// that of the tasks that run.
    ListenerElsewhere {
        forwarded: Vec<Excerpt>,
        running: Excerpt,
    },
    /// The service runs on Fargate, and the task definition does not.
    NotForFargate,
}
