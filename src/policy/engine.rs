//! Loads policies and evaluates their rules, in the child process.

use std::collections::{BTreeMap, BTreeSet};

use rego::syntax::{file_of, is_test, package_of};
use rego::{Machine, Notations, compile, parse, unless};
use regorus::Value;
use regorus::unstable::Module;

use super::question::{
    Explanation, Level, PolicySetWarnings, Question, RuleFinding, Task, TestReport,
};
use super::rule_findings::read_findings;
use super::rules::{Rules, shown};
use super::test_rules::Tests;
use super::{documents, test_rules, unevaluated_rules, unknown_data, unknown_members};

/// Policies that loaded without errors.
pub(super) struct Loaded {
    machine: Machine,
    /// The paths of the rules to evaluate, and the level of their findings.
    pub(super) rules: BTreeMap<String, Level>,
    /// The team's own rules among them, with their packages.
    pub(super) own: BTreeSet<String>,
    /// The paths of the test rules.
    tests: BTreeSet<String>,
    /// What is only looked for to load the set.
    pub(super) warnings: PolicySetWarnings,
}

impl Loaded {
    /// Loads the question's files. `at` is called with the path of each file
    /// before it is read.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the files.
    pub(super) fn new(question: &Question, at: &mut dyn FnMut(&str)) -> Result<Self, Vec<String>> {
        let (mut modules, mut problems) = (Vec::new(), Vec::new());
        for file in &question.policies {
            at(&file.path);
            match parse(&file.path, &file.text) {
                Ok(module) => modules.push(module),
                Err(problem) => problems.push(problem),
            }
        }
        let (data, notations) = documents::read(question, &modules, &mut problems, at);
        let rules = Rules::of(&modules, question);
        problems.extend(rules.problems);
        if rules.asked.is_empty() && question.task != Task::Test && problems.is_empty() {
            problems.push(format!(
                "no rule `deny`, `warn` or `violation` in a package `{}`",
                question.namespace
            ));
            problems.extend(unevaluated_rules::remarks(&modules, question));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut warnings = PolicySetWarnings::default();
        if question.task == Task::Load {
            warnings.unevaluated = unevaluated_rules::remarks(&modules, question);
            let decide = modules.iter().map(|module| &**module);
            let decide: Vec<&Module> = decide.filter(|it| !is_test(file_of(it))).collect();
            warnings.unknown_members = unknown_members::warnings(&decide, question.input);
            // A control may read what a team leaves out.
            let is_own = |module: &&&Module| {
                let package = package_of(module).join(".");
                !question.controls.contains_key(&package)
            };
            let own: Vec<&Module> = decide.iter().filter(is_own).copied().collect();
            let found = unknown_data::warnings(&own, &modules, &data);
            warnings.unknown_members.extend(found);
        }
        let explains = matches!(question.task, Task::Explain | Task::Test);
        let program = compile(&modules, explains)?;
        Ok(Self {
            warnings,
            machine: Machine::new(program, data, notations),
            rules: rules.asked,
            own: rules.own,
            tests: rules.tests,
        })
    }

    /// What the rules find in an input, which is JSON. `at` is called with each
    /// rule before it is evaluated.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub(super) fn evaluate(
        mut self,
        input: &str,
        at: &mut dyn FnMut(&str),
    ) -> Result<Vec<RuleFinding>, Vec<String>> {
        self.set_input(input)?;
        let (mut findings, mut problems) = (Vec::new(), Vec::new());
        for (path, level) in &self.rules {
            at(path);
            match self.machine.eval_rule(path) {
                Ok(value) => match read_findings(path, *level, value) {
                    Ok(found) => findings.extend(found),
                    Err(problem) => problems.push(problem),
                },
                Err(problem) => problems.push(format!("{path}: {problem}")),
            }
        }
        // The process exits next. Dropping the machine first would only delay
        // the release.
        std::mem::forget(self.machine);
        unless(problems, findings)
    }

    /// How each rule comes to its findings in an input, or to none.
    ///
    /// # Errors
    ///
    /// As [`Self::evaluate`].
    pub(super) fn explain(
        mut self,
        input: &str,
        at: &mut dyn FnMut(&str),
    ) -> Result<Vec<Explanation>, Vec<String>> {
        self.set_input(input)?;
        self.machine.keep_prints();
        let explain = |(path, level): (&String, &Level)| {
            at(path);
            // Each rule has a machine of its own, so that what is printed is
            // its own.
            let mut machine = self.machine.clone();
            let found = machine.eval_rule(path);
            let found = found.and_then(|value| read_findings(path, *level, value));
            let messages = |found: Vec<RuleFinding>| found.into_iter().map(|it| it.message);
            Explanation {
                rule: shown(path).to_owned(),
                outcome: found.map(|found| messages(found).collect()),
                definitions: machine.explain(path),
                prints: machine.take_prints(),
            }
        };
        Ok(self.rules.iter().map(explain).collect())
    }

    /// Runs the tests whose names match the regular expression, or all.
    ///
    /// # Errors
    ///
    /// What is wrong with the expression.
    pub(super) fn test(
        self,
        run: Option<&str>,
        at: &mut dyn FnMut(&str),
    ) -> Result<TestReport, Vec<String>> {
        let tests = Tests::chosen(self.tests, run)?;
        Ok(test_rules::run(self.machine, &tests, &self.rules, at))
    }

    fn set_input(&mut self, text: &str) -> Result<(), Vec<String>> {
        // The error message could quote a part of the input.
        let input =
            Value::from_json_str(text).map_err(|_| vec!["the input is not JSON".to_owned()])?;
        self.machine.set_input(input, &Notations::of_json(text));
        Ok(())
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod explain_tests;

#[cfg(test)]
mod opa_tests;
