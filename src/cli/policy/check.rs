//! `policy check`: prints the verdict that a release would get.

use serde_json::{Value, json};

use super::release::{LocalRelease, ReleaseArgs};
use super::set::SetArgs;
use crate::cli::remark::{finding_json, rule};
use crate::cli::{Exit, Failed, json_text, print};
use crate::job::excerpt::clean_lines;
use crate::messages;
use crate::policy::{Child, Gate, PolicySetWarnings, SetProblem, untested};
use crate::release::finding::{Finding, PolicyFinding};

/// The version of the JSON output. It changes only with incompatible changes.
const VERSION: u32 = 1;

/// How a verdict is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Text
    #[default]
    Text,
    /// JSON
    Json,
}

pub(super) async fn run(
    release: &ReleaseArgs,
    set: &SetArgs,
    format: Format,
) -> Result<Exit, Failed> {
    let (gate, mut remarks) = set.open().await?;
    let release = release.read(gate.artifact_policy().as_deref()).await?;
    // Untested rules are always reported here, whatever the terms say.
    match untested(&gate.set(), &Child::default()) {
        Ok(untested) => remarks.untested = untested,
        Err(SetProblem(problems)) => {
            let problems = problems.into_iter();
            remarks.untested = problems
                .map(|it| format!("the tests cannot be run: {it}"))
                .collect();
        }
    }
    let findings = judged(&gate, &release).await;
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let shown = match format {
        Format::Text => clean_lines(&text(&remarks, release.assumed(), &findings, errors)),
        Format::Json => json_text(&document(&remarks, &findings, errors)),
    };
    let exit = if errors == 0 {
        Exit::Done
    } else {
        Exit::Refused
    };
    Ok(print(&shown, exit))
}

/// The findings of the preflight and the policies.
async fn judged(gate: &Gate, release: &LocalRelease) -> Vec<Finding> {
    let mut findings = release.findings().to_vec();
    if let (Some(subject), Some(document)) = (release.subject(), release.document()) {
        let bundle = release.bundle();
        let found = gate.review_document(None, document, &subject, bundle);
        findings.extend(found.await);
    }
    for finding in &mut findings {
        // The stand-in is not the image that will be released, so a rule's
        // finding about it means nothing.
        if let Some(PolicyFinding::Found { rule, .. }) = finding.policy()
            && release.is_about_stand_in(finding)
        {
            let kind = PolicyFinding::NotJudged { rule: rule.clone() };
            *finding = Finding::note(finding.place.clone(), kind);
        }
        release.localise(finding);
        // A document from `--input` belongs to no artifact.
        let artifact = &mut finding.place.artifact;
        artifact.take_if(|artifact| artifact.is_empty());
    }
    findings
}

fn text(
    remarks: &PolicySetWarnings,
    assumed: &[String],
    findings: &[Finding],
    errors: usize,
) -> String {
    let warnings = remarks.all().map(|warning| format!("warning: {warning}"));
    let assumed = assumed.iter().map(|words| format!("note: {words}"));
    let findings = findings.iter().map(line);
    let mut lines: Vec<String> = warnings.chain(findings).chain(assumed).collect();
    lines.push(match errors {
        0 => "The release passes.".to_owned(),
        1 => "The release is refused: 1 error.".to_owned(),
        count => format!("The release is refused: {count} errors."),
    });
    lines.join("\n") + "\n"
}

/// A finding as one line that begins with its severity.
fn line(finding: &Finding) -> String {
    let mark = finding.severity.name();
    format!("{mark}: {}", messages::finding::line(finding))
}

fn document(remarks: &PolicySetWarnings, findings: &[Finding], errors: usize) -> Value {
    let findings: Vec<Value> = findings.iter().map(shown).collect();
    json!({
        "version": VERSION,
        "refused": errors > 0,
        "findings": findings,
        "notAsked": remarks.unevaluated,
        "unknownMembers": remarks.unknown_members,
        "untested": remarks.untested,
        "idleExemptions": remarks.idle_exemptions,
    })
}

/// A finding as `check` shows it, with the name of the policy's rule.
fn shown(finding: &Finding) -> Value {
    let words = messages::finding::words(&finding.kind);
    let name = rule(&finding.kind);
    let mut shown = finding_json(finding.severity, name, &finding.place, &words);
    shown["policy"] = json!(finding.policy().and_then(policy));
    shown
}

fn policy(finding: &PolicyFinding) -> Option<&str> {
    match finding {
        PolicyFinding::Found { rule, .. }
        | PolicyFinding::Exempted { rule, .. }
        | PolicyFinding::NotJudged { rule }
        | PolicyFinding::ExemptionEnded { rule, .. } => Some(rule.as_str()),
        PolicyFinding::NotEvaluated { .. } => None,
    }
}
