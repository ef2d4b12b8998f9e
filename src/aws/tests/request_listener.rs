//! The listener receives every request, and no secrets.

use std::sync::Arc;

use parking_lot::Mutex;

use super::wire::{Reply, Wire, answer, error};
use crate::aws::http_client::instrumented;
use crate::aws::{ApiCall, service_clients};
use crate::ports::Services;
use crate::release::target::ServiceName;

async fn heard(replies: impl IntoIterator<Item = Reply>) -> (Vec<ApiCall>, bool) {
    let wire = Wire::new(replies);
    let calls = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&calls);
    let config = wire.config();
    let client = instrumented(
        config.http_client().unwrap(),
        Some(Arc::new(move |call| sink.lock().push(call))),
    );
    let config = config.to_builder().http_client(client).build();
    let name = ServiceName {
        cluster: "demo".into(),
        service: "webapp".into(),
    };
    let outcome = service_clients::ecs(&config).describe(&name).await;
    let calls = calls.lock().clone();
    (calls, outcome.is_ok())
}

fn call(outcome: Result<(), &str>) -> ApiCall {
    ApiCall {
        name: "ecs:DescribeServices".into(),
        outcome: outcome.map_err(str::to_owned),
    }
}

#[tokio::test(start_paused = true)]
async fn every_attempt_is_reported_with_its_result() {
    let throttled = error("ThrottlingException", "slower");
    let absent = answer(200, r#"{"failures":[{"reason":"MISSING"}]}"#);
    let (calls, is_ok) = heard([throttled, Reply::Refused, absent]).await;
    assert!(is_ok);
    let expected = [
        call(Err("ThrottlingException")),
        call(Err("no answer")),
        call(Ok(())),
    ];
    assert_eq!(calls, expected);
}

#[tokio::test(start_paused = true)]
async fn an_error_reaches_the_sdk_as_it_came() {
    let (calls, is_ok) = heard([error("AccessDeniedException", "no")]).await;
    assert!(!is_ok);
    assert_eq!(calls, [call(Err("AccessDeniedException"))]);
    let (calls, _) = heard([answer(403, "<html>")]).await;
    assert_eq!(calls, [call(Err("HTTP 403"))]);
    let redirect = "<Error><Code>PermanentRedirect</Code></Error>";
    let (calls, _) = heard([answer(301, redirect)]).await;
    assert_eq!(calls, [call(Err("PermanentRedirect"))]);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_given_up() {
    let (calls, is_ok) = heard([Reply::Silence, Reply::Silence, Reply::Silence]).await;
    assert!(!is_ok);
    assert!(!calls.is_empty());
    assert!(
        calls.iter().all(|one| *one == call(Err("given up"))),
        "{calls:?}"
    );
}
