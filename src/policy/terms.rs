//! The operator's terms: one file with the controls' levels and parameters, the
//! exemptions, and programs that check releases.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::str::FromStr;

use rego::unless;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::controls::{CONTROLS, Levels, no_such_control, parse_level};
use super::exemption::{Exemption, Written};
use super::input_places::{InputPlace, WrittenPlace};
use super::operator_program::{OperatorProgram, WrittenProgram};
use super::parameters::{check, needs_parameters};
use super::rule_levels::{self, RuleLevels, WrittenLevel};
use super::set_problem::SetProblem;

/// The most bytes of the file. A thousand exemptions need a quarter of it.
const MAX_TERMS_BYTES: u64 = 1024 * 1024;

/// What the operator configures besides the rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    pub(super) levels: Levels,
    /// Parameters by control; rules see them as `data.control_parameters`.
    pub(super) parameters: Map<String, Value>,
    pub(super) exemptions: Vec<Exemption>,
    pub(super) programs: Vec<OperatorProgram>,
    /// The path of the file in an artifact that may hold policies of its
    /// author.
    pub(super) artifact_policy: Option<String>,
    /// Places whose rules have another `input`.
    pub(super) places: Vec<InputPlace>,
    pub(super) untested_rules: UntestedRules,
    /// The levels of the team's own rules.
    pub(super) rules: RuleLevels,
}

/// What to do about a set with finding rules that found nothing in any test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum UntestedRules {
    /// Do not check.
    #[default]
    Allow,
    /// Log them.
    Warn,
    /// Reject the set.
    Refuse,
}

/// The file's members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsFile {
    #[serde(default)]
    controls: BTreeMap<String, Map<String, Value>>,
    #[serde(default)]
    exemptions: Vec<Written>,
    #[serde(default)]
    checks: Vec<WrittenProgram>,
    artifact_policy: Option<String>,
    #[serde(default)]
    places: Vec<WrittenPlace>,
    #[serde(default)]
    untested_rules: UntestedRules,
    #[serde(default)]
    rules: BTreeMap<String, WrittenLevel>,
}

