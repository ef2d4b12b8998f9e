//! Helpers that run ECS's own deployments through the API.

use std::time::Duration;

use serde_json::{Value, json};

use simulator::api::{Answer, ApiError};
use simulator::cloudwatch::AlarmState;
use simulator::ecs::{
    self, Balancing, Behaviour, CircuitBreaker, Fixture, LambdaBehaviour, NetworkProblem,
    PreProductionStage, Settings, StageDuringRollback, StopOfEnded, Superseded,
    TaskDefinitionAfterRollback, TaskFailure, UnchangedTaskDefinition,
};
use simulator::elb;
use simulator::routes::routes as live_routes;
use simulator::wire::Form;
use simulator::world::World;

mod calls;
mod hooks;
mod monitors;
mod properties;
mod requests;
mod rollbacks;
mod stories;
mod superseded;
mod traffic;

const HOOK: &str = "arn:aws:lambda:eu-west-1:111122223333:function:check";

/// A world with one service under ECS's own controller.
struct Scene {
    world: World,
    fixture: Fixture,
}

/// Seconds of a blue/green deployment until its traffic shifts, and a little
/// more.
const UNTIL_SHIFT: u64 = 75;

impl Scene {
    fn new() -> Self {
        Self::of(Fixture::default())
    }

    fn of(fixture: Fixture) -> Self {
        let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
        fixture.build(&mut world).unwrap();
        Self { world, fixture }
    }

    /// A service with this `deploymentConfiguration`.
    fn with(configuration: Value) -> Self {
        Self::of(Fixture {
            deployment_configuration: configuration,
            ..Fixture::default()
        })
    }

    fn choose(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.world.ecs.settings().clone();
        change(&mut settings);
        self.world.ecs.set_settings(settings);
    }

    fn try_call(&mut self, operation: &str, input: &Value) -> Answer {
        ecs::call(&mut self.world, operation, input)
    }

    fn call(&mut self, operation: &str, input: &Value) -> Value {
        self.try_call(operation, input).unwrap()
    }

    fn refused(&mut self, operation: &str, input: &Value) -> ApiError {
        self.try_call(operation, input).unwrap_err()
    }

    fn next_tasks(&mut self, behaviour: Behaviour) {
        self.world.ecs.set_next_behaviour("demo", "shop", behaviour);
    }

    fn register(&mut self) -> String {
        let body = self.fixture.task_definition();
        let answer = self.call("RegisterTaskDefinition", &body);
        text(&answer["taskDefinition"]["taskDefinitionArn"])
    }

    /// `UpdateService` with these members.
    fn update(&mut self, change: &Value) -> Value {
        let mut request = json!({ "cluster": "demo", "service": "shop" });
        for (name, value) in change.as_object().unwrap() {
            request[name] = value.clone();
        }
        self.call("UpdateService", &request)["service"].take()
    }

    /// Deploys a new task definition and returns the deployment's ARN.
    fn deploy(&mut self) -> String {
        let definition = self.register();
        let service = self.update(&json!({ "taskDefinition": definition }));
        text(&service["currentServiceDeployment"])
    }

    fn pass(&mut self, seconds: u64) {
        let now = self.world.now() + Duration::from_secs(seconds);
        self.world.advance_to(now);
    }

    fn pass_minutes(&mut self, minutes: u64) {
        self.pass(minutes * 60);
    }

    fn deployment(&mut self, arn: &str) -> Value {
        let request = json!({ "serviceDeploymentArns": [arn] });
        let answer = self.call("DescribeServiceDeployments", &request);
        answer["serviceDeployments"][0].clone()
    }

    fn status(&mut self, arn: &str) -> String {
        text(&self.deployment(arn)["status"])
    }

    fn stage(&mut self, arn: &str) -> String {
        text(&self.deployment(arn)["lifecycleStage"])
    }

    fn reason(&mut self, arn: &str) -> String {
        text(&self.deployment(arn)["statusReason"])
    }

    /// The new revision's share of the production traffic, in percent.
    fn weight(&mut self, arn: &str) -> f64 {
        self.deployment(arn)["targetServiceRevision"]["requestedProductionTrafficWeight"]
            .as_f64()
            .unwrap()
    }

    fn service(&mut self) -> Value {
        let request = json!({ "cluster": "demo", "services": ["shop"] });
        self.call("DescribeServices", &request)["services"][0].take()
    }

    /// Family and revision of the service's task definition.
    fn live(&mut self) -> String {
        let definition = text(&self.service()["taskDefinition"]);
        definition.rsplit('/').next().unwrap().to_owned()
    }

    /// The pause hook that waits for an action.
    fn pause(&mut self, arn: &str) -> Option<String> {
        let deployment = self.deployment(arn);
        let hooks = deployment["lifecycleHookDetails"].as_array()?;
        let mut waiting = hooks
            .iter()
            .filter(|hook| hook["status"] == "AWAITING_ACTION");
        waiting.next().map(|hook| text(&hook["hookId"]))
    }

    fn proceed(&mut self, arn: &str, hook: &str, action: &str) {
        let request = json!({ "serviceDeploymentArn": arn, "hookId": hook, "action": action });
        let answer = self.call("ContinueServiceDeployment", &request);
        assert_eq!(answer["serviceDeploymentArn"], arn);
    }

    fn stop(&mut self, arn: &str) {
        let request = json!({ "serviceDeploymentArn": arn, "stopType": "ROLLBACK" });
        self.call("StopServiceDeployment", &request);
    }

    fn list(&mut self, change: &Value) -> Vec<Value> {
        let mut request = json!({ "cluster": "demo", "service": "shop" });
        for (name, value) in change.as_object().unwrap() {
            request[name] = value.clone();
        }
        let mut answer = self.call("ListServiceDeployments", &request);
        serde_json::from_value(answer["serviceDeployments"].take()).unwrap()
    }

    /// The lifecycle stages that a deployment has passed, without repeats in a
    /// row.
    fn stages(&self, arn: &str) -> Vec<String> {
        let biography = self.world.ecs.service_deployment(arn).unwrap();
        let moments = biography.moments.iter();
        let mut stages: Vec<String> = moments.filter_map(|moment| moment.stage.clone()).collect();
        stages.dedup();
        stages
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn pause_at(stage: &str) -> Value {
    json!({ "targetType": "PAUSE", "lifecycleStages": [stage] })
}

fn lambda_at(stages: &[&str]) -> Value {
    json!({
        "hookTargetArn": HOOK,
        "roleArn": "arn:aws:iam::111122223333:role/hooks",
        "lifecycleStages": stages,
    })
}
