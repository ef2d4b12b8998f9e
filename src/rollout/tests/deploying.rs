//! Decisions for a deployment in progress.

use std::time::Duration;

use super::world::{
    START, after, arn, at_event, deploying, id, options, seen, service_running, shifted,
};
use crate::job::options::{CompleteWhen, ContinueWhenReady, OnAbandon, OnTimeout, Options};
use crate::release::target::Service;
use crate::rollout::decision::{Act, Decision, Live, Observe, Success};
use crate::rollout::deploying::{DEPLOYMENT_APPEARS, STOP_TIMEOUT, Seen, decide, may_appear};
use crate::rollout::evidence::Evidence;
use crate::rollout::failure::{Failure, RollbackOutcome};
use crate::rollout::progress::{Phase, Progress};
use crate::rollout::seen::{DeploymentSeen, DeploymentStatus};
use crate::rollout::step::{Deploying, StopMode, StopReason, Stopping};

pub(super) fn answer(deployment: &DeploymentSeen, options: &Options, minutes: u64) -> Decision {
    with(&deploying(), deployment, None, options, minutes)
}

fn with(
    step: &Deploying,
    deployment: &DeploymentSeen,
    service: Option<&Service>,
    options: &Options,
    minutes: u64,
) -> Decision {
    let evidence = Evidence::default();
    let seen = Seen {
        deployment: Some(deployment),
        service,
        evidence: Some(&evidence),
        new_tasks: None,
        abandoned: false,
    };
    decide(step, seen, options, START, after(minutes))
}

fn success(old_tasks_remain: bool) -> Decision {
    let deployment = id("d-OURS00000");
    Decision::Succeed(Success {
        release: super::world::release(),
        live: if old_tasks_remain {
            Live::Shifted(deployment)
        } else {
            Live::Deployed(deployment)
        },
    })
}

pub(super) fn is_failed_deployment(decision: &Decision, expected: &RollbackOutcome) -> bool {
    if let Decision::Fail(failure) = decision
        && let Failure::Deployment(failure) = failure.as_ref()
    {
        failure.rollback == *expected
    } else {
        false
    }
}

#[test]
fn only_codedeploys_word_makes_a_success() {
    assert_eq!(
        answer(&seen(DeploymentStatus::Succeeded), &options(), 1),
        success(false)
    );
    for status in [
        DeploymentStatus::Created,
        DeploymentStatus::Queued,
        DeploymentStatus::InProgress,
        DeploymentStatus::Baking,
        DeploymentStatus::Ready,
        DeploymentStatus::Unrecognised("Polishing".into()),
    ] {
        let decision = answer(&seen(status.clone()), &options(), 1);
        assert!(
            matches!(decision, Decision::Wait(Progress::Underway(_))),
            "{status:?}"
        );
    }
    for status in [DeploymentStatus::Failed, DeploymentStatus::Stopped] {
        let decision = answer(&seen(status.clone()), &options(), 1);
        assert!(
            is_failed_deployment(&decision, &RollbackOutcome::None),
            "{status:?}"
        );
    }
}

#[test]
fn a_deployment_that_is_gone_fails_the_release() {
    let nothing = Seen {
        deployment: None,
        service: None,
        evidence: None,
        new_tasks: None,
        abandoned: false,
    };
    let decision = decide(&deploying(), nothing, &options(), START, after(1));
    let deployment = id("d-OURS00000");
    assert_eq!(
        decision,
        Decision::fail(Failure::DeploymentGone { deployment })
    );
}

#[test]
fn a_shift_ends_the_action_only_where_that_was_asked_for_and_our_revision_runs() {
    let eager = Options {
        complete_when: CompleteWhen::TrafficShifted,
        ..options()
    };
    assert!(matches!(
        answer(&shifted(), &options(), 1),
        Decision::Wait(_)
    ));
    assert_eq!(
        answer(&shifted(), &eager, 1),
        Decision::Observe(Observe::Service)
    );
    let step = deploying();
    let ours = service_running("web:7");
    assert_eq!(
        with(&step, &shifted(), Some(&ours), &eager, 1),
        success(true)
    );
    let theirs = service_running("web:6");
    assert_eq!(
        with(&step, &shifted(), Some(&theirs), &eager, 1),
        Decision::fail(Failure::NotOurTaskDefinition {
            deployment: id("d-OURS00000"),
            expected: arn("web:7"),
            primary: Some(arn("web:6")),
        })
    );
}

#[test]
fn a_shift_that_ecs_does_not_show_yet_is_waited_for() {
    let eager = Options {
        complete_when: CompleteWhen::TrafficShifted,
        ..options()
    };
    let mut seen = shifted();
    if let Some(event) = seen.target.iter_mut().flat_map(|it| &mut it.events).last() {
        event.ended = Some(after(1));
    }
    let theirs = service_running("web:6");
    let step = deploying();
    let soon = with(&step, &seen, Some(&theirs), &eager, 1);
    assert!(matches!(soon, Decision::Wait(_)), "{soon:?}");
    let later = with(&step, &seen, Some(&theirs), &eager, 2);
    assert!(matches!(later, Decision::Fail(_)), "{later:?}");
}

