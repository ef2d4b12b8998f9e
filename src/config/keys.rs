//! The keys by which settings are set, each with its default and its bounds.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::event_bus::EventBusName;
use super::hosts;
use super::journal::parse_journal;
use super::key::{Key, Unset};
use super::log_filter::parse_log_filter;
use super::query::parse_query;
use super::roles;
use super::settings::{LogFormat, Rate};
use crate::job::{ActionVersion, duration};
use crate::policy::controls::parse_levels;
use crate::policy::{DEFAULT_NAMESPACE, parse_sources};

/// The shortest interval; a shorter one would only cause load.
const MIN_INTERVAL: Duration = Duration::from_millis(10);
/// The longest interval; with a longer one a worker seems dead.
const MAX_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// The shortest lease. A lease is renewed six times in its duration, each time
/// with a call to S3.
const MIN_LEASE: Duration = Duration::from_secs(2);
/// The longest lease; a release that waits longer for a dead worker seems
/// stuck.
const MAX_LEASE: Duration = Duration::from_secs(10 * 60);
/// More jobs at the same time would need more memory than a small task has.
const MAX_JOBS: usize = 10_000;
/// Calls per second. With fewer, a poll or an acknowledgement could have to wait
/// for more than ten seconds.
const MIN_RATE: f64 = 0.1;
/// CodePipeline is unlikely to accept more calls per second.
const MAX_RATE: f64 = 1000.0;

