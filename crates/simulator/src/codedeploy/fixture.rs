//! A prepared service under CodeDeploy, for tests and rehearsals.

use serde_json::{Value, json};

use crate::api::ApiError;
use crate::ecs;
use crate::elb::group_arn;
use crate::world::World;

/// Properties of the fixture; the default is a small web application.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub cluster: String,
    /// Also the family of the task definition.
    pub service: String,
    pub application: String,
    pub group: String,
    pub desired_count: u32,
    /// Container and port that receive the traffic.
    pub container: String,
    pub port: u16,
    pub launch_type: LaunchType,
    /// Whether each task has its own network interface also on EC2 instances.
    pub has_own_interface: bool,
    pub deployment_config: String,
    pub has_test_listener: bool,
    /// Minutes to wait for `ContinueDeployment`; `None` shifts traffic without
    /// waiting.
    pub ready_wait_minutes: Option<u32>,
    pub termination_wait_minutes: u32,
    pub alarms: Vec<String>,
    /// For example `DEPLOYMENT_FAILURE`.
    pub auto_rollback: Vec<String>,
}

/// Where the service's tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaunchType {
    Fargate,
    /// On EC2 container instances.
    Ec2,
}

impl LaunchType {
    /// Adds the members of `CreateService` that depend on it.
    pub(crate) fn complete(self, request: &mut Value, has_own_interface: bool) {
        request["launchType"] = json!(match self {
            Self::Fargate => "FARGATE",
            Self::Ec2 => "EC2",
        });
        if self == Self::Fargate {
            request["platformVersion"] = json!("1.4.0");
        }
        if self == Self::Fargate || has_own_interface {
            request["networkConfiguration"] = json!({
                "awsvpcConfiguration": {
                    "subnets": ["subnet-0a1b2c3d", "subnet-1a2b3c4d"],
                    "securityGroups": ["sg-0a1b2c3d"],
                    "assignPublicIp": "DISABLED",
                },
            });
        }
    }
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            cluster: "demo".into(),
            service: "webapp".into(),
            application: "webapp".into(),
            group: "webapp".into(),
            desired_count: 2,
            container: "web".into(),
            port: 8080,
            launch_type: LaunchType::Fargate,
            has_own_interface: false,
            deployment_config: "CodeDeployDefault.ECSLinear10PercentEvery1Minutes".into(),
            has_test_listener: true,
            ready_wait_minutes: None,
            termination_wait_minutes: 5,
            alarms: vec!["webapp-errors".into()],
            auto_rollback: vec![
                "DEPLOYMENT_FAILURE".into(),
                "DEPLOYMENT_STOP_ON_ALARM".into(),
            ],
        }
    }
}

impl Fixture {
    /// Creates the fixture in the world, with the service's tasks running.
    ///
    /// # Errors
    ///
    /// The first error of the simulated ECS or CodeDeploy.
    pub fn build(&self, world: &mut World) -> Result<(), ApiError> {
        for role in self.roles(&world.account) {
            world.add_task_role(&role);
        }
        world.add_log_group(&self.log_group());
        let requests = [
            ("CreateCluster", json!({ "clusterName": self.cluster })),
            ("RegisterTaskDefinition", self.task_definition_in(world)),
            ("CreateService", self.create_service(world)),
        ];
        for (operation, request) in requests {
            ecs::call(world, operation, &request)?;
        }
        let now = world.now();
        if let Some(service) = world.ecs.service_mut(&self.cluster, &self.service) {
            service.settle_at_once(now);
        }
        if !world
            .codedeploy
            .applications
            .contains_key(&self.application)
        {
            let request = json!({ "applicationName": self.application, "computePlatform": "ECS" });
            super::call(world, "CreateApplication", &request)?;
        }
        let request = self.create_group(world);
        super::call(world, "CreateDeploymentGroup", &request)?;
        Ok(())
    }

    /// The execution role and the task role.
    fn roles(&self, account: &str) -> [String; 2] {
        ["execution", "task"]
            .map(|kind| format!("arn:aws:iam::{account}:role/{}-{kind}", self.service))
    }

    fn log_group(&self) -> String {
        format!("/ecs/{}", self.service)
    }

