//! Reads what production runs while a release is judged, for the policies.

use crate::policy::Previous;
use crate::ports::CallError;
use crate::release::target::Service;
use crate::worker::context::Context;

/// Describes the primary task set's task definition. Only policies use it, and
/// a failure does not hold up the release: the policies get the reason instead.
pub(in crate::worker) async fn previous(context: &Context, service: Option<&Service>) -> Previous {
    if context.settings.policy.is_none() {
        return Previous::NotAsked;
    }
    let running = service
        .and_then(Service::primary)
        .and_then(|primary| primary.task_definition.clone());
    let Some(running) = running else {
        return Previous::None;
    };
    let why = |error: &CallError| format!("{}: {}", error.call, error.code);
    match context
        .ports
        .task_definitions
        .describe(&(&running).into())
        .await
    {
        Ok(Some(described)) => Previous::Known(described),
        Ok(None) => Previous::Unknown {
            why: "ECS no longer shows it".into(),
        },
        Err(error) => Previous::Unknown { why: why(&error) },
    }
}
