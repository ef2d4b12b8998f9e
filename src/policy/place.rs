//! Maps the path in a finding to the place in the author's file.

use serde_json::Value;

use crate::job::TaskDefinitionArn;
use crate::job::request::Request;
use crate::release::bundle::Bundle;
use crate::release::document::Path;
use crate::release::finding::{Findings, Place};
use crate::release::plan::named_revision;
use crate::release::task_definition::TaskDefinition;

/// The longest path that is followed. Nothing in the document is deeper.
const MAX_STEPS: usize = 32;

/// The places in one release that findings can have.
pub(super) struct Places<'a> {
    request: &'a Request,
    document: &'a Value,
    /// The revision to be deployed, if it is registered already.
    revision: Option<TaskDefinitionArn>,
    /// The file with the task definition to be registered.
    task_definition: Option<TaskDefinition>,
}

impl<'a> Places<'a> {
    /// The places in the release with this input.
    pub(super) fn new(request: &'a Request, bundle: &Bundle, document: &'a Value) -> Self {
        let mut discarded_findings = Findings::default();
        let file = &request.task_definition;
        Self {
            request,
            document,
            revision: named_revision(request, bundle),
            task_definition: TaskDefinition::read(bundle, file, &mut discarded_findings),
        }
    }

    /// The place of a path into the input. The path is a JSON pointer or a
    /// dotted path, from the root of the input or of the task definition. It is
    /// followed, and shown, only as far as it exists, so that a rule cannot put
    /// other text into it.
    pub(super) fn of(&self, path: &str) -> Place {
        let steps = steps(path);
        let (root, rest) = match steps.split_first() {
            Some((root, rest)) => (root.as_str(), rest),
            None => ("", steps.as_slice()),
        };
        match root {
            "taskDefinition" => self.in_task_definition(rest),
            "appSpec" => {
                let file = self.request.app_spec.as_ref().map(Place::file);
                Place {
                    path: Some(written(rest, &self.document["appSpec"])),
                    ..file.unwrap_or_default()
                }
            }
            _ if INPUT_MEMBERS.contains(&root) => Place {
                path: Some(written(&steps, self.document)),
                ..Place::default()
            },
            _ => self.in_task_definition(&steps),
        }
    }

    fn in_task_definition(&self, steps: &[String]) -> Place {
        match (&self.revision, &self.task_definition) {
            (Some(revision), _) => Place {
                path: Some(written(steps, &self.document["taskDefinition"])),
                ..Place::resource(revision.as_str())
            },
            (None, Some(read)) => {
                descend(steps, read.value(), &Path::ROOT, &|path| read.place(path))
            }
            (None, None) => Place::file(&self.request.task_definition),
        }
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
    use std::collections::BTreeMap;

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

    /// Where a finding about the image is, with these options.
    fn image(options: &str) -> Place {
        let configuration: BTreeMap<String, String> = [
            ("ApplicationName", "web"),
            ("DeploymentGroupName", "blue"),
            ("TaskDefinitionTemplateArtifact", "Source"),
            ("AppSpecTemplateArtifact", "Source"),
            ("Options", options),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let request = Request::parse(&configuration, &["Source"]).expect("it is in order");
        let app_spec = "version: 0.0\nResources: [{TargetService: {Type: AWS::ECS::Service, \
            Properties: {TaskDefinition: 'web:7', LoadBalancerInfo: \
            {ContainerName: web, ContainerPort: 80}}}}]";
        let task_definition = json!({"containerDefinitions": [{"image": "nginx:1"}]});
        let mut bundle = Bundle::default();
        let files = [
            (
                Some(request.task_definition.clone()),
                task_definition.to_string(),
            ),
            (request.app_spec.clone(), app_spec.to_owned()),
        ];
        for (file, text) in files {
            let file = file.expect("there is one");
            bundle.files.insert(file, Ok(text.into_bytes()));
        }
        let document = json!({ "taskDefinition": task_definition });
        Places::new(&request, &bundle, &document).of("containerDefinitions[0].image")
    }

    #[test]
    fn a_registered_revision_is_not_the_file() {
        let file = image("");
        assert_eq!(file.file.as_deref(), Some("taskdef.json"));
        assert!(file.position.is_some());
        let registered = image("TaskDefinition=FromAppSpec");
        assert_eq!(registered.file, None);
        assert_eq!(registered.resource.as_deref(), Some("web:7"));
        for place in [file, registered] {
            assert_eq!(place.path.as_deref(), Some("containerDefinitions[0].image"));
        }
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
