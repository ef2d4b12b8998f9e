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
    let evidence = &failure.evidence;
    let mut lines = Vec::new();
    if let Some(error) = &failure.error {
        lines.push(format!("{}{}", error.code, quoted(Some(&error.message))));
    }
    lines.extend(failure.events.iter().map(lifecycle_event));
    let tasks = distinct(&evidence.tasks, |one, other| {
        one.reason == other.reason && one.containers == other.containers
    });
    lines.extend(tasks.into_iter().map(stopped_task));
    lines.extend(evidence.gone_off.iter().map(alarm_on));
    let unhealthy = evidence.targets.iter().filter(|one| one.is_unhealthy());
    let unhealthy = distinct(unhealthy, |one, other| {
        one.reason == other.reason && one.description == other.description
    });
    lines.extend(unhealthy.into_iter().map(target_health));
    for event in &evidence.events {
        let message = fit_line(&event.message, MAX_TEXT);
        lines.push(format!("{} {message}", moment(event.at)));
    }
    for error in &evidence.unread {
        lines.push(format!("Could not be read: {}", sentence(error)));
    }
    lines
}

/// A text from AWS, if there is one, after a colon.
fn quoted(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| {
        format!(": {}", fit_line(text, MAX_TEXT))
    })
}

/// The items without those that say the same as an earlier one.
fn distinct<'a, T>(
    items: impl IntoIterator<Item = &'a T>,
    is_same: impl Fn(&T, &T) -> bool,
) -> Vec<&'a T> {
    let mut kept: Vec<&T> = Vec::new();
    for item in items {
        if !kept.iter().any(|other| is_same(other, item)) {
            kept.push(item);
        }
    }
    kept
}

fn lifecycle_event(event: &LifecycleEvent) -> String {
    let mut text = format!("{} failed", event.name);
    if let Some(diagnostics) = &event.diagnostics {
        let parts = [
            diagnostics.script_name.as_deref(),
            diagnostics.error_code.as_deref(),
            diagnostics.message.as_deref(),
        ];
        for part in parts.into_iter().filter(|part| *part != Some("")) {
            text.push_str(&quoted(part));
        }
        if let Some(log) = &diagnostics.log_tail {
            text.push_str("\nlog: ");
            text.push_str(&last_chars(log, MAX_LOG));
        }
    }
    text
}

fn stopped_task(task: &StoppedTask) -> String {
    let at = task.at.map(|at| format!(" at {}", moment(at)));
    let containers: String = task.containers.iter().map(stopped_container).collect();
    format!(
        "Task {} stopped{}: {}{}{containers}",
        task.id,
        at.unwrap_or_default(),
        stop_code(&task.stop_code),
        quoted(task.reason.as_deref()),
    )
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
    let since = alarm.since.map(|since| format!(" since {since}"));
    format!(
        "Alarm {} is in ALARM{}{}",
        alarm.name,
        since.unwrap_or_default(),
        quoted(alarm.reason.as_deref()),
    )
}

fn target_health(target: &TargetHealth) -> String {
    let port = target.port.map(|port| format!(":{port}"));
    format!(
        "Target {}{} is unhealthy{}{}",
        target.id,
        port.unwrap_or_default(),
        quoted(target.reason.as_deref()),
        quoted(target.description.as_deref()),
    )
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
