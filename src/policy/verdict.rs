//! From what rules found to findings: the operator's exemptions, the place in
//! the author's file, and no value of the environment repeated.

use serde_json::Value;

use super::controls::Level;
use super::exemption::{About, Exemption, Verdict, judge};
use super::input::Subject;
use super::place::{container, place};
use super::question::RuleFinding;
use crate::job::Excerpt;
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, Place, PolicyFinding};

/// Characters of a policy's message that a finding repeats.
pub(super) const MAX_MESSAGE: usize = 500;

/// Shorter values of environment variables stand in ordinary sentences too.
const MIN_SECRET: usize = 4;

/// What is to be done about what was found.
pub(super) fn findings(
    found: &[RuleFinding],
    exemptions: &[Exemption],
    subject: &Subject<'_>,
    bundle: &Bundle,
) -> Vec<Finding> {
    let mut values = environment_values(subject.task_definition);
    if let Some(previous) = subject.previous.known() {
        values.extend(environment_values(previous));
    }
    // The longest first, so that no value is left that contains another.
    values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    let shown = |text: &str| Excerpt::within(&without_values(text, &values), MAX_MESSAGE);
    let mut findings = Vec::new();
    for one in found {
        let path = one.path.as_deref();
        let place = path.map_or_else(Place::default, |path| place(path, subject.request, bundle));
        let about = About {
            rule: &one.rule,
            pipeline: &subject.pipeline.pipeline,
            container: path.and_then(|path| container(path, subject.task_definition)),
            now: subject.now,
        };
        let counts = PolicyFinding::Found {
            rule: shown(&one.rule),
            message: shown(&one.message),
            remedy: one.remedy.as_deref().map(shown),
        };
        match judge(exemptions, &about) {
            Verdict::Excused { by, ends_soon } => {
                let exempted = PolicyFinding::Exempted {
                    rule: shown(&one.rule),
                    message: shown(&one.message),
                    reason: shown(&by.reason),
                    until: Excerpt::of(&by.until),
                    ends_soon,
                };
                findings.push(if ends_soon {
                    Finding::warning(place, exempted)
                } else {
                    Finding::note(place, exempted)
                });
            }
            verdict @ (Verdict::Counts | Verdict::Ended(_)) => {
                findings.push(match one.level {
                    Level::Deny => Finding::error(place.clone(), counts),
                    Level::Warn => Finding::warning(place.clone(), counts),
                });
                if let Verdict::Ended(by) = verdict {
                    let ended = PolicyFinding::ExemptionEnded {
                        rule: shown(&one.rule),
                        until: Excerpt::of(&by.until),
                    };
                    findings.push(Finding::note(place, ended));
                }
            }
        }
    }
    findings
}

/// Names and values of all plain environment variables.
fn environment_values(task_definition: &Value) -> Vec<(&str, &str)> {
    let containers = task_definition["containerDefinitions"].as_array();
    let variables = containers
        .into_iter()
        .flatten()
        .filter_map(|container| container["environment"].as_array())
        .flatten();
    variables
        .filter_map(|variable| Some((variable["name"].as_str()?, variable["value"].as_str()?)))
        .filter(|(_, value)| value.chars().count() >= MIN_SECRET)
        .collect()
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
            {"name": "LONGER", "value": "hunter2hunter2"},
            {"name": "TOKEN", "value": "hunter2"},
            {"name": "DEBUG", "value": "on"},
        ]}]});
        let values = environment_values(&task_definition);
        assert_eq!(
            without_values("`hunter2hunter2`, `hunter2` is on", &values),
            "`(value of LONGER)`, `(value of TOKEN)` is on"
        );
    }
}
