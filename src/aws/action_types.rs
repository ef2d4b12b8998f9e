//! The account's custom action types.

use aws_config::SdkConfig;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionConfigurationPropertyType, ActionOwner, ActionType, ArtifactDetails,
};
use serde_json::{Value, json};

use super::error::call_error;
use super::pagination::Pages;
use super::raw_body::sent_as;
use super::service_clients;
use crate::job::ActionVersion;
use crate::job::action_type::PROVIDER;
use crate::ports::CallError;

/// An account has at most 50 custom action types, so a list with more pages
/// than this does not end.
const MAX_PAGES: usize = 100;

/// Returns our action type of this version, in the shape of the input of
/// `CreateCustomActionType`. `None` if it does not exist.
///
/// # Errors
///
/// If CodePipeline cannot list its action types.
pub async fn find_action_type(
    config: &SdkConfig,
    version: &ActionVersion,
) -> Result<Option<Value>, CallError> {
    const CALL: &str = "codepipeline:ListActionTypes";
    let client = service_clients::codepipeline(config);
    let mut pages = Pages::new(CALL, PROVIDER, MAX_PAGES);
    loop {
        let answer = client
            .list_action_types()
            .action_owner_filter(ActionOwner::Custom)
            .set_next_token(pages.token())
            .send()
            .await
            .map_err(|error| call_error(CALL, None, &error))?;
        let found = answer.action_types().iter().find(|listed| {
            listed.id().is_some_and(|id| {
                id.category() == &ActionCategory::Deploy
                    && id.provider() == PROVIDER
                    && id.version() == version.as_str()
            })
        });
        if let Some(found) = found {
            return Ok(Some(described(version, found)));
        }
        if !pages.advance_to_end(answer.next_token())? {
            return Ok(None);
        }
    }
}

/// Creates the action type from the input of `CreateCustomActionType`.
///
/// # Errors
///
/// If CodePipeline rejects it.
pub async fn create_action_type(config: &SdkConfig, definition: &Value) -> Result<(), CallError> {
    const CALL: &str = "codepipeline:CreateCustomActionType";
    let create = service_clients::codepipeline(config).create_custom_action_type();
    let create = create.customize().mutate_request(sent_as(definition));
    let answer = create.send().await;
    let error = |error| call_error(CALL, Some(PROVIDER), &error);
    answer.map(drop).map_err(error)
}

fn described(version: &ActionVersion, listed: &ActionType) -> Value {
    let settings = listed.settings();
    let count = |details: Option<&ArtifactDetails>| {
        json!({
            "minimumCount": details.map(ArtifactDetails::minimum_count),
            "maximumCount": details.map(ArtifactDetails::maximum_count),
        })
    };
    let properties = listed.action_configuration_properties().iter();
    let properties: Vec<Value> = properties
        .map(|property| {
            json!({
                "name": property.name(),
                "required": property.required(),
                "key": property.key(),
                "secret": property.secret(),
                "queryable": property.queryable(),
                "description": property.description(),
                "type": property.r#type().map(ActionConfigurationPropertyType::as_str),
            })
        })
        .collect();
    json!({
        "category": "Deploy",
        "provider": PROVIDER,
        "version": version.as_str(),
        "settings": {
            "entityUrlTemplate": settings.and_then(|one| one.entity_url_template()),
            "executionUrlTemplate": settings.and_then(|one| one.execution_url_template()),
        },
        "configurationProperties": properties,
        "inputArtifactDetails": count(listed.input_artifact_details()),
        "outputArtifactDetails": count(listed.output_artifact_details()),
    })
}
