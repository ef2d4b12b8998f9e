//! The Rego engine with the settings that keep a `deny` from falling silent.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use regorus::{Engine, PolicyLengthConfig, Value};

use super::controls::Level;
use super::explain::explain;
use super::files::is_test;
use super::found::{MAX_FINDINGS, cut, read_findings};
use super::inputs::Input;
use super::question::{Answer, Question, Task};
use super::rules::Rules;
use super::test_rules::Tests;
use super::{builtins, dialect, documents, members};

/// Characters of a line. Public sets have whole documents on a single one,
/// half as long; the engine by itself would take 1,024.
pub(super) const MAX_LINE: u32 = 64 * 1024;

/// Policies that were read without complaint.
pub(super) struct Loaded {
    engine: Engine,
    /// Path of each rule to ask, and what its findings do.
    rules: BTreeMap<String, Level>,
    /// Paths of the rules that are tests.
    tests: BTreeSet<String>,
    /// Which of them are to be run.
    run: Option<String>,
    /// What OPA would take otherwise.
    differences: Vec<String>,
    /// Members that the input never has.
    unknown_members: Vec<String>,
}

impl Loaded {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub(super) fn new(question: &Question, at: &mut dyn FnMut(&str)) -> Result<Self, Vec<String>> {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        engine.set_gather_prints(true);
        engine.set_policy_length_config(lengths());
        builtins::add(&mut engine);
        let (mut problems, mut differences) = (Vec::new(), Vec::new());
        let mut unknown_members = Vec::new();
        for file in &question.policies {
            at(&file.path);
            match dialect::add(&mut engine, file) {
                Ok(()) if question.task == Task::Load => {
                    let module = engine.get_modules().last();
                    if let Some(module) = module.filter(|_| !is_test(&file.path)) {
                        unknown_members.extend(members::warnings(module, question.input));
                    }
                    let module = module.and_then(|module| serde_json::to_value(module).ok());
                    differences.extend(
                        module
                            .iter()
                            .flat_map(|module| super::differences::warnings(file, module)),
                    );
                }
                Ok(()) => {}
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(documents::add_parameters(&mut engine, question).err());
        for file in &question.data {
            at(&file.path);
            problems.extend(documents::add(&mut engine, file).err());
        }
        let rules = Rules::of(&mut engine, question);
        problems.extend(rules.problems);
        if rules.asked.is_empty() && question.task != Task::Test && problems.is_empty() {
            problems.push(format!(
                "no rule `deny`, `warn` or `violation` in a package `{}`",
                question.namespace
            ));
        }
        if question.task == Task::Load && problems.is_empty() {
            problems.extend(prepare(&mut engine).err());
        }
        if problems.is_empty() {
            Ok(Self {
                engine,
                rules: rules.asked,
                tests: rules.tests,
                run: question.run.clone(),
                differences,
                unknown_members,
            })
        } else {
            Err(problems)
        }
    }

    /// Does what is asked.
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
                differences: self.differences,
                unknown_members: self.unknown_members,
            }),
            Task::Explain => self.explain(input, at),
            Task::Evaluate => self.evaluate(input, at),
            Task::Test => Ok(Answer::Tests(super::test_rules::run(
                self.engine,
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
        // What is wrong is told by each rule that is asked.
        let _ = prepare(&mut self.engine);
        self.engine.set_input(read(input)?);
        let (mut findings, mut problems) = (Vec::new(), Vec::new());
        for (path, level) in &self.rules {
            at(path);
            match self.engine.eval_rule(path.clone()) {
                Ok(value) => match read_findings(path, *level, value) {
                    Ok(found) => findings.extend(found),
                    Err(problem) => problems.push(problem),
                },
                Err(error) => problems.push(format!("{path}: {}", in_one_line(&error))),
            }
        }
        // The process ends with it, and the release need not wait until it has
        // been taken apart.
        std::mem::forget(self.engine);
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
        self.engine.set_input(read(input)?);
        prepare(&mut self.engine).map_err(|problem| vec![problem])?;
        let explained = explain(&mut self.engine, &self.rules, at);
        Ok(Answer::Explained(explained))
    }
}

/// How long what is read may be.
pub(super) fn lengths() -> PolicyLengthConfig {
    PolicyLengthConfig {
        // It counts the place behind the line's end as well.
        max_col: NonZeroU32::MIN.saturating_add(MAX_LINE),
        ..PolicyLengthConfig::default()
    }
}

fn read(input: Input<'_>) -> Result<Value, Vec<String>> {
    let text = input().map_err(|error| vec![format!("the input cannot be read: {error}")])?;
    Value::from_json_str(&text).map_err(|error| vec![error.to_string()])
}

/// Has the engine make sense of all policies together, which its clones need
/// not do again.
pub(super) fn prepare(engine: &mut Engine) -> Result<(), String> {
    let prepared = engine.eval_query("true".into(), false);
    prepared.map(drop).map_err(|error| in_one_line(&error))
}

/// The engine's message, which draws the source around it, as `place: what`.
pub(super) fn in_one_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let place = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("--> "))
        .map(str::trim);
    let what = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "))
        .map(str::trim);
    match (place, what) {
        (Some(place), Some(what)) => format!("{place}: {what}"),
        _ => cut(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
