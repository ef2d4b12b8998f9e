//! The lifecycle hooks of a service, as they are configured
//! (docs/aws.md §6.5).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::ApiError;
use crate::ecs::call::invalid;
use crate::json::Members;

use super::stage::Stage;

/// Maximum number of hooks of each type in a service.
const MAX_OF_A_TYPE: usize = 10;
/// The longest timeout of a pause, two weeks, and of a function, a day.
const MAX_PAUSE_MINUTES: i64 = 20_160;
const MAX_LAMBDA_MINUTES: i64 = 1440;
const DEFAULT_MINUTES: i64 = 1440;

/// A configured hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hook {
    pub(super) target: HookTarget,
    pub(super) stages: Vec<Stage>,
    pub(super) timeout: Duration,
    pub(super) timeout_action: HookAction,
    /// `hookDetails`, which a function receives.
    pub(super) details: Value,
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum HookTarget {
    /// Calls the function with this ARN.
    Lambda(String),
    /// Waits for `ContinueServiceDeployment`.
    Pause,
}

/// `DeploymentLifecycleHookAction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum HookAction {
    Continue,
    Rollback,
}

impl HookAction {
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        match text {
            "CONTINUE" => Ok(Self::Continue),
            "ROLLBACK" => Ok(Self::Rollback),
            other => Err(invalid(format!("Invalid lifecycle hook action: {other}"))),
        }
    }

    /// The value in responses.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Rollback => "ROLLBACK",
        }
    }
}

impl HookTarget {
    /// The value in responses.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Lambda(_) => "AWS_LAMBDA",
            Self::Pause => "PAUSE",
        }
    }
}

/// The hooks of a `deploymentConfiguration`.
pub(super) fn read(input: Members<'_>) -> Result<Vec<Hook>, ApiError> {
    let hooks = input.objects("lifecycleHooks")?;
    let hooks: Vec<Hook> = hooks.into_iter().map(hook).collect::<Result<_, _>>()?;
    for target_type in ["AWS_LAMBDA", "PAUSE"] {
        let of_type = hooks
            .iter()
            .filter(|hook| hook.target.as_str() == target_type);
        if of_type.count() > MAX_OF_A_TYPE {
            return Err(invalid(format!(
                "A service can have at most {MAX_OF_A_TYPE} lifecycle hooks of type {target_type}"
            )));
        }
    }
    Ok(hooks)
}

fn hook(input: Members<'_>) -> Result<Hook, ApiError> {
    let target = match input.text("targetType")?.unwrap_or("AWS_LAMBDA") {
        "AWS_LAMBDA" => {
            let arn = input.text("hookTargetArn")?.unwrap_or_default();
            if arn.is_empty() {
                return Err(invalid(
                    "hookTargetArn must be specified for AWS_LAMBDA hooks",
                ));
            }
            HookTarget::Lambda(arn.to_owned())
        }
        "PAUSE" => HookTarget::Pause,
        _ => {
            return Err(invalid(
                "Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE",
            ));
        }
    };
    let names = input.texts("lifecycleStages")?;
    if names.is_empty() {
        return Err(invalid(
            "lifecycleStages must be specified for lifecycle hooks",
        ));
    }
    let stages = names
        .into_iter()
        .map(|name| stage(name, &target))
        .collect::<Result<_, _>>()?;
    let timeout = input.object_or_empty("timeoutConfiguration")?;
    let most = match target {
        HookTarget::Lambda(_) => MAX_LAMBDA_MINUTES,
        HookTarget::Pause => MAX_PAUSE_MINUTES,
    };
    let minutes = timeout
        .number("timeoutInMinutes")?
        .unwrap_or(DEFAULT_MINUTES);
    let minutes = u64::try_from(minutes)
        .ok()
        .filter(|_| (1..=most).contains(&minutes))
        .ok_or_else(|| invalid(format!("timeoutInMinutes must be from 1 to {most}")))?;
    Ok(Hook {
        target,
        stages,
        timeout: Duration::from_secs(minutes * 60),
        timeout_action: HookAction::parse(timeout.text("action")?.unwrap_or("ROLLBACK"))?,
        details: input.raw("hookDetails").cloned().unwrap_or_default(),
    })
}

/// A stage at which the hook may run.
fn stage(name: &str, target: &HookTarget) -> Result<Stage, ApiError> {
    let stage = Stage::parse(name).filter(|stage| stage.takes_hooks());
    let stage = stage.ok_or_else(|| invalid(format!("Invalid lifecycle stage: {name}")))?;
    let is_shift = matches!(
        stage,
        Stage::TestTrafficShift | Stage::ProductionTrafficShift
    );
    match is_shift && *target == HookTarget::Pause {
        true => Err(invalid("Invalid lifecycle stage provided for Pause Hook")),
        false => Ok(stage),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(hooks: &Value, expected: &str) {
        let body = json!({ "lifecycleHooks": hooks });
        let error = read(Members::of(&body).unwrap()).unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
        assert!(error.message.contains(expected), "{error:?}");
    }

    fn pause(stage: &str) -> Value {
        json!({ "targetType": "PAUSE", "lifecycleStages": [stage] })
    }

    #[test]
    fn a_hook_is_refused_as_the_troubleshooting_page_words_it() {
        let none = pause("POST_SCALE_UP");
        refused(
            &json!([pause("TEST_TRAFFIC_SHIFT")]),
            "Invalid lifecycle stage provided for Pause Hook",
        );
        refused(
            &json!([pause("PRODUCTION_TRAFFIC_SHIFT")]),
            "Invalid lifecycle stage provided for Pause Hook",
        );
        refused(&json!([pause("BAKE_TIME")]), "Invalid lifecycle stage");
        refused(
            &json!([{ "targetType": "LAMBDA", "lifecycleStages": ["PRE_SCALE_UP"] }]),
            "Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE",
        );
        refused(
            &json!([{ "lifecycleStages": ["PRE_SCALE_UP"] }]),
            "hookTargetArn",
        );
        refused(&json!([{ "targetType": "PAUSE" }]), "lifecycleStages");
        refused(&json!(vec![none; 11]), "at most 10");
    }

    #[test]
    fn a_timeout_holds_at_its_edges_and_has_defaults() {
        let hook = |timeout: Value| {
            let body = json!({ "lifecycleHooks": [{
                "targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"],
                "timeoutConfiguration": timeout,
            }] });
            read(Members::of(&body).unwrap()).map(|hooks| hooks[0].clone())
        };
        let plain = hook(Value::Null).unwrap();
        assert_eq!(plain.timeout, Duration::from_secs(24 * 3600));
        assert_eq!(plain.timeout_action, HookAction::Rollback);
        assert!(hook(json!({ "timeoutInMinutes": 20_160, "action": "CONTINUE" })).is_ok());
        assert!(hook(json!({ "timeoutInMinutes": 20_161 })).is_err());
        assert!(hook(json!({ "timeoutInMinutes": 0 })).is_err());
        assert!(hook(json!({ "action": "STOP" })).is_err());
    }
}
