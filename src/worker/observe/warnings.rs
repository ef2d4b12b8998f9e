//! What the author is told at the end of a release that succeeds.

use crate::job::{Excerpt, TaskDefinitionArn};
use crate::messages::finding::marked;
use crate::messages::limit::fit;
use crate::release::finding::{Finding, Place, TaskDefinitionFinding};
use crate::rollout::step::Warnings;

/// Findings that are shown: more would crowd out the rest of the summary.
const MAX_LINES: usize = 8;

/// Characters of one line: where and what.
const MAX_LINE: usize = 200;

/// The findings as text, as many as fit into a summary.
pub(super) fn of(findings: &[Finding]) -> Warnings {
    let mut warnings = Warnings::default();
    for finding in findings.iter().take(MAX_LINES) {
        let lines = match finding.policy() {
            Some(_) => &mut warnings.policies,
            None => &mut warnings.checks,
        };
        lines.push(fit(&marked(finding), MAX_LINE));
    }
    warnings
}

/// Adds that the release changed while it waited.
pub(super) fn judged_again(warnings: &mut Warnings) {
    note(warnings, TaskDefinitionFinding::JudgedAgain);
}

/// Adds that the revision registered so far is not the current release's.
pub(super) fn not_planned(warnings: &mut Warnings, revision: &TaskDefinitionArn) {
    let revision = Excerpt::of(revision.as_str());
    note(warnings, TaskDefinitionFinding::NotPlanned { revision });
}

/// Adds that an existing revision is deployed.
pub(super) fn reused(warnings: &mut Warnings, revision: &TaskDefinitionArn) {
    let arn = revision.as_str();
    let revision = Excerpt::of(arn.rsplit_once('/').map_or(arn, |(_, name)| name));
    note(warnings, TaskDefinitionFinding::Reused { revision });
}

/// Adds, before all others, that the deployment may not be of what was checked.
pub(super) fn adopted(warnings: &mut Warnings, revision: &TaskDefinitionArn) {
    let revision = Excerpt::of(revision.as_str());
    let adopted = TaskDefinitionFinding::Adopted { revision };
    let warning = Finding::warning(Place::default(), adopted);
    warnings.checks.insert(0, marked(&warning));
}

fn note(warnings: &mut Warnings, finding: TaskDefinitionFinding) {
    let note = Finding::note(Place::default(), finding);
    warnings.checks.push(marked(&note));
}
