//! The settings of a deployment group that its deployments follow (docs/aws.md
//! §5.7).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::ecs::resource_name;
use crate::json::Members;

use super::configs::Routing;

/// Maximum number of alarms of a group or a deployment.
const MAX_ALARMS: usize = 10;
/// The longest termination wait, in minutes.
const MAX_WAIT: i64 = 2_880;

/// How a deployment of the group proceeds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) cluster: String,
    pub(super) service: String,
    pub(super) target_groups: [String; 2],
    pub(super) has_test_listener: bool,
    /// How long to wait for `ContinueDeployment` before stopping; `None` if
    /// traffic shifts without waiting.
    pub(super) ready_wait: Option<Duration>,
    pub(super) termination_wait: Duration,
    pub(super) alarms: Vec<String>,
    pub(super) rolls_back_on: Vec<RollbackEvent>,
    pub(super) routing: Routing,
}

/// Events that cause an automatic rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RollbackEvent {
    Failure,
    StopOnAlarm,
    StopOnRequest,
}

impl Plan {
    /// Parses a group's settings.
    pub(super) fn read(settings: Members<'_>, routing: Routing) -> Result<Self, ApiError> {
        check_style(settings)?;
        let (cluster, service) = ecs_service(settings)?;
        let (target_groups, has_test_listener) = load_balancing(settings)?;
        let (ready_wait, termination_wait) = wait_times(settings)?;
        Ok(Self {
            cluster,
            service,
            target_groups,
            has_test_listener,
            ready_wait,
            termination_wait,
            alarms: alarms(settings, "alarmConfiguration")?.unwrap_or_default(),
            rolls_back_on: rollback_events(settings)?.unwrap_or_default(),
            routing,
        })
    }

    /// Applies the overrides in a `CreateDeployment` request.
    pub(super) fn override_with(&mut self, input: Members<'_>) -> Result<(), ApiError> {
        if let Some(alarms) = alarms(input, "overrideAlarmConfiguration")? {
            self.alarms = alarms;
        }
        if let Some(events) = rollback_events(input)? {
            self.rolls_back_on = events;
        }
        Ok(())
    }

    /// The other target group of the pair.
    pub(super) fn other_target_group(&self, name: Option<&str>) -> &str {
        let [first, second] = &self.target_groups;
        if name == Some(first) { second } else { first }
    }
}

fn check_style(settings: Members<'_>) -> Result<(), ApiError> {
    let style = settings.object_or_empty("deploymentStyle")?;
    let kind = (
        style.text("deploymentType")?,
        style.text("deploymentOption")?,
    );
    if kind == (Some("BLUE_GREEN"), Some("WITH_TRAFFIC_CONTROL")) {
        Ok(())
    } else {
        Err(ApiError::new(
            "InvalidDeploymentStyleException",
            "For ECS, the deployment style must be BLUE_GREEN and WITH_TRAFFIC_CONTROL",
        ))
    }
}

/// The names of the group's cluster and service, without ARNs.
fn ecs_service(settings: Members<'_>) -> Result<(String, String), ApiError> {
    let invalid = || {
        ApiError::new(
            "InvalidECSServiceException",
            "Exactly one ECS service with its cluster must be specified",
        )
    };
    let services = settings.objects("ecsServices")?;
    let [service] = services.as_slice() else {
        return Err(invalid());
    };
    let cluster = service.text("clusterName")?.ok_or_else(invalid)?;
    let name = service.text("serviceName")?.ok_or_else(invalid)?;
    Ok((
        resource_name(cluster).to_owned(),
        resource_name(name).to_owned(),
    ))
}

/// The pair of target groups, and whether there is a test listener.
fn load_balancing(settings: Members<'_>) -> Result<([String; 2], bool), ApiError> {
    let invalid_pair = || {
        ApiError::new(
            "InvalidTargetGroupPairException",
            "A target group pair needs two target groups and one production listener",
        )
    };
    let info = settings.object("loadBalancerInfo")?.ok_or_else(|| {
        ApiError::new(
            "InvalidLoadBalancerInfoException",
            "Load balancer information must be specified",
        )
    })?;
    let pairs = info.objects("targetGroupPairInfoList")?;
    let [pair] = pairs.as_slice() else {
        return Err(invalid_pair());
    };
    let mut names = Vec::new();
    for group in pair.objects("targetGroups")? {
        names.push(group.text("name")?.ok_or_else(invalid_pair)?.to_owned());
    }
    let target_groups = <[String; 2]>::try_from(names).map_err(|_| invalid_pair())?;
    let listeners = |route: &str| -> Result<usize, ApiError> {
        let route = pair.object_or_empty(route)?;
        Ok(route.texts("listenerArns")?.len())
    };
    if listeners("prodTrafficRoute")? != 1 || listeners("testTrafficRoute")? > 1 {
        return Err(invalid_pair());
    }
    Ok((target_groups, listeners("testTrafficRoute")? == 1))
}

