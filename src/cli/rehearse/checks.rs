//! The findings of the checks and policies for the bundle, as far as they need
//! no AWS. The live page shows them beside the release.

use crate::cli::bundle::Rendered;
use crate::messages::finding;
use crate::page::{FindingShown, SeverityShown};
use crate::policy::Gate;
use crate::release::finding::{Finding, Severity};

/// All findings.
pub(super) async fn findings(release: &Rendered, gate: Option<&Gate>) -> Vec<FindingShown> {
    let mut found = release.checked.findings.clone();
    if let (Some(gate), Some(subject)) = (gate, release.subject()) {
        found.extend(gate.review(None, &subject, &release.files).await);
    }
    found.iter().map(shown).collect()
}

fn shown(found: &Finding) -> FindingShown {
    FindingShown {
        severity: match found.severity {
            Severity::Error => SeverityShown::Error,
            Severity::Warning => SeverityShown::Warning,
            Severity::Note => SeverityShown::Note,
        },
        is_policys: found.policy().is_some(),
        text: finding::line(found),
    }
}
