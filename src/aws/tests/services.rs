//! ECS's services as our values.

use serde_json::json;

use super::wire::{Wire, error, json as reply};
use crate::aws::service_clients;
use crate::ports::Services;
use crate::release::target::ServiceName;

#[tokio::test]
async fn a_service_is_seen_with_its_task_sets() {
    let name = ServiceName {
        cluster: "prod".into(),
        service: "web".into(),
    };
    let found = reply(&json!({"services": [{
        "serviceName": "web", "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
        "status": "ACTIVE", "desiredCount": 2, "deploymentController": {"type": "CODE_DEPLOY"},
        "taskSets": [{"id": "ecs-svc/1", "externalId": "d-1", "status": "PRIMARY",
            "stabilityStatus": "STEADY_STATE", "computedDesiredCount": 2, "runningCount": 2,
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}],
        "events": [{"id": "1", "createdAt": 1_700_000_000, "message": "steady"}]}]}));
    let wire = Wire::new([found]);
    let service = service_clients::ecs(&wire.config()).describe(&name).await;
    let service = service.unwrap().unwrap();
    assert_eq!(service.cluster, "prod");
    assert_eq!(service.deployment_controller, "CODE_DEPLOY");
    let primary = service.primary().unwrap();
    assert_eq!(primary.running, 2);
    let provider = json!({"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0});
    assert_eq!(primary.capacity_providers, [provider]);
    assert_eq!(service.events[0].message, "steady");

    let missing = json!({"services": [], "failures": [{"arn": "a", "reason": "MISSING"}]});
    let no_cluster = error("ClusterNotFoundException", "Cluster not found.");
    for absent in [reply(&missing), no_cluster] {
        let wire = Wire::new([absent]);
        let found = service_clients::ecs(&wire.config()).describe(&name).await;
        assert_eq!(found, Ok(None));
    }
    // ECS names what it does not find, so this answer lacks something.
    let wire = Wire::new([reply(&json!({}))]);
    let found = service_clients::ecs(&wire.config()).describe(&name).await;
    assert!(found.unwrap_err().is_transient());
}
