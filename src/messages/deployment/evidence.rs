//! The evidence of a deployment's failure, one line for each item, the most
//! significant first.

use crate::messages::call::sentence;
use crate::messages::limit::fit_line;
use crate::messages::words::moment;
use crate::rollout::evidence::{AlarmSeen, StopCode, StoppedContainer, StoppedTask, TargetHealth};
use crate::rollout::failure::DeploymentFailure;
use crate::rollout::seen::LifecycleEvent;

/// Maximum number of characters of a hook's log: its end, which has the reason.
const MAX_LOG: usize = 1000;

/// Maximum number of characters of any other text from AWS.
const MAX_TEXT: usize = 400;

pub(super) fn lines(failure: &DeploymentFailure) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(error) = &failure.error {
        lines.push(format!(
            "{}: {}",
            error.code,
            fit_line(&error.message, MAX_TEXT)
        ));
    }
    for event in &failure.events {
        lines.push(lifecycle_event(event));
    }
    for task in distinct(&failure.evidence.tasks) {
        lines.push(stopped_task(task));
    }
    for alarm in &failure.evidence.gone_off {
        lines.push(alarm_on(alarm));
    }
    for target in unhealthy(&failure.evidence.targets) {
        lines.push(target_health(target));
    }
    for event in &failure.evidence.events {
        lines.push(format!(
            "{} {}",
            moment(event.at),
            fit_line(&event.message, MAX_TEXT)
        ));
    }
    for error in &failure.evidence.unread {
        lines.push(format!("Could not be read: {}", sentence(error)));
    }
    lines
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
