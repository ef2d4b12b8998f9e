//! Messages for what a task definition names and the account lacks.

use crate::messages::Words;
use crate::release::finding::PresenceProblem;

pub(super) fn words(problem: &PresenceProblem) -> Words {
    match problem {
        PresenceProblem::NoRole { role } => Words::new(
            format!("IAM has no role {role}, and tasks do not start without their role"),
            "create the role, or correct its name",
        ),
        PresenceProblem::OtherRole { role, arn } => Words::new(
            format!("IAM has no role {role}; the role with this name is {arn}"),
            format!("write {arn}"),
        ),
        PresenceProblem::NoLogGroup { name, region } => Words::new(
            format!(
                "CloudWatch Logs has no log group {name} in {region}, and containers do not start without it"
            ),
            "create the log group, or let awslogs-create-group=true and logs:CreateLogGroup create it",
        ),
        PresenceProblem::NotChecked { reason } => Words::new(
            format!("it was not checked that this exists: {reason}"),
            "to have it checked, let the worker's role use iam:GetRole and logs:DescribeLogGroups",
        ),
    }
}
