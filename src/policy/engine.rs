//! Loads policies and evaluates their rules, in the child process.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use regorus::{Engine, Value};

use super::evaluator::{Evaluator, lengths};
use super::explain::explain;
use super::files::is_test;
use super::level::Level;
use super::question::{Answer, Question, Task};
use super::rego::Notations;
use super::rule_findings::{MAX_FINDINGS, read_findings};
use super::rules::Rules;
use super::test_rules::Tests;
use super::{documents, rego_version, unevaluated_rules, unknown_members};

/// Reads the document, and blocks until it is available.
pub(super) type Input<'a> = &'a mut dyn FnMut() -> io::Result<String>;

/// Policies that loaded without errors.
pub(super) struct Loaded {
    evaluator: Evaluator,
    /// The paths of the rules to evaluate, and the level of their findings.
    rules: BTreeMap<String, Level>,
    /// The team's own rules among them, with their packages.
    pub(super) own: BTreeSet<String>,
    /// The paths of the test rules.
    tests: BTreeSet<String>,
    /// A regular expression that selects the tests to run.
    run: Option<String>,
    /// Rules that look like finding rules but are not evaluated.
    unevaluated: Vec<String>,
    /// Members that the input never has.
    unknown_members: Vec<String>,
}

impl Loaded {
    /// Loads the question's files. `at` is called with the path of each file
    /// before it is read.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the files.
    pub(super) fn new(question: &Question, at: &mut dyn FnMut(&str)) -> Result<Self, Vec<String>> {
        let mut engine = Engine::new();
        engine.set_policy_length_config(lengths());
        let mut problems = Vec::new();
        let mut unknown_members = Vec::new();
        for file in &question.policies {
            at(&file.path);
            match rego_version::add(&mut engine, file) {
                Ok(()) if question.task == Task::Load => {
                    let module = engine.get_modules().last();
                    if let Some(module) = module.filter(|_| !is_test(&file.path)) {
                        unknown_members.extend(unknown_members::warnings(module, question.input));
                    }
                }
                Ok(()) => {}
                Err(problem) => problems.push(problem),
            }
        }
        let mut notations = Notations::default();
        let mut note = |added: Result<Notations, String>| match added {
            Ok(added) => notations.extend(&added),
            Err(problem) => problems.push(problem),
        };
        note(documents::add_parameters(&mut engine, question));
        for file in &question.data {
            at(&file.path);
            note(documents::add(&mut engine, file));
        }
        let rules = Rules::of(&mut engine, question);
        problems.extend(rules.problems);
        if rules.asked.is_empty() && question.task != Task::Test && problems.is_empty() {
            problems.push(format!(
                "no rule `deny`, `warn` or `violation` in a package `{}`",
                question.namespace
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let unevaluated = match question.task {
            Task::Load => unevaluated_rules::remarks(&mut engine, question),
            Task::Evaluate | Task::Test | Task::Explain => Vec::new(),
        };
        Ok(Self {
            unevaluated,
            evaluator: Evaluator::new(engine, notations)?,
            rules: rules.asked,
            own: rules.own,
            tests: rules.tests,
            run: question.run.clone(),
            unknown_members,
        })
    }

    /// Carries out the task. `at` is called with each rule before it is
    /// evaluated.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub(super) fn carry_out(
        self,
        task: Task,
        input: Input<'_>,
        at: &mut dyn FnMut(&str),
    ) -> Result<Answer, Vec<String>> {
        match task {
            Task::Load => Ok(Answer::Loaded {
                rules: self.rules.len(),
                unevaluated: self.unevaluated,
                unknown_members: self.unknown_members,
            }),
            Task::Explain => self.explain(input, at),
            Task::Evaluate => self.evaluate(input, at),
            Task::Test => Ok(Answer::Tests(super::test_rules::run(
                self.evaluator,
                &Tests::chosen(self.tests, self.run.as_deref())?,
                &self.rules,
                at,
            ))),
        }
    }

    fn evaluate(
        mut self,
        input: Input<'_>,
        at: &mut dyn FnMut(&str),
    ) -> Result<Answer, Vec<String>> {
        let (input, notations) = read(input)?;
        self.evaluator.set_input(input, notations);
        let (mut findings, mut problems) = (Vec::new(), Vec::new());
        for (path, level) in &self.rules {
            at(path);
            match self.evaluator.eval_rule(path) {
                Ok(value) => match read_findings(path, *level, value) {
                    Ok(found) => findings.extend(found),
                    Err(problem) => problems.push(problem),
                },
                Err(problem) => problems.push(format!("{path}: {problem}")),
            }
        }
        // The process exits next. Dropping the evaluator first would only delay
        // the release.
        std::mem::forget(self.evaluator);
        if findings.len() > MAX_FINDINGS {
            problems.push(format!(
                "the rules found {} things, and {MAX_FINDINGS} is the limit",
                findings.len()
            ));
        }
        if problems.is_empty() {
            Ok(Answer::Findings(findings))
        } else {
            Err(problems)
        }
    }

    fn explain(
        mut self,
        input: Input<'_>,
        at: &mut dyn FnMut(&str),
    ) -> Result<Answer, Vec<String>> {
        let (input, notations) = read(input)?;
        self.evaluator.set_input(input, notations);
        let explained = explain(&mut self.evaluator, &self.rules, at);
        Ok(Answer::Explained(explained))
    }
}

fn read(input: Input<'_>) -> Result<(Value, Notations), Vec<String>> {
    let text = input().map_err(|error| vec![format!("the input cannot be read: {error}")])?;
    // The error message could quote a part of the input.
    let value =
        Value::from_json_str(&text).map_err(|_| vec!["the input is not JSON".to_owned()])?;
    Ok((value, Notations::of_json(&text)))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod opa_tests;
