//! Service revisions, and `DescribeServiceRevisions` (docs/aws.md §6.4).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::Answer;
use crate::ecs::call::found_or_missing;
use crate::ecs::names::{image_digest, resource_name};
use crate::ecs::revision::Revision;
use crate::ecs::service::Service;
use crate::json::{Members, epoch};
use crate::world::World;

use super::read::{at_path, described_arns};

/// A service's settings at one time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceRevision {
    /// The last part of its ARN.
    pub(super) id: String,
    pub(super) task_definition: String,
    pub(super) settings: Value,
    /// One for each load balancer.
    pub(super) target_groups: Vec<String>,
    images: Vec<(String, String)>,
    pub(super) created_at: Timestamp,
}

impl ServiceRevision {
    pub(super) fn new(
        id: String,
        settings: &Value,
        definition: &Revision,
        target_groups: Vec<String>,
        at: Timestamp,
    ) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            id,
            task_definition: definition.arn.clone(),
            settings: settings.clone(),
            target_groups,
            images: definition
                .containers()
                .map(|container| (text(&container["name"]), text(&container["image"])))
                .collect(),
            created_at: at,
        }
    }

    fn show(&self, service: &Service) -> Value {
        let settings = &self.settings;
        let images: Vec<Value> = self.images.iter().map(image).collect();
        let configured = settings["loadBalancers"].as_array().into_iter().flatten();
        let balancers = configured.zip(&self.target_groups).map(|(entry, group)| {
            let rule = &entry["advancedConfiguration"]["productionListenerRule"];
            json!({ "targetGroupArn": group, "productionListenerRule": rule })
        });
        let balancers: Vec<Value> = balancers.collect();
        json!({
            "serviceRevisionArn": revision_arn(service, &self.id),
            "serviceArn": service.arn(),
            "clusterArn": service.cluster_arn(),
            "taskDefinition": self.task_definition,
            "capacityProviderStrategy": settings["capacityProviderStrategy"],
            "launchType": settings["launchType"],
            "platformVersion": settings["platformVersion"],
            "loadBalancers": settings["loadBalancers"],
            "serviceRegistries": settings["serviceRegistries"],
            "networkConfiguration": settings["networkConfiguration"],
            "containerImages": images,
            "guardDutyEnabled": false,
            "serviceConnectConfiguration": settings["serviceConnectConfiguration"],
            "volumeConfigurations": settings["volumeConfigurations"],
            "vpcLatticeConfigurations": settings["vpcLatticeConfigurations"],
            "createdAt": epoch(self.created_at),
            "resolvedConfiguration": { "loadBalancers": balancers },
        })
    }
}

/// A container's image with its digest.
fn image((name, image): &(String, String)) -> Value {
    json!({ "containerName": name, "image": image, "imageDigest": image_digest(image) })
}

pub(super) fn revision_arn(service: &Service, id: &str) -> String {
    service.part_arn("service-revision", id)
}

pub(in crate::ecs) fn describe(world: &World, input: Members<'_>) -> Answer {
    let arns = described_arns(input, "serviceRevisionArns")?;
    let find = |arn: &str| {
        let service = at_path(&world.ecs, arn, "service-revision")?;
        let revision = service.deployments.revision(resource_name(arn))?;
        Some(revision.show(service))
    };
    let (revisions, failures) = found_or_missing(arns, str::to_owned, find);
    Ok(json!({ "serviceRevisions": revisions, "failures": failures }))
}
