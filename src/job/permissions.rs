//! The IAM permissions that the worker needs. The policies that an operator
//! attaches to roles are generated from this table.

mod policy;

use super::Engine;

pub use policy::{PASSED_TO, S3Place, Scope, Statement, policy, statements, trust};

/// What a permission is for. Each purpose gets its own statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Polling for jobs and reporting results.
    Poll,
    /// Deploying a release and following the rollout.
    Deploy,
    /// Checking images in ECR before the release.
    Images,
    /// Finding out why a release failed, or what may keep it from succeeding.
    /// Optional: the worker works without these permissions.
    Diagnose,
    /// Storing the journal in S3.
    Journal,
    /// Reading policies from S3.
    Policies,
    /// Sending release events to an event bus.
    Events,
    /// Assuming the roles that pipelines name, in this and other accounts.
    Roles,
    /// Creating the action type once, and comparing it with the definition.
    Register,
}

impl Purpose {
    /// All, in the order of the policy.
    pub const ALL: [Self; 9] = [
        Self::Poll,
        Self::Deploy,
        Self::Images,
        Self::Diagnose,
        Self::Journal,
        Self::Policies,
        Self::Events,
        Self::Roles,
        Self::Register,
    ];
}

/// What a permission applies to (Service Authorization Reference), in the order
/// of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    ActionType,
    Application,
    DeploymentGroup,
    DeploymentConfig,
    /// Any ECS service: the deployment group determines it.
    Service,
    /// The ECS service that the action names.
    NamedService,
    /// The deployments of that service. IAM is asked about the service too
    /// (docs/aws.md §6.6).
    ServiceDeployment,
    /// The revisions of that service; likewise.
    ServiceRevision,
    /// Any task definition family.
    TaskDefinition,
    /// The roles that task definitions may name.
    TaskRoles,
    /// Any ECR repository, also in other accounts and Regions: the images
    /// determine it.
    Repository,
    /// The bucket that holds the journal.
    JournalBucket,
    /// The objects of the journal.
    JournalObjects,
    /// The buckets that hold policies.
    PolicyBuckets,
    /// The policy files.
    PolicyObjects,
    /// The event bus for release events.
    EventBus,
    /// Any pipeline: the jobs name theirs.
    Pipeline,
    /// The roles that pipelines may name.
    Roles,
    /// For actions without a resource type.
    Any,
}

/// An IAM action, its purpose and its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    pub action: &'static str,
    pub purpose: Purpose,
    pub resource: Resource,
    /// The engine that needs it; `None` if both do.
    pub only: Option<Engine>,
}

impl Permission {
    const fn only(mut self, engine: Engine) -> Self {
        self.only = Some(engine);
        self
    }
}

const fn may(action: &'static str, purpose: Purpose, resource: Resource) -> Permission {
    Permission {
        action,
        purpose,
        resource,
        only: None,
    }
}

const fn poll(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Poll, resource)
}

const fn images(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Images, resource)
}

const fn diagnose(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Diagnose, resource)
}

const fn journal(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Journal, resource)
}

const fn events(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Events, resource)
}

const fn register(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Register, resource)
}

/// A call of deployments by CodeDeploy.
const fn codedeploy(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Deploy, resource).only(Engine::CodeDeploy)
}

/// A call of ECS's own deployments.
const fn ecs(action: &'static str, resource: Resource) -> Permission {
    may(action, Purpose::Deploy, resource).only(Engine::Ecs)
}

