//! Maps the path in a finding to the place in the author's file.

use serde_json::Value;

use crate::job::request::Request;
use crate::release::bundle::Bundle;
use crate::release::document::Path;
use crate::release::finding::{Findings, Place};
use crate::release::task_definition::TaskDefinition;

/// The longest path that is followed. Nothing in the document is deeper.
const MAX_STEPS: usize = 32;

/// The place of a path into the input, which is `document`. The path is a JSON
/// pointer or a dotted path, from the root of the input or of the task
/// definition. It is followed, and shown, only as far as it exists, so that a
/// rule cannot put other text into it.
pub(super) fn place(path: &str, request: &Request, bundle: &Bundle, document: &Value) -> Place {
    let steps = steps(path);
    let (file, steps) = match steps.split_first() {
        Some((Step::Name(root), rest)) if root == "taskDefinition" => {
            (&request.task_definition, rest)
        }
        Some((Step::Name(root), rest)) if root == "appSpec" => {
            return Place {
                path: Some(written(rest, &document["appSpec"])),
                ..request
                    .app_spec
                    .as_ref()
                    .map(Place::file)
                    .unwrap_or_default()
            };
        }
        Some((Step::Name(root), _)) if INPUT_MEMBERS.contains(&root.as_str()) => {
            return Place {
                path: Some(written(&steps, document)),
                ..Place::default()
            };
        }
        _ => (&request.task_definition, steps.as_slice()),
    };
    let mut discarded_findings = Findings::default();
    match TaskDefinition::read(bundle, file, &mut discarded_findings) {
        Some(read) => descend(steps, read.value(), &Path::ROOT, &|path| read.place(path)),
        None => Place::file(file),
    }
}

/// The name of the container that a path leads to or into.
pub(super) fn container<'a>(path: &str, task_definition: &'a Value) -> Option<&'a str> {
    let steps = steps(path);
    let steps = match steps.as_slice() {
        [Step::Name(root), rest @ ..] if root == "taskDefinition" => rest,
        steps => steps,
    };
    match steps {
        [Step::Name(list), Step::Index(index), ..] if list == "containerDefinitions" => {
            task_definition[list.as_str()][*index]["name"].as_str()
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

enum Step {
    Name(String),
    Index(usize),
}

fn steps(path: &str) -> Vec<Step> {
    let step = |text: &str| match text.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Name(text.to_owned()),
    };
    if let Some(pointer) = path.strip_prefix('/') {
        let names = pointer.split('/').take(MAX_STEPS);
        return names
            .map(|name| step(&name.replace("~1", "/").replace("~0", "~")))
            .collect();
    }
    path.split(['.', '[', ']'])
        .filter(|name| !name.is_empty())
        .take(MAX_STEPS)
        .map(|name| step(name.trim_matches('"')))
        .collect()
}

/// Follows the steps as far as the file goes. The member that a rule misses is
/// not there.
fn descend(
    steps: &[Step],
    value: &Value,
    path: &Path<'_>,
    place: &dyn Fn(&Path<'_>) -> Place,
) -> Place {
    match steps {
        [Step::Name(name), rest @ ..] => match value.get(name) {
            Some(value) => descend(rest, value, &path.member(name), place),
            None => place(path),
        },
        [Step::Index(index), rest @ ..] => match value.get(index) {
            Some(value) => descend(rest, value, &path.index(*index), place),
            None => place(path),
        },
        [] => place(path),
    }
}

/// The steps as text, as far as they lead to something in `value`.
fn written(steps: &[Step], mut value: &Value) -> String {
    let mut text = String::new();
    for step in steps {
        let there = match step {
            Step::Index(index) => value.get(index),
            Step::Name(name) => value.get(name),
        };
        let Some(there) = there else {
            break;
        };
        value = there;
        match step {
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Name(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(crate::job::Excerpt::of(name).as_str());
            }
        }
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
