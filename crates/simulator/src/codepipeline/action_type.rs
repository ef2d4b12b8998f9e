//! Custom action types: create, list and delete (docs/aws.md §1.1). A deleted
//! type is only marked.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::world::World;

use super::CodePipeline;
use super::call::page;
use super::constraints::{Check, is_made_of};

/// Maximum number of properties of an action type (docs/aws.md §1.1).
pub(super) const MAX_PROPERTIES: usize = 10;
/// Maximum number of custom action types per account and Region (docs/aws.md §1.1).
pub(super) const MAX_ACTION_TYPES: usize = 50;

/// Action types per page of a list. AWS does not document its page size.
const PAGE: usize = 20;

const CATEGORIES: [&str; 7] = [
    "Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute",
];
const OWNERS: [&str; 3] = ["AWS", "ThirdParty", "Custom"];
const URL_TEMPLATES: [&str; 4] = [
    "thirdPartyConfigurationUrl",
    "entityUrlTemplate",
    "executionUrlTemplate",
    "revisionUrlTemplate",
];

/// The four parts of an action type's id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionTypeId {
    pub category: String,
    pub owner: String,
    pub provider: String,
    pub version: String,
}

/// A custom action type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActionType {
    pub id: ActionTypeId,
    pub(super) properties: Vec<Property>,
    pub(super) settings: Value,
    pub(super) inputs: ArtifactCount,
    pub(super) outputs: ArtifactCount,
    pub(super) tags: Value,
    pub(super) is_deleted: bool,
}

/// One configuration property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) key: bool,
    pub(super) secret: bool,
    pub(super) queryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
}

/// Limits on the number of an action's input or output artifacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactCount {
    pub(super) minimum_count: i64,
    pub(super) maximum_count: i64,
}

impl CodePipeline {
    /// The id of the custom action type that was created first.
    #[must_use]
    pub fn first_action_type(&self) -> Option<&ActionTypeId> {
        let mut types = self.action_types.iter();
        types.find(|known| !known.is_deleted).map(|known| &known.id)
    }

    /// The action type with this id, unless it was deleted.
    pub(super) fn active_action_type(&self, id: &ActionTypeId) -> Option<&ActionType> {
        let mut types = self.action_types.iter();
        types.find(|known| known.id == *id && !known.is_deleted)
    }
}

impl ActionTypeId {
    pub(super) fn read(check: &mut Check, parent: &Value, path: &str) -> Self {
        let id = check.required_object(parent, path);
        if id.is_null() {
            return Self::custom("", "", "");
        }
        let owner = check.required_word(id, &format!("{path}.owner"), &OWNERS);
        Self {
            owner,
            ..Self::read_custom(check, id, &format!("{path}."))
        }
    }

    fn read_custom(check: &mut Check, parent: &Value, prefix: &str) -> Self {
        let category = check.required_word(parent, &format!("{prefix}category"), &CATEGORIES);
        let mut name = |member: &str, length| {
            let path = format!("{prefix}{member}");
            let text = check.required_text(parent, &path, length);
            check.pattern(&text, &path, "_-", "[0-9A-Za-z_-]+");
            text
        };
        let (provider, version) = (name("provider", 1..=35), name("version", 1..=9));
        Self::custom(&category, &provider, &version)
    }

    /// An action type with owner `Custom`.
    #[must_use]
    pub fn custom(category: &str, provider: &str, version: &str) -> Self {
        Self {
            category: category.into(),
            owner: "Custom".into(),
            provider: provider.into(),
            version: version.into(),
        }
    }

    /// `ActionTypeNotFoundException` with CodePipeline's message.
    pub(super) fn not_found(&self) -> ApiError {
        ApiError::new(
            "ActionTypeNotFoundException",
            format!(
                "ActionType (Category: '{}', Owner: '{}', Provider: '{}', Version: '{}') is not available",
                self.category, self.owner, self.provider, self.version
            ),
        )
    }
}

impl ActionType {
    /// The property by which a poll can select jobs.
    pub(super) fn queryable(&self) -> Option<&Property> {
        self.properties.iter().find(|property| property.queryable)
    }

    fn describe(&self) -> Value {
        json!({
            "id": self.id,
            "actionConfigurationProperties": self.properties,
            "settings": self.settings,
            "inputArtifactDetails": self.inputs,
            "outputArtifactDetails": self.outputs,
        })
    }
}

