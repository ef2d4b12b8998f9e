//! Hooks whose result is reported from outside the simulator, by whatever runs
//! in place of their Lambda functions. Each engine has such hooks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

/// Behaviours of the Lambda functions for which one was set, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Functions<B>(BTreeMap<String, B>);

impl<B: Clone + Default> Functions<B> {
    pub(crate) fn set(&mut self, function: &str, behaviour: B) {
        self.0.insert(function_name(function).to_owned(), behaviour);
    }

    pub(crate) fn of(&self, function: &str) -> B {
        let found = self.0.get(function_name(function));
        found.cloned().unwrap_or_default()
    }
}

/// The name of a Lambda function, from its name or ARN.
fn function_name(name_or_arn: &str) -> &str {
    let name = name_or_arn.split_once(":function:");
    name.map_or(name_or_arn, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_known_by_its_name_and_by_its_arn() {
        let mut functions = Functions::default();
        functions.set("check", 7);
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:check";
        assert_eq!((functions.of(arn), functions.of("other")), (7, 0));
    }
}
