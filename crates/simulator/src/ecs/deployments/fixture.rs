//! A prepared service under ECS's own controller, for tests and rehearsals.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::ApiError;
use crate::codedeploy::LaunchType;
use crate::elb;
use crate::wire::query::Form;
use crate::world::World;
use crate::{codedeploy, ecs};

use super::stage::{Place, Stage};
use super::state::Phase;

/// Properties of the fixture; the default is a small web application that is
/// deployed blue/green.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fixture {
    pub cluster: String,
    /// Also the family of the task definition.
    pub service: String,
    pub desired_count: u32,
    /// Container and port that receive the traffic.
    pub container: String,
    pub port: u16,
    #[serde(skip)]
    pub launch_type: LaunchType,
    /// Whether each task has its own network interface also on EC2 instances.
    #[serde(skip)]
    pub has_own_interface: bool,
    pub balancing: Balancing,
    /// Number of load balancers, each with a pair of target groups.
    #[serde(skip)]
    pub balancers: usize,
    pub has_test_rule: bool,
    /// The service's `deploymentConfiguration`.
    pub deployment_configuration: Value,
}

/// How the service's traffic arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Balancing {
    Application,
    Network,
    ServiceConnect,
    /// No traffic that ECS could shift.
    None,
}

/// The rules or listeners of one load balancer, and its target groups.
struct Pair {
    groups: [String; 2],
    production: String,
    test: Option<String>,
}

