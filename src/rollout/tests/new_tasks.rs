//! Failing new tasks, how a deployment ended, and which version has the traffic
//! then.

use super::world::{START, after, arn, at_event, deploying, id, options, seen};
use crate::job::DeployTarget;
use crate::job::options::{OnTaskFailure, Options};
use crate::rollout::decision::{Act, Decision};
use crate::rollout::deploying::{Seen, decide};
use crate::rollout::ending::{Ending, Production};
use crate::rollout::evidence::{Evidence, StopCode, StoppedContainer, StoppedTask};
use crate::rollout::new_tasks::{NewTasks, is_new, is_routine_stop, too_many};
use crate::rollout::progress::Progress;
use crate::rollout::seen::{DeploymentError, DeploymentSeen, DeploymentStatus, Label};
use crate::rollout::shift::Shift;
use crate::rollout::step::{StopMode, StopReason, Stopping};

/// A deployment with `failed` failed tasks and `running` of `desired` tasks
/// running.
fn failing(failed: u32, running: u32, desired: u32) -> (DeploymentSeen, NewTasks) {
    let mut seen = at_event("Install", 0.0);
    for set in seen.target.iter_mut().flat_map(|it| &mut it.task_sets) {
        set.running = running;
        set.desired = desired;
    }
    let tasks = NewTasks {
        failed,
        evidence: Evidence::default(),
    };
    (seen, tasks)
}

fn with_tasks(
    (seen, tasks): &(DeploymentSeen, NewTasks),
    on_task_failure: OnTaskFailure,
) -> Decision {
    let seen = Seen {
        deployment: Some(seen),
        service: None,
        evidence: None,
        new_tasks: Some(tasks),
        abandoned: false,
    };
    let options = Options {
        on_task_failure,
        ..options()
    };
    decide(&deploying(), seen, &options, START, after(1))
}

#[test]
fn too_many_failed_tasks_are_as_many_as_the_circuit_breaker_counts() {
    for (desired, expected) in [
        (0, 3),
        (1, 3),
        (6, 3),
        (7, 4),
        (399, 200),
        (400, 200),
        (401, 200),
        (5000, 200),
    ] {
        assert_eq!(too_many(desired), expected, "{desired}");
    }
}

#[test]
fn a_deployment_whose_tasks_fail_is_stopped_only_where_that_was_asked_for() {
    let stop = |mode| {
        Decision::Act(Act::Stop {
            deployment: id("d-OURS00000"),
            why: StopReason::TaskFailure,
            mode,
        })
    };
    let many = failing(3, 1, 2);
    assert_eq!(
        with_tasks(&many, OnTaskFailure::Rollback),
        stop(StopMode::Rollback)
    );
    assert_eq!(with_tasks(&many, OnTaskFailure::Stop), stop(StopMode::Stop));
    let Decision::Wait(Progress::Underway(underway)) = with_tasks(&many, OnTaskFailure::Wait)
    else {
        panic!("waits");
    };
    let held_up = underway.held_up.expect("it says so");
    assert_eq!((held_up.failed, held_up.limit), (3, 3));
    for (few, why) in [
        (failing(2, 0, 2), "too few have failed"),
        (failing(3, 2, 2), "all are running now"),
        (failing(3, 0, 8), "of many, more may fail"),
    ] {
        let decision = with_tasks(&few, OnTaskFailure::Rollback);
        assert!(matches!(decision, Decision::Wait(_)), "{why}: {decision:?}");
    }
    let (mut later, tasks) = failing(9, 0, 2);
    later.target = at_event("AllowTraffic", 10.0).target;
    let decision = with_tasks(&(later, tasks), OnTaskFailure::Rollback);
    assert!(matches!(decision, Decision::Wait(_)), "past Install");
}

#[test]
fn a_task_is_new_where_its_task_set_or_its_revision_says_so() {
    let seen = at_event("Install", 0.0);
    let mut with_old = seen.clone();
    if let Some(target) = &mut with_old.target {
        let mut old = target.task_sets[0].clone();
        old.id = "ecs-svc/1".into();
        old.label = Label::Blue;
        target.task_sets.push(old);
    }
    let task = |started_by: Option<&str>, revision: &str, minutes| StoppedTask {
        id: "1f2e".into(),
        started_by: started_by.map(str::to_owned),
        task_definition: Some(arn(revision)),
        stop_code: StopCode::TaskFailedToStart,
        reason: None,
        at: Some(after(minutes)),
        containers: Vec::new(),
    };
    let created = DeploymentSeen {
        created: Some(after(5)),
        ..with_old
    };
    for (task, expected) in [
        (task(Some("ecs-svc/2"), "web:6", 6), true),
        (task(Some("ecs-svc/9"), "web:7", 6), true),
        (task(None, "web:7", 6), true),
        (task(Some("ecs-svc/1"), "web:7", 6), false),
        (task(Some("ecs-svc/9"), "web:6", 6), false),
        (task(Some("ecs-svc/2"), "web:7", 4), false),
    ] {
        assert_eq!(
            is_new(&task, Some(&created), &arn("web:7")),
            expected,
            "{task:?}"
        );
    }
}