pub(super) fn create(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let made = ActionType {
        id: ActionTypeId::read_custom(&mut check, input, ""),
        properties: read_properties(&mut check, input),
        settings: read_settings(&mut check, input),
        inputs: read_count(&mut check, input, "inputArtifactDetails"),
        outputs: read_count(&mut check, input, "outputArtifactDetails"),
        tags: Value::from(check.list(input, "tags", 50)),
        is_deleted: false,
    };
    check.finish()?;
    check_templates(&made)?;
    let types = &mut world.codepipeline.action_types;
    match types.iter_mut().find(|known| known.id == made.id) {
        Some(known) if !known.is_deleted => {
            return Err(invalid(
                "An action type with this category, provider and version exists already",
            ));
        }
        Some(known) if known.describe() == made.describe() => *known = made.clone(),
        Some(_) => {
            return Err(invalid(
                "The version of a deleted action type can be restored only with the same definition",
            ));
        }
        None => {
            if types.iter().filter(|known| !known.is_deleted).count() >= MAX_ACTION_TYPES {
                return Err(ApiError::new(
                    "LimitExceededException",
                    format!("The limit of {MAX_ACTION_TYPES} custom action types is reached"),
                ));
            }
            types.push(made.clone());
        }
    }
    let has_tags = made.tags.as_array().is_some_and(|tags| !tags.is_empty());
    Ok(json!({
        "actionType": made.describe(),
        "tags": has_tags.then_some(&made.tags),
    }))
}

pub(super) fn list(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let owner = check.text(input, "actionOwnerFilter", 0..=20);
    let token = check.text(input, "nextToken", 1..=2048);
    check.finish()?;
    let wanted = owner.is_none_or(|owner| owner == "Custom");
    let types = world.codepipeline.action_types.iter();
    let types = types
        .filter(|known| wanted && !known.is_deleted)
        .map(ActionType::describe);
    let page = page(types.collect(), token.as_deref(), PAGE)?;
    Ok(json!({ "actionTypes": page.items, "nextToken": page.next }))
}

pub(super) fn delete(world: &mut World, input: &Value) -> Answer {
    let mut check = Check::default();
    let id = ActionTypeId::read_custom(&mut check, input, "");
    check.finish()?;
    let types = &mut world.codepipeline.action_types;
    match types.iter_mut().find(|known| known.id == id) {
        Some(known) => {
            known.is_deleted = true;
            Ok(Value::Null)
        }
        None => Err(invalid("There is no such action type")),
    }
}

fn read_properties(check: &mut Check, input: &Value) -> Vec<Property> {
    let items = check.list(input, "configurationProperties", MAX_PROPERTIES);
    let mut properties = Vec::new();
    for (number, item) in (1..).zip(items) {
        let path = |member: &str| format!("configurationProperties.{number}.member.{member}");
        let property = Property {
            name: check.required_text(item, &path("name"), 1..=50),
            required: check.required_flag(item, &path("required")),
            key: check.required_flag(item, &path("key")),
            secret: check.required_flag(item, &path("secret")),
            queryable: check.flag(item, &path("queryable")),
            description: check.text(item, &path("description"), 1..=160),
            kind: check.text(item, &path("type"), 1..=20),
        };
        if let Some(kind) = &property.kind
            && !["String", "Number", "Boolean"].contains(&kind.as_str())
        {
            let rule = "satisfy enum value set: [String, Number, Boolean]";
            check.violate(kind, &path("type"), rule);
        }
        if property.queryable && (property.secret || !property.required) {
            let rule = "be required and not secret to be queryable";
            check.violate(&property.name, &path("queryable"), rule);
        }
        properties.push(property);
    }
    if properties.iter().filter(|p| p.queryable).count() > 1 {
        let rule = "have at most one queryable property";
        check.violate("[…]", "configurationProperties", rule);
    }
    properties
}

fn read_settings(check: &mut Check, input: &Value) -> Value {
    let Some(given) = check.object(input, "settings") else {
        return Value::Null;
    };
    let mut settings = json!({});
    for name in URL_TEMPLATES {
        if let Some(template) = check.text(given, &format!("settings.{name}"), 1..=2048) {
            settings[name] = json!(template);
        }
    }
    settings
}

fn read_count(check: &mut Check, input: &Value, name: &str) -> ArtifactCount {
    let given = check.required_object(input, name);
    let mut count = |member: &str| {
        if given.is_null() {
            return 0;
        }
        check.required_number(given, &format!("{name}.{member}"), 0..=5)
    };
    ArtifactCount {
        minimum_count: count("minimumCount"),
        maximum_count: count("maximumCount"),
    }
}

/// `{Config:Name}` may refer only to a property that is required and not
/// secret.
fn check_templates(made: &ActionType) -> Result<(), ApiError> {
    for template in URL_TEMPLATES
        .iter()
        .filter_map(|name| made.settings[name].as_str())
    {
        for rest in template.split("{Config:").skip(1) {
            let name = rest.split('}').next().unwrap_or(rest);
            let usable = |p: &&Property| p.name == name && p.required && !p.secret;
            if !made.properties.iter().any(|p| usable(&p)) {
                return Err(invalid(&format!(
                    "The URL template names '{name}', which is not a required and public property"
                )));
            }
        }
    }
    if made.inputs.minimum_count > made.inputs.maximum_count
        || made.outputs.minimum_count > made.outputs.maximum_count
    {
        return Err(invalid("minimumCount must not exceed maximumCount"));
    }
    // The guide's limit for names is stricter than the model (docs/aws.md
    // §1.1).
    if made.id.provider.len() > 25 || !is_made_of(&made.id.provider, ".@-_") {
        return Err(invalid(
            "The name of an action type has at most 25 characters",
        ));
    }
    Ok(())
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("ValidationException", message)
}
