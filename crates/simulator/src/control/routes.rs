//! Routes of the control endpoint.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::codepipeline;
use crate::ecs;
use crate::faults::Fault;
use crate::wire::message::{Reply, Request};
use crate::world::World;

use super::ActionOrder;
use super::access_check;
use super::behaviours::{AlarmOrder, CacheOrder, HookOrder, ImageOrder, NetworkOrder, TasksOrder};

const PREFIX: &str = "/_control/";

/// The year 9000; the calendar of the time library ends a thousand years later.
const LAST_LEAP: i64 = 221_845_392_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leap {
    #[serde(deserialize_with = "crate::world::seconds")]
    seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Abandon {
    action_execution_id: String,
}

/// An error response.
struct Rejection {
    status: u16,
    error: String,
}

pub(crate) fn is_meant(request: &Request) -> bool {
    request.path.starts_with(PREFIX)
}

/// Handles a request to the endpoint.
pub fn answer(world: &mut World, request: &Request) -> Reply {
    let (status, body) = match route(world, request) {
        Ok(value) => (200, value),
        Err(rejection) => (rejection.status, json!({ "error": rejection.error })),
    };
    Reply::new(status, format!("{body:#}\n")).with("content-type", "application/json")
}

fn route(world: &mut World, request: &Request) -> Result<Value, Rejection> {
    if let Some((status, error)) = access_check::refuse(request) {
        let error = error.to_owned();
        return Err(Rejection { status, error });
    }
    let path = request.path.strip_prefix(PREFIX).unwrap_or_default();
    match (request.method.as_str(), path) {
        ("GET", "world") => Ok(json!({
            "now": world.now(), "account": world.account, "region": world.region,
            "artifact_bucket": world.artifact_bucket(),
        })),
        ("GET", "actions") => Ok(world.codepipeline.views().map(|view| json!(view)).collect()),
        ("POST", "actions") => {
            let order: ActionOrder = body(request)?;
            let id = order.place(world).map_err(|error| bad(error.to_string()))?;
            Ok(json!(world.codepipeline.view(&id)))
        }
        ("POST", "abandon") => abandon(world, &body::<Abandon>(request)?.action_execution_id),
        ("GET", "ledger") => Ok(ledger(world, request)),
        ("GET", "faults") => Ok(world.faults.pending().map(|fault| json!(fault)).collect()),
        ("POST", "faults") => {
            let fault: Fault = body(request)?;
            world.faults.add(fault).map_err(bad)?;
            Ok(json!({}))
        }
        ("DELETE", "faults") => {
            world.faults.clear();
            Ok(json!({}))
        }
        ("GET", "settings") => Ok(json!(world.codepipeline.settings)),
        ("POST", "settings") => {
            world.codepipeline.settings = body(request)?;
            Ok(json!(world.codepipeline.settings))
        }
        ("GET", "settings/ecs") => Ok(json!(world.ecs.settings())),
        ("POST", "settings/ecs") => {
            world.ecs.set_settings(body(request)?);
            Ok(json!(world.ecs.settings()))
        }
        ("POST", "services") => {
            let fixture: ecs::Fixture = body(request)?;
            fixture.build(world).map_err(|error| bad(error.message))?;
            Ok(json!({ "cluster": fixture.cluster, "service": fixture.service }))
        }
        ("POST", "networks") => {
            let order: NetworkOrder = body(request)?;
            let (cluster, service) = (&order.cluster, &order.service);
            let ecs = &mut world.ecs;
            ecs.set_network_problem(cluster, service, order.problem);
            Ok(json!({}))
        }
        ("POST", "tasks") => {
            body::<TasksOrder>(request)?.apply(world);
            Ok(json!({}))
        }
        ("POST", "hooks") => {
            body::<HookOrder>(request)?.apply(world);
            Ok(json!({}))
        }
        ("POST", "images") => {
            let ImageOrder { image, platforms } = body(request)?;
            match world.push_image(&image, &platforms) {
                Some(digest) => Ok(json!({ "digest": digest })),
                None => Err(bad("image: not a reference to an image in ECR".into())),
            }
        }
        ("POST", "caches") => {
            world.cache_images(&body::<CacheOrder>(request)?.prefix);
            Ok(json!({}))
        }
        ("POST", "alarms") => {
            let AlarmOrder { name, state } = body(request)?;
            world.set_alarm(&name, state);
            Ok(json!({}))
        }
        ("POST", "advance") => {
            let Leap { seconds } = body(request)?;
            if world.now().as_second() > LAST_LEAP {
                return Err(bad("the world is too old to leap".into()));
            }
            world.leap(Duration::from_secs(seconds));
            Ok(json!({ "now": world.now() }))
        }
        (method, path) => match path.strip_prefix("actions/") {
            Some(id) if method == "GET" => world
                .codepipeline
                .view(id)
                .map(|view| json!(view))
                .ok_or_else(|| unknown_action(id)),
            Some(_) | None => Err(Rejection {
                status: 404,
                error: format!(
                    "{method} {PREFIX}{path} does nothing; there are GET world, GET and POST \
                     actions, GET actions/ID, POST abandon, GET ledger, GET, POST and DELETE \
                     faults, GET and POST settings, GET and POST settings/ecs, POST services, \
                     POST networks, POST tasks, POST hooks, POST images, POST caches, POST \
                     alarms, POST advance"
                ),
            }),
        },
    }
}

/// Abandons the pipeline execution of an action.
fn abandon(world: &mut World, id: &str) -> Result<Value, Rejection> {
    let action = world
        .codepipeline
        .action(id)
        .ok_or_else(|| unknown_action(id))?;
    let stop = json!({
        "pipelineName": action.pipeline,
        "pipelineExecutionId": action.execution,
        "abandon": true,
    });
    codepipeline::call(world, "StopPipelineExecution", &stop)
        .map_err(|error| bad(error.message))?;
    Ok(json!(world.codepipeline.view(id)))
}

/// The ledger, or its entries of one service, of one operation, or after a
/// sequence number.
fn ledger(world: &World, request: &Request) -> Value {
    let parameters = request.parameters();
    let wanted = |name: &str| {
        parameters
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    };
    let after = wanted("after")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    world
        .ledger
        .entries()
        .filter(|entry| wanted("service").is_none_or(|service| entry.service == service))
        .filter(|entry| wanted("operation").is_none_or(|name| entry.operation == name))
        .filter(|entry| entry.sequence > after)
        .map(|entry| json!(entry))
        .collect()
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Rejection> {
    serde_json::from_slice(&request.body).map_err(|error| bad(error.to_string()))
}

fn bad(error: String) -> Rejection {
    Rejection { status: 400, error }
}

fn unknown_action(id: &str) -> Rejection {
    Rejection {
        status: 404,
        error: format!("there is no action execution '{id}'"),
    }
}
