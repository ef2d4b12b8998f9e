//! Service deployments as shown in responses (docs/aws.md §6.4).

use serde_json::{Value, json};

use crate::ecs::service::Service;
use crate::json::epoch;
use crate::share::Share;

use super::hook::HookTarget;
use super::read::deployment_arn;
use super::revisions::revision_arn;
use super::settings::{CircuitBreaker, PreProductionStage, Settings, StageDuringRollback};
use super::stage::{Place, Stage};
use super::state::{HookRun, Phase, ServiceDeployment};

pub(super) fn brief(service: &Service, deployment: &ServiceDeployment) -> Value {
    json!({
        "serviceDeploymentArn": deployment_arn(service, &deployment.id),
        "serviceArn": service.arn(),
        "clusterArn": service.cluster_arn(),
        "startedAt": deployment.started_at.map(epoch),
        "createdAt": epoch(deployment.created_at),
        "finishedAt": deployment.finished_at.map(epoch),
        "targetServiceRevisionArn": revision_arn(service, &deployment.target),
        "status": deployment.phase.status(),
        "statusReason": deployment.reason,
    })
}

pub(super) fn deployment(
    service: &Service,
    deployment: &ServiceDeployment,
    settings: &Settings,
) -> Value {
    let mut shown = brief(service, deployment);
    let summary = |id: &String| revision(service, deployment, id);
    let sources: Vec<Value> = deployment.sources.iter().map(summary).collect();
    let hooks: Vec<Value> = deployment.hooks.iter().map(hook).collect();
    let rollback = deployment.rollback.as_ref().map(|rollback| {
        json!({
            "reason": rollback.reason,
            "startedAt": epoch(rollback.started_at),
            "serviceRevisionArn": revision_arn(service, &rollback.revision),
        })
    });
    let more = json!({
        "stoppedAt": deployment.stopped_at.map(epoch),
        "updatedAt": epoch(deployment.updated_at),
        "sourceServiceRevisions": sources,
        "targetServiceRevision": summary(&deployment.target),
        "lifecycleStage": lifecycle_stage(deployment, settings),
        "lifecycleHookDetails": (!hooks.is_empty()).then_some(hooks),
        "deploymentConfiguration": deployment.configuration.shown,
        "rollback": rollback,
        "deploymentCircuitBreaker": breaker(service, deployment, settings),
        "alarms": alarms(deployment),
    });
    if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
        shown.remove("targetServiceRevisionArn");
        shown.extend(more);
    }
    shown
}

/// A revision with its tasks and, if ECS shifts traffic, its weights.
fn revision(service: &Service, deployment: &ServiceDeployment, id: &str) -> Value {
    let mut shown = tasks(service, id);
    if deployment.shifts_traffic {
        let percent = |share: Share| json!(share.percent());
        shown["requestedTestTrafficWeight"] = percent(deployment.test_share(service, id));
        shown["requestedProductionTrafficWeight"] = percent(service.deployments.share(id));
    }
    shown
}

fn tasks(service: &Service, revision: &str) -> Value {
    let set = service.set_of(revision);
    let (pending, running) = set.map_or((0, 0), |set| service.counts_of(&set.id));
    json!({
        "arn": revision_arn(service, revision),
        "requestedTaskCount": set.map_or(0, |set| service.desired_count(set)),
        "runningTaskCount": running,
        "pendingTaskCount": pending,
    })
}

fn lifecycle_stage(deployment: &ServiceDeployment, settings: &Settings) -> Option<&'static str> {
    if !deployment.is_staged() {
        return None;
    }
    let place = deployment.place?;
    let is_past = matches!(
        deployment.phase,
        Phase::RollingBack { .. } | Phase::RolledBack | Phase::RollbackFailed
    );
    if is_past && settings.stage_during_rollback == StageDuringRollback::Absent {
        return None;
    }
    Some(stage_name(place, deployment, settings))
}

