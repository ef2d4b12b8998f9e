//! A release as far as its files go: read, rendered, and checked against each
//! other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::appspec::AppSpec;
use super::bundle::Bundle;
use super::finding::{Findings, ImageFinding, Place, TaskDefinitionFinding};
use super::image_reference::ImageReference;
use super::images::image_uri;
use super::lookups::{Lookups, Revision};
use super::planned_task_definition::PlannedTaskDefinition;
use super::preflight::{
    RegistryAnswer, check_pair, check_presence, check_registry, check_task_definition,
};
use super::task_definition::TaskDefinition;
use super::template::Substitution;
use crate::job::options::TaskDefinitionSource;
use crate::job::request::{FileRef, ImageRequest, Request};
use crate::job::{Excerpt, TaskDefinitionArn};

/// The task definition and the AppSpec, as far as they could be read.
pub(super) struct Draft {
    pub(super) task_definition: Option<TaskDefinition>,
    pub(super) app_spec: Option<AppSpec>,
    pub(super) images: Vec<Substitution>,
    /// The registered revision to deploy.
    revision: Option<TaskDefinitionArn>,
}

impl Draft {
    /// Reads, renders and checks both files. Errors in one file do not prevent
    /// the checks of the other. `lookups` is `None` if AWS was not queried.
    pub(super) fn read(
        request: &Request,
        bundle: &Bundle,
        lookups: Option<&Lookups>,
        findings: &mut Findings,
    ) -> Self {
        let source = request.options.task_definition;
        let app_spec = request.app_spec.as_ref();
        let app_spec = app_spec.and_then(|file| AppSpec::read(bundle, file, source, findings));
        let (task_definition, images, revision) = match source {
            TaskDefinitionSource::Register => {
                let rendered = Rendered::of(request, bundle, lookups, findings);
                (rendered.task_definition, rendered.images, None)
            }
            TaskDefinitionSource::FromAppSpec => {
                let named = app_spec.as_ref();
                let found = named.and_then(|named| described_revision(named, lookups, findings));
                if let (Some((task_definition, _)), Some(lookups)) = (&found, lookups) {
                    check_written(task_definition, BTreeSet::new(), lookups, findings);
                }
                let (task_definition, revision) = found.unzip();
                (task_definition, Vec::new(), revision)
            }
        };
        if let Some(task_definition) = &task_definition {
            if source == TaskDefinitionSource::Register {
                task_definition.check(findings);
                check_task_definition(task_definition, findings);
            }
            if let Some(lookups) = lookups {
                check_presence(task_definition, &lookups.presence, findings);
            }
            if let Some(app_spec) = &app_spec {
                check_pair(task_definition, app_spec, findings);
            }
        }
        Self {
            task_definition,
            app_spec,
            images,
            revision,
        }
    }

    /// What to deploy, if the files that the request names could be read.
    pub(super) fn complete(
        self,
        request: &Request,
    ) -> Option<(PlannedTaskDefinition, Option<AppSpec>)> {
        let (task_definition, app_spec) = (self.task_definition?, self.app_spec);
        if request.app_spec.is_some() && app_spec.is_none() {
            return None;
        }
        let planned = match request.options.task_definition {
            TaskDefinitionSource::Register => {
                PlannedTaskDefinition::Register(task_definition.into_value())
            }
            TaskDefinitionSource::FromAppSpec => PlannedTaskDefinition::Existing(self.revision?),
        };
        Some((planned, app_spec))
    }
}

/// The action's images that could be read, by name and in order. Reports a file
/// that several images share only once.
pub(super) fn configured_images(
    request: &Request,
    bundle: &Bundle,
    findings: &mut Findings,
) -> Vec<(String, ImageReference)> {
    let mut reported: BTreeSet<&FileRef> = BTreeSet::new();
    let mut references = Vec::new();
    for ImageRequest { name, file } in &request.images {
        match image_uri(bundle, file) {
            Ok((reference, tolerated)) => {
                references.push((name.clone(), reference));
                if reported.insert(file) {
                    findings.extend(tolerated);
                }
            }
            Err(problems) if reported.insert(file) => findings.extend(problems),
            Err(_) => {}
        }
    }
    references
}

/// The task definition to register, as far as it could be read.
pub(super) struct Rendered {
    pub(super) task_definition: Option<TaskDefinition>,
    /// The configured images, as given in their files.
    pub(super) references: Vec<(String, ImageReference)>,
    /// The URI that replaces each image's placeholder.
    images: Vec<Substitution>,
}

