//! Decisions for a deployment that is rolled back.

use super::world::{after, deploying, id, rolled_back_by, seen};
use crate::rollout::decision::Decision;
use crate::rollout::evidence::Evidence;
use crate::rollout::failure::{Failure, RollbackOutcome};
use crate::rollout::progress::Progress;
use crate::rollout::rolling_back::{ROLLBACK_TIMEOUT, Seen, decide};
use crate::rollout::seen::DeploymentStatus;
use crate::rollout::step::RollingBack;

fn answer(rollback: Option<DeploymentStatus>, minutes: u64) -> Decision {
    let step = RollingBack {
        deploying: deploying(),
        rollback: id("d-BACK00000"),
        since: after(0),
    };
    let failed = rolled_back_by("d-BACK00000", DeploymentStatus::Failed);
    let rollback = rollback.map(seen);
    let evidence = Evidence::default();
    let seen = Seen {
        failed: Some(&failed),
        rollback: rollback.as_ref(),
        evidence: Some(&evidence),
    };
    decide(&step, seen, after(minutes))
}

#[test]
fn the_release_has_failed_however_the_rollback_ends() {
    let timeout = ROLLBACK_TIMEOUT.as_secs() / 60;
    let deployment = id("d-BACK00000");
    for (status, minutes, outcome) in [
        (
            Some(DeploymentStatus::Succeeded),
            1,
            RollbackOutcome::Succeeded {
                deployment: deployment.clone(),
            },
        ),
        (
            Some(DeploymentStatus::Failed),
            1,
            RollbackOutcome::Failed {
                deployment: deployment.clone(),
            },
        ),
        (
            Some(DeploymentStatus::Stopped),
            1,
            RollbackOutcome::Failed {
                deployment: deployment.clone(),
            },
        ),
        (
            Some(DeploymentStatus::InProgress),
            timeout,
            RollbackOutcome::Unfinished {
                deployment: deployment.clone(),
            },
        ),
        (
            None,
            timeout,
            RollbackOutcome::Unfinished {
                deployment: deployment.clone(),
            },
        ),
    ] {
        let Decision::Fail(failure) = answer(status.clone(), minutes) else {
            panic!("{status:?} fails");
        };
        let Failure::Deployment(failure) = *failure else {
            panic!("{status:?} is a failed deployment");
        };
        assert_eq!(failure.rollback, outcome, "{status:?}");
    }
}

#[test]
fn a_rollback_under_way_is_waited_for() {
    let timeout = ROLLBACK_TIMEOUT.as_secs() / 60;
    for status in [
        Some(DeploymentStatus::InProgress),
        Some(DeploymentStatus::Created),
        None,
    ] {
        let decision = answer(status.clone(), timeout - 1);
        assert!(
            matches!(decision, Decision::Wait(Progress::Ended { .. })),
            "{status:?}"
        );
    }
}
