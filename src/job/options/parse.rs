//! Parses the `Options` property and collects all problems.

use std::collections::BTreeSet;
use std::time::Duration;

use super::choices::Choice;
use super::{MAX_DEPLOYMENT_CONFIG, OptionProblem, Options};
use crate::job::{Excerpt, RoleArn, duration, nearest};

/// Minimum `Timeout`: no deployment is ready sooner.
pub const MIN_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum `Timeout`: the time that CodePipeline gives a custom action
/// (docs/aws.md §1.3).
pub const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// The keys of all options, in display order.
pub(super) const KEYS: [&str; 13] = [
    "CompleteWhen",
    "WhenBusy",
    "Timeout",
    "OnTimeout",
    "OnAbandon",
    "OnTaskFailure",
    "ContinueWhenReady",
    "DeploymentConfigName",
    "TaskDefinition",
    "CapacityProviders",
    "PinDigest",
    "SkipIfUnchanged",
    "RoleArn",
];

impl Options {
    /// Parses `Key=Value` pairs, separated by `;` or line breaks. Ignores empty
    /// pairs and white space around keys and values.
    ///
    /// # Errors
    ///
    /// Every problem of the text.
    pub fn parse(text: &str) -> Result<Self, Vec<OptionProblem>> {
        Self::read_all(text, |_| false)
    }

    /// Like [`Self::parse`], but options whose value `resolves_later` keep
    /// their defaults.
    pub(in crate::job) fn read_all(
        text: &str,
        resolves_later: impl Fn(&str) -> bool,
    ) -> Result<Self, Vec<OptionProblem>> {
        let mut options = Self::default();
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        let pairs = text.split([';', '\n', '\r']).map(str::trim);
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            if resolves_later(pair.split_once('=').map_or(pair, |(_, value)| value)) {
                // The key can be checked even so.
                let key = pair.split_once('=').map_or("", |(key, _)| key.trim());
                if !key.is_empty() && !KEYS.contains(&key) && !resolves_later(key) {
                    problems.push(unknown_key(key));
                }
            } else if let Err(problem) = options.read(pair, &mut seen) {
                problems.push(problem);
            }
        }
        if problems.is_empty() {
            Ok(options)
        } else {
            Err(problems)
        }
    }

    fn read<'a>(
        &mut self,
        pair: &'a str,
        seen: &mut BTreeSet<&'a str>,
    ) -> Result<(), OptionProblem> {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(OptionProblem::NoValue {
                pair: Excerpt::of(pair),
                nearest: nearest(pair, KEYS),
            });
        };
        let (key, value) = (key.trim(), value.trim());
        if KEYS.contains(&key) && !seen.insert(key) {
            return Err(OptionProblem::Twice {
                key: Excerpt::of(key),
            });
        }
        match key {
            "CompleteWhen" => self.complete_when = choice("CompleteWhen", value)?,
            "WhenBusy" => self.when_busy = choice("WhenBusy", value)?,
            "Timeout" => self.timeout = timeout(value)?,
            "OnTimeout" => self.on_timeout = choice("OnTimeout", value)?,
            "OnAbandon" => self.on_abandon = choice("OnAbandon", value)?,
            "OnTaskFailure" => self.on_task_failure = choice("OnTaskFailure", value)?,
            "ContinueWhenReady" => self.continue_when_ready = choice("ContinueWhenReady", value)?,
            "DeploymentConfigName" => self.deployment_config = Some(deployment_config(value)?),
            "TaskDefinition" => self.task_definition = choice("TaskDefinition", value)?,
            "CapacityProviders" => self.capacity_providers = choice("CapacityProviders", value)?,
            "PinDigest" => self.pin_digest = choice("PinDigest", value)?,
            "SkipIfUnchanged" => self.skip_if_unchanged = choice("SkipIfUnchanged", value)?,
            "RoleArn" => self.role_arn = Some(role(value)?),
            _ => return Err(unknown_key(key)),
        }
        Ok(())
    }
}

fn unknown_key(key: &str) -> OptionProblem {
    OptionProblem::UnknownKey {
        key: Excerpt::of(key),
        nearest: nearest(key, KEYS),
        known: &KEYS,
    }
}

fn choice<T: Choice>(key: &'static str, value: &str) -> Result<T, OptionProblem> {
    let found = T::WORDS.iter().find(|(word, _)| *word == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let accepted: Vec<&'static str> = T::WORDS.iter().map(|(word, _)| *word).collect();
        OptionProblem::UnknownValue {
            key,
            value: Excerpt::of(value),
            nearest: nearest(value, accepted.iter().copied()),
            accepted,
        }
    })
}

fn timeout(value: &str) -> Result<Duration, OptionProblem> {
    let key = "Timeout";
    let time = duration::parse_seconds(value).ok_or_else(|| OptionProblem::NotADuration {
        key,
        value: Excerpt::of(value),
    })?;
    if (MIN_TIMEOUT..=MAX_TIMEOUT).contains(&time) {
        Ok(time)
    } else {
        Err(OptionProblem::DurationOutOfRange {
            key,
            value: Excerpt::of(value),
        })
    }
}

fn deployment_config(value: &str) -> Result<String, OptionProblem> {
    let length = value.chars().count();
    if length == 0 || length > MAX_DEPLOYMENT_CONFIG || value.contains(char::is_control) {
        return Err(OptionProblem::NotADeploymentConfig {
            value: Excerpt::of(value),
        });
    }
    Ok(value.to_owned())
}

/// Parses `arn:<partition>:iam::<twelve digits>:role/<path and name>`, of at
/// most 2,048 characters.
fn role(value: &str) -> Result<String, OptionProblem> {
    let well_formed = RoleArn::parse(value).is_some_and(|role| role.has_account())
        && value.len() <= 2048
        && value.bytes().all(|byte| byte.is_ascii_graphic());
    if well_formed {
        Ok(value.to_owned())
    } else {
        Err(OptionProblem::NotARole {
            value: Excerpt::of(value),
        })
    }
}
