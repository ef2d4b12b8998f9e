//! The summary that the pipeline shows while a rollout goes on.

use jiff::Timestamp;

use super::limit::fit;
use super::words::duration;
use crate::job::report::MAX_SUMMARY;
use crate::rollout::progress::{Phase, Progress, Underway};
use crate::rollout::step::StopReason;

/// One or two sentences on where the rollout stands.
#[must_use]
pub fn summary(progress: &Progress) -> String {
    fit(&words(progress), MAX_SUMMARY)
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::NotStarted => "Not begun yet; a worker takes it up shortly.".into(),
        Progress::WaitingForAws { call, code } => {
            format!("Waiting for AWS: {call} answers {code}. Trying again.")
        }
        Progress::WaitingForGroup { holder } => {
            format!("Waiting for its turn: deployment {holder} holds the deployment group.")
        }
        Progress::WaitingForOlder { execution } => {
            format!("Waiting for its turn: the older pipeline execution {execution} goes first.")
        }
        Progress::Registered => {
            "The task definition is registered; its deployment comes next.".into()
        }
        Progress::Created { deployment } => format!("Deployment {deployment} has been created."),
        Progress::Underway(underway) => under_way(underway),
        Progress::Stopping { deployment, why } => match why {
            StopReason::TimedOut => {
                format!("The time-out has passed; deployment {deployment} is being stopped.")
            }
            StopReason::Abandoned => {
                format!("The action was abandoned; deployment {deployment} is being stopped.")
            }
        },
        Progress::RollingBack {
            deployment,
            rollback,
        } => format!(
            "Deployment {deployment} has failed and is being rolled back. {}",
            under_way(rollback)
        ),
    }
}

fn under_way(underway: &Underway) -> String {
    let mut text = phase(underway);
    if let Some((running, desired)) = underway.tasks {
        text.push_str(&format!("; {running} of {desired} new tasks running"));
    }
    format!("{text} (deployment {})", underway.deployment)
}

fn phase(underway: &Underway) -> String {
    match &underway.phase {
        Phase::Queued => "Queued: CodeDeploy has not begun yet".into(),
        Phase::Event { name } if name == "AllowTraffic" => shift(underway),
        Phase::Event { name } => name.clone(),
        Phase::Ready { until } => format!(
            "Ready: waiting to be continued{}. Continue it in the CodeDeploy console, or with \
             `aws deploy continue-deployment --deployment-id {} --deployment-wait-type READY_WAIT`",
            match until {
                Some(until) => format!(" until {}; then CodeDeploy stops it", moment(*until)),
                None => String::new(),
            },
            underway.deployment
        ),
        Phase::Terminating { until } => {
            let until = until.map_or(String::new(), |until| format!(" until {}", moment(until)));
            format!("All traffic is on the new task set; the old tasks live on{until}")
        }
        Phase::Finishing => "Finishing".into(),
    }
}

fn shift(underway: &Underway) -> String {
    let mut text = format!("AllowTraffic: {} % on the new task set", underway.traffic);
    if let Some(next) = underway.next_step {
        text.push_str(&format!(", next step in {}", duration(next)));
    }
    text
}

/// A moment to the second: `2026-01-01T10:03:00Z`.
pub(super) fn moment(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::job::DeploymentId;

    fn check(phase: Phase, next_step: Option<u64>, expected: &str) {
        let progress = Progress::Underway(Underway {
            deployment: DeploymentId::new("d-A1B2C3D4E"),
            phase,
            traffic: 30.0,
            next_step: next_step.map(Duration::from_secs),
            tasks: Some((2, 2)),
        });
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
    fn a_wait_says_until_when_and_how_to_end_it() {
        let until = Some("2026-01-01T10:03:00.5Z".parse().unwrap());
        check(
            Phase::Ready { until },
            None,
            "Ready: waiting to be continued until 2026-01-01T10:03:00Z; then CodeDeploy stops it. \
             Continue it in the CodeDeploy console, or with `aws deploy continue-deployment \
             --deployment-id d-A1B2C3D4E --deployment-wait-type READY_WAIT`; \
             2 of 2 new tasks running (deployment d-A1B2C3D4E)",
        );
        check(
            Phase::Terminating { until },
            None,
            "All traffic is on the new task set; the old tasks live on until \
             2026-01-01T10:03:00Z; 2 of 2 new tasks running (deployment d-A1B2C3D4E)",
        );
    }
}