fn stage_name(place: Place, deployment: &ServiceDeployment, settings: &Settings) -> &'static str {
    if place.stage != Stage::PreProductionTrafficShift {
        return place.stage.as_str();
    }
    let stage = match settings.pre_production_stage {
        PreProductionStage::ProductionTrafficShift => Stage::ProductionTrafficShift,
        PreProductionStage::PreProductionTrafficShift => Stage::PreProductionTrafficShift,
        PreProductionStage::Previous if place.step > 0 => Stage::ProductionTrafficShift,
        PreProductionStage::Previous if deployment.has_test_traffic => Stage::PostTestTrafficShift,
        PreProductionStage::Previous => Stage::PostScaleUp,
    };
    stage.as_str()
}

fn hook(run: &HookRun) -> Value {
    let arn = match &run.target {
        HookTarget::Lambda(arn) => Some(arn),
        HookTarget::Pause => None,
    };
    json!({
        "hookId": run.id,
        "targetType": run.target.as_str(),
        "targetArn": arn,
        "status": run.status(),
        "expiresAt": epoch(run.expires_at),
        "timeoutAction": run.timeout_action.as_str(),
    })
}

/// The state of the circuit breaker or the alarms.
fn monitor(deployment: &ServiceDeployment, is_on: bool, triggered: bool) -> &'static str {
    // While it can turn back, an alarm or failed tasks would end it.
    match (is_on, triggered, deployment.can_turn_back()) {
        (false, _, _) => "DISABLED",
        (true, true, _) => "TRIGGERED",
        (true, false, true) => "MONITORING",
        (true, false, false) => "MONITORING_COMPLETE",
    }
}

fn breaker(service: &Service, deployment: &ServiceDeployment, settings: &Settings) -> Value {
    let works = !deployment.is_staged() || settings.circuit_breaker != CircuitBreaker::OnlyRolling;
    let configured = deployment.configuration.breaker.filter(|_| works);
    let triggered = deployment.watch.breaker_triggered;
    json!({
        "status": monitor(deployment, configured.is_some(), triggered),
        "failureCount": configured.map_or(0, |_| deployment.failure_count(service)),
        "threshold": configured.map_or(0, |breaker| breaker.threshold(service.desired)),
    })
}

fn alarms(deployment: &ServiceDeployment) -> Value {
    let configured = deployment.configuration.alarms.as_ref();
    let triggered = &deployment.watch.triggered_alarms;
    json!({
        "status": monitor(deployment, configured.is_some(), !triggered.is_empty()),
        "alarmNames": configured.map(|alarms| &alarms.names),
        "triggeredAlarmNames": triggered,
    })
}

/// The members of a service that are about its own deployments.
pub(in crate::ecs) fn of_service(service: &Service, now: jiff::Timestamp) -> Value {
    let mut newest_first = service.deployments.all.iter().rev();
    let current = newest_first.find(|one| one.visible_at <= now);
    let revisions: Vec<Value> = service
        .task_sets
        .iter()
        .filter_map(|set| Some(tasks(service, set.revision.as_ref()?)))
        .collect();
    json!({
        "currentServiceDeployment": current.map(|one| deployment_arn(service, &one.id)),
        "currentServiceRevisions": revisions,
    })
}

/// `rolloutState` and `rolloutStateReason` of a revision.
pub(in crate::ecs) fn rollout(service: &Service, revision: &str) -> (&'static str, &'static str) {
    let mut newest_first = service.deployments.all.iter().rev();
    let last = newest_first.find(|one| one.target == revision);
    match last.map(|one| one.phase) {
        None | Some(Phase::Successful) => ("COMPLETED", "completed."),
        Some(Phase::Pending | Phase::Running { .. }) => ("IN_PROGRESS", "in progress."),
        Some(
            Phase::StopRequested { .. }
            | Phase::RollbackRequested { .. }
            | Phase::RollingBack { .. }
            | Phase::Stopped
            | Phase::RolledBack
            | Phase::RollbackFailed,
        ) => ("FAILED", "failed."),
    }
}
