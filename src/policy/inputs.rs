//! Determines the `input` of each rule. Most rules see the whole document; for
//! the places that the terms list, `input` is the task definition alone, as
//! with `conftest test taskdef.json`.
//!
//! Rules with different inputs are evaluated in separate engines, in the same
//! process. Otherwise a `data.main.deny` with a file of each kind would be one
//! rule with two inputs. Data documents are loaded into both.

use std::borrow::Cow;
use std::io;

use serde_json::Value;

use super::engine::{Input, Loaded};
use super::question::{Answer, InputKind, Question, TestReport, Text};
use super::rule_findings::MAX_FINDINGS;
use super::rule_levels;

/// Answers a question in this process, without the limits of a child process.
/// The input is read only after the rules are loaded. `at` is called with each
/// file or rule before it is processed.
pub fn answer(question: &Question, input: Input<'_>, at: &mut dyn FnMut(&str)) -> Answer {
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
    if !problems.is_empty() {
        return Answer::Problems(problems);
    }
    let mut document = None;
    let mut whole = None;
    for (engine, kind) in loaded {
        let mut input = || {
            if document.is_none() {
                document = Some(input()?);
            }
            let document = document.as_deref().unwrap_or_default();
            match kind {
                InputKind::Document => Ok(document.to_owned()),
                InputKind::TaskDefinition => task_definition(document),
            }
        };
        let answer = match engine.carry_out(question.task, &mut input, at) {
            Ok(answer) => answer,
            Err(problems) => Answer::Problems(problems),
        };
        whole = Some(match whole {
            None => answer,
            Some(before) => together(before, answer),
        });
    }
    whole.unwrap_or_else(|| Answer::Problems(vec!["there is no rule".into()]))
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

fn task_definition(document: &str) -> io::Result<String> {
    let mut document: Value = serde_json::from_str(document)?;
    // Loading a set and running its tests need no release.
    Ok(match document.get_mut("taskDefinition") {
        Some(task_definition) => task_definition.take().to_string(),
        None => "{}".to_owned(),
    })
}

/// Merges two answers to the same question.
fn together(one: Answer, other: Answer) -> Answer {
    match (one, other) {
        (
            Answer::Loaded {
                rules,
                mut unevaluated,
                mut unknown_members,
            },
            Answer::Loaded {
                rules: more_rules,
                unevaluated: more_unevaluated,
                unknown_members: more_members,
            },
        ) => {
            unevaluated.extend(more_unevaluated);
            unknown_members.extend(more_members);
            Answer::Loaded {
                rules: rules + more_rules,
                unevaluated,
                unknown_members,
            }
        }
        (Answer::Findings(mut found), Answer::Findings(more)) => {
            found.extend(more);
            match found.len() {
                0..=MAX_FINDINGS => Answer::Findings(found),
                count => Answer::Problems(vec![format!(
                    "the rules found {count} things, and {MAX_FINDINGS} is the limit"
                )]),
            }
        }
        (Answer::Tests(one), Answer::Tests(other)) => Answer::Tests(TestReport {
            results: [one.results, other.results].concat(),
            rules: one.rules + other.rules,
            unreached: [one.unreached, other.unreached].concat(),
            finding_rules: one.finding_rules + other.finding_rules,
            untested: [one.untested, other.untested].concat(),
            left_out: [one.left_out, other.left_out].concat(),
        }),
        (Answer::Explained(one), Answer::Explained(other)) => {
            Answer::Explained([one, other].concat())
        }
        (Answer::Problems(one), Answer::Problems(other)) => Answer::Problems([one, other].concat()),
        (problems @ Answer::Problems(_), _) | (_, problems @ Answer::Problems(_)) => problems,
        _ => Answer::Problems(vec!["the engines answer different questions".into()]),
    }
}
