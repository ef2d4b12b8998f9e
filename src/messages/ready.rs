//! A deployment that waits to be continued: until when, what happens then, and
//! the command that continues it.

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
    let engine = deployment.engine();
    let command = command(deployment, hook.map(|hook| hook.id.as_str()));
    format!(
        "Ready: waiting to be continued{until}. Continue it in the {engine} console, or with \
         `{command}`"
    )
}

/// The command that continues the deployment, for ECS at this hook.
#[must_use]
pub fn command(deployment: &DeploymentId, hook: Option<&str>) -> String {
    match deployment.engine() {
        Engine::CodeDeploy => format!(
            "aws deploy continue-deployment --deployment-id {deployment} \
             --deployment-wait-type READY_WAIT"
        ),
        Engine::Ecs => format!(
            "aws ecs continue-service-deployment --service-deployment-arn {} --hook-id {}",
            deployment.as_str(),
            hook.unwrap_or("HOOK_ID")
        ),
    }
}

/// The command in a summary that says that the deployment waits.
#[must_use]
pub fn command_in(summary: &str) -> Option<&str> {
    let waits = summary.strip_prefix("Ready: waiting to be continued")?;
    waits.split('`').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_found_in_the_summary() {
        let arn = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/demo/web/abc";
        for id in ["d-A1B2C3D4E", arn] {
            let id = DeploymentId::new(id);
            let summary = words(&id, Some(Timestamp::UNIX_EPOCH), None);
            assert_eq!(
                command_in(&summary),
                Some(&*command(&id, None)),
                "{summary}"
            );
        }
        assert_eq!(command_in("Shifting traffic: `x`"), None);
    }
}
