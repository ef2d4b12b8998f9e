//! What the worker may have to do in AWS, as IAM names it: the one source for
//! the policy that an operator attaches to the worker's role.

use serde_json::{Value, json};

use super::action_type::PROVIDER;

/// What a permission is for; each purpose is a statement of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Taking jobs and reporting on them.
    Poll,
    /// Making a release and following it.
    Deploy,
    /// Saying why a release failed. The worker works without.
    Diagnose,
}

/// What a permission is about (Service Authorization Reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    ActionType,
    Application,
    DeploymentGroup,
    DeploymentConfig,
    /// Any ECS service: the deployment group names it.
    Service,
    /// Any family of task definitions.
    TaskDefinition,
    /// Any ECR repository, also of other accounts and Regions: the images name
    /// theirs.
    Repository,
    /// The action knows no kind of resource.
    Any,
}

/// One action with what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub action: &'static str,
    pub purpose: Purpose,
    pub resource: Resource,
}

const fn may(action: &'static str, purpose: Purpose, resource: Resource) -> Permission {
    Permission {
        action,
        purpose,
        resource,
    }
}

/// Every call that this program makes with the worker's own credentials.
pub const CALLS: &[Permission] = &[
    may(
        "codepipeline:PollForJobs",
        Purpose::Poll,
        Resource::ActionType,
    ),
    may("codepipeline:AcknowledgeJob", Purpose::Poll, Resource::Any),
    may("codepipeline:GetJobDetails", Purpose::Poll, Resource::Any),
    may(
        "codepipeline:PutJobSuccessResult",
        Purpose::Poll,
        Resource::Any,
    ),
    may(
        "codepipeline:PutJobFailureResult",
        Purpose::Poll,
        Resource::Any,
    ),
    may(
        "codepipeline:ListActionExecutions",
        Purpose::Diagnose,
        Resource::Any,
    ),
    may(
        "codedeploy:GetDeploymentGroup",
        Purpose::Deploy,
        Resource::DeploymentGroup,
    ),
    may(
        "codedeploy:CreateDeployment",
        Purpose::Deploy,
        Resource::DeploymentGroup,
    ),
    may(
        "codedeploy:GetDeployment",
        Purpose::Deploy,
        Resource::DeploymentGroup,
    ),
    may(
        "codedeploy:BatchGetDeployments",
        Purpose::Deploy,
        Resource::DeploymentGroup,
    ),
    may(
        "codedeploy:ListDeployments",
        Purpose::Deploy,
        Resource::DeploymentGroup,
    ),
    may(
        "codedeploy:GetDeploymentConfig",
        Purpose::Deploy,
        Resource::DeploymentConfig,
    ),
    may(
        "codedeploy:ListDeploymentTargets",
        Purpose::Deploy,
        Resource::Any,
    ),
    may(
        "codedeploy:GetDeploymentTarget",
        Purpose::Deploy,
        Resource::Any,
    ),
    may(
        "codedeploy:ContinueDeployment",
        Purpose::Deploy,
        Resource::Any,
    ),
    may("codedeploy:StopDeployment", Purpose::Deploy, Resource::Any),
    may(
        "ecs:RegisterTaskDefinition",
        Purpose::Deploy,
        Resource::TaskDefinition,
    ),
    may("ecs:DescribeTaskDefinition", Purpose::Deploy, Resource::Any),
    may("ecs:DescribeServices", Purpose::Deploy, Resource::Service),
    may("ecr:BatchGetImage", Purpose::Deploy, Resource::Repository),
    may(
        "ecr:GetDownloadUrlForLayer",
        Purpose::Deploy,
        Resource::Repository,
    ),
    may(
        "ecr:DescribePullThroughCacheRules",
        Purpose::Deploy,
        Resource::Any,
    ),
    may("ecs:ListTasks", Purpose::Diagnose, Resource::Any),
    may("ecs:DescribeTasks", Purpose::Diagnose, Resource::Any),
];

/// What `CreateDeployment` and `RegisterTaskDefinition` ask for besides
/// themselves (aws-facts §2.4).
pub const IMPLIED: &[Permission] = &[
    may(
        "codedeploy:GetApplicationRevision",
        Purpose::Deploy,
        Resource::Application,
    ),
    may(
        "codedeploy:RegisterApplicationRevision",
        Purpose::Deploy,
        Resource::Application,
    ),
    may("ecs:TagResource", Purpose::Deploy, Resource::TaskDefinition),
];

