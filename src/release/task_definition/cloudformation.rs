//! Reads a task definition from a CloudFormation template, in which the API's
//! members have names in Pascal case. Only properties with an unambiguous
//! meaning are translated. A value that only CloudFormation can compute is an
//! error.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value};

use super::schema::{Shape, TASK_DEFINITION};
use crate::job::Excerpt;
use crate::release::cloudformation::{function, resources};
use crate::release::document::{Document, Inside, Member, Path, Positions};
use crate::release::finding::{Findings, Place, TaskDefinitionFinding, TemplateFinding};

/// Properties whose API name differs in more than case.
const RENAMED: [(&str, &str); 1] = [("ProxyConfigurationProperties", "properties")];

/// Maximum number of lines to name in the error about CloudFormation's values.
/// More would be longer than the rest of the message.
const MAX_LINES: usize = 5;

/// Translates the template's only task definition to the form that
/// `RegisterTaskDefinition` takes.
pub(super) fn translate(template: &Document, findings: &mut Findings) -> Option<Document> {
    let all = resources(template, "AWS::ECS::TaskDefinition");
    let [resource] = all.as_slice() else {
        let finding = match all.as_slice() {
            [] => TemplateFinding::None,
            several => TemplateFinding::Several {
                names: several.iter().map(|one| Excerpt::of(&one.name)).collect(),
            },
        };
        let finding = TaskDefinitionFinding::from(finding);
        findings.error(template.place(&Path::ROOT), finding);
        return None;
    };
    let properties = &resource.properties;
    let mut translation = Translation {
        properties,
        findings,
        is_whole: true,
        functions: Vec::new(),
    };
    let (value, positions) = translation.translate(
        &properties.value,
        &properties.positions,
        &TASK_DEFINITION,
        &Path::ROOT,
    );
    translation.report_functions();
    if !translation.is_whole {
        return None;
    }
    let resource = Excerpt::of(&resource.name);
    findings.note(
        template.origin.clone(),
        TaskDefinitionFinding::from(TemplateFinding::ReadFrom { resource }),
    );
    Some(Document {
        value,
        positions,
        ..properties.clone()
    })
}

struct Translation<'a> {
    properties: &'a Document,
    findings: &'a mut Findings,
    is_whole: bool,
    /// The places of values that only CloudFormation can compute.
    functions: Vec<(Place, Excerpt)>,
}

impl Translation<'_> {
    fn translate(
        &mut self,
        value: &Value,
        positions: &Positions,
        shape: &'static Shape,
        path: &Path<'_>,
    ) -> (Value, Positions) {
        if let Some(function) = function(value) {
            self.is_whole = false;
            let place = self.properties.place_of_name(path);
            self.functions.push((place, Excerpt::of(function)));
            return (Value::Null, positions.clone());
        }
        let (value, inside) = match (value, shape) {
            (
                Value::Object(members),
                Shape::Object(_) | Shape::ObjectWithRequired(..) | Shape::TextMap,
            ) => self.object(members, &positions.inside, shape, path),
            (Value::Array(elements), Shape::List(shape)) => {
                self.list(elements, &positions.inside, shape, path)
            }
            (value, shape) => (scalar(value, shape), positions.inside.clone()),
        };
        let at = positions.at;
        (value, Positions { at, inside })
    }

    fn object(
        &mut self,
        members: &Map<String, Value>,
        inside: &Inside,
        shape: &'static Shape,
        path: &Path<'_>,
    ) -> (Value, Inside) {
        let mut values = Map::new();
        let mut places = BTreeMap::new();
        for (name, value) in members {
            let path = path.member(name);
            let found = api_name(shape, name).filter(|(name, _)| !values.contains_key(*name));
            let Some((api_name, shape)) = found else {
                let name = Excerpt::of(name);
                self.refuse(&path, TemplateFinding::NotInApi { name });
                continue;
            };
            let place = match inside {
                Inside::Members(members) => members.get(name).cloned(),
                Inside::Nothing | Inside::Elements(_) => None,
            };
            let place = place.unwrap_or(Member {
                name: None,
                value: Positions::default(),
            });
            let (value, positions) = self.translate(value, &place.value, shape, &path);
            values.insert(api_name.to_owned(), value);
            let member = Member {
                name: place.name,
                value: positions,
            };
            places.insert(api_name.to_owned(), member);
        }
        (Value::Object(values), Inside::Members(places))
    }

    fn list(
        &mut self,
        elements: &[Value],
        inside: &Inside,
        shape: &'static Shape,
        path: &Path<'_>,
    ) -> (Value, Inside) {
        let nowhere = Positions::default();
        let place = |index: usize| match inside {
            Inside::Elements(elements) => elements.get(index).unwrap_or(&nowhere),
            Inside::Nothing | Inside::Members(_) => &nowhere,
        };
        let elements = elements.iter().enumerate();
        let (values, places) = elements
            .map(|(index, value)| self.translate(value, place(index), shape, &path.index(index)))
            .unzip();
        (Value::Array(values), Inside::Elements(places))
    }

    /// Reports all values that only CloudFormation can compute as one error.
    fn report_functions(&mut self) {
        let mut functions = std::mem::take(&mut self.functions).into_iter();
        let Some((place, function)) = functions.next() else {
            return;
        };
        let others = functions.len();
        let lines = functions.filter_map(|(place, _)| Some(place.position?.line));
        let lines: BTreeSet<usize> = lines.collect();
        let finding = TemplateFinding::NotLiteral {
            function,
            others,
            lines: lines.into_iter().take(MAX_LINES).collect(),
        };
        let finding = TaskDefinitionFinding::from(finding);
        self.findings.error(place, finding);
    }

    fn refuse(&mut self, path: &Path<'_>, finding: TemplateFinding) {
        self.is_whole = false;
        let finding = TaskDefinitionFinding::from(finding);
        self.findings
            .error(self.properties.place_of_name(path), finding);
    }
}

/// The API member whose name differs from `name` only in case, with its shape.
fn api_name<'a>(shape: &'static Shape, name: &'a str) -> Option<(&'a str, &'static Shape)> {
    let renamed = RENAMED.iter().find(|(from, _)| *from == name);
    let wanted = renamed.map_or(name, |(_, to)| to);
    match shape {
        Shape::TextMap => Some((name, &Shape::Text)),
        Shape::Object(known) | Shape::ObjectWithRequired(_, known) => {
            let mut known = known.iter();
            let found = known.find(|(known, _)| known.eq_ignore_ascii_case(wanted));
            found.map(|(name, shape)| (*name, shape))
        }
        Shape::Text | Shape::Word(_) | Shape::Integer | Shape::Boolean | Shape::List(_) => None,
    }
}

/// CloudFormation accepts text for numbers and booleans, and vice versa.
fn scalar(value: &Value, shape: &Shape) -> Value {
    match (value, shape) {
        (Value::Number(number), Shape::Text | Shape::Word(_)) => number.to_string().into(),
        (Value::Bool(flag), Shape::Text | Shape::Word(_)) => flag.to_string().into(),
        (Value::String(text), Shape::Integer) => match serde_json::from_str::<Number>(text) {
            Ok(number) => Value::Number(number),
            Err(_) => value.clone(),
        },
        (Value::String(text), Shape::Boolean) => match text.as_str() {
            "true" | "True" => true.into(),
            "false" | "False" => false.into(),
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}
