//! Runs the rules whose names start with `test_`, as `opa test` does.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use rego::syntax::is_test;
use rego::{Coverage, Definition, Machine, Notations};
use regorus::Value;

use super::controls::CONTROLS;
use super::question::{Level, TestReport, TestResult};
use super::rule_levels::is_below;
use super::rules::shown;

/// The most failed tests that are explained condition by condition.
const MAX_EXPLAINED: usize = 20;

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

/// Runs each test in a machine of its own, so that tests do not share what is
/// recorded. `asked` are the rules whose findings count.
pub(super) fn run(
    mut machine: Machine,
    tests: &Tests,
    asked: &BTreeMap<String, Level>,
    at: &mut dyn FnMut(&str),
) -> TestReport {
    machine.set_input(Value::new_object(), &Notations::default());
    let definitions = machine.definitions();
    let (mut results, mut explained) = (Vec::new(), 0);
    // What fired in a failed test proves nothing.
    let (mut evaluated, mut proven) = (Coverage::default(), Coverage::default());
    for path in &tests.run {
        at(path);
        let name = shown(path);
        let mut own = machine.clone();
        own.watch();
        own.keep_prints();
        let value = own.eval_rule(path);
        let whole = |failure| vec![(name.to_owned(), failure)];
        let cases = match &value {
            // A table of cases has one result for each.
            Ok(Value::Object(cases)) => {
                let name = |case: &Value| format!("{name}[{case}]");
                let cases = cases.iter();
                cases
                    .map(|(case, value)| (name(case), failure(value)))
                    .collect()
            }
            Ok(value) => whole(failure(value)),
            Err(problem) => whole(Some(problem.clone())),
        };
        let has_passed = cases.iter().all(|(_, failure)| failure.is_none());
        let is_table = matches!(value, Ok(Value::Object(_)));
        let of_failed = match !has_passed && !is_table && explained < MAX_EXPLAINED {
            true => machine.explain(path),
            false => Vec::new(),
        };
        explained += usize::from(!has_passed);
        let coverage = own.take_coverage();
        if has_passed {
            proven.extend(coverage.clone());
        }
        evaluated.extend(coverage);
        let definition = definitions.iter().find(|it| is_below(&it.name, name));
        let (place, prints) = (definition.map(Definition::place), own.take_prints());
        results.extend(cases.into_iter().map(|(name, failure)| TestResult {
            name,
            place: place.clone().unwrap_or_default(),
            failure,
            definitions: of_failed.clone(),
            prints: prints.clone(),
        }));
    }
    let asked = of_the_team(asked);
    let is_of_tests = |it: &Definition| is_test(&it.file) || it.name.contains(".test_");
    let rules = definitions
        .iter()
        .filter(|it| it.has_body && !is_of_tests(it));
    let finding_rules = definitions
        .iter()
        .filter(|it| asked.contains(it.name.as_str()) && !is_test(&it.file));
    let line = |it: &Definition| format!("{}: {}", it.place(), it.name);
    let unreached = rules.clone().filter(|it| !it.is_whole(&evaluated));
    let untested = finding_rules.clone().filter(|it| !it.has_fired(&proven));
    TestReport {
        results,
        rules: rules.count(),
        unreached: unreached.map(line).collect(),
        finding_rules: finding_rules.count(),
        untested: untested.map(line).collect(),
        left_out: tests
            .left_out
            .iter()
            .map(|path| shown(path).to_owned())
            .collect(),
    }
}

/// The rules without those of shipped controls, which have tests of their own.
fn of_the_team(asked: &BTreeMap<String, Level>) -> BTreeSet<&str> {
    let is_control = |rule: &str| {
        let mut packages = CONTROLS.iter().map(super::controls::Control::package);
        packages.any(|package| is_below(rule, &package))
    };
    let rules = asked.keys().map(|path| shown(path));
    rules.filter(|rule| !is_control(rule)).collect()
}

/// Why a test with this value has failed.
fn failure(value: &Value) -> Option<String> {
    if *value == Value::from(true) {
        None
    } else if *value == Value::Undefined {
        Some("it is undefined".to_owned())
    } else {
        Some(format!("it is {value}"))
    }
}
