//! The message for a failed release.

use super::message::Message;
use super::words::place;
use crate::job::duration::{exact, precise};
use crate::job::report::MAX_MESSAGE;
use crate::job::request::ConfigurationProblem;
use crate::job::{DeploymentId, Engine, GroupName, ServiceName, TaskDefinitionArn};
use crate::release::finding::{Finding, Severity};
use crate::rollout::failure::Failure;

/// The message, within CodePipeline's limit.
#[must_use]
pub fn message(failure: &Failure) -> String {
    words(failure).fit(MAX_MESSAGE)
}

fn words(failure: &Failure) -> Message {
    match failure {
        Failure::Configuration(problems) => configuration(problems),
        Failure::Refused(findings) => refused(findings),
        Failure::NoApplication { application } => no_application(application),
        Failure::NoGroup(name) => no_group(name),
        Failure::NoService(name) => no_service(name),
        Failure::RoleNotAllowed { role } => Message::new(
            format!("The operator of this worker has not allowed the role {role}."),
            "Ask the operator to add the role to the worker's setting `roles`, or remove RoleArn from Options: the worker then deploys with its own role.",
        ),
        Failure::NoArtifactCredentials => Message::new(
            "CodePipeline sent no credentials to read the input artifacts with.",
            "Release again; if it happens twice, tell the operator of the worker.",
        ),
        Failure::Call(error) => super::call::words(error),
        Failure::Unavailable { last, .. } if last.is_about_credentials() => {
            super::call::words(last)
        }
        Failure::Unavailable { last, failing_for } => Message::new(
            format!(
                "Calls to AWS failed for {}.",
                precise(*failing_for)
            ),
            "Retry the stage. If it happens again, look at the AWS Health Dashboard and at the \
             request rates of this account.",
        )
        .at(super::call::sentence(last)),
        Failure::Unfollowed { deployment, why } => unfollowed(deployment, words(why)),
        Failure::GroupBusy { target, holder } => Message::new(
            format!("Deployment {holder} holds {}.", place(target)),
            "Retry when it has ended, or set WhenBusy=Wait in Options to wait for it.",
        ),
        Failure::NeverOurTurn {
            target,
            holder,
            timeout,
        } => Message::new(
            format!(
                "Deployment {holder} still held {} after {}.",
                place(target),
                exact(*timeout)
            ),
            "End or stop that deployment, then retry the stage.",
        ),
        Failure::Overtaken { target, by } => Message::new(
            format!(
                "While this release waited for {}, a later release went live with deployment {by}.",
                place(target)
            ),
            "You need to do nothing if you want the later release. To go \
             back to this one, retry the stage: a retry counts as a new release.",
        ),
        Failure::Abandoned { deployment } => Message::new(
            format!("The action was abandoned; deployment {deployment} runs on."),
            "Look at the deployment. OnAbandon=Stop or OnAbandon=Rollback in Options ends it \
             next time.",
        ),
        Failure::Deployment(failure) => super::deployment::words(failure),
        Failure::TookTooLong {
            deployment,
            timeout,
        } => Message::new(
            format!(
                "Deployment {deployment} had not ended after {} and was left running.",
                exact(*timeout)
            ),
            "Look at the deployment. A longer Timeout, CompleteWhen=TrafficShifted or \
             OnTimeout=Rollback in Options changes what happens next time.",
        ),
        Failure::DeploymentGone { deployment } => gone(deployment),
        Failure::NotOurTaskDefinition {
            deployment,
            expected,
            primary,
        } => not_ours(deployment, expected, primary.as_ref()),
        Failure::BadToken { detail } => Message::new(
            "The job's continuation token is damaged or forged: no version of this worker wrote it.",
            "Check that no other program answers jobs of this action type, then retry the stage.",
        )
        .at(detail.clone()),
        Failure::NotOurDeployment { deployment } => Message::new(
            format!(
                "The job's continuation token names deployment {deployment}, which is not a \
                 deployment of this release. It was neither continued nor stopped."
            ),
            "Check that no other program answers jobs of this action type, then retry the stage.",
        ),
        Failure::Internal { detail } => Message::new(
            "The worker itself has failed. This is a bug in the worker.",
            "Retry the stage. If it fails again, report it with the worker's log of this job.",
        )
        .at(detail.clone()),
    }
}

fn unfollowed(deployment: &DeploymentId, why: Message) -> Message {
    Message {
        what: format!(
            "{} Deployment {deployment} may still be under way: the worker no longer follows it.",
            why.what
        ),
        next: format!("Look at the deployment first. {}", why.next),
        ..why
    }
}

fn gone(deployment: &DeploymentId) -> Message {
    Message::new(
        format!(
            "{} does not know deployment {deployment} any more.",
            deployment.engine()
        ),
        match deployment.engine() {
            Engine::CodeDeploy => {
                "Check whether the application or the deployment group was deleted, then retry \
                     the stage."
            }
            Engine::Ecs => "Check whether the service was deleted, then retry the stage.",
        },
    )
}

fn no_application(application: &str) -> Message {
    Message::new(
        format!("CodeDeploy has no application `{application}` in this account and Region."),
        "Correct ApplicationName in the action's configuration.",
    )
}

fn no_group(GroupName { application, group }: &GroupName) -> Message {
    Message::new(
        format!("The CodeDeploy application `{application}` has no deployment group `{group}`."),
        "Correct DeploymentGroupName in the action's configuration.",
    )
}

fn no_service(ServiceName { cluster, service }: &ServiceName) -> Message {
    Message::new(
        format!("The ECS cluster `{cluster}` has no service `{service}`."),
        "Correct ClusterName and ServiceName in the action's configuration.",
    )
}

fn not_ours(
    deployment: &DeploymentId,
    expected: &TaskDefinitionArn,
    primary: Option<&TaskDefinitionArn>,
) -> Message {
    let what = format!(
        "Deployment {deployment} has moved the traffic, but the service's production tasks run \
         another task definition."
    );
    let next = "Find out what else changed the service while the deployment ran.";
    let running = primary.map_or("no production tasks are shown", TaskDefinitionArn::as_str);
    Message::new(what, next)
        .at(format!("Expected: {expected}"))
        .at(format!("Running: {running}"))
}

fn configuration(problems: &[ConfigurationProblem]) -> Message {
    let what = match problems.len() {
        1 => "The action's configuration has a problem.".to_owned(),
        count => format!("The action's configuration has {count} problems."),
    };
    let next = "Correct the action in the pipeline, then release again.";
    let lines = problems
        .iter()
        .map(|problem| super::configuration::words(problem).to_string());
    lines.fold(Message::new(what, next), Message::at)
}

fn refused(findings: &[Finding]) -> Message {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    let what = match errors.count() {
        1 => "The release was refused; nothing was registered. There is an error:".to_owned(),
        count => format!("The release was refused; nothing was registered. {count} errors:"),
    };
    let next = "Correct the files or the action, then release again.";
    findings
        .iter()
        .map(super::finding::marked)
        .fold(Message::new(what, next), Message::at)
}
