//! Tests of what CodePipeline refuses (docs/aws.md §1.1, §1.2).

use std::collections::BTreeMap;

use super::*;

/// Reports success with these members for a new job.
fn report(members: &Value) -> Answer {
    let (mut world, _) = queued();
    let job = claimed(&mut world);
    let mut input = json!({ "jobId": job["id"] });
    for (name, value) in members.as_object().unwrap() {
        input[name] = value.clone();
    }
    call(&mut world, "PutJobSuccessResult", input)
}

#[test]
fn results_keep_to_every_limit_of_the_service() {
    let long = |length| "x".repeat(length);
    let variables = |length| json!({ "outputVariables": { "k": long(length) } });
    for taken in [
        json!({ "continuationToken": long(2048) }),
        json!({ "executionDetails": { "summary": long(2048), "percentComplete": 100 } }),
        json!({ "executionDetails": { "externalExecutionId": long(1500), "percentComplete": 0 } }),
        variables(122_879),
        json!({ "continuationToken": "t", "outputVariables": {} }),
    ] {
        assert_eq!(report(&taken), Ok(Value::Null));
    }
    for refused in [
        json!({ "continuationToken": "" }),
        json!({ "continuationToken": long(2049) }),
        json!({ "executionDetails": { "summary": "" } }),
        json!({ "executionDetails": { "summary": long(2049) } }),
        json!({ "executionDetails": { "externalExecutionId": long(1501) } }),
        json!({ "executionDetails": { "percentComplete": 101 } }),
        json!({ "executionDetails": { "percentComplete": -1 } }),
        json!({ "outputVariables": { "a b": "x" } }),
        json!({ "continuationToken": "t", "outputVariables": { "k": "v" } }),
    ] {
        assert_eq!(code(report(&refused)), "ValidationException");
    }
    assert_eq!(
        code(report(&variables(122_880))),
        "OutputVariablesSizeExceededException"
    );
    assert_eq!(
        code(report(
            &json!({ "executionDetails": { "percentComplete": "5" } })
        )),
        "SerializationException"
    );
}

#[test]
fn failure_messages_keep_to_the_limit() {
    let send = |kind: &str, length| {
        let (mut world, _) = queued();
        let job = claimed(&mut world);
        let details = json!({ "type": kind, "message": "x".repeat(length) });
        let input = json!({ "jobId": job["id"], "failureDetails": details });
        call(&mut world, "PutJobFailureResult", input)
    };
    assert!(send("JobFailed", 5000).is_ok());
    assert_eq!(code(send("JobFailed", 5001)), "ValidationException");
    assert_eq!(code(send("JobFailed", 0)), "ValidationException");
    assert_eq!(code(send("Other", 1)), "ValidationException");
}

#[test]
fn only_known_custom_types_can_be_polled() {
    let mut world = world();
    let mut poll = |id: Value, query: Value| {
        let input = json!({ "actionTypeId": id, "queryParam": query });
        code(call(&mut world, "PollForJobs", input))
    };
    let id = |owner: &str, version: &str| json!({ "category": "Deploy", "owner": owner, "provider": "RustBlueGreenDeploy", "version": version });
    assert_eq!(poll(id("AWS", "1"), Value::Null), "ValidationException");
    assert_eq!(
        poll(id("Custom", "2"), Value::Null),
        "ActionTypeNotFoundException"
    );
    assert_eq!(
        poll(id("Custom", "1"), json!({ "a": "b" })),
        "ValidationException"
    );
    assert_eq!(
        poll(id("Custom", "1234567890"), Value::Null),
        "ValidationException"
    );
    assert_eq!(poll(Value::Null, Value::Null), "ValidationException");
}

#[test]
fn a_queryable_property_chooses_the_jobs() {
    let mut world = world();
    let property = json!({
        "name": "Project", "required": true, "key": true, "secret": false, "queryable": true,
    });
    let count = json!({ "minimumCount": 0, "maximumCount": 0 });
    let made = json!({
        "category": "Build", "provider": "Mine", "version": "1",
        "configurationProperties": [property],
        "inputArtifactDetails": count, "outputArtifactDetails": count,
    });
    call(&mut world, "CreateCustomActionType", made).unwrap();
    let action_type = ActionTypeId::custom("Build", "Mine", "1");
    world
        .queue_action(ActionDeclaration {
            action_type: action_type.clone(),
            configuration: BTreeMap::from([("Project".into(), "web".into())]),
            inputs: vec![],
            ..declaration()
        })
        .unwrap();
    let mut poll = |query: Value| {
        let input = json!({ "actionTypeId": action_type, "queryParam": query });
        call(&mut world, "PollForJobs", input)
    };
    assert_eq!(code(poll(Value::Null)), "ValidationException");
    assert_eq!(
        poll(json!({ "Project": "api" })).unwrap()["jobs"],
        json!([])
    );
    let found = poll(json!({ "Project": "web" })).unwrap();
    assert_eq!(found["jobs"].as_array().unwrap().len(), 1);
}

#[test]
fn an_action_type_has_at_most_ten_properties_and_its_version_is_used_once() {
    let create = |world: &mut World, properties: usize, version: &str| {
        let properties: Vec<Value> = (0..properties)
            .map(|n| json!({ "name": format!("p{n}"), "required": false, "key": false, "secret": false }))
            .collect();
        let count = json!({ "minimumCount": 0, "maximumCount": 5 });
        let made = json!({
            "category": "Build", "provider": "Mine", "version": version,
            "configurationProperties": properties,
            "inputArtifactDetails": count, "outputArtifactDetails": count,
        });
        call(world, "CreateCustomActionType", made)
    };
    let mut world = world();
    assert!(create(&mut world, 10, "1").is_ok());
    assert_eq!(code(create(&mut world, 11, "2")), "ValidationException");
    assert_eq!(code(create(&mut world, 10, "1")), "ValidationException");
    let id = json!({ "category": "Build", "provider": "Mine", "version": "1" });
    call(&mut world, "DeleteCustomActionType", id).unwrap();
    assert_eq!(code(create(&mut world, 9, "1")), "ValidationException");
    assert!(
        create(&mut world, 10, "1").is_ok(),
        "the same definition comes back"
    );
}

#[test]
fn a_wrong_declaration_is_refused_with_every_problem() {
    let mut wrong = declaration();
    wrong.configuration.remove("ApplicationName");
    wrong
        .configuration
        .insert("Options".into(), "x".repeat(1001));
    wrong.configuration.insert("Colour".into(), "blue".into());
    wrong.inputs.clear();
    let error = world().queue_action(wrong).unwrap_err();
    insta::assert_snapshot!(error, @"the required property 'ApplicationName' is missing; the action type declares no property 'Colour'; the value of 'Options' must have 1 to 1000 characters; the action takes 1 to 5 input artifacts and was given 0");
    let mut right = declaration();
    right
        .configuration
        .insert("Options".into(), "x".repeat(1000));
    assert!(world().queue_action(right).is_ok());
}
