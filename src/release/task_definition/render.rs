//! Replaces the template's image placeholders and checks what remains.

use std::collections::BTreeSet;

use serde_json::Value;

use super::TaskDefinition;
use super::schema::{Shape, TASK_DEFINITION};
use crate::job::{Excerpt, nearest};
use crate::release::document::{Path, Step};
use crate::release::finding::{
    EcsRule, Findings, ImageFinding, Place, TaskDefinitionFinding, Wanted,
};
use crate::release::image_reference::ImageReference;
use crate::release::placeholder;
use crate::release::template::{Substitution, render};

impl TaskDefinition {
    /// Replaces the placeholders, and warns about unused images.
    pub fn render(&mut self, images: &[Substitution], known: &[&str], findings: &mut Findings) {
        let mut used: BTreeSet<&str> = render(&mut self.document.value, images);
        used.extend(self.check_images(known, findings));
        for (name, _) in images {
            if !used.contains(name.as_str()) {
                let name = Excerpt::of(name);
                findings.warning(self.document.origin.clone(), ImageFinding::Unused { name });
            }
        }
        let whole = (&self.document.value, Some(&TASK_DEFINITION));
        self.check_placeholders(whole, &Path::ROOT, known, findings);
    }

    /// Whether the text is part of a value that AWS reads and that is no image.
    #[must_use]
    pub fn has_beside_images(&self, text: &str) -> bool {
        is_beside_images(self.value(), &Path::ROOT, text)
    }

