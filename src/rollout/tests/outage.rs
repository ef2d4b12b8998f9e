//! How long calls to AWS may fail.

use super::world::{after, deploying, id, options, release};
use crate::rollout::outage::fails_at;
use crate::rollout::step::{RollingBack, Rollout, Step};

/// The minute in which a release fails whose calls fail since `failing`.
fn minute(step: &Step, failing: u64) -> u64 {
    let rollout = Rollout::new(after(0)).at(step.clone());
    let at = fails_at(&rollout, &options(), after(failing));
    (0..1_000)
        .find(|minutes| after(*minutes) == at)
        .expect("a minute")
}

#[test]
fn before_the_deployment_it_is_half_an_hour() {
    for step in [Step::Starting, Step::Registered(release())] {
        assert_eq!(minute(&step, 10), 40, "{step:?}");
    }
}

#[test]
fn then_the_releases_time_must_be_up_and_one_failure_is_not_enough() {
    let rolling_back = RollingBack {
        deploying: deploying(),
        rollback: id("d-BACK00000"),
        since: after(70),
    };
    for step in [
        Step::Deploying(deploying()),
        Step::RollingBack(rolling_back),
    ] {
        assert_eq!(minute(&step, 10), 75, "{step:?}");
        assert_eq!(minute(&step, 90), 105, "{step:?}");
    }
}
