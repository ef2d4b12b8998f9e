//! Tests of the control endpoint through requests and responses.

use serde_json::{Value, json};

use simulator::control::answer;
use simulator::wire::message::Request;
use simulator::world::World;

use crate::prepared::action_type;

fn world() -> World {
    World::webapp("2026-01-01T00:00:00Z".parse().unwrap(), &[action_type()])
}

fn send(world: &mut World, line: &str, body: &Value) -> (u16, Value) {
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: method.into(),
        path: format!("/_control/{path}"),
        query: query.into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_string().into_bytes(),
    };
    let reply = answer(world, &request);
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

fn order() -> Value {
    json!({
        "configuration": {
            "ApplicationName": "webapp", "DeploymentGroupName": "webapp",
            "TaskDefinitionTemplateArtifact": "Build", "AppSpecTemplateArtifact": "Build",
        },
        "artifacts": { "Build": { "files": { "taskdef.json": "{}" } } },
    })
}

#[test]
fn an_action_is_queued_shown_and_abandoned() {
    let mut world = world();
    let (status, shown) = send(&mut world, "POST actions", &order());
    assert_eq!((status, &shown["status"]), (200, &json!("InProgress")));
    let id = shown["action_execution_id"].as_str().unwrap();
    let (_, again) = send(&mut world, &format!("GET actions/{id}"), &Value::Null);
    assert_eq!(again, shown);
    let abandon = json!({ "action_execution_id": id });
    let (status, shown) = send(&mut world, "POST abandon", &abandon);
    assert_eq!((status, &shown["status"]), (200, &json!("Abandoned")));
    let (_, all) = send(&mut world, "GET actions", &Value::Null);
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[test]
fn artifacts_come_in_every_form() {
    let mut world = world();
    let mut order = order();
    order["artifacts"] = json!({
        "A": { "files": { "a.txt": "a" } },
        "B": { "zip_base64": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" },
        "C": { "object": { "bucket": "other", "key": "k" } },
        "D": { "files_with_gap": { "files": { "a.txt": "a" }, "gap": 300_000_000 } },
    });
    assert_eq!(send(&mut world, "POST actions", &order).0, 200);
    let inputs = &world.codepipeline.actions()[0].inputs;
    let lengths: Vec<Option<u64>> = inputs
        .iter()
        .map(|input| world.s3.get(&input.bucket, &input.key).ok())
        .map(|object| object.map(|object| object.content.length()))
        .collect();
    assert_eq!(lengths[1..3], [Some(22), None]);
    assert!(lengths[3].unwrap() > 300_000_000);
}

#[test]
fn mistakes_are_answered_with_what_is_wrong() {
    let check = |line: &str, body: Value, status: u16, part: &str| {
        let (given, answer) = send(&mut world(), line, &body);
        let error = answer["error"].as_str().unwrap();
        assert_eq!(given, status, "{error}");
        assert!(error.contains(part), "{error}");
    };
    let mut wrong = order();
    wrong["artefacts"] = json!({});
    check("POST actions", wrong, 400, "unknown field `artefacts`");
    check(
        "POST actions",
        json!({ "configuration": {} }),
        400,
        "'ApplicationName' is missing",
    );
    check(
        "POST faults",
        json!({ "service": "ecs" }),
        400,
        "missing field `operation`",
    );
    check("POST advance", json!({ "seconds": -1 }), 400, "-1");
    check(
        "POST advance",
        json!({ "seconds": 31_622_401 }),
        400,
        "at most 31622400 seconds",
    );
    check(
        "POST abandon",
        json!({ "action_execution_id": "x" }),
        404,
        "no action execution 'x'",
    );
    check("GET actions/x", Value::Null, 404, "no action execution 'x'");
    check("GET nothing", Value::Null, 404, "GET world");
    check("PUT world", Value::Null, 404, "GET world");
}

#[test]
fn faults_settings_and_time_can_be_set() {
    let mut world = world();
    let fault = json!({
        "service": "codedeploy", "operation": "CreateDeployment",
        "occurrence": { "nth": 2 }, "kind": { "slow": { "seconds": 1.5 } },
    });
    assert_eq!(send(&mut world, "POST faults", &fault).0, 200);
    let (_, faults) = send(&mut world, "GET faults", &Value::Null);
    assert_eq!(faults[0]["occurrence"], json!({ "nth": 2 }));
    send(&mut world, "DELETE faults", &Value::Null);
    let (_, faults) = send(&mut world, "GET faults", &Value::Null);
    assert_eq!(faults, json!([]));
    let (_, settings) = send(
        &mut world,
        "POST settings",
        &json!({ "redelivery_seconds": 7, "calls_per_second": 4 }),
    );
    assert_eq!(settings["redelivery_seconds"].to_string(), "7");
    assert_eq!(settings["calls_per_second"].to_string(), "4");
    let no_calls = json!({ "calls_per_second": 0 });
    assert_eq!(send(&mut world, "POST settings", &no_calls).0, 400);
    let (_, time) = send(
        &mut world,
        "POST advance",
        &json!({ "seconds": 31_622_400 }),
    );
    assert_eq!(time["now"], "2027-01-02T00:00:00Z");
}

#[test]
fn tasks_hooks_and_alarms_can_be_made_to_fail() {
    let mut world = world();
    for (line, order) in [
        (
            "POST tasks",
            json!({ "cluster": "demo", "service": "webapp", "tasks": { "exit": { "code": 1 } } }),
        ),
        (
            "POST tasks",
            json!({ "cluster": "demo", "service": "webapp", "tasks": "out_of_memory" }),
        ),
        (
            "POST hooks",
            json!({ "function": "smoke", "hook": { "fails": { "after_seconds": 3, "message": "500" } } }),
        ),
        (
            "POST hooks",
            json!({ "function": "smoke", "hook": "never_answers" }),
        ),
        (
            "POST hooks",
            json!({ "function": "smoke", "hook": { "in_progress": { "times": 2, "delay_seconds": 30 } } }),
        ),
        (
            "POST hooks",
            json!({ "function": "smoke", "hook": "not_invocable" }),
        ),
        (
            "POST networks",
            json!({ "cluster": "demo", "service": "webapp", "problem": { "missing_permissions": { "role": "r" } } }),
        ),
        (
            "POST networks",
            json!({ "cluster": "demo", "service": "webapp", "problem": null }),
        ),
        (
            "POST alarms",
            json!({ "name": "webapp-errors", "state": "ALARM" }),
        ),
    ] {
        assert_eq!(send(&mut world, line, &order), (200, json!({})), "{order}");
    }
    let alarms: Vec<_> = world.cloudwatch.alarms().collect();
    assert_eq!(alarms.len(), 1);
    let misspelt = json!({ "name": "webapp-errors", "state": "BROKEN" });
    let (status, rejection) = send(&mut world, "POST alarms", &misspelt);
    assert_eq!(status, 400);
    let error = rejection["error"].as_str().unwrap();
    assert!(
        error.contains("BROKEN") && error.contains("ALARM"),
        "{error}"
    );
}

#[test]
fn a_service_for_ecs_to_deploy_is_created_ready_to_use() {
    let mut world = world();
    let order = json!({
        "service": "shop", "balancing": "network",
        "deployment_configuration": { "strategy": "CANARY" },
    });
    let (status, made) = send(&mut world, "POST services", &order);
    assert_eq!(
        (status, made),
        (200, json!({ "cluster": "demo", "service": "shop" }))
    );
    let history = world.ecs.service_deployments("demo", "shop");
    assert_eq!(history[0].moments.last().unwrap().status, "SUCCESSFUL");
    let (status, refused) = send(&mut world, "POST services", &order);
    assert_eq!(status, 400, "{refused}");
}

#[test]
fn the_choices_for_ecs_are_read_and_set() {
    let mut world = world();
    let (_, mut settings) = send(&mut world, "GET settings/ecs", &Value::Null);
    assert_eq!(settings["superseded"], "stopped");
    settings["superseded"] = json!("rolled_back");
    let (status, set) = send(&mut world, "POST settings/ecs", &settings);
    assert_eq!((status, &set), (200, &settings));
    let (_, read) = send(&mut world, "GET settings/ecs", &Value::Null);
    assert_eq!(read, settings);
    let wrong = json!({ "superseded": "forgotten" });
    assert_eq!(send(&mut world, "POST settings/ecs", &wrong).0, 400);
}

#[test]
fn an_image_is_pushed_to_the_registry_that_it_names() {
    let mut world = world();
    let image = "444455556666.dkr.ecr.us-east-1.amazonaws.com/shop/web:7";
    let order = json!({ "image": image, "platforms": ["linux_arm64"] });
    let (status, pushed) = send(&mut world, "POST images", &order);
    assert_eq!(status, 200, "{pushed}");
    let request = json!({
        "registryId": "444455556666", "repositoryName": "shop/web",
        "imageIds": [{ "imageTag": "7" }],
    });
    let found = simulator::ecr::call(&mut world, "DescribeImages", &request, "").unwrap();
    assert_eq!(found["imageDetails"][0]["imageDigest"], pushed["digest"]);
    for wrong in ["ghcr.io/shop/web:7", "https://x", "x:y:z"] {
        let order = json!({ "image": wrong, "platforms": [] });
        assert_eq!(send(&mut world, "POST images", &order).0, 400, "{wrong}");
    }
}

#[test]
fn a_web_page_elsewhere_changes_nothing() {
    let json = ("content-type", "application/json");
    let host = ("host", "127.0.0.1:4599");
    let mut world = world();
    let mut advance = |headers: &[(&str, &str)]| {
        let header = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let request = Request {
            method: "POST".into(),
            path: "/_control/advance".into(),
            headers: headers.iter().map(header).collect(),
            body: b"{\"seconds\": 60}".to_vec(),
            ..Request::default()
        };
        answer(&mut world, &request).status
    };
    let same = ("origin", "http://127.0.0.1:4599");
    let charset = ("content-type", "application/json; charset=utf-8");
    let container = ("host", "simulator:4599");
    for good in [
        vec![json],
        vec![json, host],
        vec![charset, host, same],
        vec![json, container],
        vec![json, ("host", "[::1]:4599")],
    ] {
        assert_eq!(advance(&good), 200, "{good:?}");
    }
    for (bad, status) in [
        (vec![host], 415),
        (vec![("content-type", "text/plain"), host], 415),
        (
            vec![("content-type", "application/x-www-form-urlencoded"), host],
            415,
        ),
        (
            vec![("content-type", "text/plain; application/json"), host],
            415,
        ),
        (vec![json, host, ("origin", "https://evil.example")], 403),
        (vec![json, host, ("origin", "null")], 403),
        (vec![json, host, ("origin", "http://127.0.0.1:8080")], 403),
        (vec![json, ("host", "evil.example:4599")], 403),
        (
            vec![
                json,
                ("host", "evil.example:4599"),
                ("origin", "http://evil.example:4599"),
            ],
            403,
        ),
        (vec![json, ("host", "127.0.0.1.evil.example")], 403),
    ] {
        assert_eq!(advance(&bad), status, "{bad:?}");
    }
}

#[test]
fn no_time_is_longer_than_a_year() {
    const YEAR: u64 = 31_622_400;
    let hook = |hook: Value| json!({ "function": "check", "hook": hook });
    let tasks = |tasks: Value| json!({ "cluster": "demo", "service": "webapp", "tasks": tasks });
    for seconds in [YEAR, YEAR + 1, u64::MAX] {
        for (line, order) in [
            ("settings", json!({ "redelivery_seconds": seconds })),
            ("settings", json!({ "continuation_seconds": seconds })),
            (
                "settings/ecs",
                json!({ "deployment_visible_after_seconds": seconds }),
            ),
            (
                "hooks",
                hook(json!({ "succeeds": { "after_seconds": seconds } })),
            ),
            (
                "hooks",
                hook(json!({ "fails": { "after_seconds": seconds, "message": "" } })),
            ),
            (
                "hooks",
                hook(json!({ "in_progress": { "times": 2, "delay_seconds": seconds } })),
            ),
            (
                "tasks",
                tasks(json!({ "healthy": { "after_seconds": seconds } })),
            ),
            (
                "tasks",
                tasks(json!({ "lose_capacity": { "after_seconds": seconds } })),
            ),
            ("advance", json!({ "seconds": seconds })),
        ] {
            let (status, answer) = send(&mut world(), &format!("POST {line}"), &order);
            let expected = if seconds == YEAR { 200 } else { 400 };
            assert_eq!(status, expected, "{order} {answer}");
        }
    }
}
