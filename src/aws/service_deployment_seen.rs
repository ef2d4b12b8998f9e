//! Converts ECS's service deployments to our own values (docs/aws.md §6.2,
//! §6.4 to §6.7).

use std::collections::BTreeMap;

use aws_sdk_ecs::types::{
    DeploymentLifecycleHookDetail as Hook, ServiceDeployment, ServiceRevisionSummary,
};
use jiff::Timestamp;

use super::service_configuration::configuration;
use super::service_revisions::Revision;
use super::values::{count, filled, name_of, timestamp};
use crate::job::{DeployTarget, DeploymentId};
use crate::release::deployment_configuration::{DeploymentConfiguration, Strategy};
use crate::rollout::seen::{
    ALARMS_TRIGGERED, AwaitedHook, BREAKER_TRIGGERED, DeploymentError, DeploymentSeen,
    DeploymentStatus, Diagnostics, EventStatus, Label, LifecycleEvent, MANUAL_STOP, TargetSeen,
    TargetStatus, TaskSetSeen,
};
use crate::rollout::shift::Shift;
use crate::rollout::stage::Stage;

/// What stands for the stage of a rolling deployment, which has none.
const ROLLING: &str = "ROLLING";

/// Converts a deployment whose revisions are known. `None` if it has no ARN.
pub(super) fn deployment(
    seen: &ServiceDeployment,
    revisions: &BTreeMap<String, Revision>,
) -> Option<DeploymentSeen> {
    let arn = seen.service_deployment_arn()?;
    let status = status(seen);
    let configuration = seen.deployment_configuration().map(configuration);
    let configuration = configuration.unwrap_or_default();
    let completed = seen.finished_at().or(seen.stopped_at());
    Some(DeploymentSeen {
        id: DeploymentId::new(arn),
        deploys_to: service_of(arn)?,
        description: None,
        deployment_config: None,
        shift: shift(&configuration.strategy),
        ready_wait: None,
        awaited: awaited(seen),
        termination_wait: Some(configuration.bake_time),
        creator: None,
        created: seen.created_at().and_then(timestamp),
        completed: completed.and_then(timestamp),
        error: error(seen, &status),
        rolls_back: false,
        rollback: None,
        superseded_by: None,
        reached: None,
        target: Some(target(seen, &status, &configuration, revisions)),
        status,
    })
}

/// The ARNs of the revisions that [`deployment`] needs.
pub(super) fn revisions(seen: &ServiceDeployment) -> impl Iterator<Item = &str> {
    let all = seen.target_service_revision().into_iter();
    let all = all.chain(seen.source_service_revisions());
    all.filter_map(ServiceRevisionSummary::arn)
}

/// When it was clear that it does not succeed: the earliest of its stop, the
/// start of its rollback and its end.
pub(super) fn failed_at(seen: &ServiceDeployment) -> Option<Timestamp> {
    let rollback = seen.rollback().and_then(|rollback| rollback.started_at());
    let ended = [seen.stopped_at(), rollback, seen.finished_at()];
    ended.into_iter().flatten().filter_map(timestamp).min()
}

/// The service in the ARN of one of its deployments, which ends in
/// `service-deployment/CLUSTER/SERVICE/ID`.
pub(super) fn service_of(arn: &str) -> Option<DeployTarget> {
    let (_, path) = arn.split_once(":service-deployment/")?;
    let mut parts = path.split('/');
    Some(DeployTarget::service(parts.next()?, parts.next()?))
}

/// An unknown status counts as in progress.
pub(super) fn status_named(name: &str) -> DeploymentStatus {
    match name {
        "PENDING" => DeploymentStatus::Queued,
        "IN_PROGRESS" | "STOP_REQUESTED" => DeploymentStatus::InProgress,
        "SUCCESSFUL" => DeploymentStatus::Succeeded,
        "STOPPED" => DeploymentStatus::Stopped,
        "ROLLBACK_REQUESTED" | "ROLLBACK_IN_PROGRESS" => DeploymentStatus::RollingBack,
        "ROLLBACK_SUCCESSFUL" => DeploymentStatus::RolledBack,
        "ROLLBACK_FAILED" => DeploymentStatus::RollbackFailed,
        other => DeploymentStatus::Unrecognised(other.to_owned()),
    }
}

