//! `SimulatePrincipalPolicy`.

use serde_json::{Value, json};
use simulator::api::Answer;
use simulator::iam::call;
use simulator::wire::Form;
use simulator::world::World;

/// Results on one page.
const PAGE: usize = 3;

const WORKER: &str = "arn:aws:iam::111122223333:role/worker";

/// An account whose role has these policies.
fn world(policies: &[&Value]) -> World {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let trust = r#"{"Statement":[]}"#;
    let role = [("RoleName", "worker"), ("AssumeRolePolicyDocument", trust)];
    call(&mut world, "CreateRole", &Form::new(&role)).unwrap();
    for (number, statements) in policies.iter().enumerate() {
        let document = json!({ "Statement": statements }).to_string();
        let put = [
            ("RoleName", "worker"),
            ("PolicyName", &*number.to_string()),
            ("PolicyDocument", &document),
        ];
        call(&mut world, "PutRolePolicy", &Form::new(&put)).unwrap();
    }
    world
}

fn ask(world: &mut World, arn: &str, fields: &[(&str, &str)]) -> Answer {
    let mut form = vec![("PolicySourceArn", arn)];
    form.extend(fields);
    call(world, "SimulatePrincipalPolicy", &Form::new(&form))
}

fn decided(world: &mut World, fields: &[(&str, &str)]) -> (String, String) {
    let answer = ask(world, WORKER, fields).unwrap();
    let result = &answer["EvaluationResults"][0];
    let decision = result["EvalDecision"].as_str().unwrap().to_owned();
    (decision, result["MissingContextValues"].to_string())
}

#[test]
fn a_role_may_do_what_a_statement_allows_and_none_denies() {
    let allow = json!([
        { "Effect": "Allow", "Action": "S3:get*", "Resource": ["arn:aws:s3:::b/*"] },
        { "Effect": "Allow", "Action": ["ecs:Describe?"], "Resource": "*" },
    ]);
    let deny = json!({ "Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b/x*y" });
    let mut world = world(&[&allow, &deny]);
    for (action, resources, decision) in [
        ("s3:GetObject", &["arn:aws:s3:::b/k"][..], "allowed"),
        ("s3:GetObject", &["arn:aws:s3:::b/x-y"], "explicitDeny"),
        ("s3:PutObject", &["arn:aws:s3:::b/x-y"], "explicitDeny"),
        ("s3:GetObject", &["arn:aws:s3:::c/k"], "implicitDeny"),
        ("s3:GetObject", &["arn:aws:s3:::b/k", "*"], "implicitDeny"),
        ("s3:GetObject", &[], "implicitDeny"),
        ("ecs:DescribeX", &[], "allowed"),
        ("ecs:Describe", &[], "implicitDeny"),
    ] {
        let names = ["ResourceArns.member.1", "ResourceArns.member.2"];
        let mut fields = vec![("ActionNames.member.1", action)];
        fields.extend(names.into_iter().zip(resources.iter().copied()));
        let found = decided(&mut world, &fields).0;
        assert_eq!(found, decision, "{action} {resources:?}");
    }
}

#[test]
fn a_condition_needs_its_key() {
    let condition = json!({ "StringEquals": { "iam:PassedToService": ["ecs", "ecs-tasks"] } });
    let allow = json!({
        "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition,
    });
    let mut world = world(&[&allow]);
    let action = ("ActionNames.member.1", "iam:PassRole");
    let name = "ContextEntries.member.1.ContextKeyName";
    let value = "ContextEntries.member.1.ContextKeyValues.member.1";
    let with = |given| [action, (name, "iam:passedtoservice"), (value, given)];
    let right = decided(&mut world, &with("ecs-tasks"));
    assert_eq!(right, ("allowed".into(), "[]".into()));
    let wrong = decided(&mut world, &with("ec2"));
    assert_eq!(wrong, ("implicitDeny".into(), "[]".into()));
    let (decision, missing) = decided(&mut world, &[action]);
    assert_eq!(decision, "implicitDeny");
    assert_eq!(missing, "[\"iam:PassedToService\"]");
}

#[test]
fn what_is_not_evaluated_is_neither_allowed_nor_denied() {
    let action = ("ActionNames.member.1", "ecs:DescribeServices");
    let code = |world: &mut World, arn| ask(world, arn, &[action]).unwrap_err().code;
    let not = json!({ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" });
    assert_eq!(code(&mut world(&[&not]), WORKER), "PolicyEvaluation");
    let like = json!({ "StringLike": { "aws:PrincipalTag/team": "a*" } });
    let like = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": like });
    assert_eq!(code(&mut world(&[&like]), WORKER), "PolicyEvaluation");
    let mut attached = world(&[]);
    let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
    let attach = [("RoleName", "worker"), ("PolicyArn", policy)];
    call(&mut attached, "AttachRolePolicy", &Form::new(&attach)).unwrap();
    assert_eq!(code(&mut attached, WORKER), "PolicyEvaluation");
    let other = "arn:aws:iam::111122223333:role/other";
    assert_eq!(code(&mut attached, other), "NoSuchEntity");
    let session = "arn:aws:sts::111122223333:assumed-role/worker/i-1";
    assert_eq!(code(&mut attached, session), "InvalidInput");
}

#[test]
fn a_long_list_has_pages() {
    let mut world = world(&[]);
    let names: Vec<String> = (1..=PAGE + 1)
        .map(|number| format!("ActionNames.member.{number}"))
        .collect();
    let names = names.iter().map(|name| (name.as_str(), "ecs:ListTasks"));
    let mut fields: Vec<_> = names.collect();
    let own = "arn:aws:iam::111122223333:user/simulator";
    let first = ask(&mut world, own, &fields).unwrap();
    assert_eq!(first["EvaluationResults"].as_array().unwrap().len(), PAGE);
    assert_eq!(first["EvaluationResults"][0]["EvalDecision"], "allowed");
    assert_eq!(first["IsTruncated"], true);
    fields.push(("Marker", first["Marker"].as_str().unwrap()));
    let last = ask(&mut world, own, &fields).unwrap();
    assert_eq!(last["EvaluationResults"].as_array().unwrap().len(), 1);
    assert_eq!(last["IsTruncated"], false);
    fields.pop();
    fields.push(("Marker", "x"));
    assert_eq!(
        ask(&mut world, own, &fields).unwrap_err().code,
        "InvalidInput"
    );
}

#[test]
fn a_pattern_with_many_stars_is_matched_at_once() {
    for (pattern, decision) in [
        ("*a".repeat(14) + "b", "implicitDeny"),
        ("*".repeat(200_000), "allowed"),
    ] {
        let allow = json!({ "Effect": "Allow", "Action": pattern, "Resource": "*" });
        let action = "a".repeat(60);
        let fields = [("ActionNames.member.1", action.as_str())];
        assert_eq!(decided(&mut world(&[&allow]), &fields).0, decision);
    }
}