impl Terms {
    /// Reads the file: JSON or YAML by its extension, otherwise TOML.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, SetProblem> {
        let place = path.display();
        let mut text = String::new();
        open(path)
            .and_then(|file| file.take(MAX_TERMS_BYTES + 1).read_to_string(&mut text))
            .map_err(|error| SetProblem(vec![format!("{place}: {error}")]))?;
        if text.len() as u64 > MAX_TERMS_BYTES {
            return Err(SetProblem(vec![format!(
                "{place}: has more than {MAX_TERMS_BYTES} bytes"
            )]));
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_toml = !matches!(extension, Some("json" | "yaml" | "yml"));
        let base = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, is_toml, base).map_err(|problems| {
            SetProblem(problems.iter().map(|p| format!("{place}{p}")).collect())
        })
    }

    /// Parses the file. Each problem begins with the text that follows the
    /// file's name.
    fn parse(text: &str, is_toml: bool, base: &Path) -> Result<Self, Vec<String>> {
        let file: TermsFile = if is_toml {
            toml::from_str(text).map_err(|error| vec![toml_problem(text, &error)])?
        } else {
            serde_saphyr::from_str(text).map_err(|error| {
                let place = error.location().map_or_else(String::new, |location| {
                    format!(":{}:{}", location.line(), location.column())
                });
                let what = error.to_string();
                let what = what.lines().next().unwrap_or_default();
                vec![format!("{place}: {what}")]
            })?
        };
        let (mut terms, mut problems) = (Self::default(), Vec::new());
        for (name, given) in file.controls {
            if let Err(found) = terms.control(&name, given) {
                problems.extend(found);
            }
        }
        let exemptions = file.exemptions.into_iter().map(Exemption::try_from);
        terms.exemptions = entries("exemptions", exemptions, &mut problems);
        let programs = file.checks.into_iter().map(OperatorProgram::try_from);
        terms.programs = entries("checks", programs, &mut problems);
        let places = file.places.into_iter();
        let places = places.map(|written| InputPlace::new(written, base));
        terms.places = entries("places", places, &mut problems);
        match rule_levels::read(file.rules) {
            Ok(levels) => terms.rules = levels,
            Err(found) => problems.extend(found),
        }
        terms.untested_rules = file.untested_rules;
        terms.artifact_policy = file.artifact_policy;
        if let Some(file) = &terms.artifact_policy
            && (file.starts_with('/') || file.contains("..") || !file.ends_with(".rego"))
        {
            problems.push(
                "artifact_policy: the path of a *.rego file inside the artifact is expected".into(),
            );
        }
        if problems.is_empty() {
            Ok(terms)
        } else {
            Err(problems.iter().map(|p| format!(": {p}")).collect())
        }
    }

    fn control(&mut self, name: &str, mut given: Map<String, Value>) -> Result<(), Vec<String>> {
        let Some(control) = CONTROLS.iter().find(|control| control.id == name) else {
            return Err(vec![no_such_control(name)]);
        };
        if let Some(level) = given.remove("level") {
            let level = level
                .as_str()
                .ok_or_else(|| "a text is expected".to_owned())
                .and_then(parse_level)
                .map_err(|problem| vec![format!("controls.{name}.level: {problem}")])?;
            if let Some(level) = level {
                self.levels.insert(control.id, level);
            }
        }
        check(name, &given)?;
        self.parameters
            .insert(name.to_owned(), Value::Object(given));
        Ok(())
    }

    /// Adds the controls of other terms. The stricter level of each control
    /// applies, and the other terms' parameters replace these.
    pub(super) fn add_controls(&mut self, also: &Self) {
        raise(&mut self.levels, &also.levels);
        self.parameters.extend(also.parameters.clone());
    }

    /// Combines the levels of the file and of the settings. If both name a
    /// control, the stricter level applies.
    ///
    /// # Errors
    ///
    /// Every control that is on but cannot do anything without parameters.
    pub(super) fn levels(&self, also: &Levels) -> Result<Levels, Vec<String>> {
        let mut levels = self.levels.clone();
        raise(&mut levels, also);
        let has_none = |name: &str| {
            let given = self.parameters.get(name).and_then(Value::as_object);
            given.is_none_or(Map::is_empty)
        };
        let problems: Vec<String> = levels
            .keys()
            .filter(|name| needs_parameters(name) && has_none(name))
            .map(|name| {
                format!("the control {name} is on and does nothing without parameters; give them in the policy terms")
            })
            .collect();
        unless(problems, levels)
    }
}

/// Terms without a file, in TOML.
impl FromStr for Terms {
    type Err = SetProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, true, Path::new("")).map_err(SetProblem)
    }
}

/// The entries of a list that can be read. Problems are named with their index.
fn entries<T>(
    list: &str,
    read: impl Iterator<Item = Result<T, String>>,
    problems: &mut Vec<String>,
) -> Vec<T> {
    let mut entries = Vec::new();
    for (index, entry) in read.enumerate() {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(format!("{list}[{index}]: {problem}")),
        }
    }
    entries
}

/// Sets each control of `also` to the stricter of both levels.
fn raise(levels: &mut Levels, also: &Levels) {
    for (control, level) in also {
        let known = levels.entry(control).or_insert(*level);
        *known = (*known).max(*level);
    }
}

/// Opens a regular file. Opening a pipe would block until another process
/// writes to it.
fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::other("is no file"))
    }
}

/// An error of the TOML parser, with the position that follows the file's name.
fn toml_problem(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map_or_else(String::new, |before| {
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!(":{}:{column}", before.matches('\n').count() + 1)
    });
    format!("{place}: {}", error.message())
}

#[cfg(test)]
mod tests;
