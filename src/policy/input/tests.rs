//! The document with all members equals the documented example of its engine,
//! and the schema has exactly the members of both.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::job::DeployTarget;
use crate::release::appspec::AppSpec;
use crate::release::bundle::Bundle;
use crate::release::deployment_configuration::{
    DeploymentConfiguration, HookTarget, LifecycleHook, ServiceLoadBalancer, Strategy,
};
use crate::release::finding::Findings;
use crate::release::images::manifest::Platform;
use crate::release::target::{Networking, TaskSet};

const EXAMPLE: &str = include_str!("../../../policies/input.example.json");
const ECS_EXAMPLE: &str = include_str!("../../../policies/input.ecs.example.json");
const SCHEMA: &str = include_str!("../../../policies/input.schema.json");
const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp:1.4@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn text(name: &str) -> String {
    let path = format!("{}/examples/webapp/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("an example file")
}

fn configuration() -> BTreeMap<String, String> {
    let action: Value = serde_json::from_str(&text("action.json")).expect("JSON");
    serde_json::from_value(action["configuration"].clone()).expect("texts")
}

fn request(configuration: &BTreeMap<String, String>) -> Request {
    let request = Request::parse(configuration, &["SourceOutput", "BuildOutput"]);
    request.expect("the example is in order")
}

/// The task definition, as rendered.
fn task_definition() -> Value {
    let text = text("taskdef.json").replace("<IMAGE1_NAME>", IMAGE);
    serde_json::from_str(&text).expect("JSON")
}

fn service() -> Service {
    Service {
        launch_type: Some("FARGATE".into()),
        desired_count: 2,
        platform_version: Some("1.4.0".into()),
        networking: Some(Networking {
            subnets: vec!["subnet-0a1b2c3d".into()],
            security_groups: vec!["sg-0a1b2c3d".into()],
            assign_public_ip: "DISABLED".into(),
        }),
        task_sets: vec![TaskSet {
            status: "PRIMARY".into(),
            capacity_providers: vec![
                json!({"capacityProvider": "FARGATE", "weight": 1, "base": 0}),
            ],
            ..TaskSet::default()
        }],
        ..Service::default()
    }
}

/// The whole document of a release to a group or a service.
fn shown(
    (request, configuration): (&Request, &BTreeMap<String, String>),
    app_spec: Option<&AppSpec>,
    group: Group,
    service: &Service,
) -> Value {
    let task_definition = task_definition();
    let pipeline = PipelineContext {
        pipeline: "webapp-prod".into(),
        stage: "Deploy".into(),
        action: "Release".into(),
        pipeline_arn: Some("arn:aws:codepipeline:eu-west-1:111122223333:webapp-prod".into()),
        pipeline_execution: Some("c2ae7f8a-3b1d-4f4e-9d2b-0d6a51f0e1c7".into()),
        action_execution: Some("5b0a7c9e-6e0b-4d3c-8a4f-2f1e7d9b3a60".into()),
    };
    let group = Group {
        services: vec![ServiceName {
            cluster: "prod".into(),
            service: "webapp".into(),
        }],
        ..group
    };
    let mut running = task_definition.clone();
    running["revision"] = json!(41);
    let found = RegistryAnswer::Found {
        digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        platforms: vec![Platform {
            os: "linux".into(),
            architecture: "arm64".into(),
        }],
        is_index: false,
    };
    document(&Subject {
        task_definition: &task_definition,
        app_spec,
        images: &[("IMAGE1_NAME".into(), IMAGE.into())],
        request,
        pipeline: &pipeline,
        account: Some("111122223333"),
        configuration,
        registries: &BTreeMap::from([("IMAGE1_NAME".to_owned(), found)]),
        group: Some(&group),
        service: Some(service),
        previous: &Previous::Known(json!({"taskDefinition": running, "tags": []})),
        now: "2026-12-01T09:30:00Z".parse().expect("a time"),
    })
}

fn by_codedeploy() -> Value {
    let configuration = configuration();
    let request = request(&configuration);
    let mut bundle = Bundle::default();
    let app_spec = text("appspec.yaml").into_bytes();
    let file = request.app_spec.clone().expect("version 1 has one");
    bundle.files.insert(file.clone(), Ok(app_spec));
    let app_spec = AppSpec::read(
        &bundle,
        &file,
        request.options.task_definition,
        &mut Findings::default(),
    );
    let group = Group {
        deployment_config: Some("CodeDeployDefault.ECSLinear10PercentEvery1Minutes".into()),
        termination_wait: Duration::from_secs(300),
        alarms: vec!["webapp-5xx".into()],
        auto_rollback: vec!["DEPLOYMENT_FAILURE".into(), "DEPLOYMENT_STOP_ON_ALARM".into()],
        target_groups: vec!["webapp-blue".into(), "webapp-green".into()],
        listeners: vec!["arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/webapp/50dc6c495c0c9188/f2f7dc8efc522ab2".into()],
        has_test_listener: true,
        ..Group::of(request.target.clone())
    };
    let parsed = (&request, &configuration);
    shown(parsed, app_spec.as_ref(), group, &service())
}

/// A request of version 2, and its configuration.
fn to_service() -> (Request, BTreeMap<String, String>) {
    let mut configuration = configuration();
    let request = Request {
        target: DeployTarget::service("prod", "webapp"),
        app_spec: None,
        ..request(&configuration)
    };
    for name in [
        "ApplicationName",
        "DeploymentGroupName",
        "AppSpecTemplateArtifact",
    ] {
        configuration.remove(name);
    }
    configuration.extend(
        request
            .target
            .properties()
            .map(|(n, value)| (n.into(), value)),
    );
    (request, configuration)
}

fn configured(strategy: Strategy) -> DeploymentConfiguration {
    DeploymentConfiguration {
        strategy,
        bake_time: Duration::from_secs(1800),
        alarms: vec!["webapp-5xx".into()],
        alarms_roll_back: true,
        circuit_breaker: Some(true),
        hooks: vec![LifecycleHook {
            target: HookTarget::Lambda(
                "arn:aws:lambda:eu-west-1:111122223333:function:webapp-smoke-test".into(),
            ),
            stages: vec!["POST_TEST_TRAFFIC_SHIFT".into()],
            timeout: Duration::from_secs(86400),
            continues: false,
        }],
    }
}

fn by_ecs(deployment_configuration: DeploymentConfiguration) -> Value {
    let (request, configuration) = to_service();
    let service = Service {
        deployment_configuration,
        load_balancers: vec![ServiceLoadBalancer {
            container: "web".into(),
            port: 8080,
            target_group: Some("webapp-blue".into()),
            alternate_target_group: Some("webapp-green".into()),
            production_rule: Some("arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/webapp/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee".into()),
            test_rule: Some("arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/webapp/50dc6c495c0c9188/f2f7dc8efc522ab2/8172a1c91b59aadd".into()),
        }],
        ..service()
    };
    let group = Group::of(request.target.clone());
    shown((&request, &configuration), None, group, &service)
}

fn linear(percent: f64) -> Strategy {
    let every = Duration::from_secs(360);
    Strategy::Linear { percent, every }
}

#[test]
fn each_example_is_the_whole_document() {
    for (example, full) in [
        (EXAMPLE, by_codedeploy()),
        (ECS_EXAMPLE, by_ecs(configured(linear(10.0)))),
    ] {
        let example: Value = serde_json::from_str(example).expect("JSON");
        assert_eq!(full, example, "this is what it should be:\n{full:#}");
    }
}

#[test]
fn each_strategy_of_ecs_has_its_members() {
    let shown = |strategy: Strategy| by_ecs(configured(strategy))["deployment"].clone();
    let canary = Strategy::Canary {
        percent: 0.1,
        rest_after: Duration::from_secs(600),
    };
    for (strategy, expected) in [
        (linear(33.3), json!(["LINEAR", 33.3, 360])),
        (canary, json!(["CANARY", 0.1, 600])),
        (Strategy::BlueGreen, json!(["BLUE_GREEN", null, null])),
        (Strategy::Rolling, json!(["ROLLING", null, null])),
        (
            Strategy::Unrecognised("TIDAL".into()),
            json!(["TIDAL", null, null]),
        ),
    ] {
        let shown = shown(strategy);
        let members = ["strategy", "stepPercent", "stepWaitSeconds"].map(|name| &shown[name]);
        assert_eq!(json!(members), expected);
    }
}

#[test]
fn a_pause_has_no_function_and_no_breaker_is_none() {
    let mut configuration = configured(Strategy::BlueGreen);
    configuration.circuit_breaker = None;
    configuration.hooks[0].target = HookTarget::Pause;
    configuration.hooks[0].continues = true;
    let shown = &by_ecs(configuration)["deployment"];
    assert_eq!(shown.get("circuitBreaker"), None);
    assert_eq!(
        shown["hooks"],
        json!([{
            "type": "PAUSE", "stages": ["POST_TEST_TRAFFIC_SHIFT"],
            "timeoutSeconds": 86400, "onTimeout": "CONTINUE",
        }])
    );
}

/// Collects the names of members that only one of the two has.
fn compare(document: &Value, schema: &Value, at: &str, differences: &mut Vec<String>) {
    let (Some(members), Some(known)) = (document.as_object(), schema["properties"].as_object())
    else {
        return;
    };
    for name in members.keys().filter(|name| !known.contains_key(*name)) {
        differences.push(format!("{at}.{name} is not in the schema"));
    }
    for (name, described) in known {
        match members.get(name) {
            Some(member) => compare(member, described, &format!("{at}.{name}"), differences),
            None => differences.push(format!("{at}.{name} is not in the example")),
        }
    }
}

#[test]
fn the_schema_knows_exactly_the_examples_members() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut both: Value = serde_json::from_str(EXAMPLE).expect("JSON");
    let other: Value = serde_json::from_str(ECS_EXAMPLE).expect("JSON");
    let other = other["deployment"].as_object().expect("an object");
    let deployment = both["deployment"].as_object_mut().expect("an object");
    for (name, value) in other {
        deployment.entry(name).or_insert_with(|| value.clone());
    }
    // Each is present only if its member is not.
    both["absent"] = json!({
        "appSpec": "", "deployment": "", "service": "", "previous": "", "environmentValues": "",
    });
    let mut differences = Vec::new();
    compare(&both, &schema, "input", &mut differences);
    let image = &schema["properties"]["images"]["additionalProperties"];
    let name = "input.images.IMAGE1_NAME";
    compare(
        &both["images"]["IMAGE1_NAME"],
        image,
        name,
        &mut differences,
    );
    let hook = &schema["properties"]["deployment"]["properties"]["hooks"]["items"];
    let name = "input.deployment.hooks";
    compare(
        &both["deployment"]["hooks"][0],
        hook,
        name,
        &mut differences,
    );
    assert_eq!(differences, [""; 0]);
}

