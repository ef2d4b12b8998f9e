//! What was read besides the deployment itself to explain its failure: plain
//! values, each of them best effort (aws-facts §4.5).

use jiff::Timestamp;

use super::call_error::CallError;
use crate::job::TaskDefinitionArn;
use crate::release::target::ServiceEvent;

/// What speaks for a cause. Empty lists mean that nothing was found, or that
/// `unread` says why nothing could be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Tasks of the new task set that have stopped, the latest first.
    pub tasks: Vec<StoppedTask>,
    /// The service's events since the deployment began, the latest first.
    pub events: Vec<ServiceEvent>,
    /// Names of the alarms that the deployment group watches.
    pub alarms: Vec<String>,
    /// Those of them that have gone off.
    pub gone_off: Vec<AlarmSeen>,
    /// How the load balancer finds the new tasks.
    pub targets: Vec<TargetHealth>,
    /// Reads that failed.
    pub unread: Vec<CallError>,
}

impl Evidence {
    /// The same, with what was seen right after the failure where a later
    /// look finds nothing any more: a rollback takes the new tasks away, and
    /// with them what ailed them.
    #[must_use]
    pub fn or_seen_before(self, before: Self) -> Self {
        fn either<T>(now: Vec<T>, before: Vec<T>) -> Vec<T> {
            if now.is_empty() { before } else { now }
        }
        let still = self.targets.iter().any(TargetHealth::is_unhealthy);
        Self {
            tasks: either(self.tasks, before.tasks),
            events: either(self.events, before.events),
            alarms: either(self.alarms, before.alarms),
            gone_off: either(self.gone_off, before.gone_off),
            targets: if still { self.targets } else { before.targets },
            unread: all_unread(self.unread, before.unread),
        }
    }
}

/// With what the earlier look was denied: the later one may have had nothing
/// left to ask about. Transient errors it has made up for.
fn all_unread(now: Vec<CallError>, before: Vec<CallError>) -> Vec<CallError> {
    let is_told = |error: &CallError| now.iter().any(|told| told.call == error.call);
    let lasting = before
        .into_iter()
        .filter(|error| !error.is_transient() && !is_told(error));
    let lasting: Vec<CallError> = lasting.collect();
    now.into_iter().chain(lasting).collect()
}

/// An alarm that has gone off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmSeen {
    pub name: String,
    pub since: Option<Timestamp>,
    pub reason: Option<String>,
}

/// One target as the load balancer finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetHealth {
    /// The task's address.
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

/// `TargetHealthStateEnum`, with a place for what does not matter here and
/// what AWS may add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetState {
    Initial,
    Healthy,
    Unhealthy,
    Draining,
    Unrecognised(String),
}

/// A task that has stopped, as long as ECS still shows it: at least an hour.
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

/// `TaskStopCode`, with a place for what AWS may add.
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
    /// Absent where the container never ran.
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
}
