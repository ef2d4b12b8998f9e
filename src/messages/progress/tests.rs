//! The summaries.

use std::time::Duration;

use super::*;
use crate::job::DeploymentId;
use crate::rollout::cause::{Cause, Obstacle};

fn check(phase: Phase, next_step: Option<u64>, expected: &str) {
    let progress = Progress::Underway(Box::new(Underway {
        deployment: DeploymentId::new("d-A1B2C3D4E"),
        phase,
        traffic: Some(30.0),
        next_step: next_step.map(Duration::from_secs),
        tasks: Some((2, 2)),
        held_up: None,
        continued_by_hand: false,
    }));
    assert_eq!(summary(&progress), expected);
}

fn event(name: &str) -> Phase {
    Phase::Event { name: name.into() }
}

#[test]
fn a_shift_says_how_much_has_moved_and_when_more_does() {
    check(
        event("AllowTraffic"),
        Some(40),
        "AllowTraffic: 30 % on the new task set, next step in 40 s; \
         2 of 2 new tasks running (deployment d-A1B2C3D4E)",
    );
    check(
        event("AllowTraffic"),
        None,
        "AllowTraffic: 30 % on the new task set; \
         2 of 2 new tasks running (deployment d-A1B2C3D4E)",
    );
}

#[test]
fn without_a_share_nothing_is_said_of_the_traffic() {
    let shown = |phase| {
        summary(&Progress::Underway(Box::new(Underway {
            deployment: DeploymentId::new("d-A1B2C3D4E"),
            phase,
            traffic: None,
            next_step: None,
            tasks: None,
            held_up: None,
            continued_by_hand: false,
        })))
    };
    for (phase, expected) in [
        (
            event("POST_PRODUCTION_TRAFFIC_SHIFT"),
            "CodeDeploy shows no share of the traffic (POST_PRODUCTION_TRAFFIC_SHIFT)",
        ),
        (
            Phase::Baking { until: None },
            "Bake time: the old tasks run on",
        ),
        (
            event("CLEAN_UP"),
            "The old tasks are being stopped (CLEAN_UP)",
        ),
    ] {
        assert_eq!(shown(phase), format!("{expected} (deployment d-A1B2C3D4E)"));
    }
}

#[test]
fn a_deployment_that_a_person_continued_says_so() {
    let underway = Underway {
        deployment: DeploymentId::new("d-A1B2C3D4E"),
        phase: event("AllowTraffic"),
        traffic: Some(30.0),
        next_step: None,
        tasks: Some((2, 2)),
        held_up: None,
        continued_by_hand: true,
    };
    assert_eq!(
        summary(&Progress::Underway(Box::new(underway))),
        "AllowTraffic: 30 % on the new task set; continued by hand; \
         2 of 2 new tasks running (deployment d-A1B2C3D4E)"
    );
}

fn held_up(failed: u32, option: OnTaskFailure) -> String {
    let text = "CannotPullContainerError: not found".to_owned();
    summary(&Progress::Underway(Box::new(Underway {
        deployment: DeploymentId::new("d-A1B2C3D4E"),
        phase: event("Install"),
        traffic: Some(0.0),
        next_step: None,
        tasks: Some((0, 2)),
        held_up: Some(HeldUp {
            failed,
            cause: Some(Cause::ImageNotPulled {
                container: Some("web".into()),
                why: Obstacle::Missing,
            }),
            text: Some(text),
            until: Some("2026-01-01T11:42:00Z".parse().unwrap()),
            option,
            limit: 3,
            over_limit: failed >= 3,
            denied: None,
        }),
        continued_by_hand: false,
    })))
}

#[test]
fn what_holds_up_the_new_tasks_is_said_with_what_would_end_it() {
    let start = "the image of container web cannot be pulled (CannotPullContainerError: not \
                 found); CodeDeploy waits until 2026-01-01T11:42:00Z; 0 of 2 new tasks \
                 running (deployment d-A1B2C3D4E). ";
    for (failed, option, tasks, advice) in [
        (
            0,
            OnTaskFailure::Wait,
            "",
            "OnTaskFailure=Rollback would end this after 3 failed tasks.",
        ),
        (
            1,
            OnTaskFailure::Wait,
            "1 task stopped, ",
            "OnTaskFailure=Rollback would end this after 3 failed tasks.",
        ),
        (
            3,
            OnTaskFailure::Wait,
            "3 tasks stopped, ",
            "OnTaskFailure=Rollback would end this now.",
        ),
        (
            2,
            OnTaskFailure::Stop,
            "2 tasks stopped, ",
            "OnTaskFailure ends this after 3 failed tasks.",
        ),
    ] {
        let expected = format!("Install: {tasks}{start}{advice}");
        assert_eq!(held_up(failed, option), expected);
    }
}