impl Rendered {
    /// Reads and renders the task definition. `lookups` is `None` if AWS was
    /// not queried.
    pub(super) fn of(
        request: &Request,
        bundle: &Bundle,
        lookups: Option<&Lookups>,
        findings: &mut Findings,
    ) -> Self {
        let references = configured_images(request, bundle, findings);
        let known: Vec<&str> = request.images.iter().map(|i| i.name.as_str()).collect();
        let mut task_definition = TaskDefinition::read(bundle, &request.task_definition, findings);
        let mut images = Vec::new();
        for (name, reference) in &references {
            let answer = lookups.and_then(|lookups| lookups.images.get(&reference.to_string()));
            let (digest, is_missing) = match answer {
                Some(RegistryAnswer::Found { digest, .. }) => (Some(digest), false),
                Some(RegistryAnswer::Missing(_)) => (None, true),
                Some(RegistryAnswer::NotReadable { .. } | RegistryAnswer::FetchedOnPull) | None => {
                    (None, false)
                }
            };
            let pin = request.options.pin_digest;
            let uri = match digest {
                Some(digest) if pin => reference.pinned(digest),
                Some(_) | None => reference.clone(),
            };
            if pin && lookups.is_some() && uri.digest.is_none() && !is_missing {
                let reference = Excerpt::of(&uri.to_string());
                findings.error(
                    image_place(request, name),
                    ImageFinding::NotPinned { reference },
                );
            }
            images.push((name.clone(), uri.to_string()));
        }
        if let Some(task_definition) = &mut task_definition {
            task_definition.render(&images, &known, findings);
        }
        let rendered = Self {
            task_definition,
            references,
            images,
        };
        if let Some(lookups) = lookups {
            rendered.check_configured(request, lookups, findings);
            if let Some(task_definition) = &rendered.task_definition {
                let configured = rendered.images.iter().map(|(_, uri)| uri.as_str());
                check_written(task_definition, configured.collect(), lookups, findings);
            }
        }
        rendered
    }

    /// Checks the action's images against the registries' answers. The platform
    /// matters only if a container runs the image.
    fn check_configured(&self, request: &Request, lookups: &Lookups, findings: &mut Findings) {
        let task_definition = self.task_definition.as_ref();
        for ((name, reference), (_, uri)) in self.references.iter().zip(&self.images) {
            let run_by = task_definition.filter(|task_definition| {
                let mut containers = task_definition.containers();
                containers.any(|container| container.text("image") == Some(uri))
            });
            if let Some(answer) = lookups.images.get(&reference.to_string()) {
                let place = image_place(request, name);
                check_registry(reference, answer, run_by, &place, findings);
            }
        }
    }
}

/// Checks the images that the task definition itself refers to, each once, and
/// not those that are already `checked`.
fn check_written<'a>(
    task_definition: &'a TaskDefinition,
    mut checked: BTreeSet<&'a str>,
    lookups: &Lookups,
    findings: &mut Findings,
) {
    for container in task_definition.containers() {
        let Some(image) = container
            .text("image")
            .filter(|image| checked.insert(image))
        else {
            continue;
        };
        if let (Ok(reference), Some(answer)) =
            (ImageReference::parse(image), lookups.images.get(image))
        {
            let place = task_definition.at(&container, "image", |path| task_definition.place(path));
            check_registry(&reference, answer, Some(task_definition), &place, findings);
        }
    }
}

fn image_place(request: &Request, name: &str) -> Place {
    let image = request.images.iter().find(|image| image.name == name);
    image.map_or_else(Place::default, |image| Place::file(&image.file))
}

/// The revision in the AppSpec, with its full ARN.
fn described_revision(
    app_spec: &AppSpec,
    lookups: Option<&Lookups>,
    findings: &mut Findings,
) -> Option<(TaskDefinition, TaskDefinitionArn)> {
    let place = app_spec.places().task_definition.clone();
    let named = app_spec.named_revision()?;
    let arn = Excerpt::of(named.as_str());
    let not_described = TaskDefinitionFinding::NotDescribed { arn: arn.clone() };
    let Some(lookups) = lookups else {
        findings.note(place, not_described);
        return None;
    };
    let revision = match &lookups.revision {
        Revision::NotRead => {
            findings.error(place, not_described);
            return None;
        }
        Revision::Missing => {
            findings.error(place, TaskDefinitionFinding::NoSuchRevision { arn });
            return None;
        }
        Revision::Described(revision) => revision,
    };
    let inner = revision.get("taskDefinition").unwrap_or(revision);
    let text = |member: &str| inner.get(member).and_then(Value::as_str);
    if let Some(status) = text("status").filter(|status| *status != "ACTIVE") {
        let status = Excerpt::of(status);
        let arn = arn.clone();
        findings.error(
            place.clone(),
            TaskDefinitionFinding::NotActive { arn, status },
        );
    }
    let full = text("taskDefinitionArn").map(TaskDefinitionArn::new);
    let origin = Place::resource(arn.as_str());
    let Some(task_definition) = TaskDefinition::described(revision, origin) else {
        findings.error(place, not_described);
        return None;
    };
    Some((task_definition, full.unwrap_or(named)))
}
