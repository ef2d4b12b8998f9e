//! Messages for findings about a service that ECS deploys itself.

use std::time::Duration;

use crate::job::Excerpt;
use crate::job::duration::exact;
use crate::messages::Words;
use crate::messages::words::all_of;
use crate::release::finding::{ServiceFinding, Waits};

pub(super) fn words(finding: &ServiceFinding) -> Words {
    match finding {
        ServiceFinding::OtherController { controller } => other_controller(controller),
        ServiceFinding::UnrecognisedStrategy { strategy } => Words::only(format!(
            "ECS deploys the service with the strategy {strategy}, which this worker does not know: the time that its shift takes is not checked"
        )),
        ServiceFinding::TooLong { waits, limit } => too_long(waits, *limit),
        ServiceFinding::Pauses {
            stages,
            timeout,
            continues,
        } => Words::new(
            format!(
                "the deployment pauses at {} up to {} to be continued, and {} then",
                all_of(stages),
                exact(*timeout),
                if *continues {
                    "goes on"
                } else {
                    "is rolled back"
                }
            ),
            "continue it in ECS, or set ContinueWhenReady=Always in Options",
        ),
        ServiceFinding::StopRollsBack { options } => Words::only(format!(
            "{} {}: ECS has no stop that leaves the traffic as it is",
            all_of(options),
            if options.len() == 1 {
                "rolls back"
            } else {
                "roll back"
            }
        )),
        ServiceFinding::AlarmsOn { alarms } => alarms_on(alarms),
    }
}

/// `UpdateService` can give a service to ECS (docs/aws.md §8).
fn other_controller(controller: &Excerpt) -> Words {
    match controller.as_str() {
        "CODE_DEPLOY" => Words::new(
            "the service is deployed by CodeDeploy, not by ECS itself",
            "release it with version 1 of this action, or change its deployment controller to ECS with UpdateService, which cannot be undone",
        ),
        "EXTERNAL" => Words::new(
            "the service is deployed by an external controller, not by ECS itself",
            "release it with the tool that manages its task sets, or change its deployment controller to ECS with UpdateService",
        ),
        other => Words::only(format!(
            "the service has the deployment controller {other}, which this worker does not know"
        )),
    }
}

fn alarms_on(alarms: &[Excerpt]) -> Words {
    let (which, whose) = match alarms {
        [alarm] => (format!("the alarm {alarm} is"), "the alarm is"),
        alarms => (
            format!("the alarms {} are", all_of(alarms)),
            "the alarms are",
        ),
    };
    Words::new(
        format!("{which} on, and ECS ignores an alarm that is on when a deployment starts"),
        format!("to have the deployment watched, release when {whose} off"),
    )
}

fn too_long(waits: &Waits, limit: Duration) -> Words {
    let parts: Vec<String> = [
        ("the traffic shift waits", waits.shift),
        ("the bake time is", waits.bake),
        ("pauses take up to", waits.pauses),
    ]
    .into_iter()
    .filter(|(_, wait)| !wait.is_zero())
    .map(|(what, wait)| format!("{what} {}", exact(wait)))
    .collect();
    let shorten = "shorten the service's waits";
    Words::new(
        format!(
            "{}, and the action ends after {}",
            parts.join(", "),
            exact(limit)
        ),
        if waits.bake.is_zero() {
            shorten.to_owned()
        } else {
            format!(
                "set CompleteWhen=TrafficShifted in Options, which does not wait for the bake time, or {shorten}"
            )
        },
    )
}
