//! The sentences of every moment of a release.

use super::*;
use crate::page::{FailureShown, NextShown, TaskShown, TrafficShown, WaitShown};

fn event(name: &str, status: &str) -> EventShown {
    EventShown {
        name: name.into(),
        status: status.into(),
        started: (status != "Pending").then_some(20.0),
        ended: None,
        words: None,
    }
}

/// A release in progress, with these events, if there is a deployment.
fn view(events: Option<Vec<EventShown>>) -> View {
    let deployment = events.map(|events| DeploymentShown {
        status: "InProgress".into(),
        events,
        ..DeploymentShown::default()
    });
    View {
        now: 100.0,
        actions: vec![ActionShown {
            status: "InProgress".into(),
            taken: Some(12.0),
            ..ActionShown::default()
        }],
        deployments: deployment.into_iter().collect(),
        ..View::default()
    }
}

fn next(what: &str, at: f64) -> Option<NextShown> {
    let what = what.to_owned();
    Some(NextShown { what, at })
}

#[test]
fn before_the_deployment_the_sentence_says_what_is_waited_for() {
    assert_eq!(state(&View::default()).sentence, "Starting");
    let mut view = view(None);
    assert_eq!(state(&view).sentence, "The worker checks the release");
    let waiting = "Waiting for its turn: deployment d-1 holds the deployment group.";
    view.actions[0].waiting = Some(waiting.into());
    assert_eq!(state(&view).sentence, waiting);
    view.actions[0].registered = Some(20.0);
    let registered = "The task definition is registered, and the deployment comes next";
    assert_eq!(state(&view).sentence, registered);
    view.actions[0] = ActionShown {
        status: "InProgress".into(),
        ..ActionShown::default()
    };
    assert_eq!(state(&view).sentence, "The job waits for a worker");
}

#[test]
fn a_shift_has_its_share_its_next_step_and_what_is_left() {
    for name in ["AllowTraffic", "PRODUCTION_TRAFFIC_SHIFT"] {
        let mut view = view(Some(vec![
            event("BeforeAllowTraffic", "InProgress"),
            event(name, "InProgress"),
        ]));
        let release = &mut view.deployments[0];
        (release.share, release.ends) = (60.0, Some(641.0));
        release.next = next("next step", 131.0);
        let expected = "Shifting traffic: 60 %, next step in 31 s, about 9 min left";
        assert_eq!(state(&view).sentence, expected);
        assert_eq!(state(&view).tone, Tone::Busy);
        view.deployments[0].ends = Some(131.5);
        let expected = "Shifting traffic: 60 %, next step in 31 s";
        assert_eq!(
            state(&view).sentence,
            expected,
            "an end that is the next step"
        );
        view.deployments[0].next = None;
        view.deployments[0].ends = Some(99.0);
        assert_eq!(
            state(&view).sentence,
            "Shifting traffic: 60 %",
            "an end that has passed"
        );
    }
}

#[test]
fn new_tasks_that_stop_are_named_with_the_reason() {
    let mut view = view(Some(vec![event("Install", "InProgress")]));
    assert_eq!(state(&view).sentence, "Starting the new tasks");
    let task = |state: &str| TaskShown {
        state: state.into(),
        ..TaskShown::default()
    };
    view.task_sets = vec![TaskSetShown {
        version: Version::Green,
        desired: 3,
        tasks: vec![task("healthy"), task("initial")],
        ..TaskSetShown::default()
    }];
    let expected = "Starting the new tasks: 1 of 3 healthy";
    assert_eq!(state(&view).sentence, expected);
    view.task_sets[0].stopped = 2;
    assert_eq!(state(&view).sentence, format!("{expected}, 2 stopped"));
    view.task_sets[0].last_stop = Some("exit code 1".into());
    let expected = format!("{expected}, 2 stopped, the last because: exit code 1");
    let shown = state(&view);
    assert_eq!((shown.sentence, shown.tone), (expected, Tone::Warning));
}

#[test]
fn a_deployment_that_waits_says_what_continues_it() {
    let mut view = view(Some(Vec::new()));
    let waiting = WaitShown {
        key: Some("Enter".into()),
        command: Some("aws deploy continue-deployment".into()),
    };
    view.deployments[0].waits = Some(waiting.clone());
    assert_eq!(state(&view).sentence, "Waiting to be continued");
    view.deployments[0].next = next("the deployment rolls back", 1_679.0);
    let shown = state(&view);
    let expected = "Waiting to be continued; otherwise the deployment rolls back in 26 min 19 s";
    assert_eq!((&*shown.sentence, shown.tone), (expected, Tone::Warning));
    assert_eq!(shown.waiting, Some(waiting));
}

#[test]
fn after_the_shift_the_old_tasks_stay_and_go() {
    let mut done = view(Some(vec![event("AfterAllowTraffic", "Succeeded")]));
    done.deployments[0].next = next("the old tasks are stopped", 341.0);
    let expected = "All traffic is on the new tasks; the old ones stay for 4 min 1 s";
    assert_eq!(state(&done).sentence, expected);
    done.deployments[0].events = vec![event("BAKE_TIME", "InProgress")];
    assert_eq!(state(&done).sentence, expected);
    done.deployments[0].next = None;
    let expected = "All traffic is on the new tasks; the old ones are being stopped";
    assert_eq!(state(&done).sentence, expected);
    let created = view(Some(vec![event("Install", "Pending")]));
    let expected = "The deployment is created and has not begun";
    assert_eq!(state(&created).sentence, expected);
    let new = view(Some(vec![event("A_STAGE_OF_2027", "InProgress")]));
    assert_eq!(state(&new).sentence, "A_STAGE_OF_2027");
}

#[test]
fn a_rollback_says_what_is_still_on_the_new_tasks() {
    let mut view = view(Some(Vec::new()));
    view.deployments[0].completed = Some(90.0);
    let expected = "The deployment did not succeed, and the worker reads why";
    assert_eq!(state(&view).sentence, expected);
    view.deployments.push(DeploymentShown {
        is_rollback: true,
        ..DeploymentShown::default()
    });
    let expected = "Rolling back: the traffic goes back to the old tasks";
    assert_eq!(state(&view).sentence, expected);
    view.traffic = Some(TrafficShown {
        green: 30,
        ..TrafficShown::default()
    });
    let expected = "Rolling back: 30 % of the traffic is still on the new tasks";
    assert_eq!(state(&view).sentence, expected);
    view.deployments[1].completed = Some(95.0);
    let expected = "The rollback has ended, and the worker reports it next";
    assert_eq!(state(&view).sentence, expected);
}

#[test]
fn an_end_has_its_time_and_its_cause() {
    let mut view = view(None);
    let action = &mut view.actions[0];
    action.status = "Succeeded".into();
    action.until = Some(843.0);
    action.summary = Some("webapp:2 is live (deployment d-1).\nwarning: x".into());
    let expected = "Succeeded after 14 min 3 s: webapp:2 is live (deployment d-1).";
    assert_eq!(state(&view).sentence, expected);
    let action = &mut view.actions[0];
    action.status = "Failed".into();
    action.failure = Some(FailureShown {
        cause: "The hook failed.".into(),
        remedy: vec!["Mend it.".into()],
        ..FailureShown::default()
    });
    let shown = state(&view);
    assert_eq!(shown.sentence, "Failed after 14 min 3 s: The hook failed.");
    assert_eq!(shown.failure.expect("it failed").remedy, ["Mend it."]);
    view.actions[0].status = "Abandoned".into();
    view.actions[0].failure = None;
    assert_eq!(state(&view).sentence, "Abandoned after 14 min 3 s");
}
