//! A complete AppSpec and its JSON text for CodeDeploy.

use std::fmt;

use serde_json::{Map, Number, Value, json};
use sha2::{Digest, Sha256};

use crate::job::{TaskDefinitionArn, is_account, is_plain_name};
use crate::release::finding::Place;

/// A well-formed AppSpec. Only its `TaskDefinition` may still be unset.
#[derive(Clone, PartialEq)]
pub struct AppSpec {
    /// The members of `Properties`, in canonical case.
    pub(super) properties: Map<String, Value>,
    /// Single-member objects, in the author's order.
    pub(super) hooks: Vec<Value>,
    /// Unknown top-level members.
    pub(super) unknown: Map<String, Value>,
    pub(super) container: String,
    pub(super) port: u16,
    pub(super) places: Places,
}

/// Places that other checks refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    pub file: Place,
    /// Of `ContainerName`.
    pub container: Place,
    /// Of `ContainerPort`.
    pub port: Place,
    /// Of `NetworkConfiguration`.
    pub network: Place,
    pub task_definition: Place,
}

/// The AppSpec in the form that `CreateDeployment` takes.
#[derive(Clone, PartialEq, Eq)]
pub struct AppSpecContent {
    /// JSON text.
    pub json: String,
    /// SHA-256 of the text in lower-case hex.
    pub sha256: String,
}

/// Omits the contents.
impl fmt::Debug for AppSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AppSpec").field(&self.places.file).finish()
    }
}

/// Omits the text.
impl fmt::Debug for AppSpecContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, sha256) = (self.json.len(), &self.sha256);
        write!(f, "AppSpecContent({bytes} bytes, {sha256})")
    }
}

impl AppSpec {
    /// The AppSpec with `revision` as its task definition, as JSON text and its
    /// hash.
    #[must_use]
    pub fn content(&self, revision: &TaskDefinitionArn) -> AppSpecContent {
        let json = self.with(revision).to_string();
        let sha256 = hex::encode(Sha256::digest(&json));
        AppSpecContent { json, sha256 }
    }

    /// The AppSpec with `revision` as its task definition.
    fn with(&self, revision: &TaskDefinitionArn) -> Value {
        let mut properties = self.properties.clone();
        properties.insert("TaskDefinition".to_owned(), revision.as_str().into());
        let version: Number = serde_json::from_str("0.0").expect("0.0 is a number");
        let mut app_spec = Map::new();
        app_spec.insert("version".to_owned(), Value::Number(version));
        app_spec.insert(
            "Resources".to_owned(),
            json!([{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}]),
        );
        if !self.hooks.is_empty() {
            app_spec.insert("Hooks".to_owned(), Value::Array(self.hooks.clone()));
        }
        app_spec.extend(self.unknown.clone());
        Value::Object(app_spec)
    }

    /// The container that receives the traffic.
    #[must_use]
    pub fn container(&self) -> &str {
        &self.container
    }

    /// The port that receives the traffic.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The registered revision in the AppSpec, if `TaskDefinition` is one.
    #[must_use]
    pub fn named_revision(&self) -> Option<TaskDefinitionArn> {
        let written = self.properties.get("TaskDefinition")?.as_str()?;
        is_revision(written).then(|| TaskDefinitionArn::new(written))
    }

    /// Whether the AppSpec has a network configuration.
    #[must_use]
    pub fn has_network(&self) -> bool {
        self.properties.contains_key("NetworkConfiguration")
    }

    /// Whether the AppSpec has a capacity provider strategy.
    #[must_use]
    pub fn has_capacity_providers(&self) -> bool {
        self.properties.contains_key(CAPACITY_PROVIDERS)
    }

    /// Sets the capacity provider strategy. Each entry is in AppSpec form.
    pub fn set_capacity_providers(&mut self, strategy: Vec<Value>) {
        self.properties
            .insert(CAPACITY_PROVIDERS.to_owned(), Value::Array(strategy));
    }

    /// The events with a hook, each with its Lambda function by name or ARN.
    pub fn hooks(&self) -> impl Iterator<Item = (&str, &str)> {
        let members = self.hooks.iter().filter_map(Value::as_object).flatten();
        members.filter_map(|(event, function)| Some((event.as_str(), function.as_str()?)))
    }

    /// The places that checks refer to.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }
}

const CAPACITY_PROVIDERS: &str = "CapacityProviderStrategy";

/// Whether the text is `family:revision`, or the ARN of a revision.
pub(super) fn is_revision(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let family = match parts.as_slice() {
        ["arn", _, "ecs", region, account, resource, _] => {
            let family = resource.strip_prefix("task-definition/");
            family.filter(|_| is_account(account) && !region.is_empty())
        }
        [family, _] => Some(*family),
        _ => None,
    };
    let is_number = |text: &str| {
        !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit())
    };
    family.is_some_and(is_plain_name) && parts.last().copied().is_some_and(is_number)
}
