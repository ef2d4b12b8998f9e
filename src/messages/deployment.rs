//! The message for a deployment that did not succeed: the cause, what to do,
//! what production runs, and the evidence.

use super::call::sentence;
use super::cause;
use super::limit::fit_line;
use super::message::Message;
use super::words::moment;
use crate::job::action_type::deployment_link;
use crate::job::{DeployTarget, DeploymentId, Engine};
use crate::rollout::cause::Cause;
use crate::rollout::ending::{Ending, Production};
use crate::rollout::evidence::{AlarmSeen, StopCode, StoppedContainer, StoppedTask, TargetHealth};
use crate::rollout::failure::{DeploymentFailure, RollbackOutcome};
use crate::rollout::seen::LifecycleEvent;
use crate::rollout::step::StopReason;

/// Maximum number of characters of a hook's log: its end, which has the reason.
const MAX_LOG: usize = 1000;

/// Maximum number of characters of any other text from AWS.
const MAX_TEXT: usize = 400;

pub(super) fn words(failure: &DeploymentFailure) -> Message {
    let cause = Cause::of(failure);
    let headline = headline(failure, &cause);
    let cause = cause::of_deployment(&cause, failure);
    let what = format!("{headline}: {}", cause.what);
    let mut words =
        Message::new(what, cause.remedy)
            .at(production(failure))
            .at(match &failure.target {
                DeployTarget::Group(name) => format!(
                    "Application {}, deployment group {}, task definition {}",
                    name.application, name.group, failure.task_definition
                ),
                DeployTarget::Service(name) => format!(
                    "Cluster {}, service {}, task definition {}",
                    name.cluster, name.service, failure.task_definition
                ),
            });
    if let Some(error) = &failure.error {
        words = words.evidence(format!(
            "{}: {}",
            error.code,
            fit_line(&error.message, MAX_TEXT)
        ));
    }
    for event in &failure.events {
        words = words.evidence(lifecycle_event(event));
    }
    for task in distinct(&failure.evidence.tasks) {
        words = words.evidence(stopped_task(task));
    }
    for alarm in &failure.evidence.gone_off {
        words = words.evidence(alarm_on(alarm));
    }
    for target in unhealthy(&failure.evidence.targets) {
        words = words.evidence(target_health(target));
    }
    for event in &failure.evidence.events {
        words = words.evidence(format!(
            "{} {}",
            moment(event.at),
            fit_line(&event.message, MAX_TEXT)
        ));
    }
    for error in &failure.evidence.unread {
        words = words.evidence(format!("Could not be read: {}", sentence(error)));
    }
    let link = deployment_link(&failure.task_definition, &failure.deployment);
    words.link(link)
}

fn headline(failure: &DeploymentFailure, cause: &Cause) -> String {
    let id = &failure.deployment;
    match failure.ending {
        Ending::ByUs(StopReason::TimedOut) => {
            format!("Deployment {id} had not ended within the timeout and was stopped")
        }
        Ending::ByUs(StopReason::Abandoned) => {
            format!("Deployment {id} was stopped because the action was abandoned")
        }
        Ending::ByUs(StopReason::TaskFailure) => format!(
            "Deployment {id} was stopped because too many of its new tasks failed (OnTaskFailure)"
        ),
        Ending::NotStopped(StopReason::TimedOut) => format!(
            "Deployment {id} had not ended within the timeout, and has not stopped since it was \
             asked to"
        ),
        Ending::NotStopped(StopReason::Abandoned) => format!(
            "Deployment {id} was asked to stop because the action was abandoned, and has not stopped"
        ),
        Ending::NotStopped(StopReason::TaskFailure) => format!(
            "Deployment {id} was asked to stop because too many of its new tasks failed \
             (OnTaskFailure), and has not stopped"
        ),
        Ending::ByHand if *cause != Cause::StoppedByHand => {
            format!("Deployment {id} was stopped by hand")
        }
        Ending::Superseded => format!("Deployment {id} was superseded"),
        Ending::ByHand | Ending::ByAlarm | Ending::Stopped => {
            format!("Deployment {id} was stopped")
        }
        Ending::Failed => format!("Deployment {id} failed"),
    }
}

/// What production runs now, as far as known.
fn production(failure: &DeploymentFailure) -> String {
    match (&failure.rollback, failure.production) {
        (RollbackOutcome::None, Production::Moved(share)) => format!(
            "No rollback was made: {share} % of the traffic was last seen on the new version."
        ),
        (RollbackOutcome::None, Production::NeverMoved) => {
            "No rollback was made, and none was needed: production traffic never left the old \
             version."
                .into()
        }
        (RollbackOutcome::None, Production::OnOld | Production::Old) => {
            "No rollback was made. When last seen, all production traffic was on the old version."
                .into()
        }
        (RollbackOutcome::None, Production::Unknown) => {
            "No rollback was made. The worker could not see which version serves production; look \
             at the service's tasks."
                .into()
        }
        (RollbackOutcome::Succeeded { deployment }, Production::NeverMoved) => format!(
            "Production traffic never left the old version ({} succeeded).",
            rollback(failure, deployment)
        ),
        (RollbackOutcome::Succeeded { deployment }, Production::Old | Production::Unknown) => {
            format!(
                "Production is on the old version ({} succeeded).",
                rollback(failure, deployment)
            )
        }
        (RollbackOutcome::Succeeded { deployment }, Production::Moved(_) | Production::OnOld) => {
            format!(
                "Production is back on the old version ({} succeeded).",
                rollback(failure, deployment)
            )
        }
        (RollbackOutcome::Failed { deployment }, Production::NeverMoved) => format!(
            "Production traffic never left the old version; {} failed, so that new tasks may \
             be left.",
            the_rollback(failure, deployment)
        ),
        (RollbackOutcome::Failed { deployment }, _) => format!(
            "Production may not be on the old version: {} failed too. Look at the service's {}.",
            the_rollback(failure, deployment),
            match deployment.engine() {
                Engine::CodeDeploy => "task sets",
                Engine::Ecs => "deployments and target groups",
            }
        ),
        (RollbackOutcome::Unfinished { deployment }, Production::NeverMoved) => format!(
            "Production traffic never left the old version; the rollback {deployment} had not \
             ended when this was reported."
        ),
        (RollbackOutcome::Unfinished { deployment }, _) => format!(
            "Whether production is back on the old version is not known yet: the rollback \
             {deployment} had not ended when this was reported."
        ),
    }
}