impl Default for Fixture {
    fn default() -> Self {
        Self {
            cluster: "demo".into(),
            service: "shop".into(),
            desired_count: 2,
            container: "web".into(),
            port: 8080,
            launch_type: LaunchType::Fargate,
            has_own_interface: false,
            balancing: Balancing::Application,
            balancers: 1,
            has_test_rule: true,
            deployment_configuration: json!({ "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5 }),
        }
    }
}

impl Fixture {
    /// Creates the fixture in the world: cluster, load balancers, and the
    /// service with its first revision running.
    ///
    /// # Errors
    ///
    /// The first error of the simulated ECS or Elastic Load Balancing.
    pub fn build(&self, world: &mut World) -> Result<(), ApiError> {
        let mut pairs = Vec::new();
        if matches!(self.balancing, Balancing::Application | Balancing::Network) {
            for number in 1..=self.balancers {
                pairs.push(self.balancer(world, number)?);
            }
        }
        let requests = [
            ("CreateCluster", json!({ "clusterName": self.cluster })),
            ("RegisterTaskDefinition", self.task_definition()),
            ("CreateService", self.create_service(world, &pairs)),
        ];
        for (operation, request) in requests {
            ecs::call(world, operation, &request)?;
        }
        self.settle(world);
        Ok(())
    }

    /// A request body of `RegisterTaskDefinition` for the service.
    #[must_use]
    pub fn task_definition(&self) -> Value {
        codedeploy::Fixture {
            service: self.service.clone(),
            container: self.container.clone(),
            port: self.port,
            launch_type: self.launch_type,
            has_own_interface: self.has_own_interface,
            ..codedeploy::Fixture::default()
        }
        .task_definition()
    }

    /// Name of a target group of the first load balancer; `colour` is `blue`,
    /// which serves at first, or `green`.
    #[must_use]
    pub fn target_group(&self, colour: &str) -> String {
        format!("{}-{colour}", self.service)
    }

    fn balancer(&self, world: &mut World, number: usize) -> Result<Pair, ApiError> {
        let name = match number {
            1 => self.service.clone(),
            _ => format!("{}-{number}", self.service),
        };
        let (kind, protocol) = match self.balancing {
            Balancing::Network => ("network", "TCP"),
            Balancing::Application | Balancing::ServiceConnect | Balancing::None => {
                ("application", "HTTP")
            }
        };
        let fields = [
            ("Name", name.as_str()),
            ("Type", kind),
            ("Subnets.member.1", "subnet-0a1b2c3d"),
            ("Subnets.member.2", "subnet-1a2b3c4d"),
        ];
        let arn = "/LoadBalancers/0/LoadBalancerArn";
        let balancer = create(world, "CreateLoadBalancer", &fields, arn)?;
        let mut group =
            |colour: &str| self.create_target_group(world, &format!("{name}-{colour}"), protocol);
        let groups = [group("blue")?, group("green")?];
        let mut listener = |port: &str| {
            let fields = [
                ("LoadBalancerArn", balancer.as_str()),
                ("Port", port),
                ("Protocol", protocol),
                ("DefaultActions.member.1.TargetGroupArn", &groups[0]),
            ];
            create(world, "CreateListener", &fields, "/Listeners/0/ListenerArn")
        };
        let (production, test) = (listener("80")?, listener("8443")?);
        Ok(Pair {
            production: self.rule(world, production, &groups[0])?,
            test: match self.has_test_rule {
                true => Some(self.rule(world, test, &groups[0])?),
                false => None,
            },
            groups,
        })
    }

    fn create_target_group(
        &self,
        world: &mut World,
        name: &str,
        protocol: &str,
    ) -> Result<String, ApiError> {
        let target_type = match self.launch_type {
            LaunchType::Ec2 if !self.has_own_interface => "instance",
            LaunchType::Ec2 | LaunchType::Fargate => "ip",
        };
        let fields = [
            ("Name", name),
            ("Protocol", protocol),
            ("Port", &self.port.to_string()),
            ("TargetType", target_type),
            ("VpcId", "vpc-0f1e2d3c4b5a69788"),
        ];
        let arn = "/TargetGroups/0/TargetGroupArn";
        create(world, "CreateTargetGroup", &fields, arn)
    }

    /// The rule of a listener that forwards to the target group, or the listener
    /// itself if it belongs to a Network Load Balancer.
    fn rule(&self, world: &mut World, listener: String, group: &str) -> Result<String, ApiError> {
        if self.balancing == Balancing::Network {
            return Ok(listener);
        }
        let fields = [
            ("ListenerArn", listener.as_str()),
            ("Priority", "1"),
            ("Conditions.member.1.Field", "path-pattern"),
            ("Conditions.member.1.Values.member.1", "/*"),
            ("Actions.member.1.Type", "forward"),
            ("Actions.member.1.TargetGroupArn", group),
        ];
        create(world, "CreateRule", &fields, "/Rules/0/RuleArn")
    }

    fn create_service(&self, world: &World, pairs: &[Pair]) -> Value {
        let role = format!("arn:aws:iam::{}:role/ecsInfrastructure", world.account);
        let balancers: Vec<Value> = pairs
            .iter()
            .map(|pair| {
                json!({
                    "targetGroupArn": pair.groups[0],
                    "containerName": self.container,
                    "containerPort": self.port,
                    "advancedConfiguration": {
                        "alternateTargetGroupArn": pair.groups[1],
                        "productionListenerRule": pair.production,
                        "testListenerRule": pair.test,
                        "roleArn": role,
                    },
                })
            })
            .collect();
        let mut request = json!({
            "cluster": self.cluster,
            "serviceName": self.service,
            "taskDefinition": self.service,
            "desiredCount": self.desired_count,
            "deploymentController": { "type": "ECS" },
            "deploymentConfiguration": self.deployment_configuration,
            "loadBalancers": crate::json::without_nulls(json!(balancers)),
        });
        self.launch_type
            .complete(&mut request, self.has_own_interface);
        if self.balancing == Balancing::ServiceConnect {
            request["serviceConnectConfiguration"] = json!({
                "enabled": true,
                "namespace": "internal",
                "services": [{ "portName": "http", "clientAliases": [{ "port": self.port }] }],
            });
        }
        request
    }

    /// Ends the first deployment at once, with its tasks running.
    fn settle(&self, world: &mut World) {
        let now = world.now();
        let settings = world.ecs.settings.clone();
        let Some(service) = world.ecs.service_mut(&self.cluster, &self.service) else {
            return;
        };
        service.with_deployment(0, &settings, now, |deployment, service| {
            deployment.started_at = Some(now);
            deployment.place = Some(Place {
                stage: Stage::CleanUp,
                step: 0,
            });
            deployment.phase = Phase::Running { since: now };
            service.deployments.give_all_to(&deployment.target);
        });
        service.with_deployment(0, &settings, now, |deployment, service| {
            for set in &mut service.task_sets {
                set.starts_later = false;
            }
            service.settle_at_once(now);
            deployment.succeed(service, now);
        });
    }
}

/// Creates a resource of Elastic Load Balancing and returns its ARN, which is at
/// `pointer` in the response.
fn create(
    world: &mut World,
    operation: &str,
    fields: &[(&str, &str)],
    pointer: &str,
) -> Result<String, ApiError> {
    let answer = elb::call(world, operation, &Form::new(fields))?;
    let arn = answer.pointer(pointer).and_then(Value::as_str);
    Ok(arn.unwrap_or_default().to_owned())
}
