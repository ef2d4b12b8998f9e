//! The data that the page shows, as plain values.

use std::collections::BTreeMap;

use serde::Serialize;

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
    /// The release's state in a sentence; for a worker, what it has in hand.
    pub state: StateShown,
    /// Absent if it is not known what the release changes.
    pub changes: Option<ChangesShown>,
    pub addresses: Vec<Address>,
    pub actions: Vec<ActionShown>,
    /// Actions that ended recently on this worker, with their results.
    pub ended: Vec<ActionShown>,
    /// Unfinished jobs of all workers that share the journal. Absent if the
    /// journal is not shared, or has not been read yet.
    pub fleet_jobs: Option<Vec<FleetJobShown>>,
    /// The steps of the rehearsed release.
    pub flow: Vec<StepShown>,
    pub deployments: Vec<DeploymentShown>,
    pub traffic: Option<TrafficShown>,
    pub task_sets: Vec<TaskSetShown>,
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

/// The state of a release as a sentence, and what a reader needs first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StateShown {
    pub tone: Tone,
    pub sentence: String,
    pub failure: Option<FailureShown>,
    /// Present while a deployment waits to be continued.
    pub waiting: Option<WaitShown>,
}

/// What the sentence means for the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    #[default]
    Still,
    Busy,
    Good,
    Bad,
    /// Needs attention: it waits for a person, goes back, or tasks stop.
    Warning,
}

/// The message of a failure by its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FailureShown {
    /// CodePipeline's failure type.
    pub kind: String,
    pub cause: String,
    /// What production runs, and where it happened; or the findings.
    pub places: Vec<String>,
    pub remedy: Vec<String>,
    pub evidence: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct ChangesShown {
    pub images: Vec<ImageShown>,
    /// The revision that ran before, as `family:revision`.
    pub before: String,
    /// The release's own; absent until its deployment has begun.
    pub after: Option<String>,
    /// The differences of the task definition, one line each, that begin with
    /// `+`, `-` or a space. Empty if there are none.
    pub diff: String,
    pub execution: String,
    /// When the action began, in seconds since 1970.
    pub since: f64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageShown {
    pub container: String,
    /// Absent if the container is new.
    pub before: Option<String>,
    /// Absent if the container is gone.
    pub after: Option<String>,
}

/// An unfinished job in a shared journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FleetJobShown {
    pub pipeline: String,
    pub worker: String,
    /// In seconds since 1970.
    pub since: f64,
}

/// A URL to open in a browser.
#[derive(Clone, Debug, Serialize)]
pub struct Address {
    pub name: &'static str,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepShown {
    pub name: &'static str,
    pub state: StepState,
    /// When it was reached, in seconds.
    pub at: Option<u64>,
    /// Further detail, such as `40 %`.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    NotYet,
    UnderWay,
    Done,
    Failed,
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
    /// What it waits for before anything is registered, in the worker's words.
    pub waiting: Option<String>,
    /// The current step of the rollout, if known.
    pub step: Option<String>,
    /// When this worker took it up, if known.
    pub since: Option<f64>,
    /// When it ended, or ended on this worker, if known.
    pub until: Option<f64>,
    pub failure: Option<FailureShown>,
    /// The command that continues its deployment, if that waits.
    pub command: Option<String>,
}

/// A deployment of either engine.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeploymentShown {
    pub id: String,
    pub is_rollback: bool,
    /// As AWS shows it.
    pub status: String,
    /// The new tasks' share of the production traffic, in percent.
    pub share: f64,
    /// Present while it waits to be continued.
    pub waits: Option<WaitShown>,
    pub next: Option<NextShown>,
    /// When it is expected to end, if known.
    pub ends: Option<f64>,
    pub created: f64,
    pub completed: Option<f64>,
    pub error: Option<String>,
    pub events: Vec<EventShown>,
}

/// How to continue a deployment that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WaitShown {
    /// The key that continues it in the terminal.
    pub key: Option<String>,
    /// The command that continues it on AWS.
    pub command: Option<String>,
}

/// What comes next, for example `next step`, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextShown {
    pub what: String,
    pub at: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventShown {
    pub name: String,
    pub status: String,
    pub started: Option<f64>,
    pub ended: Option<f64>,
    /// The message of a failed hook.
    pub words: Option<String>,
}

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
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct TaskSetShown {
    pub id: String,
    pub version: Version,
    pub status: String,
    pub task_definition: String,
    pub target_group: String,
    pub weight: u32,
    pub desired: u32,
    pub tasks: Vec<TaskShown>,
    pub stopped: usize,
    /// Why the last task stopped, unless that was routine.
    pub last_stop: Option<String>,
}

/// Whether a task set has the revision that ran at the beginning, or a later one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    #[default]
    Blue,
    Green,
}

#[derive(Clone, Debug, Default, Serialize)]
pub struct TaskShown {
    pub id: String,
    /// For example `healthy`.
    pub state: String,
    pub address: Option<String>,
    pub in_flight: Option<usize>,
}

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
    pub state: HookState,
    pub words: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HookState {
    Runs,
    /// Must be continued.
    Waits,
    Succeeded,
    Failed,
}

#[derive(Clone, Debug, Serialize)]
pub struct FindingShown {
    pub severity: SeverityShown,
    pub is_policys: bool,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeverityShown {
    Error,
    Warning,
    Note,
}
