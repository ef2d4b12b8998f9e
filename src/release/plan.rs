//! The complete plan of a release. Carrying it out requires no further choices.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::appspec::AppSpec;
use super::bundle::Bundle;
use super::draft::{Draft, Rendered, configured_images};
use super::finding::{Finding, Findings, Place};
use super::image_reference::ImageReference;
use super::preflight::{ImageQuery, Named, check_target, keep_capacity_providers, named, platform};
use super::target::{ReleaseTarget, ServiceName};
use super::task_definition::{TaskDefinition, with_tags};
use super::template::Substitution;
use crate::job::TaskDefinitionArn;
use crate::job::options::TaskDefinitionSource;
use crate::job::request::Request;

pub use super::lookups::{Lookups, Revision};
pub use super::planned_task_definition::PlannedTaskDefinition;

/// What to register and deploy.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub task_definition: PlannedTaskDefinition,
    /// Complete except for its `TaskDefinition`.
    /// `None` if ECS shifts the traffic itself.
    pub app_spec: Option<AppSpec>,
    /// The service that is deployed.
    pub service: ServiceName,
    /// Each image's name and the URI that replaced it.
    pub images: Vec<Substitution>,
    /// Warnings and notes. A release with errors never becomes a plan.
    pub findings: Vec<Finding>,
}

/// The state of AWS that was read for this release.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    pub target: ReleaseTarget,
    pub lookups: Lookups,
}

/// Renders and checks the release, in one pass over everything.
///
/// # Errors
///
/// All findings, sorted by severity and place, if one of them is an error.
pub fn plan(request: &Request, bundle: &Bundle, inputs: &Inputs) -> Result<Plan, Vec<Finding>> {
    let mut findings = Findings::default();
    let draft = Draft::read(request, bundle, Some(&inputs.lookups), &mut findings);
    check_target(
        &request.options,
        &inputs.target,
        draft.task_definition.as_ref(),
        draft.app_spec.as_ref(),
        &mut findings,
    );
    let refused = findings.refuse();
    let findings = findings.into_sorted();
    let service = inputs.target.group.services.first();
    let images = draft.images.clone();
    match (draft.complete(request), service) {
        (Some((task_definition, mut app_spec)), Some(service)) if !refused => {
            if let (Some(running), Some(app_spec)) = (&inputs.target.service, &mut app_spec) {
                keep_capacity_providers(&request.options, running, app_spec);
            }
            Ok(Plan {
                task_definition,
                app_spec,
                service: service.clone(),
                images,
                findings,
            })
        }
        _ => {
            // Whatever prevents a plan has already been reported as an error:
            // a file that cannot be read, or a target without its service. No
            // release may be refused without a reason.
            assert!(refused, "a release is refused without an error");
            Err(findings)
        }
    }
}

impl Plan {
    /// The task definition to deploy: the body to register, or the description
    /// from AWS.
    #[must_use]
    pub fn task_definition_json(&self, lookups: &Lookups) -> Cow<'_, Value> {
        match (&self.task_definition, &lookups.revision) {
            (PlannedTaskDefinition::Register(body), _) => Cow::Borrowed(body),
            (PlannedTaskDefinition::Existing(_), Revision::Described(described)) => {
                Cow::Owned(with_tags(described))
            }
            (PlannedTaskDefinition::Existing(_), Revision::NotRead | Revision::Missing) => {
                Cow::Owned(Value::Null)
            }
        }
    }

    /// Adds findings to the plan.
    ///
    /// # Errors
    ///
    /// All findings, if one of the new ones is an error.
    pub fn with_findings(mut self, found: Vec<Finding>) -> Result<Self, Vec<Finding>> {
        let mut findings = Findings::default();
        findings.extend(std::mem::take(&mut self.findings));
        findings.extend(found);
        let refused = findings.refuse();
        let findings = findings.into_sorted();
        if refused {
            return Err(findings);
        }
        Ok(Self { findings, ..self })
    }
}

/// The result of checking the files alone, without AWS.
#[derive(Clone, PartialEq)]
pub struct Checked {
    /// The body to register, as far as it could be rendered.
    pub task_definition: Option<Value>,
    pub app_spec: Option<AppSpec>,
    /// All findings, sorted by severity and place.
    pub findings: Vec<Finding>,
}

