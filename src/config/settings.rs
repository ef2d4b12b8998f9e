//! All settings and their defaults.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::event_bus::EventBusName;
use super::journal::JournalPlace;
use super::query::Query;
use crate::job::{ActionVersion, AllowedRole, Engine};
use crate::policy::controls::Levels;
use crate::policy::{DEFAULT_NAMESPACE, Source};

/// All settings of the worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Time between two polls for jobs.
    pub poll_interval: Duration,
    /// Time between two polls of one deployment.
    pub observe_interval: Duration,
    /// How long a worker follows a deployment before it reports progress.
    pub watch: Duration,
    /// Maximum number of calls to CodePipeline per second.
    pub report_rate: Rate,
    /// Maximum number of jobs in progress at once.
    pub max_jobs: usize,
    /// Whether to take no jobs and to hand back those in progress.
    pub drain: bool,
    /// Where unfinished jobs are recorded.
    pub journal: Option<JournalPlace>,
    /// How long a worker may miss lease renewals before other workers take over
    /// its jobs.
    pub journal_lease: Duration,
    /// The event bus for release events.
    pub event_bus: Option<EventBusName>,
    /// The queryable property that a job must have.
    pub query: Option<Query>,
    /// Where to read the policies that every release must pass.
    pub policy: Vec<Source>,
    /// The file with the policies' exemptions, control parameters and external
    /// checks.
    pub policy_terms: Option<PathBuf>,
    /// The package whose rules apply, including its subpackages.
    pub policy_namespace: String,
    /// The built-in controls and their levels.
    pub controls: Levels,
    /// The address of the health, readiness and metrics endpoints.
    pub listen: SocketAddr,
    /// Host names that may be used to reach these endpoints, besides IP
    /// addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Whether the live page is served at this address too.
    pub page: bool,
    /// A `tracing` filter.
    pub log: String,
    pub log_format: LogFormat,
    /// The versions of the action type to poll for; at least one.
    pub action_versions: BTreeSet<ActionVersion>,
    /// Roles that pipelines may name in `RoleArn`.
    pub roles: Vec<AllowedRole>,
}

/// Calls per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

/// The log format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Settings {
    /// The defaults. `state_directory` is the one that the service manager
    /// provides; it is the default place of the journal.
    #[must_use]
    pub fn initial(state_directory: Option<&str>) -> Self {
        Self {
            poll_interval: Duration::from_secs(5),
            observe_interval: Duration::from_secs(10),
            watch: Duration::from_secs(20),
            report_rate: Rate(40.0),
            max_jobs: 1000,
            drain: false,
            journal: state_directory.map(|path| JournalPlace::Directory(path.into())),
            journal_lease: Duration::from_secs(45),
            event_bus: None,
            query: None,
            policy: Vec::new(),
            policy_terms: None,
            policy_namespace: DEFAULT_NAMESPACE.into(),
            controls: Levels::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            hosts: Vec::new(),
            page: false,
            log: "info".into(),
            log_format: LogFormat::Text,
            action_versions: BTreeSet::from([Engine::CodeDeploy.into()]),
            roles: Vec::new(),
        }
    }
}
