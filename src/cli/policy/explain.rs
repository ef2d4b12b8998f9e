//! `policy explain`: how far each rule came with a release.

use std::path::Path;

use super::release::LocalRelease;
use super::set::SetArgs;
use crate::cli::Exit;
use crate::messages;
use crate::policy::{Definition, SetProblem};

#[expect(clippy::print_stdout, reason = "the explanation is what was asked for")]
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
    let mut shown = 0;
    for explanation in explanations.iter().filter(|e| e.rule.contains(rule)) {
        shown += 1;
        match &explanation.outcome {
            Ok(found) if found.is_empty() => println!("{}: finds nothing", explanation.rule),
            Ok(found) => println!("{}: finds {}", explanation.rule, found.join("; ")),
            Err(problem) => println!("{}: has no answer: {problem}", explanation.rule),
        }
        for definition in &explanation.definitions {
            print!("{}", told(definition));
        }
        for print in &explanation.prints {
            println!("  prints {print}");
        }
    }
    if shown == 0 {
        return Err(vec![format!("no rule has `{rule}` in its name")]);
    }
    Ok(Exit::Done)
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
