//! The summary that the pipeline shows while a rollout goes on.

use crate::rollout::progress::{Phase, Progress, Underway};
use crate::rollout::step::StopReason;

/// One or two sentences on where the rollout stands.
#[must_use]
pub fn summary(progress: &Progress) -> String {
    match progress {
        Progress::NotStarted => "Not begun yet; a worker takes it up shortly.".into(),
        Progress::WaitingForAws { call, code } => {
            format!("Waiting for AWS: {call} answers {code}. Trying again.")
        }
        Progress::WaitingForGroup { holder } => format!(
            "Waiting for its turn: deployment {holder} holds the deployment group. \
             Nothing has been registered yet."
        ),
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
    let mut parts = vec![phase(underway)];
    if let Some((running, desired)) = underway.tasks {
        parts.push(format!("{running} of {desired} new tasks running"));
    }
    format!("{} (deployment {})", parts.join("; "), underway.deployment)
}

fn phase(underway: &Underway) -> String {
    let traffic = underway.traffic;
    match &underway.phase {
        Phase::Queued => "Queued: CodeDeploy has not begun yet".into(),
        Phase::Event { name } if name == "AllowTraffic" => {
            format!("AllowTraffic: {traffic} % of the traffic on the new task set")
        }
        Phase::Event { name } => name.clone(),
        Phase::Ready { .. } => "Ready: waiting to be continued, in the CodeDeploy console or \
             with `aws deploy continue-deployment`"
            .into(),
        Phase::Terminating => {
            "All traffic is on the new task set; the old tasks wait for their end".into()
        }
        Phase::Finishing => "Finishing".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::DeploymentId;

    #[test]
    fn a_shift_says_how_much_has_moved() {
        let progress = Progress::Underway(Underway {
            deployment: DeploymentId::new("d-A1B2C3D4E"),
            phase: Phase::Event {
                name: "AllowTraffic".into(),
            },
            traffic: 30.0,
            tasks: Some((2, 2)),
        });
        assert_eq!(
            summary(&progress),
            "AllowTraffic: 30 % of the traffic on the new task set; \
             2 of 2 new tasks running (deployment d-A1B2C3D4E)"
        );
    }
}
