//! Findings about the release in relation to the state of AWS.

use std::time::Duration;

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
    /// The service is not deployed by ECS itself.
    NotDeployedByEcs { controller: Excerpt },
    /// ECS deploys the service in a way that this worker does not know.
    UnrecognisedStrategy { strategy: Excerpt },
    /// The waits of ECS's own deployment leave no time for the rest of it.
    DeploymentTooLong { waits: Waits, limit: Duration },
    /// A hook pauses the deployment, but the worker will not continue it.
    Pauses {
        stages: Vec<Excerpt>,
        timeout: Duration,
        /// Whether ECS goes on after the timeout; otherwise it rolls back.
        continues: bool,
    },
    /// These options stop the deployment, which ECS does by rolling back.
    StopRollsBack { options: Vec<&'static str> },
    /// These alarms of the service are on, so ECS will ignore them.
    AlarmsOn { alarms: Vec<Excerpt> },
    /// The group's waits leave no time for the deployment itself.
    WaitsTooLong { waits: Duration, limit: Duration },
    /// The group waits to be continued, but the worker will not continue it.
    NobodyContinues { wait: Duration },
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

/// How long one of ECS's own deployments waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Between the steps in which traffic shifts.
    pub shift: Duration,
    /// After the traffic has shifted.
    pub bake: Duration,
    /// At most, for somebody to continue.
    pub pauses: Duration,
}