#[test]
fn what_is_absent_from_a_release_to_a_service_says_why() {
    let (request, configuration) = to_service();
    let group = Group::of(request.target.clone());
    let absent = |group: Option<&Group>, service: Option<&Service>| {
        let document = document(&Subject {
            task_definition: &json!({}),
            app_spec: None,
            images: &[],
            request: &request,
            pipeline: &PipelineContext::default(),
            account: None,
            configuration: &configuration,
            registries: &BTreeMap::new(),
            group,
            service,
            previous: &Previous::None,
            now: "2026-12-01T09:30:00Z".parse().expect("a time"),
        });
        let names = json!({"engine": "ecs", "cluster": "prod", "service": "webapp"});
        if service.is_none() {
            assert_eq!(document["deployment"], names);
        }
        assert_eq!(document.get("appSpec"), None);
        let absent = &document["absent"];
        assert!(absent["appSpec"].is_string());
        ["deployment", "service"].map(|name| absent[name].as_str().map(str::to_owned))
    };
    let both = |why: &str| [Some(why.to_owned()), Some(why.to_owned())];
    assert_eq!(absent(None, None), both(NOT_ASKED));
    assert_eq!(absent(Some(&group), None), both(NO_SERVICE));
    assert_eq!(absent(Some(&group), Some(&service())), [None, None]);
}

