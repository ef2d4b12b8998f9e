//! The roles of a task, and what requires the execution role.

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, is_set};
use crate::job::{Excerpt, RoleArn};
use crate::release::finding::{EcsRule, Needs, RoleProblem, Wanted};
use crate::release::image_reference::is_ecr_host;
use crate::release::placeholder;
use crate::release::task_definition::Container;

const EXECUTION_ROLE: &str = "executionRoleArn";

/// The members that name a role.
pub(super) const MEMBERS: [&str; 2] = [EXECUTION_ROLE, "taskRoleArn"];

pub(super) fn check(checks: &mut Checks<'_>) {
    for member in MEMBERS {
        if let Some(role) = checks.task_definition.text(member) {
            check_role(checks, member, role);
        }
    }
    let has_role = checks.task_definition.text(EXECUTION_ROLE);
    if has_role.is_none_or(str::is_empty) {
        for container in checks.task_definition.containers() {
            needs(checks, &container);
        }
    }
}

/// ECS accepts the short name as well as the ARN (API reference, taskRoleArn;
/// aws-actions/amazon-ecs-render-task-definition 19), and rejects anything else
/// with "Role is not valid".
fn check_role(checks: &mut Checks<'_>, member: &'static str, role: &str) {
    let value = Excerpt::of(role);
    let not_a_role = RoleProblem::NotARole {
        value: value.clone(),
    };
    if placeholder::first(role).is_some() {
        return; // Already reported.
    }
    if role.is_empty() {
        checks.error(steps![member], RoleProblem::Empty);
    } else if role.starts_with("arn:") {
        match RoleArn::parse(role) {
            Some(role) if role.has_account() => {}
            Some(role) => {
                let account = Excerpt::of(role.account);
                checks.error(steps![member], RoleProblem::NotAnAccount { account });
            }
            None => checks.error(steps![member], not_a_role),
        }
    } else if placeholder::is_token(role) {
        let wanted = Wanted::Role;
        checks.warning(
            steps![member],
            EcsRule::Token {
                text: value,
                wanted,
            },
        );
    } else if !role.chars().all(is_part_of_name) {
        checks.warning(steps![member], not_a_role);
    }
}

/// The name of a role, given by its ARN or name, that may exist.
pub(crate) fn role_name(role: &str) -> Option<&str> {
    const MAX: usize = 64;
    let is_known = match role.starts_with("arn:") {
        true => is_role_arn(role),
        false => !placeholder::is_token(role),
    };
    let name = role.rsplit('/').next().unwrap_or(role);
    let is_name = (1..=MAX).contains(&name.len()) && name.chars().all(is_part_of_name);
    (is_known && is_name && placeholder::first(role).is_none()).then_some(name)
}

fn is_role_arn(text: &str) -> bool {
    RoleArn::parse(text).is_some_and(|role| role.has_account())
}

/// Whether a role's name, or the path before it, may contain `c`.
fn is_part_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c)
}

/// Reports a missing execution role for each member that needs it. ECS's known
/// responses are:
///
/// - "When you are specifying container secrets, you must also specify a value
///   for 'executionRoleArn'." (fabfuel/ecs-deploy 87)
/// - "Private repository authentication requires that the task definition
///   specify a value for executionRoleArn." (sil-org/ecs-deploy 188)
/// - "Fargate requires task definition to have execution role ARN to support
///   ECR images." and "… log driver awslogs." (virtual-kubelet 193)
///
/// For the other members, the guides say that the role is needed; ECS's
/// response is unknown.
fn needs(checks: &mut Checks<'_>, container: &Container<'_>) {
    let has = |path: &str| container.value().pointer(path).is_some_and(is_set);
    let place = |member| within(container, steps![member]);
    let missing = |needed_by| RoleProblem::Missing { needed_by };
    if has("/secrets") {
        checks.error(&place("secrets"), missing(Needs::Secrets));
    }
    if has("/repositoryCredentials/credentialsParameter") {
        let needed_by = Needs::RepositoryCredentials;
        checks.error(&place("repositoryCredentials"), missing(needed_by));
    }
    if has("/logConfiguration/secretOptions") {
        checks.warning(&place("logConfiguration"), missing(Needs::LogSecrets));
    }
    if has("/environmentFiles") {
        let needed_by = Needs::EnvironmentFiles;
        checks.warning(&place("environmentFiles"), missing(needed_by));
    }
    if is_fargate(checks.task_definition) {
        if container.text("image").is_some_and(is_ecr) {
            checks.error(&place("image"), missing(Needs::EcrImage));
        }
        if log_driver(container) == Some("awslogs") {
            checks.error(&place("logConfiguration"), missing(Needs::AwsLogs));
        }
    }
}

/// Whether the image is in a private ECR registry, under any of its host names.
fn is_ecr(image: &str) -> bool {
    is_ecr_host(image.split('/').next().unwrap_or_default())
}

pub(super) fn log_driver<'a>(container: &Container<'a>) -> Option<&'a str> {
    container
        .get("logConfiguration")?
        .get("logDriver")?
        .as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_its_arn() {
        for (text, expected) in [
            ("arn:aws:iam::111122223333:role/a", true),
            ("arn:aws-cn:iam::111122223333:role/service-role/a", true),
            ("arn:aws:iam::111122223333:role/", false),
            ("arn:aws:iam::111122223333:user/a", false),
            ("arn:aws:iam::1111:role/a", false),
            ("arn:aws:iam::ACCOUNT_ID:role/a", false),
            ("arn:aws:ecs:eu-west-1:111122223333:cluster/a", false),
            ("arn:aws:iam:", false),
        ] {
            assert_eq!(is_role_arn(text), expected, "{text}");
        }
    }
}
