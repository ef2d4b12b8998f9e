//! Reads an AppSpec and reports everything that is wrong with it.

use serde_json::{Map, Value};

use super::content::{AppSpec, is_revision};
use super::keys::{Entry, PARENTS, Reader};
use super::properties::Properties;
use crate::job::options::TaskDefinitionSource;
use crate::job::request::FileRef;
use crate::job::{Excerpt, nearest};
use crate::release::bundle::Bundle;
use crate::release::document::{Document, Path};
use crate::release::finding::{AppSpecFinding, AppSpecNote, Findings, Place, ValueKind};
use crate::release::placeholder;

/// The placeholder that the built-in action replaces (docs/aws.md §2.2).
const TASK_DEFINITION_PLACEHOLDER: &str = "<TASK_DEFINITION>";

const RESOURCE: &str = "TargetService";
const RESOURCE_TYPE: &str = "AWS::ECS::Service";

impl AppSpec {
    /// Reads the file. If there are errors among the findings, the AppSpec is
    /// as complete as possible, so that other checks can still use it.
    pub fn read(
        bundle: &Bundle,
        file: &FileRef,
        source: TaskDefinitionSource,
        findings: &mut Findings,
    ) -> Option<Self> {
        let document = match Document::json_or_yaml(bundle, file) {
            Ok(document) => document,
            Err(problems) => {
                findings.extend(problems);
                return None;
            }
        };
        findings.extend(document.repeated_members());
        Reader {
            document: &document,
            findings,
        }
        .app_spec(source)
    }
}

