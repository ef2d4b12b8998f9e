//! A release on this machine as policies see it: as far as it is known without
//! AWS, with the members that the caller sets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::whole_input::WholeInput;
use crate::cli::bundle::{LocalBundle, Rendered, is_stand_in};
use crate::cli::check::{PipelineArgs, text};
use crate::cli::lint::{Declared, Pipeline};
use crate::cli::{Exit, Failed};
use crate::job::request::FileRef;
use crate::messages;
use crate::policy::{Previous, Subject, document, set_members};
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, PolicyFinding};
use crate::release::plan::Checked;

/// Which release the policies are to see.
#[derive(clap::Args, Debug)]
pub(super) struct ReleaseArgs {
    /// Folder or zip archive with the release's files
    #[arg(value_name = "BUNDLE", required_unless_present = "input")]
    bundle: Option<PathBuf>,
    /// A complete input document instead of a bundle, such as
    /// policies/input.example.json
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bundle", "pipeline", "action"])]
    input: Option<PathBuf>,
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// Set a field of the input document, such as pipeline.name=shop or
    /// 'deployment.alarms=["high-5xx"]': a dotted path and a value in JSON or
    /// plain text; repeatable
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
}

/// A release, read and rendered.
pub(super) struct LocalRelease {
    rendered: Rendered,
    /// The path of each of the release's files on this machine.
    paths: BTreeMap<FileRef, String>,
    /// The assumptions about the bundle.
    assumed: Vec<String>,
    /// The document for the rules; `None` if the preflight refused the release,
    /// because then the worker evaluates no policy either.
    document: Option<Value>,
}

impl ReleaseArgs {
    /// Reads the release, with the file in which its author may have policies.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(super) async fn read(&self, artifact_policy: Option<&str>) -> Result<LocalRelease, Failed> {
        let mut release = match (&self.input, &self.bundle) {
            (Some(input), _) => LocalRelease::whole(WholeInput::read(input)?),
            (None, Some(bundle)) => {
                let pipeline = self.pipeline.of(bundle)?;
                LocalRelease::read(bundle, pipeline.as_ref(), artifact_policy).await?
            }
            (None, None) => {
                let problem = "name a bundle, or a document with --input";
                return Err(Failed::usage(problem));
            }
        };
        if let Some(document) = &mut release.document {
            set_members(document, &self.set)
                .map_err(|problems| Failed::all(Exit::Usage, problems))?;
            release.follow_document();
        }
        Ok(release)
    }
}

impl LocalRelease {
    async fn read(
        path: &Path,
        pipeline: Option<&Pipeline>,
        artifact_policy: Option<&str>,
    ) -> Result<Self, Failed> {
        let declared = declared(pipeline)?;
        let action = declared.map(|declared| &declared.action);
        let local = LocalBundle::read(path, action)?;
        let rendered = Rendered::of(&local, artifact_policy).await;
        let mut rendered = rendered.map_err(|problems| {
            let words = problems.iter().map(messages::configuration::words);
            Failed::all(Exit::Refused, words)
        })?;
        if let Some(declared) = declared {
            let arn = declared.context.pipeline_arn.as_deref();
            rendered.account = arn.and_then(account);
            rendered.pipeline = declared.context.clone();
        }
        let assumed = local.assumptions(declared.map(|declared| &declared.makers));
        let document = rendered.subject().map(|subject| document(&subject));
        Ok(Self {
            paths: paths(&local, &rendered.files),
            assumed: assumed.iter().map(ToString::to_string).collect(),
            document,
            rendered,
        })
    }

    fn whole(input: WholeInput) -> Self {
        let checked = Checked {
            task_definition: None,
            app_spec: None,
            findings: Vec::new(),
        };
        Self {
            rendered: Rendered::without_action(input.request, input.bundle, checked),
            paths: BTreeMap::new(),
            assumed: Vec::new(),
            document: Some(input.document),
        }
    }

    /// Updates what exemptions and messages use to the values in the document.
    fn follow_document(&mut self) {
        let Some(document) = &self.document else {
            return;
        };
        let pipeline = &document["pipeline"];
        let text = |name: &str| pipeline[name].as_str().unwrap_or_default().to_owned();
        let release = &mut self.rendered;
        release.pipeline.pipeline = text("name");
        release.pipeline.stage = text("stage");
        release.pipeline.action = text("action");
        if let Some(now) = document["time"].as_str().and_then(|time| time.parse().ok()) {
            release.now = now;
        }
        if let Some(previous) = document.get("previous") {
            release.previous = Previous::Known(previous.clone());
        }
        release.checked.task_definition = document.get("taskDefinition").cloned();
    }

    /// The findings of the preflight.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.rendered.checked.findings
    }

    /// The assumptions about the bundle.
    pub(super) fn assumed(&self) -> &[String] {
        &self.assumed
    }

    /// Whether a finding is about a stand-in for an image: its place is that
    /// image, or its message contains the stand-in.
    pub(super) fn is_about_stand_in(&self, finding: &Finding) -> bool {
        let containers = self.document.as_ref();
        let containers =
            containers.and_then(|it| it["taskDefinition"]["containerDefinitions"].as_array());
        let mut containers = containers.into_iter().flatten().enumerate();
        let path = finding.place.path.as_deref();
        let is_at_image = containers.any(|(index, container)| {
            let is_stand_in = container["image"].as_str().is_some_and(is_stand_in);
            is_stand_in && path == Some(&format!("containerDefinitions[{index}].image"))
        });
        is_at_image
            || matches!(finding.policy(), Some(PolicyFinding::Found { message, .. }) if is_stand_in(message.as_str()))
    }

    /// Gives a finding's file the path that a person can open.
    pub(super) fn localise(&self, finding: &mut Finding) {
        let place = &mut finding.place;
        if let (Some(artifact), Some(path)) = (&place.artifact, &place.file) {
            let file = FileRef {
                artifact: artifact.clone(),
                path: path.clone(),
            };
            if let Some(path) = self.paths.get(&file) {
                place.file = Some(path.clone());
            }
        }
    }

    pub(super) fn bundle(&self) -> &Bundle {
        &self.rendered.files
    }

    /// The document for the rules; `None` if the preflight refused the release.
    pub(super) fn document(&self) -> Option<&Value> {
        self.document.as_ref()
    }

    /// The release that the document is about; `None` if the preflight refused
    /// it.
    pub(super) fn subject(&self) -> Option<Subject<'_>> {
        self.rendered.subject()
    }
}

/// Why there is no document: the worker's own checks refuse the release, so it
/// would ask no policy.
pub(super) fn refused(findings: &[Finding]) -> Failed {
    let errors = findings.iter().filter(|finding| finding.is_error());
    Failed::all(Exit::Refused, errors.map(messages::finding::line))
}

fn paths(local: &LocalBundle, bundle: &Bundle) -> BTreeMap<FileRef, String> {
    let path = |file: &FileRef| {
        let path = local.path_of(Some(&file.artifact), &file.path);
        (file.clone(), path.to_string_lossy().into_owned())
    };
    bundle.files.keys().map(path).collect()
}

/// The account in an ARN.
fn account(arn: &str) -> Option<String> {
    arn.split(':').nth(4).map(str::to_owned)
}

/// The pipeline's action. Problems of the pipeline are errors here.
fn declared(pipeline: Option<&Pipeline>) -> Result<Option<&Declared>, Failed> {
    let Some(pipeline) = pipeline else {
        return Ok(None);
    };
    let declared = pipeline.action()?;
    if declared.is_none() {
        return Err(Failed::refused(text(pipeline.remarks(), false).trim_end()));
    }
    Ok(declared)
}
