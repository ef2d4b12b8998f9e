//! What was read besides the deployment itself to explain its failure: plain
//! values, all best effort (docs/aws.md §4.5).

use jiff::Timestamp;

use super::call_error::CallError;
use crate::job::TaskDefinitionArn;
use crate::release::target::ServiceEvent;

/// The evidence for a cause. An empty list means that nothing was found, or
/// that reading it failed, which `unread` then shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Stopped tasks of the new task set, the latest first.
    pub tasks: Vec<StoppedTask>,
    /// The service's events since the deployment began, the latest first.
    pub events: Vec<ServiceEvent>,
    /// The names of the alarms that the deployment group watches.
    pub alarms: Vec<String>,
    /// Those of them that have gone off.
    pub gone_off: Vec<AlarmSeen>,
    /// The health of the new tasks according to the load balancer.
    pub targets: Vec<TargetHealth>,
    /// Reads that failed.
    pub unread: Vec<CallError>,
    /// When this worker first looked, by its own clock.
    pub first_look: Option<Timestamp>,
}

impl Evidence {
    /// Fills gaps with what was read right after the failure: a rollback
    /// removes the new tasks, and with them the evidence.
    #[must_use]
    pub fn or_seen_before(self, before: Self) -> Self {
        fn either<T>(now: Vec<T>, before: Vec<T>) -> Vec<T> {
            if now.is_empty() { before } else { now }
        }
        let is_still_unhealthy = self.targets.iter().any(TargetHealth::is_unhealthy);
        Self {
            tasks: either(self.tasks, before.tasks),
            events: either(self.events, before.events),
            alarms: either(self.alarms, before.alarms),
            gone_off: either(self.gone_off, before.gone_off),
            targets: if is_still_unhealthy {
                self.targets
            } else {
                before.targets
            },
            unread: all_unread(self.unread, before.unread),
            first_look: before.first_look.or(self.first_look),
        }
    }
}

/// Adds what the earlier read was denied: the later one may not have had to
/// read it. Transient errors of the earlier read are dropped.
fn all_unread(now: Vec<CallError>, before: Vec<CallError>) -> Vec<CallError> {
    let is_listed = |error: &CallError| now.iter().any(|listed| listed.call == error.call);
    let permanent = before
        .into_iter()
        .filter(|error| !error.is_transient() && !is_listed(error));
    let permanent: Vec<CallError> = permanent.collect();
    now.into_iter().chain(permanent).collect()
}

/// An alarm that has gone off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmSeen {
    pub name: String,
    pub since: Option<Timestamp>,
    pub reason: Option<String>,
}

/// A target as the load balancer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetHealth {
    /// The task's IP address.
    pub id: String,
    pub port: Option<i32>,
    pub state: TargetState,
    /// Such as `Target.Timeout`.
    pub reason: Option<String>,
    pub description: Option<String>,
}

impl TargetHealth {
    /// Whether its health checks fail.
    #[must_use]
    pub fn is_unhealthy(&self) -> bool {
        self.state == TargetState::Unhealthy
    }
}

/// `TargetHealthStateEnum`, with a variant for values that do not matter here
/// or that AWS may add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetState {
    Initial,
    Healthy,
    Unhealthy,
    Draining,
    Unrecognised(String),
}

/// A task that has stopped. ECS shows it for at least an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedTask {
    /// The last part of its ARN.
    pub id: String,
    /// The task set that started it.
    pub started_by: Option<String>,
    pub task_definition: Option<TaskDefinitionArn>,
    pub stop_code: StopCode,
    pub reason: Option<String>,
    pub at: Option<Timestamp>,
    pub containers: Vec<StoppedContainer>,
}

/// `TaskStopCode`, with a variant for values that AWS may add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopCode {
    TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    SpotInterruption,
    TerminationNotice,
    InfrastructureHealth,
    Unrecognised(String),
}

/// One container of a stopped task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedContainer {
    pub name: String,
    /// `None` if the container never ran.
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
}
