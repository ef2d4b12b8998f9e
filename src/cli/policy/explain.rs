//! `policy explain`: shows how each rule came to its findings about a release,
//! or to none. Values are not redacted: the caller has the release's files.

use super::release::{ReleaseArgs, refused};
use super::set::SetArgs;
use crate::cli::{Exit, Failed, print};
use crate::job::excerpt::clean_lines;
use crate::job::nearest;
use crate::policy::{ExplainedDefinition, Explanation, Outcome, Step};

pub(super) async fn run(release: &ReleaseArgs, rule: &str, set: &SetArgs) -> Result<Exit, Failed> {
    let (gate, _) = set.open().await?;
    let release = release.read(None).await?;
    let Some(document) = release.document() else {
        return Err(refused(release.findings()));
    };
    let explanations = gate.explain(document)?;
    let meant = explanations.iter().filter(|e| e.rule.contains(rule));
    let shown: String = meant.map(explained).collect();
    if shown.is_empty() {
        let names: Vec<&str> = explanations.iter().map(|e| e.rule.as_str()).collect();
        let suggestion = match nearest(rule, names.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        let problem = format!("no rule has `{rule}` in its name; {suggestion}");
        return Err(Failed::usage(problem));
    }
    Ok(print(clean_lines(&shown), Exit::Done))
}

fn explained(explanation: &Explanation) -> String {
    let outcome = match &explanation.outcome {
        Ok(found) if found.is_empty() => "finds nothing".to_owned(),
        Ok(found) => format!("finds {}", found.join("; ")),
        Err(problem) => format!("has no answer: {problem}"),
    };
    let definitions = explanation.definitions.iter();
    let definitions: String = definitions.map(definition).collect();
    let prints = explanation.prints.iter();
    let prints: String = prints.map(|print| format!("  prints {print}\n")).collect();
    format!("{}: {outcome}\n{definitions}{prints}", explanation.rule)
}

/// A definition's conditions, each with its mark.
fn definition(definition: &ExplainedDefinition) -> String {
    let steps = definition.steps.iter();
    let steps: String = steps.map(|it| step(it, "  ")).collect();
    format!("  {}\n{steps}", definition.place)
}

/// A condition with its mark, and the values that it failed with.
pub(super) fn step(step: &Step, indent: &str) -> String {
    let (mark, remark) = match &step.outcome {
        Outcome::Met(0 | 1) => ("✓", String::new()),
        Outcome::Met(ways) => ("✓", format!("  ({ways} ways)")),
        Outcome::Failed => ("✗", String::new()),
        Outcome::Error(what) => ("!", format!("  ({what})")),
        Outcome::NotReached => (" ", String::new()),
    };
    let values = step.values.iter();
    let values: String = values
        .map(|it| format!("{indent}          {it}\n"))
        .collect();
    format!(
        "{indent}{mark} {:>4}  {}{remark}\n{values}",
        step.line, step.text
    )
}
