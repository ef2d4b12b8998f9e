//! The settings themselves, each with its default and its bounds.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::duration::{Rate, parse_duration, parse_rate};
use crate::policy::controls::{Levels, parse_levels};
use crate::policy::{DEFAULT_NAMESPACE, Source, parse_sources};

/// Everything that an operator can set.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Between two polls for jobs.
    pub poll_interval: Duration,
    /// Between two looks at one deployment.
    pub observe_interval: Duration,
    /// How long a visit watches before it hands the job back.
    pub watch: Duration,
    /// Calls to CodePipeline per second.
    pub report_rate: Rate,
    /// Visits at once.
    pub max_jobs: usize,
    /// Where unfinished jobs are noted.
    pub journal: Option<PathBuf>,
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
    /// A `tracing` filter.
    pub log: String,
    pub log_format: LogFormat,
    /// The action type's version to poll for.
    pub action_version: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The shortest interval: below it a worker is nothing but load.
const MIN_INTERVAL: Duration = Duration::from_millis(10);
/// The longest interval: a worker that looks less often seems dead.
const MAX_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// More visits at once than this would need more memory than a small task has.
const MAX_JOBS: usize = 10_000;
/// More calls per second than this CodePipeline is unlikely to bear.
const MAX_RATE: f64 = 1000.0;

/// One key: its name, its default, and how its text becomes a setting.
pub(super) struct Key {
    /// In the file; the variable is `BLUEGREEN_` and this in capitals, the
    /// flag is this with dashes.
    pub(super) name: &'static str,
    pub(super) read: fn(&str, &mut Settings) -> Result<(), String>,
}

/// All keys, in the order of the documentation.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "poll_interval",
        read: |text, settings| interval(text).map(|value| settings.poll_interval = value),
    },
    Key {
        name: "observe_interval",
        read: |text, settings| interval(text).map(|value| settings.observe_interval = value),
    },
    Key {
        name: "watch",
        read: |text, settings| interval(text).map(|value| settings.watch = value),
    },
    Key {
        name: "report_rate",
        read: |text, settings| {
            let rate = parse_rate(text)?;
            if rate.0 > MAX_RATE {
                return Err(format!("at most {MAX_RATE}/s is possible"));
            }
            settings.report_rate = rate;
            Ok(())
        },
    },
    Key {
        name: "max_jobs",
        read: |text, settings| match text.trim().parse() {
            Ok(count) if (1..=MAX_JOBS).contains(&count) => {
                settings.max_jobs = count;
                Ok(())
            }
            Ok(_) | Err(_) => Err(format!("`{text}` is no number from 1 to {MAX_JOBS}")),
        },
    },
    Key {
        name: "journal",
        read: |text, settings| {
            if text.starts_with("s3://") {
                return Err("a journal in S3 is not part of this version; name a directory".into());
            }
            settings.journal = Some(PathBuf::from(text));
            Ok(())
        },
    },
    Key {
        name: "policy",
        read: |text, settings| {
            settings.policy = parse_sources(text)?;
            Ok(())
        },
    },
    Key {
        name: "policy_terms",
        read: |text, settings| {
            if text.trim().is_empty() {
                return Err("no file is named; without terms, leave the key out".into());
            }
            settings.policy_terms = Some(PathBuf::from(text));
            Ok(())
        },
    },
    Key {
        name: "policy_namespace",
        read: |text, settings| {
            let is_word = |word: &str| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            if !text.split('.').all(is_word) {
                return Err(format!("`{text}` is no package such as main or team.ecs"));
            }
            text.clone_into(&mut settings.policy_namespace);
            Ok(())
        },
    },
    Key {
        name: "controls",
        read: |text, settings| parse_levels(text).map(|levels| settings.controls = levels),
    },
    Key {
        name: "listen",
        read: |text, settings| {
            settings.listen = text
                .trim()
                .parse()
                .map_err(|_| format!("`{text}` is no address and port such as 127.0.0.1:8080"))?;
            Ok(())
        },
    },
    Key {
        name: "log",
        read: |text, settings| match text.parse::<tracing_subscriber::EnvFilter>() {
            Ok(_) => {
                text.clone_into(&mut settings.log);
                Ok(())
            }
            Err(problem) => Err(format!("`{text}` is no log filter: {problem}")),
        },
    },
    Key {
        name: "log_format",
        read: |text, settings| {
            settings.log_format = match text.trim() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err(format!("`{text}` is neither text nor json")),
            };
            Ok(())
        },
    },
    Key {
        name: "action_version",
        read: |text, settings| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if text.is_empty() || text.len() > 9 || !text.chars().all(allowed) {
                return Err(format!(
                    "`{text}` is no version of 1 to 9 letters, digits, - or _"
                ));
            }
            text.clone_into(&mut settings.action_version);
            Ok(())
        },
    },
];

fn interval(text: &str) -> Result<Duration, String> {
    let value = parse_duration(text)?;
    if (MIN_INTERVAL..=MAX_INTERVAL).contains(&value) {
        Ok(value)
    } else {
        Err(format!("`{text}` is not between 10ms and 10m"))
    }
}

impl Settings {
    /// What holds where nobody says otherwise. `state_directory` is the
    /// service manager's, where the journal lives unless it is moved.
    pub(super) fn initial(state_directory: Option<&str>) -> Self {
        Self {
            poll_interval: Duration::from_secs(5),
            observe_interval: Duration::from_secs(10),
            watch: Duration::from_secs(20),
            report_rate: Rate(5.0),
            max_jobs: 1000,
            journal: state_directory.map(PathBuf::from),
            policy: Vec::new(),
            policy_terms: None,
            policy_namespace: DEFAULT_NAMESPACE.into(),
            controls: Levels::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            log: "info".into(),
            log_format: LogFormat::Text,
            action_version: "1".into(),
        }
    }
}
