//! The roles and log groups that a task definition names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::target::{planned, target};
use super::{Files, TASKDEF, compare, lines};
use crate::job::TaskDefinitionArn;
use crate::release::plan::{Lookups, questions};
use crate::release::preflight::{MAX_LOG_GROUPS, Named, Presence, to_look_up};

const EXECUTION: &str = "arn:aws:iam::111122223333:role/ecsTaskExecutionRole";
const RUNNING: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";

fn logging(options: &str) -> Files {
    let log = format!(
        "\"logConfiguration\": {{\"logDriver\": \"awslogs\", \"options\": {{{options}\
         \"awslogs-stream-prefix\": \"web\"}}}}, \"essential\": true"
    );
    Files::default().with("\"essential\": true", &log)
}

const WEB: &str = r#""awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "#;

fn role(role: &str) -> Named {
    Named::Role(role.to_owned())
}

fn group(name: &str) -> Named {
    let (name, region) = (name.to_owned(), "eu-west-1".to_owned());
    Named::LogGroup { name, region }
}

fn named(files: &Files) -> Vec<Named> {
    let named = questions(&files.request(), &files.bundle(), None).named;
    named.into_iter().collect()
}

#[test]
fn only_what_must_exist_is_looked_up() {
    let execution = role(EXECUTION);
    assert_eq!(named(&logging(WEB)), [execution.clone(), group("/ecs/web")]);
    for options in [
        // The driver creates it.
        r#""awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "awslogs-create-group": "true", "#,
        r#""awslogs-group": "/ecs/web", "#,
        r#""awslogs-group": "a b", "awslogs-region": "eu-west-1", "#,
        r#""awslogs-group": "${GROUP}", "awslogs-region": "eu-west-1", "#,
        r#""awslogs-group": "LOG_GROUP", "awslogs-region": "eu-west-1", "#,
        r#""awslogs-group": "/ecs/web", "awslogs-region": "x.example.com/", "#,
    ] {
        let found = named(&logging(options));
        assert_eq!(found, std::slice::from_ref(&execution), "{options}");
    }
    for (text, expected) in [
        ("web-task", Some("web-task")),
        (
            "arn:aws:iam::111122223333:role/a/web-task",
            Some("arn:aws:iam::111122223333:role/a/web-task"),
        ),
        ("TASK_ROLE_ARN", None),
        ("${ROLE}", None),
        ("arn:aws:iam::111122223333:user/a", None),
        ("", None),
    ] {
        let files = Files::default().with(EXECUTION, text);
        let expected: Vec<Named> = expected.into_iter().map(role).collect();
        assert_eq!(named(&files), expected, "{text}");
    }
}

#[test]
fn the_log_groups_that_are_looked_up_are_limited() {
    let with = |count: usize| {
        let container = |number: usize| {
            format!(
                r#"{{"name": "c{number}", "image": "a:1", "logConfiguration": {{"logDriver": "awslogs",
                "options": {{"awslogs-group": "/ecs/{number}", "awslogs-region": "eu-west-1"}}}}}}, "#
            )
        };
        let more: String = (0..count).map(container).collect();
        let files = Files::default().with(
            "\"containerDefinitions\": [",
            &format!("\"containerDefinitions\": [{more}"),
        );
        named(&files).len() - 1
    };
    assert_eq!(with(MAX_LOG_GROUPS), MAX_LOG_GROUPS);
    assert_eq!(with(MAX_LOG_GROUPS + 1), MAX_LOG_GROUPS);
}

#[test]
fn what_the_running_tasks_use_and_roles_of_other_accounts_are_not_looked_up() {
    let files = logging(WEB);
    let names = questions(&files.request(), &files.bundle(), None).named;
    let running = TaskDefinitionArn::new(RUNNING);
    let revision = |arn: &str, role: &str| -> Value {
        let mut body: Value = serde_json::from_str(TASKDEF).expect("JSON");
        body["taskDefinitionArn"] = json!(arn);
        body["executionRoleArn"] = json!(role);
        json!({ "taskDefinition": body })
    };
    let all = [role(EXECUTION), group("/ecs/web")];
    for (known, expected) in [
        (revision(RUNNING, EXECUTION), &all[1..]),
        (revision(RUNNING, "another"), &all[..]),
        (revision(&RUNNING.replace(":7", ":8"), EXECUTION), &all[..]),
    ] {
        assert_eq!(to_look_up(&names, &running, &[&known]), expected, "{known}");
    }
    let elsewhere = TaskDefinitionArn::new(RUNNING.replace("1111", "9999"));
    assert_eq!(to_look_up(&names, &elsewhere, &[]), all[1..]);
}

#[test]
fn what_is_missing_is_a_warning_at_its_place() {
    let other = "arn:aws:iam::111122223333:role/service-role/ecsTaskExecutionRole";
    let not_readable = Presence::NotReadable {
        reason: "iam:GetRole is denied".to_owned(),
    };
    let rows = [
        (role(EXECUTION), Presence::Exists, ""),
        (
            role(EXECUTION),
            Presence::Missing,
            "warning taskdef.json:3:23 executionRoleArn: IAM has no role arn:aws:iam::111122223333:role/ecsTaskExecutionRole, and tasks do not start without their role → create the role, or correct its name",
        ),
        (
            role(EXECUTION),
            Presence::OtherArn {
                arn: other.to_owned(),
            },
            "warning taskdef.json:3:23 executionRoleArn: IAM has no role arn:aws:iam::111122223333:role/ecsTaskExecutionRole; the role with this name is arn:aws:iam::111122223333:role/service-role/ecsTaskExecutionRole → write arn:aws:iam::111122223333:role/service-role/ecsTaskExecutionRole",
        ),
        (
            role(EXECUTION),
            not_readable,
            "note taskdef.json:3:23 executionRoleArn: it was not checked that this exists: iam:GetRole is denied → to have it checked, let the worker's role use iam:GetRole and logs:DescribeLogGroups",
        ),
        (
            group("/ecs/web"),
            Presence::Missing,
            "warning taskdef.json:12:81 containerDefinitions[0].logConfiguration.options.awslogs-group: CloudWatch Logs has no log group /ecs/web in eu-west-1, and containers do not start without it → create the log group, or let awslogs-create-group=true and logs:CreateLogGroup create it",
        ),
    ];
    compare(rows.map(|(named, presence, expected)| {
        let lookups = Lookups {
            presence: BTreeMap::from([(named.clone(), presence.clone())]),
            ..Lookups::default()
        };
        let plan = planned(&logging(WEB), target(), lookups).expect("nothing is refused");
        (
            format!("{named:?} {presence:?}"),
            lines(&plan.findings),
            expected,
        )
    }));
}
