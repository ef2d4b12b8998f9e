//! Hooks whose status is reported from outside the simulator, by whatever runs
//! in place of their Lambda functions.

use crate::timeline;
use crate::world::World;

use super::deployment::{EventStatus, HookAnswer, HookWords, LifecycleEvent};

/// A hook that a deployment waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingHook {
    pub deployment: String,
    /// For example `AfterAllowTestTraffic`.
    pub event: &'static str,
    /// The `lifecycleEventHookExecutionId`.
    pub execution: String,
}

/// The first hook that a deployment waits for, if any.
#[must_use]
pub fn waiting_hook(world: &World) -> Option<WaitingHook> {
    let mut live = world.codedeploy.deployments.iter();
    live.find_map(|deployment| {
        let mut events = deployment.events.iter();
        let event = events.find(|event| is_waiting(event))?;
        Some(WaitingHook {
            deployment: deployment.id.clone(),
            event: event.name.as_str(),
            execution: event.execution_id.clone()?,
        })
    })
}

/// Reports the status of a hook that is still waited for. It has failed if
/// `failed` has its output.
pub fn answer_waiting_hook(world: &mut World, hook: &WaitingHook, failed: Option<HookWords>) {
    let now = world.now();
    if let Ok(deployment) = world.codedeploy.deployment_mut(&hook.deployment) {
        let is_meant = |event: &&mut LifecycleEvent| {
            is_waiting(event) && event.execution_id.as_deref() == Some(&hook.execution)
        };
        if let Some(event) = deployment.events.iter_mut().find(is_meant) {
            event.answer = Some(HookAnswer {
                at: now,
                succeeded: failed.is_none(),
                words: failed,
            });
        }
    }
    timeline::advance(world);
}

fn is_waiting(event: &LifecycleEvent) -> bool {
    event.status == EventStatus::InProgress
        && event.execution_id.is_some()
        && event.answer.is_none()
}
