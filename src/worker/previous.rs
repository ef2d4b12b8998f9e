//! What production runs while a release is judged, for the policies.

use super::hands::Hands;
use crate::policy::Previous;
use crate::ports::Trouble;
use crate::release::surroundings::Service;

/// The primary task set's task definition. Only policies want to know it, and
/// none waits for it: what cannot be had is told to them instead.
pub(super) async fn previous(hands: &Hands, service: Option<&Service>) -> Previous {
    if hands.policy.is_none() {
        return Previous::NotAsked;
    }
    let running = service
        .and_then(Service::primary)
        .and_then(|primary| primary.task_definition.clone());
    let Some(running) = running else {
        return Previous::None;
    };
    let why = |trouble: &Trouble| format!("{}: {}", trouble.call, trouble.code);
    match hands.ports.task_definitions.describe(&running).await {
        Ok(Some(described)) => Previous::Known(described),
        Ok(None) => Previous::Unknown {
            why: "ECS no longer shows it".into(),
        },
        Err(trouble) => Previous::Unknown { why: why(&trouble) },
    }
}
