//! Messages about deployments, as release authors read them.

mod page;

use crate::job::report::MAX_MESSAGE;
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};
use crate::messages::failure::message;
use crate::release::target::ServiceEvent;
use crate::rollout::call_error::{CallError, CallErrorKind};
use crate::rollout::ending::{Ending, Production};
use crate::rollout::evidence::{Evidence, StopCode, StoppedContainer, StoppedTask};
use crate::rollout::failure::{DeploymentFailure, Failure, RollbackOutcome};
use crate::rollout::seen::{
    DeploymentError, DeploymentStatus, Diagnostics, EventStatus, LifecycleEvent,
};
use crate::rollout::step::StopReason;

const NOT_HEALTHY: &str =
    "The deployment timed out while waiting for the replacement task set to become healthy.";

fn failed(code: &str, text: &str) -> DeploymentFailure {
    DeploymentFailure {
        deployment: DeploymentId::new("d-A1B2C3D4E"),
        target: DeployTarget::group("shop", "web"),
        task_definition: TaskDefinitionArn::new(
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7",
        ),
        status: DeploymentStatus::Failed,
        error: Some(DeploymentError {
            code: code.into(),
            message: text.into(),
        }),
        events: Vec::new(),
        production: Production::NeverMoved,
        stopped: None,
        ending: Ending::Failed,
        superseded_by: None,
        rollback: RollbackOutcome::Succeeded {
            deployment: DeploymentId::new("d-B1B2C3D4E"),
        },
        evidence: Evidence::default(),
    }
}

fn by_tasks(
    code: StopCode,
    reason: &str,
    exit: Option<i32>,
    of: Option<&str>,
) -> DeploymentFailure {
    let mut failure = failed("TIMEOUT", NOT_HEALTHY);
    failure.evidence.tasks = vec![StoppedTask {
        id: "1f2e3d4c5b6a".into(),
        started_by: Some("ecs-svc/2".into()),
        task_definition: None,
        stop_code: code,
        reason: Some(reason.into()),
        at: Some("2026-01-01T10:03:00Z".parse().unwrap()),
        containers: vec![StoppedContainer {
            name: "web".into(),
            exit_code: exit,
            reason: of.map(str::to_owned),
        }],
    }];
    failure
}

fn by_events(text: &str) -> DeploymentFailure {
    let mut failure = failed("TIMEOUT", NOT_HEALTHY);
    failure.evidence.events = vec![ServiceEvent {
        at: "2026-01-01T10:03:00Z".parse().unwrap(),
        message: text.into(),
    }];
    failure
}

fn by_hook(code: &str, message: &str, log: Option<&str>) -> DeploymentFailure {
    let mut failure = failed("HOOK_EXECUTION_FAILURE", "A lifecycle hook failed.");
    failure.events = vec![LifecycleEvent {
        name: "AfterAllowTestTraffic".into(),
        status: EventStatus::Failed,
        started: None,
        ended: None,
        diagnostics: Some(Box::new(Diagnostics {
            error_code: Some(code.into()),
            script_name: Some("smoke-test".into()),
            message: Some(message.into()),
            log_tail: log.map(str::to_owned),
        })),
    }];
    failure
}

fn by_alarm() -> DeploymentFailure {
    let mut failure = failed("ALARM_ACTIVE", "One or more alarms have been activated.");
    failure.status = DeploymentStatus::Stopped;
    failure.ending = Ending::ByAlarm;
    failure.production = Production::OnOld;
    failure.evidence.alarms = vec!["web-errors".into(), "web-latency".into()];
    failure
}

fn by_hand() -> DeploymentFailure {
    DeploymentFailure {
        status: DeploymentStatus::Stopped,
        rollback: RollbackOutcome::None,
        production: Production::Moved(30.0),
        ending: Ending::ByHand,
        ..failed("MANUAL_STOP", "The deployment was stopped by a user.")
    }
}

