//! What was read besides the deployment itself to explain its failure: plain
//! values, each of them best effort (aws-facts §4.5).

use jiff::Timestamp;

use super::trouble::Trouble;
use crate::job::TaskDefinitionArn;
use crate::release::surroundings::ServiceEvent;

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
    /// Reads that failed.
    pub unread: Vec<Trouble>,
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