/// Omits what was rendered.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = &self.findings;
        f.debug_struct("Checked")
            .field("findings", findings)
            .finish_non_exhaustive()
    }
}

/// Renders and checks the files, without AWS.
#[must_use]
pub fn check(request: &Request, bundle: &Bundle) -> Checked {
    let mut findings = Findings::default();
    let draft = Draft::read(request, bundle, None, &mut findings);
    Checked {
        task_definition: draft.task_definition.map(TaskDefinition::into_value),
        app_spec: draft.app_spec,
        findings: findings.into_sorted(),
    }
}

/// The registered revision in the AppSpec, which the caller must describe
/// before planning. `None` if a new revision is to be registered, or if the
/// AppSpec is invalid, which [`plan`] reports.
#[must_use]
pub fn named_revision(request: &Request, bundle: &Bundle) -> Option<TaskDefinitionArn> {
    let source = request.options.task_definition;
    match source {
        TaskDefinitionSource::Register => None,
        TaskDefinitionSource::FromAppSpec => {
            let mut discarded_findings = Findings::default();
            let file = request.app_spec.as_ref()?;
            AppSpec::read(bundle, file, source, &mut discarded_findings)?.named_revision()
        }
    }
}

/// Maximum number of images of a release to look up in their registries. A task
/// has at most ten containers, and an action 40 images; this only stops a
/// hostile file from causing thousands of requests.
pub const MAX_IMAGE_LOOKUPS: usize = 50;

/// What to read from AWS because the files refer to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Questions {
    /// The ECR images of the release, without duplicates: those of the action,
    /// and those that the task definition itself refers to.
    pub images: Vec<ImageQuery>,
    /// The family of the task definition to register.
    pub family: Option<String>,
    /// The roles and log groups that the task definition names.
    pub named: BTreeSet<Named>,
}

/// What to read from AWS, based on the task definition to register or on the
/// `registered` one in the AppSpec. Skips what could not be read; [`plan`]
/// reports it.
#[must_use]
pub fn questions(request: &Request, bundle: &Bundle, registered: Option<&Value>) -> Questions {
    let mut discarded_findings = Findings::default();
    match request.options.task_definition {
        TaskDefinitionSource::Register => {
            let rendered = Rendered::of(request, bundle, None, &mut discarded_findings);
            let task_definition = rendered.task_definition.as_ref();
            let family = task_definition.and_then(|found| found.text("family"));
            Questions {
                family: family.map(str::to_owned),
                named: task_definition.map(named).unwrap_or_default(),
                images: images_to_look_up(request, task_definition, rendered.references),
            }
        }
        TaskDefinitionSource::FromAppSpec => {
            let described = registered
                .and_then(|registered| TaskDefinition::described(registered, Place::default()));
            Questions {
                family: None,
                named: described.as_ref().map(named).unwrap_or_default(),
                images: images_to_look_up(request, described.as_ref(), Vec::new()),
            }
        }
    }
}

fn images_to_look_up(
    request: &Request,
    task_definition: Option<&TaskDefinition>,
    configured: Vec<(String, ImageReference)>,
) -> Vec<ImageQuery> {
    let platform_wanted = task_definition.and_then(platform).is_some();
    let written = task_definition
        .into_iter()
        .flat_map(TaskDefinition::containers);
    let written =
        written.filter_map(|container| ImageReference::parse(container.text("image")?).ok());
    let written: Vec<ImageReference> = written.collect();
    let mut lookups: Vec<ImageQuery> = Vec::new();
    let mut add = |reference: ImageReference, is_configured: bool| {
        let is_new = lookups.iter().all(|known| known.reference != reference);
        if reference.ecr().is_some() && is_new && lookups.len() < MAX_IMAGE_LOOKUPS {
            lookups.push(ImageQuery {
                digest_wanted: is_configured
                    && request.options.pin_digest
                    && reference.digest.is_none(),
                platform_wanted: platform_wanted && written.contains(&reference),
                reference,
            });
        }
    };
    for (_, reference) in configured {
        add(reference, true);
    }
    for reference in &written {
        add(reference.clone(), false);
    }
    lookups
}

/// The configured images by name. Skips those that could not be read; [`plan`]
/// reports them.
#[must_use]
pub fn image_references(request: &Request, bundle: &Bundle) -> Vec<(String, ImageReference)> {
    let mut discarded_findings = Findings::default();
    configured_images(request, bundle, &mut discarded_findings)
}
