//! What the release changes in comparison with the revision that runs: images,
//! and the task definition's members. Values of environment variables are
//! hidden, as everywhere else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::render::compare;
use crate::page::{ChangesShown, ImageShown};
use crate::release::task_definition::as_sent;

/// Characters of the differences as text. A task definition has at most 64 KiB.
const MAX_DIFF: usize = 64 << 10;

/// The changes from the described revision to `body`, which is to be
/// registered.
pub(super) fn changes(described: &Value, body: &Value) -> ChangesShown {
    let arn = &described["taskDefinition"]["taskDefinitionArn"];
    let before_name = short(arn.as_str().unwrap_or_default());
    let mut before = as_sent(body, described);
    let mut after = body.clone();
    let images = images(&before, &after);
    hide_values(&mut before, &mut after);
    let wrapped = |value| json!({ "taskDefinition": value });
    let mut diff = compare(&before_name, &wrapped(before), &wrapped(after));
    if let Some((end, _)) = diff.char_indices().nth(MAX_DIFF) {
        diff.truncate(end);
        diff.push('…');
    }
    ChangesShown {
        images,
        before: before_name,
        diff,
        ..ChangesShown::default()
    }
}

/// `family:revision` of an ARN.
pub(super) fn short(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

fn containers(task_definition: &Value) -> BTreeMap<&str, &Value> {
    let containers = task_definition["containerDefinitions"].as_array();
    let containers = containers.into_iter().flatten();
    containers
        .filter_map(|container| Some((container["name"].as_str()?, container)))
        .collect()
}

/// The images of all containers, those that stay among them.
fn images(before: &Value, after: &Value) -> Vec<ImageShown> {
    let (before, after) = (containers(before), containers(after));
    let image = |containers: &BTreeMap<&str, &Value>, name: &str| {
        let image = containers.get(name)?["image"].as_str()?;
        Some(image.to_owned())
    };
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(gone);
    names
        .map(|name| ImageShown {
            container: (*name).to_owned(),
            before: image(&before, name),
            after: image(&after, name),
        })
        .collect()
}

/// Replaces the values of environment variables, so that it can still be seen
/// which ones differ.
fn hide_values(before: &mut Value, after: &mut Value) {
    let old: BTreeMap<(String, String), Value> = variables(before)
        .map(|(container, variable)| ((container, name(variable)), variable["value"].take()))
        .collect();
    for (container, variable) in variables(after) {
        let is_same = old.get(&(container, name(variable))) == variable.get("value");
        variable["value"] = match is_same {
            true => "(hidden)".into(),
            false => "(hidden, differs)".into(),
        };
    }
    for (_, variable) in variables(before) {
        variable["value"] = "(hidden)".into();
    }
}

fn name(variable: &Value) -> String {
    variable["name"].as_str().unwrap_or_default().to_owned()
}

/// All environment variables, each with the name of its container.
fn variables(task_definition: &mut Value) -> impl Iterator<Item = (String, &mut Value)> {
    elements(task_definition, "containerDefinitions").flat_map(|container| {
        let of = name(container);
        let variables = elements(container, "environment").filter(|one| one.is_object());
        variables.map(move |variable| (of.clone(), variable))
    })
}

fn elements<'a>(value: &'a mut Value, member: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = value.get_mut(member).and_then(Value::as_array_mut);
    list.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Value {
        json!({ "taskDefinition": {
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:1",
            "revision": 1,
            "status": "ACTIVE",
            "family": "webapp",
            "cpu": "256",
            "containerDefinitions": [
                { "name": "web", "image": "webapp:1", "environment": [
                    { "name": "SAME", "value": "one secret" },
                    { "name": "OTHER", "value": "another secret" },
                ] },
                { "name": "old", "image": "old:1" },
            ],
        } })
    }

    fn body() -> Value {
        json!({
            "family": "webapp",
            "cpu": "512",
            "containerDefinitions": [
                { "name": "web", "image": "webapp:2", "environment": [
                    { "name": "SAME", "value": "one secret" },
                    { "name": "OTHER", "value": "a new secret" },
                ] },
                { "name": "new", "image": "new:1" },
            ],
        })
    }

    #[test]
    fn a_release_is_compared_with_what_runs() {
        let changes = changes(&described(), &body());
        assert_eq!(changes.before, "webapp:1");
        let images: Vec<_> = changes
            .images
            .iter()
            .map(|image| {
                (
                    &*image.container,
                    image.before.as_deref(),
                    image.after.as_deref(),
                )
            })
            .collect();
        let expected = [
            ("new", None, Some("new:1")),
            ("web", Some("webapp:1"), Some("webapp:2")),
            ("old", Some("old:1"), None),
        ];
        assert_eq!(images, expected);
        assert!(
            changes.diff.contains("+  \"cpu\": \"512\""),
            "{}",
            changes.diff
        );
    }

    #[test]
    fn no_value_of_a_variable_is_shown() {
        let changes = changes(&described(), &body());
        assert!(!changes.diff.contains("secret"), "{}", changes.diff);
        let differs = changes.diff.matches("(hidden, differs)").count();
        assert_eq!(differs, 1, "{}", changes.diff);
    }

    #[test]
    fn the_same_again_changes_nothing() {
        let mut body = body();
        body["cpu"] = "256".into();
        body["containerDefinitions"] =
            described()["taskDefinition"]["containerDefinitions"].clone();
        let changes = changes(&described(), &body);
        assert_eq!(changes.diff, "");
    }
}
