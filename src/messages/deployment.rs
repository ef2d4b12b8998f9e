//! The message of a deployment that did not succeed: the cause, what to do,
//! what production runs, then the evidence.

use super::call::sentence;
use super::cause;
use super::message::Message;
use super::progress::moment;
use crate::job::action_type::deployment_link;
use crate::rollout::cause::Cause;
use crate::rollout::evidence::{AlarmSeen, StopCode, StoppedContainer, StoppedTask, TargetHealth};
use crate::rollout::failure::{DeploymentFailure, RollbackOutcome};
use crate::rollout::seen::{DeploymentStatus, LifecycleEvent};
use crate::rollout::step::StopReason;

/// Characters of a hook's log that are shown: its end, where the reason is.
const LOG_TAIL: usize = 1000;

/// Characters of any one text that AWS gives, beside logs.
const TEXT: usize = 400;

pub(super) fn words(failure: &DeploymentFailure) -> Message {
    let cause = cause::words(&Cause::of(failure), &failure.evidence);
    let what = format!("{}: {}", headline(failure), cause.what);
    let mut words = Message::new(what, cause.remedy)
        .at(production(failure))
        .at(format!(
            "Application {}, deployment group {}, task definition {}",
            failure.application, failure.group, failure.task_definition
        ));
    if let Some(error) = &failure.error {
        words = words.evidence(format!("{}: {}", error.code, cut(&error.message, TEXT)));
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
            cut(&event.message, TEXT)
        ));
    }
    for trouble in &failure.evidence.unread {
        words = words.evidence(format!("Could not be read: {}", sentence(trouble)));
    }
    let link = deployment_link(&failure.task_definition, &failure.deployment);
    words.link(link)
}

fn headline(failure: &DeploymentFailure) -> String {
    let id = &failure.deployment;
    match (failure.stopped, &failure.status) {
        (Some(StopReason::TimedOut), _) => {
            format!("Deployment {id} had not ended within the time-out and was stopped")
        }
        (Some(StopReason::Abandoned), _) => {
            format!("Deployment {id} was stopped because the action was abandoned")
        }
        (None, DeploymentStatus::Stopped) => format!("Deployment {id} was stopped"),
        (
            None,
            DeploymentStatus::Failed
            | DeploymentStatus::Created
            | DeploymentStatus::Queued
            | DeploymentStatus::InProgress
            | DeploymentStatus::Baking
            | DeploymentStatus::Ready
            | DeploymentStatus::Succeeded
            | DeploymentStatus::Unrecognised(_),
        ) => format!("Deployment {id} failed"),
    }
}

/// What production runs now, as far as it is known.
fn production(failure: &DeploymentFailure) -> String {
    match &failure.rollback {
        RollbackOutcome::None if failure.traffic > 0.0 => format!(
            "No rollback was made: {} % of the traffic was last seen on the new task set.",
            failure.traffic
        ),
        RollbackOutcome::None => {
            "No rollback was made; none was needed as far as can be seen: no traffic was seen on \
             the new task set."
                .into()
        }
        RollbackOutcome::Succeeded { deployment } => {
            format!("Production is back on the old version (rollback {deployment} succeeded).")
        }
        RollbackOutcome::Failed { deployment } => format!(
            "Production may not be on the old version: the rollback {deployment} failed too. \
             Look at the service's task sets."
        ),
        RollbackOutcome::Unfinished { deployment } => format!(
            "Whether production is back on the old version is not known yet: the rollback \
             {deployment} had not ended when this was reported."
        ),
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
            text.push_str(&cut(part, TEXT));
        }
        if let Some(log) = &diagnostics.log_tail {
            text.push_str("\nlog: ");
            text.push_str(&end(log, LOG_TAIL));
        }
    }
    text
}

/// Tasks that stopped for different reasons; the rest would say the same.
fn distinct(tasks: &[StoppedTask]) -> Vec<&StoppedTask> {
    let mut told: Vec<&StoppedTask> = Vec::new();
    for task in tasks {
        let same = |other: &&StoppedTask| {
            other.reason == task.reason && other.containers == task.containers
        };
        if !told.iter().any(same) {
            told.push(task);
        }
    }
    told
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
        text.push_str(&cut(reason, TEXT));
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
        Some(reason) => format!(", {}", cut(reason, TEXT)),
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
        text.push_str(&cut(reason, TEXT));
    }
    text
}

/// Targets that are unhealthy for different reasons.
fn unhealthy(targets: &[TargetHealth]) -> Vec<&TargetHealth> {
    let mut told: Vec<&TargetHealth> = Vec::new();
    for target in targets.iter().filter(|target| target.is_unhealthy()) {
        let same = |other: &&TargetHealth| {
            other.reason == target.reason && other.description == target.description
        };
        if !told.iter().any(same) {
            told.push(target);
        }
    }
    told
}

fn target_health(target: &TargetHealth) -> String {
    let mut text = format!("Target {}", target.id);
    if let Some(port) = target.port {
        text.push_str(&format!(":{port}"));
    }
    text.push_str(" is unhealthy");
    for part in [&target.reason, &target.description].into_iter().flatten() {
        text.push_str(": ");
        text.push_str(&cut(part, TEXT));
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
        StopCode::Unrecognised(other) => other,
    }
}

/// One line of foreign text.
fn cut(text: &str, limit: usize) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    super::limit::fit(&line.join(" "), limit)
}

/// The end of a foreign text.
fn end(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    text.chars().skip(length.saturating_sub(limit)).collect()
}

#[cfg(test)]
pub(super) mod tests;