    /// The running task definition, with its roles and its log group.
    fn task_definition_in(&self, world: &World) -> Value {
        let mut body = self.task_definition();
        let [execution, task] = self.roles(&world.account);
        body["executionRoleArn"] = json!(execution);
        body["taskRoleArn"] = json!(task);
        body["containerDefinitions"][0]["logConfiguration"] = json!({
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": self.log_group(),
                "awslogs-region": world.region,
                "awslogs-stream-prefix": self.container,
            },
        });
        body
    }

    /// A minimal request body of `RegisterTaskDefinition` for the service.
    #[must_use]
    pub fn task_definition(&self) -> Value {
        let (network, launch_type) = match self.launch_type {
            LaunchType::Fargate => ("awsvpc", "FARGATE"),
            LaunchType::Ec2 if self.has_own_interface => ("awsvpc", "EC2"),
            LaunchType::Ec2 => ("bridge", "EC2"),
        };
        json!({
            "family": self.service,
            "networkMode": network,
            "requiresCompatibilities": [launch_type],
            "cpu": "256",
            "memory": "512",
            "containerDefinitions": [{
                "name": self.container,
                "image": format!("{}:1", self.service),
                "essential": true,
                "portMappings": [{ "containerPort": self.port }],
            }],
        })
    }

    /// An AppSpec for a task definition, as JSON text.
    #[must_use]
    pub fn app_spec(&self, task_definition: &str) -> String {
        json!({
            "version": 0.0,
            "Resources": [{
                "TargetService": {
                    "Type": "AWS::ECS::Service",
                    "Properties": {
                        "TaskDefinition": task_definition,
                        "LoadBalancerInfo": {
                            "ContainerName": self.container,
                            "ContainerPort": self.port,
                        },
                    },
                },
            }],
        })
        .to_string()
    }

    fn target_group(&self, colour: &str) -> String {
        format!("{}-{colour}", self.service)
    }

    fn create_service(&self, world: &World) -> Value {
        let mut request = json!({
            "cluster": self.cluster,
            "serviceName": self.service,
            "taskDefinition": self.service,
            "desiredCount": self.desired_count,
            "schedulingStrategy": "REPLICA",
            "deploymentController": { "type": "CODE_DEPLOY" },
            "healthCheckGracePeriodSeconds": 0,
            "loadBalancers": [{
                "targetGroupArn": group_arn(world, &self.target_group("blue")),
                "containerName": self.container,
                "containerPort": self.port,
            }],
        });
        self.launch_type
            .complete(&mut request, self.has_own_interface);
        request
    }

    /// The request body of `CreateDeploymentGroup`.
    #[must_use]
    pub fn create_group(&self, world: &World) -> Value {
        let listener = |id: &str| {
            let listener = format!("listener/app/{}/50dc6c495c0c9188/{id}", self.service);
            world.arn("elasticloadbalancing", &listener)
        };
        let test = self
            .has_test_listener
            .then(|| json!({ "listenerArns": [listener("9cf0a4e1d3b2c5f6")] }));
        let alarms: Vec<Value> = self
            .alarms
            .iter()
            .map(|name| json!({ "name": name }))
            .collect();
        let ready = match self.ready_wait_minutes {
            None => json!({ "actionOnTimeout": "CONTINUE_DEPLOYMENT" }),
            Some(minutes) => json!({
                "actionOnTimeout": "STOP_DEPLOYMENT",
                "waitTimeInMinutes": minutes,
            }),
        };
        json!({
            "applicationName": self.application,
            "deploymentGroupName": self.group,
            "deploymentConfigName": self.deployment_config,
            "serviceRoleArn": format!("arn:aws:iam::{}:role/codedeploy", world.account),
            "deploymentStyle": {
                "deploymentType": "BLUE_GREEN",
                "deploymentOption": "WITH_TRAFFIC_CONTROL",
            },
            "ecsServices": [{ "clusterName": self.cluster, "serviceName": self.service }],
            "blueGreenDeploymentConfiguration": {
                "deploymentReadyOption": ready,
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": "TERMINATE",
                    "terminationWaitTimeInMinutes": self.termination_wait_minutes,
                },
            },
            "loadBalancerInfo": {
                "targetGroupPairInfoList": [{
                    "targetGroups": [
                        { "name": self.target_group("blue") },
                        { "name": self.target_group("green") },
                    ],
                    "prodTrafficRoute": { "listenerArns": [listener("0467ef3c8400ae65")] },
                    "testTrafficRoute": test,
                }],
            },
            "alarmConfiguration": { "enabled": !self.alarms.is_empty(), "alarms": alarms },
            "autoRollbackConfiguration": {
                "enabled": !self.auto_rollback.is_empty(),
                "events": self.auto_rollback,
            },
        })
    }
}
