//! The message for an AWS call that was denied, refused or not answered.

use serde_json::json;

use super::message::Message;
use crate::rollout::call_error::{CallError, CallErrorKind};
use crate::rollout::denial::{Denial, PolicyKind, Reason};

/// Artifacts are read with the credentials that CodePipeline sends with the
/// job, not with the worker's own role (docs/aws.md §3).
const READ_ARTIFACT: &str = "s3:GetObject";

/// S3's error codes for a bucket in another Region.
const ELSEWHERE: [&str; 2] = ["PermanentRedirect", "AuthorizationHeaderMalformed"];

/// Error codes of `CreateDeployment` for a service that it cannot deploy, if
/// CodeDeploy finds that before Install (docs/aws.md §8).
const WRONG_SERVICE: [&str; 2] = [
    "InvalidECSServiceException",
    "InvalidComputePlatformException",
];

/// The message: the failed call, its resource, and what to do about it.
pub(super) fn words(error: &CallError) -> Message {
    let denial = Denial::read(&error.message);
    // `*` is less specific than the resource of the call.
    let named = denial.as_ref().and_then(|denial| denial.resource.clone());
    let named = named.filter(|resource| resource != "*");
    let words = match error.kind {
        CallErrorKind::Denied => denied(error, denial.as_ref()),
        CallErrorKind::Refused if ELSEWHERE.contains(&error.code.as_str()) => Message::new(
            "The artifact's bucket is in another Region than the worker.",
            "Give the pipeline an artifact bucket in the worker's Region, or run a worker in the \
             bucket's Region.",
        ),
        CallErrorKind::Refused if WRONG_SERVICE.contains(&error.code.as_str()) => Message::new(
            "CodeDeploy does not deploy the deployment group's ECS service; no deployment was \
             started.",
            "Check that the service that the group names exists and is ACTIVE, and that its \
             deployment controller is CODE_DEPLOY, then release again.",
        ),
        CallErrorKind::Refused => Message::new(
            format!("AWS refused {}.", error.call),
            "Correct what AWS names, then release again.",
        ),
        CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => {
            Message::new(
                format!("{} could not be carried out.", error.call),
                "Retry the stage.",
            )
        }
    };
    let words = match named.or_else(|| error.resource.clone()) {
        Some(resource) => words.at(format!("Resource: {resource}")),
        None => words,
    };
    words.at(sentence(error))
}

/// AWS's answer on one line.
pub(super) fn sentence(error: &CallError) -> String {
    let mut text = format!("{} answered {}", error.call, error.code);
    if !error.message.is_empty() {
        text.push_str(": ");
        text.push_str(&error.message);
    }
    if let Some(id) = &error.request_id {
        text.push_str(" (request ");
        text.push_str(id);
        text.push(')');
    }
    text
}

fn denied(error: &CallError, denial: Option<&Denial>) -> Message {
    match denial {
        Some(denial) => by_policy(error.call, denial),
        None if error.call == READ_ARTIFACT && error.is_about_credentials() => Message::new(
            "S3 did not accept the credentials that CodePipeline sent with the job.",
            "Retry the stage. If it happens again, check that the clock of the worker's machine \
             is right.",
        ),
        None if error.call == READ_ARTIFACT => Message::new(
            "The credentials that CodePipeline sent with the job may not read the artifact.",
            "Check whether the object is still in the bucket, and whether the bucket's policy and \
             the policy of its KMS key let the pipeline's role read it.",
        ),
        None if error.is_about_credentials() => Message::new(
            format!(
                "AWS did not accept the worker's credentials for {}.",
                error.call
            ),
            "Check that the worker's role or keys still exist, that they have not expired, and \
             that its machine's clock is right. `bluegreen-worker doctor` shows where the credentials \
             come from.",
        ),
        None => Message::new(
            format!("The worker may not call {}.", error.call),
            format!("Allow {} in the policy of the worker's role.", error.call),
        ),
    }
}

fn by_policy(call: &str, denial: &Denial) -> Message {
    let who = match denial.role() {
        _ if call == READ_ARTIFACT => {
            "The role whose credentials CodePipeline sent with the job".to_owned()
        }
        Some(role) => format!("The role {role}"),
        None => "The worker".to_owned(),
    };
    let action = &denial.action;
    let what = match (action == call, &denial.resource) {
        (true, _) => format!("{who} may not call {action}."),
        (false, Some(resource)) => {
            format!("{who} may not call {action} on {resource}, which {call} needs.")
        }
        (false, None) => format!("{who} may not call {action}, which {call} needs."),
    };
    Message::new(what, remedy(denial))
}

