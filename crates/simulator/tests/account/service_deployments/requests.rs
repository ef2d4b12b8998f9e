//! What `CreateService`, `UpdateService` and `DeleteService` accept, refuse and
//! start.

use super::*;
use simulator::codedeploy;

#[test]
fn only_some_changes_start_a_deployment() {
    fn check(change: &Value, expected: bool) {
        let mut scene = Scene::new();
        scene.update(change);
        let is_started = scene.list(&json!({})).len() == 2;
        assert_eq!(is_started, expected, "{change}");
    }
    check(&json!({ "desiredCount": 3 }), false);
    check(&json!({ "taskDefinition": "shop:1" }), false);
    check(&json!({ "taskDefinition": "shop" }), false);
    check(&json!({ "forceNewDeployment": true }), true);
    check(&json!({ "platformVersion": "LATEST" }), true);
    check(&json!({ "platformVersion": "1.4.0" }), false);
    check(&json!({ "healthCheckGracePeriodSeconds": 30 }), false);
    check(
        &json!({ "deploymentConfiguration": { "bakeTimeInMinutes": 9 } }),
        false,
    );
    let network = json!({ "awsvpcConfiguration": { "subnets": ["subnet-9a1b2c3d"] } });
    check(&json!({ "networkConfiguration": network }), true);
}

#[test]
fn the_running_task_definition_can_start_a_deployment_too() {
    let mut scene = Scene::new();
    scene.choose(|settings| {
        settings.unchanged_task_definition = UnchangedTaskDefinition::StartsDeployment;
    });
    scene.update(&json!({ "desiredCount": 2 }));
    assert_eq!(scene.list(&json!({})).len(), 1);
    scene.update(&json!({ "taskDefinition": "shop:1" }));
    assert_eq!(scene.list(&json!({})).len(), 2);
}

#[test]
fn a_change_of_the_configuration_keeps_what_is_not_given() {
    let mut scene = Scene::new();
    let change = json!({ "strategy": "CANARY", "canaryConfiguration": { "canaryPercent": 20.0 } });
    let service = scene.update(&json!({ "deploymentConfiguration": change }));
    let configuration = &service["deploymentConfiguration"];
    assert_eq!(configuration["strategy"], "CANARY");
    assert_eq!(configuration["bakeTimeInMinutes"], 5);
    assert_eq!(
        configuration["canaryConfiguration"]["canaryBakeTimeInMinutes"],
        10
    );
    let service = scene.update(&json!({ "deploymentConfiguration": { "strategy": "LINEAR" } }));
    assert!(
        service["deploymentConfiguration"]
            .get("canaryConfiguration")
            .is_none()
    );
    let arn = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    assert_eq!(scene.weight(&arn), 10.0, "the next deployment uses it");
}

#[test]
fn what_ecs_refuses_changes_nothing() {
    let mut scene = Scene::new();
    let mut check = |change: Value, code: &str, expected: &str| {
        let mut request = json!({ "cluster": "demo", "service": "shop", "desiredCount": 9 });
        for (name, value) in change.as_object().unwrap() {
            request[name] = value.clone();
        }
        let error = scene.refused("UpdateService", &request);
        assert_eq!(error.code, code, "{change}");
        assert!(error.message.contains(expected), "{error:?}");
        assert_eq!(scene.service()["desiredCount"], 2);
    };
    check(
        json!({ "taskDefinition": "shop:9" }),
        "ClientException",
        "not found",
    );
    check(
        json!({ "service": "other" }),
        "ServiceNotFoundException",
        "",
    );
    check(
        json!({ "cluster": "other" }),
        "ClusterNotFoundException",
        "",
    );
    check(
        json!({ "deploymentController": { "type": "CODE_DEPLOY" } }),
        "InvalidParameterException",
        "cannot be changed",
    );
    check(
        json!({ "deploymentController": { "type": "EXTERNAL" } }),
        "UnsupportedFeatureException",
        "",
    );
    check(
        json!({ "deploymentConfiguration": { "bakeTimeInMinutes": 1441 } }),
        "InvalidParameterException",
        "bakeTimeInMinutes",
    );
    check(
        json!({ "loadBalancers": [{ "targetGroupArn": "arn", "containerName": "web" }] }),
        "InvalidParameterException",
        "advancedConfiguration field is required",
    );
}

