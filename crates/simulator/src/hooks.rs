//! Hooks whose result is reported from outside the simulator, by whatever runs
//! in place of their Lambda functions. Each engine has such hooks.

use crate::codedeploy::{self, HookOutput};
use crate::ecs;
use crate::timeline;
use crate::world::World;

/// A hook that a deployment waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingHook {
    /// Id or ARN.
    pub deployment: String,
    /// The lifecycle event or stage, for example `AfterAllowTestTraffic`.
    pub event: &'static str,
    /// The `lifecycleEventHookExecutionId` or `hookId`.
    pub execution: String,
}

/// The hooks that deployments wait for.
#[must_use]
pub fn waiting_hooks(world: &World) -> Vec<WaitingHook> {
    let mut waiting = codedeploy::waiting_hooks(world);
    waiting.extend(ecs::waiting_hooks(world));
    waiting
}

/// Reports the result of a hook that is still waited for. It has failed if
/// `failed` has its output, which only CodeDeploy shows.
pub fn answer_hook(world: &mut World, hook: &WaitingHook, failed: Option<HookOutput>) {
    ecs::answer_hook(world, hook, failed.is_none());
    codedeploy::answer_hook(world, hook, failed);
    timeline::advance(world);
}

/// The name of a Lambda function, from its name or ARN.
pub(crate) fn function_name(name_or_arn: &str) -> &str {
    let name = name_or_arn.split_once(":function:");
    name.map_or(name_or_arn, |(_, name)| name)
}
