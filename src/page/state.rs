//! The state of a release as one sentence, and what a reader needs first: the
//! parts of a failure's message, or what continues a deployment that waits.

use std::time::Duration;

use super::view::{
    ActionShown, DeploymentShown, EventShown, StateShown, TaskSetShown, Tone, Version, View,
};
use crate::job::duration::{precise, rounded};

/// The state of the view's first action.
#[must_use]
pub fn state(view: &View) -> StateShown {
    let Some(action) = view.actions.first() else {
        return StateShown::of(Tone::Still, "Starting");
    };
    match action.status.as_str() {
        "InProgress" => under_way(view, action),
        "Succeeded" => {
            let summary = action.summary.iter().flat_map(|text| text.lines());
            let what = summary.take(1).map(|line| format!(": {line}"));
            let text = format!("Succeeded{}{}", after(action), what.collect::<String>());
            StateShown::of(Tone::Good, text)
        }
        other => {
            let failure = action.failure.clone();
            let ended = format!("{other}{}", after(action));
            StateShown {
                tone: Tone::Bad,
                sentence: match &failure {
                    Some(failure) => format!("{ended}: {}", failure.cause),
                    None => ended,
                },
                failure,
                waiting: None,
            }
        }
    }
}

/// Zero for what is in the past or not a number.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// How long the action took.
fn after(action: &ActionShown) -> String {
    let until = action.until;
    until.map_or(String::new(), |until| {
        format!(" after {}", precise(duration(until)))
    })
}

impl StateShown {
    fn of(tone: Tone, sentence: impl Into<String>) -> Self {
        Self {
            tone,
            sentence: sentence.into(),
            ..Self::default()
        }
    }
}

fn under_way(view: &View, action: &ActionShown) -> StateShown {
    let mut deployments = view.deployments.iter();
    let release = deployments.clone().find(|one| !one.is_rollback);
    if let Some(rollback) = deployments.find(|one| one.is_rollback) {
        let text = match (rollback.completed, &view.traffic) {
            (None, Some(traffic)) if traffic.green > 0 => format!(
                "Rolling back: {} % of the traffic is still on the new tasks",
                traffic.green
            ),
            (None, _) => "Rolling back: the traffic goes back to the old tasks".into(),
            (Some(_), _) => "The rollback has ended, and the worker reports it next".into(),
        };
        return StateShown::of(Tone::Warning, text);
    }
    let Some(release) = release else {
        return StateShown::of(Tone::Busy, before(action));
    };
    if let Some(waiting) = &release.waits {
        let otherwise = release.next.as_ref().map(|next| {
            let left = precise(duration(next.at - view.now));
            format!("; otherwise {} in {left}", next.what)
        });
        return StateShown {
            tone: Tone::Warning,
            sentence: format!("Waiting to be continued{}", otherwise.unwrap_or_default()),
            failure: None,
            waiting: Some(waiting.clone()),
        };
    }
    let (tone, text) = phase(view, release);
    StateShown::of(tone, text)
}

/// What happens before there is a deployment.
fn before(action: &ActionShown) -> String {
    match (action.registered, &action.waiting, action.taken) {
        (Some(_), _, _) => {
            "The task definition is registered, and the deployment comes next".into()
        }
        (None, Some(waiting), _) => waiting.clone(),
        (None, None, Some(_)) => "The worker checks the release".into(),
        (None, None, None) => "The job waits for a worker".into(),
    }
}

fn phase(view: &View, release: &DeploymentShown) -> (Tone, String) {
    if release.completed.is_some() {
        let text = match release.status.as_str() {
            "Succeeded" | "SUCCESSFUL" => "The deployment has succeeded, and the worker reports it",
            _ => "The deployment did not succeed, and the worker reads why",
        };
        return (Tone::Busy, text.into());
    }
    let mut latest_first = release.events.iter().rev();
    let event = latest_first.find(|event| event.status == "InProgress");
    let has_begun = |event: &EventShown| event.started.is_some();
    let text = match event.map(|event| event.name.as_str()) {
        None if !release.events.iter().any(has_begun) => {
            "The deployment is created and has not begun"
        }
        None | Some("BAKE_TIME" | "CLEAN_UP") => return (Tone::Busy, shifted(release, view.now)),
        Some("Install" | "SCALE_UP") => return starting(view),
        Some("AllowTraffic" | "PRODUCTION_TRAFFIC_SHIFT") => {
            let times = times(release, view.now);
            let text = format!("Shifting traffic: {} %{times}", release.share);
            return (Tone::Busy, text);
        }
        Some("RECONCILE_SERVICE") => "Removing what a superseded deployment left",
        Some("BeforeInstall" | "PRE_SCALE_UP") => "Before the new tasks start",
        Some("AfterInstall" | "POST_SCALE_UP") => "The new tasks run",
        Some("AllowTestTraffic" | "TEST_TRAFFIC_SHIFT") => "Shifting the test traffic",
        Some("AfterAllowTestTraffic" | "POST_TEST_TRAFFIC_SHIFT") => {
            "Test traffic is on the new tasks"
        }
        Some("BeforeAllowTraffic" | "PRE_PRODUCTION_TRAFFIC_SHIFT") => "Before the traffic shifts",
        Some("AfterAllowTraffic" | "POST_PRODUCTION_TRAFFIC_SHIFT") => {
            "All traffic is on the new tasks"
        }
        Some(other) => other,
    };
    (Tone::Busy, text.into())
}

/// All traffic has moved, and the old tasks are still there.
fn shifted(release: &DeploymentShown, now: f64) -> String {
    let left = release
        .next
        .as_ref()
        .map(|next| precise(duration(next.at - now)));
    let old = left.map_or("are being stopped".into(), |left| {
        format!("stay for {left}")
    });
    format!("All traffic is on the new tasks; the old ones {old}")
}

fn starting(view: &View) -> (Tone, String) {
    let sets = view.task_sets.iter();
    let Some(set) = sets.rev().find(|set| set.version == Version::Green) else {
        return (Tone::Busy, "Starting the new tasks".into());
    };
    let TaskSetShown {
        desired,
        tasks,
        stopped,
        last_stop,
        ..
    } = set;
    let healthy = tasks.iter().filter(|task| task.state == "healthy").count();
    let text = format!("Starting the new tasks: {healthy} of {desired} healthy");
    match (stopped, last_stop) {
        (0, _) => (Tone::Busy, text),
        (stopped, None) => (Tone::Warning, format!("{text}, {stopped} stopped")),
        (stopped, Some(why)) => (
            Tone::Warning,
            format!("{text}, {stopped} stopped, the last because: {why}"),
        ),
    }
}

/// What comes next, and when it ends, as far as that is known.
fn times(release: &DeploymentShown, now: f64) -> String {
    let next = release.next.as_ref();
    let mut text = next.map_or(String::new(), |next| {
        format!(", {} in {}", next.what, precise(duration(next.at - now)))
    });
    let is_end = |ends: f64| next.is_some_and(|next| (ends - next.at).abs() < 1.0);
    if let Some(ends) = release.ends.filter(|ends| *ends > now && !is_end(*ends)) {
        text.push_str(&format!(", about {} left", rounded(duration(ends - now))));
    }
    text
}

#[cfg(test)]
mod tests;
