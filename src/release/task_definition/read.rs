//! From the template to what is registered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::check::check;
use super::normalise::normalise;
use crate::job::request::FileRef;
use crate::job::{Excerpt, nearest};
use crate::release::bundle::Bundle;
use crate::release::document::{Document, Path};
use crate::release::finding::{
    Findings, ImageFinding, Place, ReferenceProblem, TaskDefinitionFinding, ValueKind,
};
use crate::release::images::ImageReference;
use crate::release::placeholder;
use crate::release::template::{Substitution, render};

/// Bytes of a task definition that ECS registers (aws-facts §4.3).
pub const MAX_REGISTERED_BYTES: usize = 64 * 1024;

/// A task definition as it is registered, with the places of its values.
#[derive(Clone, Debug)]
pub struct TaskDefinition {
    document: Document,
}

impl TaskDefinition {
    /// Reads the template. What was tolerated becomes notes.
    pub fn read(bundle: &Bundle, file: &FileRef, findings: &mut Findings) -> Option<Self> {
        match Document::json(bundle, file) {
            Ok(document) => Self::new(document, findings),
            Err(problems) => {
                findings.extend(problems);
                None
            }
        }
    }

    /// A registered revision, as `DescribeTaskDefinition` shows it. Its notes
    /// would be about AWS's own writing, so there are none.
    pub fn described(revision: &Value, origin: Place) -> Option<Self> {
        let document = Document::without_text(revision.clone(), origin);
        Self::new(document, &mut Findings::default())
    }

    fn new(mut document: Document, findings: &mut Findings) -> Option<Self> {
        if !document.value.is_object() {
            let found = ValueKind::of(&document.value);
            let place = document.place(&Path::ROOT);
            findings.error(place, TaskDefinitionFinding::NotAnObject { found });
            return None;
        }
        if let Some(position) = document.comment {
            let place = Place {
                position: Some(position),
                ..document.origin.clone()
            };
            findings.note(place, TaskDefinitionFinding::Comments);
        }
        normalise(&mut document, findings);
        Some(Self { document })
    }

    /// Puts the images in, and says which of them nobody uses.
    pub fn render(&mut self, images: &[Substitution], known: &[&str], findings: &mut Findings) {
        let mut used: BTreeSet<&str> = render(&mut self.document.value, images);
        used.extend(self.check_images(known, findings));
        for (name, _) in images {
            if !used.contains(name.as_str()) {
                let name = Excerpt::of(name);
                findings.warning(self.document.origin.clone(), ImageFinding::Unused { name });
            }
        }
        self.check_placeholders(&self.document.value, &Path::ROOT, known, findings);
    }

    /// Everything that can be told of the task definition alone.
    pub fn check(&self, findings: &mut Findings) {
        check(&self.document, findings);
        let bytes = self.document.value.to_string().len();
        if bytes > MAX_REGISTERED_BYTES {
            let finding = TaskDefinitionFinding::TooLarge {
                bytes,
                limit: MAX_REGISTERED_BYTES,
            };
            findings.error(self.document.origin.clone(), finding);
        }
        self.check_required(findings);
    }