/// A deployment that waits to be continued stays `IN_PROGRESS`; its hook says
/// that it waits.
fn status(seen: &ServiceDeployment) -> DeploymentStatus {
    let name = seen.status().map_or("", |status| status.as_str());
    if name == "IN_PROGRESS" && seen.lifecycle_hook_details().iter().any(waits) {
        return DeploymentStatus::Ready;
    }
    status_named(name)
}

fn has_status(hook: &Hook, statuses: &[&str]) -> bool {
    hook.status()
        .is_some_and(|status| statuses.contains(&status.as_str()))
}

/// Whether the hook waits to be continued.
pub(super) fn waits(hook: &Hook) -> bool {
    has_status(hook, &["AWAITING_ACTION"])
}

fn awaited(seen: &ServiceDeployment) -> Option<AwaitedHook> {
    let mut hooks = seen.lifecycle_hook_details().iter();
    let hook = hooks.find(|hook| waits(hook))?;
    let action = hook.timeout_action();
    Some(AwaitedHook {
        id: hook.hook_id()?.to_owned(),
        until: hook.expires_at().and_then(timestamp),
        continues: action.is_some_and(|action| action.as_str() == "CONTINUE"),
    })
}

fn shift(strategy: &Strategy) -> Option<Shift> {
    match *strategy {
        Strategy::Rolling | Strategy::Unrecognised(_) => None,
        Strategy::BlueGreen => Some(Shift::AllAtOnce),
        Strategy::Linear { percent, every } => Some(Shift::Linear {
            percent: whole(percent),
            every,
        }),
        Strategy::Canary {
            percent,
            rest_after,
        } => Some(Shift::Canary {
            percent: whole(percent),
            rest_after,
        }),
    }
}

/// Rounded up, which is enough to say when the next step comes.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 1..=100 first"
)]
fn whole(percent: f64) -> u8 {
    percent.ceil().clamp(1.0, 100.0) as u8
}

/// Whether it has ended, or is being rolled back, without success.
pub(super) fn has_failed(status: &DeploymentStatus) -> bool {
    let is_ended = status.is_final() || *status == DeploymentStatus::RollingBack;
    is_ended && *status != DeploymentStatus::Succeeded
}

/// Why it ended, if it did not succeed. Fields are decisive; the text is only
/// shown and read for what fields do not say.
fn error(seen: &ServiceDeployment, status: &DeploymentStatus) -> Option<DeploymentError> {
    if !has_failed(status) {
        return None;
    }
    let alarms = seen.alarms().and_then(|alarms| alarms.status());
    let breaker = seen.deployment_circuit_breaker();
    let breaker = breaker.and_then(|breaker| breaker.status());
    let code = if alarms.is_some_and(|status| status.as_str() == "TRIGGERED") {
        ALARMS_TRIGGERED
    } else if breaker.is_some_and(|status| status.as_str() == "TRIGGERED") {
        BREAKER_TRIGGERED
    } else if was_stopped(seen, status) {
        MANUAL_STOP
    } else {
        seen.status().map_or("", |status| status.as_str())
    };
    let reason = seen.rollback().and_then(|rollback| rollback.reason());
    let message = seen.status_reason().or(reason).unwrap_or_default();
    Some(DeploymentError {
        code: code.to_owned(),
        message: message.to_owned(),
    })
}

/// Whether a deployment was stopped by a call and then rolled back. One that
/// failed has a time of its stop only if it did not roll back (docs/aws.md §6.7).
fn was_stopped(seen: &ServiceDeployment, status: &DeploymentStatus) -> bool {
    let mut hooks = seen.lifecycle_hook_details().iter();
    *status != DeploymentStatus::Stopped
        && seen.stopped_at().is_some()
        && !hooks.any(|hook| has_status(hook, &["FAILED", "TIMED_OUT"]))
}

