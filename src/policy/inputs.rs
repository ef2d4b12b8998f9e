//! Determines the `input` of each rule. Most rules see the whole document; for
//! the places that the terms list, `input` is the task definition alone, as
//! with `conftest test taskdef.json`.
//!
//! Rules with different inputs are evaluated in separate engines, in the same
//! process. Otherwise a `data.main.deny` with a file of each kind would be one
//! rule with two inputs. Data documents are loaded into both.

use std::borrow::Cow;
use std::io;

use rego::unless;
use serde_json::Value;

use super::engine::Loaded;
use super::question::{Answer, InputKind, PolicySetWarnings, Question, Task, TestReport, Text};
use super::rule_findings::MAX_FINDINGS;
use super::rule_levels;

/// Answers a question in this process, without the limits of a child process.
/// The input is read only after the rules are loaded, and only if the task needs
/// one. `at` is called with each file or rule before it is processed.
pub fn answer(
    question: &Question,
    input: &mut dyn FnMut() -> io::Result<String>,
    at: &mut dyn FnMut(&str),
) -> Answer {
    answered(question, input, at).unwrap_or_else(Answer::Problems)
}

fn answered(
    question: &Question,
    input: &mut dyn FnMut() -> io::Result<String>,
    at: &mut dyn FnMut(&str),
) -> Result<Answer, Vec<String>> {
    let loaded = load(question, at)?;
    match question.task {
        Task::Load => {
            let mut warnings = PolicySetWarnings::default();
            for (part, _) in loaded {
                warnings.unevaluated.extend(part.warnings.unevaluated);
                let unknown = part.warnings.unknown_members;
                warnings.unknown_members.extend(unknown);
            }
            Ok(Answer::Loaded(warnings))
        }
        Task::Evaluate => {
            let evaluate = |part: Loaded, input: &str| part.evaluate(input, at);
            let found = on_input(loaded, input, evaluate)?;
            match found.len() {
                0..=MAX_FINDINGS => Ok(Answer::Findings(found)),
                count => Err(vec![format!(
                    "the rules found {count} things, and {MAX_FINDINGS} is the limit"
                )]),
            }
        }
        Task::Explain => {
            let explain = |part: Loaded, input: &str| part.explain(input, at);
            on_input(loaded, input, explain).map(Answer::Explained)
        }
        Task::Test => {
            let mut whole = TestReport::default();
            for (part, _) in loaded {
                whole.add(part.test(question.run.as_deref(), at)?);
            }
            Ok(Answer::Tests(whole))
        }
    }
}

/// Loads all parts of a question, each with its kind of input.
fn load(
    question: &Question,
    at: &mut dyn FnMut(&str),
) -> Result<Vec<(Loaded, InputKind)>, Vec<String>> {
    let (mut loaded, mut problems) = (Vec::new(), Vec::new());
    for part in parts(question) {
        match Loaded::new(&part, at) {
            Ok(engine) => loaded.push((engine, part.input)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        let own = loaded.iter().flat_map(|(engine, _)| &engine.own);
        let own: Vec<&str> = own.map(String::as_str).collect();
        problems.extend(rule_levels::unknown(&question.rules, &own));
    }
    unless(problems, loaded)
}

/// Reads the document and asks every part about what is its input.
fn on_input<T>(
    loaded: Vec<(Loaded, InputKind)>,
    input: &mut dyn FnMut() -> io::Result<String>,
    mut ask: impl FnMut(Loaded, &str) -> Result<Vec<T>, Vec<String>>,
) -> Result<Vec<T>, Vec<String>> {
    let unreadable = |error: io::Error| vec![format!("the input cannot be read: {error}")];
    let document = input().map_err(unreadable)?;
    let (mut answers, mut problems) = (Vec::new(), Vec::new());
    for (part, kind) in loaded {
        let answer = match kind {
            InputKind::Document => ask(part, &document),
            InputKind::TaskDefinition => ask(part, &task_definition(&document)),
        };
        match answer {
            Ok(found) => answers.extend(found),
            Err(found) => problems.extend(found),
        }
    }
    unless(problems, answers)
}

/// Splits a question by kind of input.
fn parts(question: &Question) -> Vec<Cow<'_, Question>> {
    if question.on_task_definition.is_empty() {
        return vec![Cow::Borrowed(question)];
    }
    let part = |policies: &Vec<Text>, input| Question {
        policies: policies.clone(),
        on_task_definition: Vec::new(),
        input,
        ..question.clone()
    };
    let mut parts = Vec::new();
    if !question.policies.is_empty() {
        parts.push(Cow::Owned(part(&question.policies, InputKind::Document)));
    }
    parts.push(Cow::Owned(Question {
        // Shipped controls expect the whole document.
        controls: Default::default(),
        ..part(&question.on_task_definition, InputKind::TaskDefinition)
    }));
    parts
}

/// The task definition in a document. A text that is not JSON stays, so that its
/// evaluation fails.
fn task_definition(document: &str) -> Cow<'_, str> {
    match serde_json::from_str::<Value>(document) {
        Ok(document) => match document.get("taskDefinition") {
            Some(task_definition) => Cow::Owned(task_definition.to_string()),
            None => Cow::Borrowed("{}"),
        },
        Err(_) => Cow::Borrowed(document),
    }
}