#[test]
fn what_is_not_known_says_why() {
    let why = |previous: Previous| previous.absence().map(str::to_owned);
    let denied = Previous::Unknown {
        why: "ecs:DescribeTaskDefinition: AccessDeniedException".into(),
    };
    assert!(why(denied).is_some_and(|why| why.contains("AccessDenied")));
    assert_eq!(why(Previous::NotAsked).as_deref(), Some(NOT_ASKED));
    assert!(why(Previous::None).is_some());
    assert_eq!(why(Previous::Known(json!({}))), None);
}

/// The document that an artifact's own rules see.
fn shown_to_own_rules(options: &str) -> Value {
    let mut configuration = configuration();
    configuration.insert("Options".into(), options.into());
    let request = request(&configuration);
    let environment = json!([{"name": "TOKEN", "value": "hunter2"}]);
    let task_definition = json!({"containerDefinitions": [{"environment": environment}]});
    let document = document(&Subject {
        task_definition: &task_definition,
        app_spec: None,
        images: &[],
        request: &request,
        pipeline: &PipelineContext::default(),
        account: None,
        configuration: &configuration,
        registries: &BTreeMap::new(),
        group: None,
        service: None,
        previous: &Previous::Known(json!({"taskDefinition": {"family": "of-others"}})),
        now: "2026-12-01T09:30:00Z".parse().expect("a time"),
    });
    own_document(&document, request.options.task_definition)
}

#[test]
fn an_artifacts_own_rules_see_nothing_of_others() {
    let container = "/taskDefinition/containerDefinitions/0/environment";
    let registers = shown_to_own_rules("WhenBusy=Wait");
    let own = json!([{"name": "TOKEN", "value": "hunter2"}]);
    assert_eq!(registers.pointer(container), Some(&own));
    let named = shown_to_own_rules("TaskDefinition=FromAppSpec");
    assert_eq!(named.pointer(container), Some(&json!([{"name": "TOKEN"}])));
    assert!(named["absent"]["environmentValues"].is_string());
    for document in [registers, named] {
        assert_eq!(document.get("previous"), None);
        assert!(document["absent"]["previous"].is_string());
        assert!(!document.to_string().contains("of-others"));
    }
}
