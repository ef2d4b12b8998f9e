//! Task definitions are sent and received unchanged.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::wire::{Reply, Wire, answer, clock, error, json as reply};
use crate::aws::task_definitions::EcsTaskDefinitions;
use crate::job::TaskDefinitionName;
use crate::ports::{CallErrorKind, TaskDefinitions};

const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";

fn registered() -> Reply {
    reply(&json!({"taskDefinition": {"taskDefinitionArn": ARN, "revision": 7}}))
}

fn task_definitions(wire: &Wire) -> EcsTaskDefinitions {
    EcsTaskDefinitions::new(&wire.config(), clock())
}

#[tokio::test(start_paused = true)]
async fn the_body_is_sent_as_it_is_and_signed_with_its_length() {
    let text = r#"{"family":"web","newMember":{"x":1.50,"big":12345678901234567890123},"containerDefinitions":[]}"#;
    let body: Value = serde_json::from_str(text).unwrap();
    let wire = Wire::new([error("ThrottlingException", "Rate exceeded"), registered()]);
    let arn = task_definitions(&wire).register(&body).await.unwrap();
    assert_eq!(arn.as_str(), ARN);
    for sent in wire.sent() {
        assert_eq!(sent.body, text);
        assert_eq!(
            sent.header("content-length"),
            Some(text.len().to_string().as_str())
        );
        assert!(
            sent.header("authorization")
                .unwrap()
                .contains("content-length")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_registration_that_may_have_happened_is_not_repeated() {
    for lost in [
        Reply::Cut,
        answer(500, ""),
        answer(200, "{}"),
        answer(200, "<html>"),
    ] {
        let wire = Wire::new([lost, registered()]);
        let body = json!({"family": "web"});
        let call_error = task_definitions(&wire).register(&body).await.unwrap_err();
        assert_eq!(call_error.kind, CallErrorKind::Unclear);
        assert_eq!(wire.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_description_keeps_members_that_the_sdk_does_not_know() {
    let known = json!({
        "taskDefinition": {"family": "web", "memory": "1024", "newMember": [1, {"a": null}]},
        "tags": [{"key": "team", "value": "web"}],
    });
    let wire = Wire::new([answer(500, "busy"), reply(&known)]);
    let arn = TaskDefinitionName::new(ARN);
    let found = task_definitions(&wire).describe(&arn).await.unwrap();
    assert_eq!(found, Some(known));
    let asked = json!({"taskDefinition": ARN, "include": ["TAGS"]});
    assert_eq!(wire.sent()[1].json(), asked);

    let absent = error("ClientException", "Unable to describe task definition.");
    let found = task_definitions(&Wire::new([absent])).describe(&arn).await;
    assert_eq!(found, Ok(None));
    let other = error("ClientException", "Something else.");
    assert!(
        task_definitions(&Wire::new([other]))
            .describe(&arn)
            .await
            .is_err()
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_members_reach_the_wire_equal(
        members in prop::collection::btree_map("[a-zA-Z]{1,12}", any_json(), 0..6)
    ) {
        let body = Value::Object(members.into_iter().collect::<Map<_, _>>());
        let wire = Wire::new([registered()]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(task_definitions(&wire).register(&body)).unwrap();
        prop_assert_eq!(wire.sent()[0].json(), body);
    }
}
