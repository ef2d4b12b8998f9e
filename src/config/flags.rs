//! The settings as flags of the command line.

use std::path::{Path, PathBuf};

use clap::Args;

/// The settings as flags. Each is also a key of the file and, in capitals
/// after `BLUEGREEN_`, an environment variable; flags win over variables,
/// variables over the file.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// Read settings from this TOML file
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Time between two polls for jobs, with jitter [default: 5s]
    #[arg(long, value_name = "DURATION")]
    pub(super) poll_interval: Option<String>,
    /// Time between two polls of a deployment [default: 10s]
    #[arg(long, value_name = "DURATION")]
    pub(super) observe_interval: Option<String>,
    /// How long a worker follows a deployment before it reports progress
    /// [default: 20s]
    #[arg(long, value_name = "DURATION")]
    pub(super) watch: Option<String>,
    /// Highest rate of calls to CodePipeline [default: 40/s]
    #[arg(long, value_name = "RATE")]
    pub(super) report_rate: Option<String>,
    /// Highest number of jobs in progress at once [default: 1000]
    #[arg(long, value_name = "COUNT")]
    pub(super) max_jobs: Option<String>,
    /// on or off: take no jobs and return those in progress, without exiting
    /// [default: off]
    #[arg(long, value_name = "ON|OFF")]
    pub(super) drain: Option<String>,
    /// Where to record unfinished jobs: a directory, or s3://bucket/prefix for
    /// a fleet [default: $STATE_DIRECTORY, else none]
    #[arg(long, value_name = "PLACE")]
    pub(super) journal: Option<String>,
    /// How long a worker may miss lease renewals before other workers take over
    /// its jobs [default: 45s]
    #[arg(long, value_name = "DURATION")]
    pub(super) journal_lease: Option<String>,
    /// The EventBridge event bus for release events, by name or ARN
    #[arg(long, value_name = "BUS")]
    pub(super) event_bus: Option<String>,
    /// Take only jobs whose queryable property has this value
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) query: Option<String>,
    /// Rego files, directories and s3:// URLs that every release must pass,
    /// separated by colons
    #[arg(long, value_name = "PATHS")]
    pub(super) policy: Option<String>,
    /// The file with the policies' exemptions, control parameters and external
    /// checks
    #[arg(long, value_name = "FILE")]
    pub(super) policy_terms: Option<String>,
    /// The Rego package whose rules apply, including its subpackages [default:
    /// main]
    #[arg(long, value_name = "PACKAGE")]
    pub(super) policy_namespace: Option<String>,
    /// Built-in controls and their levels, such as all=warn,non-root=deny
    /// [default: all off]
    #[arg(long, value_name = "LEVELS")]
    pub(super) controls: Option<String>,
    /// The address of the health, readiness and metrics endpoints [default:
    /// 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<String>,
    /// Host names that may be used to reach health, metrics and the page,
    /// besides IP addresses and localhost; separated by commas
    #[arg(long, value_name = "NAMES")]
    pub(super) hosts: Option<String>,
    /// on or off: serve the read-only live page at /page/ [default: off]
    #[arg(long, value_name = "ON|OFF")]
    pub(super) page: Option<String>,
    /// Which events to log, as a tracing filter [default: info]
    #[arg(long, value_name = "FILTER")]
    pub(super) log: Option<String>,
    /// Log format: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(super) log_format: Option<String>,
    /// The versions of the action type to poll for: 1, 2 or 1,2 [default: 1]
    #[arg(long, value_name = "VERSIONS")]
    pub(super) action_version: Option<String>,
    /// Roles that pipelines may name in RoleArn: ARN, or ARN EXTERNAL-ID;
    /// separated by semicolons
    #[arg(long, value_name = "ROLES")]
    pub(super) roles: Option<String>,
}

impl Flags {
    /// Flags that name only the settings file.
    #[must_use]
    pub fn of_file(file: &Path) -> Self {
        Self {
            config: Some(file.to_owned()),
            ..Self::default()
        }
    }

    /// Flags for commands that need only the worker's HTTP address.
    #[must_use]
    pub fn listening(config: Option<PathBuf>, listen: Option<String>) -> Self {
        Self {
            config,
            listen,
            ..Self::default()
        }
    }

    /// Flags for commands that need only the journal's location.
    #[must_use]
    pub fn journal_only(config: Option<PathBuf>, journal: Option<String>) -> Self {
        Self {
            config,
            journal,
            ..Self::default()
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        match name {
            "poll_interval" => &self.poll_interval,
            "observe_interval" => &self.observe_interval,
            "watch" => &self.watch,
            "report_rate" => &self.report_rate,
            "max_jobs" => &self.max_jobs,
            "drain" => &self.drain,
            "journal" => &self.journal,
            "journal_lease" => &self.journal_lease,
            "event_bus" => &self.event_bus,
            "query" => &self.query,
            "policy" => &self.policy,
            "policy_terms" => &self.policy_terms,
            "policy_namespace" => &self.policy_namespace,
            "controls" => &self.controls,
            "listen" => &self.listen,
            "hosts" => &self.hosts,
            "page" => &self.page,
            "log" => &self.log,
            "log_format" => &self.log_format,
            "action_version" => &self.action_version,
            "roles" => &self.roles,
            _ => &None,
        }
        .as_deref()
    }
}