fn remedy(denial: &Denial) -> String {
    let role = match denial.role() {
        Some(role) => format!("the role {role}"),
        None => "the caller".to_owned(),
    };
    let resource = denial.resource.as_deref().unwrap_or("*");
    let add = format!("Add {}", statement(&denial.action, resource));
    match &denial.reason {
        Reason::NotAllowed(PolicyKind::Identity) | Reason::Unknown => {
            format!("{add} to a policy of {role}.")
        }
        Reason::NotAllowed(PolicyKind::PermissionsBoundary) => format!(
            "{add} to the permissions boundary of {role}. Its own policies must allow it too."
        ),
        Reason::NotAllowed(PolicyKind::Session) => format!(
            "The credentials of {role} were made with a session policy that does not allow this. \
             {add} to that session policy."
        ),
        Reason::NotAllowed(PolicyKind::VpcEndpoint) => {
            format!("{add} to the policy of the VPC endpoint, or call AWS by another route.")
        }
        Reason::NotAllowed(PolicyKind::Resource) => format!(
            "{add}, with {role} as its Principal, to the policy of the resource itself, such as \
             that of the bucket or the key."
        ),
        Reason::NotAllowed(kind @ (PolicyKind::ServiceControl | PolicyKind::ResourceControl)) => {
            format!(
                "No {} of the organization allows this. Ask the team that manages the organization to allow \
             {} to {role}.",
                name(*kind),
                denial.action
            )
        }
        Reason::Denied { kind, policy } => {
            let which = match policy {
                Some(arn) => format!("The {} {arn}", name(*kind)),
                None => format!("A {}", name(*kind)),
            };
            format!(
                "{which} denies this, and no other policy can allow it. Ask the team that manages that \
                 policy to make an exception for {role}."
            )
        }
    }
}

fn statement(action: &str, resource: &str) -> String {
    json!({"Effect": "Allow", "Action": action, "Resource": resource}).to_string()
}

fn name(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Identity => "policy of the role",
        PolicyKind::Resource => "resource-based policy",
        PolicyKind::PermissionsBoundary => "permissions boundary",
        PolicyKind::ServiceControl => "service control policy",
        PolicyKind::ResourceControl => "resource control policy",
        PolicyKind::Session => "session policy",
        PolicyKind::VpcEndpoint => "VPC endpoint policy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::report::FailureType;
    use crate::rollout::failure::Failure;

    fn shown(call: &'static str, code: &str, message: &str) -> String {
        let error = CallError {
            call,
            resource: Some("family webapp".into()),
            kind: CallErrorKind::of_answer(Some(code), message, 400),
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: None,
        };
        let failure = Failure::Call(error);
        assert_eq!(failure.kind(), FailureType::PermissionError, "{message}");
        let text = crate::messages::failure::message(&failure);
        let telling = text.lines().filter(|line| !line.contains(" answered "));
        telling.collect::<Vec<_>>().join("\n")
    }

    /// The text that AWS puts after "is not authorized to perform: ".
    const DENIALS: [(&str, &str, &str); 12] = [
        (
            "ecs:RegisterTaskDefinition",
            "AccessDeniedException",
            "iam:PassRole on resource: arn:aws:iam::111122223333:role/task-x because no identity-based policy allows the iam:PassRole action",
        ),
        (
            "ecs:RegisterTaskDefinition",
            "ClientException",
            "ecs:TagResource on resource: arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:* because no identity-based policy allows the ecs:TagResource action",
        ),
        (
            "codedeploy:CreateDeployment",
            "AccessDeniedException",
            "codedeploy:GetDeploymentConfig on resource: arn:aws:codedeploy:eu-west-1:111122223333:deploymentconfig:CodeDeployDefault.ECSAllAtOnce",
        ),
        (
            "codedeploy:CreateDeployment",
            "AccessDeniedException",
            "codedeploy:RegisterApplicationRevision on resource: arn:aws:codedeploy:eu-west-1:111122223333:application:webapp with an explicit deny in a service control policy",
        ),
        (
            "codedeploy:CreateDeployment",
            "AccessDeniedException",
            "codedeploy:CreateDeployment on resource: arn:g with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1",
        ),
        (
            "codedeploy:CreateDeployment",
            "AccessDeniedException",
            "codedeploy:CreateDeployment on resource: arn:g because no permissions boundary allows the codedeploy:CreateDeployment action",
        ),
        (
            "ecs:DescribeServices",
            "AccessDeniedException",
            "ecs:DescribeServices on resource: arn:s because no session policy allows the ecs:DescribeServices action",
        ),
        (
            "ecs:DescribeServices",
            "AccessDeniedException",
            "ecs:DescribeServices on resource: arn:s because no VPC endpoint policy allows the ecs:DescribeServices action",
        ),
        (
            "ecs:DescribeServices",
            "AccessDeniedException",
            "ecs:DescribeServices on resource: arn:s because no service control policy allows the ecs:DescribeServices action",
        ),
        (
            "sts:AssumeRole",
            "AccessDenied",
            "sts:AssumeRole on resource: arn:aws:iam::444455556666:role/deploy",
        ),
        (
            "s3:GetObject",
            "AccessDenied",
            "kms:Decrypt on resource: arn:aws:kms:eu-west-1:111122223333:key/k because no resource-based policy allows the kms:Decrypt action",
        ),
        (
            "codedeploy:GetDeployment",
            "AccessDeniedException",
            "codedeploy:GetDeployment",
        ),
    ];

    #[test]
    fn a_denial_names_the_action_and_the_resource_that_aws_names() {
        let mut all = String::new();
        for (call, code, text) in DENIALS {
            let message = format!(
                "User: arn:aws:sts::111122223333:assumed-role/worker/i is not authorized to perform: {text}"
            );
            all += &shown(call, code, &message);
            all += "\n\n";
        }
        for (code, text) in [
            ("AccessDeniedException", ""),
            ("ExpiredTokenException", "The security token is expired"),
            ("SignatureDoesNotMatch", "Signature expired"),
        ] {
            all += &shown("ecs:DescribeServices", code, text);
            all += "\n\n";
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn the_statement_is_one_that_iam_takes() {
        let text = statement("iam:PassRole", "arn:aws:iam::111122223333:role/a\"b");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["Resource"], "arn:aws:iam::111122223333:role/a\"b");
    }
}
