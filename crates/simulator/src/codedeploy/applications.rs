//! Applications: create, get and list.

use std::collections::BTreeMap;

use serde_json::json;

use crate::api::{Answer, ApiError};
use crate::ids;
use crate::json::{Members, epoch};
use crate::world::World;

use super::call::{Name, page};
use super::state::{Application, CodeDeploy, ComputePlatform};

const NAME: Name = Name {
    what: "Application",
    required: "ApplicationNameRequiredException",
    invalid: "InvalidApplicationNameException",
};

pub(super) fn create(world: &mut World, input: Members<'_>) -> Answer {
    let name = NAME.read(input, "applicationName")?;
    if world.codedeploy.applications.contains_key(name) {
        return Err(ApiError::new(
            "ApplicationAlreadyExistsException",
            format!("An application with the name {name} already exists"),
        ));
    }
    let application = Application {
        id: ids::uuid(world.codedeploy.next_number()),
        created_at: world.now(),
        compute_platform: ComputePlatform::read(input)?.unwrap_or(ComputePlatform::Server),
        groups: BTreeMap::new(),
        revisions: Vec::new(),
    };
    let answer = json!({ "applicationId": application.id });
    let applications = &mut world.codedeploy.applications;
    applications.insert(name.to_owned(), application);
    Ok(answer)
}

pub(super) fn get(world: &mut World, input: Members<'_>) -> Answer {
    let (name, application) = requested_application(&world.codedeploy, input)?;
    Ok(json!({
        "application": {
            "applicationId": application.id,
            "applicationName": name,
            "createTime": epoch(application.created_at),
            "linkedToGitHub": false,
            "computePlatform": application.compute_platform,
        }
    }))
}

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let names = world.codedeploy.applications.keys().collect();
    let page = page(names, input)?;
    Ok(json!({ "applications": page.items, "nextToken": page.next }))
}

/// The application named in a request.
pub(super) fn requested_application<'w, 'i>(
    codedeploy: &'w CodeDeploy,
    input: Members<'i>,
) -> Result<(&'i str, &'w Application), ApiError> {
    let name = NAME.read(input, "applicationName")?;
    let application = codedeploy
        .applications
        .get(name)
        .ok_or_else(|| does_not_exist(name))?;
    Ok((name, application))
}

pub(super) fn does_not_exist(name: &str) -> ApiError {
    ApiError::new(
        "ApplicationDoesNotExistException",
        format!("No application found for name: {name}"),
    )
}

impl ComputePlatform {
    /// The compute platform named in a request.
    pub(super) fn read(input: Members<'_>) -> Result<Option<Self>, ApiError> {
        let Some(name) = input.text("computePlatform")? else {
            return Ok(None);
        };
        let platform = serde_json::from_value(json!(name));
        platform.map(Some).map_err(|_| {
            ApiError::new(
                "InvalidComputePlatformException",
                format!("Invalid compute platform: {name}"),
            )
        })
    }
}
