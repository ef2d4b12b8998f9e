//! Compares a registered action type with the one of this build.

use serde_json::Value;

/// Members of the definition that are compared as a whole.
const WHOLE: [&str; 3] = ["settings", "inputArtifactDetails", "outputArtifactDetails"];

/// According to its guide, CodePipeline adds this property itself.
const ADDED: &str = "JobList";

/// Returns a short text for each difference; empty if there is none. Both
/// arguments have the shape of the input of `CreateCustomActionType`.
#[must_use]
pub fn differences(ours: &Value, registered: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for member in WHOLE {
        members(member, &ours[member], &registered[member], &mut found);
    }
    let (ours, registered) = (properties(ours), properties(registered));
    for property in &ours {
        let name = name_of(property);
        match registered.iter().find(|other| name_of(other) == name) {
            Some(other) => members(&format!("property {name}"), property, other, &mut found),
            None => found.push(format!("property {name}: is not registered")),
        }
    }
    for property in &registered {
        let name = name_of(property);
        if name != ADDED && !ours.iter().any(|one| name_of(one) == name) {
            found.push(format!("property {name}: is registered, and not ours"));
        }
    }
    found
}

fn members(what: &str, ours: &Value, registered: &Value, found: &mut Vec<String>) {
    for (name, value) in ours.as_object().into_iter().flatten() {
        let other = &registered[name];
        if other != value {
            found.push(format!("{what}: {name} is {other} and should be {value}"));
        }
    }
}

fn properties(definition: &Value) -> Vec<&Value> {
    let properties = definition["configurationProperties"].as_array();
    properties.into_iter().flatten().collect()
}

fn name_of(property: &Value) -> &str {
    property["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::definition;
    use super::*;
    use crate::job::{ActionVersion, Engine};

    fn version_1() -> ActionVersion {
        Engine::CodeDeploy.into()
    }

    #[test]
    fn the_same_differs_in_nothing() {
        let ours = definition(&version_1(), "eu-west-1");
        assert_eq!(differences(&ours, &ours), [""; 0]);
        let mut other = ours.clone();
        let added = json!({ "name": "JobList", "required": false });
        other["configurationProperties"]
            .as_array_mut()
            .unwrap()
            .push(added);
        assert_eq!(differences(&ours, &other), [""; 0]);
    }

    #[test]
    fn each_difference_is_named() {
        let ours = definition(&version_1(), "eu-west-1");
        let mut other = definition(&version_1(), "eu-central-1");
        other["inputArtifactDetails"]["maximumCount"] = json!(3);
        let properties = other["configurationProperties"].as_array_mut().unwrap();
        properties[0]["required"] = json!(false);
        properties[8]["name"] = json!("MoreImages");
        let found = differences(&ours, &other);
        let starts: Vec<&str> = found
            .iter()
            .map(|one| one.split(" is ").next().unwrap())
            .collect();
        assert_eq!(
            starts,
            [
                "settings: entityUrlTemplate",
                "settings: executionUrlTemplate",
                "inputArtifactDetails: maximumCount",
                "property ApplicationName: required",
                "property Images:",
                "property MoreImages:",
            ]
        );
    }
}