#[test]
fn the_load_balancer_needs_its_container_and_port_in_the_task_definition() {
    let mut scene = Scene::new();
    let mut check = |member: &str, value: Value, expected: &str| {
        let mut body = scene.fixture.task_definition();
        *body.pointer_mut(member).unwrap() = value;
        scene.call("RegisterTaskDefinition", &body);
        let request = json!({ "cluster": "demo", "service": "shop", "taskDefinition": "shop" });
        let error = scene.refused("UpdateService", &request);
        assert_eq!(error.message, expected);
    };
    check(
        "/containerDefinitions/0/name",
        json!("api"),
        "The container web does not exist in the task definition.",
    );
    check(
        "/containerDefinitions/0/portMappings/0/containerPort",
        json!(80),
        "The container web did not have a container port 8080 defined.",
    );
    assert_eq!(scene.list(&json!({})).len(), 1);
}

#[test]
fn a_service_of_code_deploy_is_left_to_code_deploy_and_the_other_way_round() {
    let mut scene = Scene::new();
    codedeploy::Fixture::default()
        .build(&mut scene.world)
        .unwrap();
    let request = json!({ "cluster": "demo", "service": "webapp", "forceNewDeployment": true });
    let error = scene.refused("UpdateService", &request);
    assert!(
        error.message.contains("CODE_DEPLOY deployment controller"),
        "{error:?}"
    );
    let request = json!({ "cluster": "demo", "service": "webapp" });
    let listed = scene.call("ListServiceDeployments", &request);
    assert_eq!(listed["serviceDeployments"], json!([]));

    let world = &mut scene.world;
    world.codedeploy.check_services_at_creation();
    let group = json!({
        "applicationName": "webapp",
        "deploymentGroupName": "shop",
        "serviceRoleArn": "arn:aws:iam::111122223333:role/codedeploy",
        "deploymentStyle": {
            "deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL",
        },
        "ecsServices": [{ "clusterName": "demo", "serviceName": "shop" }],
        "blueGreenDeploymentConfiguration": {
            "deploymentReadyOption": { "actionOnTimeout": "CONTINUE_DEPLOYMENT" },
            "terminateBlueInstancesOnDeploymentSuccess": { "action": "TERMINATE" },
        },
        "loadBalancerInfo": { "targetGroupPairInfoList": [{
            "targetGroups": [{ "name": "shop-blue" }, { "name": "shop-green" }],
            "prodTrafficRoute": { "listenerArns": ["arn:listener"] },
        }] },
    });
    codedeploy::call(world, "CreateDeploymentGroup", &group).unwrap();
    let deployment = json!({
        "applicationName": "webapp",
        "deploymentGroupName": "shop",
        "revision": {
            "revisionType": "AppSpecContent",
            "appSpecContent": { "content": codedeploy::Fixture::default().app_spec("shop:1") },
        },
    });
    let error = codedeploy::call(world, "CreateDeployment", &deployment).unwrap_err();
    assert_eq!(error.code, "InvalidECSServiceException");
    assert!(error.message.contains("CODE_DEPLOY"), "{error:?}");
}

#[test]
fn a_service_is_deleted_with_its_history() {
    let mut scene = Scene::new();
    let arn = scene.list(&json!({}))[0]["serviceDeploymentArn"].clone();
    let mut request = json!({ "cluster": "demo", "service": "shop" });
    let error = scene.refused("DeleteService", &request);
    assert_eq!(error.code, "InvalidParameterException");
    scene.update(&json!({ "desiredCount": 0 }));
    scene.pass(10);
    let deleted = scene.call("DeleteService", &request);
    assert_eq!(deleted["service"]["status"], "DRAINING");
    let cluster = json!({ "cluster": "demo" });
    assert_eq!(
        scene.call("ListServices", &cluster)["serviceArns"],
        json!([])
    );
    scene.pass(60);
    assert_eq!(scene.service()["status"], "INACTIVE");
    assert_eq!(scene.live(), "shop:1");
    let describe = json!({ "serviceDeploymentArns": [arn] });
    let answer = scene.call("DescribeServiceDeployments", &describe);
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
    let error = scene.refused("ListServiceDeployments", &request);
    assert_eq!(error.code, "ServiceNotFoundException");
    request["taskDefinition"] = json!("shop");
    let error = scene.refused("UpdateService", &request);
    assert_eq!(error.code, "ServiceNotActiveException");
    let again = json!({ "cluster": "demo", "serviceName": "shop", "taskDefinition": "shop" });
    scene.call("CreateService", &again);
    assert_eq!(scene.service()["status"], "ACTIVE");
}

#[test]
fn a_running_service_is_deleted_only_by_force() {
    let mut scene = Scene::new();
    scene.deploy();
    scene.pass(30);
    let mut request = json!({ "cluster": "demo", "service": "shop" });
    let error = scene.refused("DeleteService", &request);
    assert_eq!(error.code, "InvalidParameterException");
    request["force"] = json!(true);
    scene.call("DeleteService", &request);
    scene.pass_minutes(60);
    assert_eq!(scene.service()["runningCount"], 0);
}
