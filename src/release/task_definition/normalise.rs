//! Removes from a task definition what cannot be registered, each with a note.
//! Nothing else is ever removed.

use serde_json::{Map, Value};

use super::schema::RESPONSE_ONLY;
use crate::release::document::{Document, Path};
use crate::release::finding::{Findings, TaskDefinitionFinding};

const WRAPPER: &str = "taskDefinition";

/// Removes a wrapping `{"taskDefinition": …}`, members that only
/// `DescribeTaskDefinition` returns, and members that are `null`.
pub(super) fn normalise(document: &mut Document, findings: &mut Findings) {
    remove_wrapper(document, findings);
    remove_response_only(document, findings);
    let mut value = std::mem::take(&mut document.value);
    remove_nulls(&mut value, &Path::ROOT, document, findings);
    document.value = value;
}

/// `DescribeTaskDefinition` returns the tags next to the definition.
fn remove_wrapper(document: &mut Document, findings: &mut Findings) {
    let Value::Object(outer) = &mut document.value else {
        return;
    };
    if outer.contains_key("containerDefinitions") {
        return;
    }
    let Some(Value::Object(inner)) = outer.get_mut(WRAPPER) else {
        return;
    };
    let mut inner: Map<String, Value> = std::mem::take(inner);
    let tags = outer.remove("tags");
    if let Some(tags) = tags {
        inner.entry("tags").or_insert(tags);
    }
    findings.note(
        document.place_of_name(&Path::ROOT.member(WRAPPER)),
        TaskDefinitionFinding::Unwrapped,
    );
    document.value = Value::Object(inner);
    let Some(mut members) = document.positions.members_mut().map(std::mem::take) else {
        return;
    };
    let Some(wrapper) = members.remove(WRAPPER) else {
        return;
    };
    document.positions = wrapper.value;
    if let (Some(tags), Some(inside)) = (members.remove("tags"), document.positions.members_mut()) {
        inside.entry("tags".to_owned()).or_insert(tags);
    }
}

fn remove_response_only(document: &mut Document, findings: &mut Findings) {
    for name in RESPONSE_ONLY {
        let members = document.value.as_object_mut();
        if members.is_some_and(|members| members.shift_remove(name).is_some()) {
            let place = document.place_of_name(&Path::ROOT.member(name));
            findings.note(place, TaskDefinitionFinding::ResponseOnly);
        }
    }
}

fn remove_nulls(value: &mut Value, path: &Path<'_>, document: &Document, findings: &mut Findings) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| {
                let path = path.member(name);
                if member.is_null() {
                    findings.note(document.place(&path), TaskDefinitionFinding::NullMember);
                    return false;
                }
                remove_nulls(member, &path, document, findings);
                true
            });
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                remove_nulls(element, &path.index(index), document, findings);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
