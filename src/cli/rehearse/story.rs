//! The story of a rehearsal: a line for each event.

use std::time::Duration;

use super::seen::{Deployment, Event, Snapshot, Whose};

/// All events so far, oldest first, with the time since the action's start.
pub(super) fn story(seen: &Snapshot) -> Vec<(Duration, String)> {
    let mut story = Vec::new();
    if let Some(at) = seen.taken {
        story.push((seen.since_start(at), "The worker takes the job".into()));
    }
    if let Some(at) = seen.registered {
        story.push((seen.since_start(at), "Task definition registered".into()));
    }
    if let Some((at, summary)) = &seen.held_up {
        let line = format!("The pipeline shows: {summary}");
        story.push((seen.since_start(*at), line));
    }
    let notes = seen.notes.iter();
    story.extend(notes.map(|(at, line)| (seen.since_start(*at), line.clone())));
    for deployment in &seen.deployments {
        let lines = life(deployment).into_iter();
        story.extend(lines.map(|(at, line)| (seen.since_start_of(at), line)));
    }
    // The sort is stable: simultaneous events stay in the order of collection.
    story.sort_by_key(|(at, _)| *at);
    story
}

/// The events of a deployment so far.
fn life(deployment: &Deployment) -> Vec<(f64, String)> {
    let info = &deployment.info;
    let name = &info.deployment_id;
    let (id, label) = match deployment.whose {
        Whose::Rollback => (format!("Rollback {name}"), "rollback "),
        Whose::Release => (format!("Deployment {name}"), ""),
        Whose::Other => (format!("Somebody else's deployment {name}"), ""),
    };
    let mut lines = vec![(info.create_time, format!("{id} created"))];
    if let Some(target) = &deployment.target
        && deployment.whose != Whose::Other
    {
        for event in &target.lifecycle_events {
            let told = progress(event, deployment)
                .into_iter()
                .chain(end(event))
                .map(|(at, what)| {
                    let name = &event.lifecycle_event_name;
                    (at, format!("  {label}{name:<22} {what}"))
                });
            lines.extend(told);
        }
        if info.status == "Ready" {
            let line = format!("{id} waits until somebody continues it");
            lines.push((target.last_updated_at, line));
        }
    }
    if let Some(at) = info.complete_time {
        lines.push((at, format!("{id} {}", info.status)));
    }
    lines
}

/// The progress of a long lifecycle event. For a rollback there is none: the
/// deployment that it reverts shows it.
fn progress(event: &Event, deployment: &Deployment) -> Option<(f64, String)> {
    if deployment.whose == Whose::Rollback {
        return None;
    }
    match (event.lifecycle_event_name.as_str(), event.status.as_str()) {
        ("Install", _) => Some((event.start_time?, "starts the new tasks".into())),
        ("AllowTraffic", "InProgress") => {
            let target = deployment.target.as_ref()?;
            let weight = target.green()?.traffic_weight;
            let line = format!("{weight:>3} % of the traffic on the new tasks");
            Some((target.last_updated_at, line))
        }
        _ => None,
    }
}

/// The end of a lifecycle event. An event that never began is skipped.
fn end(event: &Event) -> Option<(f64, String)> {
    event.start_time?;
    Some((event.end_time?, event.status.clone()))
}
