//! Dispatches CodeDeploy's operations by name and parses ids in requests.

use serde_json::Value;

use crate::api::{Answer, ApiError};
use crate::json::{self, Members, Page, without_nulls};
use crate::world::World;

use super::{applications, configs, control, create, groups, listing, read, revisions, targets};

/// Handles one call of the JSON protocol.
pub fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    let members = Members::of(input)?;
    let answer = match operation {
        "CreateApplication" => applications::create(world, members),
        "GetApplication" => applications::get(world, members),
        "ListApplications" => applications::list(world, members),
        "CreateDeploymentGroup" => groups::create(world, members),
        "UpdateDeploymentGroup" => groups::update(world, members),
        "GetDeploymentGroup" => groups::get(world, members),
        "ListDeploymentGroups" => groups::list(world, members),
        "CreateDeploymentConfig" => configs::create(world, members),
        "GetDeploymentConfig" => configs::get(world, members),
        "ListDeploymentConfigs" => configs::list(world, members),
        "RegisterApplicationRevision" => revisions::register(world, members),
        "GetApplicationRevision" => revisions::get(world, members),
        "CreateDeployment" => create::create(world, members),
        "GetDeployment" => read::get(world, members),
        "BatchGetDeployments" => read::batch(world, members),
        "ListDeployments" => listing::list(world, members),
        "ListDeploymentTargets" => targets::list(world, members),
        "GetDeploymentTarget" => targets::get(world, members),
        "BatchGetDeploymentTargets" => targets::batch(world, members),
        "ContinueDeployment" => control::continue_deployment(world, members),
        "StopDeployment" => control::stop(world, members),
        "PutLifecycleEventHookExecutionStatus" => control::answer_hook(world, members),
        _ => Err(ApiError::unknown_operation(operation)),
    };
    answer.map(without_nulls)
}

/// The deployment id of a request, checked for its format.
pub(super) fn deployment_id(input: Members<'_>) -> Result<&str, ApiError> {
    match input.text("deploymentId")? {
        None | Some("") => Err(ApiError::new(
            "DeploymentIdRequiredException",
            "Deployment ID must be specified",
        )),
        Some(id) => {
            check_deployment_id(id)?;
            Ok(id)
        }
    }
}

pub(super) fn check_deployment_id(id: &str) -> Result<(), ApiError> {
    let well_formed = id.strip_prefix("d-").is_some_and(|rest| {
        rest.len() == 9
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    });
    if well_formed {
        Ok(())
    } else {
        Err(ApiError::new(
            "InvalidDeploymentIdException",
            format!("Specified DeploymentId is not in the valid format: {id}"),
        ))
    }
}

/// Whether a text is a valid name of an application, group or config: 1 to 100
/// of the allowed characters (docs/aws.md §5.1).
fn is_name(text: &str) -> bool {
    const MAX: usize = 100;
    (1..=MAX).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._+=,@-".contains(c))
}

/// What a required member names, and the codes of its errors.
pub(super) struct Name {
    pub(super) what: &'static str,
    pub(super) required: &'static str,
    pub(super) invalid: &'static str,
}

impl Name {
    /// The name in a member.
    pub(super) fn read<'i>(&self, input: Members<'i>, member: &str) -> Result<&'i str, ApiError> {
        let what = self.what;
        let name = input.text(member)?.unwrap_or_default();
        if name.is_empty() {
            let message = format!("{what} name must be specified");
            return Err(ApiError::new(self.required, message));
        }
        if !is_name(name) {
            let message = format!("Invalid {} name: {name}", what.to_lowercase());
            return Err(ApiError::new(self.invalid, message));
        }
        Ok(name)
    }
}

/// The page of a list that a request asks for.
pub(super) fn page<T>(items: Vec<T>, input: Members<'_>) -> Result<Page<T>, ApiError> {
    /// Number of elements on a page.
    const SIZE: usize = 100;
    json::page(items, input.text("nextToken")?, SIZE).ok_or_else(|| {
        ApiError::new(
            "InvalidNextTokenException",
            "The next token was specified in an invalid format",
        )
    })
}