impl Reader<'_> {
    fn app_spec(&mut self, source: TaskDefinitionSource) -> Option<AppSpec> {
        let root = &self.document.value;
        let Value::Object(object) = root else {
            let found = ValueKind::of(root);
            self.error(AppSpecFinding::NotAnObject { found }, &Path::ROOT);
            return None;
        };
        if let Some(position) = self.document.comment {
            let place = Place {
                position: Some(position),
                ..self.document.origin.clone()
            };
            self.findings.note(place, AppSpecNote::Comments);
        }
        if let Some(finding) = other_file(object) {
            self.error(finding, &Path::ROOT);
            return None;
        }
        let members = self.members(root, &["version", "Resources", "Hooks"], &Path::ROOT)?;
        self.version(members.get("version"));
        let hooks = match members.get("Hooks") {
            Some(entry) => self.hooks(entry, &Path::ROOT.member(entry.written)),
            None => Vec::new(),
        };
        let resources = self.required(&members, "Resources", &Path::ROOT)?;
        let properties = self.resources(resources)?;
        self.task_definition(&properties, source);
        Some(AppSpec {
            properties: properties.members,
            hooks,
            unknown: members.unknown,
            container: properties.container,
            port: properties.port,
            places: properties.places,
        })
    }

    /// The only version is 0.0, but authors write many others.
    fn version(&mut self, entry: Option<&Entry<'_>>) {
        let Some(entry) = entry else {
            return self.note(AppSpecNote::VersionAdded, &Path::ROOT);
        };
        let path = Path::ROOT.member(entry.written);
        let written = match entry.value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return self.wrong_type("0.0", entry.value, &path);
            }
        };
        if !matches!(written.trim(), "0.0" | "0") {
            let found = Excerpt::of(&written);
            self.note(AppSpecNote::Version { found }, &path);
        }
    }

    /// Reads the only resource, from a list of single-member objects or from a
    /// map.
    fn resources(&mut self, entry: &Entry<'_>) -> Option<Properties> {
        let path = Path::ROOT.member(entry.written);
        match entry.value {
            Value::Array(list) => match list.as_slice() {
                [element] => self.resource_map(element, &path.index(0)),
                _ => {
                    let count = list.len();
                    self.error(AppSpecFinding::ResourceCount { count }, &path);
                    None
                }
            },
            Value::Object(_) => {
                let member = "Resources";
                self.note(AppSpecNote::MapForList { member }, &path);
                self.resource_map(entry.value, &path)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.wrong_type("a list with one resource", entry.value, &path);
                None
            }
        }
    }

    fn resource_map(&mut self, value: &Value, path: &Path<'_>) -> Option<Properties> {
        let Value::Object(resources) = value else {
            self.wrong_type("a resource", value, path);
            return None;
        };
        let mut resources = resources.iter();
        let (Some((name, resource)), None) = (resources.next(), resources.next()) else {
            let count = value.as_object().map_or(0, Map::len);
            self.error(AppSpecFinding::ResourceCount { count }, path);
            return None;
        };
        let path = path.member(name);
        if name.eq_ignore_ascii_case(RESOURCE) {
            if name != RESOURCE {
                let canonical = RESOURCE;
                self.note(AppSpecNote::KeyCase { canonical }, &path);
            }
        } else {
            let found = Excerpt::of(name);
            self.note(AppSpecNote::ResourceRenamed { found }, &path);
        }
        self.resource(resource, &path)
    }

    fn resource(&mut self, value: &Value, path: &Path<'_>) -> Option<Properties> {
        let members = self.members(value, &["Type", "Properties"], path)?;
        if let Some(entry) = self.required(&members, "Type", path) {
            let path = path.member(entry.written);
            match self.text(entry, &path) {
                Some(RESOURCE_TYPE) | None => {}
                Some("AWS::Lambda::Function") => {
                    let platform = "Lambda";
                    self.error(AppSpecFinding::OtherPlatform { platform }, &path);
                    return None;
                }
                Some(found) => {
                    let found = Excerpt::of(found);
                    self.error(AppSpecFinding::WrongResourceType { found }, &path);
                }
            }
        }
        let entry = self.required(&members, "Properties", path)?;
        let path = path.member(entry.written);
        self.placeholders(entry.value, &path);
        self.properties(entry.value, &path)
    }

    fn task_definition(&mut self, properties: &Properties, source: TaskDefinitionSource) {
        let place = properties.places.task_definition.clone();
        let written = properties.members.get("TaskDefinition");
        let shown = match written {
            Some(Value::String(text)) => Excerpt::of(text),
            Some(other) => Excerpt::of(&ValueKind::of(other).to_string()),
            None => Excerpt::of(""),
        };
        match source {
            TaskDefinitionSource::Register => match written {
                None => self.findings.note(place, AppSpecNote::TaskDefinitionAdded),
                Some(value) if value == TASK_DEFINITION_PLACEHOLDER => {}
                Some(_) => {
                    let finding = AppSpecNote::TaskDefinitionReplaced { found: shown };
                    self.findings.note(place, finding);
                }
            },
            TaskDefinitionSource::FromAppSpec => {
                if !written.and_then(Value::as_str).is_some_and(is_revision) {
                    let finding = AppSpecFinding::NotARevision { found: shown };
                    self.findings.error(place, finding);
                }
            }
        }
    }

    /// Reports placeholders in the properties, except in `TaskDefinition`.
    fn placeholders(&mut self, value: &Value, path: &Path<'_>) {
        match value {
            Value::String(text) => {
                if let Some(left) = placeholder::first(text) {
                    let text = Excerpt::of(left);
                    self.error(AppSpecFinding::Placeholder { text }, path);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.placeholders(element, &path.index(index));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    if !name.eq_ignore_ascii_case("TaskDefinition") {
                        self.placeholders(member, &path.member(name));
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// What a file without `Resources` is instead, if that is known.
fn other_file(file: &Map<String, Value>) -> Option<AppSpecFinding> {
    let has = |names: &[&str]| {
        let mut keys = file.keys();
        keys.any(|key| names.iter().any(|name| name.eq_ignore_ascii_case(key)))
    };
    let is_known = |key: &str| {
        let names = PARENTS.iter().map(|(name, _)| *name);
        nearest(key, names.chain([RESOURCE])).is_some()
    };
    let mut others = file.keys().filter(|key| *key != "version").peekable();
    if has(&["Resources"]) {
        None
    } else if has(&["revision", "revisionType", "appSpecContent"]) {
        Some(AppSpecFinding::DeploymentInput)
    } else if has(&["os", "files"]) {
        let platform = "EC2 and on-premises servers";
        Some(AppSpecFinding::OtherPlatform { platform })
    } else if others.peek().is_some() && !others.any(|key| is_known(key)) {
        Some(AppSpecFinding::NothingKnown)
    } else {
        None
    }
}
