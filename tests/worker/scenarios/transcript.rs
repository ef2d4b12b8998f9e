//! A transcript of a release: what it changed in AWS, and what the pipeline
//! showed in the end. Times and traffic shares depend on the times of
//! observations and are left out.

use std::fmt::Write as _;

use serde_json::Value;
use simulator::codepipeline::ActionStatus;
use simulator::ledger::Entry;

use crate::support::Harness;

/// Calls that change something, besides those of the job protocol.
const CHANGES: [&str; 4] = [
    "RegisterTaskDefinition",
    "CreateDeployment",
    "ContinueDeployment",
    "StopDeployment",
];

/// Characters of an id that is new each time.
const UUID: usize = 36;

/// Compares the transcript with the stored one of this name.
pub(crate) fn keep(harness: &Harness, action: &str, name: &str) {
    let text = transcript(harness, action);
    let name = name.replace(", ", "-").replace(' ', "-");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("stories");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn transcript(harness: &Harness, action: &str) -> String {
    harness.world(|world| {
        let view = world.codepipeline.view(action).expect("it was queued");
        let mut text = String::from("The worker changed:\n");
        for entry in world.ledger.entries().filter(|entry| entry.took_effect) {
            if CHANGES.contains(&entry.operation.as_str()) {
                let _ = writeln!(text, "  {}", change(entry));
            }
        }
        let _ = writeln!(text, "\nThe pipeline shows: {:?}", view.status);
        if let Some(error) = &view.error {
            let _ = writeln!(text, "{}\n{}", error.code, error.message);
        } else if let (ActionStatus::Succeeded, Some(summary)) = (view.status, &view.summary) {
            // The summary of an abandoned action depends on chance.
            let _ = writeln!(text, "{summary}");
        }
        timeless(&text)
    })
}

fn change(entry: &Entry) -> String {
    let input = &entry.input;
    match &input["autoRollbackEnabled"] {
        Value::Bool(true) => format!("{}, and roll back", entry.operation),
        Value::Bool(false) => format!("{}, and leave it so", entry.operation),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            entry.operation.clone()
        }
    }
}

/// The text without times, traffic shares and addresses of tasks.
fn timeless(text: &str) -> String {
    let word = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let core = word.trim_end_matches(['.', ',', ';', ':', ')']);
        let rest = &word[core.len()..];
        if word.starts_with("2026-01-") {
            format!("<moment>{rest}")
        } else if word.starts_with("10.0.") {
            format!("<address>{rest}")
        } else if core.len() == UUID && core.matches('-').count() == 4 {
            format!("<id>{rest}")
        } else if digits == 32 {
            format!("<task>{rest}")
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| {
        let words: Vec<String> = line.split(' ').map(word).collect();
        let mut line = words.join(" ");
        if let Some(at) = line.find(" % of the traffic") {
            let start = line[..at].rfind(' ').map_or(0, |start| start + 1);
            line.replace_range(start..at, "<share>");
        }
        // The time of an observation differs from run to run.
        if let Some(at) = line.find("next step in ") {
            let start = at + "next step in ".len();
            let end = line[start..]
                .find(';')
                .map_or(line.len(), |end| start + end);
            line.replace_range(start..end, "<a while>");
        }
        line
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
