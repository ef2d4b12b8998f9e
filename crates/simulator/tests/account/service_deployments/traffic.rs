//! Load balancers, targets and tasks, which follow a deployment.

use super::*;

fn elb(scene: &mut Scene, operation: &str, fields: &[(&str, &str)]) -> Value {
    elb::call(&mut scene.world, operation, &Form::new(fields)).unwrap()
}

/// Weights of a rule's target groups, by name.
fn rule(scene: &mut Scene, member: &str) -> Vec<(String, u64)> {
    let balancer = scene.service()["loadBalancers"][0].take();
    let arn = text(&balancer["advancedConfiguration"][member]);
    let shown = elb(scene, "DescribeRules", &[("RuleArns.member.1", &arn)]);
    let groups = &shown["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"];
    let mut groups: Vec<(String, u64)> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let arn = text(&group["TargetGroupArn"]);
            let name = arn.split('/').nth(1).unwrap().to_owned();
            (name, group["Weight"].as_u64().unwrap())
        })
        .collect();
    groups.sort();
    groups
}

fn weights(blue: u64, green: u64) -> Vec<(String, u64)> {
    vec![("shop-blue".into(), blue), ("shop-green".into(), green)]
}

/// States of the targets in a target group.
fn health(scene: &mut Scene, group: &str) -> Vec<String> {
    let shown = elb(scene, "DescribeTargetGroups", &[("Names.member.1", group)]);
    let arn = text(&shown["TargetGroups"][0]["TargetGroupArn"]);
    let shown = elb(scene, "DescribeTargetHealth", &[("TargetGroupArn", &arn)]);
    let targets = shown["TargetHealthDescriptions"].as_array().unwrap();
    targets
        .iter()
        .map(|target| text(&target["TargetHealth"]["State"]))
        .collect()
}

#[test]
fn the_rules_and_the_routed_traffic_follow_the_weights() {
    let mut scene = Scene::with(json!({
        "strategy": "CANARY",
        "bakeTimeInMinutes": 5,
        "canaryConfiguration": { "canaryPercent": 25.0, "canaryBakeTimeInMinutes": 5 },
    }));
    assert_eq!(rule(&mut scene, "productionListenerRule"), weights(100, 0));
    let arn = scene.deploy();
    scene.pass(50);
    assert_eq!(rule(&mut scene, "productionListenerRule"), weights(100, 0));
    assert_eq!(rule(&mut scene, "testListenerRule"), weights(0, 100));
    scene.pass(30);
    assert_eq!(rule(&mut scene, "productionListenerRule"), weights(75, 25));
    let routed = live_routes(&scene.world, "demo", "shop");
    let shares: Vec<(&str, f64)> = routed
        .production
        .iter()
        .map(|(group, share)| (group.as_str(), share.percent()))
        .collect();
    assert_eq!(shares, [("shop-green", 25.0), ("shop-blue", 75.0)]);
    assert_eq!(routed.test.as_deref(), Some("shop-green"));
    assert_eq!(health(&mut scene, "shop-green"), ["healthy", "healthy"]);
    scene.stop(&arn);
    scene.pass(30);
    assert_eq!(rule(&mut scene, "productionListenerRule"), weights(100, 0));
    assert_eq!(rule(&mut scene, "testListenerRule"), weights(100, 0));
    assert_eq!(health(&mut scene, "shop-blue"), ["healthy", "healthy"]);
    assert_eq!(health(&mut scene, "shop-green"), ["draining", "draining"]);
    scene.pass_minutes(1);
    assert_eq!(health(&mut scene, "shop-green"), Vec::<String>::new());
}

#[test]
fn a_tenth_of_a_percent_is_a_weight_of_one_in_a_thousand() {
    let mut scene = Scene::with(json!({
        "strategy": "CANARY", "canaryConfiguration": { "canaryPercent": 0.1 },
    }));
    scene.deploy();
    scene.pass(UNTIL_SHIFT);
    assert_eq!(rule(&mut scene, "productionListenerRule"), weights(999, 1));
}

#[test]
fn revisions_alternate_between_the_target_groups() {
    let mut scene = Scene::with(json!({ "strategy": "BLUE_GREEN" }));
    let mut serving = Vec::new();
    for _ in 0..3 {
        let arn = scene.deploy();
        scene.pass_minutes(3);
        assert_eq!(scene.status(&arn), "SUCCESSFUL");
        let routes = live_routes(&scene.world, "demo", "shop");
        serving.push(routes.production[0].0.clone());
    }
    assert_eq!(serving, ["shop-green", "shop-blue", "shop-green"]);
}

