//! The gate before registration: every release is tried on the policies, and
//! whatever goes wrong with that refuses it.

use serde_json::Value;
use tracing::{error, info};

use super::child::{Child, Mishap};
use super::controls::Level;
use super::input::{Subject, document};
use super::place::place;
use super::question::{Answer, RuleFinding, Task, TestResult};
use super::set::PolicySet;
use crate::job::Excerpt;
use crate::job::request::Request;
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, Place, PolicyFinding};

/// Characters of a policy's message that a finding repeats.
const MAX_MESSAGE: usize = 500;

/// Shorter values of environment variables stand in ordinary sentences too.
const MIN_SECRET: usize = 4;

/// Policies that load, and the processes that try them.
#[derive(Clone, Debug)]
pub struct Gate {
    set: PolicySet,
    child: Child,
}

/// Why a set of policies cannot be used; every problem with file and line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policies cannot be used:\n{}", .0.join("\n"))]
pub struct SetProblem(pub Vec<String>);

impl Gate {
    /// Loads the policies once, to know that they can be.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn open(set: PolicySet, child: Child) -> Result<Self, SetProblem> {
        match child.ask(&set.question(Task::Load, "{}".into())) {
            Ok(Answer::Loaded { .. }) => Ok(Self { set, child }),
            Ok(Answer::Problems(problems)) => Err(SetProblem(problems)),
            Ok(Answer::Findings(_) | Answer::Tests(_)) => {
                Err(SetProblem(vec!["the answer is to another question".into()]))
            }
            Err(mishap) => Err(SetProblem(vec![mishap.to_string()])),
        }
    }

    /// What the policies have to say about a release. An error among the
    /// findings refuses it. The event in the log names no value of the input.
    pub async fn review(&self, subject: &Subject<'_>, bundle: &Bundle) -> Vec<Finding> {
        let question = self
            .set
            .question(Task::Evaluate, document(subject).to_string());
        let child = self.child.clone();
        // A thread that may block also keeps simulated time from running on.
        let answer = tokio::task::spawn_blocking(move || child.ask(&question)).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(Mishap {
                at: None,
                what: "the evaluation was given up".into(),
            })
        });
        let findings = self.findings(answer, subject, bundle);
        self.audit(&findings, subject);
        findings
    }

    /// Runs the set's tests.
    ///
    /// # Errors
    ///
    /// Why they could not be run.
    pub fn test(set: &PolicySet, child: &Child) -> Result<Vec<TestResult>, SetProblem> {
        match child.ask(&set.question(Task::Test, "{}".into())) {
            Ok(Answer::Tests(results)) => Ok(results),
            Ok(Answer::Problems(problems)) => Err(SetProblem(problems)),
            Ok(Answer::Findings(_) | Answer::Loaded { .. }) => {
                Err(SetProblem(vec!["the answer is to another question".into()]))
            }
            Err(mishap) => Err(SetProblem(vec![mishap.to_string()])),
        }
    }

    fn findings(
        &self,
        answer: Result<Answer, Mishap>,
        subject: &Subject<'_>,
        bundle: &Bundle,
    ) -> Vec<Finding> {
        let failed = |reason: &str| {
            let reason = Excerpt::within(reason, MAX_MESSAGE);
            Finding::error(Place::default(), PolicyFinding::NotEvaluated { reason })
        };
        match answer {
            Ok(Answer::Findings(found)) => {
                let values = environment_values(subject.task_definition);
                let found = found.into_iter();
                found
                    .map(|finding| to_finding(&finding, &values, subject.request, bundle))
                    .collect()
            }
            Ok(Answer::Problems(problems)) => problems.iter().map(|p| failed(p)).collect(),
            Ok(Answer::Loaded { .. } | Answer::Tests(_)) => {
                vec![failed("the answer is to another question")]
            }
            Err(mishap) => vec![failed(&mishap.to_string())],
        }
    }

    fn audit(&self, findings: &[Finding], subject: &Subject<'_>) {
        let errors = findings.iter().filter(|f| f.is_error()).count();
        let warnings = findings.len() - errors;
        let pipeline = subject.pipeline;
        info!(
            pipeline.name = pipeline.pipeline,
            pipeline.execution = pipeline.pipeline_execution.as_deref().unwrap_or_default(),
            policy.set = self.set.hash(),
            policy.verdict = if errors > 0 { "refused" } else { "passed" },
            policy.errors = errors,
            policy.warnings = warnings,
            "the policies were asked"
        );
        for finding in findings {
            if let Some(PolicyFinding::NotEvaluated { reason }) = finding.policy() {
                error!(%reason, "the policies could not be evaluated");
            }
        }
    }
}

impl std::fmt::Display for Mishap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{at}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

fn to_finding(
    found: &RuleFinding,
    values: &[(&str, &str)],
    request: &Request,
    bundle: &Bundle,
) -> Finding {
    let shown = |text: &str| Excerpt::within(&without_values(text, values), MAX_MESSAGE);
    let facts = PolicyFinding::Found {
        rule: shown(&found.rule),
        message: shown(&found.message),
        remedy: found.remedy.as_deref().map(shown),
    };
    let path = found.path.as_deref();
    let place = path.map_or_else(Place::default, |path| place(path, request, bundle));
    match found.level {
        Level::Deny => Finding::error(place, facts),
        Level::Warn => Finding::warning(place, facts),
    }
}

/// Names and values of all plain environment variables.
fn environment_values(task_definition: &Value) -> Vec<(&str, &str)> {
    let containers = task_definition["containerDefinitions"].as_array();
    let variables = containers
        .into_iter()
        .flatten()
        .filter_map(|container| container["environment"].as_array())
        .flatten();
    let mut values: Vec<(&str, &str)> = variables
        .filter_map(|variable| Some((variable["name"].as_str()?, variable["value"].as_str()?)))
        .filter(|(_, value)| value.chars().count() >= MIN_SECRET)
        .collect();
    // The longest first, so that no value is left that contains another.
    values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    values
}

/// A policy sees the values of environment variables; whoever reads its
/// findings need not.
fn without_values(text: &str, values: &[(&str, &str)]) -> String {
    let hide = |text: String, (name, value): &(&str, &str)| {
        text.replace(value, &format!("(value of {name})"))
    };
    values.iter().fold(text.to_owned(), hide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_message_repeats_the_value_of_an_environment_variable() {
        let task_definition = json!({"containerDefinitions": [{"environment": [
            {"name": "TOKEN", "value": "hunter2"},
            {"name": "LONGER", "value": "hunter2hunter2"},
            {"name": "DEBUG", "value": "on"},
        ]}]});
        let values = environment_values(&task_definition);
        assert_eq!(
            without_values("`hunter2hunter2`, `hunter2` is on", &values),
            "`(value of LONGER)`, `(value of TOKEN)` is on"
        );
    }
}
