//! Tests of what ECS accepts, refuses and shows.

use std::time::Duration;

use serde_json::{Value, json};

use simulator::api::ApiError;
use simulator::codedeploy::Fixture;
use simulator::ecs::{Behaviour, TaskFailure, call};
use simulator::world::World;

fn empty() -> World {
    World::new("2026-01-01T00:00:00Z".parse().unwrap())
}

fn scene() -> World {
    let mut world = empty();
    Fixture::default().build(&mut world).unwrap();
    world
}

fn task_definition() -> Value {
    Fixture::default().task_definition()
}

fn register(body: &Value) -> Result<Value, ApiError> {
    call(&mut empty(), "RegisterTaskDefinition", body)
}

fn pass(world: &mut World, seconds: u64) {
    let now = world.now() + Duration::from_secs(seconds);
    world.advance_to(now);
}

#[test]
fn every_registration_makes_the_next_revision() {
    let mut world = empty();
    for number in 1..=3 {
        let answer = call(&mut world, "RegisterTaskDefinition", &task_definition()).unwrap();
        let definition = &answer["taskDefinition"];
        assert_eq!(definition["revision"], number);
        assert_eq!(
            definition["taskDefinitionArn"],
            format!("arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:{number}")
        );
        assert_eq!(definition["status"], "ACTIVE");
    }
    assert_eq!(world.ecs.registered(), 3);
}

#[test]
fn what_ecs_does_not_know_is_not_shown_but_remembered_as_it_came() {
    let mut world = empty();
    let mut body = task_definition();
    body["madeUpMember"] = json!({ "deep": [1, 2.50, null] });
    body["containerDefinitions"][0]["madeUpMember"] = json!(1);
    let answer = call(&mut world, "RegisterTaskDefinition", &body).unwrap();
    let definition = &answer["taskDefinition"];
    assert!(!definition.to_string().contains("madeUpMember"));
    let arn = definition["taskDefinitionArn"].as_str().unwrap();
    assert_eq!(world.ecs.received(arn), Some(&body));
}

#[test]
fn ecs_fills_in_what_a_container_leaves_out() {
    let answer = register(&task_definition()).unwrap();
    let container = &answer["taskDefinition"]["containerDefinitions"][0];
    assert_eq!(container["cpu"], 0);
    assert_eq!(container["environment"], json!([]));
    let port = json!({ "containerPort": 8080, "hostPort": 8080, "protocol": "tcp" });
    assert_eq!(container["portMappings"], json!([port]));
}

#[test]
fn a_bad_task_definition_is_refused_as_ecs_words_it() {
    fn check(path: &str, value: Value, expected: &str) {
        let mut body = task_definition();
        let (parent, member) = path.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        let error = register(&body).unwrap_err();
        assert!(error.message.contains(expected), "{path}: {error:?}");
    }
    check("/family", json!(""), "Family");
    check("/family", json!("web app"), "Invalid family");
    check("/family", json!("f".repeat(256)), "Invalid family");
    check(
        "/containerDefinitions",
        json!([]),
        "Container list cannot be empty",
    );
    check(
        "/containerDefinitions/0/name",
        Value::Null,
        "Container.name should not be null",
    );
    check(
        "/containerDefinitions/0/image",
        json!(""),
        "Container.image should not be null",
    );
    check(
        "/containerDefinitions/0/image",
        json!("<IMAGE1_NAME>"),
        "Invalid image",
    );
    check(
        "/containerDefinitions/0/image",
        json!("web@sha256:123"),
        "Invalid image",
    );
    check(
        "/containerDefinitions/0/essential",
        json!(false),
        "essential",
    );
    check(
        "/containerDefinitions/0/privileged",
        json!(true),
        "privileged",
    );
    check(
        "/networkMode",
        json!("bridge"),
        "only supports network mode",
    );
    check("/cpu", Value::Null, "requires that 'cpu' be defined");
    check("/cpu", json!(256), "cpu can not be converted");
    check("/cpu", json!("much"), "Invalid 'cpu' setting");
    check("/memory", json!("4096"), "256 CPU, 4096 memory");
    let container = task_definition()["containerDefinitions"][0].clone();
    check(
        "/containerDefinitions",
        json!([container, container]),
        "more than once",
    );
    check(
        "/containerDefinitions",
        json!(vec![container; 11]),
        "Too many containers",
    );
    check("/tags", json!(vec![json!({ "key": "k" }); 51]), "51 tags");
}

#[test]
fn the_size_limit_holds_at_its_edge() {
    let mut body = task_definition();
    body["taskRoleArn"] = json!("");
    let room = 64 * 1024 - body.to_string().len();
    body["taskRoleArn"] = json!("r".repeat(room));
    register(&body).unwrap();
    body["taskRoleArn"] = json!("r".repeat(room + 1));
    let error = register(&body).unwrap_err();
    assert_eq!(
        error.message,
        "Actual length: '65537'. Max allowed length is '65536' bytes."
    );
}