#[test]
fn rarer_causes_have_words_of_their_own() {
    let no_reason = DeploymentFailure {
        status: DeploymentStatus::Stopped,
        error: None,
        ending: Ending::Stopped,
        ..by_hand()
    };
    let spot = by_tasks(
        StopCode::SpotInterruption,
        "Your Spot Task was interrupted.",
        None,
        None,
    );
    let late = DeploymentFailure {
        stopped: Some(StopReason::TimedOut),
        ending: Ending::ByUs(StopReason::TimedOut),
        ..by_hand()
    };
    let abandoned = DeploymentFailure {
        stopped: Some(StopReason::Abandoned),
        ending: Ending::ByUs(StopReason::Abandoned),
        ..by_hand()
    };
    for (failure, expected) in [
        (
            failed("TIMEOUT", NOT_HEALTHY),
            "failed: the new tasks did not become healthy in time.",
        ),
        (
            failed("INVALID_REVISION", ""),
            "failed: CodeDeploy does not accept the AppSpec.",
        ),
        (
            failed("IAM_ROLE_MISSING", ""),
            "failed: the service role of the deployment group is missing",
        ),
        (
            failed("INVALID_ECS_SERVICE", ""),
            "failed: the service, its load balancer",
        ),
        (
            failed("INTERNAL_ERROR", ""),
            "failed: CodeDeploy could not carry it out.",
        ),
        (
            failed("QUITE_NEW", ""),
            "failed: nothing that could be read says why.",
        ),
        (no_reason, "was stopped: it was not continued in time"),
        (spot, "failed: new tasks were interrupted"),
        (
            late,
            "had not ended within the timeout and was stopped: nothing that could be read",
        ),
        (
            abandoned,
            "was stopped because the action was abandoned: OnAbandon asks for it.",
        ),
    ] {
        let text = message(&Failure::Deployment(Box::new(failure)));
        let first = text.lines().next().unwrap();
        let start = format!("Deployment d-A1B2C3D4E {expected}");
        assert!(first.starts_with(&start), "{first}");
    }
}

#[test]
fn production_is_described_after_every_kind_of_rollback() {
    let deployment = DeploymentId::new("d-B1B2C3D4E");
    let succeeded = || RollbackOutcome::Succeeded {
        deployment: deployment.clone(),
    };
    let failed = || RollbackOutcome::Failed {
        deployment: deployment.clone(),
    };
    let unfinished = || RollbackOutcome::Unfinished {
        deployment: deployment.clone(),
    };
    let moved = Production::Moved(30.0);
    for (rollback, production, expected) in [
        (
            RollbackOutcome::None,
            Production::NeverMoved,
            "traffic never left the old version",
        ),
        (
            RollbackOutcome::None,
            moved,
            "30 % of the traffic was last seen on the new version",
        ),
        (
            RollbackOutcome::None,
            Production::OnOld,
            "When last seen, all production traffic was on the old version",
        ),
        (
            RollbackOutcome::None,
            Production::Unknown,
            "could not see which version serves production",
        ),
        (succeeded(), moved, "Production is back on the old version"),
        (
            succeeded(),
            Production::OnOld,
            "Production is back on the old version",
        ),
        (
            succeeded(),
            Production::Old,
            "Production is on the old version (rollback",
        ),
        (
            succeeded(),
            Production::NeverMoved,
            "traffic never left the old version (rollback",
        ),
        (
            succeeded(),
            Production::Unknown,
            "Production is on the old version (rollback",
        ),
        (failed(), moved, "Production may not be on the old version"),
        (
            failed(),
            Production::NeverMoved,
            "traffic never left the old version; the rollback",
        ),
        (unfinished(), moved, "is not known yet"),
        (
            unfinished(),
            Production::NeverMoved,
            "traffic never left the old version; the rollback",
        ),
    ] {
        let failure = DeploymentFailure {
            rollback,
            production,
            ..by_hand()
        };
        let text = message(&Failure::Deployment(Box::new(failure)));
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_denied_read_is_named_and_hides_nothing() {
    let mut failure = by_alarm();
    failure.evidence.unread = vec![CallError::new(
        "ecs:ListTasks",
        CallErrorKind::Denied,
        "AccessDeniedException",
        "",
    )];
    let text = message(&Failure::Deployment(Box::new(failure)));
    assert!(
        text.contains("an alarm of the deployment went off"),
        "{text}"
    );
    assert!(
        text.contains("Could not be read: ecs:ListTasks answered AccessDeniedException"),
        "{text}"
    );
}

#[test]
fn however_much_evidence_there_is_the_advice_and_the_link_stay() {
    let mut failure = by_hook("ScriptFailed", &"m".repeat(9000), Some(&"l".repeat(4096)));
    failure.evidence.events = (0..100)
        .map(|_| ServiceEvent {
            at: "2026-01-01T10:03:00Z".parse().unwrap(),
            message: "e".repeat(9000),
        })
        .collect();
    let text = message(&Failure::Deployment(Box::new(failure)));
    assert!(text.chars().count() <= MAX_MESSAGE);
    assert!(text.contains("\nWhat to do: Read the log"), "{text}");
    assert!(
        text.ends_with("/deployments/d-A1B2C3D4E?region=eu-west-1"),
        "{text}"
    );
}