    /// Reports images that still contain a placeholder or are not image
    /// references. Returns the configured names that were probably meant.
    fn check_images<'a>(&self, known: &[&'a str], findings: &mut Findings) -> Vec<&'a str> {
        let mut meant = Vec::new();
        for container in self.containers() {
            let Some(image) = container.text("image").filter(|image| !image.is_empty()) else {
                continue;
            };
            let place = self.at(&container, "image", |path| self.place(path));
            match read_image(image, known) {
                Ok(reference) => check_reference(image, &reference, place, findings),
                // Its file could not be read, which is already reported.
                Err(_) if is_configured(image, known) => {}
                Err(finding) => {
                    meant.extend(nearest(placeholder_name(image), known.iter().copied()));
                    findings.error(place, finding);
                }
            }
        }
        meant
    }

    /// Reports placeholders elsewhere. In a container's commands, environment,
    /// labels and options, many delimiters are ordinary text, so there only the
    /// form of the images' placeholders causes a warning, without the value.
    /// The same applies to unknown members, which may be misspelt ones of
    /// these.
    fn check_placeholders(
        &self,
        (value, shape): (&Value, Option<&Shape>),
        path: &Path<'_>,
        known: &[&str],
        findings: &mut Findings,
    ) {
        match value {
            Value::String(text) => {
                let Some(left) = placeholder::first(text) else {
                    return;
                };
                let steps = path.steps();
                if is_image(&steps) || is_configured(text, known) {
                    return;
                }
                let place = self.place(path);
                let finding = TaskDefinitionFinding::Placeholder {
                    text: Excerpt::of(left),
                };
                match shape.map_or(Use::FreeText, |_| Use::of(&steps)) {
                    Use::Required => findings.error(place, finding),
                    Use::Other => findings.warning(place, finding),
                    Use::FreeText if left == text && left.starts_with('<') => {
                        findings.warning(place, TaskDefinitionFinding::PlaceholderInText);
                    }
                    Use::FreeText => {}
                }
            }
            Value::Array(elements) => {
                let shape = shape.and_then(Shape::element);
                for (index, element) in elements.iter().enumerate() {
                    self.check_placeholders((element, shape), &path.index(index), known, findings);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let shape = shape.and_then(|shape| shape.member(name));
                    self.check_placeholders((member, shape), &path.member(name), known, findings);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn read_image(image: &str, known: &[&str]) -> Result<ImageReference, ImageFinding> {
    if let Some(left) = placeholder::first(image).or_else(|| in_angle_brackets(image)) {
        return Err(ImageFinding::Placeholder {
            text: Excerpt::of(left),
            configured: known.iter().copied().map(Excerpt::of).collect(),
            nearest: nearest(placeholder_name(image), known.iter().copied()).map(Excerpt::of),
        });
    }
    ImageReference::parse(image).map_err(|problem| ImageFinding::Malformed {
        reference: Excerpt::of(image),
        problem,
    })
}

/// A placeholder with spaces. Elsewhere this may be prose, but no image has
/// such brackets.
fn in_angle_brackets(image: &str) -> Option<&str> {
    let from = &image[image.find('<')?..];
    Some(&from[..=from.find('>')?])
}

/// The name of the first remaining placeholder, without its delimiters.
fn placeholder_name(text: &str) -> &str {
    let left = placeholder::first(text).unwrap_or_default();
    left.trim_matches(|c: char| "<>${}#[] ".contains(c))
}

/// Whether the first remaining placeholder is one of the images.
fn is_configured(text: &str, known: &[&str]) -> bool {
    placeholder::first(text).is_some_and(|left| {
        let name = left.strip_prefix('<').and_then(|l| l.strip_suffix('>'));
        name.is_some_and(|name| known.contains(&name))
    })
}

/// Warns about an image that ECS accepts, but that is hardly intended.
fn check_reference(image: &str, reference: &ImageReference, place: Place, findings: &mut Findings) {
    if reference.is_malformed_ecr() {
        let reference = Excerpt::of(image);
        findings.warning(place.clone(), ImageFinding::NotEcr { reference });
    }
    match (&reference.tag, &reference.digest) {
        (None, None) => {
            let reference = Excerpt::of(image);
            findings.warning(place, ImageFinding::Untagged { reference });
        }
        (Some(tag), _) if placeholder::is_token(tag) => {
            let rule = EcsRule::Token {
                text: Excerpt::of(tag),
                wanted: Wanted::Tag,
            };
            findings.warning(place, rule);
        }
        (Some(_) | None, _) => {}
    }
}

fn is_beside_images(value: &Value, path: &Path<'_>, text: &str) -> bool {
    match value {
        Value::String(whole) if whole.contains(text) => {
            let steps = path.steps();
            !is_image(&steps) && matches!(Use::of(&steps), Use::Required | Use::Other)
        }
        Value::Array(elements) => {
            let mut elements = elements.iter().enumerate();
            elements.any(|(index, value)| is_beside_images(value, &path.index(index), text))
        }
        Value::Object(members) => {
            let mut members = members.iter();
            members.any(|(name, value)| is_beside_images(value, &path.member(name), text))
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_image(path: &[Step<'_>]) -> bool {
    matches!(
        path,
        [
            Step::Member("containerDefinitions"),
            Step::Index(_),
            Step::Member("image")
        ]
    )
}

/// How a member's text is used.
enum Use {
    /// ECS validates it.
    Required,
    /// Only the container interprets it.
    FreeText,
    Other,
}

impl Use {
    fn of(path: &[Step<'_>]) -> Self {
        let is_free_text = |step: &Step<'_>| match step {
            Step::Member(name) => matches!(
                *name,
                "environment"
                    | "command"
                    | "entryPoint"
                    | "dockerLabels"
                    | "options"
                    | "tags"
                    | "driverOpts"
                    | "labels"
                    | "proxyConfiguration"
            ),
            Step::Root | Step::Index(_) => false,
        };
        match path {
            // CloudWatch Logs reads these, and not the container.
            [
                ..,
                Step::Member("options"),
                Step::Member("awslogs-group" | "awslogs-region" | "awslogs-stream-prefix"),
            ] => Self::Other,
            _ if path.iter().any(is_free_text) => Self::FreeText,
            [.., Step::Index(_), Step::Member("name")]
            | [
                ..,
                Step::Member(
                    "family"
                    | "taskRoleArn"
                    | "executionRoleArn"
                    | "networkMode"
                    | "cpu"
                    | "memory"
                    | "valueFrom"
                    | "logDriver"
                    | "credentialsParameter",
                ),
            ] => Self::Required,
            _ => Self::Other,
        }
    }
}
