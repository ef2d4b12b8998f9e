//! Everything that the page shows, as plain values.

use std::collections::BTreeMap;

use serde::Serialize;

use super::flow::StepShown;

/// One look at everything. Times are seconds since the beginning of what is
/// rehearsed, and since 1970 of a worker at work.
#[derive(Clone, Debug, Default, Serialize)]
pub struct View {
    pub kind: Kind,
    pub title: String,
    /// What is going to happen, in a sentence.
    pub outlook: String,
    /// How many times faster than real time it goes.
    pub speed: Option<f64>,
    pub now: f64,
    /// Nothing more is going to happen.
    pub has_ended: bool,
    pub addresses: Vec<Address>,
    pub actions: Vec<ActionShown>,
    /// Those that a worker had lately, and how they have ended.
    pub ended: Vec<ActionShown>,
    /// The steps of the rehearsed release.
    pub flow: Vec<StepShown>,
    pub deployments: Vec<DeploymentShown>,
    pub traffic: Option<TrafficShown>,
    pub fleet: Fleet,
    pub alarms: Vec<AlarmShown>,
    pub hooks: Vec<HookShown>,
    /// Absent where nobody has looked for any.
    pub findings: Option<Vec<FindingShown>>,
}

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One release on a pretend AWS.
    #[default]
    Rehearsal,
    /// What one worker has in hand.
    Worker,
}

/// Somewhere to look with a browser.
#[derive(Clone, Debug, Serialize)]
pub struct Address {
    pub name: String,
    pub url: String,
}

/// An action as the pipeline shows it to its author.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ActionShown {
    pub name: String,
    pub status: String,
    pub percent: Option<i64>,
    pub summary: Option<String>,
    pub link: Option<String>,
    /// The failure's type and its message.
    pub error: Option<(String, String)>,
    pub variables: BTreeMap<String, String>,
    /// When a worker took its first job, and when it registered the task
    /// definition.
    pub taken: Option<f64>,
    pub registered: Option<f64>,
    /// Where the rollout stands, where that is known.
    pub step: Option<String>,
    /// When it was taken up here, and when it ended here, where that is known.
    pub since: Option<f64>,
    pub until: Option<f64>,
}

/// A deployment as CodeDeploy shows it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeploymentShown {
    pub id: String,
    pub is_rollback: bool,
    pub status: String,
    pub created: f64,
    pub completed: Option<f64>,
    pub error: Option<String>,
    pub events: Vec<EventShown>,
}

/// A lifecycle event.
#[derive(Clone, Debug, Serialize)]
pub struct EventShown {
    pub name: String,
    pub status: String,
    pub started: Option<f64>,
    pub ended: Option<f64>,
    /// What a hook that failed has to say.
    pub words: Option<String>,
}

/// Requests at the listeners.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrafficShown {
    /// Green's weight, in percent.
    pub green: u32,
    pub spans: Vec<SpanShown>,
    pub load: Option<LoadShown>,
}

/// What was counted in a span of time.
#[derive(Clone, Debug, Serialize)]
pub struct SpanShown {
    pub begins: u64,
    /// Green's weight, in percent.
    pub weight: u32,
    /// Requests in a real second that blue and green have answered, and those
    /// that have failed.
    pub blue: f64,
    pub green: f64,
    pub failed: f64,
}

/// What became of the clients' requests. Times are milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct LoadShown {
    pub clients: usize,
    pub requests: u64,
    pub failures: u64,
    pub blue: u64,
    pub green: u64,
    pub median: f64,
    pub p90: f64,
    pub p99: f64,
    pub longest: f64,
}

/// The service's task sets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Fleet {
    pub service: String,
    pub task_sets: Vec<TaskSetShown>,
}

/// A task set with its tasks.
#[derive(Clone, Debug, Serialize)]
pub struct TaskSetShown {
    pub id: String,
    /// `blue` or `green`.
    pub version: String,
    pub status: String,
    pub task_definition: String,
    pub target_group: String,
    pub weight: u32,
    pub tasks: Vec<TaskShown>,
}

/// A task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskShown {
    pub id: String,
    /// Such as `healthy`.
    pub state: String,
    pub address: Option<String>,
    pub in_flight: Option<usize>,
}

/// A CloudWatch alarm.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmShown {
    pub name: String,
    pub about: String,
    pub is_on: bool,
    pub since: Option<f64>,
}

/// A hook that was called on this machine.
#[derive(Clone, Debug, Serialize)]
pub struct HookShown {
    pub event: String,
    pub called: String,
    /// `runs`, `succeeded` or `failed`.
    pub state: String,
    pub words: Option<String>,
}

/// What a check or a policy has to say.
#[derive(Clone, Debug, Serialize)]
pub struct FindingShown {
    /// `error`, `warning` or `note`.
    pub severity: String,
    pub is_policys: bool,
    pub text: String,
}
