//! Parses an AppSpec for ECS as CodeDeploy does (docs/aws.md §5.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::deployment::EventName;

/// The parts of an AppSpec that a deployment uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct AppSpec {
    pub(super) task_definition: String,
    pub(super) container_name: String,
    pub(super) container_port: i64,
    /// `platformVersion`, `networkConfiguration` and
    /// `capacityProviderStrategy`, in ECS's spelling.
    pub(super) overrides: Value,
    /// Hook functions with their events.
    pub(super) hooks: Vec<(EventName, String)>,
}

/// The events that can have a hook.
const HOOKABLE: [EventName; 5] = [
    EventName::BeforeInstall,
    EventName::AfterInstall,
    EventName::AfterAllowTestTraffic,
    EventName::BeforeAllowTraffic,
    EventName::AfterAllowTraffic,
];

impl AppSpec {
    /// Parses JSON or YAML. The error is a message that says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => serde_saphyr::from_str(text)
                .map_err(|_| String::from("The AppSpec file is neither YAML nor JSON"))?,
        };
        let document = lower_camel(value);
        let version = &document["version"];
        if version.as_f64() != Some(0.0) && version.as_str() != Some("0.0") {
            return Err("The AppSpec file's version must be 0.0".into());
        }
        let resources = document["resources"].as_array();
        let [resource] = resources.map_or(&[][..], Vec::as_slice) else {
            return Err("The AppSpec file must have exactly one resource".into());
        };
        let target = &resource["targetService"];
        if target["type"] != "AWS::ECS::Service" {
            return Err("The AppSpec file's resource must be of type AWS::ECS::Service".into());
        }
        let properties = &target["properties"];
        let load_balancer = &properties["loadBalancerInfo"];
        let text = |value: &Value, name: &str| {
            let text = value[name].as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
                .ok_or_else(|| format!("The AppSpec file must contain {name}"))
        };
        Ok(Self {
            task_definition: text(properties, "taskDefinition")?,
            container_name: text(load_balancer, "containerName")?,
            container_port: load_balancer["containerPort"]
                .as_i64()
                .ok_or("The AppSpec file must contain containerPort")?,
            overrides: json!({
                "platformVersion": properties["platformVersion"],
                "networkConfiguration": properties["networkConfiguration"],
                "capacityProviderStrategy": properties["capacityProviderStrategy"],
            }),
            hooks: hooks(&document["hooks"])?,
        })
    }

    /// The hook function of an event.
    pub(super) fn hook(&self, event: EventName) -> Option<&str> {
        let mut hooks = self.hooks.iter();
        hooks
            .find(|(hooked, _)| *hooked == event)
            .map(|(_, function)| function.as_str())
    }
}

fn hooks(list: &Value) -> Result<Vec<(EventName, String)>, String> {
    let list = match list {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err("The AppSpec file's hooks must be a list".into());
        }
    };
    let mut hooks = Vec::new();
    for (name, function) in list.iter().filter_map(Value::as_object).flatten() {
        let event = HOOKABLE
            .into_iter()
            .find(|event| event.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| format!("The AppSpec file has an unknown hook {name}"))?;
        let function = function
            .as_str()
            .ok_or_else(|| format!("The AppSpec file's hook {name} must name a function"))?;
        hooks.push((event, function.to_owned()));
    }
    Ok(hooks)
}

/// Puts the first letter of every key in lower case: the AppSpec format has
/// `TargetService`, while ECS and some authors write `targetService`.
fn lower_camel(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, member)| {
                    let mut letters = name.chars();
                    let first = letters.next().map(|first| first.to_ascii_lowercase());
                    let name: String = first.into_iter().chain(letters).collect();
                    (name, lower_camel(member))
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(elements) => elements.into_iter().map(lower_camel).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "
version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: webapp:2
        LoadBalancerInfo: {ContainerName: web, ContainerPort: 8080}
        CapacityProviderStrategy:
          - {Base: 1, CapacityProvider: FARGATE_SPOT, Weight: 2}
Hooks:
  - BeforeInstall: check
";

    #[test]
    fn yaml_and_json_say_the_same() {
        let from_yaml = AppSpec::parse(YAML).unwrap();
        let json = json!({
            "version": 0.0,
            "resources": [{"TargetService": {
                "Type": "AWS::ECS::Service",
                "Properties": {
                    "TaskDefinition": "webapp:2",
                    "LoadBalancerInfo": {"ContainerName": "web", "ContainerPort": 8080},
                    "CapacityProviderStrategy":
                        [{"Base": 1, "CapacityProvider": "FARGATE_SPOT", "Weight": 2}],
                },
            }}],
            "hooks": [{"BeforeInstall": "check"}],
        });
        assert_eq!(AppSpec::parse(&json.to_string()), Ok(from_yaml.clone()));
        assert_eq!(from_yaml.hook(EventName::BeforeInstall), Some("check"));
        assert_eq!(
            from_yaml.overrides["capacityProviderStrategy"][0]["capacityProvider"],
            "FARGATE_SPOT"
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        fn check(from: &str, to: &str, expected: &str) {
            let message = AppSpec::parse(&YAML.replace(from, to)).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        check("version: 0.0", "version: 1.0", "version");
        check(
            "ContainerPort: 8080",
            "ContainerPort: many",
            "containerPort",
        );
        check("TaskDefinition: webapp:2", "Other: 1", "taskDefinition");
        check("BeforeInstall", "BeforeLunch", "beforeLunch");
        check(
            "AWS::ECS::Service",
            "AWS::Lambda::Function",
            "AWS::ECS::Service",
        );
        check("version: 0.0", "\t- [", "neither YAML nor JSON");
    }
}
