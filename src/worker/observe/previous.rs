//! What production runs while a release is judged, for the policies.

use crate::policy::Previous;
use crate::ports::CallError;
use crate::release::target::Service;
use crate::worker::context::Context;

/// The primary task set's task definition. Only policies want to know it, and
/// none waits for it: what cannot be had is told to them instead.
pub(in crate::worker) async fn previous(context: &Context, service: Option<&Service>) -> Previous {
    if context.policy.is_none() {
        return Previous::NotAsked;
    }
    let running = service
        .and_then(Service::primary)
        .and_then(|primary| primary.task_definition.clone());
    let Some(running) = running else {
        return Previous::None;
    };
    let why = |error: &CallError| format!("{}: {}", error.call, error.code);
    match context.ports.task_definitions.describe(&running).await {
        Ok(Some(described)) => Previous::Known(described),
        Ok(None) => Previous::Unknown {
            why: "ECS no longer shows it".into(),
        },
        Err(error) => Previous::Unknown { why: why(&error) },
    }
}
