//! A release on this machine as policies see it, as far as it is known
//! without AWS.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::cli::bundle::LocalBundle;
use crate::clock::Clock;
use crate::job::offer::PipelineContext;
use crate::job::request::Request;
use crate::messages;
use crate::policy::{Previous, Subject};
use crate::release::bundle::Bundle;
use crate::release::finding::Finding;
use crate::release::plan::{Checked, check, image_references};
use crate::release::preflight::RegistryAnswer;

/// A bundle, read and rendered.
pub(super) struct LocalRelease {
    request: Request,
    bundle: Bundle,
    checked: Checked,
    images: Vec<(String, String)>,
    pipeline: PipelineContext,
    configuration: BTreeMap<String, String>,
    registries: BTreeMap<String, RegistryAnswer>,
    previous: Previous,
    now: Timestamp,
}

impl LocalRelease {
    /// Reads the bundle.
    ///
    /// # Errors
    ///
    /// Why there is nothing to look at.
    pub(super) async fn read(path: &Path) -> Result<Self, String> {
        let local = LocalBundle::read(path).map_err(|problem| problem.to_string())?;
        let inputs: Vec<&str> = local.action.inputs.iter().map(String::as_str).collect();
        let request = Request::parse(&local.action.configuration, &inputs);
        let request = request.map_err(|problems| {
            let problems = problems.iter();
            let lines: Vec<String> = problems
                .map(|problem| messages::configuration::words(problem).to_string())
                .collect();
            lines.join("\n")
        })?;
        let bundle = local.files(&request).await;
        let images = image_references(&request, &bundle).into_iter();
        Ok(Self {
            checked: check(&request, &bundle),
            images: images.map(|(name, uri)| (name, uri.to_string())).collect(),
            pipeline: PipelineContext {
                action: local.action.name,
                ..PipelineContext::default()
            },
            configuration: local.action.configuration,
            registries: BTreeMap::new(),
            previous: Previous::NotAsked,
            now: Clock::system().now(),
            request,
            bundle,
        })
    }

    /// What the preflight found.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.checked.findings
    }

    pub(super) fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The release for policies to judge; `None` where the preflight has
    /// refused it, because then production asks no policy either.
    pub(super) fn subject(&self) -> Option<Subject<'_>> {
        if self.findings().iter().any(Finding::is_error) {
            return None;
        }
        Some(Subject {
            task_definition: self.checked.task_definition.as_ref()?,
            app_spec: self.checked.app_spec.as_ref(),
            images: &self.images,
            request: &self.request,
            pipeline: &self.pipeline,
            account: None,
            group: None,
            configuration: &self.configuration,
            registries: &self.registries,
            service: None,
            previous: &self.previous,
            now: self.now,
        })
    }
}
