//! Deployment groups: create, update, get and list (docs/aws.md §5.7).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Answer, ApiError};
use crate::ids;
use crate::json::{Members, epoch};
use crate::world::World;

use super::call::{Name, page};
use super::deployment::{Deployment, Stage};
use super::plan::Plan;
use super::state::{CodeDeploy, ComputePlatform};
use super::{applications, configs};

const NAME: Name = Name {
    what: "Deployment Group",
    required: "DeploymentGroupNameRequiredException",
    invalid: "InvalidDeploymentGroupNameException",
};

/// Request members that a group stores.
const STORED: &[&str] = &[
    "deploymentConfigName",
    "serviceRoleArn",
    "triggerConfigurations",
    "alarmConfiguration",
    "autoRollbackConfiguration",
    "outdatedInstancesStrategy",
    "deploymentStyle",
    "blueGreenDeploymentConfiguration",
    "loadBalancerInfo",
    "ecsServices",
    "terminationHookEnabled",
];

/// A deployment group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    id: String,
    /// The stored request members, unchanged.
    pub(super) settings: Map<String, Value>,
}

impl Group {
    pub(super) fn config(&self) -> &str {
        let config = self.settings.get("deploymentConfigName");
        config.and_then(Value::as_str).unwrap_or(configs::DEFAULT)
    }
}

pub(super) fn create(world: &mut World, input: Members<'_>) -> Answer {
    let (application, existing) = applications::requested_application(&world.codedeploy, input)?;
    let name = NAME.read(input, "deploymentGroupName")?;
    if existing.groups.contains_key(name) {
        return Err(already_exists(name));
    }
    if input.text("serviceRoleArn")?.is_none_or(str::is_empty) {
        return Err(ApiError::new(
            "RoleRequiredException",
            "Service role ARN must be specified",
        ));
    }
    let platform = existing.compute_platform;
    let settings = stored_settings(input);
    check(&world.codedeploy, platform, &settings, (application, name))?;
    let group = Group {
        id: ids::uuid(world.codedeploy.next_number()),
        settings,
    };
    let answer = json!({ "deploymentGroupId": group.id });
    if let Some(application) = world.codedeploy.applications.get_mut(application) {
        application.groups.insert(name.to_owned(), group);
    }
    Ok(answer)
}

pub(super) fn update(world: &mut World, input: Members<'_>) -> Answer {
    let (application, existing) = applications::requested_application(&world.codedeploy, input)?;
    let current = NAME.read(input, "currentDeploymentGroupName")?;
    let mut group = existing
        .groups
        .get(current)
        .ok_or_else(|| does_not_exist(current))?
        .clone();
    let new = match input.raw("newDeploymentGroupName") {
        Some(_) => NAME.read(input, "newDeploymentGroupName")?,
        None => current,
    };
    if new != current && existing.groups.contains_key(new) {
        return Err(already_exists(new));
    }
    group.settings.extend(stored_settings(input));
    let platform = existing.compute_platform;
    check(
        &world.codedeploy,
        platform,
        &group.settings,
        (application, current),
    )?;
    if let Some(application) = world.codedeploy.applications.get_mut(application) {
        application.groups.remove(current);
        application.groups.insert(new.to_owned(), group);
    }
    Ok(json!({}))
}

pub(super) fn get(world: &mut World, input: Members<'_>) -> Answer {
    let (application, name, group) = requested_group(&world.codedeploy, input)?;
    let platform = world.codedeploy.applications[application].compute_platform;
    let mut info = group.settings.clone();
    let deployments = || world.codedeploy.deployments_of(application, name);
    let last = deployments().next();
    let successful = deployments().find(|one| one.stage == Stage::Succeeded);
    let added = json!({
        "applicationName": application,
        "deploymentGroupId": group.id,
        "deploymentGroupName": name,
        "deploymentConfigName": group.config(),
        "computePlatform": platform,
        "targetRevision": successful.map(|one| one.revision.show(None)),
        "lastSuccessfulDeployment": successful.map(show_brief),
        "lastAttemptedDeployment": last.map(show_brief),
    });
    if let Value::Object(added) = added {
        info.extend(added);
    }
    Ok(json!({ "deploymentGroupInfo": info }))
}

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let (name, application) = applications::requested_application(&world.codedeploy, input)?;
    let groups = application.groups.keys().collect();
    let page = page(groups, input)?;
    Ok(json!({
        "applicationName": name,
        "deploymentGroups": page.items,
        "nextToken": page.next,
    }))
}

/// The application and the group named in a request.
pub(super) fn requested_group<'w, 'i>(
    codedeploy: &'w CodeDeploy,
    input: Members<'i>,
) -> Result<(&'i str, &'i str, &'w Group), ApiError> {
    let (application, existing) = applications::requested_application(codedeploy, input)?;
    let name = NAME.read(input, "deploymentGroupName")?;
    let group = existing
        .groups
        .get(name)
        .ok_or_else(|| does_not_exist(name))?;
    Ok((application, name, group))
}

fn show_brief(deployment: &Deployment) -> Value {
    json!({
        "deploymentId": deployment.id,
        "status": deployment.status(),
        "createTime": epoch(deployment.created_at),
        "endTime": deployment.completed_at.map(epoch),
    })
}

/// The request members to store. Omitted wait times are stored as 0, because
/// `aws ecs deploy` relies on them.
fn stored_settings(input: Members<'_>) -> Map<String, Value> {
    let mut stored: Map<String, Value> = STORED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), input.raw(name)?.clone())))
        .collect();
    for (option, wait) in [
        ("deploymentReadyOption", "waitTimeInMinutes"),
        (
            "terminateBlueInstancesOnDeploymentSuccess",
            "terminationWaitTimeInMinutes",
        ),
    ] {
        let config = stored.get_mut("blueGreenDeploymentConfiguration");
        let option = config.and_then(|config| config.get_mut(option));
        if let Some(Value::Object(option)) = option {
            option.entry(wait).or_insert_with(|| json!(0));
        }
    }
    stored
}

fn already_exists(name: &str) -> ApiError {
    ApiError::new(
        "DeploymentGroupAlreadyExistsException",
        format!("Deployment Group {name} already exists"),
    )
}

fn does_not_exist(name: &str) -> ApiError {
    ApiError::new(
        "DeploymentGroupDoesNotExistException",
        format!("No Deployment Group found for name: {name}"),
    )
}

/// Returns an error for settings that a group cannot have.
fn check(
    codedeploy: &CodeDeploy,
    platform: ComputePlatform,
    settings: &Map<String, Value>,
    itself: (&str, &str),
) -> Result<(), ApiError> {
    if platform != ComputePlatform::Ecs {
        return Ok(());
    }
    let settings = Value::Object(settings.clone());
    let config = settings["deploymentConfigName"].as_str();
    let routing = configs::routing(codedeploy, config.unwrap_or(configs::DEFAULT))?;
    let plan = Plan::read(Members::of(&settings)?, routing)?;
    let others = codedeploy.applications.iter().flat_map(|(name, other)| {
        let groups = other.groups.iter();
        groups.map(move |(group, settings)| ((name.as_str(), group.as_str()), settings))
    });
    for (other, group) in others.filter(|(other, _)| *other != itself) {
        if group.settings.get("ecsServices") == settings.get("ecsServices") {
            return Err(ApiError::new(
                "ECSServiceMappingLimitExceededException",
                format!(
                    "The ECS service {} is already associated with the deployment group {}",
                    plan.service, other.1
                ),
            ));
        }
    }
    Ok(())
}
