//! Tests of how actions end and how clients learn it (docs/aws.md §1.3, §1.4).

use super::*;

#[test]
fn an_abandoned_action_gives_no_more_jobs_and_takes_no_result() {
    for (setting, expected) in [
        (AbandonedJob::InvalidJobState, "InvalidJobStateException"),
        (AbandonedJob::JobNotFound, "JobNotFoundException"),
    ] {
        let (mut world, id) = queued();
        world.codepipeline.settings.abandoned_job = setting;
        let job = claimed(&mut world);
        let action = world.codepipeline.action(&id).unwrap();
        let stop = json!({
            "pipelineName": action.pipeline, "pipelineExecutionId": action.execution, "abandon": true,
        });
        call(&mut world, "StopPipelineExecution", stop).unwrap();
        let result = json!({ "jobId": job["id"], "continuationToken": "t" });
        assert_eq!(
            code(call(&mut world, "PutJobSuccessResult", result)),
            expected
        );
        assert_eq!(
            world.codepipeline.view(&id).unwrap().status,
            ActionStatus::Abandoned
        );
        pass(&mut world, 3600);
        assert!(poll(&mut world).is_empty());
    }
}

#[test]
fn stop_and_wait_lets_the_running_action_finish() {
    let (mut world, id) = queued();
    let job = claimed(&mut world);
    let action = world.codepipeline.action(&id).unwrap().clone();
    let stop = json!({ "pipelineName": action.pipeline, "pipelineExecutionId": action.execution });
    call(&mut world, "StopPipelineExecution", stop.clone()).unwrap();
    assert_eq!(
        code(call(&mut world, "StopPipelineExecution", stop.clone())),
        "DuplicatedStopRequestException"
    );
    call(
        &mut world,
        "PutJobSuccessResult",
        json!({ "jobId": job["id"] }),
    )
    .unwrap();
    assert_eq!(
        world.codepipeline.view(&id).unwrap().status,
        ActionStatus::Succeeded
    );
    assert_eq!(
        code(call(&mut world, "StopPipelineExecution", stop)),
        "PipelineExecutionNotStoppableException"
    );
}

#[test]
fn an_action_times_out_after_a_day_over_all_its_jobs() {
    let (mut world, id) = queued();
    let job = claimed(&mut world);
    let result = json!({ "jobId": job["id"], "continuationToken": "t" });
    call(&mut world, "PutJobSuccessResult", result).unwrap();
    pass(&mut world, 24 * 3600 - 1);
    let second = claimed(&mut world);
    pass(&mut world, 1);
    let view = world.codepipeline.view(&id).unwrap();
    assert_eq!(view.status, ActionStatus::Failed);
    let result = json!({ "jobId": second["id"] });
    assert_eq!(
        code(call(&mut world, "PutJobSuccessResult", result)),
        "InvalidJobStateException"
    );
    assert_eq!(
        acknowledge(&mut world, &second).unwrap()["status"],
        "TimedOut"
    );
}

#[test]
fn action_executions_are_listed_newest_first_and_page_by_page() {
    let mut world = world();
    let ids: Vec<String> = (0..3)
        .map(|_| world.queue_action(declaration()).unwrap())
        .collect();
    let pipeline = declaration().pipeline;
    let mut list = |token: Value| {
        let input = json!({ "pipelineName": pipeline, "maxResults": 2, "nextToken": token });
        call(&mut world, "ListActionExecutions", input).unwrap()
    };
    let first = list(Value::Null);
    let shown =
        |page: &Value, at: usize| page["actionExecutionDetails"][at]["actionExecutionId"].clone();
    assert_eq!(
        [shown(&first, 0), shown(&first, 1)],
        [json!(ids[2]), json!(ids[1])]
    );
    let second = list(first["nextToken"].clone());
    assert_eq!(shown(&second, 0), json!(ids[0]));
    assert!(second.get("nextToken").is_none());
}