fn target(
    seen: &ServiceDeployment,
    status: &DeploymentStatus,
    configuration: &DeploymentConfiguration,
    revisions: &BTreeMap<String, Revision>,
) -> TargetSeen {
    let service = seen.service_arn().map(name_of).unwrap_or_default();
    let cluster = seen.cluster_arn().map(name_of).unwrap_or_default();
    let new = seen.target_service_revision();
    let new = new.map(|summary| task_set(summary, Label::Green, revisions));
    let old = seen.source_service_revisions().iter();
    let old = old.map(|summary| task_set(summary, Label::Blue, revisions));
    let stage = match seen.lifecycle_stage() {
        Some(stage) => Some(stage.as_str().to_owned()),
        None => (configuration.strategy == Strategy::Rolling).then(|| ROLLING.to_owned()),
    };
    let behind = |stage: &String| {
        matches!(
            Stage::named(stage),
            Stage::AfterShift | Stage::Bake | Stage::CleanUp
        )
    };
    let share = new.as_ref().and_then(|set| set.traffic_weight);
    let all = share.is_some_and(|share| share >= 100.0);
    let has_shifted = all && stage.as_ref().is_some_and(behind);
    let since = seen.updated_at().or(seen.started_at()).and_then(timestamp);
    TargetSeen {
        id: format!("{cluster}:{service}"),
        status: if has_shifted || *status == DeploymentStatus::Succeeded {
            TargetStatus::Succeeded
        } else if status.is_final() {
            TargetStatus::Failed
        } else {
            TargetStatus::InProgress
        },
        events: events(seen, stage, since),
        task_sets: new.into_iter().chain(old).collect(),
    }
}

/// The current stage, and the hooks that failed in it.
fn events(
    seen: &ServiceDeployment,
    stage: Option<String>,
    since: Option<Timestamp>,
) -> Vec<LifecycleEvent> {
    let failed = seen.lifecycle_hook_details().iter().filter_map(|hook| {
        let code = match hook.status()?.as_str() {
            "FAILED" => "ScriptFailed",
            "TIMED_OUT" => "ScriptTimedOut",
            _ => return None,
        };
        // A pause that was not continued is in the deployment's own reason.
        let function = hook.target_arn().and_then(filled)?;
        Some(LifecycleEvent {
            name: stage.clone().unwrap_or_default(),
            status: EventStatus::Failed,
            started: None,
            ended: hook.expires_at().and_then(timestamp),
            diagnostics: Some(Box::new(Diagnostics {
                error_code: Some(code.to_owned()),
                script_name: Some(function),
                // The deployment's own reason names the hook.
                message: None,
                log_tail: None,
            })),
        })
    });
    let failed: Vec<LifecycleEvent> = failed.collect();
    let current = stage.map(|name| LifecycleEvent {
        name,
        status: EventStatus::InProgress,
        started: since,
        ended: None,
        diagnostics: None,
    });
    current.into_iter().chain(failed).collect()
}

/// A revision's tasks are to ECS what a task set is to CodeDeploy.
fn task_set(
    summary: &ServiceRevisionSummary,
    label: Label,
    revisions: &BTreeMap<String, Revision>,
) -> TaskSetSeen {
    let arn = summary.arn().unwrap_or_default();
    let revision = revisions.get(arn);
    TaskSetSeen {
        id: name_of(arn).to_owned(),
        label,
        status: "ACTIVE".to_owned(),
        desired: count(summary.requested_task_count()),
        pending: count(summary.pending_task_count()),
        running: count(summary.running_task_count()),
        traffic_weight: summary.requested_production_traffic_weight(),
        target_group: revision.and_then(|revision| revision.target_group.clone()),
        task_definition: revision.map(|revision| revision.task_definition.clone()),
    }
}
