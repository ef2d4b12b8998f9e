//! The steps while there is a deployment: `Deploying` and `RollingBack`.

use super::{Row, hold, times};
use crate::job::options::{CompleteWhen, ContinueWhenReady, OnAbandon, OnTimeout, Options};
use crate::rollout::deploying::{self, STOP_TIMEOUT};
use crate::rollout::ended::ROLLBACK_APPEARS;
use crate::rollout::evidence::Evidence;
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus, RollbackSeen, TargetStatus};
use crate::rollout::step::{Deploying, StopMode, StopReason, Stopping};
use crate::rollout::tests::world::{
    START, after, at_event, deploying, id, options, service_running,
};

/// The minute at which `Timeout` passes.
const TIMEOUT: u64 = 60;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shows {
    Gone,
    Created,
    Queued,
    InProgress,
    Baking,
    Ready,
    New,
    Succeeded,
    Failed,
    Stopped,
    RollingBack,
    RolledBack,
    RollbackFailed,
}

pub(super) const SHOWS: [Shows; 13] = [
    Shows::Gone,
    Shows::Created,
    Shows::Queued,
    Shows::InProgress,
    Shows::Baking,
    Shows::Ready,
    Shows::New,
    Shows::Succeeded,
    Shows::Failed,
    Shows::Stopped,
    Shows::RollingBack,
    Shows::RolledBack,
    Shows::RollbackFailed,
];

/// Every status has its place in the list above.
fn shown(status: &DeploymentStatus) -> Shows {
    match status {
        DeploymentStatus::Created => Shows::Created,
        DeploymentStatus::Queued => Shows::Queued,
        DeploymentStatus::InProgress => Shows::InProgress,
        DeploymentStatus::Baking => Shows::Baking,
        DeploymentStatus::Ready => Shows::Ready,
        DeploymentStatus::Succeeded => Shows::Succeeded,
        DeploymentStatus::Failed => Shows::Failed,
        DeploymentStatus::Stopped => Shows::Stopped,
        DeploymentStatus::RollingBack => Shows::RollingBack,
        DeploymentStatus::RolledBack => Shows::RolledBack,
        DeploymentStatus::RollbackFailed => Shows::RollbackFailed,
        DeploymentStatus::Unrecognised(_) => Shows::New,
    }
}

