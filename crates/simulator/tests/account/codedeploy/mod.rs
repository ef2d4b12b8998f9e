//! Helpers that run deployments through the API.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use simulator::api::{Answer, ApiError};
use simulator::cloudwatch::AlarmState;
use simulator::codedeploy::{Fixture, HookBehaviour, call};
use simulator::ecs::{self, Behaviour, TaskFailure};
use simulator::world::World;

mod history;
mod refusals;
mod stories;

/// A world with one fixture.
struct Scene {
    world: World,
    fixture: Fixture,
}

impl Scene {
    fn new() -> Self {
        Self::of(Fixture::default())
    }

    fn of(fixture: Fixture) -> Self {
        let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
        fixture.build(&mut world).unwrap();
        Self { world, fixture }
    }

    fn call(&mut self, operation: &str, input: &Value) -> Answer {
        call(&mut self.world, operation, input)
    }

    fn ecs(&mut self, operation: &str, input: &Value) -> Value {
        ecs::call(&mut self.world, operation, input).unwrap()
    }

    fn next_task_set(&mut self, behaviour: Behaviour) {
        self.world
            .ecs
            .set_next_behaviour("demo", "webapp", behaviour);
    }

    /// Registers a task definition and returns its ARN.
    fn register(&mut self) -> String {
        let body = self.fixture.task_definition();
        let answer = self.ecs("RegisterTaskDefinition", &body);
        let arn = answer["taskDefinition"]["taskDefinitionArn"].as_str();
        arn.unwrap().to_owned()
    }

    /// A request that deploys this AppSpec.
    fn request(&self, app_spec: &str) -> Value {
        json!({
            "applicationName": self.fixture.application,
            "deploymentGroupName": self.fixture.group,
            "revision": {
                "revisionType": "AppSpecContent",
                "appSpecContent": { "content": app_spec },
            },
        })
    }

    fn deploy_spec(&mut self, app_spec: &str) -> Result<String, ApiError> {
        let request = self.request(app_spec);
        let answer = self.call("CreateDeployment", &request)?;
        Ok(answer["deploymentId"].as_str().unwrap().to_owned())
    }

    fn deploy(&mut self) -> String {
        let arn = self.register();
        let app_spec = self.fixture.app_spec(&arn);
        self.deploy_spec(&app_spec).unwrap()
    }

    /// Deploys with one hook.
    fn deploy_with_hook(&mut self, event: &str, function: &str) -> String {
        let arn = self.register();
        let mut app_spec: Value = serde_json::from_str(&self.fixture.app_spec(&arn)).unwrap();
        app_spec["Hooks"] = json!([{ event: function }]);
        self.deploy_spec(&app_spec.to_string()).unwrap()
    }

    fn pass(&mut self, time: Duration) {
        let now = self.world.now() + time;
        self.world.advance_to(now);
    }

    fn pass_minutes(&mut self, minutes: u64) {
        self.pass(Duration::from_secs(minutes * 60));
    }

    fn deployment(&mut self, id: &str) -> Value {
        let answer = self.call("GetDeployment", &json!({ "deploymentId": id }));
        answer.unwrap()["deploymentInfo"].take()
    }

    fn status(&mut self, id: &str) -> String {
        let status = &self.deployment(id)["status"];
        status.as_str().unwrap().to_owned()
    }

    fn target(&mut self, id: &str) -> Value {
        let request = json!({ "deploymentId": id, "targetId": "demo:webapp" });
        let answer = self.call("GetDeploymentTarget", &request);
        answer.unwrap()["deploymentTarget"]["ecsTarget"].take()
    }

    fn event(&mut self, id: &str, name: &str) -> Value {
        let target = self.target(id);
        let mut events = target["lifecycleEvents"].as_array().unwrap().iter();
        let event = events.find(|event| event["lifecycleEventName"] == name);
        event.unwrap().clone()
    }

    /// Green's share of the traffic, in percent.
    fn green_weight(&mut self, id: &str) -> f64 {
        self.target(id)["taskSetsInfo"][1]["trafficWeight"]
            .as_f64()
            .unwrap()
    }

    fn service(&mut self) -> Value {
        let request = json!({ "cluster": "demo", "services": ["webapp"] });
        self.ecs("DescribeServices", &request)["services"][0].take()
    }

    /// The revision of the primary task set.
    fn live(&mut self) -> String {
        let definition = &self.service()["taskDefinition"];
        let name = definition.as_str().unwrap().rsplit('/').next();
        name.unwrap().to_owned()
    }

    fn stop(&mut self, id: &str, rolls_back: bool) {
        let request = json!({ "deploymentId": id, "autoRollbackEnabled": rolls_back });
        let answer = self.call("StopDeployment", &request).unwrap();
        assert_eq!(answer["status"], "Pending");
    }

    /// The rollback of a deployment that has ended.
    fn rollback_of(&mut self, id: &str) -> Value {
        let info = self.deployment(id);
        let rollback = info["rollbackInfo"]["rollbackDeploymentId"].as_str();
        let rollback = self.deployment(rollback.unwrap());
        assert_eq!(rollback["creator"], "codeDeployRollback");
        assert_eq!(
            rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"],
            id
        );
        rollback
    }
}
