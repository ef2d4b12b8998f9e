//! A deployment that waits until somebody continues it: until when, what
//! happens then, and the command that continues it.

use jiff::Timestamp;

use super::words::moment;
use crate::job::{DeploymentId, Engine};
use crate::rollout::seen::AwaitedHook;

pub(super) fn words(
    deployment: &DeploymentId,
    until: Option<Timestamp>,
    hook: Option<&AwaitedHook>,
) -> String {
    let then = match (deployment.engine(), hook) {
        (Engine::CodeDeploy, _) => "CodeDeploy stops it",
        (Engine::Ecs, Some(hook)) if hook.continues => "ECS goes on",
        (Engine::Ecs, _) => "ECS rolls it back",
    };
    let until = match until {
        Some(until) => format!(" until {}; then {then}", moment(until)),
        None => String::new(),
    };
    let how = match deployment.engine() {
        Engine::CodeDeploy => format!(
            "Continue it in the CodeDeploy console, or with `aws deploy continue-deployment \
             --deployment-id {deployment} --deployment-wait-type READY_WAIT`"
        ),
        Engine::Ecs => format!(
            "Continue it in the ECS console, or with `aws ecs continue-service-deployment \
             --service-deployment-arn {} --hook-id {}`",
            deployment.as_str(),
            hook.map_or("HOOK_ID", |hook| hook.id.as_str())
        ),
    };
    format!("Ready: waiting to be continued{until}. {how}")
}
