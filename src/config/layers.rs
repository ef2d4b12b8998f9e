//! Combines file, environment and flags; a later layer overrides an earlier
//! one.

use std::collections::BTreeMap;

use super::SettingProblem;
use super::file::{self, Layer};
use super::flags::Flags;
use super::key::Key;
use super::keys::KEYS;
use super::settings::Settings;
use super::value::{Source, Value};
use crate::job::action_type::properties;
use crate::job::{ActionVersion, nearest};

/// The settings and the source of each value.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub settings: Settings,
    /// One value for each key, in the order of the documentation.
    pub values: Vec<Value>,
}

/// Reads all three layers. `environment` is the process's environment, or a
/// test's.
///
/// # Errors
///
/// Every problem of every layer.
pub fn load(
    flags: &Flags,
    environment: &BTreeMap<String, String>,
) -> Result<Settings, Vec<SettingProblem>> {
    load_all(flags, environment).map(|loaded| loaded.settings)
}

/// Like [`load`], with the source of each value.
///
/// # Errors
///
/// Every problem of every layer.
pub fn load_all(
    flags: &Flags,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, Vec<SettingProblem>> {
    let mut problems = Vec::new();
    let file = match &flags.config {
        Some(path) => file::layer(path, &mut problems),
        None => Layer::new(),
    };
    unknown_variables(environment, &mut problems);
    let state_directory = state_directory(environment);
    let mut settings = Settings::initial(state_directory);
    let mut values = Vec::new();
    for key in KEYS {
        let value = match given(key, flags, environment, &file) {
            Some((source, text)) => {
                let read = match text.contains(char::REPLACEMENT_CHARACTER) {
                    true => Err("it is not UTF-8, or has the character U+FFFD".to_owned()),
                    false => (key.read)(text, &mut settings),
                };
                if let Err(what) = read {
                    let place = source.to_string();
                    // The position in a file does not name the key, so the
                    // message does.
                    let what = match &source {
                        Source::File(_) => format!("{}: {what}", key.name),
                        Source::Default
                        | Source::StateDirectory
                        | Source::Variable(_)
                        | Source::Flag(_) => what,
                    };
                    problems.push(SettingProblem { place, what });
                }
                Value::new(key, Some(text), source)
            }
            None if key.name == "journal" && state_directory.is_some() => {
                Value::new(key, state_directory, Source::StateDirectory)
            }
            None => Value::new(key, key.unset.value(), Source::Default),
        };
        values.push(value);
    }
    if problems.is_empty() {
        problems.extend(unused_query(&settings, &values));
    }
    if problems.is_empty() {
        Ok(Loaded { settings, values })
    } else {
        Err(problems)
    }
}

/// The directory that the service manager provides. systemd separates several
/// by colons; the journal takes the first.
fn state_directory(environment: &BTreeMap<String, String>) -> Option<&str> {
    let first = environment.get("STATE_DIRECTORY")?.split(':').next();
    first.filter(|path| !path.is_empty())
}

/// The queryable property must be one that a configured version has.
fn unused_query(settings: &Settings, values: &[Value]) -> Option<SettingProblem> {
    let query = settings.query.as_ref()?;
    let mut engines = settings.action_versions.iter().map(ActionVersion::engine);
    let is_used = engines.any(|engine| {
        properties(engine).any(|property| property.required && property.name == query.name)
    });
    let value = values.iter().find(|value| value.name == "query")?;
    (!is_used).then(|| {
        let versions = settings.action_versions.iter().map(ActionVersion::as_str);
        let versions: Vec<&str> = versions.collect();
        SettingProblem {
            place: value.source.to_string(),
            what: format!(
                "the query's property `{}` is not a required property of version {} of the action",
                query.name,
                versions.join(" or ")
            ),
        }
    })
}

/// The value from the last layer that sets the key.
fn given<'a>(
    key: &Key,
    flags: &'a Flags,
    environment: &'a BTreeMap<String, String>,
    file: &'a Layer,
) -> Option<(Source, &'a str)> {
    if let Some(text) = flags.get(key.name) {
        return Some((Source::Flag(flag(key.name)), text));
    }
    let variable = variable(key.name);
    if let Some(text) = environment.get(&variable) {
        return Some((Source::Variable(variable), text));
    }
    let (place, text) = file.get(key.name)?;
    Some((Source::File(place.clone()), text))
}

pub(super) fn variable(name: &str) -> String {
    format!("BLUEGREEN_{}", name.to_uppercase())
}

pub(super) fn flag(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

/// A misspelt variable would be ignored silently, so it is a problem.
fn unknown_variables(environment: &BTreeMap<String, String>, problems: &mut Vec<SettingProblem>) {
    for name in environment.keys() {
        let Some(rest) = name.strip_prefix("BLUEGREEN_") else {
            continue;
        };
        if KEYS.iter().any(|key| variable(key.name) == *name) {
            continue;
        }
        let meant = nearest(rest, KEYS.iter().map(|key| key.name)).map(variable);
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?"));
        problems.push(SettingProblem {
            place: name.clone(),
            what: format!("no such variable{}", meant.unwrap_or_default()),
        });
    }
}

#[cfg(test)]
mod tests;
