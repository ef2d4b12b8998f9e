//! A release, complete: nothing is left to choose when it is carried out.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::appspec::AppSpec;
use super::bundle::Bundle;
use super::draft::{Draft, Rendered};
use super::finding::{Finding, Findings, Place};
use super::images::ImageReference;
use super::preflight::{
    AskedImage, RegistryAnswer, check_target, keep_capacity_providers, platform,
};
use super::target::{ReleaseTarget, ServiceName};
use super::task_definition::TaskDefinition;
use super::template::Substitution;
use crate::job::TaskDefinitionArn;
use crate::job::options::TaskDefinitionSource;
use crate::job::request::Request;

/// What will be registered and deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub task_definition: PlannedTaskDefinition,
    /// Complete but for its `TaskDefinition`.
    pub app_spec: AppSpec,
    /// The service that the deployment group deploys.
    pub service: ServiceName,
    /// Each image's name and the URI it was replaced with.
    pub images: Vec<Substitution>,
    /// Warnings and notes; what refuses a release never becomes a plan.
    pub findings: Vec<Finding>,
}

/// The revision to deploy.
#[derive(Clone, PartialEq)]
pub enum PlannedTaskDefinition {
    /// The body of `RegisterTaskDefinition`, exactly as it is to be sent.
    Register(Value),
    /// A registered revision that the AppSpec names.
    Existing(TaskDefinitionArn),
}

/// Without the body.
impl fmt::Debug for PlannedTaskDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(_) => f.write_str("Register(…)"),
            Self::Existing(arn) => write!(f, "Existing({arn})"),
        }
    }
}

/// What was looked up in AWS for this release.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    pub target: ReleaseTarget,
    pub answers: Answers,
}

/// What was looked up because the files asked for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    pub revision: Revision,
    /// By the image's URI before its digest is put in; a URI is absent when
    /// its registry was not asked.
    pub images: BTreeMap<String, RegistryAnswer>,
}

/// The registered revision that [`named_revision`] asks for.
#[derive(Clone, Default, PartialEq)]
pub enum Revision {
    /// Nobody looked.
    #[default]
    NotAsked,
    /// There is none.
    Missing,
    /// As `DescribeTaskDefinition` answers.
    Described(Value),
}

/// Without what was described.
impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAsked => "NotAsked",
            Self::Missing => "Missing",
            Self::Described(_) => "Described(…)",
        })
    }
}

/// Renders and checks the release, in one pass over everything.
///
/// # Errors
///
/// All findings, sorted by severity and place, when one of them is an error.
pub fn plan(request: &Request, bundle: &Bundle, looked: &Inputs) -> Result<Plan, Vec<Finding>> {
    let mut findings = Findings::default();
    let draft = Draft::read(request, bundle, Some(&looked.answers), &mut findings);
    check_target(
        &request.options,
        &looked.target,
        draft.task_definition.as_ref(),
        draft.app_spec.as_ref(),
        &mut findings,
    );
    let refused = findings.refuse();
    let findings = findings.into_sorted();
    let service = looked.target.group.services.first();
    let images = draft.images.clone();
    match (draft.complete(request), service) {
        (Some((task_definition, mut app_spec)), Some(service)) if !refused => {
            if let Some(running) = &looked.target.service {
                keep_capacity_providers(&request.options, running, &mut app_spec);
            }
            Ok(Plan {
                task_definition,
                app_spec,
                service: service.clone(),
                images,
                findings,
            })
        }
        _ => Err(findings),
    }
}

impl Plan {
    /// The task definition that is deployed: as it will be registered, or as
    /// AWS has described it.
    #[must_use]
    pub fn registered_or<'a>(&'a self, answers: &'a Answers) -> &'a Value {
        match (&self.task_definition, &answers.revision) {
            (PlannedTaskDefinition::Register(body), _) => body,
            (PlannedTaskDefinition::Existing(_), Revision::Described(described)) => {
                described.get("taskDefinition").unwrap_or(described)
            }
            (PlannedTaskDefinition::Existing(_), Revision::NotAsked | Revision::Missing) => {
                &Value::Null
            }
        }
    }

