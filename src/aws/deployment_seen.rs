//! Converts CodeDeploy's deployments and targets to our own values (docs/aws.md
//! §5.3, §5.4).

use aws_sdk_codedeploy::types::{
    AutoRollbackConfiguration, DeploymentInfo, DeploymentOverview, EcsTarget, EcsTaskSet,
    LifecycleEvent as Event, RollbackInfo,
};

use super::deployment_group::{ready, termination_wait};
use super::values::{count, filled, timestamp};
use crate::job::{DeployTarget, DeploymentId};
use crate::release::target::ReadyOption;
use crate::rollout::seen::{
    DeploymentError, DeploymentSeen, DeploymentStatus, Diagnostics, EventStatus, Label,
    LifecycleEvent, RollbackSeen, TargetSeen, TargetStatus, TaskSetSeen,
};

/// Converts a deployment, without its target and its shift, which are read
/// separately. `None` if it has no id.
pub(super) fn deployment(info: &DeploymentInfo) -> Option<DeploymentSeen> {
    let status = info
        .status()
        .map(aws_sdk_codedeploy::types::DeploymentStatus::as_str);
    let blue_green = info.blue_green_deployment_configuration();
    Some(DeploymentSeen {
        id: DeploymentId::new(info.deployment_id()?),
        status: DeploymentStatus::from(status.unwrap_or_default()),
        deploys_to: DeployTarget::group(
            info.application_name().unwrap_or_default(),
            info.deployment_group_name().unwrap_or_default(),
        ),
        description: info.description().and_then(filled),
        deployment_config: info.deployment_config_name().and_then(filled),
        shift: None,
        ready_wait: blue_green.and_then(|config| match ready(config) {
            ReadyOption::WaitFor(wait) => Some(wait),
            ReadyOption::Continue => None,
        }),
        awaited: None,
        termination_wait: blue_green.map(termination_wait),
        creator: info.creator().map(|creator| creator.as_str().to_owned()),
        created: info.create_time().and_then(timestamp),
        completed: info.complete_time().and_then(timestamp),
        error: info.error_information().map(|error| DeploymentError {
            code: error
                .code()
                .map(|code| code.as_str().to_owned())
                .unwrap_or_default(),
            message: error.message().unwrap_or_default().to_owned(),
        }),
        rolls_back: info
            .auto_rollback_configuration()
            .is_some_and(AutoRollbackConfiguration::enabled),
        rollback: info.rollback_info().map(rollback),
        superseded_by: None,
        reached: info.deployment_overview().and_then(reached),
        target: None,
    })
}

/// The status of the deployment's only target, from the counts of the overview.
fn reached(overview: &DeploymentOverview) -> Option<TargetStatus> {
    [
        (overview.pending(), TargetStatus::Pending),
        (overview.in_progress(), TargetStatus::InProgress),
        (overview.succeeded(), TargetStatus::Succeeded),
        (overview.failed(), TargetStatus::Failed),
        (overview.skipped(), TargetStatus::Skipped),
        (overview.ready(), TargetStatus::Ready),
    ]
    .into_iter()
    .find_map(|(count, status)| (count > 0).then_some(status))
}

/// Converts the ECS target of a deployment.
pub(super) fn target(target: &EcsTarget) -> TargetSeen {
    let status = target
        .status()
        .map(aws_sdk_codedeploy::types::TargetStatus::as_str);
    TargetSeen {
        id: target.target_id().unwrap_or_default().to_owned(),
        status: TargetStatus::from(status.unwrap_or_default()),
        events: target.lifecycle_events().iter().map(event).collect(),
        task_sets: target.task_sets_info().iter().map(task_set).collect(),
    }
}

fn rollback(info: &RollbackInfo) -> RollbackSeen {
    let id = |id: Option<&str>| id.and_then(filled).map(DeploymentId::new);
    RollbackSeen {
        deployment: id(info.rollback_deployment_id()),
        triggered_by: id(info.rollback_triggering_deployment_id()),
        message: info.rollback_message().and_then(filled),
    }
}

fn event(event: &Event) -> LifecycleEvent {
    let status = event
        .status()
        .map(aws_sdk_codedeploy::types::LifecycleEventStatus::as_str);
    LifecycleEvent {
        name: event.lifecycle_event_name().unwrap_or_default().to_owned(),
        status: EventStatus::from(status.unwrap_or_default()),
        started: event.start_time().and_then(timestamp),
        ended: event.end_time().and_then(timestamp),
        diagnostics: event.diagnostics().map(|diagnostics| {
            Box::new(Diagnostics {
                error_code: diagnostics
                    .error_code()
                    .map(|code| code.as_str().to_owned()),
                script_name: diagnostics.script_name().and_then(filled),
                message: diagnostics.message().and_then(filled),
                log_tail: diagnostics.log_tail().and_then(filled),
            })
        }),
    }
}

fn task_set(set: &EcsTaskSet) -> TaskSetSeen {
    let label = set
        .task_set_label()
        .map(aws_sdk_codedeploy::types::TargetLabel::as_str);
    TaskSetSeen {
        id: set.identifer().unwrap_or_default().to_owned(),
        label: Label::from(label.unwrap_or_default()),
        status: set.status().unwrap_or_default().to_owned(),
        desired: count(set.desired_count()),
        pending: count(set.pending_count()),
        running: count(set.running_count()),
        traffic_weight: Some(set.traffic_weight()),
        target_group: set
            .target_group()
            .and_then(|group| group.name())
            .and_then(filled),
        // CodeDeploy does not report it.
        task_definition: None,
    }
}
