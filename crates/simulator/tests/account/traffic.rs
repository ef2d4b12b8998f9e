//! Traffic through the load balancer during successful and failing deployments.
//! Programs, clients and hooks run in real time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use clock::Clock;
use serde_json::{Value, json};

use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use simulator::codedeploy::{self, Fixture, HookBehaviour};
use simulator::ecs;
use simulator::traffic::{ALARMS, Account, Break, Hook, Plan, Program, Router};
use simulator::world::World;

/// A minute of the account's time takes a second.
const SPEED: f64 = 60.0;
/// Time limit of a test, also on a busy machine.
const LONGEST: Duration = Duration::from_secs(90);

struct Play {
    account: Account,
    router: Router,
    deployment: String,
}

struct Order {
    program: Program,
    config: &'static str,
    clients: usize,
    hook: Option<Hook>,
    path: &'static str,
    has_alarms: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            program: Program::BuiltIn(None),
            config: "CodeDeployDefault.ECSAllAtOnce",
            clients: 4,
            hook: None,
            path: "/",
            has_alarms: true,
        }
    }
}

/// Starts a service with traffic and a deployment of its next version.
async fn play(order: Order) -> Play {
    let now = Clock::system().now();
    let alarms = ALARMS.iter().filter(|_| order.has_alarms);
    let fixture = Fixture {
        deployment_config: order.config.into(),
        termination_wait_minutes: 0,
        alarms: alarms.map(|alarm| alarm.name.into()).collect(),
        ..Fixture::default()
    };
    let mut world = World::new(now);
    fixture.build(&mut world).expect("a scene");
    world
        .codedeploy
        .set_hook("smoke", HookBehaviour::NeverAnswers);
    let world = std::sync::Arc::new(parking_lot::Mutex::new(world));
    let account = Account::new(world, Clock::simulated(now, SPEED), SPEED);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let has_hook = order.hook.is_some();
    let hooks = order
        .hook
        .map(|hook| ("AfterAllowTestTraffic".into(), hook));
    let plan = Plan {
        cluster: fixture.cluster.clone(),
        service: fixture.service.clone(),
        program: order.program,
        production: any,
        test: any,
        hooks: hooks.into_iter().collect::<BTreeMap<_, _>>(),
        clients: order.clients,
        path: order.path.into(),
    };
    let router = Router::open(account.clone(), plan).await.expect("a road");
    let deployment = account.with(|world| {
        let mut next = fixture.task_definition();
        next["containerDefinitions"][0]["image"] = json!("webapp:2");
        ecs::call(world, "RegisterTaskDefinition", &next).expect("a revision");
        let mut content: Value =
            serde_json::from_str(&fixture.app_spec("webapp:2")).expect("an AppSpec");
        if has_hook {
            content["Hooks"] = json!([{ "AfterAllowTestTraffic": "smoke" }]);
        }
        let request = json!({
            "applicationName": fixture.application,
            "deploymentGroupName": fixture.group,
            "revision": {
                "revisionType": "AppSpecContent",
                "appSpecContent": { "content": content.to_string() },
            },
        });
        let answer = codedeploy::call(world, "CreateDeployment", &request).expect("a deployment");
        answer["deploymentId"].as_str().expect("an id").to_owned()
    });
    Play {
        account,
        router,
        deployment,
    }
}

impl Play {
    fn info(&self, id: &str) -> Value {
        let input = json!({ "deploymentId": id });
        let answer = self
            .account
            .with(|world| codedeploy::call(world, "GetDeployment", &input));
        answer.expect("a deployment")["deploymentInfo"].clone()
    }

    /// Waits for the end of the deployment and of its rollback.
    async fn end(&self) -> Value {
        let mut info = self.ended(&self.deployment).await;
        if let Some(rollback) = info["rollbackInfo"]["rollbackDeploymentId"].as_str() {
            let rollback = self.ended(rollback).await;
            info["rollback"] = rollback["status"].clone();
        }
        info
    }

    async fn ended(&self, id: &str) -> Value {
        let look = async {
            while self.info(id)["completeTime"].is_null() {
                Clock::system().sleep(Duration::from_millis(20)).await;
            }
        };
        let ended = tokio::time::timeout(LONGEST, look).await;
        ended.unwrap_or_else(|_| panic!("it never ends: {:#}", self.info(id)));
        self.info(id)
    }
}

