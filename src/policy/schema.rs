//! The members of the document, from `policies/input.schema.json`.

use std::sync::LazyLock;

use rego::syntax::Step;
use serde_json::Value;

use crate::job::nearest;
use crate::release::task_definition::Members;

/// The schema of the document or of a part of it.
#[derive(Clone, Copy)]
pub(super) enum Schema<'a> {
    /// A part that the file describes.
    Described(&'a Value),
    /// A task definition or a part of one.
    TaskDefinition(Members),
    /// A part whose members are unknown.
    Open,
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../policies/input.schema.json");
    serde_json::from_str(text).expect("the schema is JSON")
});

impl<'a> Schema<'a> {
    /// The schema of the document.
    pub(super) fn document() -> Schema<'static> {
        Schema::Described(&DOCUMENT)
    }

    /// The schema of the task definition.
    pub(super) fn task_definition() -> Schema<'static> {
        Schema::TaskDefinition(Members::of_task_definition())
    }

    /// The part that a step leads to; `None` if there is no such member.
    pub(super) fn step(self, step: &Step) -> Option<Self> {
        let node = match self {
            Self::Open => return Some(Self::Open),
            Self::TaskDefinition(members) => {
                let part = match step {
                    Step::Name(name) => members.member(name)?,
                    Step::Any => members.element(),
                };
                return Some(part.map_or(Self::Open, Self::TaskDefinition));
            }
            Self::Described(node) => node,
        };
        let entries = || {
            let any = node.get("additionalProperties").or(node.get("items"));
            any.map_or(Self::Open, Self::Described)
        };
        let (name, properties) = match (step, node.get("properties")) {
            (Step::Name(name), Some(properties)) => (name, properties),
            (Step::Name(_), None) | (Step::Any, _) => return Some(entries()),
        };
        match properties.get(name) {
            // Both are task definitions, which the file does not describe
            // further.
            Some(_) if matches!(name.as_str(), "taskDefinition" | "previous") => {
                Some(Self::task_definition())
            }
            Some(member) => Some(Self::Described(member)),
            None => node.get("additionalProperties").map(Self::Described),
        }
    }

    /// The names of its members, as far as known.
    pub(super) fn names(self) -> Vec<&'a str> {
        match self {
            Self::Open => Vec::new(),
            Self::TaskDefinition(members) => members.names(),
            Self::Described(node) => {
                let properties = node.get("properties").and_then(Value::as_object);
                properties.map_or_else(Vec::new, |it| it.keys().map(String::as_str).collect())
            }
        }
    }

    /// The member that was probably meant, or a list of all.
    pub(super) fn suggestion(self, name: &str) -> String {
        let names = self.names();
        match nearest(name, names.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("there are {}", names.join(", ")),
        }
    }

    /// The JSON type.
    pub(super) fn kind(self) -> Option<&'a str> {
        match self {
            Self::TaskDefinition(members) if members.is_text() => Some("string"),
            Self::Open | Self::TaskDefinition(_) => None,
            Self::Described(node) => {
                let word = node.get("enum").map(|_| "string");
                node.get("type").and_then(Value::as_str).or(word)
            }
        }
    }

    /// The values that a string may have, if they are listed.
    pub(super) fn words(self) -> Option<Vec<&'a str>> {
        match self {
            Self::Open | Self::TaskDefinition(_) => None,
            Self::Described(node) => {
                let words = node.get("enum").and_then(Value::as_array)?;
                Some(words.iter().filter_map(Value::as_str).collect())
            }
        }
    }
}