/// Where the policy is to hold; `*` where it is to hold everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub partition: String,
    pub region: String,
    pub account: String,
    /// Version of the action type.
    pub version: String,
    pub application: String,
    pub group: String,
    /// ARNs of the roles that task definitions may name.
    pub pass_roles: Vec<String>,
}

/// The least that the worker's role must be allowed: an IAM policy document.
#[must_use]
pub fn policy(scope: &Scope) -> Value {
    let mut statements: Vec<Value> = Vec::new();
    for purpose in [Purpose::Poll, Purpose::Deploy, Purpose::Diagnose] {
        for resource in [
            Resource::ActionType,
            Resource::Application,
            Resource::DeploymentGroup,
            Resource::DeploymentConfig,
            Resource::Service,
            Resource::TaskDefinition,
            Resource::Repository,
            Resource::Any,
        ] {
            let mut actions: Vec<&str> = CALLS
                .iter()
                .chain(IMPLIED)
                .filter(|call| call.purpose == purpose && call.resource == resource)
                .map(|call| call.action)
                .collect();
            actions.sort_unstable();
            if !actions.is_empty() {
                statements.push(json!({
                    "Sid": format!("{purpose:?}{resource:?}"),
                    "Effect": "Allow",
                    "Action": actions,
                    "Resource": scope.arn(resource),
                }));
            }
        }
    }
    statements.push(json!({
        "Sid": "PassTaskRoles",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": scope.pass_roles,
        "Condition": { "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    }));
    json!({ "Version": "2012-10-17", "Statement": statements })
}

impl Scope {
    fn arn(&self, resource: Resource) -> String {
        let Self {
            partition,
            region,
            account,
            version,
            application,
            group,
            ..
        } = self;
        let codedeploy = format!("arn:{partition}:codedeploy:{region}:{account}");
        match resource {
            Resource::ActionType => format!(
                "arn:{partition}:codepipeline:{region}:{account}:actiontype:\
                 Custom/Deploy/{PROVIDER}/{version}"
            ),
            Resource::Application => format!("{codedeploy}:application:{application}"),
            Resource::DeploymentGroup => {
                format!("{codedeploy}:deploymentgroup:{application}/{group}")
            }
            Resource::DeploymentConfig => format!("{codedeploy}:deploymentconfig:*"),
            Resource::Service => format!("arn:{partition}:ecs:{region}:{account}:service/*"),
            Resource::TaskDefinition => {
                format!("arn:{partition}:ecs:{region}:{account}:task-definition/*")
            }
            Resource::Repository => format!("arn:{partition}:ecr:*:*:repository/*"),
            Resource::Any => "*".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_action_is_listed_twice() {
        let all = CALLS.iter().chain(IMPLIED).map(|call| call.action);
        assert_eq!(all.clone().collect::<BTreeSet<_>>().len(), all.count());
    }

    #[test]
    fn resources_are_as_narrow_as_the_action_knows_them() {
        let scope = Scope {
            partition: "aws".into(),
            region: "eu-west-1".into(),
            account: "111122223333".into(),
            version: "1".into(),
            application: "shop".into(),
            group: "web".into(),
            pass_roles: vec!["arn:aws:iam::111122223333:role/web-task".into()],
        };
        let policy = policy(&scope);
        let resource_of = |action: &str| {
            let statements = policy["Statement"].as_array().unwrap().iter();
            let mut with = statements.filter(|statement| {
                let actions = statement["Action"].as_array();
                actions.is_some_and(|actions| actions.contains(&json!(action)))
            });
            with.next().unwrap()["Resource"].clone()
        };
        assert_eq!(
            resource_of("codepipeline:PollForJobs"),
            "arn:aws:codepipeline:eu-west-1:111122223333:actiontype:\
             Custom/Deploy/RustBlueGreenDeploy/1"
        );
        assert_eq!(
            resource_of("codedeploy:CreateDeployment"),
            "arn:aws:codedeploy:eu-west-1:111122223333:deploymentgroup:shop/web"
        );
        assert_eq!(resource_of("codedeploy:StopDeployment"), "*");
    }
}
