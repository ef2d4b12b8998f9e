//! Runs the rules whose names start with `test_`, as `opa test` does.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use regorus::Value;
use regorus::unstable::Rule;

use super::conditions::{definitions, modules};
use super::controls::CONTROLS;
use super::evaluator::Evaluator;
use super::finding_coverage::Canary;
use super::level::Level;
use super::line_coverage::{Reached, add_reached, unreached};
use super::question::{TestReport, TestResult};
use super::rego::Notations;
use super::rules::name_of;

/// The most failed tests that are explained condition by condition.
const MAX_TRIED: usize = 20;

/// The tests of a set, and which of them to run.
pub(super) struct Tests {
    run: BTreeSet<String>,
    left_out: BTreeSet<String>,
}

impl Tests {
    /// Selects the tests whose names match the regular expression, or all.
    ///
    /// # Errors
    ///
    /// What is wrong with the expression.
    pub(super) fn chosen(all: BTreeSet<String>, by: Option<&str>) -> Result<Self, Vec<String>> {
        let by = by.map(Regex::new).transpose();
        let by = by.map_err(|error| vec![error.to_string()])?;
        // Match with the prefix `data.`, as in `opa test`, or without it.
        let is_meant = |path: &str| {
            by.as_ref()
                .is_none_or(|by| by.is_match(path) || by.is_match(shown(path)))
        };
        let (run, left_out) = all.into_iter().partition(|path| is_meant(path));
        Ok(Self { run, left_out })
    }
}

/// The rule with its package, without `data.`.
fn shown(path: &str) -> &str {
    path.strip_prefix("data.").unwrap_or(path)
}

/// Runs each test in an evaluator of its own, so that tests do not share what
/// is recorded. `asked` are the rules whose findings count.
pub(super) fn run(
    mut engine: Evaluator,
    tests: &Tests,
    asked: &BTreeMap<String, Level>,
    at: &mut dyn FnMut(&str),
) -> TestReport {
    engine.set_input(Value::new_object(), Notations::default());
    let plain = engine.clone();
    let places = places(&mut engine, &tests.run);
    let canary = Canary::place(&mut engine, &of_the_team(asked));
    engine.watch();
    let (mut results, mut reached) = (Vec::new(), Reached::new());
    let mut failed = BTreeSet::new();
    for path in &tests.run {
        at(path);
        let name = shown(path);
        let place = places.get(path).cloned().unwrap_or_default();
        let result = |name: String, failure: Option<String>, prints: &[String]| TestResult {
            name,
            place: place.clone(),
            failure,
            definitions: Vec::new(),
            prints: prints.to_vec(),
        };
        let mut engine = engine.clone();
        let value = engine.eval_rule(path);
        let prints = engine.take_prints();
        add_reached(&engine, &mut reached);
        let before = results.len();
        match value {
            // A table of cases has one result for each.
            Ok(Value::Object(cases)) => results.extend(cases.iter().map(|(case, value)| {
                let case = case.to_string();
                result(format!("{name}[{case}]"), failure(Ok(value)), &prints)
            })),
            Ok(value) => results.push(result(name.to_owned(), failure(Ok(&value)), &prints)),
            Err(problem) => results.push(result(name.to_owned(), failure(Err(problem)), &prints)),
        }
        let has_passed = results[before..].iter().all(|it| it.failure.is_none());
        canary.test_ended(has_passed);
        if !has_passed && failed.len() < MAX_TRIED {
            failed.insert(path.clone());
        }
    }
    let mut engine = plain;
    explain_failures(&mut engine, &mut results, &failed);
    let (unreached, rules) = unreached(&mut engine, &reached);
    let is_reached = |place: &str| !unreached.iter().any(|line| line.starts_with(place));
    TestReport {
        results,
        rules,
        finding_rules: canary.count(),
        untested: canary.untested(&is_reached),
        unreached,
        left_out: tests
            .left_out
            .iter()
            .map(|path| shown(path).to_owned())
            .collect(),
    }
}

/// The paths without those of shipped controls, which have tests of their own.
fn of_the_team(asked: &BTreeMap<String, Level>) -> BTreeSet<String> {
    let is_control = |path: &str| {
        let mut packages = CONTROLS.iter().map(super::controls::Control::package);
        packages.any(|package| path.starts_with(&format!("data.{package}.")))
    };
    let paths = asked.keys().filter(|path| !is_control(path));
    paths.cloned().collect()
}

/// The file and line of each test.
fn places(engine: &mut Evaluator, tests: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    for file in modules(engine) {
        for rule in &file.module.policy {
            let path = format!("data.{}.{}", file.package, name_of(rule));
            if let Rule::Spec { span, .. } = &**rule
                && tests.contains(&path)
            {
                let place = format!("{}:{}", file.path, span.line);
                places.entry(path).or_insert(place);
            }
        }
    }
    places
}

/// Adds to each failed test which of its conditions failed.
fn explain_failures(engine: &mut Evaluator, results: &mut [TestResult], failed: &BTreeSet<String>) {
    if failed.is_empty() {
        return;
    }
    for one in definitions(engine, failed) {
        let name = shown(&one.path);
        let mut meant = results.iter_mut();
        let meant = meant.find(|result| result.name == name && result.failure.is_some());
        if let Some(result) = meant.filter(|_| !one.definition.steps.is_empty()) {
            result.definitions.push(one.definition);
        }
    }
}

fn failure(value: Result<&Value, String>) -> Option<String> {
    match value {
        Ok(Value::Bool(true)) => None,
        Ok(Value::Undefined) => Some("it is undefined".to_owned()),
        Ok(value) => Some(format!("it is {value}")),
        Err(problem) => Some(problem),
    }
}