#[test]
fn a_summary_is_known_by_what_it_says() {
    let holders = [
        "d-1",
        "arn:aws:ecs:eu-west-1:111122223333:service-deployment/a/b/c",
    ];
    for holder in holders.map(DeploymentId::new) {
        let waits = summary(&Progress::WaitingForGroup { holder });
        assert!(says_what_goes_first(&waits), "{waits}");
        assert!(!says_what_delays(&waits), "{waits}");
    }
    let deployment = DeploymentId::new("d-1");
    let waits = summary(&Progress::WaitingToSee { deployment });
    assert_eq!(waits, "Waiting for CodeDeploy to show deployment d-1.");
    let execution = "e-1".to_owned();
    let waits = summary(&Progress::WaitingForOlder { execution });
    assert!(says_what_goes_first(&waits), "{waits}");
    let aws = summary(&Progress::WaitingForAws {
        call: "ecs:DescribeServices",
        code: "ThrottlingException".into(),
    });
    assert!(says_waiting(&waits) && says_waiting(&aws), "{aws}");
    assert!(!says_what_goes_first(&aws), "{aws}");
    let install = held_up(1, OnTaskFailure::Wait);
    assert!(says_what_delays(&install), "{install}");
    let scale_up = install.replace("Install", &stage("SCALE_UP"));
    assert!(says_what_delays(&scale_up), "{scale_up}");
    for other in [
        "Install; 2 of 2 new tasks running",
        "Ready: waiting to be continued",
    ] {
        assert!(!says_waiting(other) && !says_what_delays(other));
    }
}

#[test]
fn a_deployment_that_is_taken_back_says_who_has_the_traffic_since_when_and_why() {
    let ended = |ending, production, rollback: Option<&str>| {
        summary(&Progress::Ended(Ended {
            deployment: DeploymentId::new("d-A1B2C3D4E"),
            ending,
            text: Some("One or more alarms\nhave been activated".into()),
            rollback: rollback.map(|id| {
                let since = "2026-01-01T10:03:00Z".parse().unwrap();
                (DeploymentId::new(id), Some(since))
            }),
            production,
        }))
    };
    assert_eq!(
        ended(
            Ending::ByAlarm,
            Production::Moved(30.0),
            Some("d-B1B2C3D4E")
        ),
        "Deployment d-A1B2C3D4E was stopped by an alarm; rollback d-B1B2C3D4E has been undoing \
         it since 2026-01-01T10:03:00Z. 30 % of the production traffic is still on the new \
         version, the rest on the old one. CodeDeploy: One or more alarms have been activated"
    );
    assert_eq!(
        ended(Ending::Failed, Production::NeverMoved, None),
        "Deployment d-A1B2C3D4E has failed; whether CodeDeploy rolls it back will show within \
         a minute. Production traffic never left the old version. CodeDeploy: One or more \
         alarms have been activated"
    );
}

#[test]
fn a_wait_says_until_when_and_how_to_end_it() {
    let until = Some("2026-01-01T10:03:00.5Z".parse().unwrap());
    check(
        Phase::Ready { until, hook: None },
        None,
        "Ready: waiting to be continued until 2026-01-01T10:03:00Z; then CodeDeploy stops it. \
         Continue it in the CodeDeploy console, or with `aws deploy continue-deployment \
         --deployment-id d-A1B2C3D4E --deployment-wait-type READY_WAIT`; \
         2 of 2 new tasks running (deployment d-A1B2C3D4E)",
    );
    check(
        Phase::Terminating { until },
        None,
        "All traffic is on the new task set; the old tasks are kept until \
         2026-01-01T10:03:00Z; 2 of 2 new tasks running (deployment d-A1B2C3D4E)",
    );
}
