//! Maps the path in a finding to the place in the author's file.

use std::cell::LazyCell;

use serde_json::Value;

use crate::job::options::TaskDefinitionSource;
use crate::job::request::{FileRef, Request};
use crate::release::bundle::Bundle;
use crate::release::document::Path;
use crate::release::finding::{Findings, Place};
use crate::release::task_definition::TaskDefinition;

/// The longest path that is followed. Nothing in the document is deeper.
const MAX_STEPS: usize = 32;

/// The files and the input of a release, in which paths are looked up.
pub(super) struct Places<'a> {
    request: &'a Request,
    /// What the policies saw as `input`.
    document: &'a Value,
    /// Read once, however many findings there are.
    task_definition:
        LazyCell<Option<TaskDefinition>, Box<dyn FnOnce() -> Option<TaskDefinition> + 'a>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(request: &'a Request, bundle: &'a Bundle, document: &'a Value) -> Self {
        let read = || {
            let mut discarded_findings = Findings::default();
            TaskDefinition::read(bundle, &request.task_definition, &mut discarded_findings)
        };
        Self {
            request,
            document,
            task_definition: LazyCell::new(Box::new(read)),
        }
    }

    /// The place of a path into the input. The path is a JSON pointer or a
    /// dotted path, from the root of the input or of the task definition. It is
    /// followed, and shown, only as far as it exists, so that a rule cannot put
    /// other text into it.
    pub(super) fn of(&self, path: &str) -> Place {
        let steps = steps(path);
        match steps.split_first() {
            Some((root, rest)) if root == "taskDefinition" => self.in_task_definition(rest),
            Some((root, rest)) if root == "appSpec" => Place {
                path: Some(written(rest, &self.document["appSpec"])),
                ..self.app_spec()
            },
            Some((root, _)) if INPUT_MEMBERS.contains(&root.as_str()) => Place {
                path: Some(written(&steps, self.document)),
                ..Place::default()
            },
            Some(_) | None => self.in_task_definition(&steps),
        }
    }

    /// The place in the template or, if the AppSpec names a registered
    /// revision, in the AppSpec.
    fn in_task_definition(&self, steps: &[String]) -> Place {
        match self.request.options.task_definition {
            TaskDefinitionSource::FromAppSpec => Place {
                path: Some(written(steps, &self.document["taskDefinition"])),
                ..self.app_spec()
            },
            TaskDefinitionSource::Register => match &*self.task_definition {
                Some(read) => descend(steps, read.value(), &Path::ROOT, &|path| read.place(path)),
                None => Place::file(&self.request.task_definition),
            },
        }
    }

    fn app_spec(&self) -> Place {
        let file: Option<&FileRef> = self.request.app_spec.as_ref();
        file.map(Place::file).unwrap_or_default()
    }
}

/// The name of the container that a path leads to or into.
pub(super) fn container<'a>(path: &str, task_definition: &'a Value) -> Option<&'a str> {
    let steps = steps(path);
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match steps.as_slice() {
        ["taskDefinition", "containerDefinitions", index, ..]
        | ["containerDefinitions", index, ..] => {
            let containers = &task_definition["containerDefinitions"];
            step_into(containers, index)?["name"].as_str()
        }
        _ => None,
    }
}

/// The members of the input that come from no file.
const INPUT_MEMBERS: [&str; 8] = [
    "images",
    "pipeline",
    "deployment",
    "service",
    "previous",
    "config",
    "absent",
    "time",
];

/// The names and indexes in a path.
fn steps(path: &str) -> Vec<String> {
    if let Some(pointer) = path.strip_prefix('/') {
        let names = pointer.split('/').take(MAX_STEPS);
        return names
            .map(|name| name.replace("~1", "/").replace("~0", "~"))
            .collect();
    }
    path.split(['.', '[', ']'])
        .filter(|name| !name.is_empty())
        .take(MAX_STEPS)
        .map(|name| name.trim_matches('"').to_owned())
        .collect()
}

fn step_into<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value.as_array() {
        Some(items) => items.get(step.parse::<usize>().ok()?),
        None => value.get(step),
    }
}

/// Follows the steps as far as the file goes. The member that a rule misses is
/// not there.
fn descend(
    steps: &[String],
    value: &Value,
    path: &Path<'_>,
    place: &dyn Fn(&Path<'_>) -> Place,
) -> Place {
    let Some((step, rest)) = steps.split_first() else {
        return place(path);
    };
    match (step_into(value, step), step.parse()) {
        (None, _) => place(path),
        (Some(below), Ok(index)) if value.is_array() => {
            descend(rest, below, &path.index(index), place)
        }
        (Some(below), _) => descend(rest, below, &path.member(step), place),
    }
}

/// The steps as text, as far as they lead to something in `value`.
fn written(steps: &[String], mut value: &Value) -> String {
    let mut text = String::new();
    for step in steps {
        let Some(below) = step_into(value, step) else {
            break;
        };
        if value.is_array() {
            text.push_str(&format!("[{step}]"));
        } else {
            let dot = if text.is_empty() { "" } else { "." };
            text.push_str(&format!("{dot}{}", crate::job::Excerpt::of(step).as_str()));
        }
        value = below;
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_shown_as_far_as_it_is_there() {
        let document = json!({"deployment": {"alarms": ["a"]}, "absent": {}});
        let shown = |path: &str| written(&steps(path), &document);
        assert_eq!(shown("deployment.alarms[0]"), "deployment.alarms[0]");
        assert_eq!(shown("/deployment/alarms/1/hunter2"), "deployment.alarms");
        assert_eq!(shown("deployment.hunter2"), "deployment");
        assert_eq!(shown("absent.hunter2.more"), "absent");
        assert_eq!(shown("hunter2"), "");
    }

    #[test]
    fn a_path_is_followed_so_far_and_no_farther() {
        for member in ["/a", ".a", "[0]"] {
            for (count, followed) in [(MAX_STEPS, MAX_STEPS), (MAX_STEPS + 1, MAX_STEPS)] {
                assert_eq!(steps(&member.repeat(count)).len(), followed, "{member}");
            }
        }
    }
}
