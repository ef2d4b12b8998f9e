//! `policy explain`: how far each rule came with a release.

use std::path::Path;

use super::release::LocalRelease;
use super::set::SetArgs;
use crate::cli::{Exit, say};
use crate::messages;
use crate::policy::{Definition, Explanation, SetProblem};

pub(super) async fn run(bundle: &Path, rule: &str, set: &SetArgs) -> Result<Exit, Vec<String>> {
    let (gate, _) = set.open().await?;
    let release = LocalRelease::read(bundle).await.map_err(|p| vec![p])?;
    let Some(subject) = release.subject() else {
        let findings = release.findings().iter();
        return Err(findings.map(messages::finding::marked).collect());
    };
    let explanations = gate
        .explain(&subject)
        .map_err(|SetProblem(problems)| problems)?;
    let meant = explanations.iter().filter(|e| e.rule.contains(rule));
    let shown: String = meant.map(explained).collect();
    if shown.is_empty() {
        return Err(vec![format!("no rule has `{rule}` in its name")]);
    }
    Ok(say(&shown, Exit::Done))
}

fn explained(explanation: &Explanation) -> String {
    let outcome = match &explanation.outcome {
        Ok(found) if found.is_empty() => "finds nothing".to_owned(),
        Ok(found) => format!("finds {}", found.join("; ")),
        Err(problem) => format!("has no answer: {problem}"),
    };
    let definitions: String = explanation.definitions.iter().map(told).collect();
    let prints = explanation.prints.iter();
    let prints: String = prints.map(|print| format!("  prints {print}\n")).collect();
    format!("{}: {outcome}\n{definitions}{prints}", explanation.rule)
}

/// Each line with a mark, and where the definition stopped.
fn told(definition: &Definition) -> String {
    let mut text = format!("  {}\n", definition.place);
    for step in &definition.steps {
        let mark = if step.reached { "✓" } else { " " };
        text.push_str(&format!("  {mark} {:>4}  {}\n", step.line, step.text));
    }
    let stopped = definition.steps.windows(2).find_map(|pair| match pair {
        [here, next] if here.reached && !next.reached => Some(here),
        _ => None,
    });
    if let Some(step) = stopped {
        let line = step.line;
        text.push_str(&format!(
            "    it came to line {line}, which nothing has met\n"
        ));
    }
    text
}