    /// The body of `RegisterTaskDefinition`.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.document.value
    }

    /// The same, for good.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.document.value
    }

    /// A top-level member's text, if it is text.
    #[must_use]
    pub fn text(&self, member: &str) -> Option<&str> {
        self.value().get(member)?.as_str()
    }

    /// The place of a value.
    #[must_use]
    pub fn place(&self, path: &Path<'_>) -> Place {
        self.document.place(path)
    }

    /// The place of the whole file.
    #[must_use]
    pub fn origin(&self) -> Place {
        self.document.origin.clone()
    }

    fn check_required(&self, findings: &mut Findings) {
        let is_blank = |value: Option<&Value>| match value {
            None => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => false,
        };
        for member in ["family", "containerDefinitions"] {
            if is_blank(self.value().get(member)) {
                let place = self.place(&Path::ROOT.member(member));
                let place = Place {
                    path: Some(member.to_owned()),
                    ..place
                };
                findings.error(place, TaskDefinitionFinding::Missing { member });
            }
        }
        for container in self.containers() {
            for member in ["name", "image"] {
                if is_blank(container.get(member)) {
                    let place = self.at(&container, member, |path| self.place(path));
                    findings.error(place, TaskDefinitionFinding::Missing { member });
                }
            }
        }
    }

    /// Images that still hold a placeholder, or are no image references.
    /// Returns the names that a placeholder was probably meant to be.
    fn check_images<'a>(&self, known: &[&'a str], findings: &mut Findings) -> Vec<&'a str> {
        let mut meant = Vec::new();
        for container in self.containers() {
            let Some(image) = container.text("image").filter(|image| !image.is_empty()) else {
                continue;
            };
            let place = self.at(&container, "image", |path| self.place(path));
            match image_finding(image, known) {
                // Its file could not be read, which has been told.
                Some(_) if is_configured(image, known) => {}
                Some(finding) => {
                    meant.extend(nearest(placeholder_name(image), known.iter().copied()));
                    findings.error(place, finding);
                }
                None if is_untagged(image) => {
                    let reference = Excerpt::of(image);
                    findings.warning(place, ImageFinding::Untagged { reference });
                }
                None => {}
            }
        }
        meant
    }

    /// Placeholders elsewhere. In a container's commands, environment, labels
    /// and options many signs are ordinary text, so only the images' own form
    /// is worth a warning there, and the value itself is not repeated.
    fn check_placeholders(
        &self,
        value: &Value,
        path: &Path<'_>,
        known: &[&str],
        findings: &mut Findings,
    ) {
        match value {
            Value::String(text) => {
                let Some(left) = placeholder::first(text) else {
                    return;
                };
                let shown = path.to_string();
                if is_image(&shown) || is_configured(text, known) {
                    return;
                }
                let place = self.place(path);
                if !is_free_text(&shown) {
                    let text = Excerpt::of(left);
                    findings.error(place, TaskDefinitionFinding::Placeholder { text });
                } else if left == text && left.starts_with('<') {
                    findings.warning(place, TaskDefinitionFinding::PlaceholderInText);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.check_placeholders(element, &path.index(index), known, findings);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.check_placeholders(member, &path.member(name), known, findings);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn image_finding(image: &str, known: &[&str]) -> Option<ImageFinding> {
    if let Some(left) = placeholder::first(image) {
        return Some(ImageFinding::Placeholder {
            text: Excerpt::of(left),
            configured: known.iter().copied().map(Excerpt::of).collect(),
            nearest: nearest(placeholder_name(image), known.iter().copied()).map(Excerpt::of),
        });
    }
    let problem: ReferenceProblem = ImageReference::parse(image).err()?;
    Some(ImageFinding::Malformed {
        reference: Excerpt::of(image),
        problem,
    })
}

/// The name of the first placeholder that is left, without its signs.
fn placeholder_name(text: &str) -> &str {
    let left = placeholder::first(text).unwrap_or_default();
    left.trim_matches(|c: char| "<>${}#[] ".contains(c))
}

/// Whether the first placeholder that is left is one of the images.
fn is_configured(text: &str, known: &[&str]) -> bool {
    placeholder::first(text).is_some_and(|left| {
        let name = left.strip_prefix('<').and_then(|l| l.strip_suffix('>'));
        name.is_some_and(|name| known.contains(&name))
    })
}

fn is_untagged(image: &str) -> bool {
    ImageReference::parse(image)
        .is_ok_and(|reference| reference.tag.is_none() && reference.digest.is_none())
}

fn is_image(path: &str) -> bool {
    path.starts_with("containerDefinitions[") && path.ends_with("].image")
}

/// Members whose text is nobody's business but the container's.
fn is_free_text(path: &str) -> bool {
    const FREE: [&str; 9] = [
        ".environment[",
        ".command[",
        ".entryPoint[",
        ".dockerLabels",
        ".options",
        "tags[",
        ".driverOpts",
        ".labels",
        "proxyConfiguration",
    ];
    FREE.iter().any(|part| path.contains(part))
}
