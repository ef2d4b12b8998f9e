//! Findings about a release to a service that ECS deploys itself.

use std::time::Duration;

use crate::job::Excerpt;

/// A finding about such a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceFinding {
    /// The service is not deployed by ECS itself.
    OtherController { controller: Excerpt },
    /// ECS deploys the service in a way that this worker does not know.
    UnrecognisedStrategy { strategy: Excerpt },
    /// The waits of ECS's own deployment leave no time for the rest of it.
    TooLong { waits: Waits, limit: Duration },
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
}

/// How long one of ECS's own deployments waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Between the steps in which traffic shifts.
    pub shift: Duration,
    /// After the traffic has shifted.
    pub bake: Duration,
    /// At most, in hooks that pause.
    pub pauses: Duration,
}