#[test]
fn all_load_balancers_of_a_service_follow() {
    let mut scene = Scene::of(Fixture {
        balancers: 2,
        ..Fixture::default()
    });
    scene.deploy();
    scene.pass(UNTIL_SHIFT);
    assert_eq!(health(&mut scene, "shop-2-green"), ["healthy", "healthy"]);
    let balancer = scene.service()["loadBalancers"][1].take();
    let arn = text(&balancer["advancedConfiguration"]["productionListenerRule"]);
    let shown = elb(&mut scene, "DescribeRules", &[("RuleArns.member.1", &arn)]);
    let group = &shown["Rules"][0]["Actions"][0]["ForwardConfig"]["TargetGroups"][0];
    assert!(text(&group["TargetGroupArn"]).contains("targetgroup/shop-2-green/"));
    assert_eq!(group["Weight"], 100);
}

#[test]
fn the_listener_of_a_network_load_balancer_follows() {
    let mut scene = Scene::of(Fixture {
        balancing: Balancing::Network,
        ..Fixture::default()
    });
    scene.deploy();
    scene.pass_minutes(12);
    let balancer = scene.service()["loadBalancers"][0].take();
    let arn = text(&balancer["advancedConfiguration"]["productionListenerRule"]);
    assert!(arn.contains(":listener/net/"), "{arn}");
    let shown = elb(
        &mut scene,
        "DescribeListeners",
        &[("ListenerArns.member.1", &arn)],
    );
    let group = &shown["Listeners"][0]["DefaultActions"][0]["ForwardConfig"]["TargetGroups"][0];
    assert!(text(&group["TargetGroupArn"]).contains("targetgroup/shop-green/"));
}

#[test]
fn a_listener_has_its_rules_and_a_default_rule() {
    let mut scene = Scene::new();
    let balancer = scene.service()["loadBalancers"][0].take();
    let arn = text(&balancer["advancedConfiguration"]["productionListenerRule"]);
    let listener = arn.rsplit_once('/').unwrap().0;
    let listener = listener.replace(":listener-rule/", ":listener/");
    let shown = elb(&mut scene, "DescribeRules", &[("ListenerArn", &listener)]);
    let priorities: Vec<String> = shown["Rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| text(&rule["Priority"]))
        .collect();
    assert_eq!(priorities, ["1", "default"]);
    let form = Form::new(&[("RuleArns.member.1", "arn:none")]);
    let error = elb::call(&mut scene.world, "DescribeRules", &form).unwrap_err();
    assert_eq!(error.code, "RuleNotFound");
    let group = text(&balancer["targetGroupArn"]);
    let form = Form::new(&[
        ("ListenerArn", listener.as_str()),
        ("Priority", "1"),
        ("Actions.member.1.TargetGroupArn", &group),
    ]);
    let error = elb::call(&mut scene.world, "CreateRule", &form).unwrap_err();
    assert_eq!(error.code, "PriorityInUse");
}

#[test]
fn the_tasks_of_a_deployment_are_found_by_its_id_and_say_why_they_stopped() {
    let mut scene = Scene::new();
    scene.next_tasks(Behaviour::TasksFail(TaskFailure::CannotPullImage));
    scene.deploy();
    scene.pass(10);
    let id = scene.service()["deployments"][1]["id"].take();
    let request = json!({ "cluster": "demo", "startedBy": id });
    let tasks = scene.call("ListTasks", &request)["taskArns"].take();
    assert_eq!(tasks.as_array().unwrap().len(), 2);
    scene.pass(30);
    let request = json!({ "cluster": "demo", "tasks": tasks });
    let task = scene.call("DescribeTasks", &request)["tasks"][0].take();
    assert_eq!(task["startedBy"], id);
    assert_eq!(task["group"], "service:shop");
    assert_eq!(task["stopCode"], "TaskFailedToStart");
    assert!(text(&task["containers"][0]["reason"]).starts_with("CannotPullContainerError"));
    let deployment = scene.service()["deployments"][1].take();
    assert_eq!(deployment["failedTasks"], 2);
    let events = scene.service()["events"].take();
    let expected = format!(
        "(service shop, deployment {}) has started 2 tasks.",
        text(&id)
    );
    let mut events = events.as_array().unwrap().iter();
    assert!(events.any(|event| event["message"] == expected.as_str()));
}

#[test]
fn a_service_is_scaled_while_it_is_deployed() {
    let mut scene = Scene::new();
    let arn = scene.deploy();
    scene.pass(UNTIL_SHIFT);
    scene.update(&json!({ "desiredCount": 3 }));
    scene.pass_minutes(1);
    let shown = scene.deployment(&arn);
    assert_eq!(shown["targetServiceRevision"]["runningTaskCount"], 3);
    assert_eq!(shown["sourceServiceRevisions"][0]["runningTaskCount"], 3);
}
