//! ECS services, in process.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::line::{Call, Line};
use super::stopped_tasks::{describe_tasks, list_stopped, stopped_tasks};
use super::values::{count, list, moment, name_of, revision, text, texts, word};
use crate::ports::{CallError, Services, StoppedPage};
use crate::release::target::{
    Networking, Service, ServiceEvent, ServiceName, TaskSet, target_group_name,
};
use crate::rollout::evidence::StoppedTask;

/// ECS of the simulated account, for services.
#[derive(Debug)]
pub(super) struct WorldServices {
    line: Line,
}

impl WorldServices {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

#[async_trait]
impl Services for WorldServices {
    async fn describe(&self, name: &ServiceName) -> Result<Option<Service>, CallError> {
        let call = Call::new(
            "ecs:DescribeServices",
            format!("{}/{}", name.cluster, name.service),
        );
        let input = json!({ "cluster": name.cluster, "services": [name.service] });
        let answer = match self.line.ask(&call, input).await {
            Ok(answer) => answer,
            Err(error) if error.code == "ClusterNotFoundException" => return Ok(None),
            Err(error) => return Err(error),
        };
        if let Some(found) = list(&answer["services"]).first() {
            return Ok(Some(service(found)));
        }
        let failure = &answer["failures"][0];
        match failure["reason"].as_str() {
            None | Some("MISSING") => Ok(None),
            Some(reason) => Err(call.refused(reason, &word(&failure["detail"]))),
        }
    }

    async fn stopped_tasks(&self, name: &ServiceName) -> Result<Vec<StoppedTask>, CallError> {
        stopped_tasks(&self.line, name).await
    }

    async fn list_stopped(
        &self,
        name: &ServiceName,
        page: Option<String>,
    ) -> Result<StoppedPage, CallError> {
        list_stopped(&self.line, name, page).await
    }

    async fn describe_tasks(
        &self,
        name: &ServiceName,
        ids: &[String],
    ) -> Result<Vec<StoppedTask>, CallError> {
        describe_tasks(&self.line, name, ids).await
    }
}

fn service(seen: &Value) -> Service {
    let sets = list(&seen["taskSets"]);
    let primary = sets.iter().find(|set| set["status"] == "PRIMARY");
    // The settings of a task set take precedence over the service's.
    let setting = |name: &str| {
        let own = primary.map(|set| &set[name]).filter(|own| !own.is_null());
        own.unwrap_or(&seen[name])
    };
    let events = list(&seen["events"]).iter();
    Service {
        cluster: name_of(&seen["clusterArn"]),
        name: word(&seen["serviceName"]),
        status: word(&seen["status"]),
        deployment_controller: text(&seen["deploymentController"]["type"])
            .unwrap_or_else(|| "ECS".into()),
        strategy: text(&seen["deploymentConfiguration"]["strategy"]),
        launch_type: text(&seen["launchType"]),
        desired_count: count(&seen["desiredCount"]),
        platform_version: text(setting("platformVersion")),
        networking: networking(&setting("networkConfiguration")["awsvpcConfiguration"]),
        task_sets: sets.iter().map(task_set).collect(),
        events: events
            .filter_map(|event| {
                Some(ServiceEvent {
                    at: moment(&event["createdAt"])?,
                    message: text(&event["message"])?,
                })
            })
            .collect(),
    }
}

fn task_set(seen: &Value) -> TaskSet {
    TaskSet {
        id: word(&seen["id"]),
        external_id: text(&seen["externalId"]),
        status: word(&seen["status"]),
        stability: text(&seen["stabilityStatus"]),
        task_definition: revision(&seen["taskDefinition"]),
        launch_type: text(&seen["launchType"]),
        target_groups: list(&seen["loadBalancers"])
            .iter()
            .filter_map(|balancer| target_group_name(balancer["targetGroupArn"].as_str()?))
            .map(str::to_owned)
            .collect(),
        capacity_providers: list(&seen["capacityProviderStrategy"])
            .iter()
            .map(capacity_provider)
            .collect(),
        desired: count(&seen["computedDesiredCount"]),
        pending: count(&seen["pendingCount"]),
        running: count(&seen["runningCount"]),
    }
}

fn networking(seen: &Value) -> Option<Networking> {
    seen.is_object().then(|| Networking {
        subnets: texts(&seen["subnets"]),
        security_groups: texts(&seen["securityGroups"]),
        assign_public_ip: text(&seen["assignPublicIp"]).unwrap_or_else(|| "DISABLED".into()),
    })
}

fn capacity_provider(item: &Value) -> Value {
    json!({
        "capacityProvider": item["capacityProvider"],
        "weight": count(&item["weight"]),
        "base": count(&item["base"]),
    })
}