/// All keys, in the order of the documentation.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "poll_interval",
        meaning: "Time between two polls for jobs, with jitter",
        placeholder: "DURATION",
        unset: Unset::Value("5s"),
        form: "a duration from 10ms to 10m",
        separator: None,
        reloads: true,
        mask: None,
        read: |text, settings| interval(text).map(|value| settings.poll_interval = value),
    },
    Key {
        name: "observe_interval",
        meaning: "Time between two polls of a deployment",
        placeholder: "DURATION",
        unset: Unset::Value("10s"),
        form: "a duration from 10ms to 10m",
        separator: None,
        reloads: true,
        mask: None,
        read: |text, settings| interval(text).map(|value| settings.observe_interval = value),
    },
    Key {
        name: "watch",
        meaning: "How long a worker follows a deployment before it reports progress",
        placeholder: "DURATION",
        unset: Unset::Value("20s"),
        form: "a duration from 10ms to 10m",
        separator: None,
        reloads: true,
        mask: None,
        read: |text, settings| interval(text).map(|value| settings.watch = value),
    },
    Key {
        name: "report_rate",
        meaning: "Highest rate of calls to CodePipeline",
        placeholder: "RATE",
        unset: Unset::Value("40/s"),
        form: "calls per second, from 0.1/s to 1000/s",
        separator: None,
        reloads: true,
        mask: None,
        read: |text, settings| rate(text).map(|rate| settings.report_rate = rate),
    },
    Key {
        name: "max_jobs",
        meaning: "Highest number of jobs in progress at once",
        placeholder: "COUNT",
        unset: Unset::Value("1000"),
        form: "a number from 1 to 10000",
        separator: None,
        reloads: false,
        mask: None,
        read: |text, settings| match text.trim().parse() {
            Ok(count) if (1..=MAX_JOBS).contains(&count) => {
                settings.max_jobs = count;
                Ok(())
            }
            Ok(_) | Err(_) => Err(format!("`{text}` is not a number from 1 to {MAX_JOBS}")),
        },
    },
    Key {
        name: "drain",
        meaning: "on or off: take no jobs and return those in progress, without exiting",
        placeholder: "ON|OFF",
        unset: Unset::Value("off"),
        form: "on or off",
        separator: None,
        reloads: true,
        mask: None,
        read: |text, settings| on_or_off(text).map(|on| settings.drain = on),
    },
    Key {
        name: "journal",
        meaning: "Where to record unfinished jobs: a directory, or s3://bucket/prefix for a fleet",
        placeholder: "PLACE",
        unset: Unset::Effect("$STATE_DIRECTORY, else none"),
        form: "a directory, or s3://bucket/prefix for a fleet",
        separator: None,
        reloads: false,
        mask: None,
        read: |text, settings| parse_journal(text).map(|place| settings.journal = Some(place)),
    },
    Key {
        name: "journal_lease",
        meaning: "How long a worker may miss lease renewals before other workers take over its jobs",
        placeholder: "DURATION",
        unset: Unset::Value("45s"),
        form: "a duration from 2s to 10m",
        separator: None,
        reloads: false,
        mask: None,
        read: |text, settings| {
            duration(text, MIN_LEASE..=MAX_LEASE).map(|lease| settings.journal_lease = lease)
        },
    },
    Key {
        name: "event_bus",
        meaning: "The EventBridge event bus for release events, by name or ARN",
        placeholder: "BUS",
        unset: Unset::Off,
        form: "the name or the ARN of an EventBridge event bus",
        separator: None,
        reloads: false,
        mask: None,
        read: |text, settings| {
            EventBusName::parse(text.trim()).map(|bus| settings.event_bus = Some(bus))
        },
    },
    Key {
        name: "query",
        meaning: "Take only jobs whose queryable property has this value",
        placeholder: "NAME=VALUE",
        unset: Unset::Off,
        form: "Name=Value; the value has at most 20 letters, digits, `-` and `_`",
        separator: None,
        reloads: false,
        mask: None,
        read: |text, settings| parse_query(text).map(|query| settings.query = Some(query)),
    },
    Key {
        name: "policy",
        meaning: "Rego files, directories and s3:// URLs that every release must pass, separated by colons",
        placeholder: "PATHS",
        unset: Unset::Off,
        form: "files, directories, s3://bucket/prefix, s3://bucket/set.zip",
        separator: Some(":"),
        reloads: true,
        mask: None,
        read: |text, settings| parse_sources(text).map(|sources| settings.policy = sources),
    },
    Key {
        name: "policy_terms",
        meaning: "The file with the policies' exemptions, control parameters and external checks",
        placeholder: "FILE",
        unset: Unset::Off,
        form: "a TOML, JSON or YAML file",
        separator: None,
        reloads: true,
        mask: None,
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
        meaning: "The Rego package whose rules apply, including its subpackages",
        placeholder: "PACKAGE",
        unset: Unset::Value(DEFAULT_NAMESPACE),
        form: "a Rego package, such as team.ecs",
        separator: None,
        reloads: true,
        mask: None,
        read: |text, settings| {
            let is_word = |word: &str| {
                !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            if !text.split('.').all(is_word) {
                return Err(format!(
                    "`{text}` is not a package; write it like main or team.ecs"
                ));
            }
            text.clone_into(&mut settings.policy_namespace);
            Ok(())
        },
    },
    Key {
        name: "controls",
        meaning: "Built-in controls and their levels, such as all=warn,non-root=deny",
        placeholder: "LEVELS",
        unset: Unset::Effect("all off"),
        form: "CONTROL=LEVEL; the level is off, warn or deny, and the control can be all",
        separator: Some(","),
        reloads: true,
        mask: None,
        read: |text, settings| parse_levels(text).map(|levels| settings.controls = levels),
    },
    Key {
        name: "listen",
        meaning: "The address of the health, readiness and metrics endpoints",
        placeholder: "ADDRESS",
        unset: Unset::Value("127.0.0.1:8080"),
        form: "an IP address and a port",
        separator: None,
        reloads: false,
        mask: None,
        read: |text, settings| {
            settings.listen = text.trim().parse().map_err(|_| {
                format!("`{text}` is not an IP address and port; write them like 127.0.0.1:8080")
            })?;
            Ok(())
        },
    },
    Key {
        name: "hosts",
        meaning: "Host names that may be used to reach health, metrics and the page, besides IP addresses and localhost; separated by commas",
        placeholder: "NAMES",
        unset: Unset::Off,
        form: "host names",
        separator: Some(","),
        reloads: false,
        mask: None,
        read: |text, settings| hosts::parse(text).map(|hosts| settings.hosts = hosts),
    },
    Key {
        name: "page",
        meaning: "on or off: serve the read-only live page at /page/",
        placeholder: "ON|OFF",
        unset: Unset::Value("off"),
        form: "on or off",
        separator: None,
        reloads: false,
        mask: None,
        read: |text, settings| on_or_off(text).map(|on| settings.page = on),
    },
    Key {
        name: "log",
        meaning: "Which events to log, as a tracing filter",
        placeholder: "FILTER",
        unset: Unset::Value("info"),
        form: "a tracing filter, such as info,bluegreen_worker=debug",
        separator: None,
        reloads: true,
        mask: None,
        read: |text, settings| parse_log_filter(text).map(|filter| settings.log = filter),
    },
    Key {
        name: "log_format",
        meaning: "Log format: text or json",
        placeholder: "FORMAT",
        unset: Unset::Value("text"),
        form: "text or json",
        separator: None,
        reloads: false,
        mask: None,
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
        meaning: "The versions of the action type to poll for: 1, 2 or 1,2",
        placeholder: "VERSIONS",
        unset: Unset::Value("1"),
        form: "`1` (CodeDeploy), `2` (ECS's own deployments) or both; with an ending as in `1-b` if you registered it so",
        separator: Some(","),
        reloads: false,
        mask: None,
        read: |text, settings| {
            let versions = text.split(',').map(str::trim);
            settings.action_versions = versions
                .map(ActionVersion::parse)
                .collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    Key {
        name: "roles",
        meaning: "Roles that pipelines may name in RoleArn: ARN, or ARN EXTERNAL-ID; separated by semicolons",
        placeholder: "ROLES",
        unset: Unset::Off,
        form: "ARN or ARN EXTERNAL-ID",
        separator: Some(";"),
        reloads: true,
        mask: Some(roles::masked),
        read: |text, settings| roles::parse(text).map(|roles| settings.roles = roles),
    },
];

fn on_or_off(text: &str) -> Result<bool, String> {
    match text.trim() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("`{text}` is neither on nor off")),
    }
}

