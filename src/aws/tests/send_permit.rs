//! Each attempt of a request needs the send permit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_http_client::Builder;
use serde_json::json;

use super::wire::{Wire, clock, error, json as reply};
use crate::aws::http_client::instrumented;
use crate::aws::sdk_config::connector;
use crate::aws::task_definitions::EcsTaskDefinitions;
use crate::ports::{CallErrorKind, TaskDefinitions, with_send_permit};

const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";

#[tokio::test(start_paused = true)]
async fn once_leave_is_gone_not_even_a_second_try_goes_out() {
    let done = reply(&json!({"taskDefinition": {"taskDefinitionArn": ARN}}));
    let wire = Wire::new([error("ThrottlingException", "Rate exceeded"), done]);
    let client = instrumented(wire.config().http_client().expect("it has one"), None);
    let config = wire.config().to_builder().http_client(client).build();
    let ecs = EcsTaskDefinitions::new(&config, clock());
    let body = json!({"family": "web"});

    let sent = wire.clone();
    let for_one_try = Arc::new(move || sent.sent().is_empty());
    let call_error = with_send_permit(for_one_try, ecs.register(&body)).await;
    let call_error = call_error.expect_err("the second try does not go out");
    assert_eq!(call_error.kind, CallErrorKind::Unclear, "{call_error}");
    assert!(
        call_error.message.contains("nothing was sent"),
        "{call_error}"
    );
    assert_eq!(wire.sent().len(), 1);

    let arn = ecs.register(&body).await.expect("nobody need give leave");
    assert_eq!(arn.as_str(), ARN);
}

/// Each job has a client for its artifacts, and all of them share one pool.
#[test]
fn a_client_makes_no_connections_only_to_see_whether_it_can() {
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    let below = Builder::new().build_with_connector_fn(move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        connector(None)
    });
    let config = Wire::new([]).config();
    let with = |client| config.to_builder().http_client(client).build();
    drop(EcsTaskDefinitions::new(&with(below.clone()), clock()));
    assert_eq!(made.load(Ordering::Relaxed), 1, "the SDK by itself");
    drop(EcsTaskDefinitions::new(
        &with(instrumented(below, None)),
        clock(),
    ));
    assert_eq!(made.load(Ordering::Relaxed), 1);
}