#[test]
fn ready_is_continued_only_where_that_was_asked_for() {
    let ready = seen(DeploymentStatus::Ready);
    let Decision::Wait(Progress::Underway(underway)) = answer(&ready, &options(), 1) else {
        panic!("waits for somebody");
    };
    assert_eq!(
        underway.phase,
        Phase::Ready {
            until: None,
            hook: None
        }
    );
    let always = Options {
        continue_when_ready: ContinueWhenReady::Always,
        ..options()
    };
    let act = Act::Continue(id("d-OURS00000"));
    assert_eq!(answer(&ready, &always, 1), Decision::Act(act));
}

#[test]
fn traffic_that_moves_after_a_wait_was_continued_by_hand_or_by_us() {
    let by_hand = |event, option, wait: Option<u64>| {
        let mut seen = at_event(event, 0.0);
        seen.ready_wait = wait.map(Duration::from_secs);
        let options = Options {
            continue_when_ready: option,
            ..options()
        };
        let Decision::Wait(Progress::Underway(underway)) = answer(&seen, &options, 1) else {
            panic!("it is under way");
        };
        underway.continued_by_hand
    };
    let (never, always) = (ContinueWhenReady::Never, ContinueWhenReady::Always);
    assert!(by_hand("AllowTraffic", never, Some(1800)));
    assert!(by_hand("AfterAllowTraffic", never, Some(1800)));
    assert!(!by_hand("BeforeAllowTraffic", never, Some(1800)), "not yet");
    assert!(!by_hand("AllowTraffic", always, Some(1800)), "by us");
    assert!(!by_hand("AllowTraffic", never, None), "it does not wait");
}

#[test]
fn when_time_is_up_the_options_decide() {
    let minutes = 60;
    let stop = |mode| {
        Decision::Act(Act::Stop {
            deployment: id("d-OURS00000"),
            why: StopReason::TimedOut,
            mode,
        })
    };
    let leave = Decision::fail(Failure::TookTooLong {
        deployment: id("d-OURS00000"),
        timeout: Duration::from_secs(3600),
    });
    for (on_timeout, expected) in [
        (OnTimeout::Rollback, stop(StopMode::Rollback)),
        (OnTimeout::Stop, stop(StopMode::Stop)),
        (OnTimeout::Leave, leave),
    ] {
        let options = Options {
            on_timeout,
            ..options()
        };
        let running = at_event("AllowTraffic", 10.0);
        assert!(matches!(
            answer(&running, &options, minutes - 1),
            Decision::Wait(_)
        ));
        assert_eq!(
            answer(&running, &options, minutes),
            expected,
            "{on_timeout:?}"
        );
        let done = seen(DeploymentStatus::Succeeded);
        assert_eq!(
            answer(&done, &options, minutes),
            success(false),
            "it is live all the same"
        );
    }
}

#[test]
fn a_stop_that_we_asked_for_is_followed_for_a_while() {
    let step = Deploying {
        stopping: Some(Stopping {
            at: after(60),
            why: StopReason::TimedOut,
            mode: StopMode::Rollback,
        }),
        ..deploying()
    };
    let running = at_event("AllowTraffic", 10.0);
    let last = 60 + STOP_TIMEOUT.as_secs() / 60;
    let waiting = with(&step, &running, None, &options(), last - 1);
    assert!(matches!(waiting, Decision::Wait(Progress::Stopping { .. })));
    let given_up = with(&step, &running, None, &options(), last);
    assert!(is_failed_deployment(&given_up, &RollbackOutcome::None));
}

#[test]
fn the_percentage_grows_with_the_deployment() {
    let mut last = 0;
    for seen in [
        seen(DeploymentStatus::Created),
        at_event("BeforeInstall", 0.0),
        at_event("Install", 0.0),
        at_event("AfterInstall", 0.0),
        at_event("AllowTestTraffic", 0.0),
        at_event("AfterAllowTestTraffic", 0.0),
        at_event("BeforeAllowTraffic", 0.0),
        at_event("AllowTraffic", 0.0),
        at_event("AllowTraffic", 10.0),
        at_event("AllowTraffic", 100.0),
        at_event("AfterAllowTraffic", 100.0),
        shifted(),
    ] {
        let Decision::Wait(progress) = answer(&seen, &options(), 1) else {
            panic!("waits");
        };
        assert!(progress.percent() >= last, "{progress:?}");
        last = progress.percent();
    }
    assert!(last < 100);
}

#[test]
fn an_abandoned_deployment_is_dealt_with_as_the_options_say() {
    let running = at_event("AllowTraffic", 10.0);
    let stop = |mode| {
        Decision::Act(Act::Stop {
            deployment: id("d-OURS00000"),
            why: StopReason::Abandoned,
            mode,
        })
    };
    let leave = Decision::fail(Failure::Abandoned {
        deployment: id("d-OURS00000"),
    });
    for (on_abandon, expected) in [
        (OnAbandon::Rollback, stop(StopMode::Rollback)),
        (OnAbandon::Stop, stop(StopMode::Stop)),
        (OnAbandon::Leave, leave),
    ] {
        let options = Options {
            on_abandon,
            ..options()
        };
        let seen = Seen {
            deployment: Some(&running),
            service: None,
            evidence: None,
            new_tasks: None,
            abandoned: true,
        };
        let decision = decide(&deploying(), seen, &options, START, after(1));
        assert_eq!(decision, expected, "{on_abandon:?}");
    }
}

#[test]
fn a_deployment_may_appear_for_a_minute() {
    let over = START + DEPLOYMENT_APPEARS;
    assert!(may_appear(None, over));
    assert!(may_appear(Some(START), over - Duration::from_millis(1)));
    assert!(!may_appear(Some(START), over));
}