async fn get(address: &str, path: &str) -> (u16, Value) {
    let uri = format!("{address}{path}").parse().expect("a URL");
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let answer = client.get(uri).await.expect("an answer");
    let status = answer.status().as_u16();
    let body = to_bytes(Body::new(answer.into_body()), 1 << 20).await;
    let body = serde_json::from_slice(&body.expect("a body")).unwrap_or(Value::Null);
    (status, body)
}

#[tokio::test]
async fn no_request_fails_while_a_good_release_moves_the_traffic() {
    let play = play(Order {
        config: "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
        ..Order::default()
    })
    .await;
    let info = play.end().await;
    assert_eq!(info["status"], "Succeeded", "{info:#}");
    let shown = play.router.shown();
    let report = play.router.close().await.expect("clients");
    assert_eq!((report.failures, report.told), (0, vec![]));
    assert!(report.answered.iter().all(|count| *count > 0));
    assert_eq!(report.answered.iter().sum::<u64>(), report.requests);
    let weights: Vec<u32> = shown.spans.iter().map(|span| span.weight).collect();
    assert!(weights.is_sorted(), "{weights:?}");
    assert_eq!((weights[0], weights.last()), (0, Some(&100)));
    assert!(weights.contains(&50), "{weights:?}");
}

#[tokio::test]
async fn twenty_clients_whose_answers_take_seconds_lose_none_of_them() {
    let play = play(Order {
        clients: 20,
        // Longer than a task lives after the traffic has left it.
        path: "/?delay=2500",
        has_alarms: false,
        ..Order::default()
    })
    .await;
    let info = play.end().await;
    assert_eq!(info["status"], "Succeeded", "{info:#}");
    // Every client has reached both versions before they are stopped.
    let answered_by_both = async {
        while play.router.shown().load.expect("clients").answered[1] < 20 {
            Clock::system().sleep(Duration::from_millis(20)).await;
        }
    };
    let both = tokio::time::timeout(LONGEST, answered_by_both).await;
    both.expect("green answers");
    let report = play.router.close().await.expect("clients");
    assert_eq!((report.failures, report.told), (0, vec![]));
    assert!(
        report.answered.iter().all(|count| *count >= 20),
        "{:?}",
        report.answered
    );
    assert_eq!(report.answered.iter().sum::<u64>(), report.requests);
}

#[tokio::test]
async fn errors_of_the_new_version_set_off_an_alarm_that_rolls_back() {
    for (broken, alarm) in [
        (Break::Errors, "webapp-errors"),
        (Break::Slow, "webapp-latency"),
        (Break::Crash, "webapp-"),
    ] {
        let play = play(Order {
            program: Program::BuiltIn(Some(broken)),
            // Even on a busy machine the alarm becomes active before its end.
            config: "CodeDeployDefault.ECSCanary10Percent15Minutes",
            clients: 8,
            ..Order::default()
        })
        .await;
        let info = play.end().await;
        assert_eq!(info["errorInformation"]["code"], "ALARM_ACTIVE", "{info:#}");
        let message = info["errorInformation"]["message"].as_str().expect("text");
        assert!(message.contains(alarm), "{message}");
        assert_eq!(info["rollback"], "Succeeded");
        let (status, body) = get(&play.router.production_url(), "/").await;
        assert_eq!((status, &body["version"]), (200, &json!("blue")));
        play.router.close().await;
    }
}

#[tokio::test]
async fn a_request_under_way_ends_well_though_its_task_is_let_go() {
    let play = play(Order {
        clients: 0,
        ..Order::default()
    })
    .await;
    // Blue has twenty seconds to drain, a third of a real second.
    let slow = tokio::spawn({
        let url = play.router.production_url();
        async move { get(&url, "/?delay=8000").await }
    });
    let info = play.end().await;
    assert_eq!(info["status"], "Succeeded");
    assert!(!slow.is_finished());
    let (status, body) = slow.await.expect("an answer");
    assert_eq!((status, &body["version"]), (200, &json!("blue")));
    let (_, body) = get(&play.router.production_url(), "/").await;
    assert_eq!(body["version"], "green");
    play.router.close().await;
}