#[test]
fn fargate_runs_only_its_fixed_sizes() {
    fn check(cpu: &str, memory: &str, fits: bool) {
        let mut body = task_definition();
        body["cpu"] = json!(cpu);
        body["memory"] = json!(memory);
        assert_eq!(register(&body).is_ok(), fits, "{cpu} CPU, {memory} memory");
    }
    check("256", "2048", true);
    check("256", "3072", false);
    check(".25 vCPU", "0.5 GB", true);
    check("1 vCPU", "8GB", true);
    check("1 vCPU", "9GB", false);
    check("4096", "30720", true);
    check("8192", "18432", false);
    check("8192", "20480", true);
    check("16384", "122880", true);
    check("300", "512", false);
}

#[test]
fn a_deregistered_revision_stays_readable_and_leaves_the_listing() {
    let mut world = empty();
    for _ in 0..3 {
        call(&mut world, "RegisterTaskDefinition", &task_definition()).unwrap();
    }
    let foreign = "arn:aws:ecs:eu-west-1:444455556666:task-definition/webapp:2";
    let foreign = json!({ "taskDefinition": foreign });
    call(&mut world, "DeregisterTaskDefinition", &foreign).unwrap_err();
    let second = json!({ "taskDefinition": "webapp:2" });
    let shown = call(&mut world, "DescribeTaskDefinition", &second).unwrap();
    assert_eq!(shown["taskDefinition"]["status"], "ACTIVE");
    call(&mut world, "DeregisterTaskDefinition", &second).unwrap();
    let shown = call(&mut world, "DescribeTaskDefinition", &second).unwrap();
    assert_eq!(shown["taskDefinition"]["status"], "INACTIVE");
    let request = json!({ "familyPrefix": "webapp", "sort": "DESC", "maxResults": 1 });
    let first_page = call(&mut world, "ListTaskDefinitions", &request).unwrap();
    assert!(
        first_page["taskDefinitionArns"][0]
            .to_string()
            .ends_with(":3\"")
    );
    let mut request = request;
    request["nextToken"] = first_page["nextToken"].clone();
    let last_page = call(&mut world, "ListTaskDefinitions", &request).unwrap();
    assert!(
        last_page["taskDefinitionArns"][0]
            .to_string()
            .ends_with(":1\"")
    );
    assert!(last_page.get("nextToken").is_none());
}

#[test]
fn tags_are_shown_only_when_asked_for() {
    let mut world = empty();
    let mut body = task_definition();
    body["tags"] = json!([{ "key": "team", "value": "web" }]);
    call(&mut world, "RegisterTaskDefinition", &body).unwrap();
    let mut request = json!({ "taskDefinition": "webapp" });
    let plain = call(&mut world, "DescribeTaskDefinition", &request).unwrap();
    assert!(plain.get("tags").is_none());
    request["include"] = json!(["TAGS"]);
    let with_tags = call(&mut world, "DescribeTaskDefinition", &request).unwrap();
    assert_eq!(with_tags["tags"], body["tags"]);
    let missing = json!({ "taskDefinition": "webapp:9" });
    let error = call(&mut world, "DescribeTaskDefinition", &missing).unwrap_err();
    assert_eq!(error.code, "ClientException");
}

#[test]
fn a_service_needs_a_name_of_its_own_and_a_task_definition() {
    fn check(member: &str, value: Value, expected: &str) {
        let mut request = json!({
            "cluster": "demo",
            "serviceName": "second",
            "taskDefinition": "webapp",
            "launchType": "FARGATE",
            "desiredCount": 5_000,
        });
        call(&mut scene(), "CreateService", &request).unwrap();
        request[member] = value;
        let error = call(&mut scene(), "CreateService", &request).unwrap_err();
        assert!(error.message.contains(expected), "{error:?}");
    }
    check("serviceName", json!("webapp"), "not idempotent");
    check("serviceName", Value::Null, "should not be null");
    check(
        "taskDefinition",
        json!("webapp:9"),
        "TaskDefinition not found",
    );
    check("cluster", json!("other"), "Cluster not found");
    check("desiredCount", json!(5_001), "desiredCount");
    check(
        "capacityProviderStrategy",
        json!([]),
        "capacity provider strategy",
    );
}

#[test]
fn a_missing_service_is_a_failure_and_a_missing_cluster_an_error() {
    let mut world = scene();
    let request = json!({ "cluster": "demo", "services": ["webapp", "other"] });
    let answer = call(&mut world, "DescribeServices", &request).unwrap();
    assert_eq!(answer["services"].as_array().unwrap().len(), 1);
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
    let request = json!({ "cluster": "other", "services": ["webapp"] });
    let error = call(&mut world, "DescribeServices", &request).unwrap_err();
    assert_eq!(error.code, "ClusterNotFoundException");
    let request = json!({ "cluster": "demo", "services": vec!["webapp"; 11] });
    let error = call(&mut world, "DescribeServices", &request).unwrap_err();
    assert_eq!(error.code, "InvalidParameterException");
}

#[test]
fn names_and_arns_find_the_same_service() {
    let mut world = scene();
    let request = json!({
        "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/demo",
        "services": ["arn:aws:ecs:eu-west-1:111122223333:service/demo/webapp"],
    });
    let answer = call(&mut world, "DescribeServices", &request).unwrap();
    let service = &answer["services"][0];
    assert_eq!(service["serviceName"], "webapp");
    assert_eq!(service["runningCount"], 2);
    assert_eq!(service["taskSets"][0]["stabilityStatus"], "STEADY_STATE");
}

