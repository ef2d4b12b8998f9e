//! The story of a rehearsal: a line for each event.

use std::time::Duration;

use jiff::Timestamp;

use super::seen::{Deployment, Snapshot, Whose};
use crate::job::DeploymentId;

/// All events so far, oldest first, with the time since the action's start.
pub(super) fn story(seen: &Snapshot) -> Vec<(Duration, String)> {
    let mut story = Vec::new();
    if let Some(at) = seen.taken {
        story.push((at, "The worker takes the job".into()));
    }
    if let Some(at) = seen.registered {
        story.push((at, "Task definition registered".into()));
    }
    for (at, summary) in &seen.reported {
        story.push((*at, format!("The pipeline shows: {summary}")));
    }
    story.extend(seen.notes.iter().cloned());
    story.extend(seen.deployments.iter().flat_map(life));
    // The sort is stable: simultaneous events stay in the order of collection.
    story.sort_by_key(|(at, _)| *at);
    let story = story.into_iter();
    story
        .map(|(at, line)| (seen.since_start(at), line))
        .collect()
}

/// The narrowest column for the names of events.
const NAMES: usize = 22;

/// The events of a deployment so far.
fn life(deployment: &Deployment) -> Vec<(Timestamp, String)> {
    let id = DeploymentId::new(&deployment.id);
    let (id, label, begun) = match deployment.whose {
        Whose::Rollback => (format!("Rollback {id}"), "rollback ", "started"),
        Whose::Release => (format!("Deployment {id}"), "", "created"),
        Whose::Other => (format!("Another client's deployment {id}"), "", "created"),
    };
    let mut lines = vec![(deployment.created, format!("{id} {begun}"))];
    if deployment.whose != Whose::Other {
        let names = deployment.events.iter().map(|event| event.name.len());
        let width = names.max().unwrap_or(0).max(NAMES);
        for event in &deployment.events {
            // The deployment that a rollback reverts shows the progress.
            let notes = event.notes.iter().cloned();
            let notes = notes.filter(|_| deployment.whose != Whose::Rollback);
            let end = event.end().map(|at| (at, event.status.clone()));
            lines.extend(notes.chain(end).map(|(at, what)| {
                let name = &event.name;
                (at, format!("  {label}{name:<width$} {what}"))
            }));
        }
        if let Some(at) = deployment.waits_since {
            let share = match deployment.share {
                share if share > 0.0 => format!(", {share} % of the traffic on the new tasks"),
                _ => String::new(),
            };
            lines.push((at, format!("{id} waits to be continued{share}")));
        }
    }
    if let Some(at) = deployment.completed {
        lines.push((at, format!("{id} {}", deployment.status)));
    }
    lines
}
