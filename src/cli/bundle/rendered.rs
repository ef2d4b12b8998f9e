//! A bundle's release, rendered and checked as the worker does it, as far as
//! that needs no AWS.

use std::collections::BTreeMap;

use clock::Clock;

use super::LocalBundle;
use crate::job::offer::PipelineContext;
use crate::job::request::{ConfigurationProblem, FileRef, Request};
use crate::policy::{Previous, Subject};
use crate::release::bundle::Bundle;
use crate::release::finding::Finding;
use crate::release::plan::{Checked, check, image_references};
use crate::release::preflight::RegistryAnswer;

/// A release and what was found in it.
pub(in crate::cli) struct Rendered {
    pub(in crate::cli) request: Request,
    pub(in crate::cli) files: Bundle,
    pub(in crate::cli) checked: Checked,
    /// The name of each placeholder and the image that replaces it.
    images: Vec<(String, String)>,
    /// The pipeline of the action, as far as it is known.
    pub(in crate::cli) pipeline: PipelineContext,
    pub(in crate::cli) account: Option<String>,
    configuration: BTreeMap<String, String>,
    /// No registry is asked.
    registries: BTreeMap<String, RegistryAnswer>,
    pub(in crate::cli) previous: Previous,
    pub(in crate::cli) now: jiff::Timestamp,
}

impl Rendered {
    /// Renders the release of a bundle. `artifact_policy` is the file in which
    /// its author may have policies.
    ///
    /// # Errors
    ///
    /// Every problem of its action that no value of a variable could fix.
    pub(in crate::cli) async fn of(
        bundle: &LocalBundle,
        artifact_policy: Option<&str>,
    ) -> Result<Self, Vec<ConfigurationProblem>> {
        let request = bundle.action.request()?;
        let policy = artifact_policy.map(|path| FileRef {
            artifact: request.task_definition.artifact.clone(),
            path: path.to_owned(),
        });
        let files = request.files().into_iter().chain(&policy);
        let files = bundle.files(files).await;
        let images = image_references(&request, &files).into_iter();
        let images = images.map(|(name, image)| (name, image.to_string()));
        let checked = check(&request, &files);
        Ok(Self {
            images: images.collect(),
            pipeline: PipelineContext {
                action: bundle.action.name.clone(),
                ..PipelineContext::default()
            },
            configuration: bundle.action.configuration.clone(),
            ..Self::without_action(request, files, checked)
        })
    }

    /// A release of which no more than the files is known.
    pub(in crate::cli) fn without_action(
        request: Request,
        files: Bundle,
        checked: Checked,
    ) -> Self {
        Self {
            request,
            files,
            checked,
            images: Vec::new(),
            pipeline: PipelineContext::default(),
            account: None,
            configuration: BTreeMap::new(),
            registries: BTreeMap::new(),
            previous: Previous::NotAsked,
            now: Clock::system().now(),
        }
    }

    /// What policies see of the release; `None` if the checks refused it,
    /// because then the worker evaluates no policy either.
    pub(in crate::cli) fn subject(&self) -> Option<Subject<'_>> {
        if self.checked.findings.iter().any(Finding::is_error) {
            return None;
        }
        Some(Subject {
            task_definition: self.checked.task_definition.as_ref()?,
            app_spec: self.checked.app_spec.as_ref(),
            images: &self.images,
            request: &self.request,
            pipeline: &self.pipeline,
            account: self.account.as_deref(),
            group: None,
            configuration: &self.configuration,
            registries: &self.registries,
            service: None,
            previous: &self.previous,
            now: self.now,
        })
    }
}
