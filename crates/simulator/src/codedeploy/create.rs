//! `CreateDeployment` and its errors (docs/aws.md §5.1).

use serde_json::{Map, Value, json};

use crate::api::{Answer, ApiError};
use crate::ids;
use crate::json::Members;
use crate::world::World;

use super::configs::{self, Routing};
use super::deployment::{Creator, Deployment, LifecycleEvent, RollbackInfo, Stage, TaskSets};
use super::groups;
use super::install;
use super::plan::Plan;
use super::revisions::Revision;
use super::state::ComputePlatform;

/// Longest description, in characters (docs/aws.md §5.1).
const MAX_DESCRIPTION: usize = 256;

/// Members of the group that `GetDeployment` repeats for each deployment.
const REPEATED: &[&str] = &[
    "autoRollbackConfiguration",
    "deploymentStyle",
    "blueGreenDeploymentConfiguration",
    "loadBalancerInfo",
];

pub(super) fn create(world: &mut World, input: Members<'_>) -> Answer {
    let (application, name, group) = groups::requested_group(&world.codedeploy, input)?;
    let owner = &world.codedeploy.applications[application];
    if owner.compute_platform != ComputePlatform::Ecs {
        return Err(ApiError::new(
            "InvalidRevisionException",
            "The simulated CodeDeploy deploys to ECS only",
        ));
    }
    check_mode(input)?;
    let description = description(input)?;
    let revision = Revision::read(world, input)?;
    let config = input
        .text("deploymentConfigName")?
        .unwrap_or_else(|| group.config())
        .to_owned();
    let routing = configs::routing(&world.codedeploy, &config)?;
    let settings = Value::Object(group.settings.clone());
    check_load_balancer(&settings, routing)?;
    let mut plan = Plan::read(Members::of(&settings)?, routing)?;
    plan.override_with(input)?;
    if world.codedeploy.checks_service_at_creation {
        install::primary(&world.ecs, &plan)
            .map_err(|message| ApiError::new("InvalidECSServiceException", message))?;
    }
    if let Some(active) = world
        .codedeploy
        .deployments_of(application, name)
        .find(|one| !one.stage.is_final())
    {
        return Err(ApiError::new(
            "DeploymentLimitExceededException",
            format!(
                "The Deployment Group '{name}' already has an active Deployment '{}'",
                active.id
            ),
        ));
    }
    let repeated = repeated_members(&group.settings, input);
    let previous_revision = world
        .codedeploy
        .deployments_of(application, name)
        .find(|one| one.stage == Stage::Succeeded)
        .map(|one| one.revision.clone());
    let now = world.now();
    let id = ids::deployment(world.codedeploy.next_number());
    if let Some(application) = world.codedeploy.applications.get_mut(application) {
        application.know(&revision, now).last_used_at = Some(now);
    }
    world.codedeploy.deployments.push(Deployment {
        id: id.clone(),
        application: application.to_owned(),
        group: name.to_owned(),
        config,
        description,
        revision,
        previous_revision,
        creator: Creator::User,
        plan,
        repeated,
        created_at: now,
        started_at: None,
        completed_at: None,
        updated_at: now,
        stage: Stage::Created,
        events: LifecycleEvent::all_pending(),
        app_spec: None,
        task_sets: TaskSets::default(),
        green_weight: 0,
        stop: None,
        error: None,
        rollback: RollbackInfo::default(),
        history: Vec::new(),
    });
    Ok(json!({ "deploymentId": id }))
}

/// `RESTART` is only for EC2, and it is the only mode that `GetDeployment`
/// would repeat (docs/aws.md §8). Which of the new error codes applies is not
/// documented.
fn check_mode(input: Members<'_>) -> Result<(), ApiError> {
    match input.text("deploymentMode")? {
        None | Some("STANDARD") => Ok(()),
        Some("RESTART") => Err(ApiError::new(
            "InvalidComputePlatformException",
            "The deployment mode RESTART is not supported for the compute platform ECS",
        )),
        Some(other) => Err(ApiError::new(
            "InvalidInputException",
            format!("Invalid deployment mode: {other}"),
        )),
    }
}

/// A Network Load Balancer moves traffic all at once (docs/aws.md §4.4, §8). The
/// message is our own; AWS's is not known.
fn check_load_balancer(settings: &Value, routing: Routing) -> Result<(), ApiError> {
    let listener = settings
        .pointer("/loadBalancerInfo/targetGroupPairInfoList/0/prodTrafficRoute/listenerArns/0")
        .and_then(Value::as_str);
    let is_network = listener.is_some_and(|arn| arn.contains(":listener/net/"));
    if is_network && routing != Routing::AllAtOnce {
        return Err(ApiError::new(
            "InvalidTrafficRoutingConfigurationException",
            "A Network Load Balancer supports the deployment configuration ECSAllAtOnce only",
        ));
    }
    Ok(())
}

/// The description in a request, if it is short enough.
pub(super) fn description(input: Members<'_>) -> Result<Option<String>, ApiError> {
    let description = input.text("description")?;
    if description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
        return Err(ApiError::new(
            "DescriptionTooLongException",
            format!("The description is longer than {MAX_DESCRIPTION} characters"),
        ));
    }
    Ok(description.map(str::to_owned))
}

fn repeated_members(group: &Map<String, Value>, input: Members<'_>) -> Map<String, Value> {
    let from_group = REPEATED.iter().filter_map(|name| {
        let value = group.get(*name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    let own = ["autoRollbackConfiguration", "overrideAlarmConfiguration"];
    let from_request = own
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), input.raw(name)?.clone())));
    from_group.chain(from_request).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_load_balancer_moves_traffic_all_at_once_or_not_at_all() {
        let settings = |kind: &str| {
            let arn = format!("arn:aws:elasticloadbalancing:r:a:listener/{kind}/web/1/2");
            let route = json!({ "listenerArns": [arn] });
            let pair = json!({ "prodTrafficRoute": route });
            json!({ "loadBalancerInfo": { "targetGroupPairInfoList": [pair] } })
        };
        let name = "CodeDeployDefault.ECSLinear10PercentEvery1Minutes";
        let known = super::super::state::CodeDeploy::default();
        let gradual = configs::routing(&known, name).expect("it is CodeDeploy's own");
        assert!(check_load_balancer(&settings("app"), gradual).is_ok());
        assert!(check_load_balancer(&settings("net"), Routing::AllAtOnce).is_ok());
        let error = check_load_balancer(&settings("net"), gradual).unwrap_err();
        assert_eq!(error.code, "InvalidTrafficRoutingConfigurationException");
    }
}
