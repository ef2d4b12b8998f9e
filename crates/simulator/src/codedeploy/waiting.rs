//! Hooks whose status something else reports than the simulated Lambda
//! function.

use crate::hooks::WaitingHook;
use crate::world::World;

use super::deployment::{EventStatus, HookAnswer, HookOutput, LifecycleEvent};

/// The hooks that deployments wait for, one of each.
pub(crate) fn waiting_hooks(world: &World) -> Vec<WaitingHook> {
    let live = world.codedeploy.deployments.iter();
    live.filter_map(|deployment| {
        let mut events = deployment.events.iter();
        let event = events.find(|event| is_waiting(event))?;
        Some(WaitingHook {
            deployment: deployment.id.clone(),
            event: event.name.as_str(),
            execution: event.execution_id.clone()?,
        })
    })
    .collect()
}

/// Reports the status of a hook that is still waited for. It has failed if
/// `failed` has its output.
pub(crate) fn answer_hook(world: &mut World, hook: &WaitingHook, failed: Option<HookOutput>) {
    let now = world.now();
    if let Ok(deployment) = world.codedeploy.deployments.get_mut(&hook.deployment) {
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
}

fn is_waiting(event: &LifecycleEvent) -> bool {
    event.status == EventStatus::InProgress
        && event.execution_id.is_some()
        && event.answer.is_none()
}