/// Parses calls per second, such as `5/s` or `0.5/s`.
fn rate(text: &str) -> Result<Rate, String> {
    let number = text.trim().strip_suffix("/s").map(str::parse::<f64>);
    match number {
        Some(Ok(rate)) if (MIN_RATE..=MAX_RATE).contains(&rate) => Ok(Rate(rate)),
        Some(Ok(_)) => Err(format!(
            "`{text}` is not between {MIN_RATE}/s and {MAX_RATE}/s"
        )),
        Some(Err(_)) | None => Err(format!(
            "`{text}` is not a rate; write it like 5/s or 0.5/s"
        )),
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    duration(text, MIN_INTERVAL..=MAX_INTERVAL)
}

fn duration(text: &str, range: RangeInclusive<Duration>) -> Result<Duration, String> {
    let text = text.trim();
    let value = duration::parse(text).ok_or_else(|| {
        format!("`{text}` is not a duration; write it like 100ms, 90s, 20m or 23h")
    })?;
    if range.contains(&value) {
        Ok(value)
    } else {
        let (min, max) = range.into_inner();
        Err(format!(
            "`{text}` is not between {} and {}",
            duration::compact(min),
            duration::compact(max)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_positive_and_per_second() {
        assert_eq!(rate("5/s"), Ok(Rate(5.0)));
        assert_eq!(rate("0.5/s"), Ok(Rate(0.5)));
        for text in ["5", "0/s", "-1/s", "NaN/s", "inf/s", "5/m", "/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }
}