/// CodeDeploy rolls back with a deployment of its own, ECS within the same.
fn rollback(failure: &DeploymentFailure, by: &DeploymentId) -> String {
    if *by == failure.deployment {
        "the rollback".to_owned()
    } else {
        format!("rollback {by}")
    }
}

fn the_rollback(failure: &DeploymentFailure, by: &DeploymentId) -> String {
    let rollback = rollback(failure, by);
    if *by == failure.deployment {
        rollback
    } else {
        format!("the {rollback}")
    }
}

fn lifecycle_event(event: &LifecycleEvent) -> String {
    let mut text = format!("{} failed", event.name);
    if let Some(diagnostics) = &event.diagnostics {
        let parts = [
            diagnostics.script_name.as_deref(),
            diagnostics.error_code.as_deref(),
            diagnostics.message.as_deref(),
        ];
        for part in parts.into_iter().flatten().filter(|part| !part.is_empty()) {
            text.push_str(": ");
            text.push_str(&fit_line(part, MAX_TEXT));
        }
        if let Some(log) = &diagnostics.log_tail {
            text.push_str("\nlog: ");
            text.push_str(&last_chars(log, MAX_LOG));
        }
    }
    text
}

/// One task for each distinct stop reason.
fn distinct(tasks: &[StoppedTask]) -> Vec<&StoppedTask> {
    let mut kept: Vec<&StoppedTask> = Vec::new();
    for task in tasks {
        let same = |other: &&StoppedTask| {
            other.reason == task.reason && other.containers == task.containers
        };
        if !kept.iter().any(same) {
            kept.push(task);
        }
    }
    kept
}

fn stopped_task(task: &StoppedTask) -> String {
    let mut text = format!("Task {} stopped", task.id);
    if let Some(at) = task.at {
        text.push_str(&format!(" at {}", moment(at)));
    }
    text.push_str(": ");
    text.push_str(stop_code(&task.stop_code));
    if let Some(reason) = &task.reason {
        text.push_str(": ");
        text.push_str(&fit_line(reason, MAX_TEXT));
    }
    for container in &task.containers {
        text.push_str(&stopped_container(container));
    }
    text
}

fn stopped_container(container: &StoppedContainer) -> String {
    let exit = match container.exit_code {
        Some(code) => format!("exit code {code}"),
        None => "never ran".into(),
    };
    let reason = match &container.reason {
        Some(reason) => format!(", {}", fit_line(reason, MAX_TEXT)),
        None => String::new(),
    };
    format!("; container {}: {exit}{reason}", container.name)
}

fn alarm_on(alarm: &AlarmSeen) -> String {
    let mut text = format!("Alarm {} is in ALARM", alarm.name);
    if let Some(since) = alarm.since {
        text.push_str(&format!(" since {since}"));
    }
    if let Some(reason) = &alarm.reason {
        text.push_str(": ");
        text.push_str(&fit_line(reason, MAX_TEXT));
    }
    text
}

/// One unhealthy target for each distinct reason.
fn unhealthy(targets: &[TargetHealth]) -> Vec<&TargetHealth> {
    let mut kept: Vec<&TargetHealth> = Vec::new();
    for target in targets.iter().filter(|target| target.is_unhealthy()) {
        let same = |other: &&TargetHealth| {
            other.reason == target.reason && other.description == target.description
        };
        if !kept.iter().any(same) {
            kept.push(target);
        }
    }
    kept
}

fn target_health(target: &TargetHealth) -> String {
    let mut text = format!("Target {}", target.id);
    if let Some(port) = target.port {
        text.push_str(&format!(":{port}"));
    }
    text.push_str(" is unhealthy");
    for part in [&target.reason, &target.description].into_iter().flatten() {
        text.push_str(": ");
        text.push_str(&fit_line(part, MAX_TEXT));
    }
    text
}

fn stop_code(code: &StopCode) -> &str {
    match code {
        StopCode::TaskFailedToStart => "TaskFailedToStart",
        StopCode::EssentialContainerExited => "EssentialContainerExited",
        StopCode::UserInitiated => "UserInitiated",
        StopCode::ServiceSchedulerInitiated => "ServiceSchedulerInitiated",
        StopCode::SpotInterruption => "SpotInterruption",
        StopCode::TerminationNotice => "TerminationNotice",
        StopCode::InfrastructureHealth => "InfrastructureHealth",
        StopCode::Unrecognised(other) => other,
    }
}

/// The last `limit` characters of an untrusted text.
fn last_chars(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    text.chars().skip(length.saturating_sub(limit)).collect()
}

#[cfg(test)]
pub(super) mod tests;
