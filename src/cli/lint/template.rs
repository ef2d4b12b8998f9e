//! Converts a pipeline in a CloudFormation template, or written with
//! CloudFormation's names, to the form that `aws codepipeline get-pipeline`
//! prints.
//!
//! A value that only CloudFormation can compute becomes a variable of a
//! namespace of its own. It is thus treated like a value that is only known
//! when the pipeline runs, and no check applies to it.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::job::Excerpt;
use crate::release::cloudformation::{Resource, function};
use crate::release::document::{Document, Inside, Member, Positions};

/// The beginning of the text that replaces an unknown value.
const UNKNOWN: &str = "#{CloudFormation.";

/// Maximum length of an unknown value's name in characters.
const MAX_NAME: usize = 60;

/// Whether the text replaces a value that only CloudFormation can compute.
pub(super) fn is_unknown(text: &str) -> bool {
    text.starts_with(UNKNOWN)
}

/// Whether any part of the value can only be computed by CloudFormation.
pub(super) fn has_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => is_unknown(text),
        Value::Array(values) => values.iter().any(has_unknown),
        Value::Object(members) => members.values().any(has_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The pipeline that the resource's properties declare. Without a literal name,
/// the pipeline is named by the resource's logical id.
pub(super) fn pipeline(resource: Resource) -> Document {
    let mut document = in_small_letters(resource.properties);
    if let Value::Object(members) = &mut document.value {
        let name = members.get("name").and_then(Value::as_str);
        if name.is_none_or(is_unknown) {
            members.insert("name".to_owned(), resource.name.into());
        }
    }
    document
}

/// Whether this is a pipeline, a stage or an action with CloudFormation's
/// names, but not in a template: so the CodePipeline user guide declares this
/// action ("Amazon ECS and CodeDeploy blue-green", Action declaration).
pub(super) fn is_in_capitals(value: &Value) -> bool {
    let mut members = ["Stages", "Actions", "ActionTypeId"].iter();
    members.any(|member| value.get(*member).is_some())
}

/// The pipeline, or the part of one, with the names of the API.
pub(super) fn in_small_letters(document: Document) -> Document {
    let (value, positions) = translate(&document.value, &document.positions, Part::Members);
    Document {
        value,
        positions,
        ..document
    }
}

/// The parts of a pipeline, which are converted differently.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// CodePipeline's members, in Pascal case.
    Members,
    /// An action's properties: the author chooses their names, and their values
    /// are text.
    Configuration,
}

fn translate(value: &Value, positions: &Positions, part: Part) -> (Value, Positions) {
    if function(value).is_some() {
        return (unknown(value), place(positions, Inside::Nothing));
    }
    let nowhere = Positions::default();
    let (value, inside) = match value {
        Value::Object(members) => {
            let mut values = Map::new();
            let mut places = BTreeMap::new();
            for (name, value) in members {
                let member = match &positions.inside {
                    Inside::Members(members) => members.get(name),
                    Inside::Nothing | Inside::Elements(_) => None,
                };
                let (name, inner) = match part {
                    Part::Configuration => (name.clone(), part),
                    Part::Members if name == "Configuration" => (camel(name), Part::Configuration),
                    Part::Members => (camel(name), part),
                };
                let positions = member.map_or(&nowhere, |member| &member.value);
                let (mut value, positions) = translate(value, positions, inner);
                // CloudFormation also accepts a number as text.
                if name == "runOrder"
                    && let Some(text) = value.as_str()
                    && let Ok(number) = serde_json::from_str::<Number>(text)
                {
                    value = Value::Number(number);
                }
                let member = Member {
                    name: member.and_then(|member| member.name),
                    value: positions,
                };
                places.insert(name.clone(), member);
                values.insert(name, value);
            }
            (Value::Object(values), Inside::Members(places))
        }
        Value::Array(elements) => {
            let place = |index: usize| match &positions.inside {
                Inside::Elements(elements) => elements.get(index).unwrap_or(&nowhere),
                Inside::Nothing | Inside::Members(_) => &nowhere,
            };
            let elements = elements.iter().enumerate();
            let (values, places) = elements
                .map(|(index, value)| translate(value, place(index), part))
                .unzip();
            (Value::Array(values), Inside::Elements(places))
        }
        // CloudFormation converts them to text.
        Value::Number(_) | Value::Bool(_) if part == Part::Configuration => {
            (value.to_string().into(), Inside::Nothing)
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
            (value.clone(), Inside::Nothing)
        }
    };
    (value, place(positions, inside))
}

fn place(positions: &Positions, inside: Inside) -> Positions {
    Positions {
        at: positions.at,
        inside,
    }
}

/// Converts `RunOrder` to `runOrder`.
fn camel(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

/// A variable named after the function's argument, without the characters that
/// a variable's name may not have.
fn unknown(value: &Value) -> Value {
    let argument = value
        .as_object()
        .and_then(|members| members.values().next());
    let argument = argument.map(ToString::to_string).unwrap_or_default();
    let words = argument.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(MAX_NAME).collect();
    let name = if name.is_empty() { "value" } else { &name };
    format!("{UNKNOWN}{name}}}").into()
}

/// The members and properties of an action that contain an unknown value.
pub(super) fn unknown_members(action: &Value) -> Vec<Excerpt> {
    let members = action.as_object().into_iter().flatten();
    let unknown = members.flat_map(|(name, value)| match value.as_object() {
        Some(properties) if name == "configuration" => {
            let unknown = properties.iter().filter(|(_, value)| has_unknown(value));
            unknown.map(|(name, _)| Excerpt::of(name)).collect()
        }
        Some(_) | None if has_unknown(value) => vec![Excerpt::of(name)],
        Some(_) | None => Vec::new(),
    });
    unknown.collect()
}