pub(super) fn status(shows: Shows) -> Option<DeploymentStatus> {
    let status = match shows {
        Shows::Gone => return None,
        Shows::Created => DeploymentStatus::Created,
        Shows::Queued => DeploymentStatus::Queued,
        Shows::InProgress => DeploymentStatus::InProgress,
        Shows::Baking => DeploymentStatus::Baking,
        Shows::Ready => DeploymentStatus::Ready,
        Shows::New => DeploymentStatus::Unrecognised("Polishing".into()),
        Shows::Succeeded => DeploymentStatus::Succeeded,
        Shows::Failed => DeploymentStatus::Failed,
        Shows::Stopped => DeploymentStatus::Stopped,
        Shows::RollingBack => DeploymentStatus::RollingBack,
        Shows::RolledBack => DeploymentStatus::RolledBack,
        Shows::RollbackFailed => DeploymentStatus::RollbackFailed,
    };
    assert_eq!(shown(&status), shows);
    Some(status)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stop {
    NotAsked,
    Asked,
    AskedLongAgo,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Primary {
    NotSeen,
    Ours,
    Theirs,
}

/// What is known of the rollback of a failed or stopped deployment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Back {
    NotToBe,
    Expected,
    Overdue,
    There,
}

#[derive(Clone, Debug)]
struct Case {
    shows: Shows,
    shifted: bool,
    stop: Stop,
    primary: Primary,
    back: Back,
    explained: bool,
    abandoned: bool,
    late: bool,
    eager: bool,
    continues: bool,
    on_timeout: OnTimeout,
    on_abandon: OnAbandon,
}

fn cases() -> Vec<Case> {
    let both = [false, true];
    let stops = [Stop::NotAsked, Stop::Asked, Stop::AskedLongAgo];
    let primaries = [Primary::NotSeen, Primary::Ours, Primary::Theirs];
    let backs = [Back::NotToBe, Back::Expected, Back::Overdue, Back::There];
    let timeouts = [OnTimeout::Rollback, OnTimeout::Stop, OnTimeout::Leave];
    let abandons = [OnAbandon::Rollback, OnAbandon::Stop, OnAbandon::Leave];
    let seen = times(&times(&SHOWS, &both), &times(&stops, &primaries));
    let known = times(&times(&backs, &both), &times(&both, &both));
    let asked = times(&times(&both, &both), &times(&timeouts, &abandons));
    let mut cases = Vec::new();
    for ((shows, shifted), (stop, primary)) in seen {
        for &((back, explained), (abandoned, late)) in &known {
            for &((eager, continues), (on_timeout, on_abandon)) in &asked {
                cases.push(Case {
                    shows,
                    shifted,
                    stop,
                    primary,
                    back,
                    explained,
                    abandoned,
                    late,
                    eager,
                    continues,
                    on_timeout,
                    on_abandon,
                });
            }
        }
    }
    cases
}

fn ended_badly(c: &Case) -> bool {
    matches!(c.shows, Shows::Failed | Shows::Stopped)
}

/// ECS rolls back within the deployment.
fn rolls_itself_back(c: &Case) -> bool {
    matches!(
        c.shows,
        Shows::RollingBack | Shows::RolledBack | Shows::RollbackFailed
    )
}

fn over(c: &Case) -> bool {
    c.eager && c.shifted
}

const DEPLOYING: &[Row<Case>] = &[
    (
        "CodeDeploy does not know it",
        |c| c.shows == Shows::Gone,
        "fail: DeploymentGone",
    ),
    (
        "CodeDeploy says so",
        |c| c.shows == Shows::Succeeded,
        "succeed: Deployed",
    ),
    (
        "ended badly, not looked at yet",
        |c| (ended_badly(c) || rolls_itself_back(c)) && !c.explained,
        "look at the evidence",
    ),
    (
        "it rolls itself back",
        rolls_itself_back,
        "go to RollingBack",
    ),
    (
        "it is being rolled back",
        |c| ended_badly(c) && c.back == Back::There,
        "go to RollingBack",
    ),
    (
        "a rollback is to come",
        |c| ended_badly(c) && c.back == Back::Expected,
        "wait: ended",
    ),
    ("ended badly", ended_badly, "fail: Deployment"),
    ("being stopped", |c| c.stop == Stop::Asked, "wait: stopping"),
    (
        "does not stop, not looked at yet",
        |c| c.stop == Stop::AskedLongAgo && !c.explained,
        "look at the evidence",
    ),
    (
        "does not stop",
        |c| c.stop == Stop::AskedLongAgo,
        "fail: Deployment",
    ),
    (
        "the traffic has moved, to what?",
        |c| over(c) && c.primary == Primary::NotSeen,
        "look at the service",
    ),
    (
        "the traffic has moved to us",
        |c| over(c) && c.primary == Primary::Ours,
        "succeed: Shifted",
    ),
    (
        "the traffic has moved elsewhere",
        over,
        "fail: NotOurTaskDefinition",
    ),
    (
        "nobody waits, take it back",
        |c| c.abandoned && c.on_abandon == OnAbandon::Rollback,
        "stop with rollback: Abandoned",
    ),
    (
        "nobody waits, stop it",
        |c| c.abandoned && c.on_abandon == OnAbandon::Stop,
        "stop: Abandoned",
    ),
    ("nobody waits", |c| c.abandoned, "fail: Abandoned"),
    (
        "time is up, take it back",
        |c| c.late && c.on_timeout == OnTimeout::Rollback,
        "stop with rollback: TimedOut",
    ),
    (
        "time is up, stop it",
        |c| c.late && c.on_timeout == OnTimeout::Stop,
        "stop: TimedOut",
    ),
    ("time is up", |c| c.late, "fail: TookTooLong"),
    (
        "it waits for somebody, and may go on",
        |c| c.shows == Shows::Ready && c.continues,
        "continue",
    ),
    ("it goes on", |_| true, "wait: under way"),
];

fn deployment(case: &Case, now: u64) -> Option<DeploymentSeen> {
    let mut seen = DeploymentSeen {
        status: status(case.shows)?,
        ..at_event("AllowTraffic", 10.0)
    };
    if let Some(target) = seen.target.as_mut().filter(|_| case.shifted) {
        target.status = TargetStatus::Succeeded;
    }
    let appears = ROLLBACK_APPEARS.as_secs() / 60;
    match case.back {
        Back::NotToBe => {}
        Back::Expected => {
            seen.rolls_back = true;
            seen.completed = Some(after(now));
        }
        Back::Overdue => {
            seen.rolls_back = true;
            seen.completed = Some(after(now - appears));
        }
        Back::There => {
            seen.rollback = Some(RollbackSeen {
                deployment: Some(id("d-BACK00000")),
                triggered_by: None,
                message: None,
            });
        }
    }
    Some(seen)
}

#[test]
fn deploying_is_decided_for_everything_that_can_be_seen() {
    let timeout = STOP_TIMEOUT.as_secs() / 60;
    hold(DEPLOYING, cases(), |case| {
        let now = if case.late { TIMEOUT } else { TIMEOUT - 1 };
        let stopping = |minutes| {
            Some(Stopping {
                at: after(minutes),
                why: StopReason::TimedOut,
                mode: StopMode::Stop,
            })
        };
        let step = Deploying {
            stopping: match case.stop {
                Stop::NotAsked => None,
                Stop::Asked => stopping(now - timeout + 1),
                Stop::AskedLongAgo => stopping(now - timeout),
            },
            ..deploying()
        };
        let options = Options {
            complete_when: if case.eager {
                CompleteWhen::TrafficShifted
            } else {
                CompleteWhen::DeploymentSucceeded
            },
            continue_when_ready: if case.continues {
                ContinueWhenReady::Always
            } else {
                ContinueWhenReady::Never
            },
            on_timeout: case.on_timeout,
            on_abandon: case.on_abandon,
            ..options()
        };
        let service = match case.primary {
            Primary::NotSeen => None,
            Primary::Ours => Some(service_running("web:7")),
            Primary::Theirs => Some(service_running("web:6")),
        };
        let (deployment, evidence) = (deployment(case, now), Evidence::default());
        let seen = deploying::Seen {
            deployment: deployment.as_ref(),
            service: service.as_ref(),
            evidence: case.explained.then_some(&evidence),
            new_tasks: None,
            abandoned: case.abandoned,
        };
        deploying::decide(&step, seen, &options, START, after(now))
    });
}
