//! Reads a task definition and checks its required members.

use serde_json::Value;

use super::check::check;
use super::cloudformation::translate;
use super::normalise::normalise;
use crate::job::request::FileRef;
use crate::release::bundle::Bundle;
use crate::release::document::{Document, Path, is_template};
use crate::release::finding::{Findings, Place, TaskDefinitionFinding, ValueKind};

/// Maximum size of a task definition in ECS, in bytes (docs/aws.md §4.3).
pub const MAX_REGISTERED_BYTES: usize = 64 * 1024;

/// A task definition to register, with the places of its values.
#[derive(Clone, Debug)]
pub struct TaskDefinition {
    pub(super) document: Document,
}

impl TaskDefinition {
    /// Reads the task definition's template, or the only task definition of a
    /// CloudFormation template. Adds notes about what was tolerated.
    pub fn read(bundle: &Bundle, file: &FileRef, findings: &mut Findings) -> Option<Self> {
        match Document::json_or_wanted_yaml(bundle, file, is_template) {
            Ok(document) => {
                findings.extend(document.repeated_members());
                Self::new(document, findings)
            }
            Err(problems) => {
                findings.extend(problems);
                None
            }
        }
    }

    /// Reads a registered revision from `DescribeTaskDefinition`. Adds no
    /// findings, because they would be about AWS's own output.
    pub fn described(revision: &Value, origin: Place) -> Option<Self> {
        let document = Document::without_text(revision.clone(), origin);
        Self::new(document, &mut Findings::default())
    }

    fn new(mut document: Document, findings: &mut Findings) -> Option<Self> {
        if !document.value.is_object() {
            let place = document.place(&Path::ROOT);
            let is_quoted = |text: &str| text.trim_start().starts_with('{');
            let finding = if is_container_list(&document.value) {
                TaskDefinitionFinding::OnlyContainers
            } else if document.value.as_str().is_some_and(is_quoted) {
                TaskDefinitionFinding::Quoted
            } else {
                let found = ValueKind::of(&document.value);
                TaskDefinitionFinding::NotAnObject { found }
            };
            findings.error(place, finding);
            return None;
        }
        let has_containers = document.value.get("containerDefinitions").is_some();
        if !has_containers && is_template(&document.value) {
            document = translate(&document, findings)?;
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

    /// Runs all checks of the task definition on its own.
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

    /// Like [`Self::value`], by value.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.document.value
    }

    /// The value of a top-level member, if it is text.
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
}

/// Whether the file is only the list of containers, which Terraform and
/// CloudFormation keep separately.
fn is_container_list(value: &Value) -> bool {
    let first = value.as_array().and_then(|list| list.first());
    first.is_some_and(|first| first.get("image").is_some() || first.get("name").is_some())
}