#[tokio::test]
async fn a_hook_sees_green_at_the_test_listener_and_its_failure_is_the_deployments() {
    let sees_green = "test \"$LIFECYCLE_EVENT\" = AfterAllowTestTraffic && \
                      python3 -c 'import os, urllib.request as r; \
                      assert b\"green\" in r.urlopen(os.environ[\"TEST_URL\"]).read(); \
                      assert b\"blue\" in r.urlopen(os.environ[\"PRODUCTION_URL\"]).read()'";
    for (line, status) in [
        (sees_green, "Succeeded"),
        ("echo got 500 from /checkout; exit 3", "Failed"),
    ] {
        let play = play(Order {
            clients: 1,
            hook: Some(Hook::Command(line.into())),
            ..Order::default()
        })
        .await;
        let info = play.end().await;
        assert_eq!(info["status"], status, "{info:#}");
        let calls = play.router.shown().hooks;
        let outcome = calls[0].outcome.clone().expect("it was called");
        assert_eq!(outcome.is_ok(), status == "Succeeded");
        if let Err(words) = outcome {
            assert_eq!(words.log, "got 500 from /checkout");
            assert_eq!(info["errorInformation"]["code"], "HOOK_EXECUTION_FAILURE");
            let message = info["errorInformation"]["message"].as_str().expect("text");
            assert!(message.contains("exit status: 3"), "{message}");
        }
        play.router.close().await;
    }
}

#[tokio::test]
async fn a_url_can_stand_for_a_hook() {
    // Another production listener, which answers 200 to anything.
    let elsewhere = play(Order::default()).await;
    let url = elsewhere.router.production_url().parse().expect("a URL");
    let play = play(Order {
        hook: Some(Hook::Url(url)),
        ..Order::default()
    })
    .await;
    assert_eq!(play.end().await["status"], "Succeeded");
    play.router.close().await;
    elsewhere.router.close().await;
}

#[tokio::test]
async fn the_users_own_program_gets_its_port_and_its_environment() {
    let line = "exec python3 -c 'import os, http.server as h\n\
                class A(h.BaseHTTPRequestHandler):\n\
                \x20   def do_GET(s):\n\
                \x20       s.send_response(200); s.end_headers()\n\
                \x20       s.wfile.write((chr(34) + os.environ[\"IMAGE\"] + chr(34)).encode())\n\
                \x20   def log_message(*a): pass\n\
                h.ThreadingHTTPServer((\"127.0.0.1\", int(os.environ[\"PORT\"])), A).serve_forever()'";
    let play = play(Order {
        program: Program::Command {
            line: line.into(),
            health_path: "/".into(),
        },
        clients: 0,
        ..Order::default()
    })
    .await;
    let info = play.end().await;
    assert_eq!(info["status"], "Succeeded", "{info:#}");
    let (status, body) = get(&play.router.production_url(), "/").await;
    assert_eq!((status, body), (200, json!("webapp:2")));
    play.router.close().await;
}

#[tokio::test]
async fn a_program_that_does_not_live_fails_the_deployment() {
    let play = play(Order {
        program: Program::Command {
            line: "test $REVISION = 1 || exit 7; \
                   exec python3 -m http.server --bind 127.0.0.1 $PORT"
                .into(),
            health_path: "/".into(),
        },
        clients: 0,
        ..Order::default()
    })
    .await;
    play.account
        .with(|world| world.leap(Duration::from_secs(60)));
    let gave_up = async {
        while play.info(&play.deployment)["completeTime"].is_null() {
            Clock::system().sleep(Duration::from_millis(100)).await;
            play.account
                .with(|world| world.leap(Duration::from_secs(60)));
        }
    };
    tokio::time::timeout(LONGEST, gave_up)
        .await
        .expect("an end");
    let info = play.info(&play.deployment);
    assert_eq!(info["status"], "Failed", "{info:#}");
    let events = play.account.with(|world| {
        let input = json!({ "cluster": "demo", "services": ["webapp"] });
        ecs::call(world, "DescribeServices", &input).expect("a service")
    });
    assert!(events.to_string().contains("has stopped 1 running tasks"));
    play.router.close().await;
}