    /// The plan with what was found afterwards.
    ///
    /// # Errors
    ///
    /// All findings, when one of the new ones is an error.
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

/// What can be told of the files alone, without AWS.
#[derive(Clone, PartialEq)]
pub struct Checked {
    /// What would be registered, as far as it could be rendered.
    pub task_definition: Option<Value>,
    pub app_spec: Option<AppSpec>,
    /// All findings, sorted by severity and place.
    pub findings: Vec<Finding>,
}

/// Without what was rendered.
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

/// The registered revision that the AppSpec names and that must be described
/// before planning. `None` when one is to be registered, or the AppSpec is
/// wrong, of which [`plan`] will tell.
#[must_use]
pub fn named_revision(request: &Request, bundle: &Bundle) -> Option<TaskDefinitionArn> {
    Draft::named_revision(request, bundle)
}

/// Images of one release whose registries are asked. A task has ten
/// containers at most, and an action 40 images; this only keeps a hostile file
/// from having thousands asked for.
pub const MAX_ASKED: usize = 50;

/// What is asked of AWS because the files name it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Questions {
    /// The ECR images of the release, each once: those of the action, and
    /// those that the task definition names itself.
    pub images: Vec<AskedImage>,
    /// The family of the task definition that would be registered.
    pub family: Option<String>,
}

/// What the files ask for, with the task definition to register or the
/// `registered` one that the AppSpec names. What could not be read is left
/// out; [`plan`] will tell.
#[must_use]
pub fn questions(request: &Request, bundle: &Bundle, registered: Option<&Value>) -> Questions {
    let mut unheard = Findings::default();
    match request.options.task_definition {
        TaskDefinitionSource::Register => {
            let rendered = Rendered::of(request, bundle, None, &mut unheard);
            let task_definition = rendered.task_definition.as_ref();
            let family = task_definition.and_then(|found| found.text("family"));
            Questions {
                family: family.map(str::to_owned),
                images: images_to_ask(request, task_definition, rendered.references),
            }
        }
        TaskDefinitionSource::FromAppSpec => {
            let described = registered
                .and_then(|registered| TaskDefinition::described(registered, Place::default()));
            Questions {
                family: None,
                images: images_to_ask(request, described.as_ref(), Vec::new()),
            }
        }
    }
}

fn images_to_ask(
    request: &Request,
    task_definition: Option<&TaskDefinition>,
    configured: Vec<(String, ImageReference)>,
) -> Vec<AskedImage> {
    let platform_wanted = task_definition.and_then(platform).is_some();
    let written = task_definition
        .into_iter()
        .flat_map(TaskDefinition::containers);
    let written =
        written.filter_map(|container| ImageReference::parse(container.text("image")?).ok());
    let written: Vec<ImageReference> = written.collect();
    let mut asked: Vec<AskedImage> = Vec::new();
    let mut ask = |reference: ImageReference, is_configured: bool| {
        let is_new = asked.iter().all(|known| known.reference != reference);
        if reference.ecr().is_some() && is_new && asked.len() < MAX_ASKED {
            asked.push(AskedImage {
                digest_wanted: is_configured
                    && request.options.pin_digest
                    && reference.digest.is_none(),
                platform_wanted: platform_wanted && written.contains(&reference),
                reference,
            });
        }
    };
    for (_, reference) in configured {
        ask(reference, true);
    }
    for reference in &written {
        ask(reference.clone(), false);
    }
    asked
}

/// The configured images that could be read, by name. Those that could not
/// are left out; [`plan`] will tell.
#[must_use]
pub fn image_references(request: &Request, bundle: &Bundle) -> Vec<(String, ImageReference)> {
    let mut unheard = Findings::default();
    Draft::references(request, bundle, &mut unheard)
}
