//! Stop reasons of ECS, its agents and the container runtimes, reworded, each
//! with the expected cause and the message for the author.

mod after;
mod before;

use super::words;
use crate::job::Engine;
use crate::release::target::ServiceEvent;
use crate::rollout::cause::Cause;
use crate::rollout::evidence::{
    Evidence, StopCode, StoppedContainer, StoppedTask, TargetHealth, TargetState,
};

/// Where a text appears: as the reason of the task or its container, with the
/// exit code; as a service event; or as a target's reason and description.
enum Place {
    Task(&'static str, &'static str),
    Container(&'static str, Option<i32>, &'static str),
    Event(&'static str),
    Target(&'static str, &'static str),
}

use Place::{Container, Event, Target, Task};

const START: &str = "TaskFailedToStart";
const EXIT: &str = "EssentialContainerExited";
const SCHEDULER: &str = "ServiceSchedulerInitiated";

/// Texts that are not causes: tasks that ended normally, and words that also
/// appear in other reasons.
const NO_CAUSES: &[Place] = &[
    Task(
        SCHEDULER,
        "Scaling activity initiated by (deployment ecs-svc/1)",
    ),
    Task("UserInitiated", "Task stopped by user"),
    Task(START, "A reason that nobody has seen yet"),
    Task(START, "The room has a secret"),
    Event("(service web) has reached a steady state."),
    Event("(service web, taskSet ecs-svc/2) has started 2 tasks."),
];

fn evidence(place: &Place) -> Evidence {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let task = |code: &str, reason: &str, exit_code, of_container: &str| StoppedTask {
        id: "1f2e3d4c".into(),
        started_by: None,
        task_definition: None,
        stop_code: StopCode::from(code),
        reason: text(reason),
        at: None,
        containers: vec![StoppedContainer {
            name: "web".into(),
            exit_code,
            reason: text(of_container),
        }],
    };
    let mut evidence = Evidence::default();
    match place {
        Task(code, reason) => evidence.tasks.push(task(code, reason, None, "")),
        Container(code, exit, reason) => {
            let general = match *code {
                EXIT => "Essential container in task exited",
                _ => "Task failed to start",
            };
            evidence.tasks.push(task(code, general, *exit, reason));
        }
        Event(message) => evidence.events.push(ServiceEvent {
            at: jiff::Timestamp::UNIX_EPOCH,
            message: (*message).into(),
        }),
        Target(reason, description) => evidence.targets.push(TargetHealth {
            id: "10.0.0.1".into(),
            port: Some(8080),
            state: TargetState::Unhealthy,
            reason: text(reason),
            description: text(description),
        }),
    }
    evidence
}

fn shown(place: &Place) -> String {
    match place {
        Task(code, reason) => format!("{code}: {reason}"),
        Container(code, exit, reason) => format!("{code}: container, exit code {exit:?}: {reason}"),
        Event(message) => format!("event: {message}"),
        Target(reason, description) => format!("target: {reason}: {description}"),
    }
}

#[test]
fn every_stop_reason_gives_its_cause_and_what_to_do() {
    let reasons: Vec<_> = before::REASONS.iter().chain(after::REASONS).collect();
    assert!(reasons.len() >= 40);
    for (place, expected) in reasons {
        let evidence = evidence(place);
        let cause = Cause::of_tasks(&evidence);
        let cause = cause.unwrap_or_else(|| panic!("no cause: {}", shown(place)));
        let found = format!("{cause:?}");
        assert!(found.starts_with(expected), "{}: {found}", shown(place));
        let said = words(Engine::CodeDeploy, &cause, &evidence);
        assert!(
            said.what.ends_with('.') && !said.remedy.is_empty(),
            "{said}"
        );
    }
}

#[test]
fn what_ends_in_good_order_or_is_new_to_us_has_no_cause() {
    for place in NO_CAUSES {
        assert_eq!(Cause::of_tasks(&evidence(place)), None, "{}", shown(place));
    }
}

#[test]
fn of_several_containers_none_is_blamed_by_chance() {
    let mut evidence = evidence(&Task(START, "CannotPullContainerError: not found"));
    let sidecar = StoppedContainer {
        name: "sidecar".into(),
        exit_code: None,
        reason: None,
    };
    evidence.tasks[0].containers.push(sidecar);
    let cause = Cause::of_tasks(&evidence).expect("a cause");
    assert_eq!(
        words(Engine::CodeDeploy, &cause, &evidence).what,
        "an image cannot be pulled."
    );
}
