//! The step while a deployment is rolled back.

use super::during::{SHOWS, Shows, status};
use super::{Row, hold, times};
use crate::rollout::evidence::Evidence;
use crate::rollout::rolling_back::{self, ROLLBACK_TIMEOUT};
use crate::rollout::seen::DeploymentStatus;
use crate::rollout::step::RollingBack;
use crate::rollout::tests::world::{after, deploying, id, seen};

/// What is observed of the failed deployment's rollback, whether its timeout
/// has passed, and whether the evidence has been read.
#[derive(Clone, Debug)]
struct After {
    failed_is_known: bool,
    rollback: Shows,
    over: bool,
    explained: bool,
}

fn ended(c: &After) -> bool {
    matches!(
        c.rollback,
        Shows::Succeeded
            | Shows::Failed
            | Shows::Stopped
            | Shows::RolledBack
            | Shows::RollbackFailed
    )
}

const ROLLING_BACK: &[Row<After>] = &[
    (
        "what failed is gone",
        |c| !c.failed_is_known,
        "fail: DeploymentGone",
    ),
    ("it goes on", |c| !ended(c) && !c.over, "wait: ended"),
    (
        "not looked at yet",
        |c| !c.explained,
        "look at the evidence",
    ),
    (
        "the rollback has ended, or takes too long",
        |_| true,
        "fail: Deployment",
    ),
];

#[test]
fn rolling_back_is_decided_for_everything_that_can_be_seen() {
    let both = [false, true];
    let all = times(&times(&both, &SHOWS), &times(&both, &both));
    let cases = all
        .into_iter()
        .map(|((failed_is_known, rollback), (over, explained))| After {
            failed_is_known,
            rollback,
            over,
            explained,
        });
    let timeout = ROLLBACK_TIMEOUT.as_secs() / 60;
    hold(ROLLING_BACK, cases, |case| {
        let step = RollingBack {
            deploying: deploying(),
            rollback: id("d-BACK00000"),
            since: after(0),
        };
        let failed = case.failed_is_known.then(|| seen(DeploymentStatus::Failed));
        let rollback = status(case.rollback).map(seen);
        let evidence = Evidence::default();
        let seen = rolling_back::Seen {
            failed: failed.as_ref(),
            rollback: rollback.as_ref(),
            evidence: case.explained.then_some(&evidence),
        };
        let now = if case.over { timeout } else { timeout - 1 };
        rolling_back::decide(&step, seen, after(now))
    });
}