/// Every call that this program makes with the worker's own credentials.
pub const CALLS: &[Permission] = &[
    poll("codepipeline:PollForJobs", Resource::ActionType),
    poll("codepipeline:AcknowledgeJob", Resource::Any),
    poll("codepipeline:GetJobDetails", Resource::Any),
    poll("codepipeline:PutJobSuccessResult", Resource::Any),
    poll("codepipeline:PutJobFailureResult", Resource::Any),
    diagnose("codepipeline:ListActionExecutions", Resource::Any),
    codedeploy("codedeploy:GetDeploymentGroup", Resource::DeploymentGroup),
    codedeploy("codedeploy:CreateDeployment", Resource::DeploymentGroup),
    codedeploy("codedeploy:GetDeployment", Resource::DeploymentGroup),
    codedeploy("codedeploy:BatchGetDeployments", Resource::DeploymentGroup),
    codedeploy("codedeploy:ListDeployments", Resource::DeploymentGroup),
    codedeploy("codedeploy:GetDeploymentConfig", Resource::DeploymentConfig),
    codedeploy("codedeploy:ListDeploymentTargets", Resource::Any),
    codedeploy("codedeploy:GetDeploymentTarget", Resource::Any),
    codedeploy("codedeploy:ContinueDeployment", Resource::Any),
    codedeploy("codedeploy:StopDeployment", Resource::Any),
    may(
        "ecs:RegisterTaskDefinition",
        Purpose::Deploy,
        Resource::TaskDefinition,
    ),
    may("ecs:DescribeTaskDefinition", Purpose::Deploy, Resource::Any),
    codedeploy("ecs:DescribeServices", Resource::Service),
    ecs("ecs:DescribeServices", Resource::NamedService),
    ecs("ecs:UpdateService", Resource::NamedService),
    ecs("ecs:ListServiceDeployments", Resource::NamedService),
    ecs(
        "ecs:DescribeServiceDeployments",
        Resource::ServiceDeployment,
    ),
    ecs("ecs:StopServiceDeployment", Resource::ServiceDeployment),
    ecs("ecs:ContinueServiceDeployment", Resource::ServiceDeployment),
    ecs("ecs:DescribeServiceRevisions", Resource::ServiceRevision),
    images("ecr:BatchGetImage", Resource::Repository),
    images("ecr:GetDownloadUrlForLayer", Resource::Repository),
    images("ecr:DescribePullThroughCacheRules", Resource::Any),
    diagnose("ecs:ListTasks", Resource::Any),
    diagnose("ecs:DescribeTasks", Resource::Any),
    diagnose("cloudwatch:DescribeAlarms", Resource::Any),
    diagnose("elasticloadbalancing:DescribeListeners", Resource::Any),
    diagnose("elasticloadbalancing:DescribeTargetGroups", Resource::Any),
    diagnose("elasticloadbalancing:DescribeTargetHealth", Resource::Any),
    diagnose("iam:GetRole", Resource::TaskRoles),
    diagnose("logs:DescribeLogGroups", Resource::Any),
    journal("s3:PutObject", Resource::JournalObjects),
    journal("s3:GetObject", Resource::JournalObjects),
    journal("s3:DeleteObject", Resource::JournalObjects),
    journal("s3:ListBucket", Resource::JournalBucket),
    may("s3:GetObject", Purpose::Policies, Resource::PolicyObjects),
    may("s3:ListBucket", Purpose::Policies, Resource::PolicyBuckets),
    events("events:PutEvents", Resource::EventBus),
    events("events:DescribeEventBus", Resource::EventBus),
    events("codepipeline:GetPipelineExecution", Resource::Pipeline),
    may("sts:AssumeRole", Purpose::Roles, Resource::Roles),
    register("codepipeline:ListActionTypes", Resource::Any),
    register("codepipeline:CreateCustomActionType", Resource::ActionType),
];

/// Additional permissions that `CreateDeployment` and `RegisterTaskDefinition`
/// require.
pub const IMPLIED: &[Permission] = &[
    codedeploy("codedeploy:GetApplicationRevision", Resource::Application),
    codedeploy(
        "codedeploy:RegisterApplicationRevision",
        Resource::Application,
    ),
    may("ecs:TagResource", Purpose::Deploy, Resource::TaskDefinition),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_purpose_asks_for_something() {
        for purpose in Purpose::ALL {
            let mut calls = CALLS.iter();
            assert!(calls.any(|call| call.purpose == purpose), "{purpose:?}");
        }
    }

    #[test]
    fn no_action_is_listed_twice_for_one_purpose() {
        let all = CALLS.iter().chain(IMPLIED);
        let all = all.map(|call| (call.action, call.purpose, call.resource));
        assert_eq!(all.clone().collect::<BTreeSet<_>>().len(), all.count());
    }
}
