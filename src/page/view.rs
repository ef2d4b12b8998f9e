//! The data that the page shows, as plain values.

use std::collections::BTreeMap;

use serde::Serialize;

use super::flow::StepShown;

/// A snapshot of everything that is shown. Times are in seconds: since the
/// start of a rehearsal, or since 1970 for a running worker.
#[derive(Clone, Debug, Default, Serialize)]
pub struct View {
    pub kind: Kind,
    pub title: String,
    /// A sentence about what will happen.
    pub outlook: String,
    /// Speed relative to real time.
    pub speed: Option<f64>,
    pub now: f64,
    /// Whether nothing more will happen.
    pub has_ended: bool,
    pub addresses: Vec<Address>,
    pub actions: Vec<ActionShown>,
    /// Actions that ended recently on this worker, with their results.
    pub ended: Vec<ActionShown>,
    /// The steps of the rehearsed release.
    pub flow: Vec<StepShown>,
    pub deployments: Vec<DeploymentShown>,
    pub traffic: Option<TrafficShown>,
    pub fleet: Fleet,
    pub alarms: Vec<AlarmShown>,
    pub hooks: Vec<HookShown>,
    /// Absent if no checks have run.
    pub findings: Option<Vec<FindingShown>>,
}

/// What the page is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One release in the simulator.
    #[default]
    Rehearsal,
    /// The releases of one running worker.
    Worker,
}

/// A URL to open in a browser.
#[derive(Clone, Debug, Serialize)]
pub struct Address {
    pub name: String,
    pub url: String,
}

/// An action as the CodePipeline console shows it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ActionShown {
    pub name: String,
    pub status: String,
    pub percent: Option<i64>,
    pub summary: Option<String>,
    pub link: Option<String>,
    /// Failure type and message.
    pub error: Option<(String, String)>,
    pub variables: BTreeMap<String, String>,
    /// When a worker took its first job, and when it registered the task
    /// definition.
    pub taken: Option<f64>,
    pub registered: Option<f64>,
    /// The current step of the rollout, if known.
    pub step: Option<String>,
    /// When this worker took it up, and when it ended here, if known.
    pub since: Option<f64>,
    pub until: Option<f64>,
}

/// A deployment, whoever shifts its traffic.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeploymentShown {
    pub id: String,
    pub is_rollback: bool,
    /// As AWS shows it.
    pub status: String,
    /// What it does now; absent once it has ended.
    pub state: Option<String>,
    /// Whether it waits to be continued.
    pub waits: bool,
    pub next: Option<NextShown>,
    pub created: f64,
    pub completed: Option<f64>,
    pub error: Option<String>,
    pub events: Vec<EventShown>,
}

/// What comes next, for example `the next step`, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextShown {
    pub what: String,
    pub at: f64,
}

/// A lifecycle event or stage.
#[derive(Clone, Debug, Serialize)]
pub struct EventShown {
    pub name: String,
    pub status: String,
    pub started: Option<f64>,
    pub ended: Option<f64>,
    /// The message of a failed hook.
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

/// Counts for a span of time.
#[derive(Clone, Debug, Serialize)]
pub struct SpanShown {
    pub begins: u64,
    /// Green's weight, in percent.
    pub weight: u32,
    /// Requests per real second answered by blue and by green, and failed ones.
    pub blue: f64,
    pub green: f64,
    pub failed: f64,
}

/// Results of the clients' requests. Times are in milliseconds.
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
    /// For example `healthy`.
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

/// A hook that was run on this machine, or that AWS shows.
#[derive(Clone, Debug, Serialize)]
pub struct HookShown {
    pub event: String,
    pub called: String,
    /// `runs`, `waits`, `succeeded` or `failed`.
    pub state: String,
    pub words: Option<String>,
}

/// A finding of a check or a policy.
#[derive(Clone, Debug, Serialize)]
pub struct FindingShown {
    /// `error`, `warning` or `note`.
    pub severity: String,
    pub is_policys: bool,
    pub text: String,
}