fn wait_times(settings: Members<'_>) -> Result<(Option<Duration>, Duration), ApiError> {
    let invalid =
        |message: &str| ApiError::new("InvalidBlueGreenDeploymentConfigurationException", message);
    let minutes = |members: Members<'_>, name: &str| -> Result<u64, ApiError> {
        let minutes = members.number(name)?.unwrap_or(0);
        u64::try_from(minutes)
            .ok()
            .filter(|_| minutes <= MAX_WAIT)
            .ok_or_else(|| invalid("A wait time must be between 0 and 2880 minutes"))
    };
    let config = settings
        .object("blueGreenDeploymentConfiguration")?
        .ok_or_else(|| invalid("A blue/green deployment configuration must be specified"))?;
    let ready = config.object_or_empty("deploymentReadyOption")?;
    let ready_minutes = minutes(ready, "waitTimeInMinutes")?;
    let ready_wait = match ready.text("actionOnTimeout")? {
        Some("STOP_DEPLOYMENT") => Some(Duration::from_secs(ready_minutes * 60)),
        None | Some("CONTINUE_DEPLOYMENT") if ready_minutes == 0 => None,
        None | Some("CONTINUE_DEPLOYMENT") => {
            return Err(invalid(
                "waitTimeInMinutes must not be given with CONTINUE_DEPLOYMENT",
            ));
        }
        Some(_) => return Err(invalid("Invalid actionOnTimeout")),
    };
    let terminate = config.object_or_empty("terminateBlueInstancesOnDeploymentSuccess")?;
    let action = terminate.text("action")?;
    if action.is_some_and(|action| action != "TERMINATE") {
        return Err(invalid("For ECS, the action must be TERMINATE"));
    }
    let termination_minutes = minutes(terminate, "terminationWaitTimeInMinutes")?;
    Ok((ready_wait, Duration::from_secs(termination_minutes * 60)))
}

/// The enabled alarms; `None` if the member is absent.
fn alarms(settings: Members<'_>, member: &str) -> Result<Option<Vec<String>>, ApiError> {
    let Some(config) = settings.object(member)? else {
        return Ok(None);
    };
    let mut names = Vec::new();
    for alarm in config.objects("alarms")? {
        let name = alarm.text("name")?.filter(|name| !name.is_empty());
        names.push(name.map(str::to_owned).ok_or_else(|| {
            ApiError::new("InvalidAlarmConfigException", "An alarm needs a name")
        })?);
    }
    if names.len() > MAX_ALARMS {
        return Err(ApiError::new(
            "AlarmsLimitExceededException",
            format!("At most {MAX_ALARMS} alarms can be specified"),
        ));
    }
    let enabled = config.flag("enabled")? == Some(true);
    if enabled && names.is_empty() {
        return Err(ApiError::new(
            "InvalidAlarmConfigException",
            "Alarms must be specified when the alarm configuration is enabled",
        ));
    }
    Ok(Some(if enabled { names } else { Vec::new() }))
}

/// The enabled rollback events; `None` if the member is absent.
fn rollback_events(settings: Members<'_>) -> Result<Option<Vec<RollbackEvent>>, ApiError> {
    let Some(config) = settings.object("autoRollbackConfiguration")? else {
        return Ok(None);
    };
    let mut events = Vec::new();
    for event in config.texts("events")? {
        events.push(match event {
            "DEPLOYMENT_FAILURE" => RollbackEvent::Failure,
            "DEPLOYMENT_STOP_ON_ALARM" => RollbackEvent::StopOnAlarm,
            "DEPLOYMENT_STOP_ON_REQUEST" => RollbackEvent::StopOnRequest,
            other => {
                return Err(ApiError::new(
                    "InvalidAutoRollbackConfigException",
                    format!("Invalid auto rollback event: {other}"),
                ));
            }
        });
    }
    let enabled = config.flag("enabled")? == Some(true);
    if enabled && events.is_empty() {
        return Err(ApiError::new(
            "InvalidAutoRollbackConfigException",
            "Events must be specified when auto rollback is enabled",
        ));
    }
    Ok(Some(if enabled { events } else { Vec::new() }))
}
