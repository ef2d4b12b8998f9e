//! The message for a deployment that did not succeed: the cause, what to do,
//! what production runs, and the evidence.

mod evidence;

use super::cause;
use super::message::Message;
use crate::job::action_type::deployment_link;
use crate::job::{DeployTarget, DeploymentId, Engine};
use crate::rollout::cause::Cause;
use crate::rollout::ending::{Ending, Production};
use crate::rollout::failure::{DeploymentFailure, RollbackOutcome};
use crate::rollout::step::StopReason;

pub(super) fn words(failure: &DeploymentFailure) -> Message {
    let cause = Cause::of(failure);
    let headline = headline(failure, &cause);
    let cause = cause::words(failure.deployment.engine(), &cause, &failure.evidence);
    let target = match &failure.target {
        DeployTarget::Group(name) => format!(
            "Application {}, deployment group {}",
            name.application, name.group
        ),
        DeployTarget::Service(name) => {
            format!("Cluster {}, service {}", name.cluster, name.service)
        }
    };
    Message {
        what: format!("{headline}: {}", cause.what),
        at: vec![
            production(failure),
            format!("{target}, task definition {}", failure.task_definition),
        ],
        next: cause.remedy,
        evidence: evidence::lines(failure),
        link: deployment_link(&failure.task_definition, &failure.deployment),
    }
}

fn headline(failure: &DeploymentFailure, cause: &Cause) -> String {
    let id = &failure.deployment;
    match failure.ending {
        Ending::ByUs(StopReason::TimedOut) => {
            format!("Deployment {id} had not ended within the timeout and was stopped")
        }
        Ending::ByUs(StopReason::Abandoned) => {
            format!("Deployment {id} was stopped because the action was abandoned")
        }
        Ending::ByUs(StopReason::TaskFailure) => format!(
            "Deployment {id} was stopped because too many of its new tasks failed (OnTaskFailure)"
        ),
        Ending::NotStopped(StopReason::TimedOut) => format!(
            "Deployment {id} had not ended within the timeout, and has not stopped since it was \
             asked to"
        ),
        Ending::NotStopped(StopReason::Abandoned) => format!(
            "Deployment {id} was asked to stop because the action was abandoned, and has not stopped"
        ),
        Ending::NotStopped(StopReason::TaskFailure) => format!(
            "Deployment {id} was asked to stop because too many of its new tasks failed \
             (OnTaskFailure), and has not stopped"
        ),
        Ending::ByHand if *cause != Cause::StoppedByHand => {
            format!("Deployment {id} was stopped by hand")
        }
        Ending::Superseded => format!("Deployment {id} was superseded"),
        Ending::ByHand | Ending::ByAlarm | Ending::Stopped => {
            format!("Deployment {id} was stopped")
        }
        Ending::Failed => format!("Deployment {id} failed"),
    }
}

/// What production runs now, as far as known.
fn production(failure: &DeploymentFailure) -> String {
    match (&failure.rollback, failure.production) {
        (RollbackOutcome::None, Production::Moved(share)) => format!(
            "No rollback was made: {share} % of the traffic was last seen on the new version."
        ),
        (RollbackOutcome::None, Production::NeverMoved) => {
            "No rollback was made, and none was needed: production traffic never left the old \
             version."
                .into()
        }
        (RollbackOutcome::None, Production::OnOld | Production::Old) => {
            "No rollback was made. When last seen, all production traffic was on the old version."
                .into()
        }
        (RollbackOutcome::None, Production::Unknown) => {
            "No rollback was made. The worker could not see which version serves production; look \
             at the service's tasks."
                .into()
        }
        (RollbackOutcome::Succeeded { deployment }, production) => {
            let now = match production {
                Production::NeverMoved => "traffic never left",
                Production::Old | Production::Unknown => "is on",
                Production::Moved(_) | Production::OnOld => "is back on",
            };
            let rollback = rollback(failure, deployment);
            format!("Production {now} the old version ({rollback} succeeded).")
        }
        (RollbackOutcome::Failed { deployment }, Production::NeverMoved) => format!(
            "Production traffic never left the old version; {} failed, so that new tasks may \
             be left.",
            the_rollback(failure, deployment)
        ),
        (RollbackOutcome::Failed { deployment }, _) => format!(
            "Production may not be on the old version: {} failed too. Look at the service's {}.",
            the_rollback(failure, deployment),
            match deployment.engine() {
                Engine::CodeDeploy => "task sets",
                Engine::Ecs => "deployments and target groups",
            }
        ),
        (RollbackOutcome::Unfinished { deployment }, Production::NeverMoved) => format!(
            "Production traffic never left the old version; the rollback {deployment} had not \
             ended when this was reported."
        ),
        (RollbackOutcome::Unfinished { deployment }, _) => format!(
            "Whether production is back on the old version is not known yet: the rollback \
             {deployment} had not ended when this was reported."
        ),
    }
}

/// CodeDeploy rolls back with a deployment of its own, ECS within the same.
fn rollback(failure: &DeploymentFailure, by: &DeploymentId) -> String {
    if *by == failure.deployment {
        "the rollback".to_owned()
    } else {
        format!("rollback {by}")
    }
}

fn the_rollback(failure: &DeploymentFailure, by: &DeploymentId) -> String {
    let rollback = rollback(failure, by);
    if *by == failure.deployment {
        rollback
    } else {
        format!("the {rollback}")
    }
}

#[cfg(test)]
pub(super) mod tests;