#[test]
fn under_code_deploy_only_the_size_of_a_service_changes() {
    let mut world = scene();
    let mut request = json!({ "cluster": "demo", "service": "webapp", "taskDefinition": "webapp" });
    let error = call(&mut world, "UpdateService", &request).unwrap_err();
    assert_eq!(
        error.message,
        "Unable to update task definition on services with a CODE_DEPLOY deployment controller. \
         Use AWS CodeDeploy to trigger a new deployment."
    );
    // A refused request changes nothing.
    request = json!({ "cluster": "demo", "service": "webapp", "desiredCount": -1 });
    request["healthCheckGracePeriodSeconds"] = json!(90);
    call(&mut world, "UpdateService", &request).unwrap_err();
    request = json!({ "cluster": "demo", "service": "webapp", "desiredCount": 3 });
    call(&mut world, "UpdateService", &request).unwrap();
    pass(&mut world, 120);
    let request = json!({ "cluster": "demo", "services": ["webapp"] });
    let answer = call(&mut world, "DescribeServices", &request).unwrap();
    assert_eq!(answer["services"][0]["runningCount"], 3);
    assert_eq!(answer["services"][0]["healthCheckGracePeriodSeconds"], 0);
}

#[test]
fn started_by_is_a_filter_that_stands_alone() {
    let mut world = scene();
    let request = json!({ "cluster": "demo", "services": ["webapp"] });
    let services = call(&mut world, "DescribeServices", &request).unwrap();
    let set = &services["services"][0]["taskSets"][0]["id"];
    let alone = json!({ "cluster": "demo", "startedBy": set });
    let answer = call(&mut world, "ListTasks", &alone).unwrap();
    assert_eq!(answer["taskArns"].as_array().unwrap().len(), 2);
    let joined = json!({ "cluster": "demo", "startedBy": set, "desiredStatus": "STOPPED" });
    let error = call(&mut world, "ListTasks", &joined).unwrap_err();
    assert_eq!(error.code, "InvalidParameterException");
}

#[test]
fn stopped_tasks_are_shown_for_an_hour() {
    let mut world = scene();
    let request = json!({ "cluster": "demo", "service": "webapp", "desiredCount": 0 });
    call(&mut world, "UpdateService", &request).unwrap();
    let stopped = json!({
        "cluster": "demo", "serviceName": "webapp", "desiredStatus": "STOPPED",
    });
    let mut shown_after = |seconds| {
        pass(&mut world, seconds);
        let answer = call(&mut world, "ListTasks", &stopped).unwrap();
        answer["taskArns"].as_array().unwrap().len()
    };
    assert_eq!(shown_after(5), 2);
    assert_eq!(shown_after(60 * 60), 2);
    assert_eq!(shown_after(1), 0);
}

#[test]
fn a_glance_counts_stopped_tasks_and_says_why_the_last_one_failed() {
    let mut world = scene();
    let failure = Behaviour::TasksFail(TaskFailure::CannotPullImage);
    world.ecs.set_next_behaviour("demo", "webapp", failure);
    let fixture = Fixture::default();
    let revision = call(&mut world, "RegisterTaskDefinition", &task_definition()).unwrap();
    let arn = revision["taskDefinition"]["taskDefinitionArn"]
        .as_str()
        .unwrap();
    let request = json!({
        "applicationName": fixture.application,
        "deploymentGroupName": fixture.group,
        "revision": {
            "revisionType": "AppSpecContent",
            "appSpecContent": { "content": fixture.app_spec(arn) },
        },
    });
    simulator::codedeploy::call(&mut world, "CreateDeployment", &request).unwrap();
    pass(&mut world, 600);
    let sets = world.ecs.glance("demo", "webapp");
    let [blue, green] = &sets[..] else {
        panic!("{sets:?}");
    };
    assert_eq!((blue.desired, blue.stopped, &blue.last_stop), (2, 0, &None));
    assert_eq!(green.desired, 2);
    assert!(green.stopped > 2, "{green:?}");
    let why = green.last_stop.as_deref().unwrap();
    assert!(
        why.starts_with("Task failed to start: CannotPullContainerError"),
        "{why}"
    );
    assert!(why.contains("webapp:1"), "the image is named: {why}");

    let request = json!({ "cluster": "demo", "service": "webapp", "desiredCount": 0 });
    call(&mut world, "UpdateService", &request).unwrap();
    pass(&mut world, 5);
    let sets = world.ecs.glance("demo", "webapp");
    let routine = (sets[0].desired, sets[0].stopped, &sets[0].last_stop);
    assert_eq!(
        routine,
        (0, 2, &None),
        "a stop that was asked for is routine"
    );
}

#[test]
fn an_unknown_operation_is_named() {
    let error = call(&mut empty(), "MakeCoffee", &json!({})).unwrap_err();
    assert_eq!(error.code, "UnknownOperationException");
    assert!(error.message.contains("MakeCoffee"));
}
