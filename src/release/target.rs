//! The state of AWS before anything is registered: the deployment group and its
//! service, as plain values.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::deployment_configuration::{DeploymentConfiguration, ServiceLoadBalancer};
pub use crate::job::ServiceName;
use crate::job::{DeployTarget, DeploymentId, TaskDefinitionArn};

/// The deployment group and its service.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseTarget {
    pub group: Group,
    /// `None` if the service does not exist.
    pub service: Option<Service>,
    /// Names of the target groups that the production listener's default action
    /// forwards to; empty if not known.
    pub forwarded: Vec<String>,
    /// Names of the service's alarms that are on already; empty if not known,
    /// and for a deployment group.
    pub alarms_on: Vec<String>,
}

/// A CodeDeploy deployment group (docs/aws.md §5.7).
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub target: DeployTarget,
    /// `ECS`, or another platform that the application deploys to.
    pub compute_platform: Option<String>,
    pub deployment_config: Option<String>,
    /// `BLUE_GREEN` for ECS.
    pub deployment_type: Option<String>,
    /// Cluster and service names, not ARNs.
    pub services: Vec<ServiceName>,
    pub ready: ReadyOption,
    /// How long the old tasks keep running after the traffic has moved.
    pub termination_wait: Duration,
    /// Names of the alarms that stop a deployment; empty if not enabled.
    pub alarms: Vec<String>,
    /// `DEPLOYMENT_FAILURE` and the like; empty if not enabled.
    pub auto_rollback: Vec<String>,
    /// Names of the target groups, usually two.
    pub target_groups: Vec<String>,
    /// ARNs of the production listeners.
    pub listeners: Vec<String>,
    /// Whether the group's own deployment configuration shifts traffic in
    /// steps; `None` if that is not known.
    pub is_gradual: Option<bool>,
    pub has_test_listener: bool,
    pub last_attempted: Option<LastDeployment>,
    pub last_successful: Option<LastDeployment>,
}

impl Group {
    /// Whether a Network Load Balancer serves it, by its listeners' ARNs.
    #[must_use]
    pub fn has_network_load_balancer(&self) -> bool {
        let is_network = |arn: &String| arn.contains(":listener/net/");
        self.listeners.iter().any(is_network)
    }

    /// A group of which nothing else is known.
    #[must_use]
    pub fn of(target: DeployTarget) -> Self {
        Self {
            target,
            compute_platform: None,
            deployment_config: None,
            deployment_type: None,
            services: Vec::new(),
            ready: ReadyOption::Continue,
            termination_wait: Duration::ZERO,
            alarms: Vec::new(),
            auto_rollback: Vec::new(),
            target_groups: Vec::new(),
            listeners: Vec::new(),
            is_gradual: None,
            has_test_listener: false,
            last_attempted: None,
            last_successful: None,
        }
    }

    /// Whether a deployment was in progress when the group was read. An unknown
    /// status counts as in progress.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        let is_final = |status: &str| matches!(status, "Succeeded" | "Failed" | "Stopped");
        let last = self.last_attempted.as_ref();
        last.is_some_and(|last| !is_final(&last.status))
    }
}

/// What happens when the new tasks are ready for traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadyOption {
    /// Traffic moves at once.
    #[default]
    Continue,
    /// The deployment waits to be continued, and stops after this time.
    WaitFor(Duration),
}

/// A deployment, as listed in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastDeployment {
    pub id: DeploymentId,
    pub status: String,
    pub created: Option<Timestamp>,
    pub ended: Option<Timestamp>,
}

/// An ECS service from `DescribeServices` (docs/aws.md §4.4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    pub cluster: String,
    pub name: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    /// `CODE_DEPLOY`, `ECS` or `EXTERNAL`. `ECS` if the service has none.
    pub deployment_controller: String,
    /// How ECS deploys the service itself; the default under another
    /// controller.
    pub deployment_configuration: DeploymentConfiguration,
    pub load_balancers: Vec<ServiceLoadBalancer>,
    /// Whether Service Connect shifts the traffic of a service without load
    /// balancers.
    pub service_connect: bool,
    pub launch_type: Option<String>,
    pub desired_count: u32,
    /// The Fargate platform version of the tasks that receive production
    /// traffic.
    pub platform_version: Option<String>,
    /// The network settings of the tasks that receive production traffic.
    /// `None` without `awsvpc`.
    pub networking: Option<Networking>,
    pub task_sets: Vec<TaskSet>,
    /// Newest first.
    pub events: Vec<ServiceEvent>,
}

/// The network interfaces of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networking {
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// `ENABLED` or `DISABLED`.
    pub assign_public_ip: String,
}

/// A task set of a service, or the tasks of one of ECS's own deployments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskSet {
    pub id: String,
    /// The id of the CodeDeploy deployment that created it.
    pub external_id: Option<String>,
    /// `PRIMARY`, `ACTIVE` or `DRAINING`.
    pub status: String,
    /// `STEADY_STATE` or `STABILIZING`.
    pub stability: Option<String>,
    pub task_definition: Option<TaskDefinitionArn>,
    pub launch_type: Option<String>,
    /// Names of the target groups that its tasks are in.
    pub target_groups: Vec<String>,
    /// As `DescribeServices` returns it; empty if a launch type is used.
    pub capacity_providers: Vec<Value>,
    pub desired: u32,
    pub pending: u32,
    pub running: u32,
}

/// An event in a service's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEvent {
    pub at: Timestamp,
    pub message: String,
}

/// The name in a target group's ARN, which ends in `targetgroup/NAME/ID`.
#[must_use]
pub fn target_group_name(arn: &str) -> Option<&str> {
    let (_, rest) = arn.split_once(":targetgroup/")?;
    rest.split('/').next().filter(|name| !name.is_empty())
}

impl Service {
    /// The task set that receives production traffic.
    #[must_use]
    pub fn primary(&self) -> Option<&TaskSet> {
        self.task_sets.iter().find(|set| set.status == "PRIMARY")
    }
}
