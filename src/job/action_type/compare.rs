//! Compares a registered action type with the one of this build.

use std::fmt;

use serde_json::Value;

/// Members of the definition that are compared as a whole.
const WHOLE: [&str; 3] = ["settings", "inputArtifactDetails", "outputArtifactDetails"];

/// According to its guide, CodePipeline adds this property itself.
const ADDED: &str = "JobList";

/// A difference between the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A member of the definition or of one of its properties.
    Member {
        /// What has it, such as `settings` or `property Images`.
        of: String,
        name: String,
        /// The values as JSON.
        ours: String,
        registered: String,
    },
    /// A property that is not registered.
    Missing { property: String },
    /// A registered property that this build does not have.
    Unknown { property: String },
}

impl Difference {
    /// Whether it is only about which property polls can select by, which is
    /// the account's choice.
    #[must_use]
    pub fn is_queryable(&self) -> bool {
        match self {
            Self::Member { name, .. } => name == "queryable",
            Self::Missing { .. } | Self::Unknown { .. } => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member {
                of,
                name,
                ours,
                registered,
            } => write!(f, "{of}: {name} is {registered} and should be {ours}"),
            Self::Missing { property } => write!(f, "property {property}: is not registered"),
            Self::Unknown { property } => {
                write!(f, "property {property}: is registered, and not ours")
            }
        }
    }
}

/// Returns each difference; empty if there is none. Both arguments have the
/// shape of the input of `CreateCustomActionType`.
#[must_use]
pub fn differences(ours: &Value, registered: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    for member in WHOLE {
        members(member, &ours[member], &registered[member], &mut found);
    }
    let (ours, registered) = (properties(ours), properties(registered));
    for property in &ours {
        let name = name_of(property);
        match registered.iter().find(|other| name_of(other) == name) {
            Some(other) => members(&format!("property {name}"), property, other, &mut found),
            None => found.push(Difference::Missing {
                property: name.to_owned(),
            }),
        }
    }
    for property in &registered {
        let name = name_of(property);
        if name != ADDED && !ours.iter().any(|one| name_of(one) == name) {
            found.push(Difference::Unknown {
                property: name.to_owned(),
            });
        }
    }
    found
}

fn members(of: &str, ours: &Value, registered: &Value, found: &mut Vec<Difference>) {
    for (name, value) in ours.as_object().into_iter().flatten() {
        let other = &registered[name];
        if other != value {
            found.push(Difference::Member {
                of: of.to_owned(),
                name: name.clone(),
                ours: value.to_string(),
                registered: other.to_string(),
            });
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
        assert_eq!(differences(&ours, &ours), []);
        let mut other = ours.clone();
        let added = json!({ "name": "JobList", "required": false });
        other["configurationProperties"]
            .as_array_mut()
            .unwrap()
            .push(added);
        assert_eq!(differences(&ours, &other), []);
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
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        let starts: Vec<&str> = texts
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
    fn only_the_member_itself_is_queryable() {
        let ours = definition(&version_1(), "eu-west-1");
        let mut other = ours.clone();
        let properties = other["configurationProperties"].as_array_mut().unwrap();
        properties[0]["queryable"] = json!(true);
        properties[1]["description"] = json!("is queryable");
        properties.push(json!({ "name": "queryable" }));
        let found = differences(&ours, &other);
        let queryable: Vec<bool> = found.iter().map(Difference::is_queryable).collect();
        assert_eq!(queryable, [true, false, false]);
    }
}
