//! Compares a registered action type with the one of this build.

use serde_json::Value;

/// Members of the definition that are compared as a whole.
const WHOLE: [&str; 3] = ["settings", "inputArtifactDetails", "outputArtifactDetails"];

/// According to its guide, CodePipeline adds this property itself.
const ADDED: &str = "JobList";

/// The differences in words; empty if there are none. Both arguments have the
/// shape of the input of `CreateCustomActionType`.
#[must_use]
pub fn differences(ours: &Value, registered: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for member in WHOLE {
        found.extend(members(member, &ours[member], &registered[member]));
    }
    let (ours, registered) = (properties(ours), properties(registered));
    for property in &ours {
        let name = name_of(property);
        match registered.iter().find(|other| name_of(other) == name) {
            Some(other) => found.extend(members(&format!("property {name}"), property, other)),
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

/// The property by whose value polls can select jobs, which is the account's
/// choice.
#[must_use]
pub fn queryable(definition: &Value) -> Option<&str> {
    let mut properties = properties(definition).into_iter();
    let property = properties.find(|property| property["queryable"] == true)?;
    Some(name_of(property))
}

/// The differences between the members of `of`.
fn members(of: &str, ours: &Value, registered: &Value) -> Vec<String> {
    let ours = ours.as_object().into_iter().flatten();
    let differ = ours.filter(|(name, value)| registered[name.as_str()] != **value);
    differ
        .map(|(name, value)| {
            let other = &registered[name];
            format!("{of}: {name} is {other} and should be {value}")
        })
        .collect()
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

    use super::super::{definition, definition_with};
    use super::*;
    use crate::job::{ActionVersion, Engine};

    fn version_1() -> ActionVersion {
        Engine::CodeDeploy.into()
    }

    #[test]
    fn the_same_differs_in_nothing() {
        let ours = definition(&version_1(), "eu-west-1");
        assert!(differences(&ours, &ours).is_empty());
        let mut other = ours.clone();
        let added = json!({ "name": "JobList", "required": false });
        other["configurationProperties"]
            .as_array_mut()
            .unwrap()
            .push(added);
        assert!(differences(&ours, &other).is_empty());
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

    #[test]
    fn the_queryable_property_can_be_taken_from_the_registered_one() {
        let ours = definition(&version_1(), "eu-west-1");
        assert_eq!(queryable(&ours), None);
        let mut other = ours.clone();
        let properties = other["configurationProperties"].as_array_mut().unwrap();
        properties[0]["queryable"] = json!(true);
        assert_eq!(differences(&ours, &other).len(), 1);
        let ours = definition_with(&version_1(), "eu-west-1", queryable(&other));
        assert!(differences(&ours, &other).is_empty());
    }
}
