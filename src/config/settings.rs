//! Everything that an operator can set, and what holds where nobody does.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::duration::Rate;
use super::event_bus::EventBusName;
use super::journal::JournalPlace;
use super::query::Query;
use crate::job::AllowedRole;
use crate::policy::controls::Levels;
use crate::policy::{DEFAULT_NAMESPACE, Source};

/// Everything that an operator can set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Between two polls for jobs.
    pub poll_interval: Duration,
    /// Between two looks at one deployment.
    pub observe_interval: Duration,
    /// How long a worker follows a deployment before it reports progress.
    pub watch: Duration,
    /// The most calls to CodePipeline per second.
    pub report_rate: Rate,
    /// Jobs worked on at once.
    pub max_jobs: usize,
    /// Whether no jobs are taken, and what is in hand is handed back.
    pub drain: bool,
    /// Where unfinished jobs are noted.
    pub journal: Option<JournalPlace>,
    /// How long a worker of a fleet may be silent before others finish its
    /// jobs.
    pub journal_lease: Duration,
    /// The event bus that is told how releases go.
    pub event_bus: Option<EventBusName>,
    /// The queryable property by which jobs are asked for.
    pub query: Option<Query>,
    /// Where the policies lie that every release must pass.
    pub policy: Vec<Source>,
    /// The file with the operator's terms for them.
    pub policy_terms: Option<PathBuf>,
    /// The package whose rules count, with those below it.
    pub policy_namespace: String,
    /// The shipped controls that are on.
    pub controls: Levels,
    /// Where health, readiness and metrics are served.
    pub listen: SocketAddr,
    /// Names by which that may be asked for, besides addresses.
    pub hosts: Vec<String>,
    /// Whether the live page is served there too.
    pub page: bool,
    /// A `tracing` filter.
    pub log: String,
    pub log_format: LogFormat,
    /// The action type's version to poll for.
    pub action_version: String,
    /// Roles that a release may be carried out with.
    pub roles: Vec<AllowedRole>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Settings {
    /// What holds where nobody says otherwise. `state_directory` is the
    /// service manager's, where the journal lives unless it is moved.
    pub(super) fn initial(state_directory: Option<&str>) -> Self {
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
            action_version: "1".into(),
            roles: Vec::new(),
        }
    }
}
