//! Causes of failed deployments, each with its words and its remedy.

use super::words::{Words, all_of};
use crate::rollout::cause::Cause;
use crate::rollout::evidence::Evidence;

/// What happened, to follow a colon, and what to do about it.
pub(super) fn words(cause: &Cause, evidence: &Evidence) -> Words {
    match cause {
        Cause::HookFailed { event, function } => Words::new(
            format!("the hook {event} failed{}.", called(function.as_deref())),
            "Read the log of the hook's Lambda function, correct what it found, then release \
             again.",
        ),
        Cause::HookNeverAnswered { event, function } => Words::new(
            format!(
                "the hook {event} gave no answer{}.",
                called(function.as_deref())
            ),
            "See that the function calls PutLifecycleEventHookExecutionStatus on every path, may \
             do so, and is done within the hour that CodeDeploy waits; then release again.",
        ),
        Cause::Alarm => alarm(evidence),
        Cause::ImageNotPulled { container } => Words::new(
            format!("the image of container {container} cannot be pulled."),
            "See that the image is in the registry under this name, that the task execution role \
             may read it, and that the subnets reach the registry; then release again.",
        ),
        Cause::SecretsNotFetched => Words::new(
            "the new tasks cannot fetch their secrets.",
            "See that every secret and parameter of the task definition exists, that the task \
             execution role may read and decrypt it, and that the subnets reach the service; then \
             release again.",
        ),
        Cause::OutOfMemory { container } => Words::new(
            format!("container {container} ran out of memory and was killed."),
            "Give the container, and the task, more memory in the task definition, or make the \
             program use less.",
        ),
        Cause::Exited { container, code } => Words::new(
            format!("container {container} ended by itself with exit code {code}."),
            "Read the container's log from its last start, correct what ended it, then release \
             again.",
        ),
        Cause::FailedHealthChecks => Words::new(
            "the new tasks run but fail their health checks.",
            "See that the program listens on the port of the AppSpec and answers the target \
             group's path in time, that the security groups let the load balancer in, and that \
             the service's grace period covers the start.",
        ),
        Cause::CapacityLost => Words::new(
            "new tasks were interrupted and not replaced in time.",
            "Use capacity that is not taken back, such as FARGATE beside FARGATE_SPOT, or release \
             again later.",
        ),
        Cause::NotPlaced => Words::new(
            "new tasks find no place to run.",
            "Read the service's events below: add capacity, or ask for less CPU and memory; then \
             release again.",
        ),
        Cause::NeverHealthy => Words::new(
            "the new task set did not become healthy in time.",
            "Look at the service's events, its stopped tasks and the health of the target group; \
             correct what they name, then release again.",
        ),
        Cause::AppSpecInvalid => Words::new(
            "CodeDeploy does not accept the AppSpec.",
            "Correct the AppSpec where CodeDeploy's words below point, then release again.",
        ),
        Cause::ServiceRole => Words::new(
            "the service role of the deployment group is missing or lacks a permission.",
            "Give the role what AWSCodeDeployRoleForECS allows, and iam:PassRole for the task's \
             roles; then retry the stage.",
        ),
        Cause::Surroundings => Words::new(
            "the service, its load balancer or the deployment group is not as CodeDeploy needs it.",
            "Correct what CodeDeploy's words below name, then retry the stage.",
        ),
        Cause::CodeDeploy => Words::new(
            "CodeDeploy could not carry it out.",
            "Retry the stage. If it happens again, look at the AWS Health Dashboard.",
        ),
        Cause::StoppedByHand => Words::new(
            "somebody stopped it.",
            "Ask who stopped it and why; CloudTrail names the caller of StopDeployment. Then \
             retry the stage.",
        ),
        Cause::OutOfTime => Words::new(
            "nothing that could be read says what held it up.",
            "See how far the deployment came. A longer Timeout, or \
             CompleteWhen=TrafficShifted, in Options gives the next one more time.",
        ),
        Cause::Abandoned => Words::new(
            "OnAbandon asks for it.",
            "Release again, or set OnAbandon=Leave in Options to let deployments run on.",
        ),
        Cause::NotContinued => Words::new(
            "nobody continued it in time, or somebody stopped it; CodeDeploy gives no reason.",
            "Retry the stage and continue the deployment while it is Ready, or set \
             ContinueWhenReady=Always in Options.",
        ),
        Cause::Unknown => Words::new(
            "nothing that could be read says why.",
            "Open the deployment, correct what it names, then retry the stage.",
        ),
    }
}

fn called(function: Option<&str>) -> String {
    match function {
        Some(function) => format!(" (Lambda function {function})"),
        None => String::new(),
    }
}

/// Names the alarms that are still on; where none is, those that are watched.
fn alarm(evidence: &Evidence) -> Words {
    let remedy = "See why the alarm went off, then release a version that does not set it off.";
    let on: Vec<String> = evidence
        .gone_off
        .iter()
        .map(|alarm| alarm.name.clone())
        .collect();
    let watched = &evidence.alarms;
    if !on.is_empty() {
        let what = if on.len() == 1 {
            "the alarm"
        } else {
            "the alarms"
        };
        return Words::new(format!("{what} {} went off.", all_of(&on)), remedy);
    }
    if watched.is_empty() {
        return Words::new("an alarm of the deployment group went off.", remedy);
    }
    let watched = all_of(watched);
    Words::new(
        format!("an alarm of the deployment group went off (it watches {watched})."),
        remedy,
    )
}
