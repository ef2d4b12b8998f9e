//! The findings of the checks and policies for the bundle, as far as they need
//! no AWS. The live page shows them beside the release.

use std::collections::BTreeMap;

use clock::Clock;

use crate::cli::bundle::LocalBundle;
use crate::job::offer::PipelineContext;
use crate::messages::finding;
use crate::page::{FindingShown, SeverityShown};
use crate::policy::{Gate, Previous, Subject};
use crate::release::finding::{Finding, Severity};
use crate::release::plan::{Checked, image_references};

/// All findings.
pub(super) async fn findings(
    bundle: &LocalBundle,
    checked: &Checked,
    gate: Option<&Gate>,
) -> Vec<FindingShown> {
    let Ok(request) = bundle.request() else {
        return Vec::new();
    };
    let mut found = checked.findings.clone();
    if let (Some(gate), Some(task_definition)) = (gate, &checked.task_definition)
        && !found.iter().any(Finding::is_error)
    {
        let files = bundle.files(&request).await;
        let images = image_references(&request, &files).into_iter();
        let images: Vec<(String, String)> =
            images.map(|(name, uri)| (name, uri.to_string())).collect();
        let pipeline = PipelineContext {
            action: bundle.action.name.clone(),
            ..PipelineContext::default()
        };
        let subject = Subject {
            task_definition,
            app_spec: checked.app_spec.as_ref(),
            images: &images,
            request: &request,
            pipeline: &pipeline,
            account: None,
            configuration: &bundle.action.configuration,
            registries: &BTreeMap::new(),
            group: None,
            service: None,
            previous: &Previous::NotAsked,
            now: Clock::system().now(),
        };
        found.extend(gate.review(None, &subject, &files).await);
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
