//! A request needs leave to go out, each time that it is tried.

use std::sync::Arc;

use serde_json::json;

use super::wire::{Wire, clock, error, json as reply};
use crate::aws::EcsTaskDefinitions;
use crate::aws::departure::asking;
use crate::ports::{Nature, TaskDefinitions, with_leave};

const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";

#[tokio::test(start_paused = true)]
async fn once_leave_is_gone_not_even_a_second_try_goes_out() {
    let done = reply(&json!({"taskDefinition": {"taskDefinitionArn": ARN}}));
    let wire = Wire::new([error("ThrottlingException", "Rate exceeded"), done]);
    let client = asking(wire.config().http_client().expect("it has one"));
    let config = wire.config().to_builder().http_client(client).build();
    let ecs = EcsTaskDefinitions::new(&config, clock());
    let body = json!({"family": "web"});

    let sent = wire.clone();
    let for_one_try = Arc::new(move || sent.sent().is_empty());
    let trouble = with_leave(for_one_try, ecs.register(&body)).await;
    let trouble = trouble.expect_err("the second try does not go out");
    assert_eq!(trouble.nature, Nature::Unclear, "{trouble}");
    assert!(trouble.message.contains("nothing was sent"), "{trouble}");
    assert_eq!(wire.sent().len(), 1);

    let arn = ecs.register(&body).await.expect("nobody need give leave");
    assert_eq!(arn.as_str(), ARN);
}
