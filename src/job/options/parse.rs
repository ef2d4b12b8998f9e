//! Parses the `Options` property and collects all problems.

use std::collections::BTreeSet;
use std::time::Duration;

use super::choices::Choice;
use super::table::names;
use super::{ActionOption, MAX_DEPLOYMENT_CONFIG, OPTIONS, OptionProblem, Options};
use crate::job::{Excerpt, RoleArn, duration, nearest};

/// Minimum `Timeout`: no deployment is ready sooner.
pub const MIN_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum `Timeout`: the time that AWS's guide of 2022 gives a custom action.
/// Whether CodePipeline still does is not verified (docs/aws.md §1.3).
pub const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// A key with its value, without the white space around them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    key: &'static str,
    value: &'a str,
}

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
                if !key.is_empty() && !resolves_later(key) && option(key).is_none() {
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

    fn read(&mut self, pair: &str, seen: &mut BTreeSet<&'static str>) -> Result<(), OptionProblem> {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(OptionProblem::NoValue {
                pair: Excerpt::of(pair),
                nearest: nearest(pair, names()),
            });
        };
        let Some(option) = option(key.trim()) else {
            return Err(unknown_key(key.trim()));
        };
        let (key, value) = (option.name, value.trim());
        if !seen.insert(key) {
            return Err(OptionProblem::Twice { key });
        }
        (option.read)(Pair { key, value }, self)
    }
}

fn option(name: &str) -> Option<&'static ActionOption> {
    OPTIONS.iter().find(|option| option.name == name)
}

fn unknown_key(key: &str) -> OptionProblem {
    OptionProblem::UnknownKey {
        key: Excerpt::of(key),
        nearest: nearest(key, names()),
        known: names().collect(),
    }
}

pub(super) fn choice<T: Choice>(Pair { key, value }: Pair<'_>) -> Result<T, OptionProblem> {
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

pub(super) fn timeout(Pair { key, value }: Pair<'_>) -> Result<Duration, OptionProblem> {
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

pub(super) fn deployment_config(Pair { value, .. }: Pair<'_>) -> Result<String, OptionProblem> {
    let length = value.chars().count();
    if length == 0 || length > MAX_DEPLOYMENT_CONFIG || value.contains(char::is_control) {
        return Err(OptionProblem::NotADeploymentConfig {
            value: Excerpt::of(value),
        });
    }
    Ok(value.to_owned())
}

pub(super) fn role(Pair { value, .. }: Pair<'_>) -> Result<String, OptionProblem> {
    if RoleArn::parse(value).is_some_and(|role| role.is_exact()) {
        Ok(value.to_owned())
    } else {
        Err(OptionProblem::NotARole {
            value: Excerpt::of(value),
        })
    }
}
