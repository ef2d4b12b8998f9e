//! Converts CodeDeploy's deployments and targets to our own values (docs/aws.md
//! §5.3, §5.4).

use aws_sdk_codedeploy::types::{
    AutoRollbackConfiguration, DeploymentInfo, DeploymentOverview, EcsTarget, EcsTaskSet,
    LifecycleEvent as Event, RollbackInfo,
};

use super::deployment_group::{ready, termination_wait};
use super::values::{count, filled, text, timestamp};
use crate::job::{DeployTarget, DeploymentId};
use crate::release::target::ReadyOption;
use crate::rollout::seen::{
    DeploymentError, DeploymentSeen, DeploymentStatus, Diagnostics, EventStatus, Label,
    LifecycleEvent, RollbackSeen, TargetSeen, TargetStatus, TaskSetSeen,
};

/// Converts a deployment, without its target and its shift, which are read
/// separately. `None` if it has no id.
pub(super) fn deployment(info: &DeploymentInfo) -> Option<DeploymentSeen> {
    let blue_green = info.blue_green_deployment_configuration();
    Some(DeploymentSeen {
        id: DeploymentId::new(info.deployment_id()?),
        status: DeploymentStatus::from(info.status().map_or("", |status| status.as_str())),
        deploys_to: DeployTarget::group(
            text(info.application_name()),
            text(info.deployment_group_name()),
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
            code: error.code().map_or("", |code| code.as_str()).into(),
            message: text(error.message()),
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
    TargetSeen {
        id: text(target.target_id()),
        status: TargetStatus::from(target.status().map_or("", |status| status.as_str())),
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
    LifecycleEvent {
        name: text(event.lifecycle_event_name()),
        status: EventStatus::from(event.status().map_or("", |status| status.as_str())),
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
    let target_group = set.target_group().and_then(|group| group.name());
    TaskSetSeen {
        id: text(set.identifer()),
        label: Label::from(set.task_set_label().map_or("", |label| label.as_str())),
        status: text(set.status()),
        desired: count(set.desired_count()),
        pending: count(set.pending_count()),
        running: count(set.running_count()),
        traffic_weight: Some(set.traffic_weight()),
        target_group: target_group.and_then(filled),
        // CodeDeploy does not report it.
        task_definition: None,
    }
}