#[test]
fn a_tasks_own_end_is_distinguished_from_a_stop_that_was_asked_for() {
    use DeploymentStatus::{Failed, InProgress, RolledBack, Stopped};
    let stopping = Stopping {
        at: after(1),
        why: StopReason::TimedOut,
        mode: StopMode::Stop,
    };
    let ended = |status, code: Option<&str>| DeploymentSeen {
        error: code.map(|code| DeploymentError {
            code: code.into(),
            message: String::new(),
        }),
        ..seen(status)
    };
    for (status, code, asked, expected) in [
        (Failed, Some("TIMEOUT"), None, Ending::Failed),
        (
            Failed,
            Some("HOOK_EXECUTION_FAILURE"),
            Some(stopping),
            Ending::Failed,
        ),
        (
            Stopped,
            Some("ALARM_ACTIVE"),
            Some(stopping),
            Ending::ByAlarm,
        ),
        (Stopped, Some("MANUAL_STOP"), None, Ending::ByHand),
        (
            Stopped,
            Some("MANUAL_STOP"),
            Some(stopping),
            Ending::ByUs(StopReason::TimedOut),
        ),
        (RolledBack, Some("MANUAL_STOP"), None, Ending::ByHand),
        (
            RolledBack,
            Some("MANUAL_STOP"),
            Some(stopping),
            Ending::ByUs(StopReason::TimedOut),
        ),
        (Stopped, None, None, Ending::Stopped),
        (
            InProgress,
            None,
            Some(stopping),
            Ending::NotStopped(StopReason::TimedOut),
        ),
    ] {
        let seen = ended(status, code);
        assert_eq!(Ending::of(&seen, asked), expected, "{seen:?}");
    }
}

#[test]
fn the_production_traffic_is_read_from_the_last_deployment() {
    let (before, during) = (at_event("Install", 0.0), at_event("AllowTraffic", 30.0));
    let back = at_event("AllowTraffic", 0.0);
    let unseen = seen(DeploymentStatus::Failed);
    for (ended, rollback, expected) in [
        (&before, None, Production::NeverMoved),
        (&during, None, Production::Moved(30.0)),
        (&during, Some(&unseen), Production::Moved(30.0)),
        (&during, Some(&back), Production::OnOld),
        (&unseen, Some(&back), Production::Unknown),
    ] {
        assert_eq!(Production::of(ended, rollback), expected);
    }
}

/// ECS may show the stage of the shift before any traffic has moved.
#[test]
fn at_the_shift_ecs_does_not_show_whether_traffic_had_moved() {
    for (stage, expected) in [
        ("TEST_TRAFFIC_SHIFT", Production::NeverMoved),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", Production::NeverMoved),
        ("PRODUCTION_TRAFFIC_SHIFT", Production::Old),
        ("POST_PRODUCTION_TRAFFIC_SHIFT", Production::OnOld),
        ("BAKE_TIME", Production::OnOld),
    ] {
        let mut ended = DeploymentSeen {
            deploys_to: DeployTarget::service("prod", "web"),
            shift: Some(Shift::AllAtOnce),
            ..at_event("AllowTraffic", 0.0)
        };
        if let Some(target) = &mut ended.target {
            target.events.truncate(1);
            target.events[0].name = stage.into();
        }
        assert_eq!(Production::of(&ended, None), expected, "{stage}");
    }
}

#[test]
fn a_stop_is_routine_if_ecs_no_longer_needed_a_task_that_had_nothing_wrong() {
    let task = |stop_code, reason: &str, of_container: Option<&str>| StoppedTask {
        id: "t".into(),
        started_by: None,
        task_definition: None,
        stop_code,
        reason: Some(reason.into()),
        at: None,
        containers: vec![StoppedContainer {
            name: "web".into(),
            exit_code: Some(143),
            reason: of_container.map(Into::into),
        }],
    };
    let scaling = "Scaling activity initiated by (deployment ecs-svc/1)";
    let scheduler = StopCode::ServiceSchedulerInitiated;
    assert!(is_routine_stop(&task(scheduler.clone(), scaling, None)));
    for task in [
        task(scheduler.clone(), "Task failed some new check", None),
        task(scheduler, scaling, Some("CannotPullContainerError: no")),
        task(StopCode::UserInitiated, scaling, None),
    ] {
        assert!(!is_routine_stop(&task), "{task:?}");
    }
}
